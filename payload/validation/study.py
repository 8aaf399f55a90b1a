"""The value of re-imaging: the policies on bare opportunities, with independent clouds and no pixels.

Knowledge works as in the simulation: facts known from some time on, and target standings that follow from them. A plan is
made once per orbit from what is known by then; its images are taken, and what they show is known when the policy says.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from payload.ledger import Fact
from payload.planning.knowledge import Knowledge, Rules, standings
from payload.plans import Limits, PlanContext
from payload.ports import Scheduler
from payload.rng import stream
from payload.types import Opportunity, Target

StudyPolicy = Literal["none", "ground_loop", "on_board", "look_ahead"]
Bound = Callable[[Sequence[Opportunity], Mapping[str, float]], float]
"""Computes the best value that clear opportunities and priorities allow, or an upper bound on it."""


@dataclass(frozen=True)
class Course:
    """What is given: targets, one satellite's opportunities to image them, and limits.

    Attributes:
        limits: Limits that every plan respects; a plan is made once per orbit.
        ground_s: [s] From an image until the ground knows its cloud cover and has uplinked a new plan.
    """

    targets: Sequence[Target]
    opportunities: Sequence[Opportunity]
    limits: Limits
    ground_s: float = 12 * 3600.0

    @property
    def orbit_s(self) -> float:
        """[s] Length of an orbit."""
        return min(self.limits.orbit_s.values())


@dataclass(frozen=True, slots=True)
class Brought:
    """What a policy achieved: sum of priorities of targets with a clear image, images taken, and the bound."""

    value: float
    images: int
    bound: float | None = None


def clear_opportunities(course: Course, p_clear: float, seed: int) -> frozenset[str]:
    """Ids of the clear opportunities, each drawn independently, keyed by its id, so that all policies see the same sky."""
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
        policy: Who knows of clouds and when. `look_ahead` knows those of the current orbit, and none later.
        scheduler: Plans each orbit.
        clear: Ids of the clear opportunities; consulted when an image is taken, and by the look-ahead camera.
        bound: Computes the clairvoyant optimum, if wanted.
    """
    state = _State(Rules(0.5, 0 if policy == "none" else 10**6))
    by_id = {item.id: item for item in course.opportunities}
    brought: set[str] = set()
    images = 0
    for orbit in sorted({int(item.start_s // course.orbit_s) for item in course.opportunities}):
        now_s, ends_s = orbit * course.orbit_s, (orbit + 1) * course.orbit_s
        state.hear(now_s)
        told = frozenset[str]()
        if policy == "look_ahead":
            told = frozenset(
                item.id
                for item in course.opportunities
                if now_s <= item.start_s < ends_s and item.id not in clear
            )
        plan = scheduler.plan(_context(course, state, now_s, told))
        due = [by_id[name] for name in plan.opportunity_ids if by_id[name].start_s < ends_s]
        for item in due:
            images += 1
            state.busy_until_s[item.satellite] = item.end_s
            delay_s = course.ground_s if policy == "ground_loop" else 0.0
            cover = 0.0 if item.id in clear else 1.0
            brought |= {item.target} if item.id in clear else set()
            state.unheard.append(
                Fact(
                    "",
                    item.id,
                    item.target,
                    item.satellite,
                    item.start_s,
                    item.end_s + delay_s,
                    cover,
                )
            )
    priorities = {target.name: target.priority for target in course.targets}
    best = None
    if bound is not None:
        best = bound([item for item in course.opportunities if item.id in clear], priorities)
    return Brought(math.fsum(priorities[name] for name in brought), images, best)


@dataclass
class _State:
    """What is known, what has been taken but is not known yet, and until when the satellite is busy."""

    rules: Rules
    known: Knowledge = field(default_factory=lambda: Knowledge("planner"))
    unheard: list[Fact] = field(default_factory=list[Fact])
    busy_until_s: dict[str, float] = field(default_factory=dict[str, float])

    def hear(self, now_s: float) -> None:
        """Learn the facts that are known by now."""
        for fact in [fact for fact in self.unheard if fact.known_s <= now_s]:
            self.known.learn(fact, now_s)
            self.unheard.remove(fact)


def _context(
    course: Course, state: _State, now_s: float, told_cloudy: frozenset[str]
) -> PlanContext:
    """What a planner may know: facts heard, images taken of still unknown cover, opportunities reported as cloudy."""
    facts = {target.name: state.known.of(target.name) for target in course.targets}
    for fact in state.unheard:
        facts[fact.target] = [*facts[fact.target], replace(fact, cover=None)]
    standing = standings(course.targets, facts, state.rules)
    wanted = frozenset(name for name, each in standing.items() if each.wanted_from_s < math.inf)
    return PlanContext(
        now_s,
        [
            item
            for item in course.opportunities
            if item.target in wanted and item.start_s >= now_s and item.id not in told_cloudy
        ],
        wanted,
        {target.name: target.priority for target in course.targets},
        dict(state.busy_until_s),
        course.limits,
    )
