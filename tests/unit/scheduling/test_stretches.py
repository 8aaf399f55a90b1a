"""Longest paths against all sets of images, one by one; and what stretches make of a schedule."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import TARGETS, best_by_trying, context_of, contexts, items, opportunity

from payload.plans import Limits, Plan
from payload.scheduling import Schedule, is_feasible
from payload.scheduling.greedy import Fifo
from payload.scheduling.stretches import Stretches, cut

PLENTY = 10**6


def improved(context, most_images=PLENTY):
    schedule = Schedule(context)
    found = schedule.candidates()
    schedule.fill(found)
    before = schedule.value
    Stretches(context, cut(context, found, context.values(found))).improve(
        schedule, most_images=most_images
    )
    return before, schedule


@given(
    items(10),
    st.lists(st.sampled_from([1.0, 2.0, 5.0, 9.0]), min_size=10, max_size=10),
    st.builds(
        Limits,
        st.sampled_from([0.0, 6.0, 30.0]),
        st.sampled_from([float("inf"), 1.0, 0.3]),
        st.sampled_from([{}, {"one": 150.0, "two": 130.0}]),
        st.sampled_from([None, 1, 2, 3]),
    ),
)
def test_where_each_target_has_one_chance_the_best_plan_is_found(found, worth, limits):
    """Nothing ties orbits of one satellite to each other then but the turn from one to the next."""
    alone = [replace(item, target=f"only {index}") for index, item in enumerate(found)]
    context = context_of(
        *alone,
        pending=frozenset(item.target for item in alone),
        priorities={item.target: value for item, value in zip(alone, worth, strict=False)},
        limits=limits,
    )
    _, schedule = improved(context)
    best = best_by_trying(context)
    if limits.most_images is None or not limits.orbit_s:
        assert schedule.value == pytest.approx(best)
    assert schedule.value <= best + 1e-9
    assert is_feasible(schedule.plan(), context)


@given(contexts())
@settings(max_examples=40)
def test_stretches_never_make_a_schedule_worse_or_impossible(context):
    before, schedule = improved(context)
    assert schedule.value >= before - 1e-9
    assert is_feasible(schedule.plan(), context)
    assert schedule.plan() == improved(context)[1].plan()


def test_an_image_moves_to_its_other_chance_where_that_makes_room():
    """`b` fits early beside nothing, late beside `a`: 8 and 5 in place of 8 alone."""
    a = opportunity("one", TARGETS[0], 100.0)
    early, late = opportunity("one", TARGETS[1], 104.0), opportunity("one", TARGETS[1], 300.0)
    context = context_of(
        a, early, late, priorities={TARGETS[0]: 8.0, TARGETS[1]: 5.0, TARGETS[2]: 1.0}
    )
    schedule = Schedule(context)
    schedule.insert(early)
    Stretches(context, cut(context, [a, early, late], context.values([a, early, late]))).improve(
        schedule, most_images=PLENTY
    )
    assert {item.id for item in schedule.taken.values()} == {a.id, late.id}


def test_what_is_committed_stays_and_counts():
    promised = opportunity("one", "other", 100.0)
    near, far, last = (
        opportunity("one", target, start_s)
        for target, start_s in zip(TARGETS, (103.0, 200.0, 300.0), strict=False)
    )
    for most, count in ((None, 2), (3, 2), (2, 1), (1, 0)):
        context = context_of(
            near, far, last, committed=[promised], limits=Limits(10.0, images_per_orbit=most)
        )
        schedule = Schedule(context)
        Stretches(
            context, cut(context, [near, far, last], context.values([near, far, last]))
        ).improve(schedule, most_images=PLENTY)
        assert len(schedule.taken) == count
        assert near.target not in schedule.taken


def test_work_ends_when_enough_images_were_looked_at():
    chances = [opportunity("one", target, 20.0 * index) for index, target in enumerate(TARGETS)]
    context = context_of(*chances)
    schedule = Schedule(context)
    Stretches(context, cut(context, chances, context.values(chances))).improve(
        schedule, most_images=0
    )
    assert schedule.plan() == Plan((), 0.0)
    Stretches(context, cut(context, chances, context.values(chances))).improve(
        schedule, most_images=1
    )  # each is a stretch of its own
    assert schedule.plan().opportunity_ids == (chances[0].id,)
    Stretches(context, cut(context, chances, context.values(chances))).improve(
        schedule, most_images=PLENTY
    )
    assert schedule.plan() == Fifo().plan(context)
