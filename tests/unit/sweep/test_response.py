"""Means, intervals and the front, against tables and against the definition."""

import math
import random

import pytest

from payload.analysis.intervals import mean_of, student_t
from payload.sweep.response import pareto


@pytest.mark.parametrize(
    ("freedom", "t"),
    [
        (1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (9, 2.262), (10, 2.228),
        (19, 2.093), (29, 2.045), (30, 2.042), (60, 2.000), (120, 1.980),
    ],
)  # fmt: skip
def test_student_s_quantiles_are_those_of_the_tables(freedom, t):
    """Source: Abramowitz and Stegun (1964), table 26.10, A = 0.95 (two-sided)."""
    assert student_t(0.95, freedom) == pytest.approx(t, abs=5.1e-4)


def test_an_interval_of_one_value_is_unknown_and_of_equal_values_nothing():
    assert mean_of([3.0]).half_width is None
    assert mean_of([3.0, 3.0, 3.0]).half_width == 0


def test_an_interval_is_as_computed_by_hand():
    """Values 1 to 5: mean 3, s = sqrt(2.5), t(4) = 2.776."""
    found = mean_of([1, 2, 3, 4, 5])
    assert found.value == 3
    assert found.half_width == pytest.approx(2.776 * math.sqrt(2.5 / 5), abs=1e-3)


def test_the_front_is_who_is_beaten_by_nobody():
    """A second method: the definition, all against all, on points with many ties."""
    draws = random.Random(5)
    for _ in range(50):
        points = [(draws.randrange(8), draws.randrange(8)) for _ in range(30)]
        wanted = [
            not any(c <= cost and w >= worth and (c < cost or w > worth) for c, w in points)
            for cost, worth in points
        ]
        assert pareto(points) == wanted
