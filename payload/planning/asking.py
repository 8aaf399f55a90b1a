"""Calling a planner, but not again if its answer is known: a planner is a pure function.

If only the time has changed, and all that was planned is still to come, a planner that declares itself
`is_steady` would plan the same: the opportunities gone by are ones that it did not take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from payload.plans import Plan, PlanContext
from payload.ports import Scheduler
from payload.types import Opportunity


@dataclass
class Asking:
    """A planner, with the last context and answer of each place."""

    scheduler: Scheduler
    _last: dict[str, tuple[PlanContext, Plan]] = field(
        default_factory=dict[str, tuple[PlanContext, Plan]]
    )

    def plan(self, place: str, context: PlanContext) -> Plan:
        """The planner's plan, or its last one for the same place if that still holds."""
        last = self._last.get(place)
        is_steady = getattr(self.scheduler, "is_steady", False)
        if last is None or not holds(*last, context, is_steady=is_steady):
            last = context, self.scheduler.plan(context)
        self._last[place] = last
        return last[1]


def holds(before: PlanContext, plan: Plan, now: PlanContext, *, is_steady: bool) -> bool:
    """Whether a plan for one context also holds for another: all is the same except, for a steady planner, what went by.

    A commitment that has ended since then leaves its target free, so the contexts differ.
    """
    if now.now_s < before.now_s or (now.now_s > before.now_s and not is_steady):
        return False
    same = replace(now, now_s=before.now_s, opportunities=before.opportunities)
    if same != before or now.to_come != before.to_come:
        return False
    left = [item for item in before.opportunities if item.start_s >= now.now_s]
    if now.now_s == before.now_s:
        return list(now.opportunities) == list(before.opportunities)
    return list(now.opportunities) == left and _are_among(plan.opportunity_ids, left)


def _are_among(ids: Sequence[str], items: Sequence[Opportunity]) -> bool:
    return set(ids) <= {item.id for item in items}
