"""The ground: reflectance in four bands at a place and a season.

Four fields that stand still make it: height above the coast, moisture, warmth and a texture. Land is
where a normal field stands above the quantile of the land fraction, so that coasts are fractal and
the land fraction of a region is right on average. Farmland is a mosaic of parcels.

Assumption: reflectances are typical values of their class, not measured; the zones of moisture and
warmth are round figures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.world.globe import declination_deg, land_fraction, lat_lon
from payload.world.lattice import COARSEST_LEVEL, Footprint, Nodes, cell_values, spacing_km
from payload.world.noise import SphereNoise, hash_grid, normal_quantile

BANDS = ("blue", "green", "red", "nir")

# Reflectance at the ground: blue, green, red, near infrared.
_DEEP = (0.024, 0.022, 0.012, 0.006)
_SHALLOW = (0.050, 0.070, 0.052, 0.022)
_SOIL = (0.070, 0.098, 0.135, 0.200)
_SAND = (0.165, 0.245, 0.335, 0.415)
_FOREST = (0.020, 0.038, 0.024, 0.265)
_GRASS = (0.036, 0.070, 0.056, 0.285)
_SNOW = (0.780, 0.780, 0.760, 0.680)
_FLOES = (0.450, 0.450, 0.420, 0.340)

_SPACING_KM = tuple(spacing_km(COARSEST_LEVEL - 1 - octave) for octave in range(9, -1, -1))
# Height, moisture, warmth, texture: strength of each octave from 1250 km down to 2.4 km between
# points, and what each octave below is of the one before.
_STRENGTH = (
    (0.00, 0.00, 0.00, 0.20, 0.45, 0.50, 0.45, 0.36, 0.28, 0.21),
    (0.25, 0.30, 0.35, 0.35, 0.30, 0.26, 0.24, 0.22, 0.22, 0.22),
    (0.30, 0.30, 0.25, 0.25, 0.20, 0.16, 0.13, 0.10, 0.08, 0.06),
    (0.20, 0.25, 0.25, 0.30, 0.30, 0.30, 0.30, 0.30, 0.28, 0.26),
)
_FALL = (0.62, 0.80, 0.68, 0.84)
_WHITE_GAIN = 1.8  # noise added on one level keeps 1 / 1.8 of its deviation when it is smoothed
_NIR = 3
_PARCEL_LEVEL = 15  # parcels of farmland: 300 m long and half as wide


@dataclass(frozen=True)
class Ground:
    """The ground of a world in a season; see `payload.world.lattice.climb` for its two verbs.

    Its four fields are height above the coast [standard deviations], moisture, warmth [10 degC]
    and texture.

    Attributes:
        seed: Of the world.
        time_s: [s] since 2000-01-01, for the season.
    """

    seed: int
    time_s: float

    def start(self, nodes: Nodes) -> NDArray[np.float32]:
        """The fields on the coarsest level, shape (4, H, W)."""
        direction = nodes.direction.reshape(3, -1)
        lat_deg, lon_deg = lat_lon(direction)
        land = land_fraction(lat_deg, lon_deg)
        warmth = _warmth(lat_deg, land, self.time_s)
        means = (normal_quantile(land), _moisture(lat_deg), warmth, np.zeros_like(lat_deg))
        octaves = SphereNoise(self.seed, "ground", _SPACING_KM).values(direction)
        fields = np.empty(octaves.shape[::2], np.float32)
        for field, (mean, strength) in enumerate(zip(means, _STRENGTH, strict=True)):
            total = mean.copy()
            for octave, factor in zip(octaves[field], strength, strict=True):
                total += factor * octave.astype(np.float64)
            fields[field] = total
        return fields.reshape(-1, *nodes.shape)

    def refine(self, nodes: Nodes, fields: NDArray[np.float32]) -> None:
        """Add the noise of a level, in place."""
        name = key(self.seed, "ground", nodes.face, nodes.level)
        bits = hash_grid(name, nodes.rows.indices, nodes.cols.indices).view(np.int16)
        octave = nodes.level - COARSEST_LEVEL + 1
        for field in range(len(fields)):
            strength = _STRENGTH[field][-1] * _FALL[field] ** octave * _WHITE_GAIN
            noise = bits[:, field::4].astype(np.float32)  # spread evenly over 16 bits
            noise *= np.float32(strength * np.sqrt(12.0) / 2**16)
            fields[field] += noise

    def parcels(self, footprint: Footprint) -> NDArray[np.float32]:
        """What is grown: a value from -1 to 1 for the parcel of each pixel, shape (H, W)."""

        def grow(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.float32]:
            name = key(self.seed, "parcels", footprint.face)
            bits = hash_grid(name, rows, cols) >> np.uint64(40)
            return bits.astype(np.float32) * np.float32(2.0**-23) - np.float32(1.0)

        return cell_values(footprint, (_PARCEL_LEVEL, _PARCEL_LEVEL + 1), grow)


def reflectance(
    fields: NDArray[np.float32], parcels: NDArray[np.float32]
) -> list[NDArray[np.float32]]:
    """Reflectance at the ground in blue, green, red and near infrared, each of shape (H, W).

    Args:
        fields: Those of `Ground`, at the pixels, shape (4, H, W).
        parcels: Those of `Ground`, at the pixels.
    """
    height, moisture, warmth, texture = fields
    farmed = _ramp(1.3 - np.abs(moisture - 0.2)) * _ramp(warmth * 2.0)
    wet = moisture + parcels * farmed * 0.7
    green = _smooth(0.5 + 0.55 * wet) * _ramp(warmth * 1.2 + 0.3)
    wooded, sandy = _ramp(wet - 0.6), _ramp(-0.4 - wet)
    shade = np.clip(1.0 + 0.18 * texture, 0.4, 1.8)
    lush = np.clip(1.0 + 0.10 * texture + 0.12 * wet + 0.06 * parcels * farmed, 0.5, 1.5)
    land = _ramp(height * 40.0 + 0.5)
    land *= 1.0 - _ramp((-2.6 - texture) * 12.0)  # lakes
    shallow = np.square(_ramp(1.0 + height * 3.0))
    snow, floes = _ramp(0.5 - warmth * 5.0), _ramp(-2.0 - warmth * 5.0)
    frozen = np.clip(1.0 + 0.05 * texture, 0.8, 1.15)
    waves = 1.0 + 0.02 * texture
    bands = []
    for band in range(len(BANDS)):
        bare = _SOIL[band] + sandy * (_SAND[band] - _SOIL[band])
        bare *= shade
        plants = _GRASS[band] + wooded * (_FOREST[band] - _GRASS[band])
        plants *= lush if band == _NIR else shade
        plants -= bare
        plants *= green
        bare += plants
        bare += snow * (_SNOW[band] * frozen - bare)
        water = (_DEEP[band] + shallow * (_SHALLOW[band] - _DEEP[band])) * waves
        water += floes * (_FLOES[band] * frozen - water)
        bare -= water
        bare *= land
        bare += water
        bands.append(bare)
    return bands


def _moisture(lat_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Wet under the tropical rains, dry in the horse latitudes, moist beyond. Assumption."""
    away = np.abs(lat_deg)
    rains = 0.9 * np.exp(-((away / 10.0) ** 2))
    return np.asarray(0.35 + rains - 1.8 * np.exp(-(((away - 24.0) / 8.0) ** 2)), np.float64)


def _warmth(
    lat_deg: NDArray[np.float64], land: NDArray[np.float64], time_s: float
) -> NDArray[np.float64]:
    """[10 degC] Mean temperature of the month; the year lags the sun by a month. Assumption."""
    sine = np.sin(np.radians(lat_deg))
    season = declination_deg(time_s - 30.0 * 86400.0) / 23.44
    mean = 2.8 - 4.0 * np.abs(sine) ** 3 + (0.5 + 1.1 * land) * sine * season
    return np.asarray(mean - 2.0 * land * np.clip((-62.0 - lat_deg) / 10.0, 0.0, 1.0), np.float64)


def _ramp(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(values, 0.0, 1.0)


def _smooth(values: NDArray[np.float32]) -> NDArray[np.float32]:
    share = _ramp(values)
    return share * share * (3.0 - 2.0 * share)
