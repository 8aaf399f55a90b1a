"""Intervals of a mean over seeds: Student's t, good for few."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

LEVEL = 0.95
"""Of all intervals that are told."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the half-width of its interval; None where one value says nothing of their spread."""

    value: float
    half_width: float | None
    count: int

    @property
    def low(self) -> float:
        """Lower end, or the mean itself."""
        return self.value - (self.half_width or 0.0)

    @property
    def high(self) -> float:
        """Upper end, or the mean itself."""
        return self.value + (self.half_width or 0.0)


def mean_of(values: Sequence[float], level: float = LEVEL) -> Mean:
    """The mean of independent values and Student's interval for it.

    Source: Student (1908), Biometrika 6(1), 1-25.
    """
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return Mean(mean, None, count)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return Mean(mean, student_t(level, count - 1) * math.sqrt(variance / count), count)


@cache
def student_t(level: float, freedom: int) -> float:
    """The t that the share `level` of Student's distribution stays within, on both sides of 0."""
    low, high = 0.0, 2.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """P(|T| < t) for a whole number of degrees of freedom.

    Source: Abramowitz and Stegun (1964), equations 26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = (cosine, 0.0) if odd else (1.0, 0.0)
    for step in range(1 + odd, freedom, 2):
        total += term
        term *= cosine * cosine * step / (step + 1)
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
