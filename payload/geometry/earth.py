"""The WGS 84 ellipsoid: from geodetic coordinates to points in space, and back."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.units import M_PER_KM

WGS84_RADIUS_KM = 6378.137
"""Equatorial radius. Source: NIMA TR8350.2, 3rd ed., table 3.1."""
EARTH_SPIN_RAD_S = 7.292115146706979e-5
"""[rad/s] Rotation of the Earth relative to the stars. Source: Vallado, Fundamentals, 4th ed., section 3.5."""
WGS84_FLATTENING = 1.0 / 298.257223563
"""Flattening of the ellipsoid. Source: NIMA TR8350.2, 3rd ed., table 3.1."""
WGS84_ECCENTRICITY2 = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)
"""First eccentricity, squared."""


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A place on WGS 84 and its local axes, all ITRF; shape (..., 3), one row per place."""

    position_km: NDArray[np.float64]
    up: NDArray[np.float64]
    east: NDArray[np.float64]
    north: NDArray[np.float64]


def site(
    lat_deg: float | NDArray[np.float64],
    lon_deg: float | NDArray[np.float64],
    height_m: float | NDArray[np.float64] = 0.0,
) -> Site:
    """Geodetic coordinates to ITRF; `up` is the normal of the ellipsoid.

    Source: NIMA TR8350.2, 3rd ed., section 4.2.
    """
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    height_km = np.asarray(height_m) / M_PER_KM
    zero = np.zeros(np.broadcast(lat, lon).shape)
    up = np.stack((np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat) + zero), -1)
    east = np.stack((-np.sin(lon) + zero, np.cos(lon) + zero, zero), -1)
    normal_km = WGS84_RADIUS_KM / np.sqrt(1.0 - WGS84_ECCENTRICITY2 * np.sin(lat) ** 2)
    shrink = np.array((1.0, 1.0, 1.0 - WGS84_ECCENTRICITY2))
    position = (normal_km[..., None] * shrink + height_km[..., None]) * up
    return Site(position, up, east, np.cross(up, east))


def subsatellite_deg(
    position_km: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Geodetic latitude and longitude [deg] below positions [km] in ITRF, shape (T, 3) to (T,) each.

    Source: Bowring 1976, Survey Review 23 (181), one step; better than 1e-5 degree below 2,000 km.
    """
    x, y, z = position_km.T
    minor_km = WGS84_RADIUS_KM * (1.0 - WGS84_FLATTENING)
    second2 = WGS84_ECCENTRICITY2 / (1.0 - WGS84_ECCENTRICITY2)
    horizontal = np.hypot(x, y)
    reduced = np.arctan2(z * WGS84_RADIUS_KM, horizontal * minor_km)
    lat = np.arctan2(
        z + second2 * minor_km * np.sin(reduced) ** 3,
        horizontal - WGS84_ECCENTRICITY2 * WGS84_RADIUS_KM * np.cos(reduced) ** 3,
    )
    return np.degrees(lat), np.degrees(np.arctan2(y, x))
