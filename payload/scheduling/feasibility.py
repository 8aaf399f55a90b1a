"""The check of every scheduler: could the fleet fly this plan?

It examines a finished plan and shares no state with `payload.scheduling.schedule`, with which plans are made.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from payload.plans import Limits, Plan, PlanContext, Room
from payload.types import Opportunity


def is_feasible(plan: Plan, context: PlanContext) -> bool:
    """Whether a plan respects everything in its context.

    Its ids are known and in time order; each image may be planned by itself (`PlanContext.open_items`);
    each target is taken once; and each satellite has time to turn and settle between images, stays within
    its budgets of each orbit and has memory for what it takes, its commitments included.
    """
    known = {item.id: item for item in context.open_items()}
    if not all(name in known for name in plan.opportunity_ids):
        return False
    chosen = [known[name] for name in plan.opportunity_ids]
    if len({item.target for item in chosen}) < len(chosen):
        return False
    if any(second.start_s < first.start_s for first, second in pairwise(chosen)):
        return False
    return all(
        _is_flyable([item for item in chosen if item.satellite == satellite], satellite, context)
        for satellite in {item.satellite for item in chosen}
    )


def _is_flyable(chosen: Sequence[Opportunity], satellite: str, context: PlanContext) -> bool:
    """Whether a satellite can take these images in addition to its commitments."""
    limits = context.limits
    promised = [item for item in context.committed if item.satellite == satellite]
    both = sorted((*chosen, *promised), key=lambda item: (item.start_s, item.end_s, item.id))
    new = {item.id for item in chosen}
    for first, second in pairwise(both):
        if (first.id in new or second.id in new) and not limits.allow(first, second):
            return False
    by_orbit: dict[int, list[Opportunity]] = defaultdict(list)
    for item in both:
        by_orbit[limits.orbit_of(item)].append(item)
    touched = {limits.orbit_of(item) for item in chosen}
    if not all(_is_within_budget(by_orbit[orbit], limits) for orbit in touched):
        return False
    room = limits.rooms.get(satellite)
    return room is None or _has_room([item for item in both if item.end_s > context.now_s], room)


def _is_within_budget(items: Sequence[Opportunity], limits: Limits) -> bool:
    """Whether the images of one orbit are within its limits of number and imaging time."""
    if limits.most_images is not None and len(items) > limits.most_images:
        return False
    return math.fsum(item.duration_s for item in items) <= limits.imaging_s_per_orbit


def _has_room(items: Sequence[Opportunity], room: Room) -> bool:
    """Whether memory suffices, going through images and contacts by their ends; if both end together, the image is first."""
    images = [(item.end_s, 0, item.volume_bytes) for item in items]
    free_bytes = room.free_bytes
    for _, is_contact, volume_bytes in sorted(images + [(s, 1, size) for s, size in room.contacts]):
        if is_contact:
            free_bytes = min(room.most_bytes, free_bytes + volume_bytes)
        else:
            free_bytes -= volume_bytes
        if free_bytes < 0:
            return False
    return True
