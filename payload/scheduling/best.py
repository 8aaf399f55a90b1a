"""The better of several greedy plans, made better still."""

from collections.abc import Sequence
from dataclasses import dataclass

from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.exchange import Exchange
from payload.scheduling.greedy import by_density, by_value
from payload.scheduling.schedule import Schedule
from payload.types import Opportunity

_ROUNDS = "How often all images are looked at for exchanges, at most."


@dataclass(frozen=True, slots=True)
class BestOf:
    """The better of density and priority, each with exchanges as long as they pay."""

    rounds: int = option(10, ge=0, le=1000, description=_ROUNDS)

    def plan(self, context: PlanContext) -> Plan:
        """Plan greedily in two orders, improve both, and take the better."""
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
    """The better of two greedy schedules of these images, after exchanges."""
    exchange = Exchange(context, items)
    found: list[Schedule] = []
    for order in (by_density(items, context), by_value(items, context)):
        schedule = Schedule(context)
        schedule.fill(order)
        exchange.improve(schedule, order, rounds=rounds)
        found.append(schedule)
    return max(found, key=lambda schedule: schedule.value)
