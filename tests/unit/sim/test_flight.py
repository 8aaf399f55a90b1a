"""Flights: the story as events, what arms share, what they do not, and that they repeat."""

import json
from itertools import pairwise

import pytest
import simpy

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
    for tile_id in records["oracle"].ledger.tiles_with(Fate.PRUNED):
        estimate = memo.estimates[tile_id]
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
