"""The orbital period."""

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import EARTH_SPIN_RAD_S
from payload.types import Ephemeris

EARTH_MU_KM3_S2 = 398600.4418
"""[km3/s2] Gravitational parameter of the Earth, atmosphere included. Source: NIMA TR8350.2, 3rd ed., table 3.1."""

_AT_ONCE = 20_000  # samples, so that a long flight takes no more memory than a short one


def period_s(ephemeris: Ephemeris) -> float:
    """[s] Period of the orbit, from the mean energy along it.

    Source: vis-viva and Kepler's third law, Montenbruck and Gill, Satellite Orbits, 2000, section 2.1.
    """
    samples = ephemeris.time_s.size
    inverse_axis = np.empty(samples)
    for first in range(0, samples, _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        inverse_axis[part] = _inverse_axis(
            ephemeris.position_km[part], ephemeris.velocity_km_s[part]
        )
    axis_km = 1.0 / float(np.mean(inverse_axis))
    return float(2.0 * np.pi * np.sqrt(axis_km**3 / EARTH_MU_KM3_S2))


def _inverse_axis(
    position_km: NDArray[np.float64], velocity_km_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[1/km] Inverse semi-major axis of the osculating orbit at each sample, shape (T,)."""
    spin = np.array((0.0, 0.0, EARTH_SPIN_RAD_S))
    speed2 = np.sum((velocity_km_s + np.cross(spin, position_km)) ** 2, axis=1)
    found = 2.0 / np.linalg.norm(position_km, axis=1) - speed2 / EARTH_MU_KM3_S2
    return np.asarray(found, np.float64)
