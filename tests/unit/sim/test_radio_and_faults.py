"""Flights with an antenna fixed to the body, shared antennas, faults, and requests for pruned tiles."""

import math
from dataclasses import replace
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from payload.darkroom.memo import Memo
from payload.downlink import capacity_bytes, loss_between
from payload.downlink.dvbs2 import Dvbs2
from payload.downlink.links import Fixed
from payload.errors import ScenarioError
from payload.geometry.period import period_s
from payload.ledger import Fate
from payload.orbit import find_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.scenario.faults import FaultKind, FaultModel
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.arms import make_arm
from payload.sim.mission import Mission
from payload.sim.requests import choose
from payload.timetable.faults import Fault, Faults, timetable
from payload.types import ContactWindow, GroundStation

ORBIT = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
PLACES = tuple((lon, lat) for lat in (60, 66, 72, 78, 82) for lon in (-20, 0, 15, 30, 50))


@pytest.fixture
def flying(write_scenario, small_surrogate, tmp_path):
    """A mission of one arm without pixels, flown."""

    def run(arm="prune", **changes):
        path = write_scenario(
            **{
                "places": PLACES,
                "fidelity": "surrogate",
                "surrogate": {"file": str(small_surrogate)},
                "duration_h": 12,
            }
            | changes
        )
        scenario = load_scenario(path)
        assembly = assemble(scenario)
        mission = Mission(
            assembly, make_arm(arm, scenario.pruning), Memo(assembly.darkroom, tmp_path)
        )
        return mission, mission.fly()

    return run


SLOW = {"kind": "fixed", "rate_mbps": 0.002}


def test_a_body_fixed_antenna_never_sends_while_the_camera_looks_elsewhere(flying):
    radio = {"antenna": "body_fixed", "slew_deg_per_s": 2.0, "settle_s": 3.0}
    _, free = flying("raw", link=SLOW)
    fixed, record = flying("raw", link=SLOW, radio=radio)
    pointing = fixed.fleet[0].pointing
    met = 0
    for image in record.images:
        shot = image.acquisition.opportunity
        for log in record.contacts:
            start_s, end_s = pointing.block(shot, log.window.station)
            met += start_s < log.window.los_s and end_s > log.window.aos_s
            arrivals = [
                t for t in record.delivered_s.values() if log.start_s < t <= log.window.los_s
            ]
            assert not any(start_s < moment <= end_s for moment in arrivals)
    assert met, "no image fell into a contact: the test is too easy"
    assert sum(log.capacity_bytes for log in record.contacts) < sum(
        log.capacity_bytes for log in free.contacts
    )
    assert {i.acquisition.id for i in record.images} == {i.acquisition.id for i in free.images}


def test_where_downlink_is_first_contacts_lose_nothing_and_images_do(flying):
    radio = {"antenna": "body_fixed", "first": "downlink"}
    _, free = flying("raw", link=SLOW)
    mission, record = flying("raw", link=SLOW, radio=radio)
    assert [log.capacity_bytes for log in record.contacts] == [
        log.capacity_bytes for log in free.contacts
    ]
    pointing = mission.fleet[0].pointing
    for image in record.images:
        for window in mission.assembly.contacts["one"]:
            start_s, end_s = pointing.block(image.acquisition.opportunity, window.station)
            assert start_s >= window.los_s or end_s <= window.aos_s
    times = [{i.acquisition.id for i in flight.images} for flight in (record, free)]
    assert times[0] != times[1]


def test_a_turn_takes_the_angle_over_the_rate_and_the_settling(flying):
    """By the law of cosines in the triangle of satellite, station and target."""
    radio = {"antenna": "body_fixed", "slew_deg_per_s": 2.0, "settle_s": 3.0}
    mission, record = flying(radio=radio)
    pointing = mission.fleet[0].pointing
    shot = record.images[0].acquisition.opportunity
    middle_s = shot.start_s + shot.duration_s / 2
    orbit = Sgp4(
        altitude_km=550, ltan="10:30", satellite="one",
        epoch_utc=mission.assembly.scenario.epoch_utc,
    )  # fmt: skip
    here = orbit.propagate(np.array([middle_s])).position_km[0]
    target, station = pointing._targets[shot.target], pointing._stations["svalbard"]
    a, b, c = (np.linalg.norm(x) for x in (target - here, station - here, target - station))
    angle_deg = math.degrees(math.acos((a * a + b * b - c * c) / (2 * a * b)))
    assert pointing.turn_s(shot, "svalbard") == pytest.approx(angle_deg / 2.0 + 3.0, rel=1e-6)


LIMIT = {"max_transmit_s_per_orbit": 120.0}


def test_a_contact_could_have_carried_what_the_duty_cycle_lets_through(flying):
    """At one rate: seconds of 1 Mbit/s, none in acquisition; a radio that is never idle has used them all."""
    link = {"kind": "fixed", "rate_mbps": 1.0, "acquisition_s": 0.0}
    _, free = flying("raw", link=link)
    mission, record = flying("raw", link=link, radio=LIMIT)
    seconds = sum(log.window.duration_s for log in free.contacts)
    assert sum(log.capacity_bytes for log in free.contacts) == pytest.approx(seconds * 125_000)
    orbit_s = period_s(mission.assembly.ephemerides["one"])
    # Passes of one station come once an orbit, each far longer than the limit: so many of 120 s.
    starts = [log.window.aos_s for log in free.contacts]
    assert min(np.diff(starts)) > 0.9 * orbit_s
    capacity = [log.capacity_bytes for log in record.contacts]
    assert max(capacity) <= 120 * 125_000 + 99  # each silence is rounded down to whole bytes
    assert sum(capacity) == pytest.approx(len(starts) * 120 * 125_000, rel=0.05)
    assert all(log.used_bytes <= log.capacity_bytes for log in record.contacts)
    slow = link | {"rate_mbps": 0.002}
    _, busy = flying("raw", link=slow, radio=LIMIT)
    full = [log for log in busy.contacts if log.left_waiting]
    assert len(full) > 3
    for log in full[1:]:  # before the first there was nothing to send for a while
        assert log.capacity_bytes - log.used_bytes < 2 * 1115  # a frame or two that did not fit


def test_a_frame_that_the_duty_cycle_never_lets_through_makes_no_capacity(flying):
    """1,115 bytes at 20 bit/s take 446 s."""
    link = {"kind": "fixed", "rate_mbps": 0.00002}
    _, record = flying("raw", link=link, radio=LIMIT)
    assert {(log.capacity_bytes, log.used_bytes) for log in record.contacts} == {(0, 0)}


def test_the_period_is_that_of_kepler(flying):
    """550 km: 2 pi sqrt(a^3 / mu) is 5,738 s (circular, two bodies); J2 changes it by less than 0.2 %."""
    mission, _ = flying(duration_h=2)
    found = period_s(mission.assembly.ephemerides["one"])
    assert found == pytest.approx(2 * math.pi * math.sqrt((6378.137 + 550) ** 3 / 398600.4418), rel=0.002)  # fmt: skip


def test_two_satellites_take_turns_at_one_antenna_and_the_loser_is_counted(flying):
    """The one that rises first has the antenna to its end; its twin a minute behind gets what is left."""
    satellites = [{"name": name, "orbit": ORBIT} for name in ("one", "two")]
    _, alone = flying("raw", link=SLOW)
    _, both = flying("raw", link=SLOW, satellites=satellites)
    assert not any(log.is_missed for log in alone.contacts)
    used = [log for log in both.contacts if not log.is_missed]
    for first, second in pairwise(sorted(used, key=lambda log: log.start_s)):
        assert second.start_s >= first.window.los_s
    missed = [log for log in both.contacts if log.is_missed]
    assert len(missed) == len(used) == len(alone.contacts)
    assert all(log.capacity_bytes == log.used_bytes == 0 for log in missed)
    stations = [{"name": "svalbard", "lat_deg": 78.23, "lon_deg": 15.39, "antennas": 2}]
    _, served = flying("raw", link=SLOW, satellites=satellites, stations=stations)
    assert not any(log.is_missed for log in served.contacts)


@pytest.mark.parametrize("lock_anew", [False, True])
def test_a_pass_that_is_taken_up_late_is_locked_anew_where_that_is_asked(flying, lock_anew):
    """By hand, at 250 byte/s: the station followed the signal since its rise, or needs its minute from now."""
    stations = [
        {"name": name, "lat_deg": 78.23, "lon_deg": lon} for name, lon in (("a", 0), ("b", 60))
    ]
    _, record = flying(
        "raw",
        link=SLOW | {"acquisition_s": 60.0},
        stations=stations,
        radio={"lock_anew": lock_anew},
    )
    used = [log for log in record.contacts if not log.is_missed and log.window.los_s < 12 * 3600]
    late = [log for log in used if log.start_s > log.window.aos_s + 1.0]
    assert len(late) > 3
    for log in used:
        lock_s = (log.start_s if lock_anew else log.window.aos_s) + 60.0
        carries_s = max(0.0, log.window.los_s - max(log.start_s, lock_s))
        assert log.capacity_bytes == pytest.approx(carries_s * 250, abs=1)
        assert log.used_bytes <= log.capacity_bytes


def test_a_reset_costs_the_work_so_far_and_the_boot(flying):
    computer = {"compression_mpx_per_s": 0.0002}
    mission, calm = flying(computer=computer)
    longest = max(calm.ledger.joules, key=lambda entry: (entry.joules, -entry.time_s))
    busy_s = longest.joules / mission.assembly.profile.active_w
    reset_s = longest.time_s - busy_s / 4  # three quarters are done
    faults = [{"kind": "processor_reset", "at_h": reset_s / 3600, "lasts_h": 0.05}]
    _, record = flying(computer=computer, faults=faults)
    lost, redone = (e for e in record.ledger.joules if e.subject == longest.subject)
    assert lost.time_s == pytest.approx(reset_s)
    assert lost.joules == pytest.approx(longest.joules * 3 / 4)
    assert redone.joules == pytest.approx(longest.joules)
    assert redone.time_s == pytest.approx(reset_s + 180.0 + busy_s)


def test_a_tile_that_a_reset_holds_up_beyond_its_deadline_is_late(flying):
    """By hand: due 60 s after it would be done, and begun anew 180 s after the reset."""
    mission, calm = flying()
    first = calm.ledger.joules[0]
    busy_s = first.joules / mission.assembly.profile.active_w
    begun_s, taken_s = first.time_s - busy_s, calm.images[0].acquisition.time_s
    faults = [
        {"kind": "processor_reset", "at_h": (begun_s + busy_s / 2) / 3600, "lasts_h": 180 / 3600}
    ]
    computer = {"deadline": {"after_exposure_s": first.time_s - taken_s + 60.0}}
    _, in_time = flying(computer=computer)
    assert first.subject not in {late.tile_id for late in in_time.ledger.late}
    _, record = flying(computer=computer, faults=faults)
    late = {item.tile_id: item for item in record.ledger.late}
    assert late[first.subject].time_s == pytest.approx(begun_s + busy_s / 2 + 180.0)


def test_a_lost_bank_loses_what_lay_there_and_its_room(flying):
    _, calm = flying("raw", link=SLOW)
    at_h = calm.images[3].acquisition.time_s / 3600 + 0.001
    faults = [{"kind": "memory_bank", "at_h": at_h, "banks": 1}]
    mission, record = flying("raw", link=SLOW, faults=faults)
    before = {t for i in record.images if i.acquisition.time_s < at_h * 3600 for t in i.acquisition.tile_ids}  # fmt: skip
    ends = {tile.tile_id: tile.end for tile in record.ledger.tiles}
    assert {ends[t] for t in before} <= {Fate.LOST, Fate.DELIVERED}
    assert Fate.LOST in {ends[t] for t in before}
    assert {ends[t] for t in ends.keys() - before} == {Fate.OVERFLOWED}
    assert [e.kind for e in record.events].count("fault") == 1
    assert mission.fleet[0].memory.used_bytes == 0


WINDOW = ContactWindow("one", "s", 100.0, 200.0, 45.0)


def test_a_profile_is_weakened_where_and_while_something_is_broken():
    profile = Fixed(rate_mbps=8.0, acquisition_s=0.0).profile(WINDOW)
    faults = Faults(
        (
            Fault("half_power", "one", 0.0, 120.0),
            Fault("station_out", "s", 150.0, 160.0),  # cuts the window, not the rate
            Fault("half_power", "two", 0.0, 1e9),
        )
    )
    weak = faults.weakened(profile, WINDOW)
    seconds = np.diff(weak.time_s)
    carried = float((seconds * weak.rate_bps[:-1]).sum())
    assert carried == pytest.approx(8e6 * (20 / 2 + 80))
    assert Faults().weakened(profile, WINDOW) is profile


def test_a_radio_at_half_power_still_loses_the_frames_that_are_lost_otherwise():
    """Two faults at once, in either order: 1 Mbit/s of which a quarter is lost, halved from 120 s to 150 s."""
    faults = [Fault("frame_loss", "one", 110.0, 140.0, frame_loss=0.25), Fault("half_power", "one", 120.0, 150.0)]  # fmt: skip
    for order in (faults, faults[::-1]):
        whole = Fixed(rate_mbps=1.0, acquisition_s=0.0).profile(WINDOW)
        weak = Faults(tuple(order)).weakened(whole, WINDOW)
        assert capacity_bytes(weak, 120.0, 150.0) == pytest.approx(30 * 62_500, abs=1)
        assert capacity_bytes(weak, 150.0, 200.0) == pytest.approx(50 * 125_000, abs=1)
        lost = [
            loss_between(weak, at_s, at_s + 1.0) for at_s in (105.0, 115.0, 125.0, 145.0, 155.0)
        ]
        assert lost == pytest.approx([0.0, 0.25, 0.25, 0.0, 0.0])


def test_random_faults_come_as_often_as_their_mean_says(write_scenario):
    """A Poisson process: the count in T hours has mean and variance T / (mean + duration), nearly."""
    faults = [{"kind": "frame_loss", "mean_between_h": 2.0, "lasts_h": 0.001}]
    path = write_scenario(faults=faults, duration_h=8000)
    found = timetable(load_scenario(path), boot_s=None)
    assert abs(len(found) - 8000 / 2.001) < 4 * (8000 / 2.001) ** 0.5
    more = [*faults, {"kind": "half_power", "mean_between_h": 5.0, "lasts_h": 1.0}]
    both = timetable(load_scenario(write_scenario(faults=more, duration_h=8000)), boot_s=None)
    assert [f for f in both if f.kind == "frame_loss"] == list(found), "nobody else's draws change"


def repaired(write_scenario, *, seed=1, span_h=100_000, who="svalbard"):
    faults = [{"kind": "station_out", "who": who, "mean_between_h": 22.0, "mean_repair_h": 5.5}]
    stations = [{"name": name, "lat_deg": 78, "lon_deg": 15} for name in ("svalbard", "inuvik")]
    # A year is the longest flight of a file; the timetable itself knows no such limit.
    path = write_scenario(faults=faults, stations=stations, seed=seed, duration_h=8000)
    scenario = load_scenario(path).model_copy(update={"duration_h": float(span_h)})
    return [(f.start_s, f.end_s) for f in timetable(scenario, boot_s=None)]


def test_repairs_by_chance_have_their_mean_times(write_scenario):
    """Four standard errors of a mean of exponential times; a share 5.5 / 27.5 of the time is lost."""
    found = np.array(repaired(write_scenario))
    repairs, between = found[:, 1] - found[:, 0], found[1:, 0] - found[:-1, 1]
    error = 4.0 / np.sqrt(len(found))
    assert repairs.mean() == pytest.approx(5.5 * 3600, rel=error)
    assert repairs.std() == pytest.approx(5.5 * 3600, rel=2 * error)  # of an exponential time
    assert between.mean() == pytest.approx(22 * 3600, rel=error)
    assert repairs.sum() / 3.6e8 == pytest.approx(0.2, rel=2 * error)


def test_a_longer_flight_has_the_same_failures_first(write_scenario):
    short, long = (repaired(write_scenario, span_h=hours) for hours in (1_000, 5_000))
    assert long[: len(short)] == short
    assert short != repaired(write_scenario, span_h=1_000, who="inuvik")
    assert short != repaired(write_scenario, span_h=1_000, seed=2)


def test_a_station_that_is_out_cuts_the_windows_that_everybody_meets(flying):
    """By hand: the first pass loses its middle, the second its begin, the third is gone, the rest stay."""
    _, free = flying("raw", link=SLOW)
    whole = [log.window for log in free.contacts]
    first, second, third = whole[:3]
    middle_s = (first.aos_s + first.los_s) / 2
    outs = [(middle_s - 60, middle_s + 60), (second.aos_s - 50, second.aos_s + 100), (third.aos_s - 1, third.los_s + 1)]  # fmt: skip
    faults = [
        {"kind": "station_out", "at_h": start_s / 3600, "lasts_h": (end_s - start_s) / 3600}
        for start_s, end_s in outs
    ]
    up_s = (
        (first.duration_s - 120 - 2 * 10) + (second.duration_s - 100 - 10) - 1
    )  # all but a second
    uplink = {"rate_kbps": 8, "uploads": [{"name": "x", "kb": up_s, "at_h": 0}]}
    mission, record = flying("raw", link=SLOW, faults=faults, uplink=uplink)
    edges = [(w.aos_s, w.los_s) for w in mission.assembly.contacts["one"]]
    assert np.allclose(
        edges,
        [
            (first.aos_s, middle_s - 60), (middle_s + 60, first.los_s), (second.aos_s + 100, second.los_s),
            *((w.aos_s, w.los_s) for w in whole[3:]),
        ],
        atol=1e-6,
    )  # fmt: skip
    assert [(log.window.aos_s, log.window.los_s) for log in record.contacts] == edges
    assert not any(log.is_missed for log in record.contacts)
    # At 1,000 byte/s, 10 s to lock in each of the three pieces: up a second before the end of the third.
    (upload,) = record.uploads
    assert upload.complete_s == pytest.approx(second.los_s - 1, abs=0.01)
    told = [event for event in record.events if event.kind == "fault"]
    assert [event.time_s for event in told] == pytest.approx([start_s for start_s, _ in outs])
    assert {event.subject for event in told} == {"station_out"}


def test_an_outage_of_a_station_is_no_fault_of_a_satellite_of_its_name(flying):
    _, record = flying(
        satellites=[{"name": "svalbard", "orbit": ORBIT}],
        faults=[{"kind": "station_out", "at_h": 1, "lasts_h": 1}],
    )
    (told,) = (event for event in record.events if event.kind == "fault")
    assert (told.satellite, told.detail) == ("", "svalbard until 7200 s")


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([{"kind": "station_out"}], "either at_h or mean_between_h"),
        ([{"kind": "station_out", "at_h": 1, "who": "one"}], "which is not one of: svalbard"),
        ([{"kind": "station_out", "at_h": 1, "who": "nowhere"}], "which is not one of: svalbard"),
        ([{"kind": "half_power", "at_h": 1, "mean_between_h": 2}], "either at_h or mean_between_h"),
        ([{"kind": "station_out", "at_h": 1, "mean_repair_h": 2}], "goes with mean_between_h"),
        (
            [{"kind": "station_out", "mean_between_h": 1, "mean_repair_h": 2, "lasts_h": 3}],
            "without lasts_h",
        ),
        ([{"kind": "memory_bank", "mean_between_h": 1, "mean_repair_h": 2}], "never comes back"),
    ],
)
def test_a_fault_that_cannot_befall_anybody_is_refused(write_scenario, faults, said):
    with pytest.raises(ScenarioError, match=said):
        load_scenario(write_scenario(faults=faults))


def test_the_ground_gets_pruned_tiles_that_it_asks_for(flying):
    changes = {
        "pruning": {"tile_px": 32, "max_cloud_cover": 0.2},
        "memory": {"capacity_mb": 10, "keep_pruned_h": 12},
        "requests": {"policy": "least_sure", "max_per_contact": 3, "thumbnail_factor": None},
    }
    _, record = flying(**changes)
    _, plain = flying(pruning=changes["pruning"])
    got = set(record.fetched) & record.delivered_s.keys()
    assert got
    assert got <= set(plain.ledger.tiles_with(Fate.PRUNED)), "they would have been lost"
    assert set(plain.delivered_s) <= set(record.delivered_s)
    windows = [log.window for log in record.contacts if not log.is_missed]
    assert len(record.fetched) <= 3 * len(windows)
    heard = [event for event in record.events if event.kind == "fetch"]
    assert all(
        any(event.time_s == pytest.approx(w.aos_s + 5.0) for w in windows) for event in heard
    )
    outcomes = {o.tile_id: o for image in record.images for o in image.outcomes}
    assert all(outcomes[tile].decision.reason.startswith("fetched") for tile in got)


def test_pruned_tiles_that_nobody_asks_for_stay_pruned_and_are_in_nobodys_way(flying):
    pruning = {"tile_px": 32, "max_cloud_cover": 0.2}
    for capacity_mb in (0.03, 10):
        flights = [
            flying(pruning=pruning, memory={"capacity_mb": capacity_mb, "keep_pruned_h": hours})[1]
            for hours in (0, 5)
        ]
        ends = [{t.tile_id: t.end for t in flight.ledger.tiles} for flight in flights]
        assert ends[0] == ends[1]


def test_what_is_least_sure_is_nearest_to_the_limit():
    covers = {"a": 0.95, "b": 0.75, "c": 0.71, "d": 0.8}
    assert choose("least_sure", covers, limit=0.7, most=2) == ["c", "b"]
    assert choose("clearest", covers, limit=0.0, most=9) == ["c", "b", "d", "a"]
    assert choose("none", covers, limit=0.7, most=2) == []


def table(write_scenario, faults, **changes):
    return timetable(load_scenario(write_scenario(faults=faults, **changes)), boot_s=None)


def test_a_fault_without_a_name_befalls_every_satellite_of_a_constellation(write_scenario):
    pair = [{"name": "f", "altitude_km": 550, "ltan": "10:30", "planes": 1, "satellites_per_plane": 2}]  # fmt: skip
    found = table(
        write_scenario, [{"kind": "half_power", "at_h": 0}], satellites=[], constellations=pair
    )
    assert sorted(fault.who for fault in found) == ["f-1-1", "f-1-2"]


def test_a_longer_mean_stretches_the_same_chance(write_scenario):
    def starts(mean_h, **more):
        faults = [{"kind": "processor_reset", "mean_between_h": mean_h, "lasts_h": 1e-6, **more}]
        return np.array([f.start_s for f in table(write_scenario, faults, duration_h=500)])

    one, other = starts(3.0), starts(6.0)
    np.testing.assert_allclose(2 * one[: other.size], other, rtol=1e-4)


def test_two_models_of_a_kind_have_a_chance_of_their_own(write_scenario):
    faults = [{"kind": "frame_loss", "mean_between_h": 2.0, "lasts_h": 0.1}] * 2
    starts = [fault.start_s for fault in table(write_scenario, faults, duration_h=100)]
    assert len(set(starts)) == len(starts)


def test_as_many_banks_go_as_there_are_however_they_are_written(write_scenario):
    """Each takes an equal part of what the memory had: after n of four a share (4 - n) / 4 is left."""
    faults = [{"kind": "memory_bank", "at_h": hour, "banks": 4} for hour in (2, 3, 4, 5, 6)]
    left = [fault.banks for fault in table(write_scenario, faults)]
    assert left == [4, 3, 2, 1]
    assert math.prod((banks - 1) / banks for banks in left) == 0.0


@pytest.mark.parametrize("kind", get_args(FaultKind))
def test_a_fault_that_is_written_out_with_all_its_values_is_read_again(kind):
    fault = FaultModel(kind=kind, at_h=3.0)
    assert FaultModel.model_validate(fault.model_dump(mode="json")) == fault


@pytest.mark.parametrize(("kind", "other"), [("banks", 2), ("frame_loss", 0.1)])
def test_what_belongs_to_another_fault_is_refused(kind, other):
    with pytest.raises(ValidationError, match=f"{kind} belongs to the fault"):
        FaultModel(kind="half_power", at_h=3.0, **{kind: other})


def test_more_faults_than_anybody_can_look_at_are_refused(write_scenario):
    faults = [{"kind": "frame_loss", "mean_between_h": 1e-7, "lasts_h": 1e-7}]
    with pytest.raises(ScenarioError, match="too frequent for this flight"):
        table(write_scenario, faults)


def test_half_the_power_is_half_the_power_to_a_link_that_knows_it():
    """What a satellite with an amplifier of half the watts would carry, by the link itself."""
    ephemeris = Sgp4(altitude_km=550.0, ltan="10:30").propagate(time_grid(6_000.0))
    station = GroundStation("s", 78.0, 15.0)
    (window, *_) = find_contacts(ephemeris, station)
    strong = Dvbs2(symbol_rate_mbaud=50.0, power_w=0.2, antenna_gain_dbi=10.0, stations=(station,))
    weak = replace(strong, power_w=0.1)
    faults = Faults((Fault("half_power", window.satellite, 0.0, math.inf),))
    dimmed = faults.weakened(
        strong.profile(window, ephemeris),
        window,
        lambda: strong.dimmed(0.5).profile(window, ephemeris),
    )
    carried = [
        capacity_bytes(profile, window.aos_s, window.los_s)
        for profile in (dimmed, weak.profile(window, ephemeris), strong.profile(window, ephemeris))
    ]
    assert carried[0] == pytest.approx(carried[1], rel=1e-9)
    assert carried[0] < carried[2]
    assert carried[0] != pytest.approx(carried[2] / 2, rel=0.01)
