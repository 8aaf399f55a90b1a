"""`payload-sim optimise`: the best point of a sweep's space, under bounds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from payload.commands.many import progress, resumable
from payload.commands.options import AsJson, Jobs, MemoPlace, Quiet, Retry, whole_number_option
from payload.commands.sweep import ClusterAddress, File, Out, Yes
from payload.commands.talk import answer, answer_json
from payload.errors import ScenarioError, SweepError
from payload.jobs import check_jobs

if TYPE_CHECKING:
    from payload.sweep.search import Found

MOST_CONFIRM, MOST_TRIALS, MOST_SEED = 10_000, 100_000, 2**32
Maximise = Annotated[
    str | None,
    typer.Option("--maximise", metavar="METRIC", help="A figure, e.g. clear_pixels_delivered."),
]
Minimise = Annotated[
    str | None, typer.Option("--minimise", metavar="METRIC", help="A figure, e.g. latency_s.p90.")
]
SubjectTo = Annotated[
    list[str] | None,
    typer.Option(
        "--subject-to",
        metavar="BOUND",
        help="A constraint on a mean over the seeds, e.g. 'energy_j<=5e4' or 'latency_s.p90<=7200'. Repeatable.",
    ),
]
Trials = Annotated[int, whole_number_option("--trials", metavar="N", about="Points to fly.")]
SearchSeed = Annotated[
    int, whole_number_option("--seed", about="Of the search, not of a scenario.")
]
Confirm = Annotated[
    int,
    whole_number_option(
        "--confirm",
        metavar="N",
        about="Fresh seeds for a final comparison of best and base; 0: none.",
    ),
]


def optimise(
    file: File,
    maximise: Maximise = None,
    minimise: Minimise = None,
    subject_to: SubjectTo = None,
    trials: Trials = 60,
    confirm: Confirm = 10,
    seed: SearchSeed = 0,
    out: Out = Path("sweeps"),
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
    yes: Yes = False,
    retry: Retry = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    memo: MemoPlace = None,  # noqa: ARG001 - it tells the environment
) -> None:
    """Search for the best setting of a sweep file's parameters, and report how certain it is.

    `grid` and `random.over` define each parameter's range; each point flies with all `seeds`. FOLDER/<name> holds a page (search.html) and tables (search.json, trials.csv, trials.parquet) beside the rows, which are those of `sweep`: nothing is flown twice. If no point meets the constraints, the exit code is 8.

    Example:  payload-sim optimise scenarios/sweeps/search.yaml --maximise clear_pixels_delivered --subject-to 'energy_j<=50'
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([file, out])
    check_jobs(jobs, "--jobs")
    _check(trials, confirm, seed)
    given = {
        "--maximise": maximise,
        "--minimise": minimise,
        "--out": str(out),
        "--jobs": jobs and str(jobs),
        "--cluster": cluster,
    }
    command = ["payload-sim", "optimise", str(file)]
    command += [word for name, value in given.items() if value for word in (name, value)]
    command += [word for text in subject_to or [] for word in ("--subject-to", text)]
    command += ["--trials", str(trials), "--confirm", str(confirm), "--seed", str(seed)]
    terms = api.SearchTerms(
        api.parse_goal(maximise, minimise, subject_to or []),
        trials=trials,
        seed=seed,
        confirm=confirm,
        yes=yes,
        retry=retry,
        command=tuple(command),
    )
    spec = api.load_sweep(file)
    with resumable(out / spec.name), progress(quiet=quiet) as tell:
        found = api.optimise(spec, terms, out, api.executor(jobs=jobs, cluster=cluster), tell)
    _report(found, as_json=as_json)


def _check(trials: int, confirm: int, seed: int) -> None:
    if not 1 <= trials <= MOST_TRIALS:
        raise ScenarioError(f"--trials {trials}: expected 1 to {MOST_TRIALS:,}")
    if confirm != 0 and not 2 <= confirm <= MOST_CONFIRM:
        raise ScenarioError(f"--confirm {confirm}: expected 0, or 2 to {MOST_CONFIRM:,}")
    if not 0 <= seed < MOST_SEED:
        raise ScenarioError(f"--seed {seed}: expected 0 to {MOST_SEED - 1:,}")


def _report(found: "Found", *, as_json: bool) -> None:
    from payload.sweep.search_page import PAGE, told
    from payload.sweep.search_words import answer_lines

    if as_json:
        answer_json(told(found) | {"folder": str(found.folder)})
    else:
        for line in answer_lines(found):
            answer(line)
        answer(str(found.folder / PAGE))
    if found.best is None:
        raise SweepError(answer_lines(found)[0])
