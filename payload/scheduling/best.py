"""The better of several greedy plans, made better still."""

from collections.abc import Sequence
from dataclasses import dataclass

from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.exchange import Exchange
from payload.scheduling.greedy import greedy_orders
from payload.scheduling.schedule import Schedule
from payload.scheduling.stretches import Stretches
from payload.types import Opportunity

_MOST_FOR_TWO = 10_000
"""With more images than these only the best greedy schedule is made better: 50,000 are to be planned in 2 s."""
_MOST_IMAGES = 60_000
"""So many images are looked at stretch by stretch, a stretch more at most; for the same reason."""
_ROUNDS = "How often all images are looked at for exchanges, at most."


@dataclass(frozen=True, slots=True)
class BestOf:
    """The best of density, priority and their product, with exchanges and then stretch by stretch as long as that pays."""

    rounds: int = option(10, ge=0, le=1000, description=_ROUNDS)

    def plan(self, context: PlanContext) -> Plan:
        """Plan greedily in three orders, take the best and make it better."""
        return best_of(context, Schedule(context).candidates(), rounds=self.rounds).plan()


@dataclass(frozen=True, slots=True)
class Forecast:
    """Expected value under P(clear): as `best-of`, but an image that will hardly be clear is not taken at all.

    Its target waits for a better chance, and its share of memory and energy is left to others.
    """

    min_p_clear: float = option(
        0.1,
        ge=0,
        le=1,
        description="Least probability that an image will be clear. Assumption: 0.1.",
    )
    rounds: int = option(10, ge=0, le=1000, description=_ROUNDS)

    def plan(self, context: PlanContext) -> Plan:
        """Plan with what has a chance."""
        likely = [
            item
            for item in Schedule(context).candidates()
            if context.p_clear.get(item.id, 1.0) >= self.min_p_clear
        ]
        return best_of(context, likely, rounds=self.rounds).plan()


def best_of(context: PlanContext, items: Sequence[Opportunity], *, rounds: int) -> Schedule:
    """The best of three greedy schedules of these images, after exchanges in the better two, and then stretch by stretch."""
    exchange, stretches = Exchange(context, items), Stretches(context, items)
    started = []
    for order in greedy_orders(items, context):
        schedule = Schedule(context)
        schedule.fill(order)
        started.append((schedule, order))
    started.sort(key=lambda start: -start[0].value)
    better = started[: 2 if len(items) <= _MOST_FOR_TWO else 1]
    for schedule, order in better:
        exchange.improve(schedule, order, rounds=rounds)
    best = max((schedule for schedule, _ in better), key=lambda schedule: schedule.value)
    stretches.improve(best, most_images=_MOST_IMAGES)
    return best
