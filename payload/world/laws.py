"""Measured statistics of the synthetic sky: mean cover, belts, correlation in time and space, sizes of clouds.

Everything is measured from outside, without knowledge of the model, on samples of a year whose places
and times are drawn from named streams, so that a measurement is repeatable.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream
from payload.types import CLOUD, Radiometry, Sensor, View, Window
from payload.world.clouds import Weather
from payload.world.coarse import Footing
from payload.world.cover import mean_cover
from payload.world.globe import (
    OBLIQUITY_DEG,
    declination_deg,
    directions,
    land_fraction,
    lat_lon,
    seconds_since_2000,
)
from payload.world.noise import EARTH_RADIUS_KM
from payload.world.sizes import Parts, PowerLaw, area_law, connected_parts
from payload.world.synthetic import Synthetic

DAY_S, HOUR_S = 86400.0, 3600.0
YEAR_S = 365.2425 * DAY_S
SCENE_KM = 16.0
_CAMERA = Sensor(("blue",), 40.0, 400, 400, 12, Radiometry(3e-4), 30.0, 10.0, 5.0)
_SUN_DEG = 45.0
LAGS_H = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 72.0, 120.0)
DISTANCES_KM = (0.0, 10.0, 20.0, 50.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1200.0, 2000.0, 4000.0)


@dataclass(frozen=True)
class Survey:
    """A world, a year of it, and the effort spent on sampling it.

    Attributes:
        world: The synthetic Earth.
        begin_utc: First moment of the year.
        effort: 1 takes about a minute and gives means to half a percent; less is faster and less accurate.
    """

    world: Synthetic
    begin_utc: datetime
    effort: float = 1.0

    @property
    def weather(self) -> Weather:
        """What drives the clouds of the world."""
        return self.world.weather

    def moments(self, name: str, count: int) -> NDArray[np.float64]:
        """[s] since 2000-01-01: times spread over the year, one in each of `count` equal parts."""
        draws = stream(self.world.seed, "survey", name, "moments").random(count)
        return seconds_since_2000(self.begin_utc) + (np.arange(count) + draws) / count * YEAR_S

    def places(self, name: str, index: int, count: int) -> tuple[NDArray[np.float64], ...]:
        """Latitude and longitude [deg] of places spread evenly over the globe."""
        rng = stream(self.world.seed, "survey", name, "places", index)
        lat = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, count)))
        return lat, rng.uniform(-180.0, 180.0, count)

    def scaled(self, count: int) -> int:
        """A number of samples scaled by the effort."""
        return max(2, round(count * self.effort))


@dataclass(frozen=True, slots=True)
class Means:
    """Mean cover over a year."""

    everywhere: float
    land: float
    ocean: float


def mean_covers(survey: Survey) -> Means:
    """Mean cover of the globe, of land and of ocean, each weighted by area."""
    covers, lands = [], []
    for index, time_s in enumerate(survey.moments("means", survey.scaled(120))):
        lat, lon = survey.places("means", index, 1000)
        covers.append(mean_cover(survey.weather, lat, lon, np.array([time_s]), Footing(5.0)))
        lands.append(land_fraction(lat, lon))
    cover, land = np.concatenate(covers), np.concatenate(lands)
    return Means(
        float(cover.mean()), float(cover[land > 0.5].mean()), float(cover[land <= 0.5].mean())
    )


def polar_cover(survey: Survey) -> float:
    """Mean cover of both polar caps beyond 70 degrees, weighted by area."""
    covers = []
    for index, time_s in enumerate(survey.moments("poles", survey.scaled(60))):
        rng = stream(survey.world.seed, "survey", "poles", index)
        sine = rng.uniform(np.sin(np.radians(70.0)), 1.0, 500) * rng.choice([-1.0, 1.0], 500)
        lat, lon = np.degrees(np.arcsin(sine)), rng.uniform(-180.0, 180.0, 500)
        covers.append(mean_cover(survey.weather, lat, lon, np.array([time_s]), Footing(5.0)))
    return float(np.mean(covers))


@dataclass(frozen=True, slots=True)
class Belt:
    """Position of the tropical cloud belt, month by month.

    Attributes:
        latitude_deg: [deg] Middle of the cloudy belt in each month, January first.
        follows: Correlation with the declination of the sun.
        swing_deg: [deg] Shift from the December to the June solstice, by regression on the declination.
    """

    latitude_deg: tuple[float, ...]
    follows: float
    swing_deg: float


def tropical_belt(survey: Survey) -> Belt:
    """The belt's latitude each month: the centroid of cover above the median."""
    lat, number = np.arange(-24.0, 24.5, 1.0), survey.scaled(28)
    start_s, middles, suns = seconds_since_2000(survey.begin_utc), [], []
    for month in range(12):
        zonal = np.zeros(lat.size)
        for part in range(number):
            time_s = start_s + (month + (part + 0.5) / number) / 12.0 * YEAR_S
            lon = stream(survey.world.seed, "belt", month, part).uniform(-180.0, 180.0, 100)
            grid = (np.repeat(lat, lon.size), np.tile(lon, lat.size))
            cover = mean_cover(survey.weather, *grid, np.array([time_s]), Footing(20.0))
            zonal += cover.reshape(lat.size, lon.size).mean(axis=1)
        above = np.clip(zonal - np.median(zonal), 0.0, None)
        middles.append(float(np.average(lat, weights=above)))
        suns.append(declination_deg(start_s + (month + 0.5) / 12.0 * YEAR_S))
    follows = float(np.corrcoef(middles, suns)[0, 1])
    slope = follows * float(np.std(middles) / np.std(suns))
    return Belt(tuple(middles), follows, 2.0 * OBLIQUITY_DEG * slope)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Autocorrelation of covers against a lag in time or space.

    Attributes:
        lags: [h] or [km].
        correlation: Of the covers' departures from their climate.
        e_folding: Lag at which it has fallen to 1/e; None if it does not.
    """

    lags: tuple[float, ...]
    correlation: tuple[float, ...]
    e_folding: float | None


def likeness_in_time(survey: Survey, size_km: float) -> Likeness:
    """How long structures of a size live: autocorrelation of the cover of squares less that around them.

    The cover of a square minus that of one four times as wide isolates clouds of that size; for
    squares above 200 km the cover itself is used.
    """

    def structure(index: int, lag: float, time_s: float) -> NDArray[np.float64]:
        lat, lon = survey.places("time", index, 250)
        when_s = np.array([time_s + lag * HOUR_S])
        inner = mean_cover(survey.weather, lat, lon, when_s, Footing(size_km, 3))
        if size_km > 200.0:
            return inner
        return inner - mean_cover(survey.weather, lat, lon, when_s, Footing(4 * size_km, 4))

    moments = survey.moments("time", survey.scaled(16))
    rows = [
        np.concatenate([structure(i, lag, time_s) for i, time_s in enumerate(moments)])
        for lag in LAGS_H
    ]
    return _likeness(LAGS_H, rows)


def likeness_in_space(survey: Survey) -> Likeness:
    """Correlation of the covers of scenes against their distance, eastwards."""
    rows = []
    moments = survey.moments("space", survey.scaled(16))
    for distance in DISTANCES_KM:
        found = []
        for index, time_s in enumerate(moments):
            here = directions(*survey.places("space", index, 500))
            around = np.maximum(np.hypot(here[0], here[1]), 1e-9)
            east = np.stack([-here[1] / around, here[0] / around, np.zeros_like(around)])
            angle = distance / EARTH_RADIUS_KM
            there = lat_lon(here * np.cos(angle) + east * np.sin(angle))
            cover = mean_cover(survey.weather, *there, np.array([time_s]), Footing(SCENE_KM, 2))
            found.append(cover)
        rows.append(np.concatenate(found))
    return _likeness(DISTANCES_KM, rows)


def _likeness(lags: tuple[float, ...], rows: list[NDArray[np.float64]]) -> Likeness:
    """Correlation of each row with the first; what remains at the last lag is climate, and is removed."""
    raw = np.array([np.corrcoef(rows[0], row)[0, 1] for row in rows])
    lasting = max(float(raw[-1]), 0.0)
    found = (raw - lasting) / (1.0 - lasting)
    low = np.flatnonzero(found < 1.0 / math.e)
    if low.size == 0:
        return Likeness(lags, tuple(found.tolist()), None)
    after = int(low[0])
    falling = found[[after, after - 1]]
    folding = float(np.interp(1.0 / math.e, falling, [lags[after], lags[after - 1]]))
    return Likeness(lags, tuple(found.tolist()), folding)


def drift_m_s(survey: Survey, lat_deg: float) -> float:
    """[m/s] Eastward drift of weather at a latitude: the shift of best correlation half a day later."""
    lag_s, step_deg = 43_200.0, 0.5
    lon = np.arange(-180.0, 180.0, step_deg)
    shifts = np.arange(-24, 25)
    likeness = np.zeros(shifts.size)
    for time_s in survey.moments("drift", survey.scaled(60)):
        rows = []
        for when_s in (time_s, time_s + lag_s):
            where = np.full(lon.size, lat_deg)
            cover = mean_cover(survey.weather, where, lon, np.array([when_s]), Footing(300.0, 3))
            rows.append(cover - cover.mean())
        likeness += [np.mean(np.roll(rows[0], shift) * rows[1]) for shift in shifts]
    top = int(np.clip(np.argmax(likeness), 1, shifts.size - 2))
    before, here, after = likeness[top - 1 : top + 2]
    peak = shifts[top] + (before - after) / (2.0 * (before - 2.0 * here + after))
    metres = np.radians(peak * step_deg) * EARTH_RADIUS_KM * 1000.0 * np.cos(np.radians(lat_deg))
    return float(metres / lag_s)


@dataclass(frozen=True, slots=True)
class Spread:
    """The distribution of covers of scenes.

    Attributes:
        histogram: Shares of scenes with a cover of 0 to 10 %, 10 to 20 %, ... 90 to 100 %.
        clear: Share below 10 %.
        overcast: Share above 90 %.
        mean: Mean cover of the scenes.
    """

    histogram: tuple[float, ...]
    clear: float
    overcast: float
    mean: float


def scene_spread(survey: Survey) -> Spread:
    """Covers of scenes of 16 km, spread evenly over globe and year."""
    frame = [Window(0, 0, _CAMERA.height_px, _CAMERA.width_px)]
    covers = np.array(
        [survey.world.glance(view, frame)[0].cover for view in _views(survey, "spread", 3000)]
    )
    histogram = np.histogram(covers, np.linspace(0.0, 1.0, 11))[0] / covers.size
    return Spread(
        tuple(histogram.tolist()),
        float((covers < 0.1).mean()),
        float((covers > 0.9).mean()),
        float(covers.mean()),
    )


def cloud_sizes(survey: Survey) -> PowerLaw | None:
    """The power law of the areas [km2] of clouds in broken skies: scenes of 60 km, 5 to 50 % covered."""
    camera = replace(_CAMERA, gsd_m=100.0, width_px=600, height_px=600)
    frame, wanted = Window(0, 0, camera.height_px, camera.width_px), survey.scaled(40)
    parts: list[Parts] = []
    for view in _views(survey, "sizes", 400):
        wide = replace(view, sensor=camera)
        if len(parts) < wanted and 0.05 < survey.world.glance(wide, [frame])[0].cover < 0.5:
            truth = survey.world.scene(wide).read(frame).truth
            parts.append(connected_parts(np.asarray(truth) == CLOUD))
    return area_law(parts, (camera.gsd_m / 1000.0) ** 2) if parts else None


def _views(survey: Survey, name: str, count: int) -> list[View]:
    number = survey.scaled(count)
    rng = stream(survey.world.seed, "survey", name)
    lat, lon = survey.places(name, 0, number)
    after_s = rng.uniform(0.0, YEAR_S, number)
    return [
        View(
            name, name, here, there, survey.begin_utc + timedelta(seconds=later), _SUN_DEG, _CAMERA
        )
        for here, there, later in zip(lat.tolist(), lon.tolist(), after_s.tolist(), strict=True)
    ]
