"""Improving a schedule by exchanges: an image is inserted, those in its way are removed or moved to another time."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from payload.plans import PlanContext
from payload.scheduling.schedule import Schedule
from payload.types import Opportunity

_ENOUGH = 1e-9
"""Least gain of an exchange, as a share of the image's value, so that rounding never makes two exchanges alternate."""

FEW = 0.01
"""If a round changes no more than this share of the images, another would hardly pay."""


class Exchange:
    """Exchanges of one image for those in its way, as long as they pay.

    In the way of an image are those that leave it no time, the one of its own target and, if the budget of
    an orbit is spent, the least valuable of that orbit. Those removed are inserted again at other
    opportunities of their targets, if these are free. An exchange that does not pay is undone.
    """

    def __init__(self, context: PlanContext, items: Sequence[Opportunity]) -> None:
        self._schedule = Schedule(context)
        self._value = {item.id: context.value(item) for item in items}
        self._place_of = {
            item.id: (item.satellite, context.limits.orbit_of(item)) for item in items
        }
        self._changed: list[Opportunity] = []
        self._changes = 0
        self._least: dict[tuple[str, int], list[Opportunity]] = {}
        self._chances: dict[str, list[Opportunity]] = defaultdict(list)
        for item in items:
            self._chances[item.target].append(item)
        self._movable = {target for target, chances in self._chances.items() if len(chances) > 1}
        for target in self._movable:
            self._chances[target].sort(
                key=lambda item: (-self._value[item.id], item.start_s, item.id)
            )

    def improve(self, schedule: Schedule, order: Sequence[Opportunity], *, rounds: int) -> None:
        """Go through the images in an order, at most `rounds` times; after the first, only where something changed."""
        items = list(order)
        for _ in range(rounds):
            changes, changed = self.go_through(schedule, items)
            if changes <= FEW * len(order):
                return
            places = {self._place_of[item.id] for item in changed}
            items = [item for item in order if self._place_of[item.id] in places]

    def go_through(
        self, schedule: Schedule, items: Iterable[Opportunity]
    ) -> tuple[int, list[Opportunity]]:
        """Try each of some images once; returns how many exchanges paid, and the images they inserted or removed."""
        self._schedule, self._changes, self._changed = schedule, 0, []
        self._least.clear()
        for item in items:
            self._try(item)
        return self._changes, self._changed

    def _try(self, item: Opportunity) -> None:
        schedule, value = self._schedule, self._value[item.id]
        own = schedule.taken.get(item.target)
        if own is not None and own.id == item.id:
            return
        line = schedule.line(item.satellite)
        out = line.in_the_way(item)
        if out is None:
            return
        if own is not None and all(each is not own for each in out):
            out.append(own)
        if not out:
            if line.has_budget(item):
                schedule.insert(item)
                self._note([item])
                return
            out = self._cheapest(item)
        gain, bar = value - sum(self._value[each.id] for each in out), _ENOUGH * value
        if not self._may_pay(item, out, gain, bar):
            return
        hope = gain
        for each in out:
            if hope > bar:
                break
            if each.target in self._movable:
                hope += self._hope(each, item, out)
        if hope > bar:
            self._swap(item, out, gain)

    def _may_pay(
        self, instead: Opportunity, out: Sequence[Opportunity], gain: float, bar: float
    ) -> bool:
        """Whether an exchange would pay if each image removed had its best chance free: faster than testing which are.

        Terms are added in the same order as for the hope and none is smaller, so, even rounded, neither is the sum.
        """
        most = gain
        for each in out:
            if most > bar:
                break
            if each.target in self._movable and each.target != instead.target:
                best, next_best = self._chances[each.target][:2]
                most += self._value[next_best.id if best.id == each.id else best.id]
        return most > bar

    def _hope(self, item: Opportunity, instead: Opportunity, out: list[Opportunity]) -> float:
        """The most that a removed image could be worth at another time."""
        if item.target == instead.target:
            return 0.0
        for chance in self._chances[item.target]:
            if chance.id == item.id:
                continue
            near = self._schedule.line(chance.satellite).in_the_way(chance)
            if near is not None and all(any(other is each for each in out) for other in near):
                return self._value[chance.id]
        return 0.0

    def _swap(self, item: Opportunity, out: list[Opportunity], gain: float) -> None:
        schedule, line = self._schedule, self._schedule.line(item.satellite)
        gone, come = list(out), [item]
        for each in out:
            schedule.remove(each)
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
                self._note([*gone, *come])
                return
        else:
            come = []
        for each in come:
            schedule.remove(each)
        for each in gone:
            schedule.insert(each)

    def _cheapest(self, item: Opportunity) -> list[Opportunity]:
        """The least valuable image of the same orbit that may make way, if any; cached until something changes."""
        place = self._place_of[item.id]
        found = self._least.get(place)
        if found is None:
            rivals = self._schedule.line(item.satellite).rivals(item)
            found = sorted(rivals, key=lambda each: (self._value[each.id], each.id))[:1]
            self._least[place] = found
        return list(found)

    def _note(self, items: Sequence[Opportunity]) -> None:
        """Record images inserted or removed for good."""
        self._changes += 1
        self._changed += items
        for item in items:
            self._least.pop(self._place_of[item.id], None)

    def _place(self, target: str) -> Opportunity | None:
        """Take a target at its best free opportunity."""
        for chance in self._chances[target]:
            if self._schedule.fits(chance):
                self._schedule.insert(chance)
                return chance
        return None
