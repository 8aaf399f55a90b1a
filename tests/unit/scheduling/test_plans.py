"""What the plainest plan takes and is worth; the judge itself is judged by plans with one fault each."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload import registry
from payload.plans import Limits, Plan, PlanContext
from payload.ports import Scheduler
from payload.scheduling import is_feasible
from payload.scheduling.greedy import Fifo
from payload.types import Opportunity

TARGETS = [f"t{index}" for index in range(8)]


def opportunity(satellite, target, start_s, duration_s=2.0):
    item_id = f"{satellite}/{target}/{start_s}"
    return Opportunity(item_id, target, satellite, start_s, duration_s, 10.0, 40.0, 1000)


def context_of(*items, **changes):
    context = PlanContext(
        now_s=0.0,
        opportunities=items,
        pending=frozenset(TARGETS),
        priorities={},
        busy_until_s={},
        limits=Limits(settle_s=10.0),
    )
    return replace(context, **changes)


@st.composite
def contexts(draw):
    items = draw(
        st.lists(
            st.builds(
                opportunity,
                st.sampled_from(["one", "two"]),
                st.sampled_from(TARGETS),
                st.integers(0, 400).map(float),
                st.floats(0.5, 20.0),
            ),
            max_size=40,
            unique_by=lambda item: item.id,
        )
    )
    return PlanContext(
        now_s=draw(st.floats(0.0, 300.0)),
        opportunities=items,
        pending=frozenset(draw(st.sets(st.sampled_from(TARGETS)))),
        priorities=draw(st.dictionaries(st.sampled_from(TARGETS), st.floats(0.0, 10.0))),
        busy_until_s=draw(st.dictionaries(st.sampled_from(["one", "two"]), st.floats(0.0, 200.0))),
        limits=Limits(settle_s=draw(st.floats(0.0, 60.0))),
    )


@given(context=contexts())
@settings(max_examples=40)
def test_no_target_is_left_that_could_still_be_added(context):
    plan = Fifo().plan(context)
    known = {item.id: item for item in context.opportunities}
    taken = {known[name].target for name in plan.opportunity_ids}
    for item in context.opportunities:
        if item.target not in taken:
            ids = sorted((*plan.opportunity_ids, item.id), key=lambda name: known[name].start_s)
            assert not is_feasible(Plan(tuple(ids), 0.0), context)


@given(context=contexts())
@settings(max_examples=20)
def test_the_value_is_the_sum_of_the_priorities(context):
    plan = Fifo().plan(context)
    known = {item.id: item for item in context.opportunities}
    wanted = sum(context.priorities.get(known[name].target, 1.0) for name in plan.opportunity_ids)
    assert plan.value == pytest.approx(wanted)
    assert plan.bound is None


@given(context=contexts())
@settings(max_examples=60)
def test_the_judge_agrees_with_a_look_at_every_pair(context):
    known = {item.id: item for item in context.opportunities}
    for ids in itertools.combinations(sorted(known, key=lambda name: known[name].start_s)[:7], 3):
        items = [known[name] for name in ids]
        apart = all(
            first.satellite != second.satellite
            or second.start_s >= first.end_s + context.limits.settle_s
            for first, second in itertools.combinations(items, 2)
        )
        allowed = all(
            item.target in context.pending
            and item.start_s >= context.now_s
            and item.start_s
            >= context.busy_until_s.get(item.satellite, float("-inf")) + context.limits.settle_s
            for item in items
        )
        once = len({item.target for item in items}) == len(items)
        assert is_feasible(Plan(ids, 0.0), context) == (apart and allowed and once)


def test_it_is_a_scheduler_found_by_name():
    found = registry.build("payload.scheduler", "fifo", {})
    assert isinstance(found, Scheduler)
    assert found == Fifo()


def test_the_first_to_come_is_the_first_to_be_taken():
    items = [opportunity("one", "t1", 50.0), opportunity("one", "t0", 20.0)]
    assert Fifo().plan(context_of(*items)).opportunity_ids == ("one/t0/20.0", "one/t1/50.0")


def test_a_target_in_conflict_is_taken_at_its_next_opportunity():
    items = [
        opportunity("one", "t0", 20.0),
        opportunity("one", "t1", 25.0),
        opportunity("one", "t1", 90.0),
        opportunity("two", "t1", 60.0),
    ]
    assert Fifo().plan(context_of(*items)).opportunity_ids == ("one/t0/20.0", "two/t1/60.0")


def test_a_satellite_settles_after_what_it_is_busy_with():
    items = [opportunity("one", "t0", 29.0), opportunity("one", "t1", 30.0)]
    context = context_of(*items, busy_until_s={"one": 20.0})
    assert Fifo().plan(context).opportunity_ids == ("one/t1/30.0",)


def test_nothing_pending_means_nothing_planned():
    plan = Fifo().plan(context_of(opportunity("one", "t0", 20.0), pending=frozenset()))
    assert plan == Plan((), 0.0)


A, B, C = (
    opportunity("one", "t0", 20.0),
    opportunity("one", "t1", 32.0),
    opportunity("one", "t0", 60.0),
)
GOOD = context_of(A, B, C)


def test_images_that_leave_just_the_time_to_settle_are_feasible():
    assert is_feasible(Plan((A.id, B.id), 2.0), GOOD)
    assert is_feasible(Plan((), 0.0), GOOD)


@pytest.mark.parametrize(
    ("ids", "changes"),
    [
        (("nobody/t0/1.0",), {}),
        ((A.id, A.id), {}),
        ((A.id, C.id), {}),
        ((B.id, A.id), {}),
        ((A.id, B.id), {"limits": Limits(settle_s=10.1)}),
        ((A.id,), {"now_s": 20.1}),
        ((A.id,), {"pending": frozenset({"t1"})}),
        ((A.id,), {"busy_until_s": {"one": 10.1}}),
    ],
    ids=[
        "unknown",
        "twice",
        "one target twice",
        "order",
        "no time to settle",
        "past",
        "done",
        "busy",
    ],
)
def test_a_plan_with_one_fault_is_not_feasible(ids, changes):
    assert not is_feasible(Plan(ids, 0.0), replace(GOOD, **changes))
