"""A calendar of opportunities: the order and the objects are those of plain sorting, and no more objects are held than asked for."""

import itertools
from collections import Counter
from dataclasses import replace
from operator import attrgetter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planning import TARGETS, calendar_of, items, opportunity

from payload.opportunities import Opportunities, opportunity_id
from payload.planning.calendar import Calendar
from payload.plans import Limits, Plan, PlanContext
from payload.scheduling import is_feasible
from payload.types import Opportunity

NAMES = ("a", "b", "c", "never")
ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), max_size=20, unique=True)
BY_TIME = attrgetter("start_s", "id")


def objects(satellite, rows):
    """As one would write them down, in no order."""
    return [
        Opportunity(
            opportunity_id(satellite, NAMES[who], start_s),
            NAMES[who],
            satellite,
            float(start_s),
            2.0 + who,
            3.0,
            40.0 + start_s,
            1000,
            -3.0,
        )
        for who, start_s in rows
    ]


def columns(satellite, rows):
    """The same as columns."""
    who = np.array([row[0] for row in rows], np.int32)
    start_s = np.array([row[1] for row in rows], np.float64)
    three = np.full(who.size, 3.0)
    found = Opportunities(
        satellite, NAMES, 1000, who, start_s, 2.0 + who, three, 40.0 + start_s, -three
    )
    return found.in_order()


@given(ROWS)
def test_columns_give_the_objects_by_start_then_id(rows):
    found, sought = columns("one", rows), sorted(objects("one", rows), key=BY_TIME)
    assert list(found) == sought
    assert [found[number] for number in range(len(found))] == sought
    assert list(found[2:5]) == found.made(2, 5) == sought[2:5]


def test_a_row_beyond_the_last_is_none():
    with pytest.raises(IndexError):
        columns("one", [(0, 1)])[1]


@pytest.mark.parametrize("as_columns", [True, False])
@given(one=ROWS, two=ROWS, moments=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40))))
def test_a_calendar_gives_what_sorting_gives(as_columns, one, two, moments):
    """Asked for later and for earlier stretches, of the fleet and of one satellite."""
    everything = sorted((*objects("two", two), *objects("one", one)), key=BY_TIME)
    parts = {"two": two, "one": one}
    calendar = Calendar(
        {
            name: columns(name, rows) if as_columns else sorted(objects(name, rows), key=BY_TIME)
            for name, rows in parts.items()
        }
    )
    assert list(calendar) == everything
    for from_s, until_s in moments:
        sought = [item for item in everything if from_s <= item.start_s <= until_s]
        assert calendar.between(from_s, until_s) == sought
        own = [item for item in sought if item.satellite == "one"]
        assert calendar.of("one", from_s, until_s) == own
        assert list(calendar) == everything
    assert list(calendar.each_of("two")) == [item for item in everything if item.satellite == "two"]
    of, places = calendar.by_target()
    assert {name: [calendar.at(place) for place in places[own]] for name, own in of.items()} == {
        name: [item for item in everything if item.target == name]
        for name in {item.target for item in everything}
    }


def test_what_went_by_is_let_go_and_what_is_far_is_not_made():
    rows = [(number % 3, number) for number in range(1000)]
    calendar = Calendar({"one": columns("one", rows)})
    for now_s in (0.0, 300.0, 600.0):
        held = calendar.between(now_s, now_s + 9.0)
        assert [item.start_s for item in held] == [now_s + more for more in range(10)]
        assert calendar.held == 10
    assert calendar.between(605.0, 609.0)[0] is held[5]  # made once


@given(items(9, targets=TARGETS, span_s=200_000), st.sampled_from([0.0, 10.0, 40_000.0]))
def test_no_plan_takes_more_images_a_day_than_are_counted_at_most(found, settle_s):
    """Judge: all plans, tried one after another, where each chance is a target's of its own."""
    found = [replace(item, target=item.id) for item in found]
    most = 0
    for size in range(1, len(found) + 1):
        for chosen in itertools.combinations(found, size):
            plan = Plan(tuple(item.id for item in chosen), 0.0)
            names = frozenset(item.id for item in found)
            if is_feasible(plan, PlanContext(0.0, found, names, {}, {}, Limits(settle_s))):
                days = Counter((item.satellite, item.start_s // 86_400) for item in chosen)
                most = max(most, *days.values())
    assert most <= calendar_of(found).most_a_day(settle_s)


def test_so_many_images_a_day_can_be_taken_where_they_are_as_long_as_one_another():
    """By hand: 2 s long and 10 s apart, of 0, 11, 12 and 23 s the second and the third are too near; the last is of the
    next day."""
    seconds = [0.0, 11.0, 12.0, 23.0, 86_400.0]
    found = [opportunity("one", f"t{number}", each) for number, each in enumerate(seconds)]
    assert calendar_of(found).most_a_day(8.0) == 3
    assert calendar_of(found).most_a_day(10.0) == 2
    assert Calendar({}).most_a_day(10.0) == 0
