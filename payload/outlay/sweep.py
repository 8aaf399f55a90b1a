"""Estimate what a sweep will take before it is flown: seconds, memory and disk, from a few of its cells."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

from payload.darkroom.store import Store, find_store
from payload.estimate.costs import PAGE_BYTES, START_S_IN_EVENTS
from payload.outlay.cells import MOST_LOOKED_AT, Left, front, left_of, try_some, with_both_ends
from payload.outlay.pixel_work import PixelWork
from payload.sim.yardstick import bare_event_s
from payload.sweep import Grid, SweepSpec, Wishes, make_grid
from payload.sweep.runner import NONE

ROW_BYTES = 6_700
"""[byte] Disk space of a row, with all arms. Measured."""
TABLED_BYTES = 2_200
"""[byte] Disk space that one arm of one run takes in all tables. Measured."""
LEADING_BYTES, REPORTING_BYTES, FINISHING_BYTES = 100_000_000, 55_000_000, 330_000_000
"""[byte] Memory of the process that hands out runs; the part of a run's memory used only for reports and files; memory for tables
and page, once all runs have finished. Measured."""
CROWDED = 1.5
"""Slowdown from which it is worth mentioning."""
LAID_OUT = 3
"""Times that a cell's scenario is built: when the sweep is laid out, as a job, and by the worker that flies it."""


@dataclass(frozen=True, slots=True)
class SweepEstimate:
    """What the rest of a sweep is expected to take, each figure within a factor of two.

    Attributes:
        runs: Number of runs of the sweep, each key once.
        cells: Number of cells of the sweep.
        flown: Runs that have a row, and cost nothing.
        failed: Runs whose row holds an error, and that are not flown again.
        left: Runs to be flown.
        tried: Cells that were examined.
        cpu_s: [s] CPU time of all processes together.
        wall_s: [s] Time until the sweep is over, on an otherwise idle machine.
        crowding: Factor by which other processes currently slow down this machine; 1 if they do not.
        jobs: Number of processes that fly.
        memory_bytes: [byte] Peak memory of all processes together.
        disk_bytes: [byte] Size of the sweep's folder, without the memo.
        shared: Share of the pixel work that the memo saves, as other runs do it or have done it.
        unfit: Errors of cells that cannot be planned; their rows will report them.
    """

    runs: int
    cells: int
    flown: int
    failed: int
    left: int
    tried: int
    cpu_s: float
    wall_s: float
    crowding: float
    jobs: int
    memory_bytes: int
    disk_bytes: int
    shared: float
    unfit: tuple[str, ...] = ()

    def sentence(self) -> str:
        """The estimate in words."""
        before = []
        if self.flown:
            before.append(f"{self.flown:,} of {_counted(self.runs, 'run')} already flown")
        if self.failed:
            before.append(f"{self.failed:,} failed before (--retry flies them again)")
        if not self.left:
            return "; ".join(["nothing left to fly", *before])
        told = [
            (
                f"{_counted(self.left, 'run')} left to fly: about {self.wall_s:.0f} s with {_counted(self.jobs, 'job')} "
                f"({self.cpu_s:.0f} s of one core), {self.memory_bytes / 1e6:.0f} MB of memory and "
                f"{self.disk_bytes / 1e6:.1f} MB of disk, each within a factor of two, from trials of {self.tried} of "
                f"{_counted(self.cells, 'cell')}"
            ),
            *before,
        ]
        if self.crowding >= CROWDED:
            told.append(
                f"this machine is busy: about {self.wall_s * self.crowding:.0f} s if it stays so"
            )
        if self.shared >= 0.005:
            told.append(f"the memo saves {self.shared:.0%} of the pixel work")
        if self.unfit:
            told.append(f"a cell cannot be flown: {self.unfit[0]}")
        return "; ".join(told)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def estimate_sweep(
    spec: SweepSpec, out: str | Path, *, jobs: int | None = None, wishes: Wishes = NONE
) -> SweepEstimate:
    """Estimate what `run_sweep` will take on this machine; nothing is flown, and nothing is written.

    Args:
        spec: What is varied.
        out: Parent of the sweep's folder, which may already hold rows.
        jobs: How many runs fly at once; one per core if left out.
        wishes: Whether a very large sweep is allowed, and whether failed runs are flown again.

    Raises:
        ScenarioError: The sweep is invalid, or a file in its folder is not a row.
    """
    began_s = time.perf_counter()
    # in a fresh process, an upper limit of what it takes to start one
    start_s = time.process_time()
    grid = make_grid(spec, yes=wishes.yes)
    laid_out_s = time.process_time() - start_s
    left = left_of(grid, Path(out) / spec.name, retry=wishes.retry)
    cores = os.cpu_count() or 1
    jobs = min(jobs or cores, max(len(left.runs), 1))
    outlay = _Outlay(grid, left, jobs, find_store())
    around_s = min(start_s, START_S_IN_EVENTS * bare_event_s())
    at_once = min(jobs, cores)
    return SweepEstimate(
        runs=len({run.key for run in grid.runs}),
        cells=len(grid.cells),
        flown=left.flown,
        failed=left.failed,
        left=len(left.runs),
        tried=len(outlay.tries.tried),
        cpu_s=outlay.flying_s + LAID_OUT * laid_out_s + (1 + jobs) * around_s,
        wall_s=outlay.wall_s(jobs, at_once)
        + LAID_OUT * laid_out_s
        + (1 + jobs / at_once) * around_s,
        crowding=max(1.0, (time.perf_counter() - began_s) / (time.process_time() - start_s)),
        jobs=jobs,
        memory_bytes=max(FINISHING_BYTES, LEADING_BYTES + jobs * outlay.memory_bytes),
        disk_bytes=PAGE_BYTES + len(grid.runs) * (ROW_BYTES + TABLED_BYTES * len(spec.arms)),
        shared=outlay.shared,
        unfit=outlay.tries.unfit,
    )


class _Outlay:
    """What the remaining runs take, by cells that represent all of them.

    Attributes:
        tries: The cells that were tried.
        flying_s: [s] CPU time of all runs.
        memory_bytes: [byte] Peak memory of a process that flies.
        shared: Share of the pixel work that the memo saves.
    """

    def __init__(self, grid: Grid, left: Left, jobs: int, store: Store | None) -> None:
        seeds_of = left.seeds_of
        cells = with_both_ends(sorted(seeds_of), MOST_LOOKED_AT)
        scenarios = {cell: grid.scenario_of(cell, seeds_of[cell][0]) for cell in cells}
        self.tries = try_some([(front(grid, cell), scenarios[cell]) for cell in cells])
        costs = {cell: self.tries.like(scenario) for cell, scenario in scenarios.items()}
        runs = {cell: len(seeds_of[cell]) for cell in cells}
        stand_for = len(left.runs) / max(sum(runs.values()), 1)
        flown_s = stand_for * math.fsum(costs[cell].flown_s * runs[cell] for cell in cells)
        alone_s = stand_for * math.fsum(costs[cell].painted_s * runs[cell] for cell in cells)
        painted_s = alone_s
        if store is not None and alone_s > 0.0:
            kinds = {
                front(grid, cell): (scenarios[cell], costs[cell].painted_s)
                for cell in reversed(cells)
                if costs[cell].painted_s > 0.0
            }
            unpainted = {front(grid, cell) for cell in cells} - kinds.keys()
            painted_s = PixelWork(grid, left, kinds, unpainted).together_s(jobs, store)
            painted_s = min(alone_s, painted_s)
        self.shared = 1.0 - painted_s / alone_s if alone_s > 0.0 else 0.0
        self.flying_s = flown_s + painted_s
        most_bytes = max((cost.memory_bytes for cost in costs.values()), default=0.0)
        self.memory_bytes = max(0, round(most_bytes) - REPORTING_BYTES)
        self._runs = len(left.runs)
        self._longest_s = min(
            self.flying_s,
            max((cost.flown_s + cost.painted_s for cost in costs.values()), default=0.0),
        )

    def wall_s(self, jobs: int, at_once: int) -> float:
        """[s] Time until all runs have finished; if there are more of them than jobs, the first flies alone."""
        if self._runs <= jobs:
            return max(self._longest_s, self.flying_s / at_once)
        rest_s, rest = self.flying_s - self._longest_s, self._runs - 1
        return self._longest_s + math.ceil(rest / at_once) * rest_s / rest
