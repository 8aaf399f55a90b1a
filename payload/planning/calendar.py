"""The calendar of a fleet: all opportunities in time order; objects are made for those near and released afterwards.

So a planner that looks some days ahead never receives what is months away, and no memory is spent on it. One that looks to
the end of the flight does receive it, and then all objects exist, each made once.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.opportunities import Opportunities, order_of
from payload.types import Opportunity
from payload.units import S_PER_DAY

Places = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """All that turns depend on, by place, as arrays for access to single numbers.

    Attributes:
        targets: Names of the targets.
        satellites: Names of the satellites.
        target: Number of each chance's target.
        satellite: Number of each chance's satellite.
        of_target: Places of each target's chances, in order.
        of_satellite: The same for each satellite.
        start_s: [s] As in `Opportunity`; so are the others.
    """

    targets: Sequence[str]
    satellites: Sequence[str]
    target: "array[int]"
    satellite: "array[int]"
    of_target: Sequence["array[int]"]
    of_satellite: Sequence["array[int]"]
    start_s: "array[float]"
    end_s: "array[float]"
    duration_s: "array[float]"
    roll_deg: "array[float]"


class Calendar:
    """Opportunities of a fleet by start, then id; a place is an index in this order.

    Args:
        parts: By satellite, each in order of start.
    """

    def __init__(self, parts: Mapping[str, Sequence[Opportunity]]) -> None:
        self._parts = list(parts.values())
        start_s = self._column("start_s")
        sizes = [len(part) for part in self._parts]
        begins = np.cumsum([0, *sizes])

        def id_of(row: int) -> str:
            number = bisect_right(begins, row) - 1
            return self._parts[number][row - int(begins[number])].id

        order = order_of(start_s, id_of)
        self.start_s = start_s[order]
        part = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[order]
        self._part, self._row = part, (order - begins[part]).astype(np.int32)
        self._own = {
            name: np.flatnonzero(part == number).astype(np.int32)
            for number, name in enumerate(parts)
        }
        self._made: list[Opportunity] = []
        self._low = 0  # the place of the first object held

    def __len__(self) -> int:
        return self.start_s.size

    def __iter__(self) -> Iterator[Opportunity]:
        return map(self.at, range(len(self)))

    @property
    def held(self) -> int:
        """Number of objects held."""
        return len(self._made)

    def at(self, place: int) -> Opportunity:
        """The opportunity at a place."""
        held = place - self._low
        if 0 <= held < len(self._made):
            return self._made[held]
        part = self._parts[int(self._part[place])]
        return part[int(self._row[place])]

    def all_at(self, places: Places | slice) -> list[Opportunity]:
        """New objects for several places, made satellite by satellite."""
        part, row = self._part[places], self._row[places]
        found: dict[int, Iterator[Opportunity]] = {}
        for number in np.unique(part).tolist():
            found[number] = _of_rows(self._parts[number], row[part == number])
        return [next(found[number]) for number in part.tolist()]

    def between(self, from_s: float, until_s: float) -> list[Opportunity]:
        """All that start between two times, both included; objects that start before the first are released."""
        first, last = self._hold(from_s, until_s)
        return self._made[first - self._low : last - self._low]

    def of(self, satellite: str, from_s: float, until_s: float) -> list[Opportunity]:
        """The same for one satellite."""
        first, last = self._hold(from_s, until_s)
        own = self._own[satellite]
        places = own[np.searchsorted(own, first) : np.searchsorted(own, last)]
        return [self._made[place - self._low] for place in places.tolist()]

    def each_of(self, satellite: str) -> Iterator[Opportunity]:
        """All opportunities of one satellite, one after another."""
        return map(self.at, self._own[satellite].tolist())

    def by_target(self) -> tuple[dict[str, slice], Places]:
        """The slice of each target in the places sorted by target, then time; and these places."""
        names, who = self._who()
        order = np.argsort(who, kind="stable").astype(np.int32)
        sizes = np.bincount(who, minlength=len(names))
        ends = np.cumsum(sizes)
        stretches = map(slice, (ends - sizes).tolist(), ends.tolist())
        own = dict(zip(names, stretches, strict=True))
        return {name: place for name, place in own.items() if place.start < place.stop}, order

    @cached_property
    def columns(self) -> Columns:
        """All places as columns."""
        names, who = self._who()
        own, order = self.by_target()
        none = slice(0, 0)
        duration_s = self._by_place(self._column("duration_s"))
        return Columns(
            names,
            list(self._own),
            array("i", who.tobytes()),
            array("i", self._part.tobytes()),
            [array("i", order[own.get(name, none)].tobytes()) for name in names],
            [array("i", places.tobytes()) for places in self._own.values()],
            *(
                array("d", column.tobytes())
                for column in (
                    self.start_s,
                    self.start_s + duration_s,
                    duration_s,
                    self._by_place(self._column("roll_deg")),
                )
            ),
        )

    @cached_property
    def lowest_sun_deg(self) -> float:
        """[deg] Of all opportunities; infinite if there are none."""
        return float(self._column("sun_elevation_deg").min(initial=np.inf))

    def most_a_day(self, settle_s: float) -> int:
        """Most images that one satellite could take in a day if turns took no time and it only had to settle."""
        shortest_s = float(self._column("duration_s").min(initial=np.inf)) + settle_s
        most = 0
        for places in self._own.values():
            start_s = self.start_s[places]
            days = np.flatnonzero(np.diff(np.floor(start_s / S_PER_DAY))) + 1
            most = max(most, *(_most_of(part, shortest_s) for part in np.split(start_s, days)))
        return most

    def _who(self) -> tuple[list[str], Places]:
        """Names of the targets, and for each place the number of its target."""
        number: dict[str, int] = {}
        who = np.empty(len(self), np.int32)
        for index, part in enumerate(self._parts):
            mine = self._part == index
            who[mine] = _targets(part, number)[self._row[mine]]
        return list(number), who

    def _column(self, name: str) -> Floats:
        """A column of all opportunities, satellite by satellite, shape (N,)."""
        return np.concatenate([np.zeros(0), *(_column(part, name) for part in self._parts)])

    def _by_place(self, column: Floats) -> Floats:
        """Such a column in the order of places."""
        begins = np.cumsum([0, *map(len, self._parts)])
        return np.ascontiguousarray(column[begins[self._part] + self._row])

    def _hold(self, from_s: float, until_s: float) -> tuple[int, int]:
        """Range of places that start between two times, as first and end; their objects are held from now on."""
        first = int(np.searchsorted(self.start_s, from_s, side="left"))
        last = max(first, int(np.searchsorted(self.start_s, until_s, side="right")))
        if first < self._low:  # asked for what was released
            self._made, self._low = [], first
        del self._made[: first - self._low]
        self._low = first
        self._made += self.all_at(slice(first + len(self._made), last))
        return first, last


def _most_of(start_s: Floats, apart_s: float) -> int:
    """How many of some ascending times can be chosen at least `apart_s` apart; greedily, the next that is far enough."""
    moments, count, at = start_s.tolist(), 0, 0
    while at < len(moments):
        count += 1
        at = bisect_left(moments, moments[at] + apart_s, lo=at + 1)
    return count


def _of_rows(part: Sequence[Opportunity], rows: Places) -> Iterator[Opportunity]:
    """The objects of some rows."""
    if isinstance(part, Opportunities):
        return iter(part.at(rows))
    return map(part.__getitem__, rows.tolist())


def _column(part: Sequence[Opportunity], name: str) -> Floats:
    """A column of all opportunities of a part, shape (N,)."""
    if isinstance(part, Opportunities):
        return np.asarray(getattr(part, name), np.float64)
    return np.array([getattr(item, name) for item in part], np.float64)


def _targets(part: Sequence[Opportunity], number: dict[str, int]) -> Places:
    """Number of each opportunity's target, shape (N,); new targets get the next numbers."""
    names = part.names if isinstance(part, Opportunities) else [item.target for item in part]
    numbers = np.array([number.setdefault(name, len(number)) for name in names], np.int32)
    return numbers[part.who] if isinstance(part, Opportunities) else numbers
