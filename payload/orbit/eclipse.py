"""The Earth's shadow: how much of the Sun a satellite sees, and when it is in penumbra and umbra.

The Sun and the Earth are discs in the satellite's sky. While they overlap, the satellite is in penumbra;
while the Earth covers the Sun completely, in umbra. The Earth is a sphere of equatorial radius; its
flattening, its atmosphere and the Moon's shadow are neglected.

Source: Montenbruck and Gill, Satellite Orbits, 2000, section 3.4.2, eq. 3.85 to 3.94.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import WGS84_RADIUS_KM
from payload.geometry.track import Track, bracketed_roots
from payload.orbit.sun import sun_position_km
from payload.types import Ephemeris

Floats = NDArray[np.float64]

SUN_RADIUS_KM = 695_700.0
"""Nominal radius of the Sun. Source: IAU 2015 Resolution B3."""
_SLOPE_S = 0.05  # [s] Either side, to tell whether the Earth's disc approaches the Sun's


@dataclass(frozen=True, slots=True)
class Eclipse:
    """One passage through the Earth's shadow; a passage that reaches beyond the span is cut there.

    Attributes:
        start_s: [s] The Earth's disc begins to cover the Sun's: into penumbra.
        umbra_start_s: [s] The Sun is completely covered; None if it never is.
        umbra_end_s: [s] The Sun reappears; None as above.
        end_s: [s] The Sun is fully visible again: out of penumbra.
    """

    start_s: float
    umbra_start_s: float | None
    umbra_end_s: float | None
    end_s: float

    @property
    def duration_s(self) -> float:
        """[s] Penumbra and umbra together."""
        return self.end_s - self.start_s


def sunlit_share(ephemeris: Ephemeris, epoch_utc: datetime, *, dut1_s: float = 0.0) -> Floats:
    """Share of the Sun's disc visible at each sample: 1 in full light, 0 in umbra; shape (T,).

    Source: the area of overlap of two circles, relative to the Sun's; Montenbruck and Gill, eq. 3.87.
    """
    sun_km = sun_position_km(epoch_utc, ephemeris.time_s, dut1_s=dut1_s)
    sun, earth, apart = _discs(ephemeris.position_km, sun_km)
    return 1.0 - _overlap(sun, earth, apart) / (np.pi * sun**2)


def eclipses(ephemeris: Ephemeris, epoch_utc: datetime, *, dut1_s: float = 0.0) -> list[Eclipse]:
    """When the satellite is in the Earth's shadow; in order, edges accurate to a millisecond.

    A shadow entered and left between two samples is found too.

    Args:
        ephemeris: Evenly spaced, at most 60 s from sample to sample.
        epoch_utc: The epoch of its times.
        dut1_s: [s] UT1 - UTC.

    Raises:
        OrbitError: The ephemeris is too coarse or uneven.
    """
    shadow = _Shadow(Track(ephemeris), epoch_utc, dut1_s)
    umbras = shadow.spells(full=True)
    found: list[Eclipse] = []
    for start_s, end_s in shadow.spells(full=False):
        inside = [umbra for umbra in umbras if start_s <= umbra[0] and umbra[1] <= end_s]
        dark = (inside[0][0], inside[-1][1]) if inside else (None, None)
        found.append(Eclipse(start_s, dark[0], dark[1], end_s))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Shadow:
    """The Earth's shadow along a satellite's track."""

    track: Track
    epoch_utc: datetime
    dut1_s: float

    def spells(self, *, full: bool) -> list[tuple[float, float]]:
        """Begin and end [s] of each stay in umbra (`full`) or in any shadow."""

        def light(times_s: Floats) -> Floats:
            return self._light(times_s, full=full)

        def slope(times_s: Floats) -> Floats:
            return light(times_s + _SLOPE_S) - light(times_s - _SLOPE_S)

        time_s = self.track.ephemeris.time_s
        lit = light(time_s) >= 0.0
        inner_s = np.clip(time_s, time_s[0] + _SLOPE_S, time_s[-1] - _SLOPE_S)
        falls = slope(inner_s) < 0.0
        # Both ends on the same side of the edge, with an extremum between them: does it cross?
        turns = np.flatnonzero(
            (lit[:-1] == lit[1:]) & (falls[:-1] == lit[:-1]) & (falls[1:] != lit[1:])
        )
        turn_s = bracketed_roots(slope, inner_s[turns], inner_s[turns + 1])
        crosses = (light(turn_s) >= 0.0) != lit[turns]
        hidden, turn_s = turns[crosses], turn_s[crosses]
        edge = np.flatnonzero(lit[:-1] != lit[1:])
        low = np.concatenate((time_s[edge], time_s[hidden], turn_s))
        high = np.concatenate((time_s[edge + 1], turn_s, time_s[hidden + 1]))
        edges_s = np.sort(bracketed_roots(light, low, high)).tolist()
        begin = [] if lit[0] else [float(time_s[0])]
        end = [] if lit[-1] else [float(time_s[-1])]
        marks = begin + edges_s + end
        return [(a, b) for a, b in zip(marks[::2], marks[1::2], strict=True) if b > a]

    def _light(self, times_s: Floats, *, full: bool) -> Floats:
        """[rad] Angle from the edge of the shadow to the Sun's centre; negative in shadow, shape (N,)."""
        position_km, _ = self.track.states(times_s)
        sun_km = sun_position_km(self.epoch_utc, times_s, dut1_s=self.dut1_s)
        sun, earth, apart = _discs(position_km, sun_km)
        return apart - earth + (sun if full else -sun)


def _discs(position_km: Floats, sun_km: Floats) -> tuple[Floats, Floats, Floats]:
    """[rad] Apparent radii of Sun and Earth, and the angle between their centres; each (N,)."""
    sight_km = sun_km - position_km
    sight, height = np.linalg.norm(sight_km, axis=1), np.linalg.norm(position_km, axis=1)
    sun = np.arcsin(SUN_RADIUS_KM / sight)
    earth = np.arcsin(np.minimum(WGS84_RADIUS_KM / height, 1.0))
    across = np.linalg.norm(np.cross(sight_km, position_km), axis=1)
    apart = np.arctan2(across, -np.einsum("ij,ij->i", sight_km, position_km))
    return sun, earth, apart


def _overlap(sun: Floats, earth: Floats, apart: Floats) -> Floats:
    """[rad2] Area of overlap of two discs, shape (N,)."""
    less = np.minimum(sun, earth)
    shared = np.where(apart <= np.abs(earth - sun), np.pi * less**2, 0.0)
    partly = np.flatnonzero((apart > np.abs(earth - sun)) & (apart < sun + earth))
    a, b, c = sun[partly], earth[partly], apart[partly]
    x = (c**2 + a**2 - b**2) / (2.0 * c)
    y = np.sqrt(np.maximum(a**2 - x**2, 0.0))
    in_sun = a**2 * np.arccos(np.clip(x / a, -1.0, 1.0))
    in_earth = b**2 * np.arccos(np.clip((c - x) / b, -1.0, 1.0))
    shared[partly] = in_sun + in_earth - c * y
    return shared
