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
    assert all(turns[name].take() for name, count in antennas.items() for _ in range(count))
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


def test_who_ends_a_pass_asks_after_all_who_were_woken_at_that_moment():
    """By hand: at 100 s b rises for two, which waits for c, and one leaves a; b is in its view since 50 s."""
    passes = {
        "three": [("c", 0.0, 400.0)],
        "two": [("c", 5.0, 400.0), ("b", 100.0, 200.0)],
        "one": [("a", 10.0, 100.0), ("b", 50.0, 200.0)],
    }
    taken, _ = served(dict.fromkeys("abc", 1), passes)
    assert ("two", "b", 100.0, 200.0) in taken
    assert not any(name == "one" and at == "b" for name, at, _, _ in taken)


def test_the_first_pass_is_the_one_that_began_first_and_is_still_open():
    """By hand, of a from 0 s, b from 10 s and c from 50 s: who looks at 20 s and at 40 s is told a, and b when a is over."""
    env, told = simpy.Environment(), []
    windows = [
        ContactWindow("one", at, aos_s, los_s, 45.0)
        for at, aos_s, los_s in (("a", 0.0, 30.0), ("b", 10.0, 60.0), ("c", 50.0, 90.0))
    ]
    view = PassesInView(env, {}, windows, lambda _: None)

    def story():
        for look_s in (20.0, 40.0, 65.0, 95.0):
            yield env.timeout(look_s - env.now)
            window = yield from view.first()
            told.append(window and window.station)

    env.process(story())
    env.run()
    assert told == ["a", "b", "c", None]


def test_a_pass_begins_when_it_was_waited_for_whatever_rounding_says():
    """8.8 + (46.4 - 8.8) is a little less than 46.4: that is not waited for, too."""
    env = simpy.Environment(initial_time=8.8)
    window = ContactWindow("one", "a", 46.4, 90.0, 45.0)
    view = PassesInView(env, {}, [window], lambda _: None)
    assert env.run(env.process(view.first())) is window
    assert env.now == 8.8 + (46.4 - 8.8) < 46.4


def test_a_pass_that_nobody_served_is_missed_when_it_ends():
    """By hand: the antennas are another's until 400 s; a ends at 100 s and b at 300 s."""
    env, missed = simpy.Environment(), []
    antennas = {name: Turns(env) for name in "ab"}
    windows = [
        ContactWindow("one", at, 10.0, los_s, 45.0) for at, los_s in (("a", 100.0), ("b", 300.0))
    ]
    view = PassesInView(env, antennas, windows, lambda w: missed.append((env.now, w.station)))

    def story():
        assert all(each.take() for each in antennas.values())
        yield from view.first()
        assert (yield from view.antenna()) is None

    env.process(story())
    env.run()
    assert missed == [(100.0, "a"), (300.0, "b")]


def test_of_passes_to_come_the_next_is_asked_as_soon_as_it_begins():
    """By hand: a is busy; b begins at 50 s and c at 200 s, and b is free."""
    passes = {
        "one": [("a", 0.0, 300.0)],
        "two": [("a", 10.0, 300.0), ("b", 50.0, 120.0), ("c", 200.0, 250.0)],
    }
    taken, _ = served(dict.fromkeys("abc", 1), passes)
    assert [(at, start_s) for name, at, start_s, _ in taken if name == "two"] == [
        ("b", 50.0),
        ("c", 200.0),
    ]


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
