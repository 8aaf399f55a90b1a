"""The cloud field: optical depth at a place and time, from the planet's belts down to the pixel.

There are two layers. Low cloud is thick, with relief at all scales; ice cloud is thin and smooth. Each
is a normal field, raised so that the share above zero is the climate's cover of that latitude. Large
scales carry most of the variance, so that whole scenes are clear or overcast and stay so for hours; a
slowly varying regime makes the small scales weak (sheets) or strong (broken cumulus).

Assumption: the spectrum, the lifetimes and the regimes are chosen to look plausible, not measured.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.world.globe import declination_deg, land_fraction, lat_lon
from payload.world.lattice import COARSEST_LEVEL, Nodes, spacing_km
from payload.world.noise import (
    hash_axes,
    hash_grid,
    normal_quantile,
    phases,
    ticks,
)
from payload.world.quick import loops
from payload.world.winds import Travelling

EDGE_OPTICAL_DEPTH = 0.55
"""Of a layer at its edge: satellites detect 0.4 (Ackerman et al. 2008, J. Atmos. Oceanic Technol. 25). Assumption."""
CLOUD_OPTICAL_DEPTH = 0.7
"""Threshold for cloud unless a scenario says otherwise, also for the climate's covers. Assumption: people who label
images leave out the thinnest cloud; with this value, a network trained on such labels has the same rates of missed
cloud and of false alarms here as on the labelled images, within 0.1."""

# Cover of liquid cloud against latitude: Legendre polynomials of the sine, fitted with area weights to
# 10 degree means of the annual map in ITU-R P.840; rms error 0.04 on land and at sea.
_LIQUID_LAND = (0.39, 0.03, -0.226, 0.093, 0.145, -0.048, -0.327)
_LIQUID_OCEAN = (0.533, -0.001, -0.082, 0.026, -0.053, 0.05, -0.29)
# Cover of ice cloud that brings liquid up to total cloud, 55 % on land and 72 % at sea: only about what the two covers
# imply, as some of it is too thin to count and some counts only together with low cloud.
# Source of the totals: King et al. 2013, IEEE Trans. Geosci. Remote Sens. 51.
_ICE_LAND, _ICE_OCEAN = 0.245, 0.37
_ICE_POLES = 0.30  # excess at the poles, as the eighth power of the sine: the map has hardly any cloud there; Assumption
_BELT_SHIFT = 0.27  # of the sun's declination: the tropical belt moves 6 degrees; Assumption

# Octaves from 5000 km down to 2.4 km between lattice points, and their strength.
_SPACING_KM = tuple(spacing_km(COARSEST_LEVEL - 1 - octave) for octave in range(11, -1, -1))
_LARGE = (0.15, 0.35, 0.60, 0.60, 0.45, 0.34, 0.26)
_SMALL = (0.22, 0.24, 0.26, 0.26, 0.24)
_ICE = (0.15, 0.40, 0.60, 0.55, 0.40, 0.28, 0.19, 0.14, 0.11, 0.09, 0.07, 0.06)
# Strength from 1.2 km down; beyond the list each octave has 0.62 of the one before.
_FINE = (0.24, 0.23, 0.20, 0.145, 0.090, 0.054)
_FALL = 0.62
_ICE_FINE = 0.2  # strength as a share of that of low cloud
_PATCHY = 0.35  # how much the strength of each octave varies from place to place
_WHITE_GAIN = 1.8  # noise added on one level keeps 1 / 1.8 of its deviation when smoothed
_REGIME_KM = (1200.0, 500.0, 200.0)
_CARRIED_KM = 300.0
_EDGE = 0.12  # how far below its edge the field begins to have optical depth


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the sky changes. Assumption: all three values.

    A structure below 1.2 km recurs after 65,536 of its lifetimes (one of 10 m after some weeks), but among other ones.

    Attributes:
        lifetime_500_km_h: [h] How long structures of 500 km live.
        lifetime_10_km_h: [h] How long structures of 10 km live; other sizes follow the power law through both.
        wind_m_s: [m/s] Of the westerlies at 45 degrees, eastwards, which carry weather systems of 300 km and more;
            the trades carry them back more slowly, see `payload.world.winds`. Smaller clouds form and vanish in
            place.
    """

    lifetime_500_km_h: float = 30.0
    lifetime_10_km_h: float = 1.9
    wind_m_s: float = 8.0

    def lifetime_s(self, spacing_km: float) -> float:
        """[s] How long a structure lives."""
        power = np.log(self.lifetime_500_km_h / self.lifetime_10_km_h) / np.log(500.0 / 10.0)
        return 3600.0 * self.lifetime_500_km_h * float((spacing_km / 500.0) ** power)

    def noise(self, seed: int, name: str, spacing_km: tuple[float, ...]) -> Travelling:
        """Octaves of noise that evolve and travel at this pace."""
        return Travelling(
            seed,
            name,
            spacing_km,
            tuple(self.lifetime_s(spacing) for spacing in spacing_km),
            sum(spacing >= _CARRIED_KM for spacing in spacing_km),
            self.wind_m_s,
        )


def climate_cover(
    lat_deg: NDArray[np.float64],
    land: NDArray[np.float64],
    time_s: float | NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean cover of low and of ice cloud, 0 to 1, for the season.

    Args:
        lat_deg: [deg] Geodetic.
        land: Share of land around the places.
        time_s: [s] since 2000-01-01.
    """
    shift = _BELT_SHIFT * declination_deg(time_s) * np.cos(np.radians(lat_deg)) ** 2
    sine = np.sin(np.radians(lat_deg - shift))
    on_land = np.polynomial.legendre.legval(sine, _LIQUID_LAND)
    at_sea = np.polynomial.legendre.legval(sine, _LIQUID_OCEAN)
    low = np.clip(land * on_land + (1.0 - land) * at_sea, 0.02, 0.98)
    poles = _ICE_POLES * np.sin(np.radians(lat_deg)) ** 8
    return low, land * _ICE_LAND + (1.0 - land) * _ICE_OCEAN + poles


def _fine(level: int) -> float:
    """Strength of the small scales on a level of the lattice."""
    octave = level - COARSEST_LEVEL
    return _FINE[octave] if octave < len(_FINE) else _FINE[-1] * _FALL ** (octave - len(_FINE) + 1)


@dataclass(frozen=True)
class Sky:
    """The clouds of a world at a moment; see `payload.world.lattice.climb` for the use of its two methods.

    Its three fields are: how far low cloud is above its edge, the same for ice cloud (both in standard
    deviations, cloud where positive), and the strength of the small scales.

    Attributes:
        seed: Of the world.
        time_s: [s] since 2000-01-01.
        mean_cover: Of both layers together, everywhere; None for the climatological cover.
        pace: How fast it changes.
    """

    seed: int
    time_s: float
    mean_cover: float | None = None
    pace: Pace = Pace()

    def at(
        self, direction: NDArray[np.float64], times_s: NDArray[np.float64] | None = None
    ) -> NDArray[np.float32]:
        """The fields, down to structures of some 5 km, at unit vectors of shape (3, N).

        Args:
            direction: The unit vectors.
            times_s: [s] since 2000-01-01, one for each vector, shape (N,); None for the moment of this sky.
        """
        time_s = np.array([self.time_s]) if times_s is None else times_s
        low, ice = self.pace.noise(self.seed, "cloud", _SPACING_KM).values(direction, time_s)
        regime = self.pace.noise(self.seed, "regime", _REGIME_KM).values(direction, time_s)
        strong = breaking(regime[0].sum(0) / np.sqrt(len(_REGIME_KM)))
        small_variance = sum(a * a for a in (*_SMALL, *_FINE))
        spread = np.sqrt(sum(a * a for a in _LARGE) + strong * strong * small_variance)
        size = len(_LARGE)
        field = _mix(low[:size], _LARGE) + strong * _mix(low[size:], _SMALL)
        veil = _mix(ice, _ICE) / np.sqrt(sum(a * a for a in _ICE))
        raise_low, raise_ice = climate_levels(direction, time_s, self.mean_cover)
        return np.stack([field / spread + raise_low, veil + raise_ice, strong / spread]).astype(
            np.float32
        )

    def refine(self, nodes: Nodes, fields: NDArray[np.float32]) -> None:
        """Add the noise of a level, in place."""
        spacing = spacing_km(nodes.level)
        name = key(self.seed, "cloud", nodes.face, nodes.level)
        tick = ticks(self.time_s, self.pace.lifetime_s(spacing))
        # The triangle wave of a phase is uniform over -sqrt(3) to sqrt(3), so its deviation is one.
        steep, shift = np.float32(np.sqrt(12.0) / 2**31), np.float32(np.sqrt(3.0))
        patchy, level = np.float32(_PATCHY), np.float32(1.0 / np.sqrt(1.0 + _PATCHY**2))
        strength = _WHITE_GAIN * _fine(nodes.level)
        strengths = np.float32(strength), np.float32(strength * _ICE_FINE)
        fast = loops()
        if fast is not None:
            axes = hash_axes(name, nodes.rows.indices, nodes.cols.indices)
            fast.sky_noise(*axes, tick, (steep, shift, patchy, level, *strengths), fields)
            return
        bits = hash_grid(name, nodes.rows.indices, nodes.cols.indices).view(np.uint32)
        turns = phases(bits, tick).view(np.int32)
        waves = turns.reshape(*fields.shape[1:], 2).transpose(2, 0, 1).astype(np.float32, order="C")
        np.abs(waves, out=waves)
        waves *= steep
        waves -= shift
        low, ice = waves
        rough = patchy * ice
        rough += np.float32(1.0)
        rough *= level
        fields[2] *= rough
        low *= fields[2]
        low *= strengths[0]
        fields[0] += low
        ice *= strengths[1]
        fields[1] += ice


def climate_levels(
    direction: NDArray[np.float64],
    time_s: float | NDArray[np.float64],
    mean_cover: float | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets that raise the two normal fields to the right mean cover.

    Args:
        direction: Unit vectors, shape (3, N).
        time_s: [s] since 2000-01-01, one or N of them.
        mean_cover: Of both layers together, everywhere; None for the climatological cover.
    """
    if mean_cover is not None:
        # The clear share is split between the layers as in the climatological global mean.
        clear = np.full(direction.shape[1], 1.0 - mean_cover)
        low, ice = 1.0 - clear**0.63, 1.0 - clear**0.37
    else:
        lat_deg, lon_deg = lat_lon(direction)
        low, ice = climate_cover(lat_deg, land_fraction(lat_deg, lon_deg), time_s)
    return _level(low), _level(ice)


def low_depth(low: NDArray[np.float32]) -> NDArray[np.float32]:
    """Optical depth of low cloud from how far its field is above the edge.

    It grows from zero as the power 5/2, and at the edge has a depth that satellites detect. Assumption.
    """
    edge, steep, thick = np.float32(_EDGE), np.float32(1.0 / _EDGE), np.float32(EDGE_OPTICAL_DEPTH)
    fast = loops()
    if fast is not None:
        found = np.empty_like(low)
        fast.low_depth(low.reshape(-1), edge, steep, thick, found.reshape(-1))
        return found
    rise = np.maximum(low + edge, np.float32(0.0))
    rise *= steep
    depth: NDArray[np.float32] = np.sqrt(rise)
    depth *= rise
    depth *= rise
    depth *= thick
    return depth


TOWERS = ((0.5, 0.7), (1.0, 1.3))
"""Thick cloud is tall. Of each height: its share of the way from low cloud to the tops, and what is subtracted from
the low-cloud field there. Assumption."""


def high_depth(low: NDArray[np.float32], ice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Optical depth of the highest clouds: the tops of towers, and ice cloud."""
    depth = ice_depth(ice)
    depth += low_depth(low - np.float32(TOWERS[-1][1]))
    return depth


def ice_depth(ice: NDArray[np.float32]) -> NDArray[np.float32]:
    """Optical depth of ice cloud from how far its field is above the edge.

    It grows more slowly the thicker it is; outside the edge, a veil too thin to count as cloud fades out more
    slowly still. Assumption.
    """
    steep = ice * np.float32(5.0)
    steep /= np.float32(1.0) + np.float32(1.2) * np.abs(ice) - np.float32(0.4) * ice
    depth: NDArray[np.float32] = np.exp(steep)
    depth *= np.float32(EDGE_OPTICAL_DEPTH)
    return depth


def _mix(octaves: NDArray[np.float32], strength: tuple[float, ...]) -> NDArray[np.float64]:
    """The sum of octaves, shape (N,)."""
    total = np.zeros(octaves.shape[1])
    for octave, factor in zip(octaves, strength, strict=True):
        total += factor * octave.astype(np.float64)
    return total


def _level(cover: NDArray[np.float64]) -> NDArray[np.float64]:
    sure = np.where(cover <= 0.0, -20.0, np.where(cover >= 1.0, 20.0, 0.0))
    return normal_quantile(cover) + sure


# --- for cover statistics without painting ------------------------------------------------------------


@dataclass(frozen=True)
class Weather:
    """The clouds of a world at any time: the normal variables that `Sky` is made of.

    Attributes:
        seed: Of the world.
        mean_cover: See `Sky`.
        cloud_optical_depth: Threshold for cloud.
        pace: See `Sky`.
    """

    seed: int
    mean_cover: float | None = None
    cloud_optical_depth: float = CLOUD_OPTICAL_DEPTH
    pace: Pace = Pace()

    def octaves(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64], count: int
    ) -> NDArray[np.float32]:
        """The coarsest octaves of low and of ice cloud, each standard normal: shape (2, count, N).

        Args:
            direction: Unit vectors, shape (3, N).
            time_s: [s] since 2000-01-01, shape (N,) or (1,), as in the other methods.
            count: At most `SPECTRUM.known`.
        """
        return self.pace.noise(self.seed, "cloud", _SPACING_KM[:count]).values(direction, time_s)

    def regime(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The standard normal field that makes small scales weak or strong, shape (N,)."""
        slow = self.pace.noise(self.seed, "regime", _REGIME_KM).values(direction, time_s)
        return np.asarray(slow[0].sum(0) / np.sqrt(len(_REGIME_KM)), np.float64)

    def levels(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Offsets by which the climate raises the fields of low and ice cloud, shape (2, N)."""
        return np.stack(climate_levels(direction, time_s, self.mean_cover))


@dataclass(frozen=True)
class Spectrum:
    """The octaves that the two fields are sums of, with spacing and strength, the coarsest first.

    Attributes:
        spacing_km: [km] Of each octave: those of `Weather.octaves`, then the noise of `Sky.refine`.
        low: Strength of each in low cloud.
        ice: Strength of each in ice cloud, as a share of the field's deviation.
        large: How many of the first octaves the regime does not affect.
        known: How many of the first octaves `Weather.octaves` provides.
    """

    spacing_km: tuple[float, ...]
    low: tuple[float, ...]
    ice: tuple[float, ...]
    large: int
    known: int


def breaking(regime: NDArray[np.float64]) -> NDArray[np.float64]:
    """The factor by which a regime multiplies the small scales of low cloud."""
    return np.asarray(np.exp(0.6 * np.clip(regime, -1.5, 1.3)), np.float64)


def fine_deviation(above: int, finest: int) -> float:
    """Deviation of the noise of all levels finer than `above`, up to `finest`, before the regime's factor."""
    return float(np.sqrt(sum(_fine(level) ** 2 for level in range(above + 1, finest + 1))))


ICE_FINE = _ICE_FINE
_LEVELS = range(COARSEST_LEVEL, COARSEST_LEVEL + 10)
_VEIL = float(np.sqrt(sum(a * a for a in _ICE)))
SPECTRUM = Spectrum(
    spacing_km=(*_SPACING_KM, *(spacing_km(level) for level in _LEVELS)),
    low=(*_LARGE, *_SMALL, *(_fine(level) for level in _LEVELS)),
    ice=(*(a / _VEIL for a in _ICE), *(_ICE_FINE * _fine(level) for level in _LEVELS)),
    large=len(_LARGE),
    known=len(_SPACING_KM),
)
