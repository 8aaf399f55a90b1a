"""Confidence intervals of a mean over seeds, sound for few and for skewed values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from payload.student import student_level, student_t

LEVEL = 0.95
"""Confidence level of all reported intervals."""
FEW = 1.5
"""How far few skewed values widen an interval: Student's t is multiplied by 1 + FEW |g| / n^2, where g is the sample skewness.

Assumption: found by trying 0, 1, 1.5 and 2 on 40,000 samples each of 3 to 30 values. Coverage in per cent, and the mean width
in standard deviations, of the rules tried, for exponential values (skewness 2) and for normal ones:

| rule | exponential, n = 5 | 10 | 30 | normal, n = 5 | 10 | 30 |
|---|---|---|---|---|---|---|
| percentile bootstrap | 77.8, 1.3 | 85.4, 1.1 | 90.9, 0.7 | 83.9 | 89.4 | 92.8 |
| Student (1908) | 88.0, 2.1 | 89.7, 1.3 | 92.7, 0.7 | 95.2 | 95.1 | 94.7 |
| Johnson (1978): midpoint shifted by the skewness | 88.1, 2.1 | 90.0, 1.3 | 92.9, 0.7 | 95.2 | 95.0 | 94.7 |
| both ends shifted by ad hoc powers of the skewness | 92.6, 3.6 | 95.5, 2.2 | 96.8, 1.2 | 95.0 | 95.3 | 95.3 |
| Hall (1992), skewness not adjusted for n | 92.0, 3.5 | 94.0, 2.0 | 94.8, 0.9 | 94.8 | 94.8 | 94.8 |
| this one | 93.0, 3.6 | 94.7, 2.2 | 94.9, 0.9 | 94.9 | 94.9 | 94.8 |

The first three undercover for few skewed values; the fourth, once used here, makes ends up to a third too wide for many. The
tests repeat the count for this rule on other samples.
"""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its interval; the ends are None for a single value, which says nothing about the spread."""

    value: float
    low: float | None
    high: float | None
    count: int

    @property
    def is_resolved(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


Within = tuple[float, float]
"""The range of values a figure can take at all: least and most."""
ANYTHING: Within = (-math.inf, math.inf)


def mean_of(values: Sequence[float], level: float = LEVEL, *, within: Within = ANYTHING) -> Mean:
    """Return the mean of independent values with its confidence interval: Student's, corrected for skewness.

    A skewed sample hints at where the rare values lie that it did not contain, so the end on that side is further out. For
    symmetric samples the interval equals Student's. Its ends are clipped to `within`: few skewed values could otherwise give,
    say, fewer than zero bytes. As the true mean lies within that range too, clipping never makes an interval miss it.

    Source: Student (1908), Biometrika 6(1), 1-25; Hall (1992), Journal of the Royal Statistical Society B 54(1), 221-228,
    the cubic transformation and its inverse.
    """
    count = len(values)
    if count < 2:
        return Mean(math.fsum(values) / count, None, None, count)
    mean, spread = _mean_and_spread(values)
    if not spread:
        return Mean(mean, mean, mean, count)
    lean = skewness(values)
    t = student_t(level, count - 1) * _longer(lean, count)
    low, high = (mean - spread * _bent(end, lean, count) for end in (t, -t))
    least, most = within
    return Mean(mean, max(low, min(least, mean)), min(high, max(most, mean)), count)


def chance_of(values: Sequence[float]) -> float | None:
    """The two-sided p-value of the mean of independent values against a true mean of 0; None for a single value.

    It is 1 minus the level at which 0 lies at an end of the interval from `mean_of`, or of Student's own, whichever p-value is
    larger: as far out in the tails as many comparisons require, the skewness correction alone trusts too much in what few
    values say about skewness. With five variants that do nothing, judged by Holm's rule on three figures of 10 seeds, the
    correction alone found an effect in 7 % of 2,000 repetitions, both together in 2 %; with exponential values and 20 seeds,
    in 9 and 2 %.
    """
    count = len(values)
    if count < 2:
        return None
    mean, spread = _mean_and_spread(values)
    if not spread:
        return float(not mean)
    lean = skewness(values)
    straight = abs(mean / spread) * math.sqrt(count)
    bent = abs(_straightened(mean / spread, lean, count)) / _longer(lean, count)
    return max(0.0, 1.0 - student_level(min(straight, bent), count - 1))


def _mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of at least two values."""
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    return mean, math.sqrt(variance)


def _longer(lean: float, count: int) -> float:
    """The factor that lengthens Student's t for few skewed values; see `FEW`."""
    return 1 + FEW * abs(lean) / count**2


def _straightened(off: float, lean: float, count: int) -> float:
    """The t to which the cubic transformation maps a standardised error of a mean: the inverse of `_bent`."""
    straight = off
    if abs(lean) >= _EVEN:
        straight = ((1 + lean * off / 3) ** 3 - 1) / lean + lean / (6 * count)
    return straight * math.sqrt(count)


def _bent(t: float, lean: float, count: int) -> float:
    """The standardised error of a mean that the cubic transformation, which removes skewness, maps to t."""
    straight = t / math.sqrt(count)
    if abs(lean) < _EVEN:
        return straight
    return 3 / lean * (math.cbrt(1 + lean * (straight - lean / (6 * count))) - 1)


_EVEN = 1e-6
"""Skewness below which the transformation is linear to eight digits."""


def skewness(values: Sequence[float]) -> float:
    """Skewness of a sample, adjusted for its size; 0 for fewer than three values or equal ones.

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
    """How many values it would take to resolve their mean from 0, if mean and spread stay the same; None if no number would.

    The number for which Student's interval just excludes 0: n = (t s / mean)^2.
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
"""If more values than this were needed, a difference counts as none."""
