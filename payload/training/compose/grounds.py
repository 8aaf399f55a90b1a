"""Made-up ground: surface reflectance of kinds that look like cloud, and of ordinary ones.

Spectra are of blue, green, red and near infrared. Sources: snow and ice by grain size and melting,
Warren 1982, Rev. Geophys. 20, 67, Grenfell, Warren and Mullen 1994 (polar plateau) and Grenfell and
Perovich 2004 (sea ice); sand, gypsum, salt, roofs,
plants and soils: USGS Spectral Library version 7, Kokaly et al. 2017, rounded. The spread about
these values is an assumption, and wide on purpose.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from payload.training.compose.fields import (
    Field,
    blurred,
    fractal,
    mosaic,
    rectangles,
    relief,
    smooth_step,
)
from payload.training.compose.light import Light

_PLATEAU_SUN_DEG = 28.0  # Assumption
Ground = NDArray[np.float32]
Spectrum = tuple[float, float, float, float]

_FRESH_SNOW = (0.97, 0.97, 0.96, 0.90)
_POLAR_SNOW = (0.98, 0.98, 0.97, 0.945)
_COARSE_SNOW = (0.93, 0.92, 0.90, 0.70)
_MELTING_SNOW = (0.72, 0.71, 0.68, 0.50)
_GLACIER_ICE = (0.62, 0.60, 0.50, 0.27)
_SEA_ICE = (0.80, 0.80, 0.77, 0.64)
_MELT_POND = (0.38, 0.33, 0.20, 0.06)
_WATER = (0.030, 0.024, 0.012, 0.004)
_TURBID = (0.085, 0.135, 0.140, 0.050)
_FOAM = (0.22, 0.22, 0.21, 0.20)
_DUNE = (0.16, 0.25, 0.37, 0.46)
_PALE_SAND = (0.28, 0.36, 0.43, 0.50)
_GYPSUM = (0.62, 0.70, 0.74, 0.78)
_SALT = (0.45, 0.53, 0.57, 0.60)
_CHALK = (0.42, 0.48, 0.53, 0.58)
_SOIL = (0.070, 0.100, 0.140, 0.210)
_ROCK = (0.13, 0.15, 0.17, 0.20)
_ASPHALT = (0.09, 0.10, 0.11, 0.13)
_CONCRETE = (0.24, 0.28, 0.31, 0.35)
_WHITE_ROOF = (0.66, 0.72, 0.74, 0.74)
_METAL_ROOF = (0.42, 0.43, 0.44, 0.46)
_TILE_ROOF = (0.08, 0.11, 0.20, 0.27)
_FOREST = (0.022, 0.042, 0.026, 0.270)
_WINTER_FOREST = (0.025, 0.032, 0.028, 0.140)
_BARE_FOREST = (0.05, 0.07, 0.09, 0.18)
_GRASS = (0.040, 0.080, 0.060, 0.300)
_DRY_GRASS = (0.080, 0.130, 0.180, 0.280)


def snow(rng: np.random.Generator, side_px: int, light: Light, azimuth_deg: float) -> Ground:
    """Snow: plateaus, fields, mountains with rock, forest under snow.

    Plateaus occur only under a low sun; under a high one their pixels would look just like fog.
    """
    kind = rng.choice(
        ["plateau", "plain", "mountain", "forest", "patchy"], p=[0.2, 0.18, 0.26, 0.26, 0.1]
    )
    if kind == "plateau" and light.sun_elevation_deg > _PLATEAU_SUN_DEG:
        kind = "mountain"
    white = _between(rng, (_FRESH_SNOW, _COARSE_SNOW), spread=0.03)
    if kind != "plateau" and rng.random() < 0.3:
        white = _mix(white, _MELTING_SNOW, rng.uniform(0.2, 0.9))
    if kind == "plateau":
        drifts = fractal(rng, side_px, slope=rng.uniform(1.5, 3.5), stretch=rng.uniform(1, 4))
        white = _between(rng, (_POLAR_SNOW, _POLAR_SNOW, _FRESH_SNOW), spread=0.02)
        rough = np.exp(rng.uniform(np.log(0.0005), np.log(0.03)))
        return _shaded(white, 1 + np.float32(rough) * drifts)
    height = fractal(rng, side_px, slope=rng.uniform(3.2, 4.2), largest_px=rng.uniform(60, 300))
    steepness = min(0.25 / np.tan(np.radians(light.sun_elevation_deg)), 0.6)
    if kind == "plain":
        field = _shaded(white, relief(height, azimuth_deg, steepness * rng.uniform(0.1, 0.5)))
        return _parcelled(rng, field, (_SOIL, _BARE_FOREST, _ROCK), share=rng.uniform(0.03, 0.4))
    lit = relief(height, azimuth_deg, steepness * rng.uniform(0.3, 1.2))
    dark = _between(rng, (_ROCK, _BARE_FOREST, _WINTER_FOREST, _SOIL))
    if kind == "mountain":
        bare = smooth_step(-height + _noise(rng, side_px, 2.0, 0.6), *_ramp(rng, -0.3, 1.8))
    elif kind == "forest":
        crowns = fractal(rng, side_px, slope=rng.uniform(0.3, 1.6), largest_px=rng.uniform(3, 20))
        cover = fractal(rng, side_px, slope=3.2, largest_px=rng.uniform(40, 200))
        bare = smooth_step(
            cover + np.float32(rng.uniform(0.6, 2.0)) * crowns, *_ramp(rng, -1.2, 0.6)
        ) * np.float32(rng.uniform(0.4, 0.95))
    else:
        bare = smooth_step(_noise(rng, side_px, 2.6, 1.0), *_ramp(rng, -0.5, 0.5))
    return _blend(white, dark, bare) * lit


def ice(rng: np.random.Generator, side_px: int, light: Light, azimuth_deg: float) -> Ground:
    """Sea ice with leads and ponds, frozen lakes, or a glacier with crevasses."""
    kind = rng.choice(["sea", "lakes", "glacier"], p=[0.45, 0.25, 0.3])
    if kind == "lakes":
        shore = _noise(rng, side_px, rng.uniform(2.8, 3.6), 1.0)
        frozen = smooth_step(shore, *_ramp(rng, 0.0, 1.0))
        white = _mix(_MELT_POND, _between(rng, (_SEA_ICE, _FRESH_SNOW)), rng.uniform(0, 1))
        sheet = _shaded(white, 1 + _noise(rng, side_px, rng.uniform(1.5, 3.0), 0.08))
        land = plain(rng, side_px, light, azimuth_deg)
        return np.asarray(land * (1 - frozen) + sheet * frozen, np.float32)
    if kind == "sea":
        floe = _between(rng, (_SEA_ICE, _FRESH_SNOW, _MELTING_SNOW), spread=0.04)
        cells = mosaic(rng, side_px, float(np.exp(rng.uniform(np.log(6), np.log(90)))))
        brightness = rng.uniform(0.55, 1.0, size=cells.max() + 1).astype(np.float32)[cells]
        frost = 1 - np.float32(rng.uniform(0, 1)) * (1 - brightness)
        field = _shaded(floe, frost * (1 + _noise(rng, side_px, 2.0, 0.03)))
        edges = smooth_step(_leads(cells, rng), 0.2, 0.8)
        field = _over(field, _WATER, edges)
        ponds = smooth_step(_noise(rng, side_px, 2.4, 1.0), *_ramp(rng, 0.8, 3.0))
        return _over(field, _MELT_POND, ponds)
    bulk = _mix(_GLACIER_ICE, _between(rng, (_COARSE_SNOW, _MELTING_SNOW)), rng.uniform(0, 0.9))
    height = fractal(rng, side_px, slope=3.4, largest_px=rng.uniform(60, 300))
    cracks = relief(
        fractal(rng, side_px, slope=2.2, stretch=rng.uniform(2, 8), largest_px=30),
        azimuth_deg,
        rng.uniform(0.02, 0.2),
    )
    lit = relief(height, azimuth_deg, min(0.1 / np.tan(np.radians(light.sun_elevation_deg)), 0.4))
    debris = smooth_step(_noise(rng, side_px, 3.0, 1.0), *_ramp(rng, 0.8, 2.5))
    return _over(_shaded(bulk, cracks * lit), _ROCK, debris)


def sand(rng: np.random.Generator, side_px: int, light: Light, azimuth_deg: float) -> Ground:
    """Dunes, pale sand, gypsum, salt and chalk, with rock in between."""
    bright = _between(rng, (_DUNE, _PALE_SAND, _GYPSUM, _SALT, _CHALK), spread=0.06)
    other = _between(rng, (_DUNE, _PALE_SAND, _SOIL, _ROCK), spread=0.05)
    share = smooth_step(_noise(rng, side_px, rng.uniform(2.4, 3.6), 1.0), *_ramp(rng, -1.5, 1.5))
    dunes = fractal(
        rng, side_px, slope=rng.uniform(2.4, 3.4), largest_px=rng.uniform(6, 80),
        stretch=rng.uniform(1, 5),
    )  # fmt: skip
    steep = min(0.12 / np.tan(np.radians(light.sun_elevation_deg)), 0.4) * rng.uniform(0.1, 1.2)
    return _blend(bright, other, share) * relief(dunes, azimuth_deg, steep)


def roofs(rng: np.random.Generator, side_px: int, light: Light, azimuth_deg: float) -> Ground:
    """A town: bright and dark roofs between streets, gardens and yards."""
    field = plain(rng, side_px, light, azimuth_deg)
    town = smooth_step(_noise(rng, side_px, 3.0, 1.0), *_ramp(rng, -2.0, 0.5))
    field = _over(field, _between(rng, (_ASPHALT, _CONCRETE), spread=0.03), town * np.float32(0.8))
    size = float(np.exp(rng.uniform(np.log(2), np.log(14))))
    count = int(min(rng.uniform(0.05, 0.5) * side_px**2 / size**2, 1500))
    drawn = rectangles(rng, side_px, count, (size * 0.6, size * rng.uniform(1.5, 4.0)))
    spectra = np.array([_WHITE_ROOF, _METAL_ROOF, _TILE_ROOF, _CONCRETE, _ASPHALT], np.float32)
    kinds = rng.choice(len(spectra), size=count + 1, p=rng.dirichlet([1.5, 1.5, 1, 1.5, 0.7]))
    shade = rng.uniform(0.6, 1.35, size=count + 1).astype(np.float32)
    colours = spectra[kinds] * shade[:, None]
    built = ((drawn > 0) & (town > 0.3)).astype(np.float32)
    roof = np.moveaxis(colours[drawn], -1, 0)
    shadow = np.roll(built, (1, 1), axis=(0, 1)) * (1 - built) * np.float32(rng.uniform(0, 0.6))
    return np.asarray(field * (1 - shadow) * (1 - built) + roof * built, np.float32)


def glint(rng: np.random.Generator, side_px: int, _light: Light, azimuth_deg: float) -> Ground:
    """Sun glint on water: smooth white brightness, broken by waves and slicks."""
    water = _between(rng, (_WATER, _TURBID))
    rows, cols = np.mgrid[0:side_px, 0:side_px].astype(np.float32) / side_px - 0.5
    angle = np.radians(azimuth_deg)
    across = cols * np.cos(angle) + rows * np.sin(angle) - np.float32(rng.uniform(-0.6, 0.6))
    spot = np.exp(-((across / np.float32(rng.uniform(0.2, 1.5))) ** 2))
    waves = _noise(rng, side_px, rng.uniform(0.0, 0.8), rng.uniform(0.04, 0.30))
    calm = smooth_step(_noise(rng, side_px, 3.4, 1.0), *_ramp(rng, 0.5, 3.0))
    slicks = -np.float32(rng.uniform(0, 0.7)) * calm
    mirrored = np.float32(np.exp(rng.uniform(np.log(0.02), np.log(0.25)))) * spot
    mirrored = mirrored * np.maximum(1 + waves + slicks, 0.05)
    base = np.array(water, np.float32)[:, None, None]
    tint = np.array([1.0, 1.0, 1.0, rng.uniform(0.9, 1.05)], np.float32)[:, None, None]
    return np.asarray(base + mirrored[None] * tint, np.float32)


def water(rng: np.random.Generator, side_px: int, _light: Light, _azimuth_deg: float) -> Ground:
    """Open, coastal or turbid water with plumes and foam."""
    plume = smooth_step(_noise(rng, side_px, 3.2, 1.0), *_ramp(rng, -1.5, 2.0))
    field = _blend(_WATER, _mix(_WATER, _TURBID, rng.uniform(0, 1.3)), plume)
    foam = smooth_step(_noise(rng, side_px, 1.5, 1.0), *_ramp(rng, 2.2, 4.0))
    return _over(field, _FOAM, foam)


def plain(rng: np.random.Generator, side_px: int, light: Light, azimuth_deg: float) -> Ground:
    """Fields, forests and bare soil on gentle hills."""
    parcels = mosaic(rng, side_px, float(np.exp(rng.uniform(np.log(6), np.log(60)))))
    spectra = np.array([_FOREST, _GRASS, _DRY_GRASS, _SOIL, _BARE_FOREST], np.float32)
    shares = rng.dirichlet([0.6, 0.6, 0.6, 0.6, 0.4])
    kinds = rng.choice(len(spectra), size=parcels.max() + 1, p=shares)
    shade = rng.uniform(0.75, 1.3, size=(parcels.max() + 1, 1)).astype(np.float32)
    field = np.moveaxis((spectra[kinds] * shade)[parcels], -1, 0)
    hills = fractal(rng, side_px, slope=3.4, largest_px=120)
    steep = min(0.15 / np.tan(np.radians(light.sun_elevation_deg)), 0.4) * rng.uniform(0, 1.2)
    texture = 1 + _noise(rng, side_px, 1.2, 0.08)
    return np.asarray(field * relief(hills, azimuth_deg, steep) * texture, np.float32)


GROUNDS: dict[str, Callable[[np.random.Generator, int, Light, float], Ground]] = {
    "snow": snow,
    "ice": ice,
    "sand": sand,
    "roofs": roofs,
    "glint": glint,
    "water": water,
    "plain": plain,
}
CONFUSERS = ("snow", "ice", "sand", "roofs", "glint")
"""Clear but bright ground, which is mistaken for cloud and discarded."""


def _mix(one: Spectrum, other: Spectrum, share: float) -> Spectrum:
    blue, green, red, nir = ((1 - share) * a + share * b for a, b in zip(one, other, strict=True))
    return blue, green, red, nir


def _between(
    rng: np.random.Generator, spectra: tuple[Spectrum, ...], *, spread: float = 0.0
) -> Spectrum:
    """Draw a mixture of two of several spectra, slightly perturbed."""
    first, second = rng.choice(len(spectra), size=2)
    drawn = np.array(_mix(spectra[first], spectra[second], rng.uniform()))
    drawn = drawn * (1 + spread * rng.standard_normal()) + 0.2 * spread * rng.standard_normal(4)
    blue, green, red, nir = np.clip(drawn, 0.002, 1.0).tolist()
    return blue, green, red, nir


def _shaded(spectrum: Spectrum, light: Field) -> Ground:
    return np.array(spectrum, np.float32)[:, None, None] * light[None]


def _blend(one: Spectrum, other: Spectrum, share: Field) -> Ground:
    """Mix two spectra pixel by pixel: `one` where share is 0, `other` where it is 1."""
    return _shaded(one, 1 - share) + _shaded(other, share)


def _over(field: Ground, spectrum: Spectrum, share: Field) -> Ground:
    return np.asarray(field * (1 - share) + _shaded(spectrum, share), np.float32)


def _noise(rng: np.random.Generator, side_px: int, slope: float, deviation: float) -> Field:
    return fractal(rng, side_px, slope=slope) * np.float32(deviation)


def _ramp(rng: np.random.Generator, low: float, high: float) -> tuple[float, float]:
    start = rng.uniform(low, high)
    return start, start + rng.uniform(0.1, 1.0)


def _leads(cells: NDArray[np.int32], rng: np.random.Generator) -> Field:
    """Open water along the borders of floes."""
    border = np.zeros(cells.shape, np.bool_)
    border[1:] |= cells[1:] != cells[:-1]
    border[:, 1:] |= cells[:, 1:] != cells[:, :-1]
    wide = blurred(border.astype(np.float32), rng.uniform(0.5, 2.0))
    return wide * np.float32(rng.uniform(0.0, 3.0))


def _parcelled(
    rng: np.random.Generator, field: Ground, spectra: tuple[Spectrum, ...], *, share: float
) -> Ground:
    """Cover some parcels of a field with something else."""
    cells = mosaic(rng, field.shape[-1], rng.uniform(8, 60))
    chosen = (rng.random(cells.max() + 1) < share)[cells].astype(np.float32)
    return _over(field, _between(rng, spectra), chosen * np.float32(rng.uniform(0.5, 1)))
