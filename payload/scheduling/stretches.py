"""Improving a schedule stretch by stretch: the best images of each, while all others stay as they are.

A stretch is an orbit of a satellite if images per orbit are limited; otherwise a run of images without a gap in which the
satellite could settle and make the widest turn. An image whose target is taken in another stretch is worth what it adds
to that. If a change removes something from another stretch, or makes room for it there, that stretch is examined again.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from payload.plans import Limits, PlanContext
from payload.scheduling.conflicts import by_satellite
from payload.scheduling.longest_path import Row, longest_path
from payload.scheduling.schedule import Schedule
from payload.types import Opportunity

_ENOUGH = 1e-9
"""Least gain of a change, as a share of the value, so that rounding never makes two changes alternate."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Images of one satellite in time order, the value of each, and how many may be taken besides its commitments."""

    satellite: str
    items: Sequence[Opportunity]
    values: Sequence[float]
    most: int | None

    @property
    def row(self) -> Row:
        """The images as columns; made only on closer examination, which few stretches need."""
        return Row(
            np.array([item.start_s for item in self.items]),
            np.array([item.end_s for item in self.items]),
            np.array([item.roll_deg for item in self.items]),
            np.array(self.values, np.float64),
        )


class Stretches:
    """The stretches of some images in order, for improving a schedule of them.

    Satellites with limited memory are left as they are, and so are all if imaging time is limited: bytes or seconds would
    add a state to the dynamic programme.
    """

    def __init__(self, context: PlanContext, stretches: Iterable[Stretch]) -> None:
        self._context = context
        self._all = list(stretches)
        self._of: defaultdict[str, set[int]] = defaultdict(set)
        self._place: dict[str, int] = {}
        for number, stretch in enumerate(self._all):
            for item in stretch.items:
                self._of[item.target].add(number)
                self._place[item.id] = number

    def improve(self, schedule: Schedule, *, most_images: int) -> int:
        """Examine all stretches, then those affected by changes, until about `most_images` images; returns how many were."""
        looked, todo = 0, list(range(len(self._all)))
        while todo:
            again: set[int] = set()
            for number in todo:
                if looked >= most_images:
                    return looked
                looked += len(self._all[number].items)
                again.discard(number)
                again |= self._exchange(number, schedule)
            todo = sorted(again)
        return looked

    def _exchange(self, number: int, schedule: Schedule) -> set[int]:
        """Take the best of one stretch if it pays; returns the other stretches that may change as a result."""
        stretch, taken, value_of = self._all[number], schedule.taken, self._context.value
        if not self._may_pay(number, taken):
            return set()
        own = [item for item in stretch.items if taken.get(item.target) is item]
        for item in own:
            schedule.remove(item)
        is_full = stretch.most is not None and len(own) >= stretch.most
        chosen, gain = self._best(stretch, schedule, is_full)
        before = math.fsum(value_of(item) for item in own)
        if gain <= before + _ENOUGH * max(before, gain):
            for item in own:
                schedule.insert(item)
            return set()
        moved = [taken[item.target] for item in chosen if item.target in taken]
        for item in moved:
            schedule.remove(item)
        for item in chosen:
            schedule.insert(item)
        left = [item.target for item in own if item.target not in taken]
        changed = {self._place[item.id] for item in moved if item.id in self._place}
        return changed.union(*(self._of[target] for target in left)) - {number}

    def _may_pay(self, number: int, taken: Mapping[str, Opportunity]) -> bool:
        """Whether a stretch could be worth more than now if there were time for each of its targets.

        A sum by `math.fsum` never decreases as its terms grow, so no choice is worth more, to the last bit.
        """
        stretch, value_of, place = self._all[number], self._context.value, self._place
        before, most = list[float](), dict[str, float]()
        for item, value in zip(stretch.items, stretch.values, strict=True):
            target, adds = item.target, value
            now = taken.get(target)
            if now is item:
                before.append(value)
            elif now is not None and place.get(now.id) != number:
                adds -= value_of(now)
            if adds > most.get(target, 0.0):
                most[target] = adds
        return math.fsum(most.values()) > math.fsum(before)

    def _best(
        self, stretch: Stretch, schedule: Schedule, is_full: bool
    ) -> tuple[list[Opportunity], float]:
        """The best images of an empty stretch, each target once, and what they add.

        If it was not full, the best without a limit are probably few enough, and found faster.
        """
        row, taken, value_of = stretch.row, schedule.taken, self._context.value
        elsewhere = np.array(
            [
                value_of(taken[each.target]) if each.target in taken else 0.0
                for each in stretch.items
            ]
        )
        has_time = schedule.line(stretch.satellite).has_time
        gains = row.value - elsewhere
        may = [
            index
            for index in np.flatnonzero(gains > 0.0).tolist()
            if has_time(stretch.items[index])
        ]
        if not may:
            return [], 0.0
        left = Row(row.start_s[may], row.end_s[may], row.roll_deg[may], gains[may])
        limits, most = self._context.limits, stretch.most
        path = longest_path(left, limits, most if is_full else None)
        if most is not None and len(path) > most:
            path = longest_path(left, limits, most)
        best: dict[str, int] = {}
        for index in path:
            target = stretch.items[may[index]].target
            if target not in best or left.value[index] > left.value[best[target]]:
                best[target] = index
        found = sorted(best.values())
        return [stretch.items[may[i]] for i in found], math.fsum(left.value[found].tolist())


def cut(
    context: PlanContext, items: Sequence[Opportunity], values: Sequence[float]
) -> Iterator[Stretch]:
    """All stretches in which plans can be improved, by satellite, then time."""
    limits = context.limits
    if not math.isinf(limits.imaging_s_per_orbit):
        return
    promised: defaultdict[tuple[str, int], int] = defaultdict(int)
    for item in context.committed:
        promised[item.satellite, limits.orbit_of(item)] += 1
    for column in by_satellite(tuple(items)):
        satellite = column.satellite
        if satellite in limits.rooms:
            continue
        order = column.index.tolist()
        own, worth = [items[i] for i in order], [values[i] for i in order]
        row = Row(column.start_s, column.end_s, column.roll_deg, np.array(worth, np.float64))
        for start, end in _bounds(own, row, limits):
            piece = slice(start, end)
            most = limits.most_images
            if most is not None:
                most -= promised[satellite, limits.orbit_of(own[start])]
            yield Stretch(satellite, own[piece], worth[piece], most)


def _bounds(own: Sequence[Opportunity], row: Row, limits: Limits) -> Iterator[tuple[int, int]]:
    """Where stretches of one satellite begin and end."""
    if limits.most_images is None:
        is_first = row.window(limits) == np.arange(len(own))
        cuts = np.flatnonzero(is_first).tolist()
    else:
        orbits = [limits.orbit_of(item) for item in own]
        cuts = [i for i, orbit in enumerate(orbits) if i == 0 or orbit != orbits[i - 1]]
    yield from zip(cuts, [*cuts[1:], len(own)], strict=True)
