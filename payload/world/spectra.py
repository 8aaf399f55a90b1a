"""From the land cover to its reflectance in blue, green, red and near infrared."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.world.parcels import Parcels
from payload.world.quick import loops
from payload.world.surface import LandCover

BANDS = ("blue", "green", "red", "nir")
_NIR = 3
_WIND_M_S = 5.0  # Assumption
Field = NDArray[np.float32]

# Reflectance at the ground: blue, green, red, near infrared.
# Source: medians of clear pixels of the labelled Landsat-8 and Sentinel-2 images, class by class (water, soils,
# sand, forest, crops, roofs), corrected for the air of `atmosphere.Air` at a sun elevation of 45 degrees.
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
_TRODDEN = 1.1  # how much brighter bare soil on tracks is; Assumption
_HUES = np.array((0.5, 0.0, -0.5, -0.3), np.float32)  # change of each band with the hue of soil


def _beyond(colour: tuple[float, ...], other: tuple[float, ...]) -> list[float]:
    return [a - b for a, b in zip(colour, other, strict=True)]


_COLOURS = np.array(
    [
        _SOIL,
        _beyond(_SAND, _SOIL),
        _ROCK,
        _GRASS,
        _beyond(_FOREST, _GRASS),
        [soil * _TRODDEN for soil in _SOIL],
        _STREET,
        _beyond(_ROOF, _STREET),
        _SNOW,
        _DEEP,
        _beyond(_TURBID, _DEEP),
        _FLOES,
    ],
    np.float32,
)
"""The colours that `_mixed` mixes, shape (12, 4): soil, sand minus soil, rock, grass, forest minus grass, tracks,
streets, roofs minus streets, snow, deep water, turbid minus deep water, floes."""


def reflectance(
    cover: LandCover, parcels: Parcels, texture: Field, lit: Field, glint: float
) -> Field:
    """Reflectance at the ground in `BANDS`, shape (4, H, W).

    Args:
        cover: Land cover there.
        parcels: Fields, tracks and houses there.
        texture: Field of `Ground`, shape (H, W).
        lit: Light by the slope towards the sun, as a share of that on level ground.
        glint: Reflectance of sun glint on water.
    """
    tilled = 0.25 * cover.crop
    shade = 0.15 * texture
    shade += 1.0
    shade += tilled
    np.clip(shade, 0.4, 1.8, out=shade)
    lush = 1.0 + cover.lush
    lush += np.multiply(cover.crop, 0.15, out=tilled)
    np.clip(lush, 0.4, 1.6, out=lush)
    # Damp soil is greyer, so the bands of bare ground do not vary in proportion.
    hue = 0.12 * cover.lush
    np.clip(hue, -0.06, 0.06, out=hue)
    hue *= 2.0
    track = parcels.track()
    trodden = track * cover.farmed
    trodden *= 0.6
    snow = cover.snow
    if snow.any():
        snow = snow * (1.0 - 0.75 * cover.forest * cover.plants)
    frozen = 0.05 * texture
    frozen += 1.0
    np.clip(frozen, 0.8, 1.15, out=frozen)
    frozen *= lit
    waves = 0.02 * texture
    waves += 1.0
    roof = _roofs(parcels, track) if cover.town.any() else cover.town
    layers = _Layers(
        cover.land,
        cover.sand,
        cover.rock,
        cover.plants,
        cover.forest,
        cover.town,
        cover.shallow,
        cover.floes,
        shade,
        lush,
        hue,
        trodden,
        roof,
        lit,
        snow,
        frozen,
        waves,
    )
    return _mixed(layers, np.float32(glint))


class _Layers(NamedTuple):
    """The layers that make up the colour of each pixel, each of shape (H, W); the first eight are those of `LandCover`.

    Attributes:
        shade: Brightness factor of bare ground and plants.
        lush: The same for plants in the near infrared.
        hue: How much brighter blue is on bare ground, and darker red.
        trodden: Share of tracks.
        roof: Share of roof in towns, times its brightness.
        lit: Light by the slope, as a share of that on level ground.
        snow: Share of snow; trees stick out of it.
        frozen: Brightness factor of snow and ice.
        waves: Brightness factor of water.
    """

    land: Field
    sand: Field
    rock: Field
    plants: Field
    forest: Field
    town: Field
    shallow: Field
    floes: Field
    shade: Field
    lush: Field
    hue: Field
    trodden: Field
    roof: Field
    lit: Field
    snow: Field
    frozen: Field
    waves: Field


def _mixed(layers: _Layers, glint: np.float32) -> Field:
    """Reflectance in `BANDS`, shape (4, H, W), from layers laid over one another."""
    bands = np.empty((len(BANDS), *layers.land.shape), np.float32)
    fast = loops()
    if fast is not None:
        fast.mix(tuple(layers), _COLOURS, _HUES, glint, bands)
        return bands
    frozen = layers.frozen
    water, more, other = (np.empty_like(frozen) for _ in range(3))
    sandy, rocky, is_town, snowy, icy = (
        bool(share.any())
        for share in (layers.sand, layers.rock, layers.town, layers.snow, layers.floes)
    )

    def lay(below: Field, share: Field, above: Field | np.float32) -> None:
        """Cover a share of `below` with something else, in place."""
        np.subtract(above, below, out=more)
        np.multiply(more, share, out=more)
        np.add(below, more, out=below)

    for band in range(len(BANDS)):
        ground = bands[band]
        soil, sand, rock, grass, forest, track, street, roof, snow, deep, turbid, floes = _COLOURS[
            :, band
        ]
        if sandy:
            np.multiply(layers.sand, sand, out=ground)
            ground += soil
        else:
            ground[...] = soil
        if rocky:
            lay(ground, layers.rock, rock)
        ground *= layers.shade
        np.multiply(layers.hue, _HUES[band], out=other)
        other += np.float32(1.0)
        ground *= other
        np.multiply(layers.forest, forest, out=other)
        other += grass
        other *= layers.lush if band == _NIR else layers.shade
        lay(ground, layers.plants, other)
        lay(ground, layers.trodden, track)
        if is_town:
            np.multiply(layers.roof, roof, out=other)
            other += street
            lay(ground, layers.town, other)
        ground *= layers.lit
        if snowy:
            lay(ground, layers.snow, np.multiply(frozen, snow, out=other))
        np.multiply(layers.shallow, turbid, out=water)
        water += deep
        water += glint
        water *= layers.waves
        if icy:
            lay(water, layers.floes, np.multiply(frozen, floes, out=other))
        ground -= water
        ground *= layers.land
        ground += water
    return bands


def sun_glint(sun_elevation_deg: float) -> float:
    """Reflectance of sun glint off a rough sea, seen from straight above, at a typical wind of 5 m/s.

    Source: slopes of the sea, Cox and Munk 1954, J. Opt. Soc. Am. 44, 838; Fresnel reflectance of water,
    0.021 near the vertical.
    """
    spread = 0.003 + 0.00512 * _WIND_M_S
    tilt = np.radians(90.0 - sun_elevation_deg) / 2
    slopes = np.exp(-(np.tan(tilt) ** 2) / spread) / (np.pi * spread)
    return float(
        np.pi * 0.021 * slopes / (4 * np.sin(np.radians(sun_elevation_deg)) * np.cos(tilt) ** 4)
    )


def _roofs(parcels: Parcels, track: Field) -> Field:
    """Share of roof on plots, times its brightness: gardens, dark and light roofs, a few white ones.

    Args:
        parcels: The parcels whose plots are built on.
        track: Streets, where there are no roofs.
    """
    house = parcels.house()
    roof = np.clip(house * 2.0 - 0.7, 0.0, None)
    roof += (house > np.float32(0.97)).astype(np.float32)
    return np.asarray(roof * (1.0 - track), np.float32)
