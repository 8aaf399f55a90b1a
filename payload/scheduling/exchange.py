"""Making a schedule better: an image comes in, those in its way go out or move to another time."""

from collections import defaultdict
from collections.abc import Sequence

from payload.scheduling.schedule import Schedule
from payload.types import Opportunity

_ENOUGH = 1e-9
"""Least share of a value by which an exchange must pay, so that rounding never makes two take turns."""


class Exchange:
    """Exchanges of one image for those that stand in its way, as long as they pay.

    What stands in the way of an image are those that leave it no time, the one of its own target, and where
    the budget of an orbit is spent the cheapest of that orbit. Those that go out are put in again at other
    opportunities of their targets, if these are free. An exchange that does not pay is taken back.
    """

    def __init__(self, schedule: Schedule, items: Sequence[Opportunity]) -> None:
        self._schedule = schedule
        self._items = items
        self._value = {item.id: schedule.context.value(item) for item in items}
        self._chances: dict[str, list[Opportunity]] = defaultdict(list)
        for item in items:
            self._chances[item.target].append(item)
        for chances in self._chances.values():
            chances.sort(key=lambda item: -self._value[item.id])

    def run(self, *, rounds: int) -> None:
        """Go through all images in their order, as often as anything changes, at most `rounds` times."""
        for _ in range(rounds):
            changes = [self._try(item) for item in self._items]
            if not any(changes):
                return

    def _try(self, item: Opportunity) -> bool:
        schedule, value = self._schedule, self._value[item.id]
        own = schedule.taken.get(item.target)
        if own is not None and own.id == item.id:
            return False
        if own is None and schedule.fits(item):
            schedule.insert(item)
            return True
        out = schedule.line(item.satellite).in_the_way(item)
        if out is None:
            return False
        gain = value - sum(self._value[each.id] for each in out)
        if own is not None and own not in out:
            out.append(own)
            gain -= self._value[own.id]
        movable = sum(self._rest(each, item) for each in out)
        if gain + movable <= _ENOUGH * value:
            return False
        return self._swap(item, out)

    def _rest(self, item: Opportunity, instead: Opportunity) -> float:
        """What an image that goes out could still be worth at another time, at best."""
        if item.target == instead.target:
            return 0.0
        chances = self._chances[item.target]
        if len(chances) == 1:
            return 0.0
        best = chances[1] if chances[0].id == item.id else chances[0]
        return self._value[best.id]

    def _swap(self, item: Opportunity, out: list[Opportunity]) -> bool:
        schedule, line = self._schedule, self._schedule.line(item.satellite)
        gone, come = list(out), [item]
        for each in out:
            schedule.remove(each)
        gain = self._value[item.id] - sum(self._value[each.id] for each in out)
        rivals = sorted(line.rivals(item), key=lambda each: self._value[each.id], reverse=True)
        while not line.has_budget(item) and rivals:
            cheapest = rivals.pop()
            schedule.remove(cheapest)
            gone.append(cheapest)
            gain -= self._value[cheapest.id]
        if schedule.fits(item):
            schedule.insert(item)
            for each in sorted(gone, key=lambda each: -self._value[each.id]):
                moved = self._place(each.target)
                if moved is not None:
                    come.append(moved)
                    gain += self._value[moved.id]
            if gain > _ENOUGH * self._value[item.id]:
                return True
        else:
            come = []
        for each in come:
            schedule.remove(each)
        for each in gone:
            schedule.insert(each)
        return False

    def _place(self, target: str) -> Opportunity | None:
        """Take a target at its best opportunity that is free."""
        for chance in self._chances[target]:
            if self._schedule.fits(chance):
                self._schedule.insert(chance)
                return chance
        return None
