"""Flights on a battery: joules balance, work is refused and made up, and nobody pays twice."""

import math

import pytest

from payload.api import fly as summary_of
from payload.compression import read_header
from payload.errors import ScenarioError
from payload.ledger import Fate
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.sim.aboard.battery import PowerSystem
from payload.sim.aboard.power import COMPUTER

AMPLE = {
    "array_w": 20,
    "battery_wh": 40,
    "bus_w": 3,
    "camera_w": 6,
    "radio_tx_w": 10,
    "radio_idle_w": 1,
}
SCARCE = AMPLE | {
    "array_w": 12,
    "battery_wh": 8,
    "initial_charge": 0.3,
    "lowest_charge": {"imaging": 0.0, "processing": 0.9, "transmitting": 0.2},
}
NIGHT = AMPLE | {"array_w": 12, "lowest_charge": {"transmitting": 0.6}}
STATIONS = [
    {"name": "svalbard", "lat_deg": 78.23, "lon_deg": 15.39},
    {"name": "troll", "lat_deg": -72.01, "lon_deg": 2.53},
]
HOT = AMPLE | {
    "thermal": {
        "heat_capacity_j_k": 60, "radiator_m2": 0.02, "absorbed_sun_w": 6, "absorbed_earth_w": 2,
        "throttle_temp_c": 30, "stop_temp_c": 45,
    }
}  # fmt: skip
SLOW = {"profile": "gr740"}


@pytest.fixture
def fly(write_scenario, tmp_path):
    """Fly a small scenario with changes; all arms."""

    def run(**changes):
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        scenario = load_scenario(write_scenario(**({"computer": SLOW} | changes)))
        return fly_arms(assemble(scenario), spool)[0]

    return run


def balance_of(record):
    (balance,) = record.ledger.balances
    return balance


@pytest.mark.parametrize("power", [AMPLE, SCARCE, HOT], ids=["ample", "scarce", "hot"])
def test_joules_in_are_joules_used_lost_spilled_and_stored_in_every_arm(fly, power):
    for record in fly(power=power).values():
        item = balance_of(record)
        gone = item.used_j + item.lost_j + item.spilled_j + item.end_j - item.start_j
        assert item.harvested_j == pytest.approx(gone, rel=1e-9)
        for consumer, drawn_j in item.drawn_j.items():
            assert record.ledger.spent_j(consumer) == pytest.approx(
                drawn_j, abs=1e-9 * item.harvested_j
            )
        assert item.drawn_j["bus"] == pytest.approx(3 * 12 * 3600)


def test_ample_power_changes_nothing_but_the_books_of_joules(fly):
    free, paid = fly(), fly(power=AMPLE)
    for name, record in free.items():
        assert record.ledger.entries == paid[name].ledger.entries
        assert record.delivered_s == paid[name].delivered_s
        assert not record.ledger.balances
        assert sum(balance_of(paid[name]).refused.values()) == 0
        mine = [entry for entry in paid[name].ledger.joules if entry.consumer == COMPUTER]
        assert mine == list(record.ledger.joules)


def test_no_arm_pays_for_another(fly):
    """The bent pipe computes nothing; compression alone costs less than masking; each books its own."""
    records = fly(power=AMPLE)
    computed_j = {name: record.ledger.spent_j(COMPUTER) for name, record in records.items()}
    assert computed_j["raw"] == 0.0
    assert 0.0 < computed_j["compressed"] < computed_j["prune"]
    for name, record in records.items():
        judged = [outcome for image in record.images for outcome in image.outcomes]
        expected = math.fsum(outcome.busy_s for outcome in judged) * 2.0  # gr740 draws 2 W
        assert computed_j[name] == pytest.approx(expected, rel=1e-9)


def test_work_at_low_charge_is_refused_visibly_and_made_up_later(fly):
    free, record = fly()["prune"], fly(power=SCARCE)["prune"]
    item = balance_of(record)
    assert item.refused["processing"] > 0
    assert item.waited_s["processing"] > 0.0
    noted = [event for event in record.events if event.kind == "refused"]
    assert len(noted) == sum(item.refused.values())
    assert all("charge" in event.detail for event in noted)
    judged = [outcome for image in record.images for outcome in image.outcomes]
    assert len(judged) == len(record.ledger.acquired) == len(free.ledger.acquired)
    assert record.ledger.total_bytes(Fate.PRUNED) == free.ledger.total_bytes(Fate.PRUNED)


def test_an_image_that_was_refused_is_taken_at_a_later_opportunity(fly):
    wary = SCARCE | {"initial_charge": 0.1, "lowest_charge": {"imaging": 0.6}}
    free, record = fly()["prune"], fly(power=wary)["prune"]
    assert balance_of(record).refused["imaging"] > 0
    first = {
        image.acquisition.opportunity.target: image.acquisition.time_s for image in free.images
    }
    later = {
        image.acquisition.opportunity.target: image.acquisition.time_s for image in record.images
    }
    assert later.keys() == first.keys()
    assert any(later[target] > first[target] for target in first)
    assert not any(image.is_retake for image in record.images)


def test_a_hot_board_is_throttled_and_stopped_and_goes_on_when_it_has_cooled(fly):
    cool, hot = fly(power=AMPLE)["prune"], fly(power=HOT)["prune"]
    item = balance_of(hot)
    assert item.throttled_s > 0.0
    assert item.refused["processing"] > 0
    assert item.waited_s["processing"] > 0.0
    resumed = {event.subject for event in hot.events if event.kind == "resumed"}
    assert {e.subject for e in hot.events if e.kind == "refused"} & resumed
    assert hot.ledger.acquired == cool.ledger.acquired


def test_a_bigger_battery_never_refuses_more(fly):
    """From full, and never empty: contacts in the Earth's shadow are refused by small batteries alone."""
    counts = []
    for battery_wh in (4.5, 6, 10, 40):
        record = fly(power=NIGHT | {"battery_wh": battery_wh}, stations=STATIONS)["prune"]
        assert balance_of(record).unserved_j == 0.0
        counts.append(balance_of(record).refused.get("transmitting", 0))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] == 0


@pytest.mark.parametrize("policy", ["sent_unmasked", "dropped", "kept"])
def test_a_tile_that_the_processor_had_no_time_for_is_counted_apart(fly, policy):
    deadline = {"after_exposure_s": 0.03, "policy": policy}
    records = fly(computer=SLOW | {"deadline": deadline})
    assert not records["raw"].ledger.late
    assert not records["compressed"].ledger.late
    own = records["prune"]
    late = {item.tile_id for item in own.ledger.late}
    assert late
    assert {str(item.late) for item in own.ledger.late} == {policy}
    outcomes = {o.tile_id: o for image in own.images for o in image.outcomes}
    for tile_id in late:
        assert (outcomes[tile_id].cover is None) == (policy != "kept")
        assert policy == "kept" or outcomes[tile_id].is_kept == (policy == "sent_unmasked")
    if policy == "kept":
        assert own.ledger.entries == fly()["prune"].ledger.entries


def pooled(outcomes):
    covers = [outcome.cover for outcome in outcomes if outcome.cover is not None]
    return sum(cover.cloud_px for cover in covers) / sum(cover.valid_px for cover in covers)


@pytest.mark.parametrize("policy", ["sent_unmasked", "dropped"])
def test_whole_images_are_judged_by_masks_that_came_in_time_alone(fly, policy):
    """By hand, from the shutter on: so many pixels at 0.081 Mpx/s, those unmasked compressed at 10 Mpx/s."""
    whole = fly()["discard"]
    halves_s = [image.acquisition.opportunity.duration_s / 2 for image in whole.images]
    deadline = {"after_exposure_s": max(halves_s) + 0.06, "policy": policy}
    partial = fly(computer=SLOW | {"deadline": deadline})["discard"]
    late = {item.tile_id for item in partial.ledger.late}
    differs = 0
    for image, full in zip(partial.images, whole.images, strict=True):
        now_s, expected = image.acquisition.opportunity.duration_s / 2, set()
        for outcome in full.outcomes:
            pixels = outcome.cover.valid_px
            if now_s + pixels / 81_000 > deadline["after_exposure_s"]:
                expected.add(outcome.tile_id)
                now_s += pixels / 1e7 if policy == "sent_unmasked" else 0.0
            else:
                now_s += pixels / 81_000
        assert {o.tile_id for o in image.outcomes} & late == expected
        masked = [outcome for outcome in image.outcomes if outcome.tile_id not in late]
        assert 0 < len(masked) < len(image.outcomes)
        cover = pooled(masked)
        differs += f"{cover:.3f}" != f"{pooled(full.outcomes):.3f}"
        for outcome in masked:
            assert f"image cover {cover:.3f}" in outcome.decision.reason
            assert outcome.is_kept == (cover <= 0.7)
            assert (outcome.encoded_bytes < outcome.raw_bytes) == outcome.is_kept
        for outcome in image.outcomes:
            if outcome.tile_id in late:
                assert outcome.cover is None
                assert outcome.is_kept == (policy == "sent_unmasked")
    assert differs, "the test is too easy: late masks say nothing new"


def test_whole_images_cost_the_same_seconds_in_two_steps(fly):
    """Masking all tiles and compressing those of the images that are kept: by hand, at 0.081 and 10 Mpx/s."""
    record = fly()["discard"]
    for image in record.images:
        for outcome in image.outcomes:
            pixels = outcome.cover.valid_px
            busy_s = pixels / 81_000 + (pixels / 1e7 if outcome.is_kept else 0.0)
            assert outcome.busy_s == pytest.approx(busy_s)
            spent = [e.joules for e in record.ledger.joules if e.subject == outcome.tile_id]
            assert sum(spent) == pytest.approx(2.0 * busy_s)


def test_a_deadline_at_the_next_contact_is_never_missed_by_a_fast_processor(fly):
    deadline = {"at_next_contact": True}
    fast = fly(computer={"profile": "odin-dtacs", "deadline": deadline})["prune"]
    assert not fast.ledger.late


def test_unmasked_records_that_come_down_claim_no_cover(write_scenario, tmp_path):
    computer = SLOW | {"deadline": {"after_exposure_s": 0.03}}
    assembly = assemble(load_scenario(write_scenario(computer=computer)))
    came = []
    fly_arms(assembly, tmp_path, deliver=lambda _, record: came.append(read_header(record).cover))
    assert came
    assert set(came) == {None}


def test_a_processor_that_starts_for_each_image_pays_for_each_start(fly, tmp_path):
    profile = tmp_path / "own.json"
    profile.write_text(
        '{"name": "own", "platform": "p", "workload": "w", "mpx_per_s": 1.0, "active_w": 2.0,'
        ' "power_basis": "board", "status": "assumed", "source": "made up for a test", "boot_s": 20,'
        ' "boot_j": 30, "idle_w": 0.5}'
    )
    computer = {"profile": str(profile), "power_on": "per_image"}
    record = fly(computer=computer, power=AMPLE)["prune"]
    starts = [entry for entry in record.ledger.joules if entry.subject.startswith("start for")]
    assert len(starts) == len(record.images)
    assert {entry.joules for entry in starts} == {30.0}
    assert "computer_idle" in balance_of(record).drawn_j
    always = fly(computer={"profile": str(profile)}, power=AMPLE)["prune"]
    assert balance_of(always).drawn_j["computer_idle"] > balance_of(record).drawn_j["computer_idle"]


def test_a_duty_that_is_used_up_waits_for_the_next_orbit(fly, tmp_path):
    profile = tmp_path / "own.yaml"
    profile.write_text(
        "name: own\nplatform: p\nworkload: w\nmpx_per_s: 0.001\nactive_w: 2.0\npower_basis: board\n"
        "status: assumed\nsource: made up for a test\nmax_duty: 0.0002\n"
    )
    record = fly(computer={"profile": str(profile)})["prune"]
    assert any("duty" in event.detail for event in record.events)


def test_a_processor_that_starts_for_what_is_fetched_is_off_again_after_it(fly, tmp_path):
    """It works or is off: nothing is left to idle, however long no image comes."""
    profile = tmp_path / "own.yaml"
    profile.write_text(
        "name: own\nplatform: p\nworkload: w\nmpx_per_s: 0.01\nactive_w: 2.0\npower_basis: board\n"
        "status: assumed\nsource: made up for a test\nboot_s: 20\nboot_j: 30\nidle_w: 0.5\n"
    )
    record = fly(
        computer={"profile": str(profile), "power_on": "per_image"},
        power=AMPLE,
        pruning={"tile_px": 32, "max_cloud_cover": 0.1},
        memory={"capacity_mb": 10, "keep_pruned_h": 12},
        requests={"policy": "least_sure", "max_per_contact": 3},
    )["prune"]
    starts = [entry for entry in record.ledger.joules if entry.subject.startswith("start for")]
    assert len(starts) > len(record.images)
    assert balance_of(record).drawn_j["computer_idle"] == pytest.approx(0.0, abs=1e-6)


def test_what_waited_for_its_duty_is_not_begun_on_a_low_battery(fly, tmp_path, monkeypatch):
    """Orbits begin in the dark here, where the battery runs down while nothing may be computed."""
    profile = tmp_path / "own.yaml"
    profile.write_text(
        "name: own\nplatform: p\nworkload: w\nmpx_per_s: 0.00005\nactive_w: 2.0\npower_basis: board\n"
        "status: assumed\nsource: made up for a test\nmax_duty: 0.005\n"
    )
    begun, compute = [], PowerSystem.compute

    def watched(self, *args, **kwargs):
        begun.append(self.bank.state_of_charge)
        return compute(self, *args, **kwargs)

    monkeypatch.setattr(PowerSystem, "compute", watched)
    night = {"name": "one", "orbit": {"kind": "sgp4", "altitude_km": 550, "ltan": "22:30"}}
    power = AMPLE | {"battery_wh": 4, "bus_w": 6, "lowest_charge": {"processing": 0.6}}
    record = fly(satellites=[night], computer={"profile": str(profile)}, power=power)["prune"]
    assert any("duty" in event.detail for event in record.events)
    assert begun
    assert min(begun) >= 0.6 - 1e-6


def test_watts_that_nobody_says_are_no_energy_and_no_battery(write_scenario, tmp_path):
    profile = tmp_path / "own.json"
    profile.write_text(
        '{"name": "own", "platform": "p", "workload": "w", "mpx_per_s": 1.0, "active_w": null,'
        ' "power_basis": "board", "status": "measured", "source": "made up for a test"}'
    )
    scenario = load_scenario(write_scenario(computer={"profile": str(profile)}))
    summary = summary_of(scenario, tmp_path)
    assert summary["energy_j"]["compute"] is None
    assert any("states no power" in note for note in summary["notes"])
    asked = load_scenario(write_scenario(computer={"profile": str(profile)}, power=AMPLE))
    with pytest.raises(ScenarioError, match=r"computer\.profile: 'own' does not state active_w"):
        assemble(asked)


def test_the_summary_tells_joules_a_clear_megapixel_by_arm(write_scenario, tmp_path):
    scenario = load_scenario(
        write_scenario(
            computer=SLOW, power=AMPLE, scene={"kind": "synthetic", "mean_cloud_cover": 0.3}
        )
    )
    summary = summary_of(scenario, tmp_path)
    for arm in summary["arms"]:
        if not arm["clear_pixels_delivered"]:
            assert arm["compute_j_per_clear_mpx"] is arm["used_j_per_clear_mpx"] is None
            continue
        clear_mpx = arm["clear_pixels_delivered"] / 1e6
        assert arm["compute_j_per_clear_mpx"] == pytest.approx(arm["compute_j"] / clear_mpx)
        assert arm["used_j_per_clear_mpx"] == pytest.approx(arm["used_j"] / clear_mpx)
    own = next(arm for arm in summary["arms"] if arm["name"] == "prune")
    assert own["clear_pixels_delivered"]
    assert summary["power"]["used_j"] == own["used_j"]
    consumers = summary["energy_j"]
    total = math.fsum(
        consumers[key] for key in ("compute", "bus", "camera", "radio", "computer_idle")
    )
    assert total == pytest.approx(own["used_j"])


def test_a_network_so_many_times_as_large_takes_so_many_times_as_long_and_says_the_same(fly):
    """Masking time in proportion; compression is another core's and stays."""
    small, large = (fly(computer={"network_times": times})["prune"] for times in (1.0, 280.0))
    for one, other in zip(small.images, large.images, strict=True):
        for a, b in zip(one.outcomes, other.outcomes, strict=False):
            assert (a.decision, a.cover) == (b.decision, b.cover)
            if not a.is_kept:
                assert b.busy_s == pytest.approx(280.0 * a.busy_s)
