"""The kept plan of the ground: of what the ground hears and expects, only what has changed is examined.

Between two plans, the inputs of a fresh plan change for few targets only: those the ground has heard of, those it begins or
ceases to assume taken, those that have just arrived, and those whose assumed image has ended and so is no longer to come.
Which targets a satellite is to care for changes with the plan and, for targets that no satellite is to take, with time.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable

from payload.ledger import Fact
from payload.planning.draft import Draft
from payload.planning.kept_plan import Change, KeptPlan
from payload.planning.knowledge import Knowledge, Rules, standing
from payload.sim.assemble import Assembly
from payload.types import Opportunity


class GroundPlan:
    """A kept plan of the fleet, based on what the ground knows and what it has to assume taken."""

    def __init__(self, kept: KeptPlan, assembly: Assembly, rules: Rules, ground: Knowledge) -> None:
        self._kept, self._rules, self._ground = kept, rules, ground
        self._targets, self._satellites = assembly.target_named, assembly.satellites
        self._settle_s = assembly.limits.settle_s
        self._later = sorted(assembly.targets, key=lambda each: each.arrives_s, reverse=True)
        self._now_s = 0.0
        self._from_s: dict[str, float] = {}
        self._fixed: dict[str, list[Opportunity]] = {name: [] for name in self._satellites}
        self._fixed_of: defaultdict[str, dict[str, Opportunity]] = defaultdict(dict)
        self._touched = set[str]()  # targets whose standing may have changed
        self._in_reach = set[str]()  # targets that another satellite may now reach first
        self._waits: dict[str, list[tuple[float, str]]] = {name: [] for name in self._satellites}
        self._wanted_from_s: dict[str, float] = {}
        self._open_from_s: dict[str, float] = {}
        self._keeper: dict[str, str] = {}
        self._kept_by: dict[str, set[str]] = {name: set() for name in self._satellites}
        self._trusted = dict.fromkeys(self._satellites, frozenset[str]())

    def hear(self, item: Opportunity) -> None:
        """Note that the ground has learnt of an image."""
        self._kept.commit(item)
        self._touched.add(item.target)

    def expect(
        self, satellite: str, fixed: list[Opportunity], from_s: float, ended_s: float
    ) -> None:
        """Update a satellite's fixed images, when it can follow a plan [s], and when its last image has ended [s]."""
        before_s, self._from_s[satellite] = self._from_s.get(satellite, from_s), from_s
        self._in_reach |= self._kept.in_reach(satellite, from_s, before_s)
        self._kept.ready(satellite, max(from_s, ended_s + self._settle_s))
        before, self._fixed[satellite] = self._fixed[satellite], fixed
        if fixed == before:
            return
        was, now = ({item.id: item for item in items} for items in (before, fixed))
        for item in (was[each] for each in was.keys() - now.keys()):
            del self._fixed_of[item.target][item.id]
            if not self._ground.knows(item.target, item.id):
                self._kept.release(item)
            self._touched.add(item.target)
        for item in (now[each] for each in now.keys() - was.keys()):
            self._fixed_of[item.target][item.id] = item
            self._kept.commit(item)
            self._touched.add(item.target)

    def settle(self, now_s: float) -> Change:
        """Plan from now on; return what has changed since the last plan."""
        self._now_s = now_s
        while self._later and self._later[-1].arrives_s <= now_s:
            self._touched.add(self._later.pop().name)
        touched, self._touched = self._touched, set()
        for name in touched:
            self._look_at(name)
        change = self._kept.settle(now_s)
        planned = {item.target for item in (*change.added, *change.dropped)}
        self._trust(touched | planned | self._in_reach | self._gone_by() | self._kept.entered)
        self._in_reach.clear()
        return change

    def _gone_by(self) -> set[str]:
        """Targets whose first opportunity, which decided who cares for them, is past or too near."""
        found = set[str]()
        for satellite, waits in self._waits.items():
            while waits and waits[0][0] < max(self._now_s, self._from_s[satellite]):
                found.add(heapq.heappop(waits)[1])
        return found

    def draft(self, number: int, told_until_s: dict[str, float]) -> Draft:
        """The plan in the form in which it may be uplinked."""
        return Draft(
            number,
            self._now_s,
            len(self._ground.judged),
            {name: self._kept.of(name) for name in self._satellites},
            dict(self._trusted),
            dict(self._wanted_from_s),
            {},
            dict(self._open_from_s),
            told_until_s,
        )

    def _look_at(self, name: str) -> None:
        """Update from when on a target is wanted; it is not planned while an image of it is still to come."""
        target, fixed = self._targets[name], self._fixed_of.get(name, {}).values()
        heard = found = self._ground.standing(target, self._rules)
        taken = [
            Fact("", item.id, name, item.satellite, item.start_s + item.duration_s / 2, 0.0, None)
            for item in fixed
            if not self._ground.knows(name, item.id)
        ]
        if taken:
            found = standing(target, (*self._ground.of(name), *taken), self._rules)
        self._open_from_s[name] = heard.wanted_from_s
        self._wanted_from_s[name] = found.wanted_from_s
        is_to_come = any(item.end_s > self._now_s for item in fixed)
        from_s = math.inf if is_to_come else found.wanted_from_s
        self._kept.want(name, from_s, found.missed)
        if is_to_come:
            self._touched.add(name)  # until it has ended

    def _trust(self, targets: Iterable[str]) -> None:
        """Assign targets to the satellite that is to take them or, if there is none, the one that could do so first."""
        changed = set[str]()
        for name in targets:
            before, keeper = self._keeper.pop(name, None), self._kept.serves(name)
            if keeper is None:
                from_s = max(self._now_s, self._wanted_from_s.get(name, math.inf))
                first = self._kept.first_chance(name, from_s, self._from_s)
                if first is not None:
                    keeper = first.satellite
                    heapq.heappush(self._waits[keeper], (first.start_s, name))
            if keeper is not None:
                self._keeper[name] = keeper
            if keeper != before:
                if before is not None:
                    self._kept_by[before].discard(name)
                    changed.add(before)
                if keeper is not None:
                    self._kept_by[keeper].add(name)
                    changed.add(keeper)
        for satellite in changed:
            self._trusted[satellite] = frozenset(self._kept_by[satellite])
