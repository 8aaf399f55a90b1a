"""How often a flight replans, and how much its planners are given each time: the main cost of long flights."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.planning.chances import FEW
from payload.sim.assemble import Assembly
from payload.sim.loops.first_plan import few_do, is_kept
from payload.units import S_PER_MIN

CLOUDY_SHARE = 0.5
"""Share of cloudy images, among targets wanted once, if cloud is a reason to replan. Assumption."""
WORTH_A_WORD = 20_000_000
"""Opportunities given to planners in an arm: some minutes. Measured: `best-of` takes 14 to 66 us for each, `density` 2 to 10."""
WORTH_A_WORD_S = 120.0
"""[s] CPU time that all arms spend on planning, if that has been timed."""


@dataclass(frozen=True, slots=True)
class Replanning:
    """The replanning expected in an arm.

    Attributes:
        plans: How many plans are made, including the first.
        share: Share of all opportunities that a plan is given on average.
        handed: Opportunities given to all plans together.
        repeats: Images of repeatedly wanted targets, beyond the first of each.
        looks: How often satellites with a kept plan are examined, if the ground plans.
        is_bounded: Whether what a plan is given does not grow with the length of the flight.
    """

    plans: float
    share: float
    handed: float
    repeats: int
    looks: float
    is_bounded: bool

    @property
    def advice(self) -> str | None:
        """What a user should know before a long flight; None if planning is short or bounded."""
        if self.is_bounded or self.handed < WORTH_A_WORD:
            return None
        return (
            f"about {self.plans:,.0f} plans per arm consider all that remains of the flight:"
            f" {self.handed / 1e6:,.0f} million opportunities in total, growing with the square of"
            " the days. With rescheduling.horizon_h (48, say) plans look no further ahead and the"
            " number grows linearly, but the plans differ"
        )

    def advice_on(self, planning_s: float) -> str | None:
        """What a user should know if planning is expected to take this long [s] in all arms."""
        if self.advice is not None or planning_s < WORTH_A_WORD_S:
            return self.advice
        less = "a shorter" if self.is_bounded else "a"
        return (
            f"about {planning_s / S_PER_MIN:,.0f} min of that are spent on {self.plans:,.0f} plans"
            f" per arm, each made from scratch: {less} rescheduling.horizon_h takes less time, and"
            " so do fifo, edf, priority and ltap without a forecast, which keep their plans"
        )


def expect_replanning(assembly: Assembly, planned: int | None = None) -> Replanning:
    """Estimate replanning from targets, opportunities, contacts and the policy.

    Args:
        assembly: The scenario.
        planned: Number of images in the first plan; None for one of each target.
    """
    rules, span_s = assembly.scenario.rescheduling, assembly.span_s
    calendar = assembly.calendar
    own, places = calendar.by_target()
    plans = 1.0 if rules.every_s is None else 1.0 + span_s / rules.every_s
    plans += len({target.arrives_s for target in assembly.targets} - {0.0})
    images = {
        name: _most_images(calendar.start_s[places[place]], assembly.target_named[name].repeat_s)
        for name, place in own.items()
    }
    wanted_again = {name for name in images if assembly.target_named[name].repeat_s < math.inf}
    once = len(images) - len(wanted_again)
    once = once if planned is None else min(once, planned)
    again = sum(images[name] for name in wanted_again)
    if rules.policy in {"none", "next_opportunity"}:
        plans += again  # after a cloudy image or a clear one
        if rules.policy == "next_opportunity":
            plans += CLOUDY_SHARE * once
    else:  # when a contact begins, and when a report with news of an image has come down
        contacts = sum(map(len, assembly.contacts.values()))
        plans += contacts + min(contacts, once + again)
    repeats = again - len(wanted_again)
    few, bounded = few_do(assembly), not math.isinf(rules.horizon_s)
    looks = 0.0
    if is_kept(assembly):
        if rules.policy not in {"none", "next_opportunity"}:
            looks = plans * len(assembly.satellites)
        share = (1 + FEW) / max(places.size, 1)  # the plan is kept: changes are local
    elif few:
        share = min(0.5, (1 + FEW) * len(own) / max(places.size, 1))
    else:
        near = min(1.0, rules.horizon_s / span_s)
        share = near * (1.0 - near / 2.0)  # less and less remains towards the end
    return Replanning(plans, share, plans * share * places.size, repeats, looks, few or bounded)


def _most_images(start_s: NDArray[np.float64], repeat_s: float) -> int:
    """Most images of one target: one at each opportunity at which it is wanted again."""
    count, chance = 0, 0
    while chance < start_s.size:
        count += 1
        chance = max(chance + 1, int(np.searchsorted(start_s, start_s[chance] + repeat_s)))
    return count
