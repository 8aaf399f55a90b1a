"""What the contacts of a fleet carry, by link and faults: computed once, for all arms alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from payload.ports import Dimmable, Link
from payload.timetable.faults import HALF_POWER, Faults
from payload.types import ContactWindow, Ephemeris, RateProfile

_MOST_POINTS = 300_000
"""Most points of all profiles that are kept, with 30 added for each profile: some 5 MB, however long the flight. The first of
a flight are kept, not the latest: the next arm begins with them again."""


@dataclass
class Rates:
    """The rate profiles of contacts: the link's are pure functions of pass and orbit, and faults are the same in all arms.

    Attributes:
        ephemerides: By satellite.
    """

    link: Link
    ephemerides: Mapping[str, Ephemeris]
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self._weak = self.link.dimmed(HALF_POWER) if isinstance(self.link, Dimmable) else None
        self._kept: dict[ContactWindow, RateProfile] = {}
        self._points = 0

    def profile(self, window: ContactWindow) -> RateProfile:
        """The rate profile of a contact."""
        found = self._kept.get(window)
        if found is None:
            found = self._found(window)
            if self._points < _MOST_POINTS:
                self._kept[window] = found
                self._points += 30 + found.time_s.size
        return found

    def _found(self, window: ContactWindow) -> RateProfile:
        path, weak = self.ephemerides[window.satellite], self._weak
        as_ever = self.link.profile(window, path)
        if weak is None:
            return self.faults.weakened(as_ever, window)
        return self.faults.weakened(as_ever, window, lambda: weak.profile(window, path))
