"""When a satellite can image a target: close enough, above the target's horizon, in daylight."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import Site, site
from payload.geometry.track import Track, bracketed_roots, spans
from payload.imaging.sensor import frame_duration_s, ground_speed_km_s
from payload.opportunities import Opportunities, joined
from payload.types import Ephemeris, Sensor, Target

Floats = NDArray[np.float64]
SunElevation = Callable[[Floats, Floats, Floats], Floats]
"""Elevation of the Sun [deg] at latitudes [deg], longitudes [deg] and times [s], each (N,)."""

_BLOCK = 2_000_000  # samples x targets processed together
_SAMPLES = 4_000  # most samples among them: more than a day, so that a year costs no more per day in time and memory
_PIECE = 96  # targets whose approaches are searched together
_CELL_DEG = 15.0  # size of the cells that group neighbouring targets
_SLACK_KM = 50.0  # as the ellipsoid's normal tilts the horizon by up to 0.2 deg, and samples may miss the highest point


def find_opportunities(
    ephemeris: Ephemeris,
    targets: Sequence[Target],
    sensor: Sensor,
    *,
    raw_bytes: int,
    sun_elevation: SunElevation,
) -> Opportunities:
    """Find the moments at which the satellite passes a target closely enough, in daylight.

    An image is taken when the target lies abeam, at the closest approach of a pass, where the
    satellite rolls towards it without pitching. Its off-nadir angle is measured at the satellite, between
    the Earth's centre (the geocentric nadir) and the target, which lies on the ellipsoid.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample.
        targets: What is wanted, from when until when; their names are unique.
        sensor: Limits of off-nadir angle and Sun, and the size of an image; a target may be stricter.
        raw_bytes: [byte] Volume of one raw image.
        sun_elevation: Elevation of the Sun, evaluated at the targets at mid-image.

    Returns:
        Sorted by start, then id. Images that would begin before the span or end after it are left out.

    Raises:
        OrbitError: The ephemeris is too coarse or uneven.
    """
    track = Track(ephemeris)
    time_s = ephemeris.time_s
    names = tuple(target.name for target in targets)
    found = [Opportunities.none(ephemeris.satellite, names, raw_bytes)]
    for numbers in _blocks(targets, time_s.size):
        wanted = _wanted([targets[number] for number in numbers], sensor)
        farthest_km = _farthest_km(track, wanted)
        for span in spans(time_s.size, _SAMPLES):
            passes = _passes_over(wanted.place, farthest_km, track, span)
            passes = passes.at(
                passes.in_sight & (passes.off_nadir_deg <= wanted.max_off_nadir_deg[passes.who])
            )
            who = passes.who
            sun_deg = sun_elevation(wanted.lat_deg[who], wanted.lon_deg[who], passes.middle_s)
            duration_s = frame_duration_s(sensor, passes.ground_speed_km_s)
            start_s = passes.middle_s - duration_s / 2
            is_whole = (start_s >= time_s[0]) & (start_s + duration_s <= time_s[-1])
            in_time = start_s >= wanted.arrives_s[who]
            in_time &= start_s + duration_s <= wanted.due_s[who]
            is_bright = sun_deg >= wanted.min_sun_elevation_deg[who]
            every = Opportunities(
                ephemeris.satellite,
                names,
                raw_bytes,
                numbers[who].astype(np.int32),
                start_s,
                duration_s,
                passes.off_nadir_deg,
                sun_deg,
                passes.roll_deg,
            )
            found.append(every.at(np.flatnonzero(is_whole & in_time & is_bright)))
    return joined(found).in_order()


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """Targets, and what each requires of an opportunity; one element each, shape (N,)."""

    place: Site
    lat_deg: Floats
    lon_deg: Floats
    max_off_nadir_deg: Floats
    min_sun_elevation_deg: Floats
    arrives_s: Floats
    due_s: Floats


def _wanted(targets: Sequence[Target], sensor: Sensor) -> _Wanted:
    """Positions of targets, with the stricter of the camera's and each target's limits."""
    widest, lowest = sensor.max_off_nadir_deg, sensor.min_sun_elevation_deg
    sides = [item.max_off_nadir_deg for item in targets]
    suns = [item.min_sun_elevation_deg for item in targets]
    lat_deg = np.array([item.lat_deg for item in targets])
    lon_deg = np.array([item.lon_deg for item in targets])
    return _Wanted(
        site(lat_deg, lon_deg),
        lat_deg,
        lon_deg,
        np.array([widest if own is None else min(own, widest) for own in sides]),
        np.array([lowest if own is None else max(own, lowest) for own in suns]),
        np.array([item.arrives_s for item in targets]),
        np.array([item.due_s for item in targets]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Passes:
    """Closest approaches of a satellite to places; one element each, shape (N,).

    Attributes:
        who: Index of the place.
        middle_s: [s] Time of closest approach.
        off_nadir_deg: [deg] Angle at the satellite from the centre of the Earth to the place.
        roll_deg: [deg] The same with a sign: positive for a place right of the track.
        in_sight: Whether the satellite is above the place's horizon.
        ground_speed_km_s: [km/s] Speed of the subsatellite point.
    """

    who: NDArray[np.int64]
    middle_s: Floats
    off_nadir_deg: Floats
    roll_deg: Floats
    in_sight: NDArray[np.bool_]
    ground_speed_km_s: Floats

    def at(self, chosen: NDArray[np.bool_]) -> "_Passes":
        """The chosen ones."""
        return _Passes(*(getattr(self, each.name)[chosen] for each in fields(self)))


def _farthest_km(track: Track, wanted: _Wanted) -> Floats:
    """[km] Greatest distance of the satellite when a target is in sight and within its off-nadir angle, shape (N,).

    A side of the triangle of the Earth's centre, the satellite at its highest, and the target; where the angle
    reaches beyond the horizon, the distance to the horizon.
    """
    place_km = np.linalg.norm(wanted.place.position_km, axis=1)
    highest_km = float(np.linalg.norm(track.ephemeris.position_km, axis=1).max())
    angle = np.radians(np.minimum(wanted.max_off_nadir_deg, 90.0))
    beside_km = highest_km * np.sin(angle)
    horizon_km = np.sqrt(np.maximum(highest_km**2 - place_km**2, 0.0))
    nearer_km = highest_km * np.cos(angle) - np.sqrt(np.maximum(place_km**2 - beside_km**2, 0.0))
    return np.asarray(np.where(beside_km < place_km, nearer_km, horizon_km) + _SLACK_KM, np.float64)


def _passes_over(place: Site, farthest_km: Floats, track: Track, span: slice) -> _Passes:
    """Passes in a stretch of samples, both ends included; those farther away may be left out."""
    step, who = _approaches(track, place, farthest_km, span)
    here_km = place.position_km[who]

    def receding(times_s: Floats) -> Floats:
        position, velocity = track.states(times_s)
        return _dot(position - here_km, velocity)

    time_s = track.ephemeris.time_s
    middle_s = bracketed_roots(receding, time_s[step], time_s[step + 1])
    position, velocity = track.states(middle_s)
    sight = here_km - position
    off_nadir_deg = _angle_deg(sight, -position)
    to_the_right = _dot(sight, np.cross(velocity, position))  # ahead x up points to the right
    return _Passes(
        who=who,
        middle_s=middle_s,
        off_nadir_deg=off_nadir_deg,
        roll_deg=np.copysign(off_nadir_deg, to_the_right),
        in_sight=_dot(sight, place.up[who]) < 0.0,
        ground_speed_km_s=ground_speed_km_s(position, velocity, np.linalg.norm(here_km, axis=1)),
    )


def _approaches(
    track: Track, place: Site, farthest_km: Floats, span: slice
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Steps of a stretch in which the satellite stops approaching a target in sight, and those targets."""
    position, velocity = track.ephemeris.position_km[span], track.ephemeris.velocity_km_s[span]
    step_km = track.highest_speed_km_s * track.step_s
    own, square = _dot(position, velocity), _dot(position, position)
    steps, whos = [], []
    for first in range(0, len(place.up), _PIECE):  # pieces that fit into the processor's cache
        piece = place.position_km[first : first + _PIECE]
        middle = piece.mean(axis=0)
        around_km = np.linalg.norm(piece - middle, axis=1) + farthest_km[first : first + _PIECE]
        within_km = float(around_km.max()) + step_km
        near = np.flatnonzero(square - 2.0 * (position @ middle) <= within_km**2 - middle @ middle)
        receding = own[near, None] >= velocity[near] @ piece.T
        turned = receding[1:] > receding[:-1]
        turned[np.diff(near) > 1] = False  # between two passes
        turns = np.flatnonzero(turned)  # much faster than in two dimensions
        step, who = np.divmod(turns, receding.shape[1])
        step, who = near[step], who + first
        is_seen = _in_reach(place, position, (step, who), farthest_km[who] + step_km / 2.0, step_km)
        steps.append(step[is_seen])
        whos.append(who[is_seen])
    return np.concatenate(steps) + span.start, np.concatenate(whos)


def _in_reach(
    place: Site,
    position: Floats,
    turns: tuple[NDArray[np.int64], NDArray[np.int64]],
    farthest_km: Floats,
    step_km: float,
) -> NDArray[np.bool_]:
    """Whether targets may be in sight and near during steps of closest approach, each of shape (N,)."""
    step, who = turns
    up, here_km = place.up[who], place.position_km[who]
    before, after = position[step] - here_km, position[step + 1] - here_km
    nearest = np.minimum(_dot(before, before), _dot(after, after))
    highest_km = np.maximum(_dot(before, up), _dot(after, up))
    found: NDArray[np.bool_] = (nearest <= farthest_km * farthest_km) & (highest_km > -step_km)
    return found


def _blocks(targets: Sequence[Target], samples: int) -> Iterator[NDArray[np.intp]]:
    """Indices of targets to process together: neighbours, as they are passed together."""
    size = max(1, _BLOCK // min(samples, _SAMPLES))
    lat_deg = np.array([item.lat_deg for item in targets])
    lon_deg = np.array([item.lon_deg for item in targets])
    band = np.floor((lat_deg + 90.0) / _CELL_DEG)
    middle_deg = (band + 0.5) * _CELL_DEG - 90.0
    cell = np.floor((lon_deg + 180.0) * np.cos(np.radians(middle_deg)) / _CELL_DEG)
    order = np.lexsort((cell, band))
    for first in range(0, order.size, size):
        yield order[first : first + size]


def _angle_deg(a: Floats, b: Floats) -> Floats:
    """[deg] Angles between rows, accurate for small angles too."""
    return np.asarray(
        np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=1), _dot(a, b))), dtype=np.float64
    )


def _dot(a: Floats, b: Floats) -> Floats:
    """Dot products row by row, shape (N,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b), dtype=np.float64)
