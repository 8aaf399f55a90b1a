"""Variants seed by seed: differences by hand, pairing that narrows, what is not resolved, ranks."""

import math
from dataclasses import replace

import pytest

from payload.analysis import paired
from payload.analysis.compare import range_of
from payload.analysis.intervals import ANYTHING, Mean, mean_of, values_needed
from payload.analysis.paired import RANKED, compare_paired
from payload.analysis.words import paired_table
from payload.rng import stream

KEY = "pixels.clear_delivered"


def flights(*columns, key=KEY):
    names = ("base", "a", "b")
    return [
        (name, [{} if value is None else {key: value} for value in column])
        for name, column in zip(names, columns, strict=False)
    ]


def test_differences_are_taken_seed_by_seed():
    base, mine = [10, 200, 3000], [11, 203, 3002]
    found = compare_paired(flights(base, mine), range(3)).effects[0]
    assert found.difference == mean_of([1, 3, 2])
    assert found.mean == mean_of(mine, within=(0, math.inf))


def test_no_interval_of_an_amount_reaches_below_none_and_of_a_share_none_above_one():
    """Student's would: of 0, 0 and 9 Mpx it begins at -10 Mpx, and of two shares near 1 it ends beyond 1."""
    few, more = [0.0, 0.0, 9e6], [1.0, 1e6, 9e6]
    assert mean_of(few).low < 0
    mean = compare_paired(flights(more, few), range(3)).effects[0].mean
    assert (mean.value, mean.low, mean.high) == (3e6, 0.0, mean_of(few).high)
    shares = compare_paired(flights([0.5, 0.6], [0.9, 1.0], key="masker.iou"), range(2))
    assert shares.effects[0].mean.high == 1.0
    assert shares.effects[0].difference == mean_of([0.9 - 0.5, 1.0 - 0.6])


def test_what_is_saved_against_the_bent_pipe_can_be_less_than_nothing():
    assert range_of("arms.prune.saved_fraction") == ANYTHING
    assert range_of("arms.prune.downlinked_bytes") == range_of("bytes.delivered") == (0, math.inf)


def test_a_common_sky_narrows_the_interval_as_the_correlation_says():
    """Base s ~ N(0, 1), variant s + 0.1 e: paired sd 0.1, unpaired sqrt(2): a factor of some 14."""
    draws = stream(1, "sky")
    sky, own = draws.normal(size=400), draws.normal(size=400)
    found = compare_paired(flights(sky.tolist(), (sky + 0.1 * own).tolist()), range(400)).effects[0]
    width = found.difference.high - found.difference.low
    assert found.unpaired / width == pytest.approx(math.sqrt(2.01) / 0.1, rel=0.2)


def test_what_is_not_resolved_says_so_and_how_many_seeds_would():
    base, noisy, clear = [0.0] * 6, [1.0, 5.0, -2.0, 4.0, 0.5, 3.0], [7.0, 7.1, 6.9, 7.0, 7.2, 6.8]
    found = compare_paired(flights(base, noisy, clear), range(6))
    a, b = found.effects
    assert not a.difference.is_resolved
    assert a.seeds_needed == values_needed(noisy) > 6
    assert b.difference.is_resolved
    assert b.seeds_needed is None
    lines = list(paired_table(found))
    assert f"not resolved, about {a.seeds_needed} seeds would" in lines[1]
    assert "not resolved" not in lines[2]
    assert lines[-1] == "largest effect on clear pixels delivered: b"
    assert [effect.variant for effect in found.ranked] == ["b", "a"]


@pytest.fixture
def no_seeds_needed(monkeypatch):
    """To count them takes most of the time, where nothing differs."""
    monkeypatch.setattr(paired, "values_needed", lambda _: None)


@pytest.mark.usefixtures("no_seeds_needed")
def test_variants_that_do_nothing_are_hardly_ever_said_to_do_something():
    """Counted: of 15 differences that are chance one or more is resolved by itself in some 46 %, among all in 5 % at most.

    300 repetitions: 9 % is three standard errors above 5 %.
    """
    alone = among = 0
    draws = stream(5, "null")
    for _ in range(300):
        columns = draws.normal(size=(6, 10, 3))
        found = compare_paired(
            [
                (f"v{number}", [dict(zip(RANKED, map(float, each), strict=True)) for each in mine])
                for number, mine in enumerate(columns)
            ],
            range(10),
        )
        alone += any(effect.difference.is_resolved for effect in found.ranked)
        among += bool(found.certain)
    assert alone > 90
    assert among <= 0.09 * 300


def chances(*found):
    """Effects of so many variants on one figure, each with its chance, told as resolved by themselves below 5 %."""
    base = compare_paired(flights([0.0] * 3, [1.0, 2.0, 3.0]), range(3)).effects[0]
    ends = {True: Mean(2.0, 1.0, 3.0, 3), False: Mean(2.0, -1.0, 5.0, 3)}
    effects = [
        replace(base, variant=f"v{number}", chance=chance, difference=ends[chance < 0.05])
        for number, chance in enumerate(found)
    ]
    return paired.PairedComparison(("base",), (0, 1, 2), tuple(effects))


def test_the_clearest_are_certain_step_by_step():
    """Holm's rule by hand, of four: 0.012 < 0.05 / 4, 0.016 < 0.05 / 3, 0.03 is no less than 0.05 / 2, so 0.04 is not asked."""
    found = chances(0.04, 0.012, 0.016, 0.03)
    assert {effect.variant for effect in found.certain} == {"v1", "v2"}
    assert [effect.variant for effect in found.ranked] == ["v1", "v2", "v0", "v3"]
    told = [found.verdict_among(effect) for effect in found.ranked]
    assert told == ["resolved among 4"] * 2 + ["resolved by itself, not among 4"] * 2
    assert found.as_dict()["certain"] == [[KEY, "v1"], [KEY, "v2"]]


def test_what_is_resolved_by_itself_alone_is_not_said_to_have_the_most_effect():
    found = chances(0.03, 0.9, 0.9)
    lines = list(paired_table(found))
    assert not [line for line in lines if line.startswith("largest effect")]
    assert (
        lines[-1]
        == "each interval is taken by itself; 0 of 3 ranked differences are resolved among all (Holm)"
    )
    assert found.ranked[0].variant == "v0"
    assert [line for line in paired_table(chances(0.01, 0.9, 0.9)) if "largest effect" in line] == [
        "largest effect on clear pixels delivered: v0"
    ]


def test_where_nothing_differs_that_is_said():
    found = compare_paired(flights([4.0, 5.0], [4.0, 5.0]), range(2))
    assert list(paired_table(found)) == ["no difference from base in any figure"]


def test_more_seeds_are_wanted_than_did_not_resolve_it():
    """Lopsided: Student's interval leaves 0 out with these, the one that is told does not."""
    found = compare_paired(flights([0.0] * 3, [1.0, 1.0, 0.5]), range(3)).effects[0]
    assert values_needed([1.0, 1.0, 0.5]) == 3
    assert not found.difference.is_resolved
    assert found.seeds_needed == 4


def test_a_seed_that_failed_counts_in_no_difference():
    found = compare_paired(flights([1, 2, None, 4], [2, None, 9, 6]), range(4)).effects[0]
    assert found.difference == mean_of([1, 2])
    nothing = compare_paired(flights([1, None], [None, 2]), range(2)).effects[0]
    assert nothing.difference is None
    assert nothing.as_dict()["resolved"] is False


def test_no_difference_at_all_is_a_point_at_nothing():
    found = compare_paired(flights([5, 6], [5, 6]), range(2)).effects[0]
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)
    assert not found.difference.is_resolved
    assert found.seeds_needed is None


def test_an_effect_stands_out_by_half_widths_of_its_interval():
    """6, give or take 2, by three; a point by as much as can be."""
    found = compare_paired(flights([5, 6], [9, 13]), range(2)).effects[0]
    assert replace(found, difference=Mean(6.0, 4.0, 8.0, 9)).size == 3.0
    assert replace(found, difference=Mean(-6.0, -8.0, -4.0, 9)).size == 3.0
    assert replace(found, difference=Mean(6.0, 6.0, 6.0, 9)).size > 1e6
    assert replace(found, difference=Mean(6.0, None, None, 1)).size == 0.0


@pytest.mark.parametrize("key", ["masker.iou", "power.lowest_charge"])
def test_shares_are_from_none_to_all(key):
    assert range_of(key) == (0.0, 1.0)
