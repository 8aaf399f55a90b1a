"""Findings as files: a page of ratio against speed, the table, the figures. Each file appears once it is complete."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from payload import __version__
from payload.errors import ScenarioError
from payload.report.chart import Chart, Json, axis, layout, plain
from payload.report.page import self_contained
from payload.report.palette import LIGHT
from payload.text_files import write_text
from payload.trials.contestants import DEFAULT, YARDSTICK
from payload.trials.findings import CodecFindings, Row
from payload.trials.labels import Dot, spread_labels
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
_PLOT_HEIGHT_PX = 350
"""[px] Height without the axis; `_WIDE_PX` and `_NARROW_PX` are widths of the plot on pages 1,100 and 390 wide."""
_WIDE_PX, _NARROW_PX = 930, 290
_ROOM = 0.12
"""Space beside the outermost dots, as a share of the range between them."""
_SPEEDS = tuple(digit * 10**power for power in range(6) for digit in (1, 3))
"""[MB/s] Ticks on the axis."""


def make_place(folder: Path) -> None:
    """Create the folder before minutes are spent measuring; ScenarioError if that is impossible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{folder}: cannot be written to: {error.strerror}") from error


def write_page(found: CodecFindings, folder: Path) -> None:
    """Write the page and the figures into an existing folder.

    Raises:
        ScenarioError: They cannot be written.
    """
    write_text(folder / PAGE, render(found))
    figures = json.dumps(asdict(found), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(folder / FIGURES, figures + "\n")


def write_tables(found: CodecFindings, folder: Path) -> None:
    """Write README.md; ScenarioError if that is impossible."""
    write_text(folder / TABLE, markdown(found))


def render(found: CodecFindings) -> str:
    """The page: one HTML file that requests nothing from anywhere."""
    charts = [_chart("encoding", found), _chart("decoding", found)]
    return self_contained(
        "codecs.html.j2",
        {chart.id: chart for chart in charts},
        version=__version__,
        title=title(found),
        machine=machine(found),
        meaning=MEANING,
        columns=[_unbroken(name) for name in COLUMNS],
        groups=[(heading(group), [cells(row) for row in group.rows]) for group in found.groups],
        masked_meaning=MASKED_MEANING,
        masked_columns=[_unbroken(name) for name in MASKED_COLUMNS],
        masked=[masked_cells(row) for row in found.masked],
        notes=found.notes,
    )


def _unbroken(name: str) -> str:
    """The name of a column, which may be broken only between words."""
    return name.replace(" : ", "\u00a0:\u00a0").replace("/ ", "/\u00a0").replace("-", "\u2011")


def _chart(way: str, found: CodecFindings) -> Chart:
    """Ratio against encoding or decoding speed, a labelled dot per codec; labels are placed for a wide and a narrow page."""
    rows = sorted(found.whole.rows, key=lambda row: _speed(way, row))
    speeds, ratios = [_speed(way, row) for row in rows], [row.to_packed for row in rows]
    x_range, y_range = _range([math.log10(speed) for speed in speeds]), _range(ratios)

    def places(width_px: float) -> list[str]:
        dots = [
            Dot(
                width_px * _share(math.log10(speed), x_range),
                _PLOT_HEIGHT_PX * (1 - _share(row.to_packed, y_range)),
                row.codec,
            )
            for row, speed in zip(rows, speeds, strict=True)
        ]
        return spread_labels(dots, width_px, _PLOT_HEIGHT_PX)

    dots: Json = {
        "type": "scatter",
        "mode": "markers+text",
        "x": speeds,
        "y": ratios,
        "text": [plain(row.codec) for row in rows],
        "textposition": places(_WIDE_PX),
        "textfont": {"size": 12, "color": LIGHT["ink"]},
        "marker": {"size": 10, "color": [_colour(row.codec) for row in rows]},
        "hovertemplate": "%{text}: %{y:.3f} : 1 at %{x:.3g} MB/s<extra></extra>",
        "cliponaxis": False,
    }
    told = "; ".join(
        f"{row.codec} {row.to_packed:.2f} : 1 at {speed:.3g} MB/s"
        for row, speed in zip(rows, speeds, strict=True)
    )
    marks = [mark for mark in _SPEEDS if x_range[0] <= math.log10(mark) <= x_range[1]]
    return Chart(
        id=way,
        title=f"Ratio against {way} speed",
        caption=f"Higher is smaller, further right is faster. Relative to samples packed at {found.bit_depth} bits; "
        "MB/s of 16-bit samples, one thread.",
        summary=told,
        height_px=_HEIGHT_PX,
        plot={
            "data": [dots],
            "layout": layout(
                _HEIGHT_PX,
                xaxis=axis(
                    f"{way} speed, MB/s", type="log", range=list(x_range), tickvals=marks,
                    ticktext=[f"{mark:g}" for mark in marks],
                ),
                yaxis=axis("packed samples : 1", range=list(y_range)),
            ),
        },
        narrow={"data.0.textposition": places(_NARROW_PX)},
    )  # fmt: skip


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The range of an axis, with space for dots and labels at its ends."""
    room = _ROOM * (max(values) - min(values)) or 1.0
    return min(values) - room, max(values) + room


def _share(value: float, ends: tuple[float, float]) -> float:
    """Position of a value between the ends of its axis, as a share."""
    return (value - ends[0]) / (ends[1] - ends[0])


def _speed(way: str, row: Row) -> float:
    return row.encode_mb_s if way == "encoding" else row.decode_mb_s


def _colour(codec: str) -> str:
    return LIGHT[{YARDSTICK: "raw", DEFAULT: "accent"}.get(codec, "compressed")]
