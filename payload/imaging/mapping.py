"""Systematic mapping: a camera that images whatever is below it, frame after frame along the track."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import site, subsatellite_deg
from payload.geometry.period import period_s
from payload.geometry.track import Track
from payload.imaging.access import SunElevation
from payload.imaging.sensor import frame_length_km, ground_speed_km_s
from payload.opportunities import Opportunities
from payload.types import Ephemeris, Sensor, Target
from payload.units import S_PER_DAY

Floats = NDArray[np.float64]
LandShare = Callable[[Floats, Floats], Floats]
"""Share of land at latitudes and longitudes [deg], each (N,)."""

FRAMES_AT_ONCE = 100_000
"""Frames processed together, so that memory does not grow with the flight: 0.3 kB each."""
_SEAM_S = 1e-6  # [s] gap between two frames, so that rounding never makes them overlap


@dataclass(frozen=True, slots=True)
class MappingRule:
    """Which frames of the track are taken.

    Attributes:
        min_land: Least share of land around the centre of a frame; 0 takes the sea too.
        max_duty: Greatest share of each orbit during which the camera works.
        max_frames_a_day: Most frames a day; None for no limit.
    """

    min_land: float
    max_duty: float = 1.0
    max_frames_a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Below:
    """What is known of places below a satellite.

    Attributes:
        sun_elevation: Elevation of the Sun.
        land_share: Share of land.
    """

    sun_elevation: SunElevation
    land_share: LandShare


def find_frames(
    ephemeris: Ephemeris,
    sensor: Sensor,
    rule: MappingRule,
    *,
    raw_bytes: int,
    below: Below,
) -> tuple[tuple[Target, ...], Opportunities]:
    """Consecutive frames below a satellite: each is a target of its own, seen at nadir.

    Where a limit applies, frames are dropped evenly, so that no land or sky is preferred.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample.
        sensor: Length of a frame, and the lowest sun.
        rule: Which of them are wanted.
        raw_bytes: [byte] Volume of one raw frame.
        below: Evaluated at the centres of frames.

    Returns:
        The targets in order of time, and when each can be taken.
    """
    ground = _Ground(ephemeris, sensor)
    parts = [
        _in_daylight(
            ground, np.arange(first, min(first + FRAMES_AT_ONCE, ground.frames)), rule, below
        )
        for first in range(0, ground.frames, FRAMES_AT_ONCE)
    ]
    wanted = np.concatenate(parts) if parts else np.zeros(0, np.intp)
    orbit_s = period_s(ephemeris)
    if rule.max_duty < 1.0 and wanted.size:
        frame_s = float(np.median(ground.lengths_s()))
        most = int(rule.max_duty * orbit_s / frame_s)
        wanted = _at_most(most, wanted, ground.middle_s(wanted) // orbit_s)
    if rule.max_frames_a_day is not None:
        days = ground.middle_s(wanted) // S_PER_DAY
        wanted = _at_most(rule.max_frames_a_day, wanted, days)
        days = ground.middle_s(wanted) // S_PER_DAY
        last_day, part = divmod(float(ephemeris.time_s[-1]), S_PER_DAY)
        in_part = days == last_day
        few = _at_most(
            round(rule.max_frames_a_day * part / S_PER_DAY), wanted[in_part], days[in_part]
        )
        wanted = np.concatenate([wanted[~in_part], few])
    who = ephemeris.satellite
    start_s, end_s = ground.times_s(wanted)
    lat_deg, lon_deg = ground.places_deg(wanted)
    sun_deg = below.sun_elevation(lat_deg, lon_deg, (start_s + end_s) / 2)
    names = tuple(f"{who}-{number:06d}" for number in wanted.tolist())
    targets = tuple(map(Target, names, lat_deg.tolist(), lon_deg.tolist()))
    straight_down = np.zeros(wanted.size)
    return targets, Opportunities(
        satellite=who,
        names=names,
        volume_bytes=raw_bytes,
        who=np.arange(wanted.size, dtype=np.int32),
        start_s=start_s,
        duration_s=end_s - start_s - _SEAM_S,
        off_nadir_deg=straight_down,
        sun_elevation_deg=sun_deg,
        roll_deg=straight_down,
    )


class _Ground:
    """The ground track of a satellite as consecutive frames, each computed on request."""

    def __init__(self, ephemeris: Ephemeris, sensor: Sensor) -> None:
        lat_deg, _ = subsatellite_deg(ephemeris.position_km)
        speed = ground_speed_km_s(
            ephemeris.position_km, ephemeris.velocity_km_s, _ground_radius_km(lat_deg)
        )
        steps_km = np.diff(ephemeris.time_s) * (speed[:-1] + speed[1:]) / 2
        self.sensor, self._time_s = sensor, ephemeris.time_s
        self._along_km = np.concatenate(([0.0], np.cumsum(steps_km)))
        self._track, self._frame_km = Track(ephemeris), frame_length_km(sensor)
        self.frames = int(self._along_km[-1] // self._frame_km)

    def times_s(self, frames: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """[s] Start and end of frames, each (N,)."""
        return self._edges_s(frames), self._edges_s(frames + 1)

    def middle_s(self, frames: NDArray[np.intp]) -> Floats:
        """[s] Midpoints of frames, (N,)."""
        start_s, end_s = self.times_s(frames)
        return (start_s + end_s) / 2

    def lengths_s(self) -> Floats:
        """[s] Durations of all frames, in order."""
        return np.diff(self._edges_s(np.arange(self.frames + 1)))

    def places_deg(self, frames: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """[deg] Latitudes and longitudes of the centres of frames, each (N,)."""
        position_km, _ = self._track.states(self.middle_s(frames))
        return subsatellite_deg(position_km)

    def _edges_s(self, numbers: NDArray[np.intp]) -> Floats:
        edges_s = np.interp(numbers * self._frame_km, self._along_km, self._time_s)
        return np.asarray(edges_s, np.float64)


def _in_daylight(
    ground: _Ground, frames: NDArray[np.intp], rule: MappingRule, below: Below
) -> NDArray[np.intp]:
    """The frames among these that have enough sun and land."""
    lat_deg, lon_deg = ground.places_deg(frames)
    sun_deg = below.sun_elevation(lat_deg, lon_deg, ground.middle_s(frames))
    land = below.land_share(lat_deg, lon_deg)
    lit = sun_deg >= ground.sensor.min_sun_elevation_deg
    return frames[lit & (land >= rule.min_land)]


def _ground_radius_km(lat_deg: Floats) -> Floats:
    """[km] From the Earth's centre to the ellipsoid at latitudes."""
    place = site(lat_deg, np.zeros_like(lat_deg))
    return np.asarray(np.linalg.norm(place.position_km, axis=-1), np.float64)


def _at_most(count: int, wanted: NDArray[np.intp], part: Floats) -> NDArray[np.intp]:
    """Keep at most `count` of the wanted frames in each part of the flight, evenly spread; `part` gives each frame's part."""
    _, first, sizes = np.unique(part, return_index=True, return_counts=True)
    rank = np.arange(wanted.size) - np.repeat(first, sizes)
    size = np.repeat(sizes, sizes)
    keep = np.minimum(size, count)
    chosen = (rank * keep) // size != ((rank - 1) * keep) // size
    return np.asarray(wanted[chosen], np.intp)
