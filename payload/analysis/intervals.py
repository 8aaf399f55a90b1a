"""Intervals of a mean over seeds, good for few and for lopsided ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

LEVEL = 0.95
"""Of all intervals that are told."""
LONG_SIDE, SHORT_SIDE = 7.0, 1.25
"""By which the end towards the long tail is moved out, and the other one in: LONG_SIDE |g|^1.5 / sqrt(n) and
SHORT_SIDE |g| / sqrt(n) standard errors, where g is the sample's skewness.

Assumption: found by trying some 200 rules of this form on 40,000 samples each of 5, 10 and 30 values. Student's own
interval covers 95.2 % of normal means at n = 5 but 88.3 % of exponential ones (skewness 2); with these ends it is 95.3 and
92.8 %, at n = 30 95.5 and 96.9 %. The tests count again, on other samples.
"""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its interval; ends are None where one value says nothing of the spread."""

    value: float
    low: float | None
    high: float | None
    count: int

    @property
    def is_resolved(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def mean_of(values: Sequence[float], level: float = LEVEL) -> Mean:
    """The mean of independent values, and Student's interval for it, its ends moved by the skewness of the values.

    A lopsided sample says where the rare values lie that it has not met, so the end on that side is moved out.

    Source: Student (1908), Biometrika 6(1), 1-25; that the skewness has to come in, and at the order of 1/sqrt(n):
    Johnson (1978), Journal of the American Statistical Association 73(363), 536-544.
    """
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2:
        return Mean(mean, None, None, count)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    error = math.sqrt(variance / count)
    if not error:
        return Mean(mean, mean, mean, count)
    t, lean = student_t(level, count - 1), skewness(values)
    long_side = t + LONG_SIDE * abs(lean) ** 1.5 / math.sqrt(count)
    short_side = t - SHORT_SIDE * abs(lean) / math.sqrt(count)
    up, down = (long_side, short_side) if lean > 0 else (short_side, long_side)
    return Mean(mean, mean - down * error, mean + up * error, count)


def skewness(values: Sequence[float]) -> float:
    """Of a sample, adjusted for its size; 0 for fewer than three values or equal ones.

    Source: Joanes and Gill (1998), The Statistician 47(1), 183-189, G1.
    """
    count = len(values)
    mean = math.fsum(values) / count
    variance = math.fsum((value - mean) ** 2 for value in values) / max(1, count - 1)
    if count < 3 or not variance:
        return 0.0
    cubes = math.fsum(((value - mean) / math.sqrt(variance)) ** 3 for value in values)
    return count / ((count - 1) * (count - 2)) * cubes


def values_needed(values: Sequence[float], level: float = LEVEL) -> int | None:
    """How many values would resolve their mean from 0, if it and their spread stay; None where they never would.

    By Student's interval, in which the mean just leaves 0 out: n = (t s / mean)^2.
    """
    count = len(values)
    mean = math.fsum(values) / count
    if count < 2 or not mean:
        return None
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    ratio = variance / mean**2
    low, high = 1, 2
    while high < ratio * student_t(level, high - 1) ** 2:
        low, high = high, 2 * high
        if high > MOST_NEEDED:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if middle >= 2 and middle >= ratio * student_t(level, middle - 1) ** 2:
            high = middle
        else:
            low = middle
    return high


MOST_NEEDED = 1_000_000
"""Values beyond which a difference counts as none."""


@cache
def student_t(level: float, freedom: int) -> float:
    """The t that the share `level` of Student's distribution stays within, on both sides of 0."""
    freedom = min(freedom, _NORMAL)
    low, high = 0.0, 2.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return (low + high) / 2


_NORMAL = 10_000
"""Degrees of freedom from which t moves by less than 3e-4 only."""


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
