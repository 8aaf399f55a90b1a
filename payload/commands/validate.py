"""`payload-sim validate`: real missions beside what is published of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson, Quiet
from payload.commands.talk import answer, answer_json, as_dict, say

MISSIONS = Path("scenarios/missions")

Missions = Annotated[
    list[str] | None,
    typer.Argument(metavar="[MISSION]...", help="Files of the folder, without .yaml; all if none."),
]
Folder = Annotated[
    Path, typer.Option("--missions", metavar="FOLDER", help="Scenarios with published figures.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the findings go.")]


def validate(
    missions: Missions = None,
    folder: Folder = MISSIONS,
    out: Out = Path("validation"),
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fly real missions and set what is published of them beside what was simulated.

    Each scenario of the folder names under `published` what is measured, the figure with its source, and the range in which the simulated one agrees. The answer is a line for each; README.md and validation.json go into --out.

    Example:  payload-sim validate phi-sat-1 --out results/validation
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([folder, out])
    tell = (lambda _: None) if quiet or not sys.stderr.isatty() else say
    found = api.validate_missions(folder, missions or [], out, tell=tell)
    if as_json:
        answer_json(as_dict(found))
    else:
        for line in found.lines():
            answer(line)
    for note in found.notes():
        say(f"note: {note}")
