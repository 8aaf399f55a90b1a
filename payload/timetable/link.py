"""What the link of a scenario carries, without flying it: geometry, link budget, volumes of passes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from payload.analysis.link import LinkReport, pass_volumes
from payload.downlink.uplink import uplink_passes
from payload.errors import ScenarioError
from payload.geometry.look import look_angles
from payload.ports import Budgeted
from payload.scenario.models import Scenario
from payload.timetable.encounters import find_encounters, link_of
from payload.types import Ephemeris, GroundStation
from payload.units import BPS_PER_KBPS, at, iso_utc


def link(
    scenario: Scenario,
    *,
    elevation_deg: float = 30.0,
    station: str | None = None,
    satellite: str | None = None,
    upload_bytes: int = 1_000_000,
) -> LinkReport:
    """What the link of a scenario carries, and why.

    Args:
        scenario: Its link, orbit, stations and uplink.
        elevation_deg: [deg] At which the budget is computed, 0 to 90.
        station: The receiving station; the first if None.
        satellite: The sending satellite; the first if None.
        upload_bytes: [byte] Size of an upload.

    Raises:
        ScenarioError: There is no such station or satellite, or elevation or upload is not valid.
    """
    if not 0.0 <= elevation_deg <= 90.0:
        raise ScenarioError(
            f"elevation is {elevation_deg:g} deg; expected 0 (horizon) to 90 (zenith)"
        )
    met = find_encounters(scenario)
    carrier = link_of(scenario, met.stations)
    listeners = {item.name: item for item in met.stations}
    who = _named("station", station, list(listeners))
    sender = _named("satellite", satellite, list(met.ephemerides))
    ephemeris, windows = met.ephemerides[sender], met.contacts[sender]
    stands = _stands(ephemeris, listeners[who], elevation_deg)
    rate_bps = scenario.uplink.rate_kbps * BPS_PER_KBPS
    up = uplink_passes(
        upload_bytes, windows, rate_bps, ready_s=0.0, acquisition_s=scenario.uplink.acquisition_s
    )
    return LinkReport(
        kind=scenario.link.kind,
        satellite=sender,
        station=who,
        elevation_deg=elevation_deg,
        nearest_km=stands.nearest_km,
        farthest_km=stands.farthest_km,
        budget=carrier.budget(
            listeners[who],
            elevation_deg=elevation_deg,
            orbit_radius_km=stands.radius_km,
        )
        if isinstance(carrier, Budgeted)
        else None,
        passes=pass_volumes(carrier, windows, ephemeris),
        uplink_rate_bps=rate_bps,
        upload=up,
        complete_utc=None
        if up.complete_s is None
        else iso_utc(at(scenario.epoch_utc, up.complete_s)),
    )


@dataclass(frozen=True, slots=True)
class _Stands:
    """Where a satellite is when it stands at an elevation over a station.

    Attributes:
        radius_km: From the centre of the Earth: the largest, or, if it never stands there, the mean of the orbit.
        nearest_km: Least distance from the station; None if it never stands there.
        farthest_km: Greatest distance.
    """

    radius_km: float
    nearest_km: float | None
    farthest_km: float | None


def _stands(ephemeris: Ephemeris, station: GroundStation, elevation_deg: float) -> _Stands:
    """Where a satellite is whenever it rises to an elevation or sinks below it, by linear interpolation of the samples."""
    radius_km = np.linalg.norm(ephemeris.position_km, axis=1)
    look = look_angles(ephemeris.position_km, station)
    above_deg = look.elevation_deg - elevation_deg
    first = np.flatnonzero((above_deg[1:] >= 0.0) != (above_deg[:-1] >= 0.0))
    if not first.size:
        return _Stands(float(radius_km.mean()), None, None)
    share = above_deg[first] / (above_deg[first] - above_deg[first + 1])
    radii_km, ranges_km = (
        each[first] + share * (each[first + 1] - each[first]) for each in (radius_km, look.range_km)
    )
    return _Stands(float(radii_km.max()), float(ranges_km.min()), float(ranges_km.max()))


def _named(what: str, name: str | None, known: Sequence[str]) -> str:
    """The name that is asked for, or the first known."""
    if not known:
        raise ScenarioError(f"the scenario has no {what}, so there is no link")
    if name is not None and name not in known:
        raise ScenarioError(f"there is no {what} {name!r}; known: {', '.join(known)}")
    return known[0] if name is None else name
