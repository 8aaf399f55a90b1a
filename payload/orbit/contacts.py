"""Passes over ground stations: rise, set and highest point, by root finding between samples."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.geometry.earth import Site, site
from payload.geometry.track import Fleet, Track, bracketed_roots, spans
from payload.types import ContactWindow, Ephemeris, GroundStation

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

RECOMMENDED_STEP_S = 30.0
"""[s] Between samples: edges are then accurate to some 20 us at the median; finer steps gain nothing."""

_BLOCK = 60_000  # samples of all craft processed together: more exceed a processor's cache
_HALF_A_STEP = 0.55  # no time in a step is further from its nearer end; a tenth more, as samples may miss the top speed
_WINDOWS = 5_000  # processed together when looking for highest points


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
    """Find when the satellite is above the station's horizon mask.

    A pass that begins and ends between two samples is found too: the satellite approaches the mask
    at the first sample and recedes at the second, and the highest point between them decides.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample; see `time_grid`.
        station: Geodetic position, WGS 84.
        min_elevation_deg: [deg] Mask, 0 <= value < 90; that of the station if None.

    Returns:
        Windows in order of AOS, not overlapping; edges are accurate to a millisecond, or to a few where
        a pass only grazes the mask. A pass that reaches beyond the span is cut there.

    Raises:
        OrbitError: The mask or the place is not valid, or the ephemeris is too coarse or uneven.

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
    return find_fleet_contacts([ephemeris], stations, min_elevation_deg=min_elevation_deg)


def find_fleet_contacts(
    ephemerides: Sequence[Ephemeris],
    stations: Sequence[GroundStation],
    *,
    min_elevation_deg: float | None = None,
) -> list[ContactWindow]:
    """What `find_network_contacts` finds for each satellite in turn, in one sweep and so faster.

    Args:
        ephemerides: All on the same time grid.
        stations: All that may listen.
        min_elevation_deg: [deg] Mask; that of each station if None.
    """
    tracks = [Track(ephemeris) for ephemeris in ephemerides]
    if not stations or not tracks:
        return []
    masks_deg = [
        _checked_mask_deg(
            station, station.min_elevation_deg if min_elevation_deg is None else min_elevation_deg
        )
        for station in stations
    ]
    places, sin_mask = _places(stations), np.sin(np.radians(masks_deg))
    found: list[ContactWindow] = []
    each = max(1, _BLOCK // tracks[0].ephemeris.time_s.size)
    for start in range(0, len(tracks), each):
        block = tracks[start : start + each]
        sky = _Sky(Fleet(block), len(block), places, sin_mask)
        who, aos_s, los_s = sky.passes()
        parts = [slice(at, at + _WINDOWS) for at in range(0, max(who.size, 1), _WINDOWS)]
        peak_deg = np.concatenate(
            [sky.peaks_deg(who[part], aos_s[part], los_s[part]) for part in parts]
        )
        found.extend(
            ContactWindow(
                block[pair // len(stations)].ephemeris.satellite,
                stations[pair % len(stations)].name,
                aos,
                los,
                peak,
            )
            for pair, aos, los, peak in zip(
                who.tolist(), aos_s.tolist(), los_s.tolist(), peak_deg.tolist(), strict=True
            )
        )
    return found


def _places(stations: Sequence[GroundStation]) -> Site:
    lat_deg, lon_deg, height_m = (
        np.array([getattr(station, name) for station in stations], dtype=np.float64)
        for name in ("lat_deg", "lon_deg", "height_m")
    )
    return site(lat_deg, lon_deg, height_m)


def _checked_mask_deg(station: GroundStation, mask_deg: float) -> float:
    if not 0.0 <= mask_deg < 90.0:
        raise OrbitError(
            f"station {station.name!r}: a mask of {mask_deg} deg is not in 0 <= mask < 90"
        )
    if not (abs(station.lat_deg) <= 90.0 and abs(station.lon_deg) <= 360.0):
        raise OrbitError(
            f"station {station.name!r}: latitude {station.lat_deg}, longitude {station.lon_deg}"
            " is not a place"
        )
    if not math.isfinite(station.height_m):
        raise OrbitError(f"station {station.name!r}: a height of {station.height_m} m is not valid")
    return mask_deg


@dataclass(frozen=True, slots=True, eq=False)
class _Sky:
    """What S stations see of a fleet; `who` (N,) is always the pair of each element: craft x S + station.

    The clearance [km] is how far the satellite is above the cone of the mask: up - range
    sin(mask). It is smooth, positive in view, and cheap; the elevation itself is seldom needed.

    Attributes:
        fleet: The satellites.
        crafts: Their number.
        places: The stations, (S, 3).
        sin_mask: Sine of each station's mask, (S,).
    """

    fleet: Fleet
    crafts: int
    places: Site
    sin_mask: Floats

    def passes(self) -> tuple[Indices, Floats, Floats]:
        """Pair, begin and end [s] of passes, by pair, then time; cut at the ends of the span."""
        time_s = self.fleet.time_s
        edges = [self._edges(span) for span in spans(time_s.size, _BLOCK)]
        edge_who, edge_s, rises = (np.concatenate(column) for column in zip(*edges, strict=True))

        everyone = np.arange(self.crafts * self.sin_mask.size)
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

    def _edges(self, span: slice) -> tuple[Indices, Floats, NDArray[np.bool_]]:
        """Pairs that cross a mask between samples of a span, when [s], and whether rising; in no particular order."""
        time_s = self.fleet.time_s
        first, who = self._worth_a_look(span)
        low, high = time_s[first], time_s[first + 1]
        (clear0, climb0), (clear1, climb1) = self._at_both_ends(who, first)
        in0, in1 = clear0 >= 0.0, clear1 >= 0.0

        # Both ends on the same side, approaching at the first, receding at the second: an extremum between.
        side = np.where(in0, 1.0, -1.0)
        turns = np.flatnonzero((in0 == in1) & (side * climb0 < 0.0) & (side * climb1 > 0.0))
        on_step = self._on_steps(who[turns], first[turns])
        turn_s = bracketed_roots(
            lambda times_s: on_step(times_s)[1],
            low[turns],
            high[turns],
            ends=(climb0[turns], climb1[turns]),
        )
        turn_clear = on_step(turn_s)[0]
        crosses = (turn_clear >= 0.0) != in0[turns]
        hidden, turn_s, turn_clear = turns[crosses], turn_s[crosses], turn_clear[crosses]

        edge = np.flatnonzero(in0 != in1)
        step = np.concatenate((edge, hidden, hidden))
        edge_low = np.concatenate((low[edge], low[hidden], turn_s))
        edge_high = np.concatenate((high[edge], turn_s, high[hidden]))
        rises = np.concatenate((in1[edge], ~in0[hidden], in0[hidden]))
        low_clear = np.concatenate((clear0[edge], clear0[hidden], turn_clear))
        high_clear = np.concatenate((clear1[edge], turn_clear, clear1[hidden]))
        on_step = self._on_steps(who[step], first[step])
        edge_s = bracketed_roots(
            lambda times_s: on_step(times_s)[0], edge_low, edge_high, ends=(low_clear, high_clear)
        )
        return who[step], edge_s, rises

    def peaks_deg(self, who: Indices, aos_s: Floats, los_s: Floats) -> Floats:
        """[deg] Highest elevation of each window, shape (N,)."""
        low, high = aos_s.copy(), los_s.copy()
        time_s, step_s = self.fleet.time_s, self.fleet.step_s
        start, stop = np.searchsorted(time_s, aos_s), np.searchsorted(time_s, los_s)
        # All samples inside windows in one array; the highest of each window shows where to look.
        held = np.flatnonzero(stop > start)
        counts = (stop - start)[held]
        begin = np.cumsum(counts) - counts
        window = np.repeat(np.arange(held.size), counts)
        inside = np.arange(window.size) - begin[window] + start[held][window]
        of = who[held][window]
        sine = self._sine(of, *self._samples(of, inside))
        highest = np.flatnonzero(sine == np.maximum.reduceat(sine, begin)[window])
        _, one = np.unique(window[highest], return_index=True)
        top_s = time_s[inside[highest[one]]]
        low[held] = np.maximum(aos_s[held], top_s - step_s)
        high[held] = np.minimum(los_s[held], top_s + step_s)
        at_low, at_high = self._states(who, low), self._states(who, high)
        rise_low, rise_high = self._rise(who, *at_low), self._rise(who, *at_high)
        best = np.maximum(self._sine(who, *at_low), self._sine(who, *at_high))
        turns = (rise_low > 0.0) & (rise_high < 0.0)
        top_s = bracketed_roots(
            lambda times_s: self._rise(who[turns], *self._states(who[turns], times_s)),
            low[turns],
            high[turns],
            ends=(rise_low[turns], rise_high[turns]),
        )
        best[turns] = np.maximum(best[turns], self._sine_at(who[turns], top_s))
        return np.degrees(np.arcsin(best))

    def _worth_a_look(self, span: slice) -> tuple[Indices, Indices]:
        """Steps of a span in which a craft could reach a station's horizontal plane, and those pairs."""
        fleet, places = self.fleet, self.places
        samples, stations = fleet.time_s.size, self.sin_mask.size
        ground_km = _dot(places.position_km, places.up)
        firsts: list[Indices] = []
        pairs: list[Indices] = []
        for craft in range(self.crafts):
            begin = craft * samples
            own = slice(begin + span.start, begin + span.stop)
            velocity_km_s = fleet.velocity_km_s[own]
            fastest_km_s = math.sqrt(_dot(velocity_km_s, velocity_km_s).max())
            reach_km = _HALF_A_STEP * fastest_km_s * fleet.step_s
            near = places.up @ fleet.position_km[own].T > (ground_km - reach_km)[:, None]
            index = np.flatnonzero(near[:, :-1] | near[:, 1:])
            station, first = np.divmod(index, near.shape[1] - 1)
            firsts.append(first + span.start)
            pairs.append(station + craft * stations)
        return np.concatenate(firsts), np.concatenate(pairs)

    def _at_both_ends(
        self, who: Indices, first: Indices
    ) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Clearance and its rate at the begin and end of steps, each (N,); most steps begin where the one before ends."""
        last = np.ones(who.shape, dtype=np.bool_)
        last[:-1] = (who[1:] != who[:-1]) | (first[1:] != first[:-1] + 1)
        begin = self._clearance(who, *self._samples(who, first))
        of_last = self._clearance(who[last], *self._samples(who[last], first[last] + 1))
        end = tuple(np.roll(column, -1) for column in begin)
        for column, value in zip(end, of_last, strict=True):
            column[last] = value
        return begin, (end[0], end[1])

    def _on_steps(self, who: Indices, first: Indices) -> Callable[[Floats], tuple[Floats, Floats]]:
        """A function that gives clearance and its rate at times inside steps, one in each, (N,)."""
        arcs = self.fleet.arcs(who // self.sin_mask.size, first)
        return lambda times_s: self._clearance(who, *arcs.states(times_s))

    def _samples(self, who: Indices, index: Indices) -> tuple[Floats, Floats]:
        row = index + who // self.sin_mask.size * self.fleet.time_s.size
        return self.fleet.position_km[row], self.fleet.velocity_km_s[row]

    def _states(self, who: Indices, times_s: Floats) -> tuple[Floats, Floats]:
        return self.fleet.states(who // self.sin_mask.size, times_s)

    def _sight(self, who: Indices, position: Floats) -> tuple[Floats, Floats]:
        """Vector from station to satellite [km], and the station's vertical; ITRF."""
        station = who % self.sin_mask.size
        return position - self.places.position_km[station], self.places.up[station]

    def _clearance(self, who: Indices, position: Floats, speed: Floats) -> tuple[Floats, Floats]:
        """Clearance [km] and its rate [km/s]."""
        sight, up = self._sight(who, position)
        sine, distance = self.sin_mask[who % self.sin_mask.size], np.sqrt(_dot(sight, sight))
        return (
            _dot(sight, up) - distance * sine,
            _dot(speed, up) - _dot(sight, speed) / distance * sine,
        )

    def _clearance_at(self, who: Indices, times_s: Floats) -> Floats:
        return self._clearance(who, *self._states(who, times_s))[0]

    def _sine(self, who: Indices, position: Floats, _speed: Floats) -> Floats:
        """Sine of the elevation."""
        sight, up = self._sight(who, position)
        return np.clip(_dot(sight, up) / np.sqrt(_dot(sight, sight)), -1.0, 1.0)

    def _sine_at(self, who: Indices, times_s: Floats) -> Floats:
        return self._sine(who, *self._states(who, times_s))

    def _rise(self, who: Indices, position: Floats, speed: Floats) -> Floats:
        """Rate of the sine of elevation, times the cube of the range: the same sign, without a division."""
        sight, up = self._sight(who, position)
        return _dot(speed, up) * _dot(sight, sight) - _dot(sight, up) * _dot(sight, speed)


def _in_order(who: Sequence[Indices], times_s: Sequence[Floats]) -> tuple[Indices, Floats]:
    """Concatenate and sort by pair, then time."""
    all_who, all_s = np.concatenate(who), np.concatenate(times_s)
    order = np.lexsort((all_s, all_who))
    return all_who[order], all_s[order]


def _dot(a: Floats, b: Floats) -> Floats:
    """Dot product row by row, shape (N,)."""
    return np.asarray(np.einsum("ij,ij->i", a, b), dtype=np.float64)
