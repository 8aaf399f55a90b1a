"""A plan that is kept: where a target is wanted again, what follows from that is planned anew, and nothing else.

A planner that takes targets by urgency, the chances of each by time, and of these what fits, makes this of all chances: one
stands unless another that stands comes before it in that order and excludes it, being of the same target, or of the same
satellite with no time to turn between both. So a change touches only chances behind it in the order, those that it
excludes or sets free, and each of them is looked at when all before it are settled. What is begun or flown comes before all.

Source: the greedy maximal independent set of an order, kept under changes, as in Censor-Hillel, Haramaty and Karnin, Optimal
Dynamic Distributed MIS, PODC 2016.
"""

import heapq
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from payload.plans import Limits
from payload.sim.calendar import Calendar
from payload.types import Opportunity

_in_time = attrgetter("start_s", "end_s", "roll_deg", "id")  # as plans are ordered


@dataclass(frozen=True, slots=True)
class Change:
    """What is new in a plan, and what is no longer in it that was still to come, each in order of time."""

    added: Sequence[Opportunity]
    dropped: Sequence[Opportunity]


class KeptPlan:
    """The plan of a fleet. Chances go by their places in the calendar, which are in order of time.

    Args:
        calendar: All chances.
        urgency: By target; the smallest is served first.
        due_s: [s] By target: an image ends by then; at any time where missing.
        limits: For turns; there are no budgets.
    """

    def __init__(
        self,
        calendar: Calendar,
        urgency: Mapping[str, float],
        due_s: Mapping[str, float],
        limits: Limits,
    ) -> None:
        columns = self._columns = calendar.columns
        self._calendar, self._limits = calendar, limits
        self._start_s, self._end_s = columns.start_s, columns.end_s
        self._number = {name: number for number, name in enumerate(columns.targets)}
        self._urgency = [urgency.get(name, 0.0) for name in columns.targets]
        self._due_s = [due_s.get(name, math.inf) for name in columns.targets]
        self._reach_s = (
            max(columns.duration_s, default=0.0)
            + limits.settle_s
            + (max(columns.roll_deg, default=0.0) - min(columns.roll_deg, default=0.0))
            / limits.slew_deg_per_s
        )
        self._now_s = 0.0
        self._wanted = [False] * len(columns.targets)
        self._standing = [list[int]() for _ in columns.targets]  # one, but for a moment
        self._lines = [list[int]() for _ in columns.of_satellite]  # what stands and what is flown
        self._place_of = dict[str, int]()  # of what stands, by id
        self._stood = dict[int, bool]()  # what has changed since the last plan
        self._doubts = list[
            tuple[float, int, bool]
        ]()  # whether the target seeks on where it cannot stand

    def want(self, target: str, now_s: float) -> None:
        """A target is wanted."""
        number = self._number.get(target)
        if number is not None:  # else it has no chance
            self._wanted[number] = True
            self._seek(number, now_s)

    def take(self, item: Opportunity) -> None:
        """What stood is flown; its target is wanted no more."""
        place = self._place_of.pop(item.id)
        number = self._columns.target[place]
        self._standing[number].remove(place)
        self._wanted[number] = False

    def refuse(self, item: Opportunity, now_s: float) -> None:
        """What stood could not be flown; its target stays wanted."""
        place, self._now_s = self._place_of.pop(item.id), now_s
        self._withdraw(place)
        self._seek(self._columns.target[place], now_s)

    def settle(self, now_s: float) -> Change:
        """Plan from now on; what has changed since the last plan."""
        self._now_s = now_s
        self._stood.clear()
        while self._doubts:
            _, place, seeks = heapq.heappop(self._doubts)
            self._decide(place, seeks=seeks)
        added = self._items(stood=False)
        dropped = self._items(stood=True)
        for item in dropped.values():
            del self._place_of[item.id]
        self._place_of |= {item.id: place for place, item in added.items()}
        return Change(sorted(added.values(), key=_in_time), sorted(dropped.values(), key=_in_time))

    def _items(self, *, stood: bool) -> dict[int, Opportunity]:
        """By place, what stood before the last plan and does not stand now, or the other way round."""
        standing, target = self._standing, self._columns.target
        places = [
            place
            for place, before in self._stood.items()
            if before is stood and (place in standing[target[place]]) is not stood
        ]
        return {place: self._calendar.at(place) for place in places}

    def _decide(self, place: int, *, seeks: bool) -> None:
        """Whether a chance stands, now that all before it are settled."""
        number, start_s = self._columns.target[place], self._start_s[place]
        standing = self._standing[number]
        stands = place in standing
        if start_s < self._now_s:  # over
            if seeks:
                self._seek(number, self._now_s)
            return
        if stands and start_s == self._now_s:  # begun
            return
        if self._fits(place):
            if not stands:
                self._set(place)
            return
        if stands:
            self._stood.setdefault(place, True)
            self._withdraw(place)
        if (seeks or stands) and self._wanted[number] and not _any_before(standing, place):
            chances = self._columns.of_target[number]
            after = bisect_right(chances, place)
            if after < len(chances):
                self._doubt(chances[after], seeks=True)

    def _fits(self, place: int) -> bool:
        """Whether a chance may stand beside what comes before it."""
        number = self._columns.target[place]
        if not self._wanted[number] or self._end_s[place] > self._due_s[number]:
            return False
        if _any_before(self._standing[number], place):
            return False
        line = self._lines[self._columns.satellite[place]]
        rank = self._rank(place)
        return not any(
            (self._start_s[other] <= self._now_s or self._rank(other) < rank)
            and self._clash(other, place)
            for other in self._near(line, place)
        )

    def _set(self, place: int) -> None:
        """A chance stands; what it excludes is in doubt."""
        self._stood.setdefault(place, False)
        line = self._lines[self._columns.satellite[place]]
        rivals = [other for other in self._near(line, place) if self._clash(other, place)]
        standing = self._standing[self._columns.target[place]]
        for other in (*rivals, *standing):
            self._doubt(other)
        insort(line, place)
        insort(standing, place)

    def _withdraw(self, place: int) -> None:
        """A chance stands no more; what it excluded is in doubt."""
        target, satellite = self._columns.target, self._columns.satellite[place]
        self._standing[target[place]].remove(place)
        line = self._lines[satellite]
        del line[bisect_left(line, place)]
        rank = self._rank(place)
        for other in self._near(self._columns.of_satellite[satellite], place):
            if (
                self._wanted[target[other]]
                and self._start_s[other] >= self._now_s
                and self._rank(other) > rank
                and self._clash(other, place)
                and not any(each <= other for each in self._standing[target[other]])
            ):
                self._doubt(other)

    def _seek(self, number: int, now_s: float) -> None:
        """A target seeks a chance, from now on."""
        chances = self._columns.of_target[number]
        first = bisect_left(chances, now_s, key=self._start_s.__getitem__)
        if first < len(chances):
            self._doubt(chances[first], seeks=True)

    def _doubt(self, place: int, *, seeks: bool = False) -> None:
        heapq.heappush(self._doubts, (*self._rank(place), seeks))

    def _rank(self, place: int) -> tuple[float, int]:
        return self._urgency[self._columns.target[place]], place

    def _near(self, places: Sequence[int], place: int) -> Sequence[int]:
        """Of places of a satellite in order of time, those that one of them could exclude; not itself."""
        first_s, last_s = self._start_s[place] - self._reach_s, self._end_s[place] + self._reach_s
        start_of = self._start_s.__getitem__
        first = bisect_left(places, first_s, key=start_of)
        last = bisect_right(places, last_s, lo=first, key=start_of)
        return [other for other in places[first:last] if other != place]

    def _clash(self, one: int, other: int) -> bool:
        """Whether there is no time to turn between two chances of a satellite; `Limits.allow`, to the last bit."""
        first, second = (one, other) if one < other else (other, one)
        roll_deg, limits = self._columns.roll_deg, self._limits
        turn_s = limits.settle_s + abs(roll_deg[second] - roll_deg[first]) / limits.slew_deg_per_s
        return not self._start_s[second] >= self._end_s[first] + turn_s


def _any_before(places: Sequence[int], place: int) -> bool:
    return any(other < place for other in places)
