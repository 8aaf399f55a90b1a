"""The best of several greedy plans, improved further."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.exchange import Exchange
from payload.scheduling.greedy import greedy_orders
from payload.scheduling.parts import Parts, fall_apart
from payload.scheduling.schedule import Schedule
from payload.scheduling.stretches import Stretch, Stretches, cut
from payload.types import Opportunity

_MOST_FOR_TWO = 10_000
"""With more images than this, only the best greedy schedule is improved: planning 50,000 should take 2 s."""
_MOST_IMAGES = 60_000
"""Images examined stretch by stretch, exceeded by one stretch at most; for the same reason."""
_ROUNDS = "At most how often all images are examined for exchanges."

Taken = TypeVar("Taken")
"""A plan in either representation: a schedule of all images, or part by part."""


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best greedy plan by density, priority or their product, improved by exchanges and then stretch by stretch."""

    rounds: int = option(10, ge=0, le=1000, description=_ROUNDS)

    def plan(self, context: PlanContext) -> Plan:
        """Plan greedily in three orders and improve the best."""
        return best_of(context, Schedule(context).candidates(), rounds=self.rounds).plan()


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected value under P(clear): as `best-of`, but images unlikely to be clear are not taken at all.

    Their targets wait for a better chance, and their share of memory and energy is left to others.
    """

    min_p_clear: float = option(
        0.1,
        ge=0,
        le=1,
        description="Lowest probability of being clear at which an image is taken. Assumption: "
        "0.1.",
    )
    rounds: int = option(10, ge=0, le=1000, description=_ROUNDS)

    def plan(self, context: PlanContext) -> Plan:
        """Plan with the images that are likely enough to be clear."""
        likely = [
            item
            for item in Schedule(context).candidates()
            if context.p_clear.get(item.id, 1.0) >= self.min_p_clear
        ]
        return best_of(context, likely, rounds=self.rounds).plan()


def best_of(context: PlanContext, items: Sequence[Opportunity], *, rounds: int) -> Schedule:
    """The best of three greedy schedules, the better two improved by exchanges, the best of these then stretch by stretch."""
    values = context.values(items)
    orders = greedy_orders(items, context, values)
    stretches = list(cut(context, items, values))
    if fall_apart(context):
        return _best(Parts(context, items, values, stretches), orders, rounds)
    return _best(_Whole(context, items, stretches), orders, rounds)


def _best(fleet: "_Fleet[Taken]", orders: Sequence[list[int]], rounds: int) -> Schedule:
    started: list[tuple[float, Taken, list[int]]] = []
    for order in orders:
        same = next((start for start in started if start[2] == order), None)
        if same is None:
            taken = fleet.fill(order)
            same = fleet.value(taken), taken, order
        started.append(same)
    started.sort(key=lambda start: -start[0])
    better = started[: 2 if len(orders[0]) <= _MOST_FOR_TWO else 1]
    if better[0] is better[-1]:
        del better[1:]  # the same order twice would give the same result
    improved = [fleet.exchange(taken, order, rounds=rounds) for _, taken, order in better]
    return fleet.stretch(max(improved, key=fleet.value), most_images=_MOST_IMAGES)


class _Fleet(Protocol[Taken]):
    """A set of images, with the ways to make and improve plans of them."""

    def fill(self, order: Sequence[int], /) -> Taken:
        """Take, in this order of all images, those that fit."""

    def exchange(self, taken: Taken, order: Sequence[int], /, *, rounds: int) -> Taken:
        """Improve a plan by exchanges."""

    def stretch(self, taken: Taken, /, *, most_images: int) -> Schedule:
        """Improve a plan stretch by stretch."""

    def value(self, taken: Taken, /) -> float:
        """Value of a plan."""


class _Whole:
    """Plans made for all images together."""

    def __init__(
        self, context: PlanContext, items: Sequence[Opportunity], stretches: Sequence[Stretch]
    ) -> None:
        self._context, self._items = context, items
        self._exchange, self._stretches = Exchange(context, items), Stretches(context, stretches)

    def fill(self, order: Sequence[int]) -> Schedule:
        schedule = Schedule(self._context)
        schedule.fill(self._items[index] for index in order)
        return schedule

    def exchange(self, taken: Schedule, order: Sequence[int], *, rounds: int) -> Schedule:
        self._exchange.improve(taken, [self._items[index] for index in order], rounds=rounds)
        return taken

    def stretch(self, taken: Schedule, *, most_images: int) -> Schedule:
        self._stretches.improve(taken, most_images=most_images)
        return taken

    def value(self, taken: Schedule) -> float:
        return taken.value
