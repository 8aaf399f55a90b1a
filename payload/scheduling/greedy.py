"""Planners that take one image after another and never reconsider."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from payload.plans import Plan, PlanContext
from payload.scheduling.conflicts import opposition
from payload.scheduling.schedule import Schedule
from payload.types import Opportunity


@dataclass(frozen=True, slots=True)
class Fifo:
    """First come, first served: every target at its earliest opportunity that is still free."""

    is_steady: ClassVar[bool] = True
    """Omitting an opportunity that it did not take would not change its plan."""
    takes_first: ClassVar[bool] = True
    """For a target that is worth the same at all times, it takes the first chance that fits."""

    def urgency(self, priority: float, due_s: float) -> float:  # noqa: ARG002 - as all
        """No target is more urgent than another."""
        return 0.0

    def plan(self, context: PlanContext) -> Plan:
        """Go through the opportunities in time order and take what fits."""
        schedule = Schedule(context)
        schedule.fill(schedule.candidates())
        return schedule.plan()


@dataclass(frozen=True, slots=True)
class Edf:
    """Earliest deadline first: the target that can wait least is served first, at its first opportunity."""

    is_steady: ClassVar[bool] = True
    """Omitting an opportunity that it did not take would not change its plan."""
    takes_first: ClassVar[bool] = True
    """For a target that is worth the same at all times, it takes the first chance that fits."""

    def urgency(self, priority: float, due_s: float) -> float:  # noqa: ARG002 - as all
        """The sooner it is due, the more urgent."""
        return due_s

    def plan(self, context: PlanContext) -> Plan:
        """Take what fits in order of deadline, then of time."""
        schedule = Schedule(context)
        late = context.deadlines_s
        schedule.fill(
            sorted(schedule.candidates(), key=lambda item: late.get(item.target, math.inf))
        )
        return schedule.plan()


@dataclass(frozen=True, slots=True)
class Priority:
    """Most valuable first: priority times P(clear)."""

    is_steady: ClassVar[bool] = True
    """Omitting an opportunity that it did not take would not change its plan."""
    takes_first: ClassVar[bool] = True
    """For a target that is worth the same at all times, it takes the first chance that fits."""

    def urgency(self, priority: float, due_s: float) -> float:  # noqa: ARG002 - as all
        """The higher its priority, the more urgent."""
        return -priority

    def plan(self, context: PlanContext) -> Plan:
        """Take what fits in order of value, then of time."""
        schedule = Schedule(context)
        schedule.fill(sorted(schedule.candidates(), key=lambda item: -context.value(item)))
        return schedule.plan()


@dataclass(frozen=True, slots=True)
class Density:
    """Highest density first: w / (w + total weight of what the image excludes), w being its value.

    An image excludes those that it leaves no time for, and the other chances of its own target.
    """

    def plan(self, context: PlanContext) -> Plan:
        """Take what fits in order of density, then of time."""
        schedule = Schedule(context)
        items = schedule.candidates()
        order = _descending(densities(items, context, context.values(items)))
        schedule.fill(items[index] for index in order)
        return schedule.plan()


def greedy_orders(
    items: Sequence[Opportunity], context: PlanContext, values: Sequence[float]
) -> list[list[int]]:
    """Indices of images by density, by value and by the product of both, the highest first; ties keep their order."""
    density = densities(items, context, values)
    weight = np.array(values, dtype=np.float64)
    return [_descending(density), _descending(weight), _descending(weight * density)]


def _descending(score: NDArray[np.float64]) -> list[int]:
    return list[int](np.argsort(-score, kind="stable").tolist())


def densities(
    items: Sequence[Opportunity], context: PlanContext, values: Sequence[float]
) -> NDArray[np.float64]:
    """Weight of each image over its weight plus all that it excludes, shape (N,); 0 for images worth nothing."""
    weight = np.array(values, dtype=np.float64)
    limits = context.limits
    against = opposition(tuple(items), limits.settle_s, limits.slew_deg_per_s).weights(weight)
    number: dict[str, int] = {}
    target = np.array([number.setdefault(item.target, len(number)) for item in items], np.intp)
    total = against + np.bincount(target, weight)[target] if items else weight  # itself included
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0)
