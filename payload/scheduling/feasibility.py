"""The judge of every scheduler: could the fleet fly this plan?"""

import math

from payload.types import Opportunity, Plan, PlanContext


def is_feasible(plan: Plan, context: PlanContext) -> bool:
    """Whether a plan keeps to what its context allows.

    Its ids are known and in order of time; each target is pending and taken once; nothing starts
    before now; and a satellite settles between two images, also after what it was busy with.
    """
    known = {item.id: item for item in context.opportunities}
    if not all(name in known for name in plan.opportunity_ids):
        return False
    chosen = [known[name] for name in plan.opportunity_ids]
    targets = [item.target for item in chosen]
    if len(set(targets)) < len(targets) or not context.pending.issuperset(targets):
        return False
    starts_s = [item.start_s for item in chosen]
    if starts_s != sorted(starts_s) or any(start_s < context.now_s for start_s in starts_s):
        return False
    last_end_s: dict[str, float] = dict(context.busy_until_s)
    for item in chosen:
        if not is_free(item, last_end_s, context):
            return False
        last_end_s[item.satellite] = item.end_s
    return True


def is_free(item: Opportunity, last_end_s: dict[str, float], context: PlanContext) -> bool:
    """Whether a satellite, its last image ended at `last_end_s`, has settled for this one."""
    return item.start_s >= last_end_s.get(item.satellite, -math.inf) + context.settle_s
