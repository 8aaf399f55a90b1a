"""Means with their intervals, and differences of flights that met the same sky."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_Z_975 = statistics.NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the 95 % interval in which it lies."""

    mean: float
    low: float
    high: float

    @property
    def is_resolved(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0.0 or self.high < 0.0


def student_975(freedom: int) -> float:
    """What 97.5 % of Student's t lie below, to 1 % from three degrees of freedom on.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5 (four terms).
    """
    z, n = _Z_975, float(freedom)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / n**power for power, term in enumerate(terms, start=1))


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval of independent values, by Student's t; of one value it is infinite."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = student_975(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Of the differences, pair by pair."""
    return interval([one - other for one, other in zip(ours, theirs, strict=True)])
