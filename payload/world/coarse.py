"""The sky over squares of the globe: what its coarse octaves determine of the two fields, and what they leave open.

Over a square each field of `payload.world.clouds` is normal, with a mean that is partly known from the
octaves at a few points of the square, and a spread inside the square. Nothing here is painted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import NDArray

from payload.world.averaging import Averaged, averaged
from payload.world.clouds import SPECTRUM, Weather, breaking
from payload.world.noise import EARTH_RADIUS_KM

_LEAST = 0.1  # octaves with a smaller `Averaged.factor` are not evaluated
_LOW = np.square(SPECTRUM.low)
_ICE = np.square(SPECTRUM.ice)
_LARGE = SPECTRUM.large


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """The two fields over squares, as far as they are known; each of shape (N,) or (1,).

    Attributes:
        low: Estimated mean of the low-cloud field, in standard deviations above its edge.
        ice: The same for ice cloud.
        low_doubt: Standard deviation of the square's true mean around `low`.
        ice_doubt: The same for ice cloud.
        low_spread: Standard deviation of the field inside the square.
        ice_spread: The same for ice cloud.
    """

    low: NDArray[np.float64]
    ice: NDArray[np.float64]
    low_doubt: NDArray[np.float64]
    ice_doubt: NDArray[np.float64]
    low_spread: NDArray[np.float64]
    ice_spread: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Drivers:
    """The normal variables that determine the layers of squares, each of shape (N,).

    They are the large and small scales of low cloud, ice cloud, and the regime that weights the small scales.
    """

    large: NDArray[np.float64]
    small: NDArray[np.float64]
    ice: NDArray[np.float64]
    regime: NDArray[np.float64]

    def blurred(self, other: "Drivers", skill: NDArray[np.float64]) -> "Drivers":
        """The expectation of these given a signal whose correlation with them is `skill`, shape (N,).

        The signal is `skill` times these plus, for the rest of its variance, independent others of the
        same statistics; the expectation given the signal is `skill` times it.
        """
        rest = skill * np.sqrt(1.0 - skill * skill)
        return Drivers(
            *(
                skill * skill * getattr(self, item.name) + rest * getattr(other, item.name)
                for item in fields(self)
            )
        )


@dataclass(frozen=True)
class Footing:
    """Squares of a size, and the points in them at which octaves are evaluated.

    Attributes:
        size_km: [km] Side of a square.
        across: Points along a side; they are the centres of across x across parts.
    """

    size_km: float
    across: int = 1

    @property
    def known(self) -> int:
        """How many octaves are worth evaluating."""
        octaves = _octaves(self.size_km, self.across)[: SPECTRUM.known]
        return sum(octave.factor >= _LEAST for octave in octaves)

    def points(self, direction: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit vectors of the points, shape (3, across**2 * N): the first point of every square, then the second, and so on.

        Args:
            direction: Unit vectors of the squares' centres, shape (3, N).
        """
        if self.across == 1:
            return direction
        x, y = direction[0], direction[1]
        around = np.maximum(np.sqrt(x * x + y * y), 1e-12)
        east = np.stack([-y / around, x / around, np.zeros_like(x)])
        north = np.cross(direction, east, axis=0)
        part = (np.arange(self.across) + 0.5) / self.across - 0.5
        steps = part * self.size_km / EARTH_RADIUS_KM
        points = [direction + right * east + up * north for up in steps for right in steps]
        joined = np.concatenate(points, axis=1)
        joined /= np.sqrt((joined * joined).sum(0))
        return joined

    def drivers(
        self, weather: Weather, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> Drivers:
        """Best estimates of the drivers' means over squares.

        Args:
            weather: Of a world.
            direction: Unit vectors of the squares' centres, shape (3, N).
            time_s: [s] since 2000-01-01, shape (N,) or (1,).
        """
        times_s = np.repeat(time_s, self.across**2) if time_s.size > 1 else time_s
        points = self.points(direction).reshape(3, self.across**2, -1)
        # Keep the points of a square together: compiled noise computes lattice corners that neighbours share once.
        beside = points.transpose(0, 2, 1).reshape(3, -1)
        low, ice = weather.octaves(beside, times_s, self.known)
        octaves = _octaves(self.size_km, self.across)
        factor = [octave.factor / self.across**2 for octave in octaves[: self.known]]
        return Drivers(
            _mix(low[:_LARGE], SPECTRUM.low, factor, direction.shape[1]),
            _mix(low[_LARGE:], SPECTRUM.low[_LARGE:], factor[_LARGE:], direction.shape[1]),
            _mix(ice, SPECTRUM.ice, factor, direction.shape[1]),
            weather.regime(direction, time_s),
        )

    def layers(
        self,
        drivers: Drivers,
        levels: NDArray[np.float64],
        skill: NDArray[np.float64] | None = None,
    ) -> Layers:
        """The fields over squares whose drivers are known with a correlation of `skill`, shape (N,).

        Args:
            drivers: Best estimates, blurred if `skill` is given.
            levels: Those of `Weather.levels` at the squares, shape (2, N).
            skill: None for 1.
        """
        known = np.ones(1) if skill is None else skill * skill
        octaves = _octaves(self.size_km, self.across)
        of_mean = np.array([octave.of_mean for octave in octaves])
        told = np.array([octave.explained for octave in octaves])
        told[self.known :] = 0.0
        strong = breaking(drivers.regime)
        square = strong * strong
        total = _LOW[:_LARGE].sum() + square * _LOW[_LARGE:].sum()

        def deviation(
            share: NDArray[np.float64], known: NDArray[np.float64]
        ) -> NDArray[np.float64]:
            """Deviation of the low field: of `share` of each octave's variance, less what is known of it."""
            large = (_LOW * share)[:_LARGE].sum() - known * (_LOW * told)[:_LARGE].sum()
            small = (_LOW * share)[_LARGE:].sum() - known * (_LOW * told)[_LARGE:].sum()
            left = np.maximum(large + square * small, 0.0)
            return np.asarray(np.sqrt(left / total), np.float64)

        return Layers(
            (drivers.large + strong * drivers.small) / np.sqrt(total) + levels[0],
            drivers.ice + levels[1],
            deviation(of_mean, known),
            np.sqrt(np.maximum((_ICE * of_mean).sum() - known * (_ICE * told).sum(), 0.0)),
            deviation(1.0 - of_mean, np.zeros(1)),
            np.sqrt((_ICE * (1.0 - of_mean)).sum(keepdims=True)),
        )


def _mix(
    octaves: NDArray[np.float32], strength: Sequence[float], factor: Sequence[float], size: int
) -> NDArray[np.float64]:
    """Sum over octaves and points, shape (size,), in an order that does not depend on the size.

    Args:
        octaves: Values at the points, square by square, shape (O, N * points).
        strength: Of each octave.
        factor: Weight of each point in an octave.
        size: Number of squares, N.
    """
    total = np.zeros(size)
    for octave, one, other in zip(octaves, strength, factor, strict=False):
        for point in octave.reshape(size, -1).T:
            total += one * other * point.astype(np.float64)
    return total


@cache
def _octaves(size_km: float, across: int) -> tuple[Averaged, ...]:
    return tuple(averaged(size_km / spacing, across) for spacing in SPECTRUM.spacing_km)
