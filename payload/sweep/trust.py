"""How far the figures of many runs can be trusted: the errors of surrogates and samples, stated once for all runs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from payload.analysis.fidelity import DrawnFlights, surrogate_notes, totals_of
from payload.analysis.sampled import sample_notes
from payload.darkroom.fidelity import surrogate_name
from payload.equipment import surrogate_of
from payload.scenario.models import Scenario
from payload.sweep.grid import Grid
from payload.sweep.rows import FLOWN, Row

Figures = Mapping[str, float | int | bool | None]
_IMAGES = "arms.prune.images"


def trust_notes(flights: Iterable[tuple[str, Scenario, Sequence[Figures]]]) -> list[str]:
    """Notes on flights that did not render every tile; flights that did need none.

    Args:
        flights: For each variant its name, its scenario, and the figures of each completed flight.
    """
    drawn: list[DrawnFlights] = []
    sampled: list[Figures] = []
    for name, scenario, flown in flights:
        if scenario.fidelity == "sampled":
            sampled += flown
        taken = [figures for figures in flown if figures.get(_IMAGES)]
        surrogate = surrogate_of(scenario) if taken else None
        if surrogate is not None:
            called = surrogate_name(scenario.surrogate.file)
            totals = [totals_of(figures) for figures in taken]
            drawn.append(DrawnFlights(name, surrogate, called, totals))
    return [*surrogate_notes(drawn), *sample_notes(sampled)]


def grid_notes(flown: Iterable[tuple[Grid, Sequence[Row]]]) -> list[str]:
    """The same notes for grids; cells with the same fidelity and surrogate are taken together.

    Args:
        flown: Grids, and the rows of their runs.
    """
    told: dict[tuple[str, ...], tuple[str, Scenario, list[Figures]]] = {}
    for grid, rows in flown:
        known: dict[int, tuple[str, ...]] = {}
        for run, row in zip(grid.runs, rows, strict=True):
            if row.status != FLOWN:
                continue
            if run.cell not in known:
                known[run.cell] = _group(grid.data_of(run))
            group = known[run.cell]
            if group[0] != "pixels" and group not in told:
                told[group] = (" ".join(filter(None, group)), _scenario(grid, run.cell), [])
            if group in told:
                told[group][2].append(row.metrics)
    return trust_notes(told.values())


def _group(data: Mapping[str, object]) -> tuple[str, ...]:
    fidelity = str(data.get("fidelity", "pixels"))
    if fidelity != "surrogate":
        return (fidelity,)
    surrogate = data.get("surrogate")
    file = surrogate.get("file") if isinstance(surrogate, Mapping) else None
    return fidelity, str(file or "")


def _scenario(grid: Grid, cell: int) -> Scenario:
    folder: Path = grid.template.source.path.parent.resolve()
    run = next(run for run in grid.runs if run.cell == cell)
    return Scenario.model_validate(grid.data_of(run), context={"folder": folder})
