"""Where the satellite is and whom it sees.

- `propagation.Sgp4`: the propagator, from a TLE, an OMM or plain words; its elements in `elements`, `omm`.
- `contacts.find_contacts`: passes over a ground station; `contacts.time_grid`: times to propagate to.
- `sun.sun_elevation`, `sun.is_sunlit`: daylight at a place, sunlight on the satellite.
- `frames`, `interpolation`: the sums below them.

>>> from datetime import UTC, datetime
>>> from payload.orbit.contacts import find_contacts, time_grid
>>> from payload.orbit.propagation import Sgp4
>>> from payload.types import GroundStation
>>> orbit = Sgp4(altitude_km=550, ltan="22:30", satellite="one", epoch_utc=datetime(2026, 3, 20, tzinfo=UTC))
>>> svalbard = GroundStation("svalbard", lat_deg=78.23, lon_deg=15.39)
>>> len(find_contacts(orbit.propagate(time_grid(86400.0)), svalbard))
14
"""
