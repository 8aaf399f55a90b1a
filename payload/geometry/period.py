"""How long an orbit takes."""

import numpy as np

from payload.geometry.earth import EARTH_SPIN_RAD_S
from payload.types import Ephemeris

EARTH_MU_KM3_S2 = 398600.4418
"""[km3/s2] Gravity of the Earth, atmosphere included. Source: NIMA TR8350.2, 3rd ed., table 3.1."""


def period_s(ephemeris: Ephemeris) -> float:
    """[s] Of the orbit, from the mean energy along it.

    Source: vis-viva and Kepler's third law, Montenbruck and Gill, Satellite Orbits, 2000, section 2.1.
    """
    position, velocity = ephemeris.position_km, ephemeris.velocity_km_s
    spin = np.array((0.0, 0.0, EARTH_SPIN_RAD_S))
    speed2 = np.sum((velocity + np.cross(spin, position)) ** 2, axis=1)
    inverse_axis = 2.0 / np.linalg.norm(position, axis=1) - speed2 / EARTH_MU_KM3_S2
    axis_km = 1.0 / float(np.mean(inverse_axis))
    return float(2.0 * np.pi * np.sqrt(axis_km**3 / EARTH_MU_KM3_S2))
