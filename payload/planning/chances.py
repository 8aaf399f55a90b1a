"""The next chances of each target: as many as needed by a planner that takes the first that fits.

If a target is worth the same at all times, such a planner (`takes_first`) goes through its chances in time order
and is done with it at the first that fits; later ones change nothing. So it is given a few chances of each target, and then
more for the targets that it could not take, until each is taken or has no chance left. The plan is then the same as from all
chances: the planner goes through the same ones in the same order, and those withheld belong to targets that it has taken by
then. So the cost of a plan depends on what is near, not on what is left of the flight.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import attrgetter

from payload.planning.calendar import Calendar
from payload.plans import Plan
from payload.types import Opportunity

FEW = 2
"""Chances of a target offered beyond the one at which it was last planned; if it is not taken, twice as many."""


class Chances:
    """Opportunities by target, in order of start, then id, and how many of each were enough for the last plan."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._own, self._places = calendar.by_target()
        self._starts_s = array("d", calendar.start_s[self._places].tobytes())
        self._end: dict[str, int] = {}  # by target, the end of what is offered
        self._made: dict[int, Opportunity] = {}  # what was last offered

    def plan(
        self,
        ask: Callable[[Sequence[Opportunity]], Plan],
        from_s: Mapping[str, float],
    ) -> Plan:
        """The plan of a `takes_first` planner for all chances of some targets, offering it as few as needed.

        Args:
            ask: Calls the planner with opportunities, in order of start, then id.
            from_s: [s] By target: no chance starts earlier.
        """
        first = {
            name: bisect_left(self._starts_s, begin_s, self._own[name].start, self._own[name].stop)
            for name, begin_s in from_s.items()
            if name in self._own
        }
        end = {
            name: min(self._own[name].stop, max(self._end.get(name, 0), start + FEW))
            for name, start in first.items()
        }
        while True:
            number_of = self._offer(range(start, end[name]) for name, start in first.items())
            offered = sorted(self._made.values(), key=attrgetter("start_s", "id"))
            plan = ask(offered)
            taken = {
                self._made[number].target: number
                for number in (number_of[each] for each in plan.opportunity_ids)
            }
            short = [
                name for name in first if name not in taken and end[name] < self._own[name].stop
            ]
            if not short:
                self._end |= end | {name: number + FEW for name, number in taken.items()}
                return plan
            for name in short:
                end[name] = min(self._own[name].stop, 2 * end[name] - first[name])

    def _offer(self, ranges: Iterable[range]) -> dict[str, int]:
        """Hold the objects of these numbers and no others; returns the number of each by its id."""
        wanted, before = list(chain.from_iterable(ranges)), self._made
        new = [number for number in wanted if number not in before]
        made = before | dict(zip(new, self._calendar.all_at(self._places[new]), strict=True))
        self._made = {number: made[number] for number in wanted}
        return {item.id: number for number, item in self._made.items()}
