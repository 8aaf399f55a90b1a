"""A plan maintained under changes: only what follows from a change is planned anew.

A planner that goes through targets by urgency, through the chances of each by time, and takes what fits, selects as follows:
a chance stands unless another standing one comes before it in that order and excludes it, being of the same target, or of the
same satellite with no time to turn between the two. So a change affects only chances behind it in the order, those that it
excludes or sets free, and each of them is decided when all before it are settled.

What may be planned is set by the plan's owner: from when each target is wanted and each satellite can follow a plan, what is
committed and must not be disturbed, and which chances are singled out, as more urgent than their target or not available.

Source: the greedy maximal independent set of an order, maintained under changes, as in Censor-Hillel, Haramaty and Karnin,
Optimal Dynamic Distributed MIS, PODC 2016.
"""

import heapq
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from payload.planning.calendar import Calendar
from payload.planning.vicinity import Key, Vicinity
from payload.plans import Limits
from payload.types import Opportunity

_in_time = attrgetter("start_s", "end_s", "roll_deg", "id")  # the order of plans, for objects


@dataclass(frozen=True, slots=True)
class Change:
    """What is new in a plan, and what is no longer in it, even if only because its time has passed; in time order."""

    added: Sequence[Opportunity]
    dropped: Sequence[Opportunity]


@dataclass(frozen=True, slots=True)
class Ranks:
    """The order in which targets are served.

    Attributes:
        urgency: By target; the smallest is served first.
        due_s: [s] By target: an image must end by then; at any time where missing.
        of_missed: Urgency of a target by how often it was missed; None if that does not matter.
    """

    urgency: Mapping[str, float]
    due_s: Mapping[str, float] = field(default_factory=dict[str, float])
    of_missed: Callable[[str, int], float] | None = None


class KeptPlan:
    """The plan of a fleet. Chances are identified by their places in the calendar, which are in time order.

    Args:
        calendar: All chances.
        ranks: Of targets.
        limits: For turns; there are no budgets.
        horizon_s: [s] Nothing that starts later than this after now is planned.

    Attributes:
        entered: Targets of which chances have come within the horizon since the previous plan.
    """

    def __init__(
        self,
        calendar: Calendar,
        ranks: Ranks,
        limits: Limits,
        horizon_s: float = math.inf,
    ) -> None:
        columns = self._columns = calendar.columns
        self._calendar, self._vicinity = calendar, Vicinity(columns, limits)
        self._clash = self._vicinity.clash
        self._start_s, self._end_s = columns.start_s, columns.end_s
        self._number, self._satellite = self._vicinity.target, self._vicinity.satellite
        self._urgency = [ranks.urgency.get(name, 0.0) for name in columns.targets]
        self._urgency_of, self._missed = ranks.of_missed, [0] * len(columns.targets)
        self._due_s = [ranks.due_s.get(name, math.inf) for name in columns.targets]
        self._now_s = 0.0
        self._horizon_s, self._within = horizon_s, 0  # chances that have come within it
        self.entered = set[str]()
        self._wanted_s = [math.inf] * len(columns.targets)
        self._ready_s = [0.0] * len(columns.satellites)
        # by place, an urgency of its own; None: not available
        self._single: dict[int, float | None] = {}
        self._standing = [list[int]() for _ in columns.targets]  # at most one, except transiently
        self._lines = [list[int]() for _ in columns.satellites]  # what stands
        self._committed = [list[Key]() for _ in columns.satellites]
        self._items = dict[int, Opportunity]()  # what stands, by place
        self._stood = dict[int, bool]()  # what has changed since the last plan: did it stand then
        self._seeking = set[int]()  # targets that may have a chance before the one that stands
        self._doubts = list[
            tuple[float, int, bool]
        ]()  # urgency, place, and whether the target seeks on if this chance cannot stand

    # --- what changes ---------------------------------------------------------------------------------

    def want(self, target: str, from_s: float, missed: int = 0) -> None:
        """Set from when on [s] a target is wanted, no longer if infinite, and how often it was missed."""
        number = self._number.get(target)
        if number is None:  # it has no chances
            return
        if self._urgency_of is not None and from_s < math.inf and missed != self._missed[number]:
            self._missed[number] = missed
            self._urge(number, self._urgency_of(target, missed))
        if from_s == self._wanted_s[number]:  # already known
            return
        if from_s < self._wanted_s[number]:
            self._seeking.add(number)
        self._wanted_s[number] = from_s
        for place in self._standing[number]:
            if self._start_s[place] < from_s:
                self._doubt(place)

    def _urge(self, number: int, urgency: float) -> None:
        """Change a target's urgency; all its chances are decided anew."""
        for place in list(self._standing[number]):
            self._withdraw(place)  # while it still has its old urgency
        self._urgency[number] = urgency
        self._seeking.add(number)

    def ready(self, satellite: str, from_s: float) -> None:
        """Set from when on [s] a satellite can follow a plan."""
        number = self._satellite[satellite]
        before_s, self._ready_s[number] = self._ready_s[number], from_s
        own, start_of = self._columns.of_satellite[number], self._start_s.__getitem__
        first = bisect_left(own, max(from_s, self._now_s), key=start_of)
        for place in own[first : bisect_left(own, before_s, lo=first, key=start_of)]:
            if self._is_wanted(place):
                self._doubt(place)

    def commit(self, item: Opportunity) -> None:
        """Commit an image: it is flown, or will be whatever is planned."""
        place = self._vicinity.place_of(item)
        committed, at = self._where_committed(place)
        if self._vicinity.key(place) in committed[at : at + 1]:
            return
        committed.insert(at, self._vicinity.key(place))
        if place in self._standing[self._columns.target[place]]:
            self._remove(place)  # it still excludes the same, and nothing it excludes stands
            self._seeking.add(self._columns.target[place])
        else:
            self._doubt_near(place)

    def release(self, item: Opportunity) -> None:
        """Withdraw the commitment to an image, if there is one."""
        place = self._vicinity.place_of(item)
        committed, at = self._where_committed(place)
        if self._vicinity.key(place) in committed[at : at + 1]:
            del committed[at]
            self._doubt_near(place)

    def single_out(self, urgency: Mapping[Opportunity, float | None]) -> None:
        """Give these chances alone an urgency of their own, whenever their target is wanted; None makes one unavailable."""
        now = {self._vicinity.place_of(item): each for item, each in urgency.items()}
        before = self._single
        changed = {
            place
            for place in before.keys() | now.keys()
            if (place in before) is not (place in now) or before.get(place) != now.get(place)
        }
        for place in changed:
            if place in self._standing[self._columns.target[place]]:
                self._withdraw(place)  # while it still has its old urgency
        self._single = now
        self._seeking.update(self._columns.target[place] for place in changed)

    # --- the plan -------------------------------------------------------------------------------------

    def settle(self, now_s: float) -> Change:
        """Plan from now on; returns what has changed since the last plan."""
        self._now_s = now_s
        for line, ready_s in zip(self._lines, self._ready_s, strict=True):
            while line and self._start_s[line[0]] < max(now_s, ready_s):
                self._seeking.add(self._columns.target[line[0]])
                self._withdraw(line[0])
        self._enter()
        for number in self._seeking:
            self._seek(number)
        self._seeking.clear()
        while self._doubts:
            _, place, seeks = heapq.heappop(self._doubts)
            self._decide(place, seeks=seeks)
        return self._change()

    def _enter(self) -> None:
        """Admit chances that have come within the horizon."""
        before, target = self._within, self._columns.target
        until_s = self._now_s + self._horizon_s
        self._within = bisect_right(self._start_s, until_s, lo=before)
        self.entered.clear()
        if math.isinf(self._horizon_s):
            return  # all have been within it from the start
        for place in range(before, self._within):
            self.entered.add(self._columns.targets[target[place]])
            standing = self._standing[target[place]]
            if self._is_wanted(place) and not self._any_before(standing, place):
                self._doubt(place)

    def of(self, satellite: str) -> list[Opportunity]:
        """What is planned for a satellite, in time order."""
        return [self._items[place] for place in self._lines[self._satellite[satellite]]]

    def serves(self, target: str) -> str | None:
        """The satellite that is to take a target; None if there is none."""
        number = self._number.get(target)
        if number is None or not self._standing[number]:
            return None
        return self._columns.satellites[self._columns.satellite[self._standing[number][0]]]

    def first_chance(
        self, target: str, from_s: float, ready_s: Mapping[str, float]
    ) -> Opportunity | None:
        """The first chance of a target from a time on [s] for which its satellite is ready [s], whether it may stand or not."""
        columns, number = self._columns, self._number.get(target)
        chances = [] if number is None else columns.of_target[number]
        end = bisect_left(chances, self._within)
        for at in range(bisect_left(chances, from_s, key=self._start_s.__getitem__), end):
            place = chances[at]
            if self._start_s[place] >= ready_s[columns.satellites[columns.satellite[place]]]:
                return self._calendar.at(place)
        return None

    def in_reach(self, satellite: str, from_s: float, until_s: float) -> set[str]:
        """Targets of which a satellite's chances start in a span [s], its end excluded."""
        own, start_of = (
            self._columns.of_satellite[self._satellite[satellite]],
            self._start_s.__getitem__,
        )
        first = bisect_left(own, from_s, key=start_of)
        last = bisect_left(own, until_s, lo=first, key=start_of)
        return {self._columns.targets[self._columns.target[place]] for place in own[first:last]}

    def _change(self) -> Change:
        """What stands now but did not after the last plan, and vice versa."""
        standing, target = self._standing, self._columns.target
        added, dropped = list[Opportunity](), list[Opportunity]()
        for place, before in self._stood.items():
            stands = place in standing[target[place]]
            if stands and not before:
                self._items[place] = self._calendar.at(place)
                added.append(self._items[place])
            if before and not stands:
                dropped.append(self._items.pop(place))
        self._stood.clear()
        return Change(sorted(added, key=_in_time), sorted(dropped, key=_in_time))

    def _decide(self, place: int, *, seeks: bool) -> None:
        """Decide whether a chance stands, now that all before it are settled."""
        number = self._columns.target[place]
        standing = self._standing[number]
        stands = place in standing
        if self._fits(place):
            if not stands:
                self._set(place)
            return
        if stands:
            self._withdraw(place)
            if place in self._single:
                self._seek(number)
                return
            self._doubt_single(number)
        if (seeks or stands) and not self._any_before(standing, place):
            self._seek(number, after=place)

    def _fits(self, place: int) -> bool:
        """Whether a chance may stand, given what is committed and what comes before it in the order."""
        number = self._columns.target[place]
        if not self._is_open(place) or self._any_before(self._standing[number], place):
            return False
        before, after = self._neighbours(place)
        if before is not None and self._clash(before, place):
            return False
        if after is not None and self._clash(place, after):
            return False
        return not self._any_before(self._rivals(place, before, after), place)

    def _is_open(self, place: int) -> bool:
        """Whether a chance may be planned, considered alone."""
        start_s, number = self._start_s[place], self._columns.target[place]
        return (
            place < self._within
            and start_s >= self._now_s
            and start_s >= self._ready_s[self._columns.satellite[place]]
            and self._end_s[place] <= self._due_s[number]
            and (
                self._single[place] is not None
                if place in self._single
                else start_s >= self._wanted_s[number]
            )
        )

    def _is_wanted(self, place: int) -> bool:
        """Whether a chance could be planned at all: its target is wanted, or it is singled out."""
        return self._wanted_s[self._columns.target[place]] < math.inf or place in self._single

    def _set(self, place: int) -> None:
        """Let a chance stand; what it excludes must be decided anew."""
        self._stood.setdefault(place, False)
        standing = self._standing[self._columns.target[place]]
        for other in (*self._rivals(place, *self._neighbours(place)), *standing):
            self._doubt(other)
        insort(self._lines[self._columns.satellite[place]], place)
        standing.append(place)

    def _withdraw(self, place: int) -> None:
        """Remove a standing chance; what it excluded must be decided anew."""
        self._remove(place)
        target, satellite = self._columns.target, self._columns.satellite[place]
        rank = self._rank(place)
        for other in self._beside(self._columns.of_satellite[satellite], place):
            if (
                self._is_wanted(other)
                and self._rank(other) > rank
                and self._clash(other, place)
                and not self._any_before(self._standing[target[other]], other)
            ):
                self._doubt(other)

    def _remove(self, place: int) -> None:
        """Remove a standing chance."""
        self._stood.setdefault(place, True)
        self._standing[self._columns.target[place]].remove(place)
        line = self._lines[self._columns.satellite[place]]
        del line[bisect_left(line, place)]

    def _doubt_near(self, place: int) -> None:
        """Decide anew a chance and all near it, as something has changed there."""
        for other in (
            place,
            *self._beside(self._columns.of_satellite[self._columns.satellite[place]], place),
        ):
            if self._is_wanted(other):
                self._doubt(other)

    def _seek(self, number: int, after: int | None = None) -> None:
        """Seek a chance for a target, from now on or after one that cannot stand."""
        chances = self._columns.of_target[number]
        if after is None:
            self._doubt_single(number)
            from_s = max(self._now_s, self._wanted_s[number])
            at = bisect_left(chances, from_s, key=self._start_s.__getitem__)
        else:
            at = bisect_right(chances, after)
        while at < len(chances) and chances[at] in self._single:
            at += 1
        if at < len(chances) and chances[at] < self._within:
            self._doubt(chances[at], seeks=True)

    def _doubt_single(self, number: int) -> None:
        """Decide anew the singled-out chances of a target, which are not sought in time order."""
        for place in self._single:
            if self._columns.target[place] == number:
                self._doubt(place)

    def _doubt(self, place: int, *, seeks: bool = False) -> None:
        heapq.heappush(self._doubts, (*self._rank(place), seeks))

    def _rank(self, place: int) -> tuple[float, int]:
        urgency = self._single.get(place)
        return self._urgency[self._columns.target[place]] if urgency is None else urgency, place

    def _any_before(self, places: Sequence[int], place: int) -> bool:
        """Whether any of some places is settled before a given one."""
        if not places:
            return False
        rank = self._rank(place)
        return any(self._rank(other) < rank for other in places)

    def _rivals(self, place: int, before: int | None, after: int | None) -> list[int]:
        """What stands between the commitments before and after a chance and excludes it or is excluded by it.

        Beyond a commitment there is no need to look: an image that can follow it can follow those before it.
        """
        return [
            other
            for other in self._beside(self._lines[self._columns.satellite[place]], place)
            if (before is None or other > before)
            and (after is None or other < after)
            and self._clash(other, place)
        ]

    def _neighbours(self, place: int) -> tuple[int | None, int | None]:
        """The commitments before and after a chance."""
        committed, at = self._where_committed(place)
        return (
            committed[at - 1][-1] if at else None,
            committed[at][-1] if at < len(committed) else None,
        )

    def _where_committed(self, place: int) -> tuple[list[Key], int]:
        """The commitments of a chance's satellite, and the index in them where the chance is or would be."""
        committed = self._committed[self._columns.satellite[place]]
        return committed, bisect_left(committed, self._vicinity.key(place))

    def _beside(self, places: Sequence[int], place: int) -> Sequence[int]:
        """Those of a satellite's places that a chance could exclude and that are not over."""
        return self._vicinity.near(places, place, self._now_s)
