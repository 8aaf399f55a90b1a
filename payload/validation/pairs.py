"""Means with their intervals, and paired differences of flights under the same sky."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from payload.student import student_t


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def is_resolved(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0.0 or self.high < 0.0


def interval(values: Sequence[float]) -> Interval:
    """Mean and 95 % interval of independent values, by Student's t; infinite for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Interval(mean, -math.inf, math.inf)
    half = student_t(0.95, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Mean and 95 % interval of the differences, pair by pair."""
    return interval([one - other for one, other in zip(ours, theirs, strict=True)])
