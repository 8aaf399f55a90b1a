"""Where a station sees a satellite: elevation, azimuth, range."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import site
from payload.geometry.track import Track
from payload.types import GroundStation


@dataclass(frozen=True, slots=True, eq=False)
class LookAngles:
    """Where a station sees a satellite; each of shape (T,).

    Attributes:
        elevation_deg: [deg] Above the horizontal plane of WGS 84, without refraction.
        azimuth_deg: [deg] From north by east, 0 to 360.
        range_km: [km] Straight-line distance.
    """

    elevation_deg: NDArray[np.float64]
    azimuth_deg: NDArray[np.float64]
    range_km: NDArray[np.float64]


def look_angles(position_km: NDArray[np.float64], station: GroundStation) -> LookAngles:
    """Elevation, azimuth and range of positions [km] in ITRF, shape (T, 3)."""
    place = site(station.lat_deg, station.lon_deg, station.height_m)
    sight = position_km - place.position_km
    up, east, north = sight @ place.up, sight @ place.east, sight @ place.north
    return LookAngles(
        elevation_deg=np.degrees(np.arctan2(up, np.hypot(east, north))),
        azimuth_deg=np.mod(np.degrees(np.arctan2(east, north)), 360.0),
        range_km=np.linalg.norm(sight, axis=1),
    )


def highest_deg(track: Track, station: GroundStation, from_s: float, to_s: float) -> float:
    """[deg] Highest elevation between two times [s] of the track's span, sampled at least every second."""
    times_s = np.linspace(from_s, to_s, max(2, int(to_s - from_s) + 2))
    return float(look_angles(track.states(times_s)[0], station).elevation_deg.max())
