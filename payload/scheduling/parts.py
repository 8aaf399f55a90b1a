"""Connected parts: images that share a target or a stretch of a satellite, directly or through others.

If nothing but turns limits a satellite, an image outside a part neither excludes one inside nor has the same target. So
planning a part by itself gives the same as planning all; and a part known from an earlier plan is not planned again: from
one plan of a flight to the next, few parts change.
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
"""Numbers of images of a part, in its order."""

Key = TypeVar("Key")
Answer = TypeVar("Answer")

_MOST_KEPT = 100_000
"""Most images of parts that are kept for later plans. They take some 100 MB at most. Estimated."""
_MOST_ANSWERS = 64
"""Most answers that a part keeps to each kind of question."""


def fall_apart(context: PlanContext) -> bool:
    """Whether turns alone limit plans, so that images fall apart into independent parts."""
    limits = context.limits
    return (
        limits.most_images is None and math.isinf(limits.imaging_s_per_orbit) and not limits.rooms
    )


@dataclass(slots=True)
class Passage:
    """What a pass of exchanges through the images has made of a plan.

    Attributes:
        taken: Images of the plan.
        changes: Number of exchanges that paid.
        changed: Images that they inserted or removed.
    """

    taken: Numbers
    changes: int
    changed: Numbers


@dataclass(slots=True, eq=False)
class Part:
    """Connected images, in order, in stretches; answers are kept, so that each question is worked out once."""

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
        """Take, in this order of the images, those that fit."""
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
        """Improve a plan stretch by stretch; returns it and how many images were examined."""
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
        """Release what is needed only to work out answers."""
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
    """All parts of some images. A plan is represented part by part, by the numbers of the images that it takes.

    Args:
        context: What is planned; it must `fall_apart`.
        items: Images, in order.
        values: Their values.
        stretches: Their stretches.
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
        part = _kept.part if not context.p_clear else Part  # forecasts differ from plan to plan
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
        """Take, in this order of all images, those that fit."""
        return [part.fill(own) for part, own in zip(self._parts, self._shares(order), strict=True)]

    def exchange(
        self, taken: Sequence[Numbers], order: Sequence[int], *, rounds: int
    ) -> list[Numbers]:
        """As `Exchange.improve`: what to try again is decided for all parts together."""
        best, shares = list(taken), self._shares(order)
        tried = shares
        idle = [set[int]() for _ in shares]  # tried in vain since the part last changed
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
        schedule = self._schedule(taken)  # where to stop depends on all parts together
        Stretches(self._context, self._stretches).improve(schedule, most_images=most_images)
        return schedule

    def value(self, taken: Sequence[Numbers]) -> float:
        """Value of a plan."""
        return math.fsum(
            part.value[each] for part, own in zip(self._parts, taken, strict=True) for each in own
        )

    def _shares(self, order: Sequence[int]) -> list[Numbers]:
        """Split an order of all images into one for each part."""
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
    """Groups of connected stretches, by number, ascending in each group."""
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
    """Parts of recent plans, least recently used first, as many as fit."""

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
        """The known part if all that its answers depend on is the same, else a new one."""
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
