"""When a satellite can take a target: close by, above the target's horizon, by daylight."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.imaging.sensor import frame_duration_s, ground_speed_km_s
from payload.types import Ephemeris, Opportunity, Sensor, Target

Floats = NDArray[np.float64]
SunElevation = Callable[[Floats, Floats, Floats], Floats]
"""Height of the Sun [deg] over latitudes [deg], longitudes [deg] at times [s], each (N,)."""

MAX_STEP_S = 60.0
"""[s] Widest step of an ephemeris: between samples a cubic is good to 0.4 m in a low orbit."""

# Equatorial radius [km] and squared eccentricity of WGS 84. Source: NIMA TR8350.2, tables 3.1, 3.3.
_RADIUS_KM, _ECCENTRICITY2 = 6378.137, 6.69437999014e-3

_BLOCK = 2_000_000  # samples x targets looked at together: some 50 MB
_NEWTON_STEPS = 8


def find_opportunities(
    ephemeris: Ephemeris,
    targets: Sequence[Target],
    sensor: Sensor,
    *,
    raw_bytes: int,
    sun_elevation: SunElevation,
) -> list[Opportunity]:
    """Find the moments at which the satellite passes a target closely enough, by daylight.

    An image is taken when the target lies broadside, at the closest approach of a pass, where the
    satellite rolls to it without pitching. Its off-nadir angle is measured at the satellite, between
    the Earth's centre (the geocentric nadir) and the target, which lies on the ellipsoid.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample.
        targets: What is wanted; their names are unique.
        sensor: Limits of off-nadir angle and Sun, and the size of an image.
        raw_bytes: [byte] Volume of one raw image.
        sun_elevation: Height of the Sun, asked at the targets in the middle of the images.

    Returns:
        By start, then id. Images that would begin before the span or end after it are left out.

    Raises:
        OrbitError: The ephemeris is too coarse or uneven.
    """
    found: list[Opportunity] = []
    for block in _blocks(targets, ephemeris.time_s.size):
        passes = _passes_over(block, ephemeris)
        allowed = np.flatnonzero(
            passes.in_sight & (passes.off_nadir_deg <= sensor.max_off_nadir_deg)
        )
        places = [block[who] for who in passes.who[allowed].tolist()]
        sun_deg = sun_elevation(
            np.array([target.lat_deg for target in places]),
            np.array([target.lon_deg for target in places]),
            passes.middle_s[allowed],
        )
        duration_s = frame_duration_s(sensor, passes.ground_speed_km_s[allowed])
        start_s = passes.middle_s[allowed] - duration_s / 2
        wholly_inside = start_s >= ephemeris.time_s[0]
        wholly_inside &= start_s + duration_s <= ephemeris.time_s[-1]
        for i in np.flatnonzero(wholly_inside & (sun_deg >= sensor.min_sun_elevation_deg)).tolist():
            name, start = places[i].name, float(start_s[i])
            found.append(
                Opportunity(
                    id=f"{ephemeris.satellite}/{name}/{round(start)}",
                    target=name,
                    satellite=ephemeris.satellite,
                    start_s=start,
                    duration_s=float(duration_s[i]),
                    off_nadir_deg=float(passes.off_nadir_deg[allowed[i]]),
                    sun_elevation_deg=float(sun_deg[i]),
                    volume_bytes=raw_bytes,
                )
            )
    return sorted(found, key=lambda item: (item.start_s, item.id))


@dataclass(frozen=True, slots=True, eq=False)
class _Passes:
    """Closest approaches of a satellite to places; one element each, shape (N,).

    Attributes:
        who: Index of the place.
        middle_s: [s] When.
        off_nadir_deg: [deg] At the satellite, from the centre of the Earth to the place.
        in_sight: Whether the satellite stands above the place's horizon.
        ground_speed_km_s: [km/s] Of the point below the satellite.
    """

    who: NDArray[np.int64]
    middle_s: Floats
    off_nadir_deg: Floats
    in_sight: NDArray[np.bool_]
    ground_speed_km_s: Floats


def _passes_over(targets: Sequence[Target], ephemeris: Ephemeris) -> _Passes:
    step_s = _checked_step_s(ephemeris)
    place, up = _on_the_ellipsoid(
        np.array([target.lat_deg for target in targets]),
        np.array([target.lon_deg for target in targets]),
    )
    step, who = _approaches(ephemeris, step_s, place, up)
    share, position, velocity = _closest(ephemeris, step_s, step, place[who])
    sight = place[who] - position
    return _Passes(
        who=who,
        middle_s=ephemeris.time_s[step] + share * step_s,
        off_nadir_deg=_angle_deg(sight, -position),
        in_sight=_dot(sight, up[who]) < 0.0,
        ground_speed_km_s=ground_speed_km_s(position, velocity, np.linalg.norm(place[who], axis=1)),
    )


def _approaches(
    ephemeris: Ephemeris, step_s: float, place: Floats, up: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps in which the satellite stops to come nearer to a target in sight, and those targets."""
    position, velocity = ephemeris.position_km, ephemeris.velocity_km_s
    receding = _dot(position, velocity)[:, None] - velocity @ place.T
    height_km = position @ up.T - _dot(place, up)
    reach_km = np.sqrt(_dot(velocity, velocity).max()) * step_s
    in_sight = np.maximum(height_km[:-1], height_km[1:]) > -reach_km
    step, who = np.nonzero((receding[:-1] < 0.0) & (receding[1:] >= 0.0) & in_sight)
    return step, who


def _closest(
    ephemeris: Ephemeris, step_s: float, step: NDArray[np.int64], place: Floats
) -> tuple[Floats, Floats, Floats]:
    """Share of the step, position [km] and velocity [km/s] at the closest approach in each step.

    On the cubic through both ends (Hermite); Newton's method on sight . velocity, in its bracket.
    """
    r0, r1 = ephemeris.position_km[step], ephemeris.position_km[step + 1]
    v0, v1 = ephemeris.velocity_km_s[step] * step_s, ephemeris.velocity_km_s[step + 1] * step_s
    c2, c3 = 3.0 * (r1 - r0) - 2.0 * v0 - v1, 2.0 * (r0 - r1) + v0 + v1
    low, high = np.zeros(step.size), np.ones(step.size)
    share = np.full(step.size, 0.5)
    for _ in range(_NEWTON_STEPS):
        u = share[:, None]
        speed = v0 + (2.0 * c2 + 3.0 * c3 * u) * u  # [km] a step
        sight = r0 + (v0 + (c2 + c3 * u) * u) * u - place
        receding = _dot(sight, speed)
        low, high = np.where(receding < 0.0, share, low), np.where(receding < 0.0, high, share)
        slope = _dot(speed, speed) + _dot(sight, 2.0 * c2 + 6.0 * c3 * u)
        newton = share - receding / np.where(slope > 0.0, slope, np.inf)
        share = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
    u = share[:, None]
    position = r0 + (v0 + (c2 + c3 * u) * u) * u
    return share, position, (v0 + (2.0 * c2 + 3.0 * c3 * u) * u) / step_s


def _on_the_ellipsoid(lat_deg: Floats, lon_deg: Floats) -> tuple[Floats, Floats]:
    """Points [km] of WGS 84 at height 0, ITRF, and the normals there, each (N, 3)."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    up = np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)), axis=1)
    normal_km = _RADIUS_KM / np.sqrt(1.0 - _ECCENTRICITY2 * np.sin(lat) ** 2)
    return normal_km[:, None] * up * (1.0, 1.0, 1.0 - _ECCENTRICITY2), up


def _checked_step_s(ephemeris: Ephemeris) -> float:
    time_s, who = ephemeris.time_s, ephemeris.satellite
    if time_s.ndim != 1 or time_s.size < 2:
        raise OrbitError(f"the ephemeris of {who!r} has fewer than two samples")
    steps_s = np.diff(time_s)
    if not np.all(steps_s > 0) or np.ptp(steps_s) > 1e-6 or steps_s[0] > MAX_STEP_S + 1e-6:
        raise OrbitError(
            f"the ephemeris of {who!r} should have even steps of at most {MAX_STEP_S:g} s,"
            f" but they are {steps_s.min():g} to {steps_s.max():g} s"
        )
    return float((time_s[-1] - time_s[0]) / (time_s.size - 1))


def _blocks(targets: Sequence[Target], samples: int) -> Iterator[Sequence[Target]]:
    size = max(1, _BLOCK // samples)
    for first in range(0, len(targets), size):
        yield targets[first : first + size]


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """[deg] Between rows, good for small angles too."""
    return np.asarray(
        np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), _dot(a, b))), dtype=np.float64
    )


def _dot(a: Floats, b: Floats) -> Floats:
    """Row by row, shape (N,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b), dtype=np.float64)
