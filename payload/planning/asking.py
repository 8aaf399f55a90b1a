"""Asking a planner, and not asking again what it has answered: a planner is a pure function.

Where nothing changed but the time, and all that was planned is still to come, a planner that says of itself that it
`is_steady` would plan the same: what went by is what it did not take.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from payload.plans import Plan, PlanContext
from payload.ports import Scheduler
from payload.types import Opportunity


@dataclass
class Asking:
    """A planner, and what each place asked it last."""

    scheduler: Scheduler
    _last: dict[str, tuple[PlanContext, Plan]] = field(
        default_factory=dict[str, tuple[PlanContext, Plan]]
    )

    def plan(self, place: str, context: PlanContext) -> Plan:
        """What the planner says, or has said to the same place."""
        last = self._last.get(place)
        is_steady = getattr(self.scheduler, "is_steady", False)
        if last is None or not holds(*last, context, is_steady=is_steady):
            last = context, self.scheduler.plan(context)
        self._last[place] = last
        return last[1]


def holds(before: PlanContext, plan: Plan, now: PlanContext, *, is_steady: bool) -> bool:
    """Whether a plan that answered one context answers another: all is the same, but what went by for a steady planner.

    A commitment that has ended meanwhile leaves its target free, so that is not the same.
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
