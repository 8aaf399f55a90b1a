"""Interpolation of an ephemeris by a cubic through positions and velocities, and root finding on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.types import Ephemeris

MAX_STEP_S = 60.0
"""[s] Widest step: the cubic's error is h^4 / 384 times the 4th derivative, 0.4 m in a low orbit."""

_TOLERANCE_S = 1e-7
_MAX_ITERATIONS = 100  # bisection alone brings 60 s below the tolerance in 30


@dataclass(frozen=True, eq=False)
class Track:
    """An ephemeris that gives states at any time in its span.

    Raises:
        OrbitError: Fewer than two samples, uneven steps, a step above 60 s, or states that are not finite.
    """

    ephemeris: Ephemeris

    def __post_init__(self) -> None:
        time_s, who = self.ephemeris.time_s, self.ephemeris.satellite
        if time_s.ndim != 1 or time_s.size < 2:
            raise OrbitError(
                f"the ephemeris of {who!r} has {time_s.size} samples; expected at least two"
            )
        steps_s = np.diff(time_s)
        if not np.all(steps_s > 0) or np.ptp(steps_s) > 1e-6:
            raise OrbitError(f"the ephemeris of {who!r} does not ascend in equal time steps")
        if self.step_s > MAX_STEP_S + 1e-6:
            raise OrbitError(
                f"the ephemeris of {who!r} has a step of {self.step_s:g} s; expected at most"
                f" {MAX_STEP_S:g} s, so that no pass is missed"
            )
        states = (self.ephemeris.position_km, self.ephemeris.velocity_km_s)
        if any(state.shape != (time_s.size, 3) or not np.isfinite(state).all() for state in states):
            raise OrbitError(
                f"the ephemeris of {who!r} has states that are not {time_s.size} rows of three"
                " finite numbers"
            )

    @property
    def step_s(self) -> float:
        """[s] From one sample to the next."""
        time_s = self.ephemeris.time_s
        return float((time_s[-1] - time_s[0]) / (time_s.size - 1))

    @cached_property
    def highest_speed_km_s(self) -> float:
        """[km/s] Highest speed of all samples."""
        velocity = self.ephemeris.velocity_km_s
        return float(np.sqrt(np.einsum("ij,ij->i", velocity, velocity).max()))

    def states(
        self, times_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position [km] and velocity [km/s] on ITRF axes at times inside the span, each (N, 3).

        Source: cubic Hermite interpolation, Press et al., Numerical Recipes, 3rd ed., section 3.3.
        """
        return Fleet((self,)).states(np.zeros(times_s.shape, dtype=np.int64), times_s)


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs from a sample to the next, of N tracks: r0 + v0 u + c2 u^2 + c3 u^3 matches position and velocity at both ends.

    Attributes:
        begin_s: [s] Start of each, shape (N,); u is 0 there, and 1 a step later.
        step_s: [s] From one sample to the next.
        cubic: r0, v0, c2 and c3 [km], each of shape (N, 3).
    """

    begin_s: NDArray[np.float64]
    step_s: float
    cubic: tuple[NDArray[np.float64], ...]

    def states(
        self, times_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position [km] and velocity [km/s] on each arc, at its own time (N,); each (N, 3)."""
        r0, v0, c2, c3 = self.cubic
        u = ((times_s - self.begin_s) / self.step_s)[:, None]
        position = r0 + (v0 + (c2 + c3 * u) * u) * u
        velocity = (v0 + (2.0 * c2 + 3.0 * c3 * u) * u) / self.step_s
        return position, velocity


class Fleet:
    """Tracks on the same time grid, evaluated together: the same results as one by one, but fewer calls.

    Raises:
        OrbitError: There is no track, or they do not share their times.
    """

    def __init__(self, tracks: Sequence[Track]) -> None:
        flown = [track.ephemeris for track in tracks]
        if not flown:
            raise OrbitError("a fleet needs at least one ephemeris; found none")
        self.time_s, self.step_s = flown[0].time_s, tracks[0].step_s
        for item in flown[1:]:
            if not np.array_equal(item.time_s, self.time_s):
                raise OrbitError(
                    f"the ephemerides of {item.satellite!r} and {flown[0].satellite!r} have"
                    " different times; expected one time grid for a whole fleet"
                )
        alone = len(flown) == 1
        self.position_km, self.velocity_km_s = (
            getattr(flown[0], name)
            if alone
            else np.concatenate([getattr(item, name) for item in flown])
            for name in ("position_km", "velocity_km_s")
        )

    def states(
        self, craft: NDArray[np.int64], times_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What `Track.states` gives for each craft (N,), by its number in the fleet, at its time (N,)."""
        time_s = self.time_s
        first = ((times_s - time_s[0]) / self.step_s).astype(np.int64)
        return self.arcs(craft, np.clip(first, 0, time_s.size - 2)).states(times_s)

    def arcs(self, craft: NDArray[np.int64], first: NDArray[np.int64]) -> Arcs:
        """Arcs from sample `first` (N,) of each craft (N,) to the next, for callers that evaluate them more than once."""
        step = self.step_s
        index = first + craft * self.time_s.size
        r0, r1 = self.position_km[index], self.position_km[index + 1]
        v0, v1 = self.velocity_km_s[index] * step, self.velocity_km_s[index + 1] * step
        c2, c3 = 3.0 * (r1 - r0) - 2.0 * v0 - v1, 2.0 * (r0 - r1) + v0 + v1
        return Arcs(self.time_s[first], step, (r0, v0, c2, c3))


def spans(samples: int, most: int) -> Iterator[slice]:
    """Slices of at most `most` steps, to be processed one after another: each begins with the last sample of the one before."""
    for first in range(0, samples - 1, most):
        yield slice(first, min(first + most + 1, samples))


def bracketed_roots(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    ends: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> NDArray[np.float64]:
    """Where a function changes sign between `low` and `high`, many brackets at a time.

    Inverse quadratic steps where they can be trusted, bisection elsewhere: iterates never leave their brackets.

    Args:
        function: Maps [s], shape (N,), to values, shape (N,).
        low: [s] One end of each bracket, shape (N,).
        high: [s] The other end, where the function has the opposite sign.
        ends: Its values at `low` and `high`, if they are known.

    Returns:
        [s] Accurate to 0.1 microseconds, shape (N,).

    Source: Chandrupatla 1997, Advances in Engineering Software 28(3), 145-149.
    """
    if low.size == 0:
        return low
    x1, x2 = high, low
    f2, f1 = ends or (function(low), function(high))
    share = np.full(low.shape, 0.5)
    best, found = x1, np.zeros(low.shape, dtype=np.bool_)
    for _ in range(_MAX_ITERATIONS):
        x = x1 + share * (x2 - x1)
        f = function(x)
        same = (f >= 0.0) == (f1 >= 0.0)
        x3, f3 = np.where(same, x1, x2), np.where(same, f1, f2)
        x2, f2 = np.where(same, x2, x1), np.where(same, f2, f1)
        x1, f1 = x, f
        # Converged roots stay as they are, so that a result does not depend on its neighbours.
        best = np.where(found, best, np.where(np.abs(f1) < np.abs(f2), x1, x2))
        width = np.abs(x2 - x1)
        found |= (width < _TOLERANCE_S) | (f1 == 0.0)
        if found.all():
            break
        with np.errstate(
            divide="ignore", invalid="ignore", over="ignore"
        ):  # where two of three points coincide
            xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
            trusted = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
            jump = f1 / (f2 - f1) * f3 / (f2 - f3)
            jump += (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f3 - f2)
            least = np.minimum(0.5 * _TOLERANCE_S / width, 0.5)
            share = np.clip(np.where(trusted, jump, 0.5), least, 1.0 - least)
        share = np.where(np.isfinite(share), share, 0.5)
    return best
