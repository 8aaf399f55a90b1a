"""Rows: one file per run, named by its key and written atomically. A row's text depends on its run alone."""

import json
import math
import os
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payload.errors import ScenarioError
from payload.provenance import canonical_json

FLOWN, FAILED = "flown", "failed"
ROWS = "rows"
_NO_FIGURES = {"schema_version", "seed", "surrogate"}
_DRAWN = ("total_low", "total_high")
"""The only figures of a surrogate that belong to the flight."""
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


@dataclass(frozen=True, slots=True)
class Row:
    """The result of a run.

    Attributes:
        key: Key of the run.
        status: `flown` or `failed`.
        metrics: Figures of the summary by path, including `arms.<name>.…`; None if unknown.
        not_finite: Metrics that were NaN or infinite and are stored as None.
        notes: Notes of the summary.
        error: Last line of the traceback.
        trace: The whole traceback.
    """

    key: str
    digest: str
    seed: int
    status: str
    metrics: Mapping[str, float | int | bool | None]
    not_finite: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str | None = None
    trace: str | None = None

    @property
    def text(self) -> str:
        """Content of the row's file: canonical JSON."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return canonical_json(told) + "\n"


def flown_row(key: str, summary: Mapping[str, Any]) -> Row:
    """The row of a completed flight."""
    found = dict(_figures(summary, "")) | _doubts(summary)
    wild = tuple(name for name, value in found.items() if not _is_plain(value))
    metrics = {name: None if name in wild else value for name, value in found.items()}
    identity = (key, summary["digest"], summary["seed"], FLOWN)
    return Row(*identity, metrics, wild, tuple(summary["notes"]))


def failed_row(key: str, digest: str, seed: int, error: Exception, spool: Path) -> Row:
    """The row of a flight that raised: what, and where. Memory addresses and temporary folders are masked."""
    trace = "".join(traceback.format_exception(error))
    trace = _ADDRESS.sub("0x…", trace.replace(str(spool), "<spool>"))
    return Row(key, digest, seed, FAILED, {}, error=trace.strip().splitlines()[-1], trace=trace)


def died_row(key: str, digest: str, seed: int) -> Row:
    """The row of a flight that killed its process every time."""
    said = (
        "the process that flew this run died each time: killed, out of memory, or a crash in "
        "compiled code"
    )
    return Row(key, digest, seed, FAILED, {}, error=said)


def row_path(folder: Path, key: str) -> Path:
    """Path of the row with a key in a sweep's folder."""
    return folder / ROWS / f"{key}.json"


def write_row(folder: Path, key: str, text: str) -> None:
    """Write a row's file atomically."""
    path = row_path(folder, key)
    beside = path.with_name(f".{key}.partial-{os.getpid()}")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # after a power cut, the name must not exist without its content
    beside.replace(path)


def read_row(folder: Path, key: str) -> Row | None:
    """The row with a key; None if there is none.

    Raises:
        ScenarioError: The file is not a row, or holds that of another run.
    """
    path = row_path(folder, key)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        told["not_finite"], told["notes"] = tuple(told["not_finite"]), tuple(told["notes"])
        row = Row(**told)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ScenarioError(f"{path}: not a row of a sweep ({error}); remove the file") from error
    if row.key != key:
        raise ScenarioError(f"{path}: contains the row of another run; remove the file")
    return row


def standing_row(folder: Path, key: str) -> Row:
    """The row with a key whose run was flown.

    Raises:
        ScenarioError: The row is gone, or the file is not a row.
    """
    row = read_row(folder, key)
    if row is None:
        raise ScenarioError(
            f"{row_path(folder, key)}: disappeared during the sweep; is another process removing rows?"
        )
    return row


def forget_failed(folder: Path, keys: Iterable[str]) -> None:
    """Remove the rows of failed runs among those with given keys, so that the runs are flown again.

    Raises:
        ScenarioError: A row's file is not a row.
    """
    for key in keys:
        row = read_row(folder, key)
        if row is not None and row.status == FAILED:
            row_path(folder, key).unlink()


def _figures(value: object, path: str) -> Iterator[tuple[str, float | int | bool | None]]:
    """Numbers, booleans and Nones of a summary by path; items of lists go by their names, if they have any."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if path or (name not in _NO_FIGURES and (name, inner) != ("sampled", None)):
                yield from _figures(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for inner in value:
            if isinstance(inner, Mapping) and "name" in inner:
                yield from _figures(inner, f"{path}.{inner['name']}")
    elif value is None or isinstance(value, bool | int | float):
        yield path, value


def _doubts(summary: Mapping[str, Any]) -> dict[str, float | int | bool | None]:
    """Error bounds of a surrogate flight, by path."""
    surrogate = summary.get("surrogate") or {"held_out": {}}
    return {
        f"surrogate.held_out.{name}.{end}": error[end]
        for name, error in surrogate["held_out"].items()
        if isinstance(error, Mapping)
        for end in _DRAWN
    }


def _is_plain(value: float | bool | None) -> bool:
    return value is None or math.isfinite(value)
