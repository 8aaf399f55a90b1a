"""Cells of a sweep still to be flown, grouped into kinds of similar cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from payload.errors import PayloadError
from payload.estimate import Foreseen, foresee
from payload.ports import Choosing
from payload.registry import plugin
from payload.scenario.models import Scenario
from payload.sweep import Grid
from payload.sweep.grid import Run
from payload.sweep.rows import FAILED, read_row

T = TypeVar("T")

MOST_LOOKED_AT = 200
"""Most cells, evenly spread, that represent all of a sweep."""
TRIED = 3
"""Most cells of each fidelity that are estimated as single runs."""
BEHIND_CAMERA = frozenset(
    {
        "name", "description", "pruning", "stations", "passes", "computer", "power", "memory", "link", "uplink", "radio",
        "faults", "prices", "products", "published", "surrogate",
    }
)  # fmt: skip
"""Scenario sections that act after an image has been cut into tiles: pixel work depends on none of their keys but those below."""
BEFORE_IT = frozenset({"pruning", "pruning.tile_px", "memory", "memory.keep_pruned_h"})
"""Keys of these sections on which pixel work depends."""
TIME = frozenset({"computer", "computer.compression_mpx_per_s"})
"""Further such keys if the codec chooses by the time available; see `darkroom.fidelity.codec_time`."""


@dataclass(frozen=True, slots=True)
class Left:
    """Runs of a sweep, each key once, by whether they are still to be flown.

    Attributes:
        flown: Number of runs that have a row.
        failed: Number of runs whose row holds an error and that are not retried.
        runs: Runs to be flown.
    """

    flown: int
    failed: int
    runs: tuple[Run, ...]

    @property
    def seeds_of(self) -> dict[int, list[int]]:
        """The seeds with which each cell is to be flown."""
        found: dict[int, list[int]] = {}
        for run in self.runs:
            found.setdefault(run.cell, []).append(run.seed)
        return found


def left_of(grid: Grid, folder: Path, *, retry: bool) -> Left:
    """What is left to fly, given the rows already in a folder.

    Raises:
        ScenarioError: A row's file is not a row.
    """
    flown = failed = 0
    left: list[Run] = []
    for run in {run.key: run for run in reversed(grid.runs)}.values():
        row = read_row(folder, run.key)
        if row is None or (retry and row.status == FAILED):
            left.append(run)
        elif row.status == FAILED:
            failed += 1
        else:
            flown += 1
    return Left(flown, failed, tuple(reversed(left)))


def with_both_ends(items: Sequence[T], count: int) -> list[T]:
    """At most `count` items, evenly spread and including both ends."""
    count = min(count, len(items))
    if count < 2:
        return list(items[:count])
    return [items[round(number * (len(items) - 1) / (count - 1))] for number in range(count)]


def front(grid: Grid, cell: int) -> str:
    """A cell's settings that affect pixel work, as text: cells with equal settings share their pixel work."""
    values = grid.cells[cell].values
    before = BEFORE_IT
    if not TIME.isdisjoint(values) and _is_choosing(grid, cell):
        before |= TIME
    return repr(sorted(
        (key, repr(value))
        for key, value in values.items()
        if key in before or key.partition(".")[0] not in BEHIND_CAMERA
    ))  # fmt: skip


def _is_choosing(grid: Grid, cell: int) -> bool:
    """Whether a cell's codec chooses among other codecs tile by tile."""
    section = grid.section_of(cell, "codec")
    kind = section.get("kind") if isinstance(section, Mapping) else None
    return kind is not None and issubclass(plugin("payload.codec", str(kind)), Choosing)


class Cost(NamedTuple):
    """Cost of a run.

    Attributes:
        flown_s: [s] CPU time without pixel work.
        painted_s: [s] CPU time of its pixel work if none of it is in the memo.
        memory_bytes: [byte] Memory of the process that flies it.
    """

    flown_s: float
    painted_s: float
    memory_bytes: float


NOTHING = Cost(0.0, 0.0, 0.0)


def cost_of(foreseen: Foreseen) -> Cost:
    """Cost of a run that leaves only a row."""
    return Cost(
        foreseen.summed_s, foreseen.images * foreseen.painted_s, foreseen.extent.memory_bytes
    )


def size_of(scenario: Scenario) -> float:
    """Measure of work for cells that are alike in all else: satellite hours times pixels per image."""
    camera = scenario.camera
    return scenario.duration_h * len(scenario.fleet) * camera.width_px * camera.height_px


@dataclass(frozen=True, slots=True)
class Tried:
    """A cell that has been estimated as a single run."""

    scenario: Scenario
    foreseen: Foreseen


@dataclass(frozen=True)
class Tries:
    """A few cells that have been estimated, and what they imply for others.

    Attributes:
        tried: The cells, in order of size within each fidelity.
        unfit: Errors of the cells that cannot even be planned.
    """

    tried: tuple[Tried, ...]
    unfit: tuple[str, ...]

    def like(self, scenario: Scenario) -> Cost:
        """Cost of a cell, interpolated by size between the tried cells of its fidelity."""
        alike = [one for one in self.tried if one.scenario.fidelity == scenario.fidelity]
        if not alike:
            return NOTHING
        by_size: dict[float, list[Cost]] = {}
        for one in alike:
            by_size.setdefault(size_of(one.scenario), []).append(cost_of(one.foreseen))
        sizes = sorted(by_size)
        table = np.array([np.mean(by_size[size], axis=0) for size in sizes])
        at = size_of(scenario)
        return Cost(*(float(np.interp(at, sizes, column)) for column in table.T))


def try_some(cells: Sequence[tuple[str, Scenario]]) -> Tries:
    """Estimate a few cells as single runs: of each fidelity the smallest, the largest and some in between.

    Where pixels are rendered, only one cell of each kind is considered.

    Args:
        cells: The kind of each (see `front`), and its scenario.
    """
    tried: list[Tried] = []
    unfit: list[str] = []
    for fidelity in sorted({scenario.fidelity for _, scenario in cells}):
        alike = [(kind, scenario) for kind, scenario in cells if scenario.fidelity == fidelity]
        chosen = [scenario for _, scenario in alike]
        if fidelity != "surrogate":
            chosen = list(dict(alike).values())
        for scenario in with_both_ends(sorted(chosen, key=size_of), TRIED):
            try:
                tried.append(Tried(scenario, foresee(scenario)))
            except PayloadError as error:
                unfit.append(str(error))
    return Tries(tuple(tried), tuple(unfit))
