"""The optimal plan, or a bound on it: a mixed-integer programme, solved by HiGHS."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from payload.errors import PluginError
from payload.plans import Plan, PlanContext
from payload.registry import option
from payload.scheduling.best import best_of
from payload.scheduling.conflicts import conflicts, window_pairs
from payload.scheduling.schedule import Schedule, Stock
from payload.types import Opportunity

MOST_PAIRS = 2_000_000
"""Most pairs that the sliding window may examine: more would take gigabytes."""


@dataclass(frozen=True, slots=True)
class Milp:
    """The optimum by HiGHS, or the best plan found in time and a bound on all plans (extra `oracle`).

    One variable per image; a row for each target, for each set of images of which only one can be taken, for each
    budget of an orbit and for memory. The plan of `best-of` is preferred if it is worth as much: HiGHS may postpone
    what could be taken early. It runs on one thread, and its result is reproducible unless time runs out.
    """

    packages: ClassVar[tuple[str, ...]] = ("highspy",)
    time_limit_s: float = option(
        60.0, gt=0, le=86400, description="[s] Time after which the best plan so far is taken."
    )

    def plan(self, context: PlanContext) -> Plan:
        """The best plan found, with a bound on the value of all plans.

        Raises:
            PluginError: HiGHS is not installed, or too many images exclude each other.
        """
        items = Schedule(context).candidates()
        if not items:
            return Plan((), 0.0, 0.0)
        chosen, bound = _Programme(items, context).solve(self.time_limit_s)
        found = Schedule(context)
        found.fill(chosen)  # limits exactly kept: HiGHS respects them only within 1e-6
        found.fill(items)
        known = best_of(context, items, rounds=10)
        better = max(known, found, key=lambda schedule: schedule.value)
        return better.plan(max(bound, better.value))


def _highspy() -> Any:  # noqa: ANN401 - HiGHS brings no types
    try:
        import highspy  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise PluginError(
            "the scheduler 'milp' needs HiGHS: pip install 'payload-sim[oracle]'"
        ) from error
    return highspy


@dataclass
class _Rows:
    """Rows of a sparse matrix: at most `upper` for the sum over columns times coefficients."""

    upper: list[float] = field(default_factory=list[float])
    start: list[int] = field(default_factory=lambda: [0])
    column: list[int] = field(default_factory=list[int])
    value: list[float] = field(default_factory=list[float])

    def add(self, columns: Iterable[int], values: Iterable[float], upper: float) -> None:
        """Add a row."""
        self.column.extend(columns)
        self.value.extend(values)
        self.start.append(len(self.column))
        self.upper.append(upper)

    def at_most_one(self, columns: Sequence[int]) -> None:
        """Add a row: at most one of these columns."""
        self.add(columns, [1.0] * len(columns), 1.0)


class _Programme:
    """Maximise the value of the images taken under all limits of a context."""

    def __init__(self, items: list[Opportunity], context: PlanContext) -> None:
        self._items = items
        self._context = context
        self._cost = [context.value(item) for item in items]
        self._highest = [1.0] * len(items)
        self._rows = _Rows()
        self._once_a_target()
        self._time_to_turn()
        self._budgets()
        self._memory()

    def solve(self, time_limit_s: float) -> tuple[list[Opportunity], float]:
        """The images of the best plan found within a time limit [s], and a bound on the value of all plans.

        No initial plan is given: HiGHS 1.16 may then return that plan together with the value of a better one.
        """
        highspy = _highspy()
        base: Any = highspy.Highs

        class Quiet(base):  # type: ignore[misc] # HiGHS brings no types
            """HiGHS without its banner, which it prints on stdout when callbacks are enabled unless silenced before."""

            def enableCallbacks(self) -> None:  # noqa: N802 - the name is HiGHS's
                self.setOptionValue("output_flag", False)
                super().enableCallbacks()

        solver = Quiet()
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 0)
        solver.setOptionValue("mip_rel_gap", 0.0)
        solver.setOptionValue("time_limit", float(time_limit_s))
        solver.passModel(self._model(highspy))
        solver.run()
        values = solver.getSolution().col_value  # empty if nothing was found in time
        chosen = [item for item, value in zip(self._items, values, strict=False) if value > 0.5]
        bound = min(float(solver.getInfo().mip_dual_bound), math.fsum(self._cost))
        return chosen, bound

    def _model(self, highspy: Any) -> Any:  # noqa: ANN401 - HiGHS brings no types
        model = highspy.HighsLp()
        rows, width = self._rows, len(self._cost)
        model.num_col_, model.num_row_ = width, len(rows.upper)
        model.sense_ = highspy.ObjSense.kMaximize
        model.col_cost_ = np.array(self._cost, np.float64)
        model.col_lower_ = np.zeros(width)
        model.col_upper_ = np.array(self._highest, np.float64)
        model.row_lower_ = np.full(len(rows.upper), -highspy.kHighsInf)
        model.row_upper_ = np.array(rows.upper, np.float64)
        model.integrality_ = [
            highspy.HighsVarType.kInteger
            if index < len(self._items)
            else highspy.HighsVarType.kContinuous
            for index in range(width)
        ]
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(rows.start, np.int32)
        model.a_matrix_.index_ = np.array(rows.column, np.int32)
        model.a_matrix_.value_ = np.array(rows.value, np.float64)
        return model

    def _once_a_target(self) -> None:
        chances: dict[str, list[int]] = defaultdict(list)
        for index, item in enumerate(self._items):
            chances[item.target].append(index)
        for columns in chances.values():
            if len(columns) > 1:
                self._rows.at_most_one(columns)

    def _time_to_turn(self) -> None:
        count = window_pairs(self._items, self._context.limits)
        if count > MOST_PAIRS:
            raise PluginError(
                f"the scheduler 'milp' would have to look at {count:,} pairs of images that are close in time,"
                f" {MOST_PAIRS:,} at most; take 'best-of'"
            )
        for clique in cliques(len(self._items), conflicts(self._items, self._context.limits)):
            self._rows.at_most_one(clique)

    def _budgets(self) -> None:
        limits = self._context.limits
        used: dict[tuple[str, int], list[float]] = defaultdict(list)
        for item in self._context.committed:
            used[item.satellite, limits.orbit_of(item)].append(item.duration_s)
        orbits: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, item in enumerate(self._items):
            orbits[item.satellite, limits.orbit_of(item)].append(index)
        for orbit, columns in orbits.items():
            gone = used[orbit]
            if limits.most_images is not None:
                left = limits.most_images - len(gone)
                if len(columns) > left:
                    self._rows.add(columns, [1.0] * len(columns), float(left))
            if not math.isinf(limits.imaging_s_per_orbit):
                durations_s = [self._items[index].duration_s for index in columns]
                self._rows.add(columns, durations_s, limits.imaging_s_per_orbit - math.fsum(gone))

    def _memory(self) -> None:
        """Add a variable for each gap between contacts: the memory occupied at its end, as a share of all."""
        limits = self._context.limits
        for name, room in sorted(limits.rooms.items()):
            own = [index for index, item in enumerate(self._items) if item.satellite == name]
            if not own:
                continue
            stock = Stock(room)
            for item in self._context.to_come:
                if item.satellite == name:
                    stock.add(item, item.volume_bytes)
            inside: list[list[int]] = [[] for _ in stock.taken_bytes]
            for index in own:
                inside[stock.gap(self._items[index])].append(index)
            share = 1.0 / max(room.most_bytes, 1)
            for gap, columns in enumerate(inside):
                level = len(self._cost)
                self._cost.append(0.0)
                self._highest.append(1.0)
                into = [self._items[index].volume_bytes * share for index in columns]
                fixed = stock.taken_bytes[gap] * share
                if gap == 0:
                    fixed += (room.most_bytes - room.free_bytes) * share
                else:
                    freed = room.contacts[gap - 1][1] * share
                    self._rows.add([level - 1, *columns, level], [1.0, *into, -1.0], freed - fixed)
                self._rows.add([*columns, level], [*into, -1.0], -fixed)


def cliques(count: int, pairs: NDArray[np.intp]) -> list[list[int]]:
    """Sets of images any two of which exclude each other, so that each pair lies in at least one of them.

    They are grown greedily, pair by pair: a row for a set is stronger than one for each pair, so the bound is tighter.

    Args:
        count: Number of images.
        pairs: Pairs that exclude each other, shape (P, 2).
    """
    beside: list[set[int]] = [set() for _ in range(count)]
    for one, other in pairs.tolist():
        beside[one].add(other)
        beside[other].add(one)
    covered: set[tuple[int, int]] = set()
    found: list[list[int]] = []
    for one, other in pairs.tolist():
        if (min(one, other), max(one, other)) in covered:
            continue
        clique = [one, other]
        common = beside[one] & beside[other]
        while common:
            best = max(common, key=lambda each: (len(beside[each] & common), -each))
            clique.append(best)
            common &= beside[best]
        found.append(sorted(clique))
        covered.update(combinations(found[-1], 2))
    return found
