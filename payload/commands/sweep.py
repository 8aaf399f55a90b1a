"""`payload-sim sweep`: many runs of one scenario with its keys varied."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.many import progress, resumable
from payload.commands.options import AsJson, Jobs, MemoPlace, Quiet, Retry
from payload.commands.talk import answer, answer_json, as_dict
from payload.errors import ScenarioError, SweepError
from payload.jobs import check_jobs

if TYPE_CHECKING:
    from payload.sweep import SweepResult

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
Yes = Annotated[bool, typer.Option("--yes", help="Allow more than 20,000 runs.")]
Estimate = Annotated[
    bool,
    typer.Option("--estimate", help="Estimate what the remaining runs would take; fly nothing."),
]


def sweep(
    file: File,
    out: Out = Path("sweeps"),
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    yes: Yes = False,
    retry: Retry = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    memo: MemoPlace = None,  # noqa: ARG001 - it tells the environment
    estimate: Estimate = False,
) -> None:
    """Fly a scenario many times with its keys varied, to see what they do.

    FOLDER/<name> holds a row for each run, tables (runs.parquet, runs.csv, runs.json) and a page, sweep.html. Runs that have a row are not flown again: an interrupted sweep goes on, a larger one flies what is new. A run that fails becomes a row with its error, the others finish, and the exit code is 8.

    Example:  payload-sim sweep scenarios/sweeps/thresholds.yaml --jobs 2
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([file, out])
    check_jobs(jobs, "--jobs")
    spec = api.load_sweep(file)
    if estimate:
        if cluster is not None:
            raise ScenarioError("--estimate covers this machine alone: leave --cluster out")
        expected = api.estimate_sweep(spec, out, jobs=jobs, wishes=api.Wishes(yes, retry))
        if as_json:
            answer_json(as_dict(expected))
        else:
            answer(expected.sentence())
        return
    with resumable(out / spec.name), progress(quiet=quiet) as tell:
        result = api.run_sweep(
            spec,
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
        runs, cells = len(result.grid.runs), len(result.grid.cells)
        answer(
            f"{runs} run{'' if runs == 1 else 's'} of {cells} cell{'' if cells == 1 else 's'}: "
            f"{result.flown} flown now, {len(result.failed)} failed"
        )
        answer(str(result.folder / "sweep.html"))
    if result.failed:
        first = result.failed[0]
        raise SweepError(
            f"{len(result.failed)} run{'' if len(result.failed) == 1 else 's'} failed; "
            f"the rows say why; the first: {first.error}"
        )
