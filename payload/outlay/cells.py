"""Cells of a sweep that are still to be flown, in kinds that cost alike."""

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
"""So many cells, evenly spread, stand for all of a sweep."""
TRIED = 3
"""So many cells are expected as single runs are, in each fidelity."""
BEHIND_CAMERA = frozenset(
    {
        "name", "description", "pruning", "stations", "passes", "computer", "power", "memory", "link", "uplink", "radio",
        "faults", "prices", "products", "published", "surrogate",
    }
)  # fmt: skip
"""Sections of a scenario that take part after an image has become tiles: pixel work hangs on none of their keys but those below."""
BEFORE_IT = frozenset({"pruning", "pruning.tile_px", "memory", "memory.keep_pruned_h"})
"""Keys of these on which it depends."""
TIME = frozenset({"computer", "computer.compression_mpx_per_s"})
"""The same where the codec chooses by the time that it has; see `darkroom.fidelity.codec_time`."""


@dataclass(frozen=True, slots=True)
class Left:
    """Runs of a sweep, each key once, by whether they are still to be flown.

    Attributes:
        flown: Have a row.
        failed: Have a row that tells an error, and are left alone.
        runs: Are to be flown.
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
    """What is left to fly, where rows may stand in a folder already.

    Raises:
        ScenarioError: A row's file is none.
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


def spread(items: Sequence[T], count: int) -> list[T]:
    """So many of them at most, evenly spread, both ends among them."""
    count = min(count, len(items))
    if count < 2:
        return list(items[:count])
    return [items[round(number * (len(items) - 1) / (count - 1))] for number in range(count)]


def front(grid: Grid, cell: int) -> str:
    """What a cell sets of what happens before an image has become tiles: cells that set the same share their pixel work."""
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
    """Whether the codec of a cell picks another one for each tile."""
    section = grid.section_of(cell, "codec")
    kind = section.get("kind") if isinstance(section, Mapping) else None
    return kind is not None and issubclass(plugin("payload.codec", str(kind)), Choosing)


class Cost(NamedTuple):
    """What a run takes.

    Attributes:
        flown_s: [s] Of CPU, without pixel work.
        painted_s: [s] Of CPU for its pixel work, had nobody done it before.
        memory_bytes: [byte] Of the process that flies it.
    """

    flown_s: float
    painted_s: float
    memory_bytes: float


NOTHING = Cost(0.0, 0.0, 0.0)


def cost_of(foreseen: Foreseen) -> Cost:
    """What a run takes of which a row is left."""
    return Cost(
        foreseen.summed_s, foreseen.images * foreseen.painted_s, foreseen.extent.memory_bytes
    )


def size_of(scenario: Scenario) -> float:
    """By which the work of cells grows that are alike in all else: hours of satellites, pixels of an image."""
    camera = scenario.camera
    return scenario.duration_h * len(scenario.fleet) * camera.width_px * camera.height_px


@dataclass(frozen=True, slots=True)
class Tried:
    """A cell that is expected as a single run is."""

    scenario: Scenario
    foreseen: Foreseen


@dataclass(frozen=True)
class Tries:
    """A few cells that were expected, and what they say of others.

    Attributes:
        tried: In order of size.
        unfit: What is wrong with those that cannot even be planned.
    """

    tried: tuple[Tried, ...]
    unfit: tuple[str, ...]

    def like(self, scenario: Scenario) -> Cost:
        """What a cell takes, by those tried of its fidelity, between them by size."""
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
    """Expect a few of some cells as single runs are: of each fidelity the smallest, the largest and what lies between.

    Where pixels are painted, one of each kind is enough.

    Args:
        cells: What each sets before the camera, see `front`, and its scenario.
    """
    tried: list[Tried] = []
    unfit: list[str] = []
    for fidelity in sorted({scenario.fidelity for _, scenario in cells}):
        alike = [(kind, scenario) for kind, scenario in cells if scenario.fidelity == fidelity]
        chosen = [scenario for _, scenario in alike]
        if fidelity != "surrogate":
            chosen = list(dict(alike).values())
        for scenario in spread(sorted(chosen, key=size_of), TRIED):
            try:
                tried.append(Tried(scenario, foresee(scenario)))
            except PayloadError as error:
                unfit.append(str(error))
    return Tries(tuple(tried), tuple(unfit))
