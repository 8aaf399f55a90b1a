"""The real Earth: where land is, and where the sun stands."""

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import overload

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import WGS84_ECCENTRICITY2

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
OBLIQUITY_DEG = 23.44
"""[deg] Source: IAU 2006, rounded."""


def seconds_since_2000(utc: datetime) -> float:
    """[s] From 2000-01-01T00:00 UTC, exact to the microsecond."""
    return (utc - _EPOCH) / timedelta(seconds=1)


def lat_lon(direction: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Geodetic latitude and longitude [deg] of unit vectors, shape (3, ...), on the ellipsoid."""
    x, y, z = direction
    across = np.sqrt(x * x + y * y)
    return np.degrees(np.arctan2(z, across * (1.0 - WGS84_ECCENTRICITY2))), np.degrees(
        np.arctan2(y, x)
    )


def directions(lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors from the Earth's centre, shape (3, ...), of places; the inverse of `lat_lon`."""
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    across, z = np.cos(lat), (1.0 - WGS84_ECCENTRICITY2) * np.sin(lat)
    length = np.sqrt(across * across + z * z)
    return np.stack([across * np.cos(lon), across * np.sin(lon), z]) / length


@cache
def _land_share() -> NDArray[np.float64]:
    with (files("payload.data") / "land_fraction_0p5deg.npz").open("rb") as file:
        percent = np.load(file)["land_pct"]
    return np.asarray(percent, np.float64) / 100.0


def land_fraction(
    lat_deg: NDArray[np.float64], lon_deg: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Share of land around places, 0 to 1, bilinear between half-degree cells.

    Source: see `payload/data/ORIGINS.md`.
    """
    share = _land_share()
    rows, cols = share.shape
    row = np.clip((90.0 - lat_deg) * (rows / 180.0) - 0.5, 0.0, rows - 1.0)
    col = (lon_deg + 180.0) * (cols / 360.0) - 0.5
    above, left = np.floor(row).astype(np.intp), np.floor(col).astype(np.intp)
    down, right = row - above, col - left
    below, west, east = np.minimum(above + 1, rows - 1), left % cols, (left + 1) % cols
    upper = share[above, west] * (1.0 - right) + share[above, east] * right
    lower = share[below, west] * (1.0 - right) + share[below, east] * right
    between: NDArray[np.float64] = upper * (1.0 - down) + lower * down
    return between


@overload
def declination_deg(time_s: float) -> float: ...
@overload
def declination_deg(time_s: NDArray[np.float64]) -> NDArray[np.float64]: ...
def declination_deg(time_s: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """[deg] Declination of the sun, to half a degree, from the season alone.

    Source: Cooper 1969, in the form with the solstice ten days before the new year.
    """
    days = np.asarray(time_s, np.float64) / 86400.0
    found = -OBLIQUITY_DEG * np.cos(2.0 * np.pi * (days + 10.0) / 365.2425)
    return float(found) if found.ndim == 0 else found


def sun_azimuth_deg(lat_deg: float, lon_deg: float, time_s: float) -> float:
    """[deg] Azimuth of the sun, clockwise from north, to a few degrees; for the direction of shadows.

    The equation of time is neglected. Source: spherical triangle of pole, zenith and sun.
    """
    hour = np.radians((time_s / 86400.0 % 1.0) * 360.0 - 180.0 + lon_deg)
    lat, sun = np.radians(lat_deg), np.radians(declination_deg(time_s))
    east = -np.cos(sun) * np.sin(hour)
    north = np.cos(lat) * np.sin(sun) - np.sin(lat) * np.cos(sun) * np.cos(hour)
    return float(np.degrees(np.arctan2(east, north)) % 360.0)
