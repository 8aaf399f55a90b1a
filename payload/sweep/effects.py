"""Write a comparison over seeds: the page of effects, and their table as JSON, CSV and Parquet."""

import json
from collections.abc import Sequence
from pathlib import Path

from payload import __version__
from payload.analysis.crossed import knobs_ranked
from payload.analysis.intervals import LEVEL
from payload.analysis.paired import RANKED, Effect, PairedComparison
from payload.report.chart import Chart, Json, axis, layout, plain
from payload.report.page import self_contained
from payload.report.palette import LIGHT
from payload.sweep.page import interval, reach
from payload.sweep.table import csv_text, write_parquet
from payload.text_files import write_text

PAGE, JSON, CSV, PARQUET = "effects.html", "effects.json", "effects.csv", "effects.parquet"
_NARROW: Json = {
    "data.1.visible": True,
    "layout.yaxis.showticklabels": False,
    "layout.yaxis.autorange": False,
    "layout.xaxis.tickangle": 0,
}
"""On a phone, variant names stand above their bars: beside them they would leave no room.

They are a trace of their own: where Plotly sets the labels of an axis inside, it hides the other axis beneath them.
"""
COLUMNS = ("variant", "figure", "mean", "difference", "verdict")
MOST_LINES = 2_000
"""Lines in the page's table of all figures; the CSV, JSON and Parquet files hold them all."""
_ROW_PX, _LOW_ROW_PX, _REST_PX, _MANY = 46, 20, 110, 30


def write_effects(found: PairedComparison, title: str, folder: str | Path) -> Path:
    """Write all files into an existing folder and return the path of the page.

    Raises:
        ScenarioError: A file cannot be written.
    """
    folder = Path(folder)
    told = [
        {"kind": kind} | effect.as_dict()
        for kind, effects in (("variant", found.effects), ("main effect", found.main))
        for effect in effects
    ]
    columns = {name: [effect[name] for effect in told] for name in told[0]} if told else {}
    if columns:
        write_parquet(folder / PARQUET, columns)
        write_text(folder / CSV, csv_text(columns))
    text = json.dumps(found.as_dict(), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(folder / JSON, text + "\n")
    write_text(folder / PAGE, render(found, title))
    return folder / PAGE


def render(found: PairedComparison, title: str) -> str:
    """Render the page: one self-contained HTML file."""
    charts = [
        _chart("effects", "Differences from the base", _by_figure(found.effects)),
        _chart(
            "main-effects",
            "What each setting does, averaged over all others",
            _by_figure(found.main),
        ),
    ]
    return self_contained(
        "effects.html.j2",
        {chart.id: chart for chart in charts if chart},
        version=__version__,
        title=title,
        answer=_answer(found),
        notes=[*filter(None, [found.failure]), *found.notes],
        variants=len(found.variants) - 1,
        seeds=len(found.seeds),
        level=f"{LEVEL:.0%}",
        metrics=[(key, _words(e[0])) for key, e in _by_figure(found.effects).items()],
        main_metrics=[(key, _words(e[0])) for key, e in _by_figure(found.main).items()],
        columns=COLUMNS,
        knobs=[
            (effect.knob, *_row(effect, found.verdict_among(effect)))
            for effect in knobs_ranked(found)
        ],
        ranked=[_row(effect, found.verdict_among(effect)) for effect in found.ranked],
        main=[_row(effect, effect.verdict) for effect in found.main if effect.difference],
        effects=[_row(effect, effect.verdict) for effect in found.effects if effect.difference][
            :MOST_LINES
        ],
        left_out=max(0, sum(bool(e.difference) for e in found.effects) - MOST_LINES),
    )


def _answer(found: PairedComparison) -> str:
    """State in a sentence the largest certain effect on the figure ranked first."""
    for effect in found.ranked:
        if effect.difference and effect in found.certain:
            return (
                f"The largest effect on {effect.label} is that of {effect.variant}: "
                f"{interval(effect.difference, sign='+')} {effect.unit}."
            )
    if len(found.seeds) == 1:
        return "One sky only: telling effects from chance needs more seeds."
    return (
        f"None of the {len(found.ranked)} ranked differences is resolved with this number of seeds."
    )


def _by_figure(effects: Sequence[Effect]) -> dict[str, list[Effect]]:
    """Effects by figure, ranked figures first; figures that no variant changes are left out."""
    moved = {effect.key for effect in effects if effect.difference and effect.size}
    keys = [*(key for key in RANKED if key in moved), *(e.key for e in effects if e.key in moved)]
    return {
        key: [effect for effect in effects if effect.key == key and effect.difference]
        for key in dict.fromkeys(keys)
    }


def _chart(name: str, title: str, figures: dict[str, list[Effect]]) -> Chart | None:
    if not figures:
        return None
    variants: Json = {
        key: {
            "data": [_trace(effects), _names(effects)],
            "layout.xaxis.title.text": plain(_title(effects[0])),
        }
        for key, effects in figures.items()
    }
    first = next(iter(figures.values()))
    rows = max(len(effects) for effects in figures.values())
    height_px = _REST_PX + (_ROW_PX if rows <= _MANY else _LOW_ROW_PX) * rows
    return Chart(
        id=name,
        title=title,
        caption="Dots are mean differences, paired seed by seed; bars are their intervals; the line marks no difference.",
        summary="; ".join(" ".join(_row(effect, effect.verdict)) for effect in first[:20]),
        height_px=height_px,
        plot={
            "data": [_trace(first), _names(first)],
            "layout": layout(
                height_px,
                xaxis2={"overlaying": "x", "range": [0, 1], "fixedrange": True, "visible": False},
                xaxis=axis(plain(_title(first[0])), zerolinecolor=LIGHT["ink"], zerolinewidth=1),
                yaxis=axis("", type="category", autorange="reversed"),
            ),
        },
        narrow=_NARROW | {"layout.yaxis.range": [rows - 0.5, -0.9]},
        variants=variants,
    )


def _trace(effects: Sequence[Effect]) -> Json:
    means = [effect.difference for effect in effects if effect.difference]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [mean.value for mean in means],
        "y": [plain(effect.variant) for effect in effects],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [reach(mean.value, mean.high) for mean in means],
            "arrayminus": [reach(mean.value, mean.low) for mean in means],
            "color": LIGHT["accent"],
            "thickness": 1.5,
            "width": 5,
        },
        "text": [interval(mean) for mean in means],
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "marker": {
            "size": 9,
            "color": [LIGHT["accent" if mean.is_resolved else "pruned"] for mean in means],
        },
    }


def _names(effects: Sequence[Effect]) -> Json:
    """The variants at the left edge, above their lines; shown on a phone."""
    names = [plain(effect.variant) for effect in effects]
    return {
        "type": "scatter",
        "mode": "text",
        "xaxis": "x2",
        "x": [0] * len(names),
        "y": names,
        "text": names,
        "textposition": "top right",
        "textfont": {"size": 12, "color": LIGHT["muted"]},
        "hoverinfo": "skip",
        "visible": False,
    }


def _words(effect: Effect) -> str:
    return f"{effect.label}, {effect.unit}" if effect.unit else effect.label


def _title(effect: Effect) -> str:
    return f"{_words(effect)}: difference"


def _row(effect: Effect, verdict: str) -> tuple[str, ...]:
    mean = "unknown" if effect.mean is None else interval(effect.mean)
    change = "unknown" if effect.difference is None else interval(effect.difference, sign="+")
    return (effect.variant, _words(effect), mean, change, verdict)
