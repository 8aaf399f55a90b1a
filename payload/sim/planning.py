"""What a planner is asked at the start of a flight, and what it answers, without flying it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from payload.plans import Plan, PlanContext
from payload.ports import Urgent
from payload.sim.assemble import Assembly
from payload.sim.calendar import Calendar
from payload.sim.kept_plan import KeptPlan
from payload.sim.means import Means
from payload.sim.outlook import make_forecasts
from payload.types import Opportunity, Target


def few_do(assembly: Assembly) -> bool:
    """Whether the planner says of a few chances of each target what it would say of all."""
    rules = assembly.scenario.rescheduling
    return (
        getattr(assembly.scheduler, "takes_first", False)
        and rules.forecast is None  # a target is worth the same at all times
        and math.isinf(rules.horizon_s)  # else few are offered as it is
    )


def kept_plan(assembly: Assembly, calendar: Calendar, *, p_clear: float = 1.0) -> KeptPlan | None:
    """A plan that is kept, of all places foreseen to be clear by the same odds; None where one has to be made anew."""
    urgency = urgencies(assembly, p_clear=p_clear)
    if urgency is None:
        return None
    due_s = {each.name: each.due_s for each in assembly.targets}
    return KeptPlan(calendar, urgency, due_s, assembly.limits)


def urgencies(assembly: Assembly, *, p_clear: float = 1.0) -> dict[str, float] | None:
    """By target, how urgent it is to a planner that goes by that and is bound by turns alone; None of another.

    The smallest is served first.
    """
    rules, limits, scheduler = assembly.scenario.rescheduling, assembly.limits, assembly.scheduler
    if (
        few_do(assembly)
        and isinstance(scheduler, Urgent)
        and limits.most_images is None
        and math.isinf(limits.imaging_s_per_orbit)
        and not (rules.plans_memory or rules.plans_energy)
    ):
        worths = assembly.worths
        return {
            each.name: scheduler.urgency(worths.get(each.name, 1.0) * p_clear, each.due_s)
            for each in assembly.targets
        }
    return None


def first_context(assembly: Assembly) -> PlanContext:
    """All that is known when the flight begins."""
    known = frozenset(target.name for target in assembly.targets if target.arrives_s <= 0.0)
    usable = chain.from_iterable(assembly.plannable.values())
    chances = [item for item in usable if item.target in known]
    forecasts = make_forecasts(
        assembly.scenario, assembly.source, assembly.sensor, assembly.target_named
    )
    return PlanContext(
        now_s=0.0,
        opportunities=chances,
        pending=known,
        priorities=assembly.worths,
        busy_until_s={},
        limits=Means(assembly).limits(0.0, lambda _: ()),
        p_clear={} if forecasts is None else forecasts.p_clear(chances, 0.0),
        climate_clear={} if forecasts is None else forecasts.climate(chances),
        deadlines_s={
            target.name: target.due_s for target in assembly.targets if target.due_s < math.inf
        },
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
        name: _why_not(target, assembly.span_s, is_reachable=name in reachable)
        for name, target in assembly.target_named.items()
        if name not in taken
    }
    return FirstPlan(plan, images, left_out)


def _why_not(target: Target, span_s: float, *, is_reachable: bool) -> str:
    """Why the plan with which a flight begins does not take a target."""
    if target.arrives_s >= span_s:
        return "arrives after the end"
    if target.arrives_s > 0.0:
        return "arrives later"
    return "others were preferred" if is_reachable else "never in reach by daylight and in time"
