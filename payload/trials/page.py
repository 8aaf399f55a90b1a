"""Findings as files: a page of ratio against speed, the table, the figures. Each appears when it is whole."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from payload import __version__
from payload.errors import ScenarioError
from payload.report.chart import Chart, Json, axis, layout, plain
from payload.report.page import self_contained
from payload.report.palette import LIGHT
from payload.trials.contestants import DEFAULT, YARDSTICK
from payload.trials.findings import CodecFindings, Row
from payload.trials.words import (
    COLUMNS,
    MASKED_COLUMNS,
    MASKED_MEANING,
    MEANING,
    cells,
    heading,
    machine,
    markdown,
    masked_cells,
    title,
)

PAGE, FIGURES, TABLE, TILES = "codecs.html", "codecs.json", "README.md", "tiles.json"
_HEIGHT_PX = 420


def make_place(folder: Path) -> None:
    """Make the folder before minutes are spent; ScenarioError if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{folder}: no files can be written there: {error.strerror}") from error


def write_page(found: CodecFindings, folder: Path) -> None:
    """Write the page and the figures into a folder that is there.

    Raises:
        ScenarioError: They cannot be written.
    """
    write_text(folder / PAGE, render(found))
    figures = json.dumps(asdict(found), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(folder / FIGURES, figures + "\n")


def write_tables(found: CodecFindings, folder: Path) -> None:
    """Write README.md; ScenarioError if it cannot be."""
    write_text(folder / TABLE, markdown(found))


def write_text(path: Path, text: str) -> None:
    """Write beside and rename, so that no half of a file ever has its name; ScenarioError if it cannot be."""
    beside = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def render(found: CodecFindings) -> str:
    """The page: one HTML file that asks nobody for anything."""
    charts = [_chart("encoding", found), _chart("decoding", found)]
    return self_contained(
        "codecs.html.j2",
        {chart.id: chart for chart in charts},
        version=__version__,
        title=title(found),
        machine=machine(found),
        meaning=MEANING,
        columns=COLUMNS,
        groups=[(heading(group), [cells(row) for row in group.rows]) for group in found.groups],
        masked_meaning=MASKED_MEANING,
        masked_columns=MASKED_COLUMNS,
        masked=[masked_cells(row) for row in found.masked],
        notes=found.notes,
    )


def _chart(way: str, found: CodecFindings) -> Chart:
    """Ratio against the speed of one way, a labelled dot for each codec; neighbours' labels keep apart."""
    rows = sorted(found.whole.rows, key=lambda row: _speed(way, row))
    speeds = [_speed(way, row) for row in rows]
    dots: Json = {
        "type": "scatter",
        "mode": "markers+text",
        "x": speeds,
        "y": [row.to_packed for row in rows],
        "text": [plain(row.codec) for row in rows],
        "textposition": [("top center", "bottom center")[place % 2] for place in range(len(rows))],
        "textfont": {"size": 12, "color": LIGHT["ink"]},
        "marker": {"size": 11, "color": [_colour(row.codec) for row in rows]},
        "hovertemplate": "%{text}: %{y:.3f} : 1 at %{x:.3g} MB/s<extra></extra>",
        "cliponaxis": False,
    }
    at = f"{way} speed, MB/s of 16-bit samples, one thread"
    told = "; ".join(
        f"{row.codec} {row.to_packed:.2f} : 1 at {speed:.3g} MB/s"
        for row, speed in zip(rows, speeds, strict=True)
    )
    return Chart(
        id=way,
        title=f"Ratio against {way} speed",
        caption=f"Up is smaller, right is faster. Against samples packed at {found.bit_depth} bits.",
        summary=told,
        height_px=_HEIGHT_PX,
        plot={
            "data": [dots],
            "layout": layout(
                _HEIGHT_PX,
                xaxis=axis(at, type="log"),
                yaxis=axis("packed samples : 1", rangemode="tozero"),
            ),
        },
    )


def _speed(way: str, row: Row) -> float:
    return row.encode_mb_s if way == "encoding" else row.decode_mb_s


def _colour(codec: str) -> str:
    return LIGHT[{YARDSTICK: "raw", DEFAULT: "accent"}.get(codec, "compressed")]
