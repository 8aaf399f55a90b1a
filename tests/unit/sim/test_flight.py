"""Flights: the story as events, what arms share, what they do not, and that they repeat."""

import json
from itertools import pairwise

import pytest
import simpy

from payload import api
from payload.compression import read_container
from payload.geometry.grid import tile_id
from payload.ledger import Fate
from payload.scenario.load import load_scenario
from payload.sim import ARMS, assemble, fly_arms


@pytest.fixture
def fly(write_scenario, tmp_path):
    """Fly a small scenario with changes; all arms."""

    def run(**changes):
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        return fly_arms(assemble(load_scenario(write_scenario(**changes))), spool)

    return run


def test_simultaneous_events_run_in_the_order_in_which_they_were_scheduled():
    """The order that our stories rely on when two things happen at one time."""
    env, seen = simpy.Environment(), []

    def story(name):
        yield env.timeout(5)
        seen.append(name)

    for name in "abc":
        env.process(story(name))
    env.run()
    assert seen == ["a", "b", "c"]


def test_all_arms_meet_the_same_world(fly):
    records, memo = fly()
    assert tuple(records) == ARMS
    first = {image.acquisition.id for image in records["raw"].images}
    assert first
    for record in records.values():
        ids = {image.acquisition.id for image in record.images}
        assert first <= ids or record.arm in {"discard", "prune", "oracle"}
    assert memo.facts_of.keys() >= first


def test_the_raw_arm_saves_and_prunes_nothing_and_the_compressed_one_only_saves(fly):
    records, _ = fly()
    assert records["raw"].ledger.total_bytes(Fate.SAVED) == 0
    assert records["raw"].ledger.total_bytes(Fate.PRUNED) == 0
    assert records["compressed"].ledger.total_bytes(Fate.PRUNED) == 0
    assert records["compressed"].ledger.total_bytes(Fate.SAVED) > 0


def test_the_oracle_throws_no_clear_tile_away(fly):
    records, memo = fly(pruning={"tile_px": 16, "max_cloud_cover": 0.5})
    for dropped in records["oracle"].ledger.tiles_with(Fate.PRUNED):
        estimate = memo.estimates[dropped]
        assert estimate.cloudy_px > estimate.clear_px


@pytest.mark.parametrize(("cloud", "retakes"), [(1.0, True), (0.0, False)])
def test_a_cloudy_target_is_taken_again_if_the_policy_says_so(fly, cloud, retakes):
    scene = {"kind": "synthetic", "mean_cloud_cover": cloud}
    records, _ = fly(
        scene=scene,
        masker={"kind": "oracle"},
        rescheduling={"policy": "next_opportunity", "max_retakes": 2},
    )
    taken = [image.acquisition.opportunity.target for image in records["prune"].images]
    assert any(taken.count(target) > 1 for target in taken) == retakes
    assert max(map(taken.count, taken)) <= 3
    assert [image.is_retake for image in records["raw"].images].count(True) == 0


def test_without_a_policy_each_target_is_taken_once(fly):
    records, _ = fly(scene={"kind": "synthetic", "mean_cloud_cover": 1.0})
    taken = [image.acquisition.opportunity.target for image in records["prune"].images]
    assert len(taken) == len(set(taken))


def test_images_of_one_satellite_never_overlap(fly):
    records, _ = fly(rescheduling={"policy": "next_opportunity"})
    for record in records.values():
        shots = sorted((i.acquisition.opportunity for i in record.images), key=lambda o: o.start_s)
        assert all(b.start_s >= a.end_s for a, b in pairwise(shots))


def test_nothing_is_delivered_outside_a_contact(fly):
    records, _ = fly()
    for record in records.values():
        for at_s in record.delivered_s.values():
            assert any(log.start_s <= at_s <= log.window.los_s for log in record.contacts)


def test_energy_is_what_the_profile_takes_for_the_pixels(fly):
    records, memo = fly(computer={"profile": "myriad2-cloudscout", "compression_mpx_per_s": 1e6})
    judged = [o.tile_id for i in records["prune"].images for o in i.outcomes]
    pixels = sum(
        f.pixels for facts in memo.facts_of.values() for f in facts if f.tile_id in set(judged)
    )
    spent_j = sum(entry.joules for entry in records["prune"].ledger.joules)
    assert spent_j == pytest.approx(pixels / 1e6 / 0.81 * 1.8, rel=1e-3)
    assert sum(entry.joules for entry in records["raw"].ledger.joules) == 0


def test_two_satellites_share_targets_and_wait_for_the_one_antenna(fly):
    orbit = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
    records, _ = fly(satellites=[{"name": name, "orbit": orbit} for name in ("one", "two")])
    contacts = sorted(records["prune"].contacts, key=lambda log: (log.window.station, log.start_s))
    assert len(contacts) > 2
    for a, b in pairwise(contacts):
        assert b.start_s >= a.window.los_s, "one antenna serves one satellite at a time"


def test_a_flight_repeats_bit_for_bit(fly):
    def told(records):
        return json.dumps(
            {
                arm: [[(e.time_s, e.tile_id, e.fate, e.bytes) for e in record.ledger.entries]]
                for arm, record in records.items()
            }
        )

    assert told(fly()[0]) == told(fly()[0])


def test_a_contact_that_the_end_of_the_span_cuts_is_in_the_books(fly):
    """Svalbard rises at 1,273 s and sets at 1,865 s; the image is taken at 1,569 s."""
    records, _ = fly(duration_h=0.47)
    for record in records.values():
        (log,) = record.contacts
        assert log.window.los_s == pytest.approx(0.47 * 3600)
        assert log.used_bytes >= record.ledger.total_bytes(Fate.DELIVERED)
    assert records["raw"].ledger.total_bytes(Fate.DELIVERED) > 0


def test_every_contact_window_is_told_even_if_another_kept_the_radio_busy(fly):
    here = {"lat_deg": 78.23, "lon_deg": 15.39}
    stations = [{"name": f"s{mask}", **here, "min_elevation_deg": mask} for mask in (5, 20)]
    records, _ = fly(stations=stations)
    logs = records["prune"].contacts
    assert {log.window.station for log in logs} == {"s5", "s20"}
    assert all(log.capacity_bytes == 0 for log in logs if log.window.station == "s20")
    assert sum(log.window.station == "s20" for log in logs) >= 1


def test_an_index_tells_every_fate_of_a_flight(write_scenario, tmp_path):
    """Pruned, overflowed, lost and still waiting are told apart in the containers that came down."""
    path = write_scenario(
        link={"kind": "fixed", "rate_mbps": 0.0016, "frame_loss": 0.5, "max_resends": 1},
        memory={"capacity_mb": 0.03},
        pruning={"tile_px": 16, "max_cloud_cover": 0.6},
        duration_h=6.73,
    )
    result = api.run(api.check(path), tmp_path / "out")
    _, rows = api.query(result.folder, "select tile, fate from tiles where arm = 'prune'")
    booked = dict(rows)
    told = {}
    for file in (result.folder / "downlink").glob("*.tiles"):
        container = read_container(file)
        for cell in container.cells:
            told[tile_id(container.header.acquisition_id, cell.row, cell.col)] = str(cell.fate)
    assert told == {tile: booked[tile] for tile in told}
    assert {"delivered", "lost", "overflowed"} <= set(told.values())


@pytest.mark.parametrize("masker", [{"kind": "oracle"}, {"kind": "blue"}])
def test_by_expected_value_a_masker_that_is_always_certain_flies_as_by_cover(fly, masker):
    def ends(**pruning):
        records, _ = fly(masker=masker, pruning={"tile_px": 16, **pruning})
        return {
            name: (list(record.ledger.tiles_with(Fate.PRUNED)), record.delivered_s)
            for name, record in records.items()
        }

    by_cover = ends(max_cloud_cover=0.6)
    assert ends(policy="expected_value", max_cloud_cover=0.6) == by_cover
    assert ends(policy="expected_value", cost_ratio=1.5) == by_cover


def test_by_expected_value_only_our_own_arm_and_the_oracle_drop_other_tiles(fly):
    masker = {"kind": "onnx"}
    cover, _ = fly(masker=masker, pruning={"tile_px": 16, "max_cloud_cover": 0.5})
    value, memo = fly(
        masker=masker, pruning={"tile_px": 16, "policy": "expected_value", "cost_ratio": 0.5}
    )
    for name in ("raw", "compressed", "discard"):
        dropped = [list(arms[name].ledger.tiles_with(Fate.PRUNED)) for arms in (cover, value)]
        assert dropped[0] == dropped[1]
    judged = [o for image in value["prune"].images for o in image.outcomes]
    assert {o.is_kept for o in judged} == {True, False}
    for outcome in judged:
        estimate = memo.estimates[outcome.tile_id]
        clear_px = estimate.valid_px - estimate.expected_cloud_px
        assert outcome.is_kept == (0.5 * clear_px >= estimate.expected_cloud_px)
        assert outcome.decision.reason.startswith("tile expected cover")


def test_who_judges_whole_images_puts_nothing_away_before_the_last_tile_is_masked(fly):
    """No tile of an image is settled before all of them have been computed on."""
    records, _ = fly(computer={"compression_mpx_per_s": 0.001})
    for name, waits in (("discard", True), ("prune", False)):
        books = records[name].ledger
        early = 0
        for image in records[name].images:
            tiles = {outcome.tile_id for outcome in image.outcomes}
            last_s = max(entry.time_s for entry in books.joules if entry.subject in tiles)
            settled = [e.time_s for e in books.entries if e.tile_id in tiles and e.fate in (Fate.PRUNED, Fate.SAVED)]  # fmt: skip
            early += sum(time_s < last_s for time_s in settled)
        assert (early == 0) == waits, name
