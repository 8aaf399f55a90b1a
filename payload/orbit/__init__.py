"""Where the satellite is, and which stations and how much sunlight it sees.

- `propagation.Sgp4`: the propagator, from a TLE, an OMM or plain words (`elements`, `omm`).
- `find_contacts`: passes over a ground station; `time_grid`: the times to propagate to for it.
- `sun_elevation_deg`: daylight at a place.
- `sunlit_share`, `eclipses`: how much of the Sun a satellite sees, and when it is in the Earth's
  shadow.
- `frames`: the underlying formulas; what other packages need too is in `payload.geometry`.

>>> from datetime import UTC, datetime
>>> from payload.orbit import find_contacts, time_grid
>>> from payload.orbit.propagation import Sgp4
>>> from payload.types import GroundStation
>>> epoch = datetime(2026, 3, 20, tzinfo=UTC)
>>> orbit = Sgp4(altitude_km=550, ltan="22:30", satellite="one", epoch_utc=epoch)
>>> svalbard = GroundStation("svalbard", lat_deg=78.23, lon_deg=15.39)
>>> len(find_contacts(orbit.propagate(time_grid(86400.0)), svalbard))
14
"""

from payload.geometry.look import LookAngles, look_angles
from payload.orbit.contacts import (
    RECOMMENDED_STEP_S,
    find_contacts,
    find_fleet_contacts,
    find_network_contacts,
    time_grid,
)
from payload.orbit.eclipse import Eclipse, eclipses, sunlit_share
from payload.orbit.sun import sun_direction, sun_elevation_deg, sun_position_km

__all__ = [
    "RECOMMENDED_STEP_S",
    "Eclipse",
    "LookAngles",
    "eclipses",
    "find_contacts",
    "find_fleet_contacts",
    "find_network_contacts",
    "look_angles",
    "sun_direction",
    "sun_elevation_deg",
    "sun_position_km",
    "sunlit_share",
    "time_grid",
]
