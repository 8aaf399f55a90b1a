"""`payload-sim query`: SQL over the tables of a results folder."""

import math
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from payload.commands.options import AsJson
from payload.commands.talk import answer, answer_json
from payload.errors import ScenarioError


def query(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A results folder.")],
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL",
            help="DuckDB SQL over the folder's tables; omit it to list their columns.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Query a results folder's tables with SQL; without SQL, list their columns and meanings.

    The tables are ledger, tiles, images, contacts, events, targets, track, surfaces and power; a query can read nothing else.

    Example:  payload-sim query results/quickstart-*/ "select fate, sum(bytes)::bigint from ledger group by 1"
    """
    from payload import api
    from payload.analysis.words import plain_table

    names, rows = api.columns(folder) if sql is None else api.query(folder, sql)
    if as_json and len(set(names)) < len(names):
        raise ScenarioError(f"with --json, columns need different names: {', '.join(names)}")
    if as_json:
        answer_json([dict(zip(names, map(_plain, row), strict=True)) for row in rows])
    else:
        for line in plain_table(names, rows):
            answer(line)


def _plain(value: Any) -> object:  # noqa: ANN401 - whatever SQL returns
    """As JSON can say it: lists and structs as such, numbers that are none as null, moments and the like in words."""
    match value:
        case float() if not math.isfinite(value):
            return None
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return float(value)
        case list() | tuple():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case _:
            return str(value)
