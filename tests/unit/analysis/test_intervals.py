"""Intervals of means: quantiles against published tables, ends by hand, coverage by counting."""

import math

import numpy as np
import pytest

from payload.analysis.intervals import Mean, chance_of, mean_of, skewness, values_needed
from payload.rng import stream
from payload.student import student_level, student_t

REPEATS = 5_000


def test_one_value_has_no_interval_and_equal_values_have_a_point():
    assert (mean_of([3.0]).low, mean_of([3.0]).high) == (None, None)
    assert (mean_of([3.0] * 3).low, mean_of([3.0] * 3).high) == (3, 3)


def test_an_even_sample_has_student_s_interval():
    """Values 1 to 5, by hand: mean 3, s = sqrt(2.5), t(4) = 2.776, no skewness."""
    found = mean_of([1, 2, 3, 4, 5])
    half = 2.776 * math.sqrt(2.5 / 5)
    assert found.value == 3
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), abs=1e-3)


def test_skewness_is_as_computed_by_hand():
    """Values 0, 0, 3: mean 1, s = sqrt(3), cubes (-1, -1, 8) / 3^1.5 sum to 6 / 5.196; times 3 / 2: sqrt(3)."""
    assert skewness([0, 0, 3]) == pytest.approx(math.sqrt(3))
    assert skewness([3, 3, 0]) == pytest.approx(-math.sqrt(3))


@pytest.mark.parametrize("values", [[0.2, 0.5, 1.1, 4.0, 0.9], [0.0, 0.0, 3.0], [-9.0, 1, 2, 3]])
def test_ends_are_those_that_the_cubic_transformation_carries_to_student_s_quantile(values):
    """The other way round, by a polynomial. Source: Hall (1992), T + g T^2 / 3 + g^2 T^3 / 27 + g / (6 n), times the root of n.

    Quantiles of Abramowitz and Stegun's table, for few and lopsided values longer by 1.5 |g| / n^2.
    """
    count, lean, found = len(values), skewness(values), mean_of(values)
    spread = np.std(values, ddof=1)
    t = {3: 4.303, 4: 3.182, 5: 2.776}[count] * (1 + 1.5 * abs(lean) / count**2)
    for end, wanted in ((found.low, t), (found.high, -t)):
        off = (found.value - end) / spread
        cubic = off + lean * off**2 / 3 + lean**2 * off**3 / 27 + lean / (6 * count)
        assert math.sqrt(count) * cubic == pytest.approx(wanted, rel=1e-3)


def test_a_mean_is_resolved_where_its_interval_leaves_nothing_out_of_doubt():
    """Nought at an end is still within."""
    assert not Mean(1.0, 0.0, 2.0, 5).is_resolved
    assert not Mean(-1.0, -2.0, 0.0, 5).is_resolved
    assert Mean(1.0, 1e-9, 2.0, 5).is_resolved
    assert Mean(-1.0, -2.0, -1e-9, 5).is_resolved


@pytest.mark.parametrize("values", [[1.0, 1.0, 0.5], [-0.2, 1.0, 1.2, 1.1, 1.3]])
def test_at_one_less_the_chance_the_interval_has_nothing_at_an_end(values):
    """The other way round, by the interval: the bend brings it nearer to 0."""
    found = mean_of(values, 1 - chance_of(values))
    assert found.low == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("values", [[0.2, 0.5, 1.1, 4.0, 0.9], [5.0, 6.0, 9.0, 30.0]])
def test_no_chance_is_less_than_students(values):
    """The bend takes the interval away from 0; t by hand, the mean in its standard errors."""
    t = np.mean(values) / (np.std(values, ddof=1) / math.sqrt(len(values)))
    assert chance_of(values) == pytest.approx(1 - student_level(t, len(values) - 1))


def test_what_never_differs_is_no_chance_and_one_value_says_nothing():
    assert chance_of([3.0]) is None
    assert (chance_of([3.0] * 3), chance_of([0.0] * 3)) == (0.0, 1.0)


def test_shares_within_t_are_those_of_the_table():
    """Abramowitz and Stegun's table 26.10."""
    assert student_level(4.303, 2) == pytest.approx(0.95, abs=1e-4)
    assert student_level(3.250, 9) == pytest.approx(0.99, abs=1e-4)


def test_an_interval_holds_its_mean_whatever_the_values_can_be():
    """Of what is less than none by rounding the mean is, too."""
    found = mean_of([-2.0, -1.0], within=(0.0, math.inf))
    assert found.low == found.value == -1.5
    assert mean_of([0.0, 5.0], within=(0.0, 10.0)).low == 0.0


@pytest.mark.parametrize("count", [5, 10, 30])
@pytest.mark.parametrize(
    ("kind", "mean", "least", "most"),
    [
        ("normal", 0.0, 0.94, 0.96),
        ("exponential", 1.0, 0.92, 1.0),
        ("lognormal", math.exp(0.125), 0.92, 1.0),
        ("gamma", 2.0, 0.92, 1.0),
    ],
)
def test_intervals_cover_the_truth_as_often_as_they_say(kind, mean, least, most, count):
    """Five thousand samples whose mean is known: skewness 0, 2, 1.75 and 1.41; both signs alike."""
    draws = stream(2, "coverage", kind, count)
    shape = (REPEATS, count)
    samples = {
        "normal": lambda: draws.normal(size=shape),
        "exponential": lambda: draws.exponential(size=shape),
        "lognormal": lambda: draws.lognormal(0, 0.5, size=shape),
        "gamma": lambda: draws.gamma(2.0, size=shape),
    }[kind]()
    found = [mean_of(sample) for sample in samples.tolist()]
    covered = np.mean([each.low <= mean <= each.high for each in found])
    assert least <= covered <= most
    mirrored = mean_of((-samples[0]).tolist())
    assert (mirrored.low, mirrored.high) == pytest.approx((-found[0].high, -found[0].low))


def test_so_many_values_as_are_said_to_be_needed_resolve_a_mean():
    """By the definition: with n values of that mean and spread Student's interval just leaves 0 out."""
    values = [1.0, 5.0, -2.0, 4.0, 0.5, 3.0]
    needed = values_needed(values)
    mean, s = np.mean(values), np.std(values, ddof=1)
    assert mean > student_t(0.95, needed - 1) * s / math.sqrt(needed)
    assert mean < student_t(0.95, needed - 2) * s / math.sqrt(needed - 1)
    assert values_needed([1.0, -1.0]) is None
    assert values_needed([1e-9, 1.0, -1.0]) is None
