"""Judge the points of a search: how each compares with the base, and whether its bounds hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payload.analysis.compare import range_of
from payload.analysis.intervals import Mean, mean_of
from payload.sweep.goal import Bound, Goal
from payload.sweep.rows import FAILED, Row


class Standing(StrEnum):
    """Standing of a point against its bounds."""

    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A bounded figure: its mean over the seeds, and in how many of them the bound holds."""

    bound: Bound
    mean: Mean
    held: int

    @property
    def holds(self) -> bool:
        """Whether the mean is within the bound."""
        return self.bound.holds(self.mean.value)

    @property
    def verdict(self) -> str:
        """Whether the bound holds, and whether that is more than chance, in words."""
        ends = [end for end in (self.mean.low, self.mean.high) if end is not None]
        sure = bool(ends) and all(self.bound.holds(end) is self.holds for end in ends)
        word = "holds" if self.holds else "does not hold"
        return f"{word}{'' if sure else ' on the mean'}, in {self.held} of {self.mean.count} seeds"


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was flown with every seed.

    Attributes:
        number: Number in the order of proposal; None for the base.
        values: Values by parameter.
        standing: Whether it is feasible.
        objective: The figure sought, averaged over the seeds; None if some seed lacks it.
        gain: Its difference from the base, paired seed by seed.
        bounds: The bounds whose figure all seeds have.
        error: The first failure.
    """

    number: int | None
    values: Mapping[str, object]
    standing: Standing
    objective: Mean | None = None
    gain: Mean | None = None
    bounds: tuple[Judged, ...] = ()
    error: str | None = None

    @property
    def excess(self) -> dict[str, float]:
        """By how much each bound is broken, in multiples of its limit; 0 or less if it holds."""
        return {judged.bound.said: judged.bound.excess(judged.mean.value) for judged in self.bounds}

    @property
    def broken(self) -> float:
        """By how much all bounds together are broken."""
        return sum(max(0.0, beyond) for beyond in self.excess.values())


def judge(
    number: int | None,
    values: Mapping[str, object],
    rows: Sequence[Row] | str,
    base_rows: Sequence[Row],
    goal: Goal,
) -> Trial:
    """Judge a point.

    Args:
        number: Number in the order of proposal; None for the base.
        values: Values by parameter.
        rows: One per seed; or why the point is not a valid scenario.
        base_rows: Rows of the base, with the same seeds.
        goal: The goal, with its figures as paths.
    """
    if isinstance(rows, str):
        return Trial(number, values, Standing.FAILED, error=rows)
    failed = [row for row in rows if row.status == FAILED]
    if failed:
        return Trial(number, values, Standing.FAILED, error=failed[0].error)
    sought = _figures(rows, goal.metric)
    bounds = tuple(
        Judged(bound, mean_of(told, within=range_of(bound.metric)), sum(map(bound.holds, told)))
        for bound in goal.bounds
        if (told := _figures(rows, bound.metric)) is not None
    )
    if sought is None or len(bounds) < len(goal.bounds):
        standing = Standing.UNKNOWN
    elif all(judged.holds for judged in bounds):
        standing = Standing.FEASIBLE
    else:
        standing = Standing.INFEASIBLE
    other = _figures(base_rows, goal.metric)
    gain = None
    if sought is not None and other is not None:
        gain = mean_of([mine - base for mine, base in zip(sought, other, strict=True)])
    objective = None if sought is None else mean_of(sought, within=range_of(goal.metric))
    return Trial(number, values, standing, objective, gain, bounds)


def _figures(rows: Sequence[Row], metric: str) -> list[float] | None:
    """A figure's value in each seed; None if any seed lacks it."""
    told = [row.metrics.get(metric) for row in rows]
    known = [float(value) for value in told if value is not None]
    return known if len(known) == len(told) else None
