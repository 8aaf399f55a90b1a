"""`payload-sim init`: a scenario to begin with."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from payload.commands.options import AsJson
from payload.commands.talk import answer, answer_json, say


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where it goes; made if it is not there.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write a scenario to begin with.

    FOLDER gets mission.yaml with a comment where there is a choice, the places that it wants (GeoJSON), and the schema by
    which editors complete and check it. Nothing that is there is overwritten.

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
    say(f"fly it:  payload-sim run {shlex.quote(str(paths[0]))}")
