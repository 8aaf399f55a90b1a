"""Where a satellite passes on the ground, for maps."""

import numpy as np
from numpy.typing import NDArray

from payload.orbit.frames import WGS84_FLATTENING, WGS84_RADIUS_KM


def subsatellite_deg(
    position_km: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Geodetic latitude and longitude [deg] below positions [km] in ITRF, shape (T, 3) to (T,) each.

    Source: Bowring 1976, Survey Review 23 (181), one step; better than 1e-5 degree below 2,000 km.
    """
    x, y, z = position_km.T
    minor_km = WGS84_RADIUS_KM * (1.0 - WGS84_FLATTENING)
    eccentricity2 = WGS84_FLATTENING * (2.0 - WGS84_FLATTENING)
    second2 = eccentricity2 / (1.0 - eccentricity2)
    horizontal = np.hypot(x, y)
    reduced = np.arctan2(z * WGS84_RADIUS_KM, horizontal * minor_km)
    lat = np.arctan2(
        z + second2 * minor_km * np.sin(reduced) ** 3,
        horizontal - eccentricity2 * WGS84_RADIUS_KM * np.cos(reduced) ** 3,
    )
    return np.degrees(lat), np.degrees(np.arctan2(y, x))
