"""Landsat's rules: a cap on images a day, with priority for scenes whose weather is better than average.

Source: the Long-Term Acquisition Plan of Landsat 8, https://landsat.usgs.gov/LTAP8: about 725 images a day are
the ceiling; if more could be taken, the cloud forecast relative to the long-term average of each scene
decides; a scene that was passed over is preferred the next time; the Sun is above 5 deg. Combining these
into one score is our own choice.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.schedule import Schedule
from payload.types import Opportunity
from payload.units import S_PER_DAY


@dataclass(frozen=True, slots=True)
class Ltap:
    """Landsat's rules: score = priority x (1 + a x (average cloud - forecast cloud)) + b x times missed."""

    is_steady: ClassVar[bool] = True
    """Omitting an opportunity that it did not take would not change its plan."""
    takes_first: ClassVar[bool] = True
    """For a target that is worth the same at all times, it takes the first chance that fits."""
    a: float = option(
        1.0,
        ge=0,
        le=100,
        description="Weight of the forecast: how much a clearer sky than average adds. "
        "Assumption: 1.",
    )
    b: float = option(
        0.5,
        ge=0,
        le=1e6,
        description="What each missed opportunity adds to a target's score. Assumption: 0.5.",
    )
    cap: int = option(725, ge=0, description="Most images per satellite and day.")
    min_sun_elevation_deg: float = option(
        5.0, ge=-90, le=90, description="[deg] Lowest Sun elevation at a target."
    )

    def plan(self, context: PlanContext) -> Plan:
        """Take what fits in order of score, then of time, up to the cap on each day."""
        schedule = Schedule(context)
        daylit = [
            item
            for item in schedule.candidates()
            if item.sun_elevation_deg > self.min_sun_elevation_deg
        ]
        taken = Counter(_day(item) for item in context.committed)
        for item in sorted(daylit, key=lambda item: -self.score(item, context)):
            if taken[_day(item)] < self.cap and schedule.fits(item):
                schedule.insert(item)
                taken[_day(item)] += 1
        return schedule.plan()

    def urgency_of_missed(self, priority: float, missed: int) -> float:
        """The higher its score without a forecast, the more urgent."""
        return -self._score(priority, 0.0, missed)

    def leaves_out(self, *, lowest_sun_deg: float, most_a_day: int) -> bool:
        """Whether the sun or the cap could keep it from an image that fits."""
        return lowest_sun_deg <= self.min_sun_elevation_deg or most_a_day > self.cap

    def score(self, item: Opportunity, context: PlanContext) -> float:
        """Score of an image."""
        clear = context.p_clear.get(item.id, 1.0)
        better = clear - context.climate_clear.get(item.id, clear)
        priority = context.priorities.get(item.target, 1.0)
        return self._score(priority, better, context.missed.get(item.target, 0))

    def _score(self, priority: float, better: float, missed: int) -> float:
        return priority * (1.0 + self.a * better) + self.b * missed


def _day(item: Opportunity) -> tuple[str, int]:
    return item.satellite, math.floor(item.start_s / S_PER_DAY)
