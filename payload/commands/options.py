"""Options that mean the same in every command."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from payload.errors import ScenarioError

SEEDS = 2**63
"""Seeds of a scenario are whole numbers from 0, below this."""


def whole_number(text: str) -> int:
    """A count of the command line: 1000 and, as in a scenario, 1e3."""
    try:
        return int(text)
    except ValueError:
        pass
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not found.is_integer():
        raise typer.BadParameter(f"found {text[:60]!r}; expected a whole number")
    return int(found)


def whole_number_option(*names: str, about: str, metavar: str = "N") -> Any:  # noqa: ANN401 - as typer's own
    """An option that takes a whole number, and says which words it had instead."""
    return typer.Option(*names, metavar=metavar, help=about, parser=whole_number)


def with_seed(overrides: Sequence[str] | None, seed: int | None) -> list[str]:
    """Overrides with the seed that an option gives; ScenarioError, which names the option, if there is no such seed."""
    if seed is not None and not 0 <= seed < SEEDS:
        raise ScenarioError(f"--seed {seed}: expected 0 to {SEEDS - 1:,}")
    return [*(overrides or []), *([] if seed is None else [f"seed={seed}"])]


ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH.TO.KEY=VALUE",
        help="Override a key; checked like the file. Repeatable.",
    ),
]
Seed = Annotated[int | None, whole_number_option("--seed", about="Override the scenario's seed.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
ResultsParent = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Parent of the results folder.")
]
MEMO_PLACE = "PAYLOAD_SIM_MEMO"


def _tell_environment(place: str | None) -> str | None:
    """Flights in other processes are to find it too."""
    if place is not None:
        os.environ[MEMO_PLACE] = place
    return place


MemoPlace = Annotated[
    str | None,
    typer.Option(
        "--memo",
        metavar="FOLDER|off",
        callback=_tell_environment,
        envvar=MEMO_PLACE,
        help="Where pixel work is cached between runs; by default in the user's cache folder.",
    ),
]
Jobs = Annotated[
    int | None,
    whole_number_option("--jobs", metavar="N", about="Processes; one per core by default."),
]
Retry = Annotated[bool, typer.Option("--retry", help="Retry runs that failed before.")]
SeedCount = Annotated[
    int | None,
    whole_number_option(
        "--seeds", metavar="N", about="Fly each with N seeds, to give differences with intervals."
    ),
]
Cross = Annotated[
    bool, typer.Option("--cross", help="Fly every combination of the what-if values.")
]
EffectsFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Where the comparison's page, tables and rows go."
    ),
]
