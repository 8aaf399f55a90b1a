"""A schedule in the making: test whether an image fits, insert it, remove it.

All planners that take one image after another share it. Testing and inserting take a binary search among
the images of a satellite and, if memory is limited, a walk along its contacts.
"""

import math
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from payload.plans import WIDEST_TURN_DEG, Plan, PlanContext, Room
from payload.types import Opportunity

_Key = tuple[float, float, float, str]  # start, end, roll, id: all that turns depend on
_end_s = itemgetter(0)  # of a contact


class Schedule:
    """The images of a context taken so far, and its commitments.

    >>> from payload.plans import Limits
    >>> item = Opportunity("one/a/60", "a", "one", 60.0, 2.0, 5.0, 40.0, 1000)
    >>> schedule = Schedule(PlanContext(0.0, [item], frozenset("a"), {}, {}, Limits(settle_s=30.0)))
    >>> schedule.fits(item), schedule.insert(item), schedule.fits(item)
    (True, None, False)
    """

    def __init__(self, context: PlanContext) -> None:
        self.context = context
        self.taken: dict[str, Opportunity] = {}  # by target
        self._lines: dict[str, _Line] = {}
        for item in context.committed:
            self.line(item.satellite).promise(item)

    def line(self, satellite: str) -> "_Line":
        """The images of a satellite."""
        found = self._lines.get(satellite)
        if found is None:
            found = self._lines[satellite] = _Line(satellite, self.context)
        return found

    def candidates(self) -> list[Opportunity]:
        """Images that could be planned if nothing else were, commitments aside, by start, then id."""
        line = self.line
        return [
            item
            for item in self.context.open_items()
            if line(item.satellite).is_beyond(item) or self.fits(item)
        ]

    def fits(self, item: Opportunity) -> bool:
        """Whether an image that may be planned by itself fits in with those taken."""
        if item.target in self.taken:
            return False
        line = self.line(item.satellite)
        return line.has_time(item) and line.has_budget(item)

    def insert(self, item: Opportunity) -> None:
        """Take an image that fits."""
        self.taken[item.target] = item
        self.line(item.satellite).insert(item)

    def remove(self, item: Opportunity) -> None:
        """Remove an image."""
        del self.taken[item.target]
        self.line(item.satellite).remove(item)

    def fill(self, items: Iterable[Opportunity]) -> None:
        """Take the images, in their order, if they fit."""
        for item in items:
            if self.fits(item):
                self.insert(item)

    @property
    def value(self) -> float:
        """Value of the images taken, independent of their order."""
        return math.fsum(self.context.values(self.taken.values()))

    def plan(self, bound: float | None = None) -> Plan:
        """The schedule as a plan."""
        ordered = sorted(self.taken.values(), key=_key)
        return Plan(tuple(item.id for item in ordered), self.value, bound)


class _Line:
    """The images of one satellite in time order, and what they use of its budgets."""

    def __init__(self, satellite: str, context: PlanContext) -> None:
        limits = context.limits
        self._now_s = context.now_s
        self._settle_s, self._slew_deg_per_s = limits.settle_s, limits.slew_deg_per_s
        self._orbit_s = limits.orbit_s.get(satellite, math.inf)
        self._keys: list[_Key] = []
        self._items: dict[str, Opportunity] = {}
        self._promised: set[str] = set()
        self._most = limits.most_images
        self._most_s = limits.imaging_s_per_orbit
        self._is_budgeted = self._most is not None or not math.isinf(self._most_s)
        self._orbits: dict[int, dict[str, Opportunity]] = defaultdict(dict)
        room = limits.rooms.get(satellite)
        self._stock = None if room is None else Stock(room)
        self._beyond_s = -math.inf if self._bears_one(room) else math.inf

    def _bears_one(self, room: Room | None) -> bool:
        """Whether any single image is within every budget; False if that is not known."""
        return room is None and math.isinf(self._most_s) and (self._most is None or self._most > 0)

    def is_beyond(self, item: Opportunity) -> bool:
        """Whether an image is so late that no commitment affects it: then it fits as long as nothing else is taken."""
        return item.start_s > self._beyond_s

    def has_time(self, item: Opportunity) -> bool:
        """Whether the satellite has time to turn from the image before and to the image after."""
        keys, key = self._keys, _key(item)
        place = bisect_left(keys, key)
        if place and not self._allows(keys[place - 1], key):
            return False
        return place == len(keys) or self._allows(key, keys[place])

    def _allows(self, first: _Key, second: _Key) -> bool:
        """`Limits.allow`, to the last bit."""
        turn_s = self._settle_s + abs(second[2] - first[2]) / self._slew_deg_per_s
        return second[0] >= first[1] + turn_s

    def has_budget(self, item: Opportunity) -> bool:
        """Whether the budgets of the orbit and the memory allow an image."""
        if self._is_budgeted:
            others = self._orbits[self._orbit(item)]
            if self._most is not None and len(others) >= self._most:
                return False
            if not math.isinf(self._most_s):
                durations_s = [each.duration_s for each in others.values()]
                if math.fsum((*durations_s, item.duration_s)) > self._most_s:
                    return False
        return self._stock is None or self._stock.bears(item)

    def in_the_way(self, item: Opportunity) -> list[Opportunity] | None:
        """Images that leave no time for this one; None if a commitment is among them.

        Turns obey the triangle inequality: an image with time for its nearest neighbour has time for those beyond.
        """
        keys, key = self._keys, _key(item)
        place = bisect_left(keys, key)
        start_s, end_s, roll_deg, _ = key
        settle_s, slew_deg_per_s = self._settle_s, self._slew_deg_per_s
        first = last = place  # the loops are `_allows`, inlined: planners spend their time here
        while first:
            before = keys[first - 1]
            if start_s >= before[1] + (settle_s + abs(roll_deg - before[2]) / slew_deg_per_s):
                break
            first -= 1
        while last < len(keys):
            after = keys[last]
            if after[0] >= end_s + (settle_s + abs(after[2] - roll_deg) / slew_deg_per_s):
                break
            last += 1
        found = [self._items[each[3]] for each in keys[first:last]]
        if self._promised and any(other.id in self._promised for other in found):
            return None
        return found

    def rivals(self, item: Opportunity) -> list[Opportunity]:
        """Images of the same orbit that could make way for this one."""
        rivals = self._orbits[self._orbit(item)].values() if self._is_budgeted else ()
        return [other for other in rivals if other.id not in self._promised]

    def promise(self, item: Opportunity) -> None:
        """Add a commitment; one that has ended takes no more memory."""
        self._promised.add(item.id)
        self._place(item)
        free_s = item.end_s + self._settle_s + WIDEST_TURN_DEG / self._slew_deg_per_s
        if self._is_budgeted:
            free_s = max(free_s, (self._orbit(item) + 1) * self._orbit_s)
        self._beyond_s = max(self._beyond_s, free_s)
        if self._stock is not None and item.end_s > self._now_s:
            self._stock.add(item, item.volume_bytes)

    def insert(self, item: Opportunity) -> None:
        """Take an image."""
        self._place(item)
        if self._stock is not None:
            self._stock.add(item, item.volume_bytes)

    def remove(self, item: Opportunity) -> None:
        """Remove an image."""
        key = _key(item)
        del self._keys[bisect_left(self._keys, key)], self._items[item.id]
        if self._is_budgeted:
            del self._orbits[self._orbit(item)][item.id]
        if self._stock is not None:
            self._stock.add(item, -item.volume_bytes)

    def _place(self, item: Opportunity) -> None:
        insort(self._keys, _key(item))
        self._items[item.id] = item
        if self._is_budgeted:
            self._orbits[self._orbit(item)][item.id] = item

    def _orbit(self, item: Opportunity) -> int:
        """`Limits.orbit_of`."""
        return math.floor(item.start_s / self._orbit_s)


class Stock:
    """How much memory is taken between contacts, and how much is free at the end of each gap between them.

    Memory that an image takes is missing in the gaps that follow, less and less as contacts could free more than is
    occupied: a walk along them ends where nothing is missing any more. Gaps beyond the last image are computed only when
    needed; there, free memory can only grow.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken_bytes = [0] * (len(room.contacts) + 1)
        self._free_bytes = [room.free_bytes]
        self._is_short = room.free_bytes < 0

    def gap(self, item: Opportunity) -> int:
        """How many contacts end before an image does."""
        return bisect_left(self._room.contacts, item.end_s, key=_end_s)

    def add(self, item: Opportunity, volume_bytes: int) -> None:
        """Take memory, or give it back."""
        here = self.gap(item)
        self.taken_bytes[here] += volume_bytes
        self._reckon(here)
        for gap, missing_bytes in self._missing(here, volume_bytes):
            self._free_bytes[gap] -= missing_bytes
        self._is_short = min(self._free_bytes) < 0

    def bears(self, item: Opportunity) -> bool:
        """Whether there is memory for an image besides what is taken before and after it."""
        if self._is_short:
            return False
        here = self.gap(item)
        self._reckon(here)
        free_bytes = self._free_bytes
        return all(
            free_bytes[gap] >= missing_bytes
            for gap, missing_bytes in self._missing(here, item.volume_bytes)
        )

    def _reckon(self, last: int) -> None:
        """Compute what is free up to a gap, with nothing taken in the gaps added; the caller accounts for that."""
        free_bytes, room = self._free_bytes, self._room
        while len(free_bytes) <= last:
            freed = room.contacts[len(free_bytes) - 1][1]
            free_bytes.append(min(room.most_bytes, free_bytes[-1] + freed))

    def _missing(self, here: int, volume_bytes: int) -> Iterator[tuple[int, int]]:
        """For the gaps computed so far: how much less is free in each if `volume_bytes` more are taken in gap `here`."""
        free_bytes, room, missing_bytes = self._free_bytes, self._room, volume_bytes
        for gap in range(here, len(free_bytes)):
            before_bytes = free_bytes[gap]
            yield gap, missing_bytes
            if gap < len(room.contacts):
                full_bytes = before_bytes + room.contacts[gap][1]
                most_bytes = room.most_bytes
                missing_bytes = min(most_bytes, full_bytes) - min(
                    most_bytes, full_bytes - missing_bytes
                )
            if not missing_bytes:
                return


def _key(item: Opportunity) -> _Key:
    start_s = item.start_s
    return start_s, start_s + item.duration_s, item.roll_deg, item.id
