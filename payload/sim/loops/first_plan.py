"""The planner's input and plan at the start of a flight, without flying it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from payload.planning.calendar import Calendar
from payload.planning.kept_plan import KeptPlan, Ranks
from payload.planning.outlook import make_forecasts
from payload.plans import Plan, PlanContext
from payload.ports import Insistent, Urgent
from payload.sim.assemble import Assembly
from payload.sim.loops.means import Means
from payload.types import Opportunity, Target


def few_do(assembly: Assembly) -> bool:
    """Whether the planner makes the same plan from a few opportunities of each target as from all of them."""
    # within a horizon few are offered anyway
    return _takes_first(assembly) and math.isinf(assembly.scenario.rescheduling.horizon_s)


def _takes_first(assembly: Assembly) -> bool:
    """Whether the planner takes the first opportunity of a target that fits, all being worth the same."""
    return (
        getattr(assembly.scheduler, "takes_first", False)
        and assembly.scenario.rescheduling.forecast is None
    )


def kept_plan(
    assembly: Assembly, calendar: Calendar, *, p_clear: float = 1.0, lines: int = 1
) -> KeptPlan | None:
    """A plan that is kept and updated; None if plans have to be made from scratch.

    Args:
        assembly: The scenario.
        calendar: All opportunities that may be planned.
        p_clear: Probability of being clear, the same for all places.
        lines: Number of plans that committed images may come from; each is flyable by itself, but not all together.
    """
    urgency = urgencies(assembly, p_clear=p_clear)
    if urgency is None or _is_ruled(assembly, calendar, lines):
        return None
    due_s = {each.name: each.due_s for each in assembly.targets}
    ranks = Ranks(urgency, due_s, _insistence(assembly))
    return KeptPlan(calendar, ranks, assembly.limits, assembly.scenario.rescheduling.horizon_s)


def is_kept(assembly: Assembly) -> bool:
    """Whether plans are kept and updated in a flight."""
    at_once = assembly.scenario.rescheduling.policy in {"none", "next_opportunity"}
    return urgencies(assembly) is not None and not _is_ruled(
        assembly, assembly.calendar, 1 if at_once else 2
    )


def urgencies(assembly: Assembly, *, p_clear: float = 1.0) -> dict[str, float] | None:
    """Urgency of each target to a planner that goes by urgency and is limited by turning only; None for other planners.

    The smallest is served first. A planner may also have rules of its own.
    """
    rules, limits, scheduler = assembly.scenario.rescheduling, assembly.limits, assembly.scheduler
    if not (
        _takes_first(assembly)
        and limits.most_images is None
        and math.isinf(limits.imaging_s_per_orbit)
        and not (rules.plans_memory or rules.plans_energy)
    ):
        return None
    worths = assembly.worths
    if isinstance(scheduler, Urgent):
        return {
            each.name: scheduler.urgency(worths.get(each.name, 1.0) * p_clear, each.due_s)
            for each in assembly.targets
        }
    urgency_of = _insistence(assembly)
    if urgency_of is None or p_clear != 1.0:  # P(clear) would be for its own rules to weigh
        return None
    return {each.name: urgency_of(each.name, 0) for each in assembly.targets}


def _insistence(assembly: Assembly) -> Callable[[str, int], float] | None:
    """Urgency as a function of target and number of misses; None if the scheduler does not count misses."""
    scheduler, worths = assembly.scheduler, assembly.worths
    if not isinstance(scheduler, Insistent):
        return None
    urgency_of = scheduler.urgency_of_missed
    return lambda target, missed: urgency_of(worths.get(target, 1.0), missed)


def _is_ruled(assembly: Assembly, calendar: Calendar, lines: int) -> bool:
    """Whether a planner's own rules could leave out an image that fits."""
    scheduler = assembly.scheduler
    return isinstance(scheduler, Insistent) and scheduler.leaves_out(
        lowest_sun_deg=calendar.lowest_sun_deg,
        most_a_day=lines * calendar.most_a_day(assembly.limits.settle_s),
    )


class Opening:
    """The inputs of all plans of a flight, prepared once: opportunity objects, forecasts, what contacts carry."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._chances = list(chain.from_iterable(assembly.plannable.values()))
        self._means = Means(assembly)
        self._means.limits(0.0, lambda _: ())
        self._forecasts = make_forecasts(
            assembly.scenario, assembly.source, assembly.sensor, assembly.target_named
        )
        if self._forecasts is not None:
            self._forecasts.climate(self._chances)

    def context(self, known_s: float = 0.0) -> PlanContext:
        """Everything known when the flight begins, with requests that arrive until `known_s` as if known in advance."""
        assembly, forecasts = self._assembly, self._forecasts
        arrives_s = {
            target.name: target.arrives_s
            for target in assembly.targets
            if target.arrives_s <= known_s
        }
        known = frozenset(arrives_s)
        chances = [
            item for item in self._chances if item.start_s >= arrives_s.get(item.target, math.inf)
        ]
        return PlanContext(
            now_s=0.0,
            opportunities=chances,
            pending=known,
            priorities=assembly.worths,
            busy_until_s={},
            limits=self._means.limits(0.0, lambda _: ()),
            p_clear={} if forecasts is None else forecasts.p_clear(chances, 0.0),
            climate_clear={} if forecasts is None else forecasts.climate(chances),
            deadlines_s={
                target.name: target.due_s for target in assembly.targets if target.due_s < math.inf
            },
        )

    def plan(self, known_s: float = 0.0) -> "FirstPlan":
        """Ask the scenario's scheduler, given what is known; see `context`."""
        assembly, context = self._assembly, self.context(known_s)
        plan = assembly.scheduler.plan(context)
        known = {item.id: item for item in context.opportunities}
        images = tuple(known[name] for name in plan.opportunity_ids)
        taken = {item.target for item in images}
        left_out = {
            name: _why_not(target, assembly)
            for name, target in assembly.target_named.items()
            if name not in taken
        }
        return FirstPlan(plan, images, left_out)

    def plan_again(self, first: "FirstPlan", known_s: float = 0.0) -> None:
        """Ask again with one target less, as happens from plan to plan in a flight."""
        context = self.context(known_s)
        gone = {item.target for item in first.images[:1]}
        self._assembly.scheduler.plan(replace(context, pending=context.pending - gone))


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """The plan with which a flight begins.

    Attributes:
        plan: The scheduler's answer.
        images: The opportunities it uses, in order of time.
        left_out: Targets that it does not take, and why.
    """

    plan: Plan
    images: tuple[Opportunity, ...]
    left_out: Mapping[str, str]


def first_plan(assembly: Assembly, known_s: float = 0.0) -> FirstPlan:
    """Ask the scenario's scheduler once, at the start; see `Opening.context` for requests that arrive later."""
    return Opening(assembly).plan(known_s)


def _why_not(target: Target, assembly: Assembly) -> str:
    """Why the plan with which a flight begins does not take a target."""
    if target.name in assembly.out_of_reach:
        return "never within reach in daylight and in time"
    if target.arrives_s >= assembly.span_s:
        return "arrives after the end"
    return "arrives later" if target.arrives_s > 0.0 else "others were preferred"
