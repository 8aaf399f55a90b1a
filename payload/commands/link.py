"""`payload-sim link`: why the link carries what it carries."""

from typing import Annotated

import typer

from payload.commands.options import AsJson, Overrides, ScenarioFile, whole_number_option
from payload.commands.talk import answer, answer_json, as_dict

ElevationDeg = Annotated[
    float,
    typer.Option("--at-elevation-deg", metavar="DEG", help="[deg] From 0 (horizon) to 90."),
]
Station = Annotated[
    str | None,
    typer.Option("--station", metavar="NAME", help="The receiver; by default the first."),
]
Satellite = Annotated[
    str | None,
    typer.Option("--satellite", metavar="NAME", help="The transmitter; by default the first."),
]
UploadBytes = Annotated[
    int,
    whole_number_option("--upload-bytes", metavar="N", about="[byte] Size of an upload to time."),
]


def link(
    scenario: ScenarioFile,
    at_elevation_deg: ElevationDeg = 30.0,
    station: Station = None,
    satellite: Satellite = None,
    upload_bytes: UploadBytes = 1_000_000,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Print a scenario's link budget line by line, and what its passes carry.

    For a link of kind `dvbs2`: from EIRP to Es/N0 at an elevation, with MODCOD and rate. For any link: the volume of its passes, and when an upload would complete.

    Example:  payload-sim link scenarios/missions/dove.yaml --at-elevation-deg 30
    """
    from payload.examination import examine
    from payload.timetable.link import link as explain

    found = explain(
        examine(scenario, overrides or []),
        elevation_deg=at_elevation_deg,
        station=station,
        satellite=satellite,
        upload_bytes=upload_bytes,
    )
    if as_json:
        answer_json(as_dict(found))
    else:
        for line in found.lines():
            answer(line)
