"""Options that mean the same in every command."""

from pathlib import Path
from typing import Annotated

import typer

ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A scenario file (YAML).")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH.TO.KEY=VALUE",
        help="Change a key; checked like the file. Repeatable.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed instead of the scenario's own.")]
AsJson = Annotated[bool, typer.Option("--json", help="The answer as JSON on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
ResultsParent = Annotated[
    Path, typer.Option("--out", metavar="FOLDER", help="Parent of the results folder.")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", metavar="N", help="Flights at once; one a core if left out.")
]
SeedCount = Annotated[
    int | None,
    typer.Option("--seeds", metavar="N", help="Fly each with N seeds: differences with intervals."),
]
Cross = Annotated[
    bool, typer.Option("--cross", help="Each value of a what-if with each of all others.")
]
EffectsFolder = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FOLDER", help="Where page, tables and rows of the comparison go."
    ),
]
