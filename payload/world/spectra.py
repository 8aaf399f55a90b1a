"""From what lies on the ground to its reflectance in blue, green, red and near infrared."""

import numpy as np
from numpy.typing import NDArray

from payload.world.parcels import Parcels
from payload.world.surface import LandCover

BANDS = ("blue", "green", "red", "nir")
_NIR = 3
_WIND_M_S = 5.0  # Assumption
Field = NDArray[np.float32]

# Reflectance at the ground: blue, green, red, near infrared.
# Source: medians of clear pixels of the labelled Landsat-8 and Sentinel-2 images, class by class (water, soils,
# sand, forest, crops, roofs), brought below the air of `atmosphere.Air` at a sun of 45 degrees.
_DEEP = (0.026, 0.018, 0.006, 0.003)
_TURBID = (0.074, 0.070, 0.057, 0.045)
_SOIL = (0.078, 0.095, 0.115, 0.175)
_ROCK = (0.095, 0.110, 0.122, 0.150)  # Assumption
_SAND = (0.154, 0.200, 0.245, 0.300)
_FOREST = (0.024, 0.039, 0.025, 0.228)
_GRASS = (0.036, 0.058, 0.042, 0.310)
# Source: Warren 1982, Rev. Geophys. 20, 67, for old snow; Grenfell and Perovich 2004 for sea ice.
_SNOW = (0.90, 0.89, 0.87, 0.80)
_FLOES = (0.62, 0.62, 0.60, 0.52)
_STREET = (0.10, 0.11, 0.12, 0.15)
_ROOF = (0.20, 0.21, 0.23, 0.26)


def reflectance(
    cover: LandCover, parcels: Parcels, texture: Field, lit: Field, glint: float
) -> Field:
    """Reflectance at the ground in `BANDS`, shape (4, H, W).

    Args:
        cover: What lies there.
        parcels: How people laid it out.
        texture: Field of `Ground`, shape (H, W).
        lit: Share of the light that a level place gets, by the slope towards the sun.
        glint: What calm water mirrors of the sun.
    """
    shade = np.clip(1.0 + 0.15 * texture + 0.25 * cover.crop, 0.4, 1.8)
    lush = np.clip(1.0 + cover.lush + 0.15 * cover.crop, 0.4, 1.6)
    # Damp soil is greyer: bands of bare ground do not go along with each other.
    hue = np.clip(0.12 * cover.lush, -0.06, 0.06) * 2.0
    tints = [1.0 + part * hue for part in (0.5, 0.0, -0.5, -0.3)]
    trodden = parcels.track() * cover.farmed * np.float32(0.6)
    snow = cover.snow * (1.0 - 0.75 * cover.forest * cover.plants)
    frozen = np.clip(1.0 + 0.05 * texture, 0.8, 1.15) * lit
    waves = 1.0 + 0.02 * texture
    town = cover.town if cover.town.any() else None
    roof = _roofs(parcels) if town is not None else None
    bands = np.empty((len(BANDS), *texture.shape), np.float32)
    for band in range(len(BANDS)):
        ground = _SOIL[band] + cover.sand * (_SAND[band] - _SOIL[band])
        ground += cover.rock * (_ROCK[band] - ground)
        ground *= shade
        ground *= tints[band]
        plants = _GRASS[band] + cover.forest * (_FOREST[band] - _GRASS[band])
        plants *= lush if band == _NIR else shade
        plants -= ground
        plants *= cover.plants
        ground += plants
        ground += trodden * (_SOIL[band] * 1.1 - ground)
        if town is not None and roof is not None:
            ground += town * (_STREET[band] + roof * (_ROOF[band] - _STREET[band]) - ground)
        ground *= lit
        ground += snow * (_SNOW[band] * frozen - ground)
        water = (_DEEP[band] + cover.shallow * (_TURBID[band] - _DEEP[band]) + glint) * waves
        water += cover.floes * (_FLOES[band] * frozen - water)
        ground -= water
        ground *= cover.land
        np.add(ground, water, out=bands[band])
    return bands


def sun_glint(sun_elevation_deg: float) -> float:
    """What a rough sea mirrors of the sun straight up, at a usual wind of 5 m/s.

    Source: slopes of the sea, Cox and Munk 1954, J. Opt. Soc. Am. 44, 838; Fresnel reflectance of water,
    0.021 near the vertical.
    """
    spread = 0.003 + 0.00512 * _WIND_M_S
    tilt = np.radians(90.0 - sun_elevation_deg) / 2
    slopes = np.exp(-(np.tan(tilt) ** 2) / spread) / (np.pi * spread)
    return float(
        np.pi * 0.021 * slopes / (4 * np.sin(np.radians(sun_elevation_deg)) * np.cos(tilt) ** 4)
    )


def _roofs(parcels: Parcels) -> Field:
    """How far plots are roof, and how bright: gardens, dark and light roofs, a few white ones."""
    house = parcels.house()
    roof = np.clip(house * 2.0 - 0.7, 0.0, None)
    roof += (house > np.float32(0.97)).astype(np.float32)
    return np.asarray(roof * (1.0 - parcels.track()), np.float32)
