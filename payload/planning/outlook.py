"""What is foreseen of an opportunity: by a forecast when a plan is made, by a camera ahead just before it.

Neither says more than its stated skill allows; the camera sees the sky of the moment at which it looks.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.geometry.earth import site
from payload.geometry.track import Track
from payload.planning.knowledge import Rules
from payload.ports import Forecaster, Foreseeing, Glancing, SceneSource
from payload.rng import stream
from payload.scenario.models import Scenario
from payload.scenario.places import at_key
from payload.types import Foresight, Opportunity, Prospects, Sensor, Target, View, Window
from payload.units import M_PER_KM, S_PER_DAY, at

Floats = NDArray[np.float64]
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


@dataclass
class Forecasts:
    """P(clear) of opportunities as a weather service of a stated skill tells it.

    What the source asks of a place and time but once is kept, for a flight foresees the same opportunities at each plan.
    """

    source: Forecaster
    epoch_utc: datetime
    size_km: float
    foresight: Foresight
    targets: dict[str, Target]
    limits: dict[str, float]
    _row: dict[str, int] = field(default_factory=dict[str, int])
    """By opportunity, where it stands in the columns, in which there may be room for more."""
    _scenes: Floats = field(default_factory=lambda: np.empty((3, 0)))
    """Latitude and longitude [deg] and time [s] of each, shape (3, room)."""
    _comes: Floats | None = None
    """What the source says of each, shape (any, room)."""
    _climate: dict[str, float] = field(default_factory=dict[str, float])

    def climate(self, opportunities: Sequence[Opportunity]) -> dict[str, float]:
        """By opportunity, what the climate alone tells: it never changes, so it is asked once."""
        new = [item for item in opportunities if item.id not in self._climate]
        self._climate |= self._told(new, 0.0, replace(self.foresight, skill=0.0))
        return {item.id: self._climate[item.id] for item in opportunities}

    def p_clear(self, opportunities: Iterable[Opportunity], issued_s: float) -> dict[str, float]:
        """By opportunity, as told at a moment."""
        return self._told(opportunities, issued_s, self.foresight)

    def _told(
        self, opportunities: Iterable[Opportunity], issued_s: float, foresight: Foresight
    ) -> dict[str, float]:
        groups: defaultdict[float, list[Opportunity]] = defaultdict(list)
        for item in opportunities:
            groups[self.limits[item.target]].append(item)
        found: dict[str, float] = {}
        for limit, items in groups.items():
            self._meet([item for item in items if item.id not in self._row])
            rows = np.array([self._row[item.id] for item in items], np.intp)
            scenes, source = self._prospects(self._scenes[:, rows], limit), self.source
            if self._comes is None or not isinstance(source, Foreseeing):
                told = source.forecast(scenes, issued_s=issued_s, foresight=foresight)
            else:
                told = source.forecast_of(
                    self._comes[:, rows], scenes, issued_s=issued_s, foresight=foresight
                )
            found |= zip((item.id for item in items), told.tolist(), strict=True)
        return found

    def _meet(self, new: Sequence[Opportunity]) -> None:
        """Opportunities that were not asked for before."""
        if not new:
            return
        places = [self.targets[item.target] for item in new]
        scenes = np.array(
            [
                [place.lat_deg for place in places],
                [place.lon_deg for place in places],
                [item.start_s + item.duration_s / 2 for item in new],
            ]
        )
        known = len(self._row)
        self._row |= {item.id: known + number for number, item in enumerate(new)}
        self._scenes = _with(self._scenes, known, scenes)
        if isinstance(self.source, Foreseeing):
            comes = self.source.coming(self._prospects(scenes, 1.0))
            before = np.empty((len(comes), 0)) if self._comes is None else self._comes
            self._comes = _with(before, known, comes)

    def _prospects(self, scenes: Floats, max_cover: float) -> Prospects:
        lat_deg, lon_deg, time_s = scenes
        return Prospects(
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            time_s=time_s,
            epoch_utc=self.epoch_utc,
            size_km=self.size_km,
            max_cover=max_cover,
        )


def _with(columns: Floats, known: int, new: Floats) -> Floats:
    """Columns of which so many are known with new ones after these, in twice the room where they need more."""
    needed = known + new.shape[1]
    if needed > columns.shape[1]:
        wider = np.empty((len(columns), 2 * needed))
        wider[:, :known] = columns[:, :known]
        columns = wider
    columns[:, known:needed] = new
    return columns


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


def make_look_ahead(scenario: Scenario, source: SceneSource, sensor: Sensor) -> "LookAhead":
    """The camera that looks ahead, of a scenario whose policy has one."""
    rules = scenario.rescheduling.look_ahead
    assert isinstance(source, Glancing)  # see check_foresight
    return LookAhead(
        source,
        scenario.epoch_utc,
        scenario.seed,
        sensor,
        rules.lead_s,
        rules.skill,
        rules.by == "companion",
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
    _told: dict[tuple[str, float], float] = field(default_factory=dict[tuple[str, float], float])

    def sees(self, target: Target, track: Track, now_s: float) -> bool:
        """Whether a place is above the satellite's horizon, from there as from here."""
        if self.is_ahead:
            return True
        place = site(target.lat_deg, target.lon_deg)
        position_km, _ = track.states(np.array([now_s]))
        return bool((position_km[0] - place.position_km) @ place.up > 0.0)

    def tell(self, opportunity: Opportunity, target: Target, now_s: float) -> float:
        """The cover that the camera tells of a place at a moment; worked out once, as all arms look at the same sky."""
        moment = opportunity.id, now_s
        if moment not in self._told:
            self._told[moment] = self._look(opportunity, target, now_s)
        return self._told[moment]

    def _look(self, opportunity: Opportunity, target: Target, now_s: float) -> float:
        """The cover of the place, or with a lack of skill that of another day."""
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
