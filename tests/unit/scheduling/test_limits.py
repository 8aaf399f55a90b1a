"""Limits one by one, and what each planner is for."""

import sys
from dataclasses import replace

import pytest
from planning import KINDS, context_of, opportunity, scheduler

from payload.errors import PluginError
from payload.plans import Limits, Plan, Room
from payload.scheduling import exact, is_feasible

ALL = [opportunity("one", f"t{index}", 20.0 * index) for index in range(8)]
IDS = [item.id for item in ALL]


def taken(kind, context, **options):
    plan = scheduler(kind, **options).plan(context)
    assert is_feasible(plan, context)
    return [name.split("/")[1] for name in plan.opportunity_ids]


@pytest.mark.parametrize(
    ("limits", "fits", "exceeds"),
    [
        (Limits(images_per_orbit=2, orbit_s={"one": 100.0}), (0, 1, 5, 6), (0, 1, 2)),
        (Limits(images_per_orbit=2), (0, 7), (0, 3, 7)),
        (Limits(imaging_s_per_orbit=4.0, orbit_s={"one": 100.0}), (0, 1, 5), (5, 6, 7)),
        (Limits(joules_per_image=3.0, joules_per_orbit=8.9), (0, 7), (0, 3, 7)),
        (Limits(settle_s=18.0), (0, 1), ()),
        (Limits(settle_s=18.1), (0, 2), (0, 1)),
    ],
    ids=["images", "images of all time", "imaging time", "energy", "settling", "no settling"],
)
def test_a_budget_holds_in_each_orbit(limits, fits, exceeds):
    context = context_of(*ALL, limits=limits)
    assert is_feasible(Plan(tuple(IDS[index] for index in fits), 0.0), context)
    if exceeds:
        assert not is_feasible(Plan(tuple(IDS[index] for index in exceeds), 0.0), context)


@pytest.mark.parametrize(("roll_deg", "is_free"), [(-14.0, True), (-15.0, False)])
def test_a_turn_takes_settling_and_the_angle_over_the_rate(roll_deg, is_free):
    """From 10 deg to -14 deg at 2 deg/s: 12 s, and 6 s to settle, make 18 s."""
    first, second = (
        opportunity("one", "t0", 0.0, roll_deg=10.0),
        opportunity("one", "t1", 20.0, roll_deg=roll_deg),
    )
    context = context_of(first, second, limits=Limits(6.0, 2.0))
    assert is_feasible(Plan((first.id, second.id), 0.0), context) == is_free


def test_memory_is_freed_by_contacts_and_never_beyond_its_capacity():
    """Room for two images of 1,000 bytes; a contact at 50 s frees four, so two fit before it and two after."""
    context = context_of(*ALL, limits=Limits(rooms={"one": Room(2000, ((50.0, 4000),))}))
    assert is_feasible(Plan((IDS[0], IDS[1], IDS[3], IDS[4]), 0.0), context)
    assert not is_feasible(Plan((IDS[0], IDS[1], IDS[2]), 0.0), context)
    assert not is_feasible(Plan((IDS[0], IDS[3], IDS[4], IDS[5]), 0.0), context)
    found = taken("milp", context)
    early = [name for name in found if name in {"t0", "t1", "t2"}]
    assert (len(early), len(found) - len(early)) == (2, 2)


def test_commitments_count_and_are_not_disturbed():
    promised = opportunity("one", "t7", 41.0)
    limits = Limits(settle_s=0.0, images_per_orbit=3)
    context = context_of(*ALL, limits=limits, committed=[promised])
    for kind in KINDS:
        found = taken(kind, context)
        assert "t2" not in found  # at 40 s to 42 s it overlaps
        assert "t7" not in found  # it will be taken at 41 s
        assert len(found) == 2


def test_a_target_whose_commitment_is_over_may_be_taken_again():
    over = opportunity("one", "t3", -30.0)
    assert "t3" in taken("fifo", context_of(*ALL, committed=[over]))


def test_nothing_ends_after_its_deadline_nor_starts_too_early():
    context = context_of(
        *ALL, deadlines_s={"t0": -5.0, "t1": 21.9, "t2": 42.0}, not_before_s={"t3": 60.1}
    )
    for kind in KINDS:
        assert taken(kind, context) == ["t2", "t4", "t5", "t6", "t7"]


def test_the_earliest_deadline_is_served_first():
    items = [opportunity("one", "t0", 20.0), opportunity("one", "t1", 25.0)]
    context = context_of(*items, deadlines_s={"t1": 30.0, "t0": 500.0})
    assert taken("edf", context) == ["t1"]
    assert taken("fifo", context) == ["t0"]


def test_density_gives_up_one_good_image_for_two():
    items = [opportunity("one", f"t{index}", 20.0 + 9.0 * index) for index in range(3)]
    context = context_of(*items, priorities={"t0": 3.0, "t1": 4.0, "t2": 3.0})
    assert taken("priority", context) == ["t1"]
    assert taken("density", context) == ["t0", "t2"]
    assert taken("best-of", context) == ["t0", "t2"]


def test_an_exchange_moves_a_target_to_make_room():
    """Greedily t1 takes the only time of t0, though it has another chance."""
    items = [
        opportunity("one", "t0", 20.0),
        opportunity("one", "t1", 22.0),
        opportunity("one", "t1", 90.0),
    ]
    context = context_of(*items, priorities={"t0": 1.0, "t1": 2.0})
    assert taken("priority", context) == ["t1"]
    assert taken("best-of", context) == ["t0", "t1"]


def test_the_likely_sky_is_preferred_and_the_hopeless_one_left():
    items = [opportunity("one", "t0", 20.0), opportunity("one", "t0", 90.0), ALL[3]]
    context = context_of(*items, p_clear={items[0].id: 0.3, items[1].id: 0.8, ALL[3].id: 0.05})
    for kind in ("priority", "density", "best-of", "milp", "forecast"):
        plan = scheduler(kind).plan(context)
        assert items[1].id in plan.opportunity_ids
        assert (ALL[3].id in plan.opportunity_ids) == (kind != "forecast")


def test_landsat_takes_first_what_is_clearer_than_its_average():
    items = [opportunity("one", f"t{index}", 20.0 + 5.0 * index) for index in range(2)]
    context = context_of(
        *items,
        p_clear={items[0].id: 0.6, items[1].id: 0.5},
        climate_clear={items[0].id: 0.9, items[1].id: 0.2},
    )
    assert taken("ltap", context) == ["t1"]  # 0.3 better than its average; t0 is 0.3 worse
    assert taken("ltap", context, a=0.0) == ["t0"]  # equal: the first to come
    assert taken("ltap", replace(context, missed={"t0": 2}), b=1.0) == ["t0"]


def test_landsat_keeps_to_a_cap_a_day_and_to_daylight():
    dark = replace(ALL[0], sun_elevation_deg=5.0)
    context = context_of(dark, *ALL[1:])
    assert taken("ltap", context) == ["t1", "t2", "t3", "t4", "t5", "t6", "t7"]
    assert taken("ltap", context, cap=3) == ["t1", "t2", "t3"]
    flown = replace(ALL[0], id="flown", target="other", start_s=-1.0)
    assert len(taken("ltap", replace(context, committed=[flown]), cap=3)) == 3  # the day before
    flown = replace(flown, start_s=2.0)
    assert len(taken("ltap", replace(context, committed=[flown]), cap=3)) == 2


def longest_gap(b, cycles=60):
    """Cycles between two images of a scene, at most: ten scenes of unlike priority, four images a cycle."""
    missed = dict.fromkeys(range(10), 0)
    last, longest = dict.fromkeys(range(10), 0), 0
    for cycle in range(1, cycles):
        items = [replace(ALL[0], id=f"{i}", target=f"{i}", start_s=50.0 * i) for i in range(10)]
        context = context_of(
            *items,
            pending=frozenset(map(str, range(10))),
            priorities={str(index): 1.0 + index for index in range(10)},
            missed={str(index): count for index, count in missed.items()},
        )
        found = {int(name) for name in scheduler("ltap", b=b, cap=4).plan(context).opportunity_ids}
        for index in range(10):
            missed[index] = 0 if index in found else missed[index] + 1
            if index in found or cycle == cycles - 1:
                longest = max(longest, cycle - last[index])
                last[index] = cycle
    return longest


def test_what_was_missed_comes_sooner_the_more_that_weighs():
    gaps = [longest_gap(b) for b in (0.0, 0.5, 2.0, 10.0)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] == 59  # never
    assert gaps[-1] <= 4  # ten scenes at four a cycle


def test_without_its_extra_milp_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "highspy", None)
    with pytest.raises(PluginError, match=r"payload-sim\[oracle\]"):
        scheduler("milp").plan(context_of(*ALL))


def test_milp_says_nothing_on_stdout(capfd):
    scheduler("milp").plan(context_of(*ALL))
    assert capfd.readouterr() == ("", "")


def test_milp_refuses_what_would_fill_the_memory(monkeypatch):
    monkeypatch.setattr(exact, "MOST_PAIRS", 5)
    with pytest.raises(PluginError, match="best-of"):
        scheduler("milp").plan(context_of(*ALL, limits=Limits(settle_s=100.0)))


def test_of_plans_that_are_worth_the_same_milp_takes_the_early_one_of_best_of():
    """A target is wanted again some time after its image: who waits for a later chance gets fewer."""
    items = [
        opportunity("one", f"t{n}", 1000.0 * day + 20.0 * n) for day in range(5) for n in range(8)
    ]
    context = context_of(*items)
    assert scheduler("milp").plan(context).opportunity_ids == tuple(item.id for item in items[:8])


def test_milp_gives_a_bound_when_time_runs_out():
    items = [
        opportunity("one", f"x{index}", float(index % 97), roll_deg=float(index % 31))
        for index in range(300)
    ]
    context = context_of(
        *items,
        limits=Limits(2.0, 2.0),
        pending=frozenset(item.target for item in items),
        priorities={item.target: 1.0 + hash(item.start_s) % 7 for item in items},
    )
    hasty = scheduler("milp", time_limit_s=1e-6).plan(context)
    proven = scheduler("milp").plan(context)
    assert is_feasible(hasty, context)
    assert hasty.value <= proven.value <= proven.bound + 1e-6 <= hasty.bound + 2e-6
