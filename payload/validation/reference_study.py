"""The reference study: 300 clustered targets, a week, one satellite; with independent clouds, and with weather.

Both have the same share of clear opportunities. Independent clouds are drawn for each opportunity separately; those of the
synthetic world last for hours to days and cover whole clusters, and some places have more of them than others.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from payload.plans import Limits, PlanContext
from payload.scheduling.exact import Milp
from payload.scheduling.greedy import Density
from payload.types import Opportunity, Target, View, Window
from payload.units import at
from payload.validation.instances import EPOCH_UTC, SENSOR, Instance
from payload.validation.study import (
    Course,
    StudyPolicy,
    clear_opportunities,
    fly_course,
)
from payload.world.synthetic import Synthetic

POLICIES: tuple[StudyPolicy, ...] = ("none", "ground_loop", "on_board", "look_ahead")
SHARES = (0.33, 0.50)
SEEDS = 4
SHEET: Mapping[float, tuple[float, ...]] = {
    0.33: (39.6, 64.8, 64.9, 93.2),
    0.50: (50.6, 72.3, 72.5, 91.0),
}
"""[%] Share of the clairvoyant optimum, in the order of POLICIES. Source: the project's own earlier measurement, on other
places of the same kind with independent clouds, greedy by density, four seeds."""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """What a policy achieved, relative to the clairvoyant optimum.

    Attributes:
        clouds: How clouds were generated.
        p_clear: Share of clear opportunities.
        policy: The policy, which determines who knows of clouds and when.
        share: Share of the optimum, mean over the seeds.
        images: Images taken, mean over the seeds.
    """

    clouds: Literal["independent", "correlated"]
    p_clear: float
    policy: StudyPolicy
    share: float
    images: float


def reference_study(
    seeds: int = SEEDS, tell: Callable[[str], None] = lambda _: None
) -> list[StudyRow]:
    """Make the study: the same instances and the same shares of clear sky for both kinds of cloud.

    Raises:
        PluginError: HiGHS is not installed.
    """
    brought: dict[tuple[str, float, StudyPolicy], list[tuple[float, int]]] = {}
    for seed in range(seeds):
        tell(f"the reference study, seed {seed}")
        instance = Instance(300, 7, 8, seed)
        course = course_of(instance)
        covers = covers_of(course, seed)
        for p_clear in SHARES:
            skies = {
                "independent": clear_opportunities(course, p_clear, seed),
                "correlated": clearest(covers, p_clear),
            }
            for clouds, clear in skies.items():
                best = optimum(course, clear)
                for policy in POLICIES:
                    found = fly_course(course, policy, Density(), clear)
                    brought.setdefault((clouds, p_clear, policy), []).append(
                        (found.value / best, found.images)
                    )
    return [
        StudyRow(
            clouds,
            p_clear,
            policy,
            statistics.fmean(share for share, _ in brought[clouds, p_clear, policy]),
            statistics.fmean(images for _, images in brought[clouds, p_clear, policy]),
        )
        for clouds in ("independent", "correlated")
        for p_clear in SHARES
        for policy in POLICIES
    ]


def course_of(instance: Instance) -> Course:
    """An instance like those of the planners' benchmark as a course to fly."""
    given = instance.context()
    return Course(instance.places(), given.opportunities, given.limits)


def covers_of(course: Course, seed: int) -> dict[str, float]:
    """Cloud cover of each opportunity's image, in the synthetic world of a seed."""
    earth, named = Synthetic(seed=seed), {target.name: target for target in course.targets}
    whole = [Window(0, 0, SENSOR.height_px, SENSOR.width_px)]
    return {
        item.id: earth.glance(_view(item, named[item.target]), whole)[0].cover
        for item in course.opportunities
    }


def clearest(covers: Mapping[str, float], share: float) -> frozenset[str]:
    """Ids of the share of opportunities with the least cover; of equal covers, all or none are included."""
    limit = float(np.quantile(np.array(list(covers.values())), share))
    return frozenset(name for name, cover in covers.items() if cover <= limit and cover < 1.0)


def optimum(course: Course, clear: frozenset[str]) -> float:
    """Value of the clairvoyant optimum, with all clouds known beforehand: proven, or an upper bound."""
    opportunities: Sequence[Opportunity] = [
        item for item in course.opportunities if item.id in clear
    ]
    priorities = {target.name: target.priority for target in course.targets}
    limits: Limits = course.limits
    pending = frozenset(item.target for item in opportunities)
    plan = Milp().plan(PlanContext(0.0, opportunities, pending, priorities, {}, limits))
    return plan.value if plan.bound is None else plan.bound


def study_words(rows: Sequence[StudyRow]) -> str:
    """State in one sentence what correlation of clouds changes."""
    change = {
        (row.p_clear, row.policy): 100.0 * (row.share - other.share)
        for row in rows
        for other in rows
        if row.clouds == "correlated"
        and other.clouds == "independent"
        and (row.p_clear, row.policy) == (other.p_clear, other.policy)
    }
    told = ", ".join(
        f"{policy} {' and '.join(f'{change[p_clear, policy]:+.0f}' for p_clear in SHARES)}"
        for policy in POLICIES
    )
    return (
        "Clouds that persist and cover whole clusters, instead of independent ones, change the share of the optimum by "
        f"percentage points at the same shares of clear opportunities ({' and '.join(f'{share:g}' for share in SHARES)}): "
        f"{told}."
    )


def study_table(rows: Sequence[StudyRow]) -> list[tuple[str, ...]]:
    """A line for each policy and share: the earlier figure (`SHEET`), independent, correlated."""
    named = {(row.clouds, row.p_clear, row.policy): row for row in rows}
    lines = []
    for p_clear in SHARES:
        for place, policy in enumerate(POLICIES):
            own = [named[clouds, p_clear, policy] for clouds in ("independent", "correlated")]
            shares = [f"{100 * row.share:.1f} ({row.images:.0f})" for row in own]
            lines.append((f"{policy}, {p_clear:g}", f"{SHEET[p_clear][place]:.1f}", *shares))
    return lines


def _view(item: Opportunity, target: Target) -> View:
    return View(
        id=item.id,
        target=target.name,
        lat_deg=target.lat_deg,
        lon_deg=target.lon_deg,
        utc=at(EPOCH_UTC, item.start_s + item.duration_s / 2),
        sun_elevation_deg=item.sun_elevation_deg,
        sensor=SENSOR,
    )
