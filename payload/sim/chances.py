"""The next chances of each target: as many as a planner needs that takes the first which fits.

Where a target is worth the same at all times, such a planner (`takes_first`) goes through the chances of a target in
order of time and is done with it at the first that fits; those after it change nothing. So it is asked with a few of each
target, and again with more of those that it could not take, until each is taken or has no chance left. What it says then is
what it would say of all: it passes the same chances in the same order, and those that it was not told of are of targets
that it has taken by then. A plan so costs what is near, not what is left of the flight.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from payload.plans import Plan
from payload.types import Opportunity

_FEW = 2
"""Chances of a target that are offered beyond the one it was planned at last; if it is not taken, twice as many."""


class Chances:
    """Opportunities by target, in order of start, then id, and how many of each were enough for the last plan."""

    def __init__(self, items: Iterable[Opportunity]) -> None:
        self._of: defaultdict[str, list[Opportunity]] = defaultdict(list)
        for item in sorted(items, key=attrgetter("start_s", "id")):
            self._of[item.target].append(item)
        self._starts_s = {
            target: [item.start_s for item in found] for target, found in self._of.items()
        }
        self._end = dict.fromkeys(self._of, 0)  # by target, where the last that is offered stands

    def plan(
        self,
        ask: Callable[[Sequence[Opportunity]], Plan],
        targets: Iterable[str],
        from_s: float,
    ) -> Plan:
        """What a planner that takes the first says of all chances of some targets, asked with as few as needed.

        Args:
            ask: Asks the planner with opportunities, in order of start, then id.
            targets: The targets.
            from_s: [s] No chance starts before.
        """
        first = {
            name: bisect_left(self._starts_s[name], from_s) for name in targets if name in self._of
        }
        end = {name: max(self._end[name], start + _FEW) for name, start in first.items()}
        while True:
            place = {
                item.id: (item, number)
                for name, start in first.items()
                for number, item in enumerate(self._of[name][start : end[name]], start)
            }
            offered = sorted((item for item, _ in place.values()), key=attrgetter("start_s", "id"))
            plan = ask(offered)
            taken = {
                item.target: number
                for item, number in (place[each] for each in plan.opportunity_ids)
            }
            short = [
                name for name in first if name not in taken and end[name] < len(self._of[name])
            ]
            if not short:
                self._end |= end | {name: number + _FEW for name, number in taken.items()}
                return plan
            for name in short:
                end[name] += end[name] - first[name]
