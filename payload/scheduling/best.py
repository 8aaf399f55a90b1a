"""The better of several greedy plans, made better still."""

from dataclasses import dataclass

from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.exchange import Exchange
from payload.scheduling.greedy import by_density, by_value
from payload.scheduling.schedule import Schedule


@dataclass(frozen=True, slots=True)
class BestOf:
    """The better of density and priority, with exchanges as long as they pay."""

    rounds: int = option(
        10, ge=0, le=1000, description="How often all images are looked at for exchanges, at most."
    )

    def plan(self, context: PlanContext) -> Plan:
        """Plan greedily in two orders, improve both, and take the better."""
        items = Schedule(context).candidates()
        found: list[Schedule] = []
        for order in (by_density(items, context), by_value(items, context)):
            schedule = Schedule(context)
            schedule.fill(order)
            Exchange(schedule, order).run(rounds=self.rounds)
            found.append(schedule)
        return max(found, key=lambda schedule: schedule.value).plan()
