"""`payload-sim init`: a scenario to begin with."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson
from payload.commands.talk import answer, answer_json, say


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where it goes; created if missing.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write a starter scenario.

    FOLDER gets mission.yaml, with comments on the choices, its targets (GeoJSON), and the schema that lets
    editors complete and check it. Existing files are never overwritten.

    Example:  payload-sim init first
    """
    from payload import api
    from payload.scenario.options import refuse_remote

    refuse_remote([folder])
    paths = api.init(folder)
    if as_json:
        answer_json([str(path) for path in paths])
    else:
        for path in paths:
            answer(str(path))
    say(f"run it:  payload-sim run {shlex.quote(str(paths[0]))}")
