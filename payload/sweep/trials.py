"""Points of a search, judged: what each is worth beside the base, and whether its bounds hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from payload.analysis.compare import range_of
from payload.analysis.intervals import Mean, mean_of
from payload.sweep.goal import Bound, Goal
from payload.sweep.rows import FAILED, Row


class Standing(StrEnum):
    """How a point stands."""

    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure under a bound: over the seeds, and in how many of them it is within."""

    bound: Bound
    mean: Mean
    held: int

    @property
    def holds(self) -> bool:
        """Whether the mean is within."""
        return self.bound.holds(self.mean.value)

    @property
    def verdict(self) -> str:
        """Whether it holds, and whether that is more than chance."""
        ends = [end for end in (self.mean.low, self.mean.high) if end is not None]
        sure = bool(ends) and all(self.bound.holds(end) is self.holds for end in ends)
        word = "holds" if self.holds else "does not hold"
        return f"{word}{'' if sure else ' on the mean'}, in {self.held} of {self.mean.count} seeds"


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was flown with every seed.

    Attributes:
        number: In the order of asking; None of the base.
        values: By parameter.
        standing: How it stands.
        objective: What is sought, over the seeds; None where some seed does not have it.
        gain: Its difference to the base, seed by seed.
        bounds: Each bound, where all seeds have its figure.
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
        """By how much each bound is broken, in multiples of its limit; 0 or less within."""
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
    """What a point is worth.

    Args:
        number: In the order of asking; None of the base.
        values: By parameter.
        rows: One a seed; or why the point is no scenario.
        base_rows: Of the base, with the same seeds.
        goal: Figures by path.
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
    """A figure in each seed; None where one does not have it."""
    told = [row.metrics.get(metric) for row in rows]
    known = [float(value) for value in told if value is not None]
    return known if len(known) == len(told) else None
