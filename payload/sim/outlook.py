"""What is foreseen of an opportunity: by a forecast when a plan is made, by a camera ahead just before it.

Neither says more than its stated skill allows; the camera sees the sky of the moment at which it looks.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from payload.errors import ScenarioError
from payload.geometry.earth import site
from payload.ports import Forecaster, Glancing, SceneSource
from payload.rng import stream
from payload.scenario.models import Scenario
from payload.sim.knowledge import Rules
from payload.sim.places import at_key
from payload.types import Ephemeris, Foresight, Opportunity, Prospects, Sensor, Target, View, Window
from payload.units import M_PER_KM, S_PER_DAY, at

_STRANGE_DAYS = (10.0, 40.0)
"""[day] A look that fails tells of a day so far away: the season is the same, the weather is not. Assumption."""


def check_foresight(scenario: Scenario, source: SceneSource) -> None:
    """Whether the source of scenes can tell what the scenario wants to foresee.

    Raises:
        ScenarioError: It cannot; the place of the key is told.
    """
    rules, kind = scenario.rescheduling, scenario.scene.kind
    if rules.forecast is not None and not isinstance(source, Forecaster):
        at_key(scenario, "rescheduling.forecast", lambda: _refuse(kind, "forecasts"))
    if rules.policy == "look_ahead" and not isinstance(source, Glancing):
        at_key(scenario, "rescheduling.policy", lambda: _refuse(kind, "a look ahead"))


def _refuse(kind: str, what: str) -> None:
    raise ScenarioError(
        f"the scene source {kind!r} gives no {what.removeprefix('a ')}; `synthetic` does"
    )


@dataclass(frozen=True)
class Forecasts:
    """P(clear) of opportunities as a weather service of a stated skill tells it."""

    source: Forecaster
    epoch_utc: datetime
    size_km: float
    foresight: Foresight
    targets: dict[str, Target]
    limits: dict[str, float]

    def climate(self, opportunities: Iterable[Opportunity]) -> dict[str, float]:
        """By opportunity, what the climate alone tells: the same whenever it is asked."""
        return replace(self, foresight=replace(self.foresight, skill=0.0)).p_clear(
            opportunities, 0.0
        )

    def p_clear(self, opportunities: Iterable[Opportunity], issued_s: float) -> dict[str, float]:
        """By opportunity, as told at a moment."""
        groups: defaultdict[float, list[Opportunity]] = defaultdict(list)
        for item in opportunities:
            groups[self.limits[item.target]].append(item)
        found: dict[str, float] = {}
        for limit, items in groups.items():
            places = [self.targets[item.target] for item in items]
            prospects = Prospects(
                lat_deg=np.array([place.lat_deg for place in places]),
                lon_deg=np.array([place.lon_deg for place in places]),
                time_s=np.array([item.start_s + item.duration_s / 2 for item in items]),
                epoch_utc=self.epoch_utc,
                size_km=self.size_km,
                max_cover=limit,
            )
            told = self.source.forecast(prospects, issued_s=issued_s, foresight=self.foresight)
            found |= zip((item.id for item in items), told.tolist(), strict=True)
        return found


def make_forecasts(
    scenario: Scenario, source: SceneSource, sensor: Sensor, targets: dict[str, Target]
) -> Forecasts | None:
    """What a scenario's planners foresee; None where they foresee nothing."""
    wanted = scenario.rescheduling.forecast
    if wanted is None or not isinstance(source, Forecaster):
        return None
    rules = Rules(scenario.rescheduling.max_cloud_cover, scenario.rescheduling.max_retakes)
    return Forecasts(
        source,
        scenario.epoch_utc,
        max(sensor.height_px, sensor.width_px) * sensor.gsd_m / M_PER_KM,
        Foresight(wanted.skill, wanted.memory_s),
        targets,
        {name: rules.limit(target) for name, target in targets.items()},
    )


@dataclass(frozen=True)
class LookAhead:
    """A camera that looks at places some time before their images are taken.

    Attributes:
        lead_s: [s] So long.
        skill: How often it tells what it sees.
        is_ahead: Whether it flies on a companion: the satellite's own horizon bounds it not.
    """

    source: Glancing
    epoch_utc: datetime
    seed: int
    sensor: Sensor
    lead_s: float
    skill: float
    is_ahead: bool

    def sees(self, target: Target, ephemeris: Ephemeris, now_s: float) -> bool:
        """Whether a place is above the satellite's horizon, from there as from here."""
        if self.is_ahead:
            return True
        place = site(target.lat_deg, target.lon_deg)
        here = [np.interp(now_s, ephemeris.time_s, axis) for axis in ephemeris.position_km.T]
        return bool((np.array(here) - place.position_km) @ place.up > 0.0)

    def tell(self, opportunity: Opportunity, target: Target, now_s: float) -> float:
        """The cover that the camera tells of a place at a moment."""
        draws = stream(self.seed, "look ahead", opportunity.id)
        seen_s = now_s
        if draws.random() >= self.skill:
            seen_s += float(draws.uniform(*_STRANGE_DAYS)) * S_PER_DAY
        view = View(
            id=f"{opportunity.id}/ahead",
            target=target.name,
            lat_deg=target.lat_deg,
            lon_deg=target.lon_deg,
            utc=at(self.epoch_utc, seen_s),
            sun_elevation_deg=opportunity.sun_elevation_deg,
            sensor=self.sensor,
        )
        whole = Window(0, 0, self.sensor.height_px, self.sensor.width_px)
        return self.source.glance(view, [whole])[0].cover
