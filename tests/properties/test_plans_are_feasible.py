"""Laws of all planners: feasible, never above the bound, the same whatever the order, complete if free."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import (
    FREE,
    KINDS,
    best_by_trying,
    contexts,
    items,
    opportunity,
    scheduler,
)

from payload.plans import Limits, PlanContext
from payload.scheduling import Schedule, conflicts, is_feasible
from payload.scheduling.conflicts import opposition

ROUNDING = 1e-9


def test_all_kinds_of_the_house_are_installed():
    """A stranger's may come on top."""
    wanted = {"best-of", "density", "edf", "fifo", "forecast", "ltap", "milp", "priority"}
    assert wanted <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@given(context=contexts())
@settings(max_examples=30)
def test_every_plan_is_feasible_and_worth_what_it_says(kind, context):
    plan = scheduler(kind).plan(context)
    known = {item.id: item for item in context.opportunities}
    assert is_feasible(plan, context)
    wanted = sum(context.value(known[name]) for name in plan.opportunity_ids)
    assert plan.value == pytest.approx(wanted)


@given(context=contexts())
@settings(max_examples=60)
def test_what_lies_beyond_the_commitments_fits_as_the_long_way_says(context):
    """The short way of `candidates` and the long one find the same."""
    schedule = Schedule(context)
    assert schedule.candidates() == [item for item in context.open_items() if schedule.fits(item)]


@given(context=contexts())
@settings(max_examples=40)
def test_no_planner_is_above_the_bound(context):
    best = scheduler("milp").plan(context)
    assert best.value <= best.bound + ROUNDING
    for kind in KINDS:
        assert scheduler(kind).plan(context).value <= best.bound + ROUNDING


@given(context=contexts(most=8))
@settings(max_examples=40)
def test_the_optimum_is_what_trying_all_sets_finds(context):
    """A second method: brute force over all subsets, judged by `is_feasible`."""
    plan = scheduler("milp").plan(context)
    best = best_by_trying(context)
    assert plan.value == pytest.approx(best, abs=1e-6)
    assert plan.bound == pytest.approx(best, abs=1e-5)


@given(context=contexts(most=20), share=st.floats(0.0, 1.0))
@settings(max_examples=40)
def test_more_opportunities_never_lower_the_optimum(context, share):
    few = context.opportunities[: round(share * len(context.opportunities))]
    fewer = scheduler("milp").plan(replace(context, opportunities=few))
    assert fewer.value <= scheduler("milp").plan(context).value + 1e-6


@pytest.mark.parametrize("kind", KINDS)
@given(context=contexts(), order=st.randoms(use_true_random=False))
@settings(max_examples=15)
def test_a_plan_does_not_depend_on_the_order_of_the_opportunities(kind, context, order):
    shuffled = list(context.opportunities)
    order.shuffle(shuffled)
    planner = scheduler(kind)
    assert planner.plan(replace(context, opportunities=shuffled)) == planner.plan(context)


@given(starts=st.sets(st.integers(0, 50), max_size=8), order=st.permutations(range(8)))
@settings(max_examples=40)
def test_with_clear_skies_and_no_conflict_all_policies_take_everything(starts, order):
    found = [
        opportunity("one", f"t{name}", 100.0 * start)
        for name, start in zip(order, sorted(starts), strict=False)
    ]
    context = PlanContext(
        0.0, found, frozenset(item.target for item in found), {"t3": 0.0}, {}, Limits(settle_s=30.0)
    )
    wanted = tuple(item.id for item in found)
    for kind in KINDS:
        assert scheduler(kind).plan(context).opportunity_ids == wanted


@given(context=contexts(most=12))
@settings(max_examples=40)
def test_the_schedule_agrees_with_the_judge(context):
    """What it takes is feasible, what it refuses is not: the judge shares no state with it."""
    schedule = Schedule(context)
    for item in context.opportunities:
        both = [*schedule.taken.values(), item]
        ordered = sorted(both, key=lambda each: (each.start_s, each.end_s, each.roll_deg, each.id))
        plan = replace(schedule.plan(), opportunity_ids=tuple(each.id for each in ordered))
        is_open = item in context.open_items()
        assert (is_open and schedule.fits(item)) == is_feasible(plan, context)
        if is_open and schedule.fits(item):
            schedule.insert(item)


@given(found=items(30), context=contexts(most=1))
@settings(max_examples=40)
def test_conflicts_are_what_a_look_at_every_pair_finds(found, context):
    keep = replace(
        FREE, settle_s=context.limits.settle_s, slew_deg_per_s=context.limits.slew_deg_per_s
    )
    seen = {tuple(sorted(pair)) for pair in conflicts(found, keep).tolist()}
    wanted = set()
    for i, one in enumerate(found):
        for j in range(i):
            first, second = sorted(
                (one, found[j]), key=lambda item: (item.start_s, item.end_s, item.id)
            )
            if first.satellite == second.satellite and not keep.allow(first, second):
                wanted.add((j, i))
    assert seen == wanted


@given(found=items(60, span_s=900), data=st.data())
@settings(max_examples=40)
def test_what_stands_against_an_image_is_the_sum_over_its_conflicts(found, data):
    """Quadrants of a plane against the pairs themselves."""
    keep = data.draw(st.sampled_from([Limits(6.0, 1.0), Limits(0.0, 0.25), Limits(10.0)]))
    found = [replace(item, duration_s=8.0) for item in found]  # no rounding: all is dyadic
    weight = np.array([data.draw(st.integers(0, 10)) for _ in found], dtype=float)
    wanted = np.zeros(len(found))
    for one, other in conflicts(found, keep).tolist():
        wanted[one] += weight[other]
        wanted[other] += weight[one]
    told = opposition(tuple(found), keep.settle_s, keep.slew_deg_per_s).weights(weight)
    np.testing.assert_allclose(told, wanted, atol=1e-9)
