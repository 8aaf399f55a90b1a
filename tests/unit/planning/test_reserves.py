"""The odds that nobody has taken a place: against all courses of the sky, one by one, and in the ends where they are plain."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.planning.draft import Draft
from payload.planning.reserves import Reserves, odds_all_cloudy
from payload.types import Opportunity

HOUR_S = 3600.0


def by_all_courses(p_clear, times_s, memory_s):
    """P(cloudy at all but the last | clear at the last), summed over all courses of a two-state chain in forward time."""

    def step(now, after, dt_s):
        kept = math.exp(-dt_s / memory_s)
        settled = p_clear if after else 1.0 - p_clear
        return settled * (1.0 - kept) + (kept if now == after else 0.0)

    wanted = clear_last = 0.0
    for course in itertools.product((False, True), repeat=len(times_s)):
        chance = p_clear if course[0] else 1.0 - p_clear
        for (now, after), (start_s, end_s) in zip(
            itertools.pairwise(course), itertools.pairwise(times_s), strict=True
        ):
            chance *= step(now, after, end_s - start_s)
        if course[-1]:
            clear_last += chance
            wanted += chance if not any(course[:-1]) else 0.0
    return wanted / clear_last


@given(
    st.floats(0.05, 0.95),
    st.lists(st.floats(0.0, 48.0), min_size=1, max_size=6, unique=True).map(sorted),
    st.floats(0.5, 30.0),
)
def test_the_odds_are_those_of_all_courses_of_the_sky(p_clear, times_h, memory_h):
    *earlier, last = (time_h * HOUR_S for time_h in times_h)
    found = odds_all_cloudy(
        last, [(time_s, p_clear) for time_s in reversed(earlier)], memory_s=memory_h * HOUR_S
    )
    wanted = by_all_courses(p_clear, [*earlier, last], memory_h * HOUR_S)
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_the_odds_in_their_plain_ends():
    assert odds_all_cloudy(10.0, [], memory_s=1.0) == 1.0  # nobody was there
    assert odds_all_cloudy(10.0, [(10.0, 0.3)], memory_s=1.0) == 0.0  # it is clear, so it was
    assert odds_all_cloudy(1e9, [(5e8, 0.3), (0.0, 0.3)], memory_s=1.0) == pytest.approx(0.49)
    assert odds_all_cloudy(9.0, [(5.0, 1.0)], memory_s=1.0) == 0.0  # there are no clouds


def opportunity(satellite, start_s):
    return Opportunity(f"{satellite}/a/{start_s}", "a", satellite, start_s, 2.0, 5.0, 40.0, 1000)


def draft(told_until_s, **more):
    given = {"p_clear": {}, "open_from_s": {"a": 0.0}} | more
    return Draft(1, 0.0, frozenset(), {}, {}, wanted_from_s={}, told_until_s=told_until_s, **given)


MINE, FIRST, SECOND = (
    opportunity("one", 9 * HOUR_S),
    opportunity("two", 2 * HOUR_S),
    opportunity("three", 5 * HOUR_S),
)
SILENT = {"one": 0.0, "two": 0.0, "three": 0.0}


def reserves(least=0.0, items=(MINE, FIRST, SECOND)):
    return Reserves(items, 6 * HOUR_S, least)


def test_opportunities_that_the_ground_has_heard_of_and_those_of_ones_own_take_no_odds():
    seen = reserves()
    seen.look("one", is_clear=True)
    seen.look("one", is_clear=False)
    both = seen.odds(MINE, draft(SILENT))
    one = seen.odds(MINE, draft(SILENT | {"two": 3 * HOUR_S}))
    assert 0.0 < both < one < 1.0
    assert one == pytest.approx(0.5 * (1.0 - math.exp(-4 / 6)))
    assert seen.odds(MINE, draft(SILENT | {"two": 3 * HOUR_S, "three": 6 * HOUR_S})) == 1.0
    assert seen.odds(MINE, draft(SILENT, open_from_s={"a": 3 * HOUR_S})) == one
    later = opportunity("one", 20 * HOUR_S)
    own = reserves(items=(MINE, later))
    assert own.odds(later, draft(SILENT)) == 1.0


def test_a_forecast_counts_more_than_what_was_usual():
    told = draft(SILENT, p_clear={FIRST.id: 1.0})
    assert reserves(items=(MINE, FIRST)).odds(MINE, told) == 0.0
    told = draft(SILENT, p_clear={FIRST.id: 0.0})
    kept = math.exp(-7 / 6)
    assert reserves(items=(MINE, FIRST)).odds(MINE, told) == pytest.approx(1.0 - kept)


def test_who_has_seen_no_cloud_leaves_places_to_others_and_so_do_poor_odds():
    seen = reserves()
    assert seen.usual("one") == 1.0
    seen.look("one", is_clear=True)
    assert seen.odds(MINE, draft(SILENT)) == 0.0
    for _ in range(3):
        seen.look("one", is_clear=False)
    assert seen.usual("one") == 0.25
    odds = seen.odds(MINE, draft(SILENT))
    for least, wanted in ((odds, odds), (odds * 1.001, 0.0), (None, 0.0)):
        strict = reserves(least)
        strict.look("one", is_clear=True)
        for _ in range(3):
            strict.look("one", is_clear=False)
        assert strict.odds(MINE, draft(SILENT)) == wanted


def test_what_nobody_wants_is_no_reserve():
    told = draft(SILENT, open_from_s={"a": 0.0, "b": math.inf})
    assert reserves().names(told) == {"a"}
    assert reserves(least=None).names(told) == frozenset()
