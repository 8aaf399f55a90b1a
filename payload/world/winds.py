"""Winds that carry weather: eastwards in the westerlies, westwards in the trades."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.world.noise import EARTH_RADIUS_KM, SphereNoise

_TRADES_DEG, _WESTERLIES_DEG = 20.0, 35.0
"""[deg] Where the trades end and the westerlies begin; in between, they blend. Assumption."""
_TRADES = -0.6  # of the westerlies: tropical systems drift westwards at some 5 m/s; Assumption
_NOMINAL_DEG = 45.0  # where the westerlies have their stated speed


@dataclass(frozen=True)
class Travelling:
    """Octaves of evolving noise, the coarse ones of which are carried by the winds.

    Each zone rotates as a whole about the axis of the Earth, so that nothing is sheared; where the
    zones meet, one field fades into the other at constant variance.

    Attributes:
        seed: Of the world.
        name: Of the field.
        spacing_km: [km] Of each octave, the coarsest first.
        lifetime_s: [s] Of each octave.
        carried: How many of the first octaves are carried.
        westerlies_m_s: [m/s] Eastwards, at 45 degrees.
    """

    seed: int
    name: str
    spacing_km: tuple[float, ...]
    lifetime_s: tuple[float, ...]
    carried: int
    westerlies_m_s: float

    def values(
        self, direction: NDArray[np.float64], time_s: float | NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """Standard normal values at places, shape (2, O, N); see `SphereNoise.values`."""
        found = np.empty((2, len(self.spacing_km), direction.shape[1]), np.float32)
        if self.carried:
            first = slice(None, self.carried)
            found[:, first] = self._carried(direction, np.atleast_1d(time_s))
        if len(self.spacing_km) > self.carried:
            rest = slice(self.carried, None)
            still = SphereNoise(
                self.seed, f"{self.name} in place", self.spacing_km[rest], self.lifetime_s[rest]
            )
            found[:, rest] = still.values(direction, time_s)
        return found

    def _carried(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        share = _westerly(direction)
        speed = self.westerlies_m_s / (EARTH_RADIUS_KM * 1000.0)
        zones = (
            (np.sin(share * (np.pi / 2.0)), speed / np.cos(np.radians(_NOMINAL_DEG))),
            (np.cos(share * (np.pi / 2.0)), _TRADES * speed),
        )
        total = np.zeros((2, self.carried, share.size))
        for weight, rate_rad_s in zones:
            here = np.flatnonzero(weight > 1e-9)
            if here.size == 0:
                continue
            noise = SphereNoise(
                self.seed,
                self.name,
                self.spacing_km[: self.carried],
                self.lifetime_s[: self.carried],
                rate_rad_s,
            )
            when_s = time_s[here] if time_s.size > 1 else time_s
            total[:, :, here] += weight[here] * noise.values(direction[:, here], when_s)
        return total.astype(np.float32)


def _westerly(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the westerlies in the wind at unit vectors, shape (N,): 0 in the trades, 1 in the westerlies."""
    low, high = (np.sin(np.radians(each)) for each in (_TRADES_DEG, _WESTERLIES_DEG))
    share = np.clip((np.abs(direction[2]) - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), np.float64)
