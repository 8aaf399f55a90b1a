"""`payload-sim sweep`: many runs of one scenario with its keys varied."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.options import AsJson, Jobs, Quiet, check_jobs
from payload.commands.talk import answer, answer_json, say
from payload.errors import ScenarioError, SweepError

if TYPE_CHECKING:
    from payload.scenario.models import Scenario
    from payload.sweep import Progress, SweepResult

MOST_SEEDS = 10_000
File = Annotated[Path, typer.Argument(metavar="SWEEP", help="A sweep file (YAML).")]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Parent of the sweep's folder.")]
ClusterAddress = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Fly on dask.distributed: tcp://host:port of a scheduler, or `local`.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to more than 20,000 runs.")]
Retry = Annotated[bool, typer.Option("--retry", help="Fly again what failed before.")]


def sweep(
    file: File,
    out: Out = Path("sweeps"),
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    yes: Yes = False,
    retry: Retry = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fly a scenario many times with its keys varied, and see what they do.

    FOLDER/<name> holds a row for each run, tables (runs.parquet, runs.csv, runs.json) and a page, sweep.html. Runs that have a row are not flown again: an interrupted sweep goes on, a larger one flies what is new. A run that fails becomes a row with its error, the others finish, and the exit code is 8.

    Example:  payload-sim sweep scenarios/sweeps/thresholds.yaml --jobs 2
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([file, out])
    check_jobs(jobs)
    with _progress(quiet=quiet) as tell:
        result = api.run_sweep(
            api.load_sweep(file),
            out,
            api.executor(jobs=jobs, cluster=cluster),
            api.Wishes(yes, retry, _command(file, out, jobs, cluster)),
            tell,
        )
    _report(result, as_json=as_json)


def _command(file: Path, out: Path, jobs: int | None, cluster: str | None) -> tuple[str, ...]:
    given = {"--out": str(out), "--jobs": jobs and str(jobs), "--cluster": cluster}
    words = [word for name, value in given.items() if value for word in (name, value)]
    return ("payload-sim", "sweep", str(file), *words)


def _report(result: "SweepResult", *, as_json: bool) -> None:
    told = {
        "folder": str(result.folder),
        "cells": len(result.grid.cells),
        "runs": len(result.grid.runs),
        "flown": result.flown,
        "failed": len(result.failed),
        "wall_s": result.wall_s,
        "busy_s": result.busy_s,
    }
    if as_json:
        answer_json(told)
    else:
        answer(
            f"{told['runs']} runs of {told['cells']} cells: {result.flown} flown now, "
            f"{told['failed']} failed"
        )
        answer(str(result.folder / "sweep.html"))
    if result.failed:
        first = result.failed[0]
        raise SweepError(
            f"{len(result.failed)} runs failed; their rows tell why; the first: {first.error}"
        )


def compare_with_seeds(
    scenarios: list[tuple[str, "Scenario"]],
    seeds: int,
    jobs: int | None,
    out: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """`payload-sim compare --seeds`: fly variants with the same seeds and print their paired differences."""
    import tempfile

    from payload import api
    from payload.analysis.words import paired_table
    from payload.scenario.options import refuse_remote

    if not 2 <= seeds <= MOST_SEEDS:
        raise ScenarioError(f"--seeds {seeds}: 2 to {MOST_SEEDS:,} are wanted")
    check_jobs(jobs)
    refuse_remote([] if out is None else [out])
    with tempfile.TemporaryDirectory(prefix="payload-sim-") as rows, _progress(quiet=quiet) as tell:
        flier = api.executor(jobs=jobs)
        found = api.compare_seeds(scenarios, seeds, out or Path(rows), flier, tell=tell)
    page = None if out is None else api.write_effects(found, scenarios[0][1].name, out)
    if as_json:
        answer_json(found.as_dict())
    else:
        for line in paired_table(found):
            answer(line)
        if page is not None:
            answer(str(page))


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[["Progress"], None]]:
    """What it will take, said once; then a line on a terminal's stderr with the time left."""
    if quiet:
        yield lambda _: None
        return
    live = sys.stderr.isatty()
    told_s = 0.0

    def tell(progress: "Progress") -> None:
        nonlocal told_s
        if progress.is_forecast and progress.left_s is not None and progress.one_run_s is not None:
            say(
                f"one run took {_span(progress.one_run_s)}; {progress.of - progress.done} more "
                f"will take about {_span(progress.left_s)}"
            )
        now_s = time.monotonic()
        if live and (now_s - told_s > 0.2 or progress.done == progress.of):
            told_s = now_s
            left = "" if progress.left_s is None else f", {_span(progress.left_s)} left"
            sys.stderr.write(f"\r\x1b[K{progress.done} of {progress.of} runs{left}")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if live:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _span(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 99.5:
        return f"{seconds:.2g} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{seconds / 3600:.1f} h"
