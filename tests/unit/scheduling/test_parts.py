"""Plans part by part against plans of all together, and what is not planned again."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import TARGETS, context_of, contexts, opportunity, scheduler

from payload.plans import Limits
from payload.scheduling import best, parts
from payload.scheduling.exchange import Exchange
from payload.validation.instances import Instance

KINDS = ("best-of", "forecast")
TURNS = st.builds(
    Limits,
    st.sampled_from([0.0, 6.0, 30.0]),
    st.sampled_from([float("inf"), 1.0, 0.3]),
    st.sampled_from([{}, {"one": 150.0}, {"one": 100.0, "two": 130.0}]),
)


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(parts, "_kept", parts._Kept())


def together(planner, context):
    """The plan of a planner that knows of no parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best, "fall_apart", lambda _: False)
        return planner.plan(context)


@pytest.mark.parametrize("kind", KINDS)
@given(context=contexts(), turns=TURNS, is_told=st.booleans())
@settings(max_examples=150)
def test_part_by_part_the_plan_is_that_of_all_together(kind, context, turns, is_told):
    context = replace(
        context,
        pending=frozenset(TARGETS),
        limits=turns,
        p_clear=context.p_clear if is_told else {},
    )
    assert parts.fall_apart(context)
    planner = scheduler(kind)
    assert planner.plan(context) == together(planner, context)


@given(
    context=contexts(),
    turns=TURNS,
    steps=st.lists(st.tuples(st.sampled_from(TARGETS), st.floats(0.0, 60.0)), max_size=6),
)
@settings(max_examples=100)
def test_from_plan_to_plan_what_is_known_changes_nothing(context, turns, steps):
    """Time goes by, and targets are taken and put back."""
    planner, now = scheduler("best-of"), replace(context, limits=turns, p_clear={}, committed=())
    for target, later_s in steps:
        now = replace(now, now_s=now.now_s + later_s, pending=now.pending ^ {target})
        assert planner.plan(now) == together(planner, now)


@pytest.mark.parametrize("most_images", [1, 5, 20, 60])
@given(context=contexts(), turns=TURNS)
@settings(max_examples=40)
def test_where_few_stretches_may_be_looked_at_they_are_the_same(context, turns, most_images):
    context = replace(context, pending=frozenset(TARGETS), limits=turns, p_clear={})
    planner = scheduler("best-of")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(best, "_MOST_IMAGES", most_images)
        assert planner.plan(context) == together(planner, context)


@given(context=contexts(), turns=TURNS)
@settings(max_examples=40)
def test_a_shelf_that_is_too_small_changes_nothing(context, turns):
    context = replace(context, pending=frozenset(TARGETS), limits=turns, p_clear={})
    planner = scheduler("best-of")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_MOST_KEPT", 3)
        found = [planner.plan(context) for _ in range(2)]
        assert found == [together(planner, context)] * 2
        assert parts._kept._images <= 3
        assert parts._kept._images == sum(len(p.items) for p in parts._kept._parts.values())


def test_an_image_of_the_same_name_that_takes_longer_is_another():
    planner = scheduler("best-of")
    short, next_one = opportunity("one", "t0", 0.0, 2.0), opportunity("one", "t1", 20.0, 2.0)
    assert len(planner.plan(context_of(short, next_one)).opportunity_ids) == 2
    long = replace(short, duration_s=15.0)
    assert len(planner.plan(context_of(long, next_one)).opportunity_ids) == 1


def test_images_that_have_become_worth_more_are_planned_anew():
    """No time between the two: whichever is worth more is taken, whatever the last plan was."""
    planner = scheduler("best-of")
    a, b = opportunity("one", "t0", 0.0), opportunity("one", "t1", 5.0)
    for first, second in ((3.0, 1.0), (1.0, 3.0)):
        plan = planner.plan(context_of(a, b, priorities={"t0": first, "t1": second}))
        assert plan.opportunity_ids == ((a if first > second else b).id,)


def test_images_that_share_neither_time_nor_target_are_parts_of_their_own():
    a, b = opportunity("one", "t0", 0.0), opportunity("one", "t1", 5.0)  # no time between
    elsewhere = opportunity("two", "t1", 900.0)
    alone = opportunity("two", "t2", 300.0)
    scheduler("best-of").plan(context_of(a, b, elsewhere, alone))
    found = {part.items for part in parts._kept._parts.values()}
    assert found == {(a, b, elsewhere), (alone,)}


def test_only_what_hangs_together_with_a_change_is_tried_again(monkeypatch):
    """A target less: none but images of its part are tried for exchanges, and it was one of many."""
    tried = Counter[str]()
    whole = Exchange.go_through

    def counted(self, schedule, items):
        items = list(items)
        tried.update(item.id for item in items)
        return whole(self, schedule, items)

    monkeypatch.setattr(Exchange, "go_through", counted)
    planner, context = scheduler("best-of"), Instance(300, 2, None, 3).context()
    planner.plan(context)
    assert set(tried) == {item.id for item in context.opportunities}
    part = min(parts._kept._parts.values(), key=lambda part: len(part.items))
    tried.clear()
    planner.plan(replace(context, pending=context.pending - {part.items[0].target}))
    assert set(tried) <= {item.id for item in part.items}
    tried.clear()
    planner.plan(context)
    assert not tried
