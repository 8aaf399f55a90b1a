"""Write a search: the page with its history, and the table of its points as JSON, CSV and Parquet."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from payload import __version__
from payload.analysis.intervals import LEVEL, Mean
from payload.report.chart import Chart, Json, Mark, axis, layout, plain
from payload.report.page import self_contained
from payload.report.palette import LIGHT
from payload.sweep.grid import code_digest
from payload.sweep.page import interval
from payload.sweep.search import Found
from payload.sweep.search_words import (
    answer,
    bounds_told,
    signed,
    value_told,
    values_told,
    words,
)
from payload.sweep.table import csv_text, plain_values, write_parquet
from payload.sweep.ties import tied
from payload.sweep.trials import Standing, Trial
from payload.text_files import write_text

PAGE, JSON, CSV, PARQUET = "search.html", "search.json", "trials.csv", "trials.parquet"
MOST_LISTED = 50
_HEIGHT_PX = 400
_COLOURS = {
    Standing.FEASIBLE: LIGHT["accent"],
    Standing.INFEASIBLE: LIGHT["pruned"],
}


def write_search(found: Found) -> Path:
    """Write all files into the search's folder and return the path of the page.

    Raises:
        ScenarioError: A file cannot be written.
    """
    columns = _columns(found)
    write_parquet(found.folder / PARQUET, columns)
    write_text(found.folder / CSV, csv_text(columns))
    text = json.dumps(told(found), indent=1, allow_nan=False, ensure_ascii=False)
    write_text(found.folder / JSON, text + "\n")
    write_text(found.folder / PAGE, render(found))
    return found.folder / PAGE


def told(found: Found) -> dict[str, Any]:
    """Plain data for JSON: what was sought, what was found, all points."""
    best, nearest = found.best, found.nearest
    return {
        "version": __version__,
        "code": code_digest(),
        "command": " ".join(found.terms.command),
        "sweep": found.spec.name,
        "goal": {"metric": found.goal.metric, "maximise": found.goal.is_most},
        "bounds": [bound.said for bound in found.goal.bounds],
        "level": LEVEL,
        "search_seed": found.terms.seed,
        "seeds": list(found.seeds),
        "exhaustive": found.is_exhaustive,
        "flown": found.flown,
        "feasible": len(found.feasible),
        "base": _trial(found.base),
        "best": best and _trial(best),
        "nearest": _trial(nearest) if best is None and nearest is not None else None,
        "fresh_seeds": list(found.fresh_seeds),
        "fresh_base": found.fresh_base and _trial(found.fresh_base),
        "confirmed": found.confirmed and _trial(found.confirmed),
        "trust": list(found.trust),
        "trials": [_trial(trial) for trial in found.trials],
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "values": dict(trial.values),
        "standing": str(trial.standing),
        "error": trial.error,
        "objective": _mean(trial.objective),
        "difference": _mean(trial.gain),
        "bounds": [
            {
                "bound": judged.bound.said,
                "metric": judged.bound.metric,
                **(_mean(judged.mean) or {}),
                "holds": judged.holds,
                "held_in": judged.held,
            }
            for judged in trial.bounds
        ],
    }


def _mean(mean: Mean | None) -> dict[str, float | int | None] | None:
    if mean is None:
        return None
    return {"mean": mean.value, "low": mean.low, "high": mean.high, "seeds": mean.count}


def _columns(found: Found) -> dict[str, list[Any]]:
    """Columns with one line per point; unknown figures are None."""
    trials = found.trials
    named: dict[str, list[Any]] = {
        "trial": [trial.number for trial in trials],
        "standing": [str(trial.standing) for trial in trials],
        "error": [trial.error for trial in trials],
    }
    for key in found.spec.parameters:
        named[key] = [trial.values.get(key) for trial in trials]
    for name, means in (
        ("objective", [trial.objective for trial in trials]),
        ("difference", [trial.gain for trial in trials]),
    ):
        named[name] = [mean and mean.value for mean in means]
        named[f"{name}_low"] = [mean and mean.low for mean in means]
        named[f"{name}_high"] = [mean and mean.high for mean in means]
    for bound in found.goal.bounds:
        named[f"bound {bound.said}"] = [
            next((judged.mean.value for judged in trial.bounds if judged.bound == bound), None)
            for trial in trials
        ]
    return {name: plain_values(values) for name, values in named.items()}


def render(found: Found) -> str:
    """Render the page: one self-contained HTML file."""
    charts = [chart for chart in (_history(found), _slices(found)) if chart is not None]
    parameters = found.spec.parameters
    ranked = [*found.feasible, *(t for t in found.trials if t.standing is not Standing.FEASIBLE)]
    rows = _rows(found, ranked)
    return self_contained(
        "search.html.j2",
        {chart.id: chart for chart in charts},
        version=__version__,
        spec=found.spec,
        answer=answer(found),
        base=Path(found.spec.base).name,
        sought=words(found.goal.metric),
        trials=len(found.trials),
        seeds=len(found.seeds),
        level=f"{LEVEL:.0%}",
        is_exhaustive=found.is_exhaustive,
        parameters=parameters,
        beside=_beside(found),
        bounds=bounds_told(found),
        fresh=len(found.fresh_seeds),
        trust=found.trust,
        columns=(
            "point",
            "standing",
            *parameters,
            words(found.goal.metric),
            "difference from the base",
            *(bound.said for bound in found.goal.bounds),
        ),
        ranked=rows[:MOST_LISTED],
        left_out=max(0, len(rows) - MOST_LISTED),
        failures=[
            (str(trial.number), trial.error or "")
            for trial in found.trials
            if trial.standing is Standing.FAILED
        ][:MOST_LISTED],
    )


def _beside(found: Found) -> list[tuple[str, str, str]]:
    """Mean, and difference from the base, of the base and the best, with the seeds of the search and with fresh ones."""
    rows = []
    for who, trial in (
        ("base", found.base),
        ("best", found.best),
        ("base, fresh seeds", found.fresh_base),
        ("best, fresh seeds", found.confirmed),
    ):
        if trial is not None:
            mean = "unknown" if trial.objective is None else interval(trial.objective)
            gain = "" if trial.gain is None or "base" in who else signed(trial.gain)
            rows.append((who, mean, gain))
    return rows


def _rows(found: Found, ranked: Sequence[Trial]) -> list[tuple[str, ...]]:
    """One line for all points with the same figures, best first, named by the number of its first point."""
    first: dict[_Figures, Trial] = {}
    for trial in ranked:
        first.setdefault(_figures(found, trial), trial)
    lines = tied((_figures(found, trial), _setting(found, trial)) for trial in ranked)
    return [_row(figures, setting, first[figures], count) for figures, setting, count in lines]


def _row(
    figures: "_Figures", setting: tuple[str, ...], first: Trial, count: int
) -> tuple[str, ...]:
    standing, objective, gain, bounds = figures
    return (
        str(first.number) if count == 1 else f"{first.number} and {count - 1:,} more",
        str(standing),
        *setting,
        "unknown" if objective is None else interval(objective),
        "" if gain is None else signed(gain),
        *("unknown" if mean is None else interval(mean) for mean in bounds),
    )


def _setting(found: Found, trial: Trial) -> tuple[str, ...]:
    return tuple(value_told(trial.values.get(key)) for key in found.spec.parameters)


_Figures = tuple[Standing, Mean | None, Mean | None, tuple[Mean | None, ...]]
"""Figures of a point: standing, objective, its difference from the base, bounded figures."""


def _figures(found: Found, trial: Trial) -> _Figures:
    means = {judged.bound: judged.mean for judged in trial.bounds}
    bounds = tuple(means.get(bound) for bound in found.goal.bounds)
    return trial.standing, trial.objective, trial.gain, bounds


def _history(found: Found) -> Chart | None:
    known = [trial for trial in found.trials if trial.objective is not None]
    if not known:
        return None
    title = plain(words(found.goal.metric))
    best: list[tuple[int, float]] = []
    for trial in known:
        if trial.standing is Standing.FEASIBLE and trial.objective and trial.number is not None:
            value = trial.objective.value * found.goal.sign
            if not best or value > best[-1][1]:
                best.append((trial.number, value))
    best += [(len(found.trials) - 1, best[-1][1])] if best else []
    line: Json = {
        "type": "scatter",
        "mode": "lines",
        "x": [number for number, _ in best],
        "y": [value * found.goal.sign for _, value in best],
        "line": {"color": LIGHT["ink"], "width": 1, "dash": "dot", "shape": "hv"},
        "hoverinfo": "skip",
    }
    data = [line, *(_dots(known, standing, None) for standing in _COLOURS)]
    base = found.base.objective
    if base is not None:
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": [0, max(1, len(found.trials) - 1)],
                "y": [base.value, base.value],
                "line": {"color": LIGHT["ink"], "width": 1},
                "hovertemplate": "base: %{y:.4g}<extra></extra>",
            }
        )
    first = found.best or found.nearest
    return Chart(
        id="history",
        title="History",
        caption="Each dot is a point, averaged over the seeds, in the order flown; the dotted line is the best so far "
        "whose bounds hold, the solid line the base.",
        summary=answer(found) if first is None else f"{len(known)} points; {answer(found)}",
        height_px=_HEIGHT_PX,
        key=(
            Mark("dot", "accent", "bounds hold"),
            Mark("dot", "pruned", "bounds do not hold"),
        ),
        plot={
            "data": data,
            "layout": layout(_HEIGHT_PX, xaxis=axis("point"), yaxis=axis(title)),
        },
    )


def _slices(found: Found) -> Chart | None:
    """The objective against each parameter, all points."""
    known = [trial for trial in found.trials if trial.objective is not None]
    if not known:
        return None
    variants: Json = {
        key: {
            "data": [_dots(known, standing, key) for standing in _COLOURS],
            "layout.xaxis": axis(
                plain(key), type="linear" if _is_numeric(known, key) else "category"
            ),
        }
        for key in found.spec.parameters
    }
    first = next(iter(variants.values()))
    assert isinstance(first, dict)
    return Chart(
        id="slices",
        title="Points by parameter",
        caption="All points; the other parameters differ from dot to dot. If the best points lie close together, "
        "the optimum is well determined.",
        summary="; ".join(f"{values_told(trial)}" for trial in found.feasible[:10]),
        height_px=_HEIGHT_PX,
        plot={
            "data": first["data"],
            "layout": layout(
                _HEIGHT_PX,
                xaxis=first["layout.xaxis"],
                yaxis=axis(plain(words(found.goal.metric))),
            ),
        },
        variants=variants,
    )


def _is_numeric(trials: Sequence[Trial], key: str) -> bool:
    return all(
        isinstance(trial.values[key], int | float) and not isinstance(trial.values[key], bool)
        for trial in trials
    )


def _dots(trials: Sequence[Trial], standing: Standing, key: str | None) -> Json:
    mine = [trial for trial in trials if trial.standing is standing]
    if key is None:
        x: list[object] = [trial.number for trial in mine]
    elif _is_numeric(trials, key):
        x = [trial.values[key] for trial in mine]
    else:
        x = [plain(value_told(trial.values[key])) for trial in mine]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": [trial.objective.value for trial in mine if trial.objective],
        "text": [plain(values_told(trial)) for trial in mine],
        "hovertemplate": "%{text}<br>%{y:.4g}<extra></extra>",
        "marker": {"size": 8, "color": _COLOURS[standing]},
    }
