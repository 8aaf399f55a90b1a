"""Orbits and contacts of a fleet: all that lists of passes and links need, without building anything on board."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from payload.downlink.outages import Outage
from payload.orbit.contacts import time_grid
from payload.ports import Link, Propagator
from payload.scenario.models import Scenario
from payload.timetable.ephemeris_file import BYTES_PER_SAMPLE, EphemerisFile
from payload.timetable.faults import Faults, timetable
from payload.timetable.passes import contacts_of, outdated
from payload.types import ContactWindow, Ephemeris, GroundStation


@dataclass(frozen=True, slots=True)
class Encounters:
    """The geometry of a scenario's fleet and its stations.

    Attributes:
        ephemerides: By satellite.
        contacts: By satellite, in order of AOS, cut where a station is out.
        notes: What to know about orbits and passes before relying on them.
        file: Where long ephemerides are stored.
    """

    stations: tuple[GroundStation, ...]
    ephemerides: dict[str, Ephemeris]
    contacts: dict[str, list[ContactWindow]]
    notes: tuple[str, ...]
    file: EphemerisFile


def find_encounters(scenario: Scenario, outages: Sequence[Outage] | None = None) -> Encounters:
    """Fly the fleet over its stations; computer, camera and network are not needed.

    Args:
        scenario: Its orbits, stations, purchased passes and faults.
        outages: Of stations; those of the scenario's faults if None.

    Raises:
        ScenarioError: The file of purchased passes is not valid.
        OrbitError: An orbit cannot be flown for the whole span.
    """
    if outages is None:
        outages = Faults(
            timetable(scenario, boot_s=None)
        ).outages  # how long a boot takes does not matter
    stations = tuple(GroundStation(**station.model_dump()) for station in scenario.stations)
    propagators = propagators_of(scenario)
    times_s = time_grid(scenario.duration_s)
    expected_bytes = times_s.nbytes + BYTES_PER_SAMPLE * times_s.size * len(propagators)
    with EphemerisFile(expected_bytes) as file:
        times_s = file.keep_array(times_s)
        ephemerides = {
            name: file.keep(craft.propagate(times_s)) for name, craft in propagators.items()
        }
    old, notes = outdated(scenario, propagators)
    contacts, more = contacts_of(scenario, ephemerides, stations, outages=outages, unsure=old)
    return Encounters(stations, ephemerides, contacts, (*notes, *more), file)


def propagators_of(scenario: Scenario) -> dict[str, Propagator]:
    """The propagator of each satellite, by its name."""
    return {
        craft.name: cast(
            Propagator,
            craft.orbit.build(
                satellite=craft.name, epoch_utc=scenario.epoch_utc, dut1_s=scenario.dut1_s
            ),
        )
        for craft in scenario.fleet
    }


def link_of(scenario: Scenario, stations: tuple[GroundStation, ...]) -> Link:
    """The downlink of a scenario to its stations."""
    return cast(Link, scenario.link.build(seed=scenario.seed, stations=stations))
