"""Turns a results folder into ReportData. A folder is untrusted: its contents are checked here, and nowhere later."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError

from payload.analysis import SCHEMA_VERSION
from payload.errors import ScenarioError
from payload.report.as_flown import read_as_flown
from payload.report.checked import Real
from payload.report.data import (
    OWN_ARM,
    Contact,
    GalleryTile,
    Image,
    Place,
    Provenance,
    ReportData,
    Series,
    Summary,
    TrackPoint,
)
from payload.report.evidence import read_evidence
from payload.report.parameters import parameters
from payload.report.setting import Setting
from payload.tables import Ask, folder_tables
from payload.units import S_PER_DAY

MOST_TRACKS = 8
"""More ground tracks than these would hide each other."""
STEPS = 480
"""Number of steps for sums over time, however many tiles there are."""

T = TypeVar("T")
Rows = list[tuple[object, ...]]

# Text from a folder is always a value in these queries, never part of their SQL.
_CONTACTS = f"""
    select own.satellite, own.station, own.aos_s, own.los_s, own.start_s, own.max_elevation_deg,
        own.capacity_bytes, own.used_bytes, own.left_waiting, raw.used_bytes as raw_used_bytes
    from contacts as own left join contacts as raw
        on raw.arm = 'raw' and raw.satellite = own.satellite and raw.station = own.station
        and raw.aos_s = own.aos_s
    where own.arm = '{OWN_ARM}' order by own.aos_s, own.station, own.satellite"""
_IMAGES = f"""
    select image, target, satellite, lat_deg, lon_deg, time_s, retake,
        case when isfinite(cover) then cover end as cover
    from images where arm = '{OWN_ARM}' order by time_s, image"""
_PLACES = "select target as name, lat_deg, lon_deg from targets order by target"
_TRACK = f"""
    select satellite, time_s, lat_deg, lon_deg from track
    where time_s <= {S_PER_DAY} and satellite in
        (select distinct satellite from track order by satellite limit {MOST_TRACKS})
    order by satellite, time_s"""
_FATES = "select arm, fate, sum(bytes)::bigint from ledger group by arm, fate order by arm, fate"
_TAKEN = f"select coalesce(sum(pixels), 0)::bigint from tiles where arm = '{OWN_ARM}'"
# A tile enters memory when its image is complete. One that finds no room leaves in the same instant; what is left of one
# that is dropped to make room for another leaves later.
_GROWTH = """
    with whole as (
        select arm, subject as image, min(time_s) as time_s from events where kind = 'acquired' group by all),
    steps as (
        select tiles.arm, ceil(coalesce(whole.time_s, tiles.time_s) / {step})::bigint as step, 0 as delivered,
            raw_bytes as waiting, 0 as clear_delivered, clear_px is null as unknown
            from tiles left join whole on whole.arm = tiles.arm and whole.image = tiles.image
        union all
        select arm, ceil(delivered_s / {step})::bigint, encoded_bytes, 0,
            clear_px - coalesce(clear_not_coded_px, 0), false
            from tiles where isfinite(delivered_s)
        union all
        select arm, ceil(time_s / {step})::bigint, 0, -bytes, 0, false from ledger
            where fate <> 'on_board')
    select arm, greatest(0, least(step, {steps}))::bigint as slot, sum(delivered)::bigint,
        sum(waiting)::bigint, coalesce(sum(clear_delivered), 0)::bigint, bool_or(unknown)
    from steps group by all order by arm, slot"""


def read_report_data(folder: Path) -> ReportData:
    """Read a results folder.

    Raises:
        ScenarioError: It is not a results folder, comes from another version, or is damaged; one sentence says how.
    """
    summary, _ = read_summary(folder)
    scenario = _read_json(folder / "scenario.json")
    with ExitStack() as opened:
        try:
            tables = opened.enter_context(folder_tables(folder, are_ours=True))
        except ScenarioError as error:
            raise ScenarioError(
                f"{folder}: its tables are damaged or incomplete: {error}"
            ) from error
        return _told(folder, summary, scenario, _Asker(folder, tables))


def _told(folder: Path, summary: Summary, scenario: object, ask: "_Asker") -> ReportData:
    return ReportData(
        summary=summary,
        setting=_parse(Setting, scenario, folder / "scenario.json"),
        parameters=parameters(scenario),
        provenance=_load(Provenance, folder / "provenance.json"),
        gallery=_load(tuple[GalleryTile, ...], folder / "gallery" / "index.json"),
        folder=folder,
        fates=_fates(ask),
        taken_px=_parse(int, ask(_TAKEN)[1][0][0], folder / "tiles.parquet"),
        series=_series(ask, summary.duration_s),
        contacts=ask.rows(Contact, _CONTACTS),
        images=ask.rows(Image, _IMAGES),
        places=ask.rows(Place, _PLACES) if (folder / "targets.parquet").is_file() else None,
        track=ask.rows(TrackPoint, _TRACK),
        as_flown=read_as_flown(folder),
        evidence=read_evidence(ask, frozenset(path.stem for path in folder.glob("*.parquet"))),
    )


def read_summary(folder: Path) -> tuple[Summary, dict[str, Any]]:
    """A results folder's summary: validated, and as it is in the file.

    Raises:
        ScenarioError: As for `read_report_data`.
    """
    if not (folder / "summary.json").is_file():
        raise ScenarioError(f"{folder}: not a results folder: contains no summary.json")
    told = _read_json(folder / "summary.json")
    version = told.get("schema_version") if isinstance(told, dict) else None
    if version != SCHEMA_VERSION:
        raise ScenarioError(
            f"{folder}: summary.json has schema_version {version!r}, but this program reads "
            f"{SCHEMA_VERSION}; use the version that wrote it, or run the scenario again"
        )
    return _parse(Summary, told, folder / "summary.json"), cast(dict[str, Any], told)


class _Asker:
    """Queries the tables of one folder; anything wrong with them is reported in one sentence."""

    def __init__(self, folder: Path, ask: Ask) -> None:
        self.folder, self.ask = folder, ask

    def __call__(self, sql: str) -> tuple[list[str], Rows]:
        try:
            return self.ask(sql)
        except ScenarioError as error:
            raise ScenarioError(
                f"{self.folder}: its tables are damaged or incomplete: {error}"
            ) from error

    def rows(self, kind: type[T], sql: str) -> tuple[T, ...]:
        """Rows as values of a dataclass whose fields are named after the columns."""
        names, rows = self(sql)
        adapter: TypeAdapter[T] = _adapter(kind)
        try:
            return tuple(
                adapter.validate_python(dict(zip(names, row, strict=True))) for row in rows
            )
        except ValidationError as error:
            _refuse(error, self.folder)

    def number(self, sql: str) -> float:
        """The single number that a query returns."""
        return _parse(Real, self(sql)[1][0][0], self.folder)


def _fates(ask: _Asker) -> dict[str, dict[str, int]]:
    fates: dict[str, dict[str, int]] = {}
    for arm, fate, count in _parse(list[tuple[str, str, int]], ask(_FATES)[1], ask.folder):
        fates.setdefault(arm, {})[fate] = count
    return fates


def _series(ask: _Asker, duration_s: float) -> dict[str, Series]:
    step_s = duration_s / STEPS
    if not step_s > 0:
        raise ScenarioError(
            f"{ask.folder}: damaged: duration_s is {duration_s}; expected more than 0"
        )
    _, rows = ask(_GROWTH.format(step=repr(step_s), steps=STEPS))
    grown: dict[str, np.ndarray[tuple[int, int], np.dtype[np.int64]]] = {}
    unknown: set[str] = set()
    shape = tuple[str, int, int, int, int, bool]
    for arm, slot, *sums, is_unknown in _parse(list[shape], rows, ask.folder):
        grown.setdefault(arm, np.zeros((3, STEPS + 1), np.int64))[:, slot] += sums
        if is_unknown:
            unknown.add(arm)
    return {
        arm: _one_series(step_s, np.cumsum(added, axis=1), known=arm not in unknown)
        for arm, added in grown.items()
    }


def _one_series(
    step_s: float, sums: np.ndarray[tuple[int, int], np.dtype[np.int64]], *, known: bool
) -> Series:
    delivered, waiting, clear_delivered = (tuple(row) for row in sums.tolist())
    return Series(step_s, delivered, waiting, clear_delivered if known else None)


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""Built once per type: that of a summary takes 40 ms. Measured."""


def _load(kind: type[T], path: Path) -> T:
    return _parse(kind, _read_json(path), path)


def _parse(kind: type[T], value: object, where: Path) -> T:
    adapter: TypeAdapter[T] = _adapter(kind)
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        _refuse(error, where)


def _refuse(error: ValidationError, where: Path) -> NoReturn:
    first = error.errors(include_url=False, include_input=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    said = first["msg"][:1].lower() + first["msg"][1:]
    raise ScenarioError(f"{where}: damaged: {key or 'its content'}: {said}") from error


def _read_json(path: Path) -> object:
    try:
        loaded: object = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path}: damaged: not valid JSON ({error})") from error
    return loaded


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not allowed")
