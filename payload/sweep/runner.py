"""A sweep from end to end: lay it out, forecast its duration, fly the runs that have no row yet, gather the rows."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from payload import __version__
from payload.errors import ScenarioError
from payload.sweep.flying import Executor, Job, Landed, clean_folder
from payload.sweep.grid import Grid, Run, code_digest, make_grid
from payload.sweep.rows import (
    FAILED,
    ROWS,
    Row,
    forget_failed,
    row_path,
    standing_row,
    write_row,
)
from payload.sweep.spec import SweepSpec
from payload.units import iso_utc


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a sweep.

    Attributes:
        done: Runs finished since it began.
        of: Runs that it had to fly.
        left_s: [s] Expected time remaining; None before anything is known.
        is_forecast: Whether this is the forecast made after the first, timed run.
        one_run_s: [s] Mean duration of the runs so far.
    """

    done: int
    of: int
    left_s: float | None
    one_run_s: float | None
    is_forecast: bool = False


Tell = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Wishes:
    """Options of a sweep.

    Attributes:
        yes: Whether a very large sweep is allowed.
        retry: Whether runs whose rows hold an error are flown again.
        command: The command line that repeats it, for the provenance.
    """

    yes: bool = False
    retry: bool = False
    command: tuple[str, ...] = ()


NONE = Wishes()


@dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a sweep.

    Attributes:
        folder: Where rows, tables and page are.
        grid: Cells and runs.
        rows: One per run, in the order of the runs.
        flown: How many were flown this time; the other rows existed already.
        wall_s: [s] Wall-clock time of flying, from the first run's start to the last one's end.
        busy_s: [s] Time that the workers spent in runs.
    """

    folder: Path
    grid: Grid = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    flown: int
    wall_s: float
    busy_s: float

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows of failed runs, each once."""
        return tuple({row.key: row for row in self.rows if row.status == FAILED}.values())


def fly_sweep(
    spec: SweepSpec,
    out: Path,
    executor: Executor,
    wishes: Wishes,
    tell: Tell,
) -> SweepResult:
    """Fly the runs of a sweep that have no row yet; `<out>/<name>/rows` then holds a row for each.

    A run that raises, or that kills its process, leaves a row with its error while all others finish.

    Args:
        spec: What is varied.
        out: Parent of the sweep's folder.
        executor: What flies the runs.
        wishes: Options.
        tell: Called with the progress.

    Raises:
        ScenarioError: The sweep is invalid, or the folder cannot be written.
        SweepError: The cluster is gone, or a file of the scenario has changed meanwhile.
    """
    grid = make_grid(spec, yes=wishes.yes)
    folder = (out / spec.name).resolve()
    make_rows(folder)
    if wishes.retry:
        forget_failed(folder, {run.key for run in grid.runs})
    missing = {run.key: run for run in grid.runs if not row_path(folder, run.key).exists()}
    wall_s, busy_s = 0.0, 0.0
    with clean_folder(folder):
        if missing:
            with executor:
                start_s = time.perf_counter()
                busy_s = _fly(grid, list(missing.values()), folder, executor, tell)
                wall_s = time.perf_counter() - start_s
    return SweepResult(folder, grid, _rows(grid, folder), len(missing), wall_s, busy_s)


def fly_grid(
    grid: Grid, folder: Path, executor: Executor, hear: Callable[[Landed], None]
) -> tuple[Row, ...]:
    """Fly the runs of a grid that have no row yet, and read all rows; the executor must already be entered.

    Raises:
        ScenarioError: The folder cannot be written.
        SweepError: The cluster is gone, or a file of the scenario has changed meanwhile.
    """
    missing = {run.key: run for run in grid.runs if not row_path(folder, run.key).exists()}
    for landed in executor.fly(_jobs(grid, list(missing.values()), folder)):
        _keep(folder, landed)
        hear(landed)
    return _rows(grid, folder)


def _rows(grid: Grid, folder: Path) -> tuple[Row, ...]:
    rows = {run.key: standing_row(folder, run.key) for run in grid.runs}
    return tuple(rows[run.key] for run in grid.runs)


def provenance(result: SweepResult, started: datetime, command: str) -> dict[str, object]:
    """Provenance of the rows; wall-clock times appear only here."""
    return {
        "version": __version__,
        "code": code_digest(),
        "sweep": result.grid.spec.name,
        "command": command,
        "cells": len(result.grid.cells),
        "runs": len(result.grid.runs),
        "flown": result.flown,
        "failed": len(result.failed),
        "started_utc": iso_utc(started),
        "finished_utc": iso_utc(datetime.now(UTC)),
        "wall_s": result.wall_s,
        "busy_s": result.busy_s,
    }


def _fly(grid: Grid, missing: Sequence[Run], folder: Path, executor: Executor, tell: Tell) -> float:
    """Fly runs; if there are many, the first alone, so that the duration of all can be forecast."""
    start_s, done, times_s = time.perf_counter(), 0, list[float]()
    jobs = _jobs(grid, missing, folder)
    alone = 1 if len(missing) > executor.workers else 0
    for part in (islice(jobs, alone), jobs):
        for landed in executor.fly(part):
            _keep(folder, landed)
            done += 1
            if landed.wall_s is not None:
                times_s.append(landed.wall_s)
            one_s = sum(times_s) / len(times_s) if times_s else None
            left = len(missing) - done
            if alone and done == 1:
                left_s = None if one_s is None else one_s * left / executor.workers
                tell(Progress(done, len(missing), left_s, one_s, is_forecast=True))
            else:
                left_s = (time.perf_counter() - start_s) / done * left
                tell(Progress(done, len(missing), left_s, one_s))
    return sum(times_s)


def _jobs(grid: Grid, runs: Sequence[Run], folder: Path) -> Iterator[Job]:
    base_folder = grid.template.source.path.parent.resolve()
    for run in runs:
        data = grid.data_of(run)
        yield Job(run.key, run.digest, run.seed, data, base_folder, folder, run.packages)


def _keep(folder: Path, landed: Landed) -> None:
    """Write the row of a worker that cannot see the folder."""
    if not row_path(folder, landed.key).exists():
        write_row(folder, landed.key, landed.text)


def make_rows(folder: Path) -> None:
    """Make the folder of rows; raise ScenarioError if that fails."""
    try:
        (folder / ROWS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{folder}: cannot be written to: {error.strerror}") from error
