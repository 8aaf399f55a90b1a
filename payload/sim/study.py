"""What re-imaging is worth: the policies on bare opportunities, with independent clouds and no pixel.

The knowledge is that of the loop: facts known since a time, standings that follow from them. A plan is made once an
orbit, of what is known by then; images of the orbit are flown, and what they show is known when the policy says.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from payload.ledger import Fact
from payload.ports import Scheduler
from payload.rng import stream
from payload.sim.knowledge import Knowledge, Rules, standings
from payload.types import Opportunity, PlanContext, Target

StudyPolicy = Literal["none", "ground_loop", "on_board", "look_ahead"]
Bound = Callable[[Sequence[Opportunity], Mapping[str, float]], float]
"""The best value that clear opportunities and priorities allow, or a bound of it."""


@dataclass(frozen=True)
class Course:
    """What is given: one satellite's opportunities, and who could take them.

    Attributes:
        images_per_orbit: Most images in a stretch of `orbit_s`.
        ground_s: [s] From an image to the ground's knowledge of its cloud, and a plan that is up.
    """

    targets: Sequence[Target]
    opportunities: Sequence[Opportunity]
    settle_s: float
    orbit_s: float
    images_per_orbit: int
    ground_s: float = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Brought:
    """What a policy brought: sum of priorities of targets with a clear image, images taken, and the bound."""

    value: float
    images: int
    bound: float | None = None


def clear_opportunities(course: Course, p_clear: float, seed: int) -> frozenset[str]:
    """Ids of what is clear: each opportunity for itself, drawn by its name, so that all policies meet the same sky."""
    return frozenset(
        item.id
        for item in course.opportunities
        if stream(seed, "study", item.id).random() < p_clear
    )


def fly_course(
    course: Course,
    policy: StudyPolicy,
    scheduler: Scheduler,
    clear: frozenset[str],
    *,
    bound: Bound | None = None,
) -> Brought:
    """Fly a policy orbit by orbit.

    Args:
        course: What is given.
        policy: Who knows of clouds and when. `look_ahead` knows of the orbit at hand, and of nothing later.
        scheduler: Plans each orbit.
        clear: What is clear; it is asked when an image is taken, and by the camera ahead.
        bound: What tells the clairvoyant optimum, where it is wanted.
    """
    known = Knowledge("planner")
    unheard: list[Fact] = []
    rules = Rules(0.5, 0 if policy == "none" else 10**6)
    by_orbit: defaultdict[int, list[Opportunity]] = defaultdict(list)
    for item in course.opportunities:
        by_orbit[int(item.start_s // course.orbit_s)].append(item)
    by_id = {item.id: item for item in course.opportunities}
    busy: dict[str, float] = {}
    brought: dict[str, float] = {}
    images = 0
    for orbit in sorted(by_orbit):
        now_s = orbit * course.orbit_s
        unheard = _hear(known, unheard, now_s)
        chosen = _plan(course, policy, scheduler, clear, (known, unheard), by_orbit[orbit], now_s, rules, busy)
        for opportunity_id in chosen[: course.images_per_orbit]:
            item = by_id[opportunity_id]
            images += 1
            busy[item.satellite] = item.end_s
            is_clear = item.id in clear
            if is_clear:
                brought[item.target] = 1.0
            delay_s = course.ground_s if policy == "ground_loop" else 0.0
            unheard.append(
                Fact("", item.id, item.target, item.satellite, item.start_s, item.end_s + delay_s, 0.0 if is_clear else 1.0)
            )
    priorities = {target.name: target.priority for target in course.targets}
    best = None
    if bound is not None:
        best = bound([item for item in course.opportunities if item.id in clear], priorities)
    return Brought(math.fsum(priorities[name] for name in brought), images, best)
