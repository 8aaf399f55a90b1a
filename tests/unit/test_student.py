"""Student's quantiles: against published tables, and one against the other."""

import pytest

from payload.student import Z_95, student_t, student_t_95


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


@pytest.mark.parametrize(
    ("freedom", "off"), [(2, 0.032), (3, 0.008), (4, 0.003), (10, 1e-4), (30, 1e-4), (400, 1e-4)]
)
def test_the_series_is_as_good_as_it_says(freedom, off):
    """By the exact one, of which it is never more than a rounding of 1.96 too large."""
    assert -off <= student_t_95(freedom) / student_t(0.95, freedom) - 1 <= 2e-5


def test_fractions_lie_between_whole_degrees_of_freedom_and_many_are_a_normal_distribution():
    assert student_t_95(4) > student_t_95(4.5) > student_t_95(5)
    assert student_t_95(1e12) == pytest.approx(Z_95, rel=1e-9)
