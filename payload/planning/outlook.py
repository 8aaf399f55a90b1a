"""Outlook for an opportunity: from a forecast when a plan is made, from a camera ahead just before the image.

Neither is better than its stated skill; the camera sees the sky at the time at which it looks.
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
"""[day] A look that fails shows a day this much later: the season is the same, the weather is not. Assumption."""


def check_foresight(scenario: Scenario, source: SceneSource) -> None:
    """Check that the scene source offers the forecasts and looks ahead that the scenario asks for.

    Raises:
        ScenarioError: It does not; the message gives the place of the key.
    """
    rules, kind = scenario.rescheduling, scenario.scene.kind
    if rules.forecast is not None and not isinstance(source, Forecaster):
        at_key(scenario, "rescheduling.forecast", lambda: _refuse(kind, "forecasts"))
    if rules.policy == "look_ahead" and not isinstance(source, Glancing):
        at_key(scenario, "rescheduling.policy", lambda: _refuse(kind, "a look ahead"))


def _refuse(kind: str, what: str) -> None:
    raise ScenarioError(
        f"the scene source {kind!r} provides no {what.removeprefix('a ')}; `synthetic` does"
    )


@dataclass
class Forecasts:
    """P(clear) of opportunities as forecast by a weather service of a stated skill.

    What the source needs to compute only once for a place and time is kept: each plan of a flight forecasts the same ones.
    """

    source: Forecaster
    epoch_utc: datetime
    size_km: float
    foresight: Foresight
    targets: dict[str, Target]
    limits: dict[str, float]
    _row: dict[str, int] = field(default_factory=dict[str, int])
    """By opportunity, its index in the columns, which may have spare room."""
    _scenes: Floats = field(default_factory=lambda: np.empty((3, 0)))
    """Latitude and longitude [deg] and time [s] of each, shape (3, room)."""
    _comes: Floats | None = None
    """What the source's `coming` returns for each, shape (any, room)."""
    _climate: dict[str, float] = field(default_factory=dict[str, float])

    def climate(self, opportunities: Sequence[Opportunity]) -> dict[str, float]:
        """By opportunity, P(clear) from the climate alone: it never changes, so it is computed once."""
        new = [item for item in opportunities if item.id not in self._climate]
        self._climate |= self._told(new, 0.0, replace(self.foresight, skill=0.0))
        return {item.id: self._climate[item.id] for item in opportunities}

    def p_clear(self, opportunities: Iterable[Opportunity], issued_s: float) -> dict[str, float]:
        """By opportunity, P(clear) as forecast at a time."""
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
        """Add opportunities that have not been asked for before."""
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
    """Columns of which `known` are in use, with new ones appended; enlarged to twice the room needed if they do not fit."""
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
    """The forecasts for a scenario's planners; None if they use none."""
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
    """The camera ahead of a scenario whose policy has one."""
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
        lead_s: [s] How long before.
        skill: How often it reports what it sees.
        is_ahead: Whether it flies on a companion, so that the satellite's own horizon does not limit it.
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
        """Whether the camera can see a place: always from a companion, else if the satellite is above the place's horizon."""
        if self.is_ahead:
            return True
        place = site(target.lat_deg, target.lon_deg)
        position_km, _ = track.states(np.array([now_s]))
        return bool((position_km[0] - place.position_km) @ place.up > 0.0)

    def tell(self, opportunity: Opportunity, target: Target, now_s: float) -> float:
        """The cover that the camera reports for a place at a time; computed once, as all arms look at the same sky."""
        moment = opportunity.id, now_s
        if moment not in self._told:
            self._told[moment] = self._look(opportunity, target, now_s)
        return self._told[moment]

    def _look(self, opportunity: Opportunity, target: Target, now_s: float) -> float:
        """The cover of the place, or that of another day if the look fails."""
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
