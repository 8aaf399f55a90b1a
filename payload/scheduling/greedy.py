"""Planners that take one opportunity after the other and never look back."""

from dataclasses import dataclass

from payload.scheduling.feasibility import is_free
from payload.types import Plan, PlanContext


@dataclass(frozen=True, slots=True)
class Fifo:
    """First come, first served: every target at its earliest opportunity that is still free."""

    def plan(self, context: PlanContext) -> Plan:
        """Walk through the opportunities in order of time and take what fits."""
        wanted = set(context.pending)
        last_end_s = dict(context.busy_until_s)
        taken: list[str] = []
        value = 0.0
        for item in sorted(context.opportunities, key=lambda item: (item.start_s, item.id)):
            if item.target not in wanted or item.start_s < context.now_s:
                continue
            if is_free(item, last_end_s, context):
                wanted.discard(item.target)
                last_end_s[item.satellite] = item.end_s
                taken.append(item.id)
                value += context.priorities.get(item.target, 1.0)
        return Plan(tuple(taken), value)
