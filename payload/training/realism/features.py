"""Statistics of a tile's samples, as a row of named numbers; its truth is not used.

Brightness is in natural logarithms, so that a difference of 0.1 is about 10 %.

    <band> q05      logarithm of a quantile of reflectance
    <band> slope    exponent of power over wave number, 0 for white noise
    <band> waves 8-16       logarithm of power between wave numbers [cycles per tile]
    <band> grain    logarithm of the deviation of the finest detail: noise, mostly
    <band> peaks    logarithm of the kurtosis of gradients: 1.1 for noise, more with edges
    <band> patchy   logarithm of the ratio of roughness between rough and smooth parts of the tile
    <band> upright  logarithm of squared gradients across over those down the tile; 0 if alike
    <band> askew    logarithm of squared gradients along the axes over those along the diagonals
    blue~red        correlation of two bands
    blue~red fine   correlation of their finest detail
    green/blue      mean logarithm of a ratio of bands
    ndvi q50        quantile of (nir - red) / (nir + red)
"""

from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from payload.training.realism.spectrum import radial_power, slope

BANDS = ("blue", "green", "red", "nir")
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_WAVES = (2, 4, 8, 16, 32, 65)
_DARKEST = 1e-3
_QUIET = 1e-5  # [reflectance] smaller deviations count as this
_BLOCK_PX = 16
_PAIRS = tuple(combinations(range(len(BANDS)), 2))


def _names() -> tuple[str, ...]:
    found: list[str] = []
    for band in BANDS:
        found += [f"{band} q{round(100 * q):02}" for q in _QUANTILES]
        found += [f"{band} slope"]
        found += [f"{band} waves {a}-{b - (b == _WAVES[-1])}" for a, b in pairwise(_WAVES)]
        found += [f"{band} {word}" for word in ("grain", "peaks", "patchy", "upright", "askew")]
    pairs = [f"{BANDS[a]}~{BANDS[b]}" for a, b in _PAIRS]
    found += [*pairs, *(f"{pair} fine" for pair in pairs)]
    found += [f"{band}/blue" for band in BANDS[1:]]
    return (*found, "ndvi q05", "ndvi q50", "ndvi q95")


NAMES = _names()
_PLAIN = (*(f" q{round(100 * q):02}" for q in _QUANTILES), " slope", " waves ", "~")
IS_PLAIN = np.array([any(word in name for word in _PLAIN) and "ndvi" not in name for name in NAMES])
"""Which features belong to histogram, power spectrum and correlations of bands, shape (F,); the others are finer."""


def features(bands: NDArray[np.float32]) -> NDArray[np.float64]:
    """The features of a square tile of reflectances (4, N, N), in the order of `NAMES`."""
    found: list[float] = []
    fine = [_detail(band) for band in bands]
    for band, detail in zip(bands, fine, strict=True):
        found += _of_band(band.astype(np.float64), detail)
    flat = bands.reshape(len(bands), -1)
    found += [_correlation(flat[a], flat[b]) for a, b in _PAIRS]
    found += [_correlation(fine[a].ravel(), fine[b].ravel()) for a, b in _PAIRS]
    logs = np.log(np.maximum(flat.astype(np.float64), _DARKEST))
    found += list((logs[1:] - logs[0]).mean(axis=1))
    ndvi = (flat[3] - flat[2]) / np.maximum(flat[3] + flat[2], _DARKEST)
    found += list(np.quantile(ndvi, (0.05, 0.5, 0.95)))
    return np.array(found)


def _of_band(band: NDArray[np.float64], detail: NDArray[np.float64]) -> list[float]:
    power = radial_power(band)
    quantiles = np.log(np.maximum(np.quantile(band, _QUANTILES), _DARKEST))
    waves = [_log(float(power[a:b].mean()), _QUIET**2) for a, b in pairwise(_WAVES)]
    across, down = np.diff(band, axis=1)[:-1], np.diff(band, axis=0)[:, :-1]
    falling, rising = band[1:, 1:] - band[:-1, :-1], band[1:, :-1] - band[:-1, 1:]
    blocks = _deviations(across)
    rough, smooth = np.quantile(blocks, 0.9), np.quantile(blocks, 0.1)
    straight = (across**2).mean() + (down**2).mean()
    oblique = (falling**2).mean() + (rising**2).mean()
    return [
        *quantiles,
        slope(power),
        *waves,
        _log(float(detail.std()), _QUIET),
        _log(_kurtosis(across), 1e-3),
        _log(float(rough), _QUIET) - _log(float(smooth), _QUIET),
        _log(float((across**2).mean()), _QUIET**2) - _log(float((down**2).mean()), _QUIET**2),
        _log(float(straight), _QUIET**2) - _log(float(oblique), _QUIET**2),
    ]


def _detail(band: NDArray[np.floating]) -> NDArray[np.float64]:
    """The part that neighbours in both directions do not predict; white noise keeps its deviation."""
    plane = band.astype(np.float64)
    rows = plane[2:] - 2 * plane[1:-1] + plane[:-2]
    both: NDArray[np.float64] = (rows[:, 2:] - 2 * rows[:, 1:-1] + rows[:, :-2]) / 6.0
    return both


def _deviations(field: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviations of a field's complete square blocks, flat."""
    rows, cols = (length // _BLOCK_PX for length in field.shape)
    cut = field[: rows * _BLOCK_PX, : cols * _BLOCK_PX]
    blocks = cut.reshape(rows, _BLOCK_PX, cols, _BLOCK_PX)
    deviations: NDArray[np.float64] = blocks.std(axis=(1, 3)).ravel()
    return deviations


def _kurtosis(values: NDArray[np.float64]) -> float:
    """Fourth central moment over the square of the second: 3 for a normal distribution."""
    squared = np.square(values - values.mean())
    return float(np.square(squared).mean() / max(float(squared.mean()) ** 2, _QUIET**4))


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Correlation of two flat fields; 0 if one of them is constant."""
    a, b = first - first.mean(dtype=np.float64), second - second.mean(dtype=np.float64)
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 1e-12 else 0.0


def _log(value: float, least: float) -> float:
    return float(np.log(max(value, least)))
