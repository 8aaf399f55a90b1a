"""Passes over a ground station: rise, set and highest point, by root finding between samples."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.geometry.earth import Site, site
from payload.geometry.track import Track, bracketed_roots
from payload.types import ContactWindow, Ephemeris, GroundStation

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

RECOMMENDED_STEP_S = 30.0
"""[s] Between samples: edges are then good to some 20 us at the median; finer brings nothing."""


def time_grid(duration_s: float, *, step_s: float = RECOMMENDED_STEP_S) -> NDArray[np.float64]:
    """[s] Even steps from 0 to the duration, both included, none wider than `step_s`; shape (T,).

    Raises:
        OrbitError: The duration or the step is not above zero.
    """
    if not (0.0 < duration_s < math.inf and 0.0 < step_s < math.inf):
        raise OrbitError(f"a span of {duration_s} s cannot be cut into steps of {step_s} s")
    return np.linspace(0.0, duration_s, math.ceil(duration_s / step_s) + 1)


def find_contacts(
    ephemeris: Ephemeris, station: GroundStation, *, min_elevation_deg: float | None = None
) -> list[ContactWindow]:
    """Find when the satellite stands above the station's horizon mask.

    A pass that begins and ends between two samples is found too: there the satellite comes nearer
    to the mask at the first and leaves it at the second, and the highest point between decides.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample; see `time_grid`.
        station: Geodetic position, WGS 84.
        min_elevation_deg: [deg] Mask, 0 <= value < 90; that of the station if None.

    Returns:
        Windows in order of AOS, not overlapping; edges good to a millisecond, to some of them where
        a pass only grazes the mask. A pass cut by the span ends at the span.

    Raises:
        OrbitError: The mask or the place is none, or the ephemeris is too coarse or uneven.

    Source: the definition of elevation on WGS 84; sign changes of `_Sky`'s clearance between
    samples, refined on the cubic through them (`payload.geometry.track`).
    """
    return find_network_contacts(ephemeris, [station], min_elevation_deg=min_elevation_deg)


def find_network_contacts(
    ephemeris: Ephemeris,
    stations: Sequence[GroundStation],
    *,
    min_elevation_deg: float | None = None,
) -> list[ContactWindow]:
    """What `find_contacts` finds for each station in turn, in one sweep and so faster."""
    track = Track(ephemeris)
    if not stations:
        return []
    masks_deg = [
        _checked_mask_deg(
            station, station.min_elevation_deg if min_elevation_deg is None else min_elevation_deg
        )
        for station in stations
    ]
    lat_deg, lon_deg, height_m = (
        np.array([getattr(station, name) for station in stations], dtype=np.float64)
        for name in ("lat_deg", "lon_deg", "height_m")
    )
    sky = _Sky(track, site(lat_deg, lon_deg, height_m), np.sin(np.radians(masks_deg)))
    who, aos_s, los_s = sky.passes()
    peak_deg = sky.peaks_deg(who, aos_s, los_s)
    return [
        ContactWindow(ephemeris.satellite, stations[index].name, aos, los, peak)
        for index, aos, los, peak in zip(
            who.tolist(), aos_s.tolist(), los_s.tolist(), peak_deg.tolist(), strict=True
        )
    ]


def _checked_mask_deg(station: GroundStation, mask_deg: float) -> float:
    if not 0.0 <= mask_deg < 90.0:
        raise OrbitError(
            f"station {station.name!r}: a mask of {mask_deg} deg is not in 0 <= mask < 90"
        )
    if not (abs(station.lat_deg) <= 90.0 and abs(station.lon_deg) <= 360.0):
        raise OrbitError(
            f"station {station.name!r}: latitude {station.lat_deg}, longitude {station.lon_deg}"
            " is no place"
        )
    if not math.isfinite(station.height_m):
        raise OrbitError(f"station {station.name!r}: a height of {station.height_m} m is none")
    return mask_deg


@dataclass(frozen=True, slots=True, eq=False)
class _Sky:
    """What stations see of one satellite; `who` (N,) is everywhere the station of each element.

    The clearance [km] is how far the satellite stands above the cone of the mask: up - range
    sin(mask). It is smooth, positive in view, and cheap; the elevation itself is seldom needed.

    Attributes:
        track: The satellite.
        places: The stations, (S, 3).
        sin_mask: Sine of each station's mask, (S,).
    """

    track: Track
    places: Site
    sin_mask: Floats

    def passes(self) -> tuple[Indices, Floats, Floats]:
        """Station, begin and end [s] of passes, by station, then time; cut at the span's ends."""
        time_s = self.track.ephemeris.time_s
        first, who = self._worth_a_look()
        low, high = time_s[first], time_s[first + 1]
        clear0, climb0 = self._clearance(who, *self._samples(first))
        clear1, climb1 = self._clearance(who, *self._samples(first + 1))
        in0, in1 = clear0 >= 0.0, clear1 >= 0.0

        # Both ends on one side, coming nearer at the first, leaving at the second: a turn between.
        side = np.where(in0, 1.0, -1.0)
        turns = np.flatnonzero((in0 == in1) & (side * climb0 < 0.0) & (side * climb1 > 0.0))
        turn_s = self._roots(self._climb_at, who[turns], low[turns], high[turns])
        crosses = (self._clearance_at(who[turns], turn_s) >= 0.0) != in0[turns]
        hidden, turn_s = turns[crosses], turn_s[crosses]

        edge = np.flatnonzero(in0 != in1)
        edge_who = np.concatenate((who[edge], who[hidden], who[hidden]))
        edge_low = np.concatenate((low[edge], low[hidden], turn_s))
        edge_high = np.concatenate((high[edge], turn_s, high[hidden]))
        rises = np.concatenate((in1[edge], ~in0[hidden], in0[hidden]))
        edge_s = self._roots(self._clearance_at, edge_who, edge_low, edge_high)

        everyone = np.arange(self.sin_mask.size)
        ends_s = [np.full(everyone.size, time_s[index]) for index in (0, -1)]
        cut = [self._clearance_at(everyone, end_s) >= 0.0 for end_s in ends_s]
        aos_who, aos_s = _in_order(
            (everyone[cut[0]], edge_who[rises]), (ends_s[0][cut[0]], edge_s[rises])
        )
        _, los_s = _in_order(
            (everyone[cut[1]], edge_who[~rises]), (ends_s[1][cut[1]], edge_s[~rises])
        )
        lasting = los_s > aos_s
        return aos_who[lasting], aos_s[lasting], los_s[lasting]

    def peaks_deg(self, who: Indices, aos_s: Floats, los_s: Floats) -> Floats:
        """[deg] Highest elevation of each window, shape (N,)."""
        low, high = aos_s.copy(), los_s.copy()
        time_s, step_s = self.track.ephemeris.time_s, self.track.step_s
        spans = np.searchsorted(time_s, (aos_s, los_s)).T.tolist()
        for index, (start, stop) in enumerate(spans):
            if start < stop:
                inside = np.arange(start, stop)
                sight, _ = self._sight(np.full(inside.size, who[index]), *self._samples(inside))
                up = sight @ self.places.up[who[index]]
                top_s = time_s[inside[np.argmax(up / np.linalg.norm(sight, axis=1))]]
                low[index] = max(aos_s[index], top_s - step_s)
                high[index] = min(los_s[index], top_s + step_s)
        turns = (self._rise_at(who, low) > 0.0) & (self._rise_at(who, high) < 0.0)
        best = np.maximum(self._sine_at(who, low), self._sine_at(who, high))
        top_s = self._roots(self._rise_at, who[turns], low[turns], high[turns])
        best[turns] = np.maximum(best[turns], self._sine_at(who[turns], top_s))
        return np.degrees(np.arcsin(best))

    def _worth_a_look(self) -> tuple[Indices, Indices]:
        """Steps in which it could reach a station's horizontal plane, and those stations."""
        ephemeris, places = self.track.ephemeris, self.places
        height_km = ephemeris.position_km @ places.up.T - _dot(places.position_km, places.up)
        fastest_km_s = math.sqrt(_dot(ephemeris.velocity_km_s, ephemeris.velocity_km_s).max())
        near = height_km > -fastest_km_s * self.track.step_s
        first, who = np.nonzero(near[:-1] | near[1:])
        return first, who

    def _roots(
        self, function: Callable[[Indices, Floats], Floats], who: Indices, low: Floats, high: Floats
    ) -> Floats:
        return bracketed_roots(lambda times_s: function(who, times_s), low, high)

    def _samples(self, index: Indices) -> tuple[Floats, Floats]:
        return self.track.ephemeris.position_km[index], self.track.ephemeris.velocity_km_s[index]

    def _sight(self, who: Indices, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Satellite as seen from its station: place [km] and speed [km/s], ITRF."""
        return position - self.places.position_km[who], velocity

    def _clearance(self, who: Indices, position: Floats, velocity: Floats) -> tuple[Floats, Floats]:
        """Clearance [km] and its rate [km/s]."""
        sight, speed = self._sight(who, position, velocity)
        up, sine = self.places.up[who], self.sin_mask[who]
        distance = np.sqrt(_dot(sight, sight))
        return (
            _dot(sight, up) - distance * sine,
            _dot(speed, up) - _dot(sight, speed) / distance * sine,
        )

    def _clearance_at(self, who: Indices, times_s: Floats) -> Floats:
        return self._clearance(who, *self.track.states(times_s))[0]

    def _climb_at(self, who: Indices, times_s: Floats) -> Floats:
        return self._clearance(who, *self.track.states(times_s))[1]

    def _sine_at(self, who: Indices, times_s: Floats) -> Floats:
        """Sine of the elevation."""
        sight, _ = self._sight(who, *self.track.states(times_s))
        return np.clip(_dot(sight, self.places.up[who]) / np.sqrt(_dot(sight, sight)), -1.0, 1.0)

    def _rise_at(self, who: Indices, times_s: Floats) -> Floats:
        """Rate of that sine, times the cube of the range: the same sign, without a division."""
        sight, speed = self._sight(who, *self.track.states(times_s))
        up = self.places.up[who]
        return _dot(speed, up) * _dot(sight, sight) - _dot(sight, up) * _dot(sight, speed)


def _in_order(who: Sequence[Indices], times_s: Sequence[Floats]) -> tuple[Indices, Floats]:
    """Joined and sorted by station, then time."""
    all_who, all_s = np.concatenate(who), np.concatenate(times_s)
    order = np.lexsort((all_s, all_who))
    return all_who[order], all_s[order]


def _dot(a: Floats, b: Floats) -> Floats:
    """Row by row, shape (N,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b), dtype=np.float64)
