"""`payload-sim validate`: real missions beside what is published of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson, Quiet
from payload.commands.talk import answer, answer_json, as_dict, say
from payload.errors import ScenarioError

MISSIONS = Path("scenarios/missions")

Missions = Annotated[
    list[str] | None,
    typer.Argument(metavar="MISSION", help="Files in the folder, without .yaml; all by default."),
]
Folder = Annotated[
    Path, typer.Option("--missions", metavar="FOLDER", help="Scenarios with published figures.")
]
Policies = Annotated[
    Path | None,
    typer.Option(
        "--policies",
        metavar="SCENARIO",
        help="Instead, fly this scenario with each rescheduling policy; takes no missions.",
    ),
]
Effort = Annotated[
    float, typer.Option("--effort", help="For --policies: 1 is twenty skies, 0.1 is two.")
]
Out = Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the findings go.")]


def validate(
    missions: Missions = None,
    folder: Folder = MISSIONS,
    out: Out = Path("validation"),
    policies: Policies = None,
    effort: Effort = 1.0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fly real missions and compare simulated with published figures.

    Each scenario in the folder states under `published` what is compared, the figure with its source, and the range within which the simulation agrees. Prints one line for each; README.md and validation.json go to --out.

    With --policies it shows when on-board knowledge of clouds pays: a scenario is flown with each policy, 1, 6 and 24 satellites, with and without deadlines, under twenty skies. policies.html, README.md and policies.json go to --out, and one file per sky to its folder rows; existing ones are not flown again.

    Example:  payload-sim validate phi-sat-1 --out results/validation
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([path for path in (folder, out, policies) if path is not None])
    if policies is not None and missions:
        raise ScenarioError("expected either missions or --policies")
    if not 0.0 < effort <= 1.0:
        raise ScenarioError(f"--effort {effort}: expected a number above 0, at most 1")
    tell = (lambda _: None) if quiet or not sys.stderr.isatty() else say
    found: api.Validation | api.PoliciesReport
    if policies is None:
        found = api.validate_missions(folder, missions or [], out, tell=tell)
    else:
        found = api.validate_policies(policies, out, effort=effort, tell=tell)
    if as_json:
        answer_json(as_dict(found))
    else:
        for line in found.lines():
            answer(line)
    for note in found.notes():
        say(f"note: {note}")
