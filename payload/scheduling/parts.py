"""What hangs together: images that share a target or a stretch of a satellite, and all that hang together with those.

Where nothing but turns limits a satellite, an image outside a part neither excludes one inside nor is it of the same target.
So a part is planned by itself, as it would be among all; and a part of which the last plan knew is not planned again: from
one plan of a flight to the next few are other.
"""

import math
from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from payload.plans import Limits, PlanContext
from payload.scheduling.exchange import FEW, Exchange
from payload.scheduling.schedule import Schedule
from payload.scheduling.stretches import Stretch, Stretches
from payload.types import Opportunity

Numbers = tuple[int, ...]
"""Of images of a part, in its order."""

Key = TypeVar("Key")
Answer = TypeVar("Answer")

_MOST_KEPT = 100_000
"""Images of parts that are kept for later plans. They take some 100 MB at most. Reckoned."""
_MOST_ANSWERS = 64
"""Answers that a part keeps."""


def fall_apart(context: PlanContext) -> bool:
    """Whether plans are bound by turns alone."""
    limits = context.limits
    return (
        limits.most_images is None and math.isinf(limits.imaging_s_per_orbit) and not limits.rooms
    )


@dataclass(slots=True)
class Passage:
    """What a walk through images has made of a plan.

    Attributes:
        taken: Images of the plan.
        changes: Exchanges that paid.
        changed: Images that came or went by them.
    """

    taken: Numbers
    changes: int
    changed: Numbers


@dataclass(slots=True, eq=False)
class Part:
    """Images that hang together, in order, in stretches; each question is answered once."""

    items: tuple[Opportunity, ...]
    value: tuple[float, ...]
    stretches: tuple[Numbers, ...]
    limits: Limits  # for turns
    _context: PlanContext | None = None
    _number: dict[str, int] = field(default_factory=dict[str, int])
    _exchange: Exchange | None = None
    _filled: dict[Numbers, Numbers] = field(default_factory=dict[Numbers, Numbers])
    _passed: dict[tuple[Numbers, Numbers], Passage] = field(
        default_factory=dict[tuple[Numbers, Numbers], Passage]
    )
    _stretched: dict[Numbers, tuple[Numbers, int]] = field(
        default_factory=dict[Numbers, tuple[Numbers, int]]
    )

    def fill(self, order: Numbers) -> Numbers:
        """Of the images in this order those that fit."""
        found = self._filled.get(order)
        if found is None:
            schedule = self._schedule(())
            schedule.fill(map(self.items.__getitem__, order))
            found = _keep(self._filled, order, self._taken(schedule))
        return found

    def go_through(self, taken: Numbers, order: Numbers) -> Passage:
        """Try each image in this order, once, for exchanges."""
        found = self._passed.get((taken, order))
        if found is None:
            schedule = self._schedule(taken)
            if self._exchange is None:
                self._exchange = Exchange(schedule.context, self.items)
            tried = map(self.items.__getitem__, order)
            changes, changed = self._exchange.go_through(schedule, tried)
            passage = Passage(self._taken(schedule), changes, self._numbers(changed))
            found = _keep(self._passed, (taken, order), passage)
        return found

    def stretch(self, taken: Numbers, most_images: int) -> tuple[Numbers, int]:
        """Make it better stretch by stretch; how many images were looked at."""
        found = self._stretched.get(taken)
        if found is None:
            schedule = self._schedule(taken)
            items, value = self.items, self.value
            stretches = (
                Stretch(
                    items[own[0]].satellite,
                    [items[number] for number in own],
                    [value[number] for number in own],
                    None,
                )
                for own in self.stretches
            )
            looked = Stretches(schedule.context, stretches).improve(
                schedule, most_images=most_images
            )
            found = _keep(self._stretched, taken, (self._taken(schedule), looked))
        return found

    def rest(self) -> None:
        """Let go what only finding answers takes."""
        self._context = self._exchange = None
        self._number = {}

    def _schedule(self, taken: Numbers) -> Schedule:
        if self._context is None:
            self._context = PlanContext(
                now_s=-math.inf,
                opportunities=self.items,
                pending=frozenset(item.target for item in self.items),
                priorities={},
                busy_until_s={},
                limits=self.limits,
                p_clear={item.id: v for item, v in zip(self.items, self.value, strict=True)},
            )
            self._number = {item.id: number for number, item in enumerate(self.items)}
        schedule = Schedule(self._context)
        for number in taken:
            schedule.insert(self.items[number])
        return schedule

    def _taken(self, schedule: Schedule) -> Numbers:
        return tuple(sorted(self._numbers(schedule.taken.values())))

    def _numbers(self, items: Iterable[Opportunity]) -> Numbers:
        return tuple(self._number[item.id] for item in items)


class Parts:
    """All parts of some images. A plan is told part by part, as numbers of the images that it takes.

    Args:
        context: What is planned; it must `fall_apart`.
        items: Images, in order.
        values: Of these.
        stretches: Of these.
    """

    def __init__(
        self,
        context: PlanContext,
        items: Sequence[Opportunity],
        values: Sequence[float],
        stretches: Sequence[Stretch],
    ) -> None:
        self._context, self._items, self._stretches = context, items, stretches
        index_of = {item.id: index for index, item in enumerate(items)}
        own = [[index_of[item.id] for item in stretch.items] for stretch in stretches]
        self._members: list[list[int]] = []
        self._part_of, self._number = [0] * len(items), [0] * len(items)
        cuts: list[tuple[Numbers, ...]] = []
        for group in _connected(items, own):
            members = sorted(index for stretch in group for index in own[stretch])
            for number, index in enumerate(members):
                self._part_of[index], self._number[index] = len(self._members), number
            self._members.append(members)
            cuts.append(tuple(tuple(self._number[i] for i in own[stretch]) for stretch in group))
        part = _kept.part if not context.p_clear else Part  # what is foreseen is other at each plan
        self._parts = [
            part(
                tuple(items[index] for index in members),
                tuple(values[index] for index in members),
                cut,
                context.limits,
            )
            for members, cut in zip(self._members, cuts, strict=True)
        ]

    def fill(self, order: Sequence[int]) -> list[Numbers]:
        """Of all images in this order those that fit."""
        return [part.fill(own) for part, own in zip(self._parts, self._shares(order), strict=True)]

    def exchange(
        self, taken: Sequence[Numbers], order: Sequence[int], *, rounds: int
    ) -> list[Numbers]:
        """As `Exchange.improve`: what is to be tried again is for all parts together to say."""
        best, shares = list(taken), self._shares(order)
        tried = shares
        idle = [set[int]() for _ in shares]  # tried in vain since the part changed last
        for _ in range(rounds):
            changes, changed = 0, list[Opportunity]()
            for number, (part, own) in enumerate(zip(self._parts, tried, strict=True)):
                if idle[number].issuperset(own):
                    continue
                passage = part.go_through(best[number], own)
                best[number] = passage.taken
                if passage.changes:
                    idle[number].clear()
                    changes += passage.changes
                    changed += (part.items[each] for each in passage.changed)
                else:
                    idle[number].update(own)
            if changes <= FEW * len(order):
                break
            places = set(map(self._place, changed))
            tried = [
                tuple(each for each in own if self._place(part.items[each]) in places)
                for part, own in zip(self._parts, shares, strict=True)
            ]
        return best

    def stretch(self, taken: Sequence[Numbers], *, most_images: int) -> Schedule:
        """As `Stretches.improve`."""
        found = [
            part.stretch(own, most_images) for part, own in zip(self._parts, taken, strict=True)
        ]
        for part in self._parts:
            part.rest()
        if sum(looked for _, looked in found) < most_images:
            return self._schedule([own for own, _ in found])
        schedule = self._schedule(taken)  # where it ends is for all parts together to say
        Stretches(self._context, self._stretches).improve(schedule, most_images=most_images)
        return schedule

    def value(self, taken: Sequence[Numbers]) -> float:
        """Of a plan."""
        return math.fsum(
            part.value[each] for part, own in zip(self._parts, taken, strict=True) for each in own
        )

    def _shares(self, order: Sequence[int]) -> list[Numbers]:
        """Of an order of all images, the orders of each part."""
        shares = [list[int]() for _ in self._parts]
        for index in order:
            shares[self._part_of[index]].append(self._number[index])
        return [tuple(own) for own in shares]

    def _schedule(self, taken: Sequence[Numbers]) -> Schedule:
        schedule = Schedule(self._context)
        for members, own in zip(self._members, taken, strict=True):
            for each in own:
                schedule.insert(self._items[members[each]])
        return schedule

    def _place(self, item: Opportunity) -> tuple[str, int]:
        return item.satellite, self._context.limits.orbit_of(item)


def _connected(items: Sequence[Opportunity], own: Sequence[Sequence[int]]) -> list[list[int]]:
    """Numbers of stretches that hang together, ascending in each group."""
    root = list(range(len(own)))

    def find(number: int) -> int:
        while root[number] != number:
            root[number] = number = root[root[number]]
        return number

    first: dict[str, int] = {}
    for number, stretch in enumerate(own):
        for index in stretch:
            one, other = find(first.setdefault(items[index].target, number)), find(number)
            if one != other:
                root[max(one, other)] = min(one, other)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for number in range(len(own)):
        groups[find(number)].append(number)
    return list(groups.values())


class _Kept:
    """Parts of the last plans, those asked for last at the end, as many as have room."""

    def __init__(self) -> None:
        self._parts: OrderedDict[Hashable, Part] = OrderedDict()
        self._images = 0

    def part(
        self,
        items: tuple[Opportunity, ...],
        value: tuple[float, ...],
        stretches: tuple[Numbers, ...],
        limits: Limits,
    ) -> Part:
        """A part that is known if all is the same that its answers depend on, else a new one."""
        turns = limits.settle_s, limits.slew_deg_per_s
        key = tuple(item.id for item in items), value, stretches, turns
        known = self._parts.pop(key, None)
        if known is None:
            self._images += len(items)
        if known is None or known.items != items:
            known = Part(items, value, stretches, Limits(*turns))
        self._parts[key] = known
        while self._images > _MOST_KEPT:
            _, oldest = self._parts.popitem(last=False)
            self._images -= len(oldest.items)
        return known


_kept = _Kept()


def _keep(answers: dict[Key, Answer], question: Key, answer: Answer) -> Answer:
    if len(answers) >= _MOST_ANSWERS:
        answers.clear()
    answers[question] = answer
    return answer
