"""Power over scale: how a picture's variance is distributed over wave numbers.

>>> import numpy as np
>>> white = np.random.default_rng(0).normal(size=(128, 128))
>>> abs(slope(radial_power(white))) < 0.3
True
"""

from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_LOWEST = 4  # below it are few waves, and the window leaks the mean into them
_STEPS = 12  # bins of wave numbers, evenly spaced in their logarithm


def radial_power(field: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean power at each whole wave number, shape (N // 2 + 1,), of a square field (N, N).

    The mean is subtracted and a Hann window applied, whose loss of power is compensated: white
    noise of variance v has power v everywhere.
    """
    side = len(field)
    window = np.hanning(side + 1)[:-1]
    weight = np.outer(window, window)
    centred = field - np.average(field, weights=weight)
    power = np.abs(np.fft.rfft2(centred * weight)) ** 2 / np.square(weight).sum()
    rings, counts = _rings(side)
    summed = np.bincount(rings, power.ravel() * _twice(side), minlength=len(counts))
    return (summed / np.maximum(counts, 1))[: side // 2 + 1]


def slope(power: NDArray[np.float64], lowest: int = _LOWEST, highest: int | None = None) -> float:
    """Exponent of power over wave number: 0 for white noise, negative if large scales dominate.

    Args:
        power: As returned by `radial_power`.
        lowest: First wave number that counts.
        highest: Last wave number that counts; the last available if left out.
    """
    last = len(power) - 1 if highest is None else highest
    edges = np.unique(np.rint(np.geomspace(lowest, last + 1, _STEPS + 1)).astype(int))
    pools = [(a, b) for a, b in pairwise(edges) if b > a]
    waves = np.log([np.exp(np.log(np.arange(a, b)).mean()) for a, b in pools])
    strength = np.log([max(float(power[a:b].mean()), 1e-20) for a, b in pools])
    return float(np.polyfit(waves, strength, 1)[0])


@cache
def _rings(side: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The whole wave number of each sample of `rfft2`, flat, and how many samples of the whole plane have each."""
    rows = np.fft.fftfreq(side, 1 / side)[:, None]
    cols = np.fft.rfftfreq(side, 1 / side)[None, :]
    rings = np.rint(np.hypot(rows, cols)).ravel().astype(np.int64)
    return rings, np.asarray(np.bincount(rings, _twice(side)), np.float64)


@cache
def _twice(side: int) -> NDArray[np.float64]:
    """How often each sample of `rfft2`, flat, occurs in the whole plane."""
    times = np.full((side, side // 2 + 1), 2.0)
    times[:, 0] = 1.0
    if side % 2 == 0:
        times[:, -1] = 1.0
    return times.ravel()
