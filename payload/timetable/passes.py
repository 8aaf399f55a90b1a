"""Contacts of satellites and stations: by geometry or as purchased, minus the times when a station is out."""

from collections.abc import Mapping, Sequence

from payload.downlink.outages import Outage, cut
from payload.geometry.look import highest_deg
from payload.geometry.track import Track
from payload.orbit.contacts import find_fleet_contacts
from payload.orbit.purchased import purchased_contacts, read_passes
from payload.ports import Dated, Propagator
from payload.scenario.models import Scenario
from payload.scenario.places import at_key
from payload.types import ContactWindow, Ephemeris, GroundStation
from payload.units import S_PER_DAY, at

MOST_DAYS_OF_ELEMENTS = 14.0
"""[day] Age beyond which elements are called outdated. Assumption: two weeks, as operators do; elements of low
orbits are off by about 1 km at their epoch and by some km more each day."""
MOST_NOTES = 5


def outdated(
    scenario: Scenario, propagators: Mapping[str, Propagator]
) -> tuple[frozenset[str], list[str]]:
    """Satellites whose elements are too far in time from either end of the flight, and notes on them."""
    ends = (scenario.epoch_utc, at(scenario.epoch_utc, scenario.duration_s))
    ages = {
        name: max(abs((end - craft.elements_utc).total_seconds()) for end in ends) / S_PER_DAY
        for name, craft in propagators.items()
        if isinstance(craft, Dated)
    }
    old = {name: days for name, days in ages.items() if days > MOST_DAYS_OF_ELEMENTS}
    notes = [
        f"the elements of {name!r} are {days:.0f} days away from an end of the flight: beyond"
        f" about {MOST_DAYS_OF_ELEMENTS:g} days, SGP4 may err by tens of km and passes by seconds"
        for name, days in old.items()
    ]
    hidden = len(notes) - MOST_NOTES
    if hidden > 0:
        notes[MOST_NOTES:] = [f"… and those of {hidden} more satellites"]
    return frozenset(old), notes


def contacts_of(
    scenario: Scenario,
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[GroundStation],
    *,
    outages: Sequence[Outage],
    unsure: frozenset[str],
) -> tuple[dict[str, list[ContactWindow]], list[str]]:
    """Passes, purchased or all that geometry allows, by satellite, in order of AOS, cut where a station is out; and notes.

    Everything uses these windows: planners, radio, uploads, lists and reports.

    Raises:
        ScenarioError: The file of purchased passes is not valid.
    """
    if scenario.passes is None:
        windows, notes = find_fleet_contacts(list(ephemerides.values()), stations), list[str]()
    else:
        file = scenario.passes.file
        windows, notes = at_key(
            scenario,
            "passes.file",
            lambda: purchased_contacts(
                read_passes(file), ephemerides, stations, scenario.epoch_utc, unsure=unsure
            ),
        )
    found: dict[str, list[ContactWindow]] = {name: [] for name in ephemerides}
    for window in windows:
        found[window.satellite].append(window)
    if outages:
        for name, own in found.items():
            found[name] = _cut(own, outages, Track(ephemerides[name]), stations)
    for own in found.values():
        own.sort(key=lambda window: (window.aos_s, window.station))
    return found, notes


def _cut(
    windows: Sequence[ContactWindow],
    outages: Sequence[Outage],
    track: Track,
    stations: Sequence[GroundStation],
) -> list[ContactWindow]:
    by_name = {station.name: station for station in stations}
    return cut(
        windows,
        outages,
        lambda piece: highest_deg(track, by_name[piece.station], piece.aos_s, piece.los_s),
    )
