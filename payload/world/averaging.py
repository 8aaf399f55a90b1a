"""How much of an octave of noise remains in its mean over a square, and how well points estimate that mean.

The noise of `SphereNoise` is normal with variance one at every place. Over a square of the globe an
octave much coarser than the square is one number, and a much finer one averages out; in between, its
variance divides into that of the square's mean and the spread inside. All of this follows from one
function, the correlation of two places against their distance.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream

_REACH = 3.5  # distance in lattice spacings beyond which two places are uncorrelated
_STEPS = 16  # points across a square for integrals over it


@dataclass(frozen=True)
class Averaged:
    """An octave over a square, evaluated at `across` x `across` points of it.

    Attributes:
        of_mean: Variance of the mean over the square; one minus this is the variance inside.
        factor: The best estimate of that mean is this times the mean of the points.
        explained: Variance of that estimate; never more than `of_mean`.
    """

    of_mean: float
    factor: float
    explained: float


def averaged(spacings: float, across: int = 1) -> Averaged:
    """An octave over a square.

    Args:
        spacings: Side of the square in lattice spacings of the octave.
        across: Points along a side; they are the centres of across x across parts.

    Source: linear regression of a normal mean on normal values.
    """
    square, points = _middles(_STEPS), _middles(across)
    between = _mean_likeness(square, square, spacings)
    covariance = _mean_likeness(square, points, spacings)
    variance = _mean_likeness(points, points, spacings)
    factor = covariance / variance
    explained = min(factor * covariance, between)
    return Averaged(between, factor, explained)


def likeness(spacings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlation of an octave at two places against their distance in lattice spacings."""
    return np.interp(spacings, *_likeness())


def _middles(count: int) -> NDArray[np.float64]:
    return (np.arange(count) + 0.5) / count - 0.5


def _mean_likeness(one: NDArray[np.float64], other: NDArray[np.float64], spacings: float) -> float:
    """Mean correlation over all pairs of points of two square grids with these coordinates."""
    square = np.square(one[:, None] - other[None, :]).ravel() * spacings**2
    return float(np.mean(likeness(np.sqrt(square[:, None] + square[None, :]))))


@cache
def _likeness() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The table of `likeness`: the product of three axes, averaged over all directions."""
    step = np.linspace(0.0, 2.0, 65)
    along = np.array([_along_an_axis(float(value)) for value in step])
    direction = stream(0, "directions").normal(size=(3, 512))
    direction /= np.linalg.norm(direction, axis=0)
    distance = np.linspace(0.0, _REACH, 71)
    offset = np.abs(direction)[:, None, :] * distance[None, :, None]
    return distance, np.prod(np.interp(offset, step, along), axis=0).mean(axis=1)


def _along_an_axis(step: float) -> float:
    """Correlation of two places on a line, averaged over the position of the lattice."""
    first = (np.arange(128) + 0.5) / 128
    points = np.arange(-1, 4)[:, None]
    return float(np.mean(np.sum(_weight(first - points) * _weight(first + step - points), axis=0)))


def _weight(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of a lattice point for a place at an offset; see `SphereNoise.values`."""
    far = np.clip(np.abs(offset), 0.0, 1.0)
    far = far * far * far * (far * (far * 6.0 - 15.0) + 10.0)
    return np.asarray((1.0 - far) / np.sqrt(far * far + (1.0 - far) ** 2), np.float64)
