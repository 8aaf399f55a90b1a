"""The contacts of a scenario as a list for people and other programs."""

from collections.abc import Callable
from dataclasses import dataclass

from payload.scenario.models import Scenario
from payload.timetable.encounters import find_encounters
from payload.types import ContactWindow
from payload.units import at, iso_utc


@dataclass(frozen=True, slots=True)
class Pass:
    """A contact window, in seconds after the epoch and in UTC."""

    satellite: str
    station: str
    aos_s: float
    los_s: float
    aos_utc: str
    los_utc: str
    max_elevation_deg: float


def _silence(_note: str) -> None:
    """Report nothing."""


def passes(scenario: Scenario, tell: Callable[[str], None] = _silence) -> list[Pass]:
    """All contact windows of a scenario, in order of AOS.

    Args:
        scenario: Its orbits, stations, purchased passes and faults.
        tell: Receives what to know before relying on them: old elements, passes left out or cut.
    """
    met = find_encounters(scenario)
    for note in met.notes:
        tell(note)
    windows = [window for items in met.contacts.values() for window in items]
    return [_pass(scenario, window) for window in sorted(windows, key=lambda item: item.aos_s)]


def _pass(scenario: Scenario, window: ContactWindow) -> Pass:
    return Pass(
        satellite=window.satellite,
        station=window.station,
        aos_s=window.aos_s,
        los_s=window.los_s,
        aos_utc=iso_utc(at(scenario.epoch_utc, window.aos_s)),
        los_utc=iso_utc(at(scenario.epoch_utc, window.los_s)),
        max_elevation_deg=window.max_elevation_deg,
    )
