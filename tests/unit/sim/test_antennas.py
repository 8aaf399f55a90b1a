"""Antennas: the first that is free of all in view, by laws of conservation and by hand."""

import pytest
import simpy

from payload.darkroom.memo import Memo
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.antennas import PassesInView
from payload.sim.arms import make_arm
from payload.sim.mission import Mission
from payload.sim.turns import Turns
from payload.types import ContactWindow

PASS_S = 600.0
BEHIND_S = 16.0
"""[s] One degree of an orbit of 5,738 s: its 360th part, rounded."""


def served(antennas, passes):
    """Passes by satellite as (station, aos_s, los_s); what was taken and missed, in order of time."""
    env = simpy.Environment()
    turns = {name: Turns(env, count) for name, count in antennas.items()}
    taken, missed = [], []

    def story(name, windows):
        view = PassesInView(
            env, turns, windows, lambda w: missed.append((name, w.station, w.aos_s))
        )
        while (yield from view.first()) is not None:
            found = yield from view.antenna()
            if found is not None:
                window, antenna = found
                start_s = env.now
                yield env.timeout(window.los_s - env.now)
                taken.append((name, window.station, start_s, env.now))
                antenna.end()

    for name, own in passes.items():
        windows = [ContactWindow(name, at, aos_s, los_s, 45.0) for at, aos_s, los_s in own]
        env.process(story(name, sorted(windows, key=lambda w: (w.aos_s, w.station))))
    env.run()
    assert all(each.idle for each in turns.values())
    return taken, missed


def total_s(taken):
    return sum(end_s - start_s for _, _, start_s, end_s in taken)


def twins(stations):
    """Two satellites one degree apart, three passes each over co-located stations."""
    return {
        name: [
            (station, lap * 5738.0 + late_s, lap * 5738.0 + late_s + PASS_S)
            for lap in range(3)
            for station in stations
        ]
        for name, late_s in (("one", 0.0), ("two", BEHIND_S))
    }


def test_two_antennas_carry_the_same_at_one_station_as_at_two_in_the_same_place():
    """Which name an antenna has cannot matter; a lone antenna serves one of the two at a time."""
    together, _ = served({"a": 2}, twins("a"))
    apart, missed = served({"a": 1, "b": 1}, twins("ab"))
    alone, _ = served({"a": 1}, twins("a"))
    assert total_s(apart) == pytest.approx(total_s(together)) == pytest.approx(6 * PASS_S)
    assert total_s(alone) == pytest.approx(3 * (PASS_S + BEHIND_S))  # a busy antenna at each moment
    assert len(missed) == 6  # two passes a lap and satellite, one antenna at a time


def test_a_free_antenna_is_taken_while_another_is_waited_for():
    """By hand: two waits for a from 10 s, takes b when it rises at 50 s, and leaves the queue of a."""
    passes = {
        "one": [("a", 0.0, 100.0)],
        "two": [("a", 10.0, 300.0), ("b", 50.0, 120.0)],
        "three": [("a", 20.0, 200.0)],
    }
    taken, missed = served({"a": 1, "b": 1}, passes)
    assert taken == [
        ("one", "a", 0.0, 100.0),
        ("two", "b", 50.0, 120.0),
        ("three", "a", 100.0, 200.0),
        ("two", "a", 200.0, 300.0),
    ]
    assert missed == []


def test_overlapping_passes_of_one_satellite_follow_each_other_in_order_of_aos():
    """By hand: b is hidden behind a wholly and is missed, c goes on where a ends; e is later."""
    passes = {"one": [("a", 0, 100), ("b", 20, 90), ("c", 50, 150), ("e", 500, 510)]}
    taken, missed = served(dict.fromkeys("abce", 1), passes)
    assert [(at, start_s, end_s) for _, at, start_s, end_s in taken] == [
        ("a", 0, 100),
        ("c", 100, 150),
        ("e", 500, 510),
    ]
    assert sorted(at for _, at, _ in missed) == ["b"]


def test_an_antenna_that_becomes_free_as_a_pass_ends_serves_nobody():
    """By hand: both passes end at 100 s; the second has no second of it, and goes on to the next."""
    passes = {"one": [("a", 0.0, 100.0)], "two": [("a", 10.0, 100.0), ("a", 200.0, 300.0)]}
    taken, missed = served({"a": 1}, passes)
    assert taken == [("one", "a", 0.0, 100.0), ("two", "a", 200.0, 300.0)]
    assert missed == [("two", "a", 10.0)]


def test_of_two_that_become_free_at_once_the_pass_that_began_first_is_taken():
    """By hand: the other antenna goes to who waits behind, at the same moment."""
    passes = {
        "one": [("a", 0.0, 100.0)],
        "two": [("b", 0.0, 100.0)],
        "three": [("b", 10.0, 200.0), ("a", 20.0, 200.0)],
        "four": [("a", 30.0, 150.0)],
    }
    taken, _ = served({"a": 1, "b": 1}, passes)
    assert ("three", "b", 100.0, 200.0) in taken
    assert ("four", "a", 100.0, 150.0) in taken


def test_who_has_an_antenna_at_once_asks_for_no_second_one():
    """By hand: one takes a and leaves b alone, so that two, which asks a moment later, has b, its first."""
    passes = {
        "one": [("a", 0.0, 100.0), ("b", 0.0, 100.0)],
        "two": [("b", 0.0, 100.0), ("c", 0.0, 50.0)],
    }
    taken, missed = served({"a": 1, "b": 1, "c": 1}, passes)
    assert taken == [("one", "a", 0.0, 100.0), ("two", "b", 0.0, 100.0)]
    assert sorted(missed) == [("one", "b", 0.0), ("two", "c", 0.0)]


def test_in_flight_two_antennas_are_worth_the_same_under_one_name_or_two(write_scenario, tmp_path):
    """Two satellites 1 degree apart: their links carry the same; one antenna carries about half (16 s of 10 min more)."""
    place = {"lat_deg": 78.23, "lon_deg": 15.39}
    orbit = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}
    satellites = [
        {"name": name, "orbit": orbit | {"argument_of_latitude_deg": at_deg}}
        for name, at_deg in (("one", 1.0), ("two", 0.0))
    ]

    def capacity_bytes(*stations):
        path = write_scenario(satellites=satellites, stations=list(stations), duration_h=6)
        scenario = load_scenario(path)
        assembly = assemble(scenario)
        memo = Memo(assembly.darkroom, tmp_path)
        record = Mission(assembly, make_arm("raw", scenario.pruning), memo).fly()
        return sum(log.capacity_bytes for log in record.contacts)

    together = capacity_bytes(place | {"name": "a", "antennas": 2})
    apart = capacity_bytes(place | {"name": "a"}, place | {"name": "b"})
    alone = capacity_bytes(place | {"name": "a"})
    assert together > 0
    assert apart == pytest.approx(together, rel=1e-9)
    assert alone == pytest.approx(together / 2, rel=0.05)
