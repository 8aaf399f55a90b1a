"""`payload-sim plan`: what would be imaged when, without flying it; or how good planners are."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson, Overrides, Quiet, Seed, with_seed
from payload.commands.talk import answer, answer_json, as_dict, say
from payload.errors import ScenarioError

Scenario = Annotated[
    Path | None, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).")
]
Kind = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="KIND", help="Override the scenario's planner."),
]
IsMeasured = Annotated[
    bool,
    typer.Option("--measure", help="Benchmark the planners; takes no scenario."),
]
Effort = Annotated[
    float, typer.Option("--effort", help="For --measure: 1 takes some minutes, 0.1 is one seed.")
]
OutFolder = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files go.")]


def plan(
    scenario: Scenario = None,
    out: OutFolder = Path("plans"),
    kind: Kind = None,
    is_measured: IsMeasured = False,
    effort: Effort = 1.0,
    overrides: Overrides = None,
    seed: Seed = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Plan the images of a scenario, without flying it.

    Prints what is imaged when, and writes plan.csv, plan.json and plan.geojson to a folder in --out named after the scenario and its digest. This is the plan at the start of the flight; what is learnt on the way changes it.

    With --measure it compares the planners with the optimum on a fixed benchmark and writes planners.json and planners.md.

    Example:  payload-sim plan scenarios/quickstart.yaml --scheduler best-of --out plans
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([path for path in (out, scenario) if path is not None])
    if (scenario is None) != is_measured:
        raise ScenarioError("expected either a SCENARIO or --measure")
    if not 0.0 < effort <= 1.0:
        raise ScenarioError(f"--effort {effort}: expected a number above 0, at most 1")
    if scenario is None:
        tell = (lambda _: None) if quiet or not sys.stderr.isatty() else say
        measured = api.measure_planners(out, effort=effort, tell=tell)
        lines, plain, notes = measured.lines(), as_dict(measured), measured.notes()
    else:
        changes = with_seed(overrides, seed)
        changes += [] if kind is None else [f"scheduler={{kind: {kind}}}"]
        found, folder = api.plan(
            api.check(scenario, changes, lambda note: say(f"note: {note}")), out
        )
        lines, plain, notes = [*found.lines(), str(folder)], found.as_dict(), found.notes()
    if as_json:
        answer_json(plain)
    else:
        for line in lines:
            answer(line)
    for note in notes:
        say(f"note: {note}")
