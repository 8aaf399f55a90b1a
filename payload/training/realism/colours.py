"""Colours: ratios of bands and spectra of pixels, by what they show and how bright they are.

Clear ground is classified by its colour at the top of the atmosphere, in the same way for real and
rendered images; pixels near cloud or shadow are left out, as haze lies over them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from payload.training.realism.shots import Shot
from payload.types import CLEAR, CLOUD

_STEP = 3  # every third pixel of every third row: neighbours are redundant
_AWAY_PX = 6
_DARKEST = 1e-3

Masks = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Colour:
    """The pixels of a class, pooled over images.

    Attributes:
        pixels: Number of pixels.
        images: Number of images they come from.
        spectrum: Median reflectance in blue, green, red, near infrared.
        low: 10th percentile of the reflectances.
        high: 90th percentile of the reflectances.
        ratios: Mean logarithm of green, red and near infrared over blue.
        spread: Standard deviation of these logarithms.
    """

    pixels: int
    images: int
    spectrum: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    ratios: tuple[float, ...]
    spread: tuple[float, ...]


def ground(bands: NDArray[np.float32]) -> Masks:
    """Classes of clear ground by colour; a pixel belongs to the first class that fits, or to none.

    Args:
        bands: Reflectance at the top of the atmosphere, shape (4, ...).

    Assumption: round limits that separate what the eye tells apart on true-colour pictures.
    """
    blue, green, red, nir = bands
    ndvi = (nir - red) / np.maximum(nir + red, _DARKEST)
    water = (nir < 0.10) & (green > nir) & (blue < 0.2)
    plants = (ndvi > 0.45) & (blue < 0.2)
    snow = (blue > 0.35) & (np.abs(ndvi) < 0.15)
    bright = ~snow & (blue > 0.18) & (ndvi < 0.3)
    bare = (ndvi > 0.03) & (ndvi < 0.25) & (blue <= 0.18) & (red > 0.08) & ~water
    sparse = (ndvi >= 0.25) & (ndvi <= 0.45) & (blue < 0.2)
    found: dict[str, NDArray[np.bool_]] = {}
    free = np.ones_like(water)
    for name, mask in (
        ("water", water),
        ("dense plants", plants),
        ("sparse plants", sparse),
        ("bare ground", bare),
        ("bright ground", bright),
        ("snow", snow),
    ):
        found[name] = mask & free
        free &= ~mask
    return found


def brightness(bands: NDArray[np.float32], *, cloud: bool) -> Masks:
    """Steps of brightness in blue: three of clear ground, or five of cloud."""
    blue = bands[0]
    limits = (0.2, 0.35, 0.55, 0.75, 1.0) if cloud else (0.1, 0.2)
    edges = (0.0, *limits, np.inf)
    word = "cloud" if cloud else "clear"
    found = {}
    for low, high in pairwise(edges):
        span = f"from {low:g} on" if high == np.inf else f"{low:g} to {high:g}"
        found[f"{word}, blue {span}"] = (blue >= low) & (blue < high)
    return found


def colours(shots: Iterable[Shot]) -> dict[str, Colour]:
    """The colour of each class with at least 200 of the pixels sampled."""
    parts: dict[str, list[NDArray[np.float32]]] = {}
    for shot in shots:
        clear = ~ndimage.binary_dilation(shot.truth != CLEAR, iterations=_AWAY_PX)
        cloud = shot.truth == CLOUD
        grid = np.s_[::_STEP, ::_STEP]
        seen = shot.bands[:, *grid]
        for inside, masks in (
            (clear[grid], ground(seen)),
            (clear[grid], brightness(seen, cloud=False)),
            (cloud[grid], brightness(seen, cloud=True)),
        ):
            for name, mask in masks.items():
                if (chosen := mask & inside).any():
                    parts.setdefault(name, []).append(seen[:, chosen])
    return {
        name: colour(pieces)
        for name, pieces in parts.items()
        if sum(piece.shape[1] for piece in pieces) >= 200
    }


def colour(pieces: list[NDArray[np.float32]]) -> Colour:
    """The colour of pixels, given as reflectances (4, N) from each of several images."""
    pixels = np.concatenate(pieces, axis=1).astype(np.float64)
    logs = np.log(np.maximum(pixels, _DARKEST))
    ratios = logs[1:] - logs[0]
    low, median, high = np.quantile(pixels, (0.1, 0.5, 0.9), axis=1)
    return Colour(
        pixels.shape[1],
        len(pieces),
        _plain(median),
        _plain(low),
        _plain(high),
        _plain(ratios.mean(axis=1)),
        _plain(ratios.std(axis=1)),
    )


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
