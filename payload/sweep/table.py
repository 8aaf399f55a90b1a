"""The rows of a sweep as one table, with the parameters and figures of each run; Parquet, CSV and JSON."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.provenance import canonical_json
from payload.sweep.rows import Row
from payload.sweep.runner import SweepResult
from payload.tables import write_table

FIRST = ("run", "cell", "design", "seed", "status", "error")
"""Columns before the parameters: the run's key, the cell's number, the design it comes from, …"""
PARQUET, CSV, JSON = "runs.parquet", "runs.csv", "runs.json"


@dataclass(frozen=True)
class RunTable:
    """One line per run, in the order of cells and seeds."""

    result: SweepResult

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Paths of the varied keys."""
        return self.result.grid.spec.parameters

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """Paths of the flown runs' figures, except of arms not asked for and those named like another column."""
        arms = {f"arms.{name}" for name in self.result.grid.spec.arms}
        found = dict.fromkeys(name for row in self.result.rows for name in row.metrics)
        return tuple(
            name
            for name in found
            if name not in {*self.parameters, *FIRST}
            and (not name.startswith("arms.") or name.rpartition(".")[0] in arms)
        )

    def values(self, name: str) -> list[Any]:
        """A column, None where a value is unknown."""
        if name in self.parameters:
            cells = self.result.grid.cells
            return [cells[run.cell].values.get(name) for run in self.result.grid.runs]
        return [row.metrics.get(name) for row in self.result.rows]

    def columns(self) -> dict[str, list[Any]]:
        """All columns in order."""
        grid = self.result.grid
        first: tuple[list[Any], ...] = (
            [run.key for run in grid.runs],
            [run.cell for run in grid.runs],
            [grid.cells[run.cell].design for run in grid.runs],
            [run.seed for run in grid.runs],
            [row.status for row in self.result.rows],
            [row.error for row in self.result.rows],
        )
        named = dict(zip(FIRST, first, strict=True))
        return named | {name: self.values(name) for name in (*self.parameters, *self.metrics)}


def write_tables(table: RunTable, folder: Path) -> Iterable[tuple[str, str]]:
    """Write the Parquet file atomically, and yield the names and texts of the other files."""
    columns = {name: plain_values(values) for name, values in table.columns().items()}
    write_parquet(folder / PARQUET, columns)
    lines = [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]
    told = {
        "sweep": table.result.grid.spec.name,
        "parameters": table.parameters,
        "metrics": table.metrics,
        "runs": lines,
        "failures": [
            {"run": row.key, "error": row.error, "trace": row.trace} for row in table.result.failed
        ],
        "not_finite": _not_finite(table.result.rows),
    }
    yield CSV, csv_text(columns)
    yield JSON, json.dumps(told, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def write_parquet(path: Path, columns: Mapping[str, list[Any]]) -> None:
    """Write columns of plain values as Parquet, atomically; None becomes NULL."""
    types = {name: _kind(values) for name, values in columns.items()}
    beside = path.with_name(f".{path.name}.partial")
    write_table(beside, types, {name: _masked(columns[name], types[name]) for name in types})
    beside.replace(path)


def csv_text(columns: Mapping[str, list[Any]]) -> str:
    """Columns as CSV; None becomes an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _not_finite(rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    return {row.key: row.not_finite for row in rows if row.not_finite}


def plain_values(values: list[Any]) -> list[Any]:
    """Convert lists and mappings to JSON, and all values to text if any of them is text."""
    told = [
        canonical_json(value) if isinstance(value, dict | list | tuple) else value
        for value in values
    ]
    if any(isinstance(value, str) for value in told):
        return [value if value is None or isinstance(value, str) else str(value) for value in told]
    return told


def _kind(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if any(isinstance(value, str) for value in known):
        return "VARCHAR"
    if known and all(isinstance(value, bool) for value in known):
        return "BOOLEAN"
    if known and all(isinstance(value, int) and abs(value) < 2**63 for value in known):
        return "BIGINT"
    return "VARCHAR" if not known else "DOUBLE"


def _masked(values: list[Any], kind: str) -> list[Any] | NDArray[Any]:
    """Mask unknown numbers, so that they become NULL, not NaN: SQL's means skip NULL."""
    if kind != "DOUBLE":
        return values
    filled = np.array([0.0 if value is None else float(value) for value in values])
    return np.ma.MaskedArray(filled, mask=[value is None for value in values])
