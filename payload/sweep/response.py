"""Results of a sweep: means over seeds with their intervals, and the Pareto front."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from payload.analysis.compare import range_of
from payload.analysis.intervals import Mean, mean_of
from payload.sweep.table import RunTable

_Rest = frozenset[tuple[str, object]]
BYTES, CLEAR_PX = "downlinked_bytes", "clear_pixels_delivered"


@dataclass(frozen=True, slots=True)
class Level:
    """A metric at one value of a parameter, averaged over cells (or pairs of cells) in each seed, then over seeds."""

    value: object
    cells: int
    mean: Mean


@dataclass(frozen=True, slots=True)
class Choice:
    """An arm in a cell: the bytes it sends and the clear pixels they deliver."""

    arm: str
    cell: int
    bytes: Mean
    clear_px: Mean
    is_on_front: bool


@dataclass(frozen=True)
class Responses:
    """Answers from the table of a sweep; only cells with a figure in every seed count, so that seeds stay comparable."""

    table: RunTable

    @cached_property
    def cells_of(self) -> dict[str, dict[object, list[int]]]:
        """For each parameter, the cells that set it, by its value."""
        found: dict[str, dict[object, list[int]]] = {}
        for name in self.table.parameters:
            levels: dict[object, list[int]] = defaultdict(list)
            for index, cell in enumerate(self.table.result.grid.cells):
                if name in cell.values:
                    levels[_level(cell.values[name])].append(index)
            found[name] = dict(sorted(levels.items(), key=_order))
        return found

    def by_cell(self, metric: str) -> dict[int, list[float]]:
        """A metric's values in each cell that has it in every seed, in the order of the seeds."""
        found: dict[int, list[float]] = defaultdict(list)
        for run, row in zip(self.table.result.grid.runs, self.table.result.rows, strict=True):
            value = row.metrics.get(metric)
            if value is not None:
                found[run.cell].append(float(value))
        seeds = len(self.table.result.grid.runs) // len(self.table.result.grid.cells)
        return {cell: values for cell, values in found.items() if len(values) == seeds}

    def response(self, metric: str, parameter: str) -> list[Level]:
        """A metric at each value of a parameter, averaged over everything else in the design."""
        return [
            Level(value, len(cells), mean_of(_averaged(cells.values()), within=range_of(metric)))
            for value, cells in self._by_level(metric, parameter)
        ]

    def differences(self, metric: str, parameter: str) -> list[Level]:
        """Differences of a metric from its value at the parameter's first value, seed by seed, under the same sky.

        Each value is compared with the first over pairs of cells that are alike in all other parameters and both count,
        so that the effects of those cancel; a value without such a pair is left out.
        """
        levels = self._by_level(metric, parameter)
        found = []
        for value, cells in levels:
            pairs = [
                [mine - first for mine, first in zip(cells[rest], levels[0][1][rest], strict=True)]
                for rest in cells
                if rest in levels[0][1]
            ]
            if pairs:
                found.append(Level(value, len(pairs), mean_of(_averaged(pairs))))
        return found

    def _means(self, metric: str) -> dict[int, Mean]:
        """The mean of a metric over the seeds, by cell."""
        within = range_of(metric)
        return {cell: mean_of(told, within=within) for cell, told in self.by_cell(metric).items()}

    def _by_level(
        self, metric: str, parameter: str
    ) -> list[tuple[object, dict[_Rest, list[float]]]]:
        """For each value of a parameter, the metric's values by seed of each cell that counts, by its other settings."""
        values, cells = self.by_cell(metric), self.table.result.grid.cells
        levels = []
        for value, members in self.cells_of[parameter].items():
            whole = {
                _rest(cells[cell].values, parameter): values[cell]
                for cell in members
                if cell in values
            }
            if whole:
                levels.append((value, whole))
        return levels

    @cached_property
    def choices(self) -> list[Choice]:
        """All arms in all cells.

        The front consists of the arms that no other arm that can fly beats, in bytes or in clear pixels; the perfect
        masker, which cannot fly, is not considered for it.
        """
        found = []
        for arm in self.table.result.grid.spec.arms:
            sent, clear = self._means(f"arms.{arm}.{BYTES}"), self._means(f"arms.{arm}.{CLEAR_PX}")
            found += [(arm, cell, sent[cell], clear[cell]) for cell in sent if cell in clear]
        real = [item for item in found if item[0] != "oracle"]
        best = pareto([(item[2].value, item[3].value) for item in real])
        front = {item[:2] for item, is_best in zip(real, best, strict=True) if is_best}
        return [Choice(*item, is_on_front=item[:2] in front) for item in found]


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Whether each point (cost, worth) is Pareto-optimal: none costs no more and is worth no less, one of them strictly."""
    order = sorted(range(len(points)), key=lambda index: (points[index][0], -points[index][1]))
    on = [False] * len(points)
    best, best_at = float("-inf"), float("nan")
    for index in order:
        cost, worth = points[index]
        if worth > best or (worth == best and cost == best_at):
            on[index] = True
            best, best_at = worth, cost
    return on


def _averaged(cells: Iterable[Sequence[float]]) -> list[float]:
    """The mean over cells in each seed."""
    return [sum(column) / len(column) for column in zip(*cells, strict=True)]


def _rest(values: Mapping[str, object], parameter: str) -> _Rest:
    """What a cell sets besides a parameter."""
    return frozenset((name, _level(value)) for name, value in values.items() if name != parameter)


def _level(value: object) -> object:
    return value if isinstance(value, int | float | str | bool) else str(value)


def _order(item: tuple[object, object]) -> tuple[int, float, str]:
    value = item[0]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return (1, 0.0, str(value))
    return (0, float(value), "")
