"""The Sun: its direction, its place, and its elevation at a place on Earth."""

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import site
from payload.orbit.frames import gmst_rad, instants, turn_with_earth

ASTRONOMICAL_UNIT_KM = 149_597_870.7
"""Source: IAU 2012 Resolution B2."""


def sun_direction(
    epoch_utc: datetime, times_s: NDArray[np.float64], *, dut1_s: float = 0.0
) -> NDArray[np.float64]:
    """Unit vectors from the Earth to the Sun on ITRF axes, shape (T, 3).

    Accurate to 0.01 deg from 1950 to 2050. The 69 s between UTC and the almanac's time move the Sun by
    less than 0.001 deg and are neglected.

    Source: The Astronomical Almanac, section C, "Low precision formulas for the Sun's coordinates".
    """
    equatorial = _sun_equatorial(instants(epoch_utc, times_s).days)
    angle = gmst_rad(instants(epoch_utc, times_s, dut1_s=dut1_s))
    return turn_with_earth(equatorial, angle)


def sun_position_km(
    epoch_utc: datetime, times_s: NDArray[np.float64], *, dut1_s: float = 0.0
) -> NDArray[np.float64]:
    """[km] The Sun's centre relative to the Earth's on ITRF axes, shape (T, 3); its distance is accurate to 0.02 %.

    Source: as `sun_direction`.
    """
    anomaly = _anomaly_rad(instants(epoch_utc, times_s).days)
    distance_au = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2.0 * anomaly)
    direction = sun_direction(epoch_utc, times_s, dut1_s=dut1_s)
    return direction * (distance_au * ASTRONOMICAL_UNIT_KM)[:, None]


def _anomaly_rad(days: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.radians(357.528 + 0.9856003 * days), dtype=np.float64)


def _sun_equatorial(days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors to the Sun on the equator and equinox of date, from days since J2000.0."""
    mean_longitude_deg = 280.460 + 0.9856474 * days
    anomaly = _anomaly_rad(days)
    longitude = np.radians(
        mean_longitude_deg + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2.0 * anomaly)
    )
    obliquity = np.radians(23.439 - 4.0e-7 * days)
    sine = np.sin(longitude)
    return np.stack((np.cos(longitude), np.cos(obliquity) * sine, np.sin(obliquity) * sine), axis=1)


def sun_elevation_deg(
    lat_deg: NDArray[np.float64],
    lon_deg: NDArray[np.float64],
    times_s: NDArray[np.float64],
    *,
    epoch_utc: datetime,
    dut1_s: float = 0.0,
) -> NDArray[np.float64]:
    """[deg] Elevation of the Sun's centre at places and times, all (N,); without refraction."""
    up = site(lat_deg, lon_deg).up
    sun = sun_direction(epoch_utc, times_s, dut1_s=dut1_s)
    sine = np.clip(np.einsum("ij,ij->i", up, sun), -1.0, 1.0)
    return np.asarray(np.degrees(np.arcsin(sine)), dtype=np.float64)
