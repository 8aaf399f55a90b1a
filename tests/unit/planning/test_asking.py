"""What is not planned anew must be what planning afresh would say; and what is logged, all that was planned."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import KINDS, TARGETS, contexts, in_full, items, opportunity, scheduler

from payload.planning.asking import Asking
from payload.planning.plan_log import PlanLog
from payload.plans import Limits, still_felt

STEADY = [kind for kind in KINDS if getattr(scheduler(kind), "is_steady", False)]
CHEAP = [kind for kind in KINDS if kind != "milp"]


class Counting:
    """A planner that counts how often it is asked."""

    def __init__(self, kind):
        self.planner, self.asked = scheduler(kind), 0
        self.is_steady = getattr(self.planner, "is_steady", False)

    def plan(self, context):
        self.asked += 1
        return self.planner.plan(context)


def later(context, now_s):
    """The same some time later: what went by is not offered any more."""
    left = [item for item in context.opportunities if item.start_s >= now_s]
    return replace(context, now_s=now_s, opportunities=left)


@pytest.mark.parametrize("kind", CHEAP)
@settings(max_examples=25)
@given(context=contexts(), wait_s=st.floats(0.0, 300.0))
def test_an_answer_that_is_not_asked_for_again_is_that_of_planning_afresh(kind, context, wait_s):
    counting = Counting(kind)
    asking = Asking(counting)
    asking.plan("here", context)
    then = later(context, context.now_s + wait_s)
    assert asking.plan("here", then) == scheduler(kind).plan(then)


@pytest.mark.parametrize("kind", STEADY)
@settings(max_examples=25)
@given(context=contexts())
def test_a_steady_planner_is_not_asked_again_until_something_was_taken(kind, context):
    context = later(context, context.now_s)  # what went by is offered to nobody
    free = replace(context.limits, rooms={})  # as much is planned as can be; what ends is a change
    context = replace(
        context, committed=[], pending=frozenset(TARGETS), deadlines_s={}, limits=free
    )
    counting = Counting(kind)
    asking = Asking(counting)
    plan = asking.plan("here", context)
    if not plan.opportunity_ids:
        return
    first_s = min(i.start_s for i in context.opportunities if i.id in plan.opportunity_ids)
    assert asking.plan("here", later(context, first_s)) == plan
    assert counting.asked == 1
    asking.plan("there", context)
    assert counting.asked == 2
    asking.plan("here", replace(later(context, first_s), pending=frozenset()))
    assert counting.asked == 3


def test_steady_planners_are_those_whose_order_knows_no_other_image():
    assert set(STEADY) == {"fifo", "edf", "priority", "ltap"}


@pytest.mark.parametrize("kind", CHEAP)
@settings(max_examples=25)
@given(context=contexts())
def test_commitments_that_are_not_felt_any_more_change_no_plan(kind, context):
    """The days of LTAP are long before: 86,400 s later all images of the context lie in another one."""
    day_s = 86_400.0
    moved = [
        replace(item, id=f"{item.id}+", start_s=item.start_s + day_s)
        for item in context.opportunities
    ]
    promised = [replace(item, start_s=item.start_s + day_s / 2) for item in context.committed]
    whole = replace(
        context,
        now_s=context.now_s + day_s,
        opportunities=moved,
        committed=promised,
        p_clear={},
        climate_clear={},
        busy_until_s={},
        deadlines_s={},
        not_before_s={},
        limits=replace(context.limits, rooms={}),
    )
    felt = still_felt(promised, whole.now_s, whole.limits)
    assert scheduler(kind).plan(whole) == scheduler(kind).plan(replace(whole, committed=felt))


@given(context=contexts())
@settings(max_examples=40)
def test_of_commitments_those_to_come_and_of_the_orbit_are_felt(context):
    felt = still_felt(context.committed, context.now_s, context.limits)
    assert felt == [item for item in context.committed if item in felt]
    assert all(item in felt for item in context.to_come)
    after = still_felt(context.committed, context.now_s + 1e6, context.limits)
    limits = context.limits  # without a length of its orbit, a satellite's limits hold for ever
    is_limited = limits.most_images is not None or limits.imaging_s_per_orbit < float("inf")
    assert all(is_limited and item.satellite not in limits.orbit_s for item in after)


@given(
    st.lists(
        st.tuples(st.floats(0.0, 100.0), st.sampled_from(["ground", "one"]), items(8)), max_size=6
    )
)
@settings(max_examples=40)
def test_the_log_tells_every_plan_in_full(plans):
    """Judge: the plans themselves, kept whole."""
    log, whole, now_s = PlanLog(), [], 0.0
    for wait_s, place, chosen in plans:
        now_s += wait_s
        ahead = sorted(
            (item for item in chosen if item.start_s >= now_s), key=lambda i: (i.start_s, i.id)
        )
        odds = {item.id: 0.5 for item in ahead if item.duration_s > 10.0}
        count = len(log.versions)
        log.write(now_s, place, "news", ahead, odds)
        if len(log.versions) > count:
            whole.append((now_s, place, [(item.id, odds.get(item.id)) for item in ahead]))
        else:
            last = [plan for _, where, plan in whole if where == place][-1]
            names = {item.id for item in ahead}
            assert [name for name, _ in last if name in names] == [item.id for item in ahead]
    told = [
        (version.time_s, version.place, [(item.opportunity, item.p_clear) for item in plan])
        for version, plan in in_full(log)
    ]
    assert told == whole


def test_the_log_grows_with_what_changes():
    log = PlanLog()
    chosen = [opportunity("one", f"t{n}", 10.0 * n) for n in range(50)]
    log.write(0.0, "ground", "start", chosen, {})
    log.write(5.0, "ground", "period", chosen[1:], {})
    assert len(log.versions) == 1
    for n in range(1, 20):
        log.write(5.0 + n / 10, "ground", "cloud", chosen[1 : 50 - n], {})
    assert [len(version.added) for version in log.versions] == [50, *[0] * 19]
    assert [len(version.dropped) for version in log.versions] == [0, *[1] * 19]


def test_an_image_of_yesterday_is_felt_while_the_satellite_settles_after_it():
    last = opportunity("one", "t0", 86_390.0)
    limits = Limits(settle_s=30.0, slew_deg_per_s=1.0)
    assert still_felt([last], 86_401.0, limits) == [last]
    assert still_felt([last], last.end_s + 30.0 + 360.0 + 1.0, limits) == []
