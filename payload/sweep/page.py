"""The page of a sweep, one HTML file: any metric against any parameter, the Pareto front, the failures."""

import math
from pathlib import Path

from payload import __version__
from payload.analysis.compare import ROWS
from payload.analysis.intervals import LEVEL, Mean
from payload.report.chart import ARM_WORDS, Chart, Json, Mark, axis, layout, plain
from payload.report.page import self_contained
from payload.report.palette import LIGHT
from payload.sweep.response import Choice, Level, Responses
from payload.sweep.ties import VARIOUS, tied
from payload.sweep.trust import grid_notes
from payload.text_files import write_text

PAGE = "sweep.html"
MOST_FAILURES, MOST_FRONT = 50, 60
MOST_VARIANTS = 1_000
"""Pairs of metric and parameter that a page holds: some 5 MB if each has fifty values."""
_HEIGHT_PX = 440
_LABELS = {key: f"{label}, {unit}" if unit else label for key, label, unit in ROWS}
_FIRST = ("pixels.clear_delivered", "bytes.delivered")


def render(responses: Responses) -> str:
    """Render the page as text."""
    result = responses.table.result
    spec = result.grid.spec
    metrics = _metrics(responses)
    charts = [
        chart for chart in (_response(responses, metrics), _front(responses)) if chart is not None
    ]
    lines = _front_rows(responses, [each for each in responses.choices if each.is_on_front])
    return self_contained(
        "sweep.html.j2",
        {chart.id: chart for chart in charts},
        version=__version__,
        spec=spec,
        runs=len(result.grid.runs),
        cells=len(result.grid.cells),
        seeds=len(result.grid.runs) // len(result.grid.cells),
        base=Path(spec.base).name,
        changed=[(key, str(value)) for key, value in spec.set.items()],
        metrics=[(name, _words(name)) for name in metrics],
        parameters=responses.table.parameters,
        front=lines[:MOST_FRONT],
        various=VARIOUS if any(VARIOUS in line for line in lines) else None,
        front_columns=(
            *("arm", *responses.table.parameters),
            *("settings", "delivered, MB", "clear, Mpx"),
        ),
        failures=[(row.key[:12], row.error) for row in result.failed[:MOST_FAILURES]],
        failed=len(result.failed),
        not_finite=sum(bool(row.not_finite) for row in result.rows),
        trust=grid_notes([(result.grid, result.rows)]),
        notes=sorted({note for row in result.rows for note in row.notes}),
    )


def write_page(responses: Responses, folder: Path) -> Path:
    """Write the page and return its path."""
    path = folder / PAGE
    write_text(path, render(responses))
    return path


def _metrics(responses: Responses) -> list[str]:
    """Metrics that vary, the two most important first; only as many as keep the page small."""
    found = [
        name
        for name in responses.table.metrics
        if len({v for v in responses.table.values(name) if v is not None}) > 1
    ] or [name for name in _FIRST if name in responses.table.metrics]
    ordered = [name for name in _FIRST if name in found]
    ordered += [name for name in _LABELS if name in found and name not in ordered]
    ordered += [name for name in found if name not in ordered]
    return ordered[: MOST_VARIANTS // max(1, len(responses.table.parameters))]


def _words(metric: str) -> str:
    if metric in _LABELS:
        return _LABELS[metric]
    if metric.startswith("arms."):
        _, arm, name = metric.split(".", 2)
        return f"{ARM_WORDS[arm]}: {name.replace('_', ' ')}"
    return metric.replace("_", " ").replace(".", ", ")


def _response(responses: Responses, metrics: list[str]) -> Chart | None:
    parameters = responses.table.parameters
    variants: Json = {}
    spoken = ""
    for metric in metrics:
        for parameter in parameters:
            levels = responses.response(metric, parameter)
            if levels:
                spoken = spoken or _spoken(metric, parameter, levels)
                less = responses.differences(metric, parameter)
                words = plain(_words(metric))
                against = f"minus that at {plain(str(less[0].value))}"
                if len(less) == 1 < len(levels):
                    against = f"no two cells differ in {plain(parameter)} alone"
                for shown, told, title in (
                    ("value", levels, words),
                    ("difference", less, f"{words}: {against}"),
                ):
                    variants[f"{metric}|{parameter}|{shown}"] = {
                        "data": [_trace(told)],
                        "layout.xaxis": _x_axis(parameter, told),
                        "layout.yaxis.title.text": title,
                    }
    if not variants:
        return None
    first = next(iter(variants.values()))
    assert isinstance(first, dict)
    return Chart(
        id="response",
        title="Response",
        caption=f"Dots are means; bars are intervals of {LEVEL:.0%} over seeds, each taken by itself. All other varied "
        "parameters are first averaged out in each seed, over the cells that have the figure in every seed. Differences "
        "are taken seed by seed, under the same sky, between cells that are otherwise alike.",
        summary=spoken,
        height_px=_HEIGHT_PX,
        plot={
            "data": first["data"],
            "layout": layout(
                _HEIGHT_PX,
                xaxis=first["layout.xaxis"],
                yaxis=axis(str(first["layout.yaxis.title.text"])),
            ),
        },
        variants=variants,
    )


def _trace(levels: list[Level]) -> Json:
    numeric = _is_numeric(levels)
    few = len(levels) <= 12
    return {
        "type": "scatter",
        "mode": "lines+markers" if numeric and few else "markers",
        "x": [level.value if numeric else plain(str(level.value)) for level in levels],
        "y": [level.mean.value for level in levels],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [reach(level.mean.value, level.mean.high) for level in levels],
            "arrayminus": [reach(level.mean.value, level.mean.low) for level in levels],
            "color": LIGHT["accent"],
            "thickness": 1.5,
            "width": 4,
        },
        "text": [interval(level.mean) for level in levels],
        "hovertemplate": "%{x}: %{text}<extra></extra>",
        "line": {"color": LIGHT["accent"], "width": 1},
        "marker": {"color": LIGHT["accent"], "size": 8},
    }


def reach(value: float, end: float | None) -> float:
    """Distance of an interval's end from its mean; 0 if there is no interval."""
    return 0.0 if end is None else abs(end - value)


def _x_axis(parameter: str, levels: list[Level]) -> Json:
    if not _is_numeric(levels):
        return axis(plain(parameter), type="category")
    return axis(plain(parameter), type="linear")


def _is_numeric(levels: list[Level]) -> bool:
    return all(
        isinstance(level.value, int | float) and not isinstance(level.value, bool)
        for level in levels
    )


def _front(responses: Responses) -> Chart | None:
    choices = responses.choices
    if not choices:
        return None
    front = _by_bytes([choice for choice in choices if choice.is_on_front])
    traces: list[Json] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [choice.bytes.value / 1e6 for choice in front],
            "y": [choice.clear_px.value / 1e6 for choice in front],
            "line": {"color": LIGHT["ink"], "width": 1, "dash": "dot", "shape": "hv"},
            "hoverinfo": "skip",
        }
    ]
    arms = responses.table.result.grid.spec.arms
    for arm in arms:
        mine = [choice for choice in choices if choice.arm == arm]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [choice.bytes.value / 1e6 for choice in mine],
                "y": [choice.clear_px.value / 1e6 for choice in mine],
                "text": [plain(_cell_words(responses, choice)) for choice in mine],
                "hovertemplate": "%{text}<br>%{x:.4g} MB, %{y:.4g} Mpx<extra></extra>",
                "marker": {
                    "color": LIGHT[arm],
                    "size": [11 if choice.is_on_front else 7 for choice in mine],
                },
            }
        )
    best = front[-1] if front else choices[0]
    return Chart(
        id="front",
        title="Bytes against clear pixels",
        caption="Each dot is an arm in a cell, averaged over seeds. Left is cheaper, up is better; the dotted line joins "
        "the Pareto front of arms that can really fly.",
        summary=f"{len(front)} of {len(choices)} are on the Pareto front; the most clear pixels: "
        f"{best.clear_px.value / 1e6:.4g} Mpx in {best.bytes.value / 1e6:.4g} MB, {_cell_words(responses, best)}",
        height_px=_HEIGHT_PX,
        key=tuple(Mark("dot", arm, ARM_WORDS[arm]) for arm in arms),
        plot={
            "data": traces,
            "layout": layout(
                _HEIGHT_PX,
                xaxis=axis("delivered, MB"),
                yaxis=axis("clear pixels delivered, Mpx"),
            ),
        },
    )


def _by_bytes(choices: list[Choice]) -> list[Choice]:
    return sorted(choices, key=lambda choice: (choice.bytes.value, choice.clear_px.value))


def _front_rows(responses: Responses, front: list[Choice]) -> list[tuple[str, ...]]:
    """One line for all choices with the same figures, fewest bytes first."""
    lines = tied(
        ((choice.bytes, choice.clear_px), _setting(responses, choice))
        for choice in _by_bytes(front)
    )
    return [
        (*setting, f"{count:,}", interval(sent, 1e6), interval(clear_px, 1e6))
        for (sent, clear_px), setting, count in lines
    ]


def _setting(responses: Responses, choice: Choice) -> tuple[str, ...]:
    values = responses.table.result.grid.cells[choice.cell].values
    told = (str(values.get(name, "base")) for name in responses.table.parameters)
    return (ARM_WORDS[choice.arm], *told)


def _cell_words(responses: Responses, choice: Choice) -> str:
    values = responses.table.result.grid.cells[choice.cell].values
    told = ", ".join(f"{name} {value}" for name, value in values.items()) or "base"
    return f"{ARM_WORDS[choice.arm]}: {told}"


def interval(mean: Mean, unit: float = 1.0, *, sign: str = "") -> str:
    """Format a mean and its interval in multiples of a unit; with `sign` "+", all numbers are signed."""
    told = figure(mean.value / unit, 4, sign)
    if mean.low is None or mean.high is None:
        return told
    low, high = (figure(end / unit, 3, sign) for end in (mean.low, mean.high))
    return f"{told} ({low} to {high})"


_PREFIXES = tuple(
    (factor, f"\N{NO-BREAK SPACE}{name}")
    for factor, name in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"))
)
_SMALL = 1e-4


def figure(value: float, digits: int, sign: str = "") -> str:
    """Format a number with some significant digits; from a million on with an SI prefix, as on the axes."""
    if not value:
        return "0"
    factor, prefix = next((each for each in _PREFIXES if abs(value) >= each[0]), (1.0, ""))
    rounded = float(f"{value / factor:.{digits - 1}e}")
    if abs(rounded) < _SMALL:
        return f"{rounded:{sign}.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:{sign},.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if decimals else text) + prefix


def _spoken(metric: str, parameter: str, levels: list[Level]) -> str:
    told = "; ".join(f"{level.value}: {interval(level.mean)}" for level in levels[:20])
    return f"{_words(metric)} against {parameter}: {told}"
