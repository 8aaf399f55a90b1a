"""What a planner is asked at the start of a flight, and what it answers, without flying it."""

from collections.abc import Mapping
from dataclasses import dataclass

from payload.plans import Plan, PlanContext
from payload.sim.assemble import Assembly
from payload.types import Opportunity


def plannable(assembly: Assembly) -> list[Opportunity]:
    """The opportunities of the whole fleet that a planner may use."""
    return [
        item
        for name, items in assembly.opportunities.items()
        for item in assembly.pointing(name).shared(items, assembly.contacts[name])
    ]


def first_context(assembly: Assembly) -> PlanContext:
    """All that is known when the flight begins."""
    return PlanContext(
        now_s=0.0,
        opportunities=plannable(assembly),
        pending=frozenset(assembly.target_named),
        priorities={target.name: target.priority for target in assembly.targets},
        busy_until_s={},
        limits=assembly.limits,
    )


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """The plan with which a flight begins.

    Attributes:
        plan: As the scheduler says it.
        images: What it names, in order of time.
        left_out: Targets that it does not take, and why.
    """

    plan: Plan
    images: tuple[Opportunity, ...]
    left_out: Mapping[str, str]


def first_plan(assembly: Assembly) -> FirstPlan:
    """Ask the scenario's scheduler once, at the start."""
    context = first_context(assembly)
    plan = assembly.scheduler.plan(context)
    known = {item.id: item for item in context.opportunities}
    images = tuple(known[name] for name in plan.opportunity_ids)
    taken = {item.target for item in images}
    reachable = {item.target for item in context.opportunities}
    left_out = {
        name: "others were preferred" if name in reachable else "never in reach by daylight"
        for name in assembly.target_named
        if name not in taken
    }
    return FirstPlan(plan, images, left_out)
