"""Passes purchased from a ground network: read from CSV or JSON, and checked against the orbit.

A row names satellite, station, start and end; `aos_utc` and `los_utc`, as `payload-sim passes` prints them,
are understood as start and end. Other columns are ignored.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from payload.errors import OrbitError
from payload.geometry.look import look_angles
from payload.geometry.track import Track
from payload.orbit.elements import read_text
from payload.types import ContactWindow, Ephemeris, GroundStation

_SAMPLE_S = 1.0  # between samples of elevation, which changes by less than 0.01 deg around the top of a pass
HORIZON_SLACK_DEG = 0.01
"""[deg] How far below the horizon a pass may reach: in low orbits satellites rise by up to 0.07 deg/s, so edges may be
written to a tenth of a second; those of `payload-sim passes` are written to the millisecond."""
_MAX_BYTES = 20_000_000
_KEYS = {
    "satellite": ("satellite",),
    "station": ("station",),
    "start": ("start_utc", "start", "aos_utc"),
    "end": ("end_utc", "end", "los_utc"),
}


@dataclass(frozen=True, slots=True)
class PurchasedPass:
    """One row: satellite, station, start and end; `where` names the row for messages."""

    satellite: str
    station: str
    start_utc: datetime
    end_utc: datetime
    where: str


def read_passes(path: Path) -> tuple[PurchasedPass, ...]:
    """The rows of a CSV file with a header, or of a JSON list of objects.

    Raises:
        OrbitError: It is neither, or a row is wrong; the message says which and how.
    """
    text = read_text(path, max_bytes=_MAX_BYTES)
    loaded = _json_rows(text, path) if text.lstrip()[:1] in {"[", "{"} else _csv_rows(text, path)
    return tuple(
        _row(fields, f"{path}, pass {number}") for number, fields in enumerate(loaded, start=1)
    )


def purchased_contacts(
    passes: Sequence[PurchasedPass],
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[GroundStation],
    epoch_utc: datetime,
    *,
    unsure: frozenset[str] = frozenset(),
) -> tuple[list[ContactWindow], list[str]]:
    """The contact windows of purchased passes inside the span, and notes on what was left out or cut.

    Args:
        passes: As purchased.
        ephemerides: By satellite.
        stations: All that may listen.
        epoch_utc: The epoch of the ephemerides.
        unsure: Satellites whose ephemeris is too inaccurate to contradict a pass: that is noted, not refused.

    Raises:
        OrbitError: A satellite or a station is unknown, the satellite is below the horizon during a pass, or a
            station has fewer antennas than simultaneous passes.
    """
    places = {station.name: station for station in stations}
    tracks: dict[str, Track] = {}
    found: list[ContactWindow] = []
    kept: list[PurchasedPass] = []
    notes: list[str] = []
    for item in passes:
        for what, name, known in (
            ("satellite", item.satellite, ephemerides),
            ("station", item.station, places),
        ):
            if name not in known:
                raise OrbitError(
                    f"{item.where}: no {what} is called {name!r}; known: {', '.join(sorted(known))}"
                )
        ephemeris = ephemerides[item.satellite]
        first_s, last_s = float(ephemeris.time_s[0]), float(ephemeris.time_s[-1])
        start_s, end_s = (
            (instant - epoch_utc).total_seconds() for instant in (item.start_utc, item.end_utc)
        )
        if end_s <= first_s or start_s >= last_s:
            notes.append(f"{item.where} is outside the flight and is left out")
            continue
        if start_s < first_s or end_s > last_s:
            notes.append(f"{item.where} extends beyond the flight and is cut there")
        start_s, end_s = max(start_s, first_s), min(end_s, last_s)
        track = tracks.setdefault(item.satellite, Track(ephemeris))
        lowest_deg, highest_deg = _elevations_deg(track, places[item.station], start_s, end_s)
        if lowest_deg < -HORIZON_SLACK_DEG:
            below = (
                f"{item.where}: {item.satellite!r} is as far as {-lowest_deg:.2f} deg below the horizon"
                f" of {item.station!r} during the pass"
            )
            if item.satellite not in unsure:
                raise OrbitError(f"{below}; check its times, its names and the orbit")
            notes.append(f"{below}; its elements are too old to be sure, so it is flown")
        found.append(ContactWindow(item.satellite, item.station, start_s, end_s, highest_deg))
        kept.append(item)
    _refuse_crowds(found, kept, places)
    return sorted(found, key=lambda window: (window.aos_s, window.station)), notes


def _elevations_deg(
    track: Track, station: GroundStation, start_s: float, end_s: float
) -> tuple[float, float]:
    count = max(2, int((end_s - start_s) / _SAMPLE_S) + 2)
    position_km, _ = track.states(np.linspace(start_s, end_s, count))
    elevation_deg = look_angles(position_km, station).elevation_deg
    return float(elevation_deg.min()), float(elevation_deg.max())


def _refuse_crowds(
    windows: Sequence[ContactWindow],
    passes: Sequence[PurchasedPass],
    places: Mapping[str, GroundStation],
) -> None:
    for name, station in places.items():
        own = sorted(
            ((w, p) for w, p in zip(windows, passes, strict=True) if w.station == name),
            key=lambda pair: pair[0].aos_s,
        )
        open_: list[ContactWindow] = []
        for window, item in own:
            open_ = [other for other in open_ if other.los_s > window.aos_s]
            open_.append(window)
            if len(open_) > station.antennas:
                raise OrbitError(
                    f"{item.where}: {len(open_)} passes at a time over {name!r}, which has"
                    f" {station.antennas}: antennas is too small, or a pass is listed twice"
                )


def _csv_rows(text: str, path: Path) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text.lstrip()))
    try:
        head = [name.strip() for name in rows.fieldnames or []]
        found = [{(key or "").strip(): value or "" for key, value in row.items()} for row in rows]
    except csv.Error as error:
        raise OrbitError(f"{path} is not CSV: {error}") from error
    if not all(any(name in head for name in names) for names in _KEYS.values()):
        raise OrbitError(
            f"{path} is not a list of passes: expected JSON, or CSV with the columns satellite, station,"
            f" start_utc and end_utc; found {', '.join(head)[:80] or 'nothing'}"
        )
    return found


def _json_rows(text: str, path: Path) -> list[dict[str, str]]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OrbitError(f"{path} is not JSON: {error}") from error
    if not isinstance(loaded, list) or not all(isinstance(item, dict) for item in loaded):
        raise OrbitError(f"{path} is not a list of passes: expected a list of objects")
    return [{str(key): str(value) for key, value in item.items()} for item in loaded]


def _row(fields: Mapping[str, str], where: str) -> PurchasedPass:
    words: dict[str, str] = {}
    for key, names in _KEYS.items():
        words[key] = next((fields[name].strip() for name in names if fields.get(name)), "")
        if not words[key]:
            raise OrbitError(f"{where}: {' or '.join(names)} is missing")
    start, end = (_instant(words[key], f"{where}: {key}") for key in ("start", "end"))
    if end <= start:
        raise OrbitError(f"{where} ends at {words['end']}, not after its start at {words['start']}")
    return PurchasedPass(words["satellite"], words["station"], start, end, where)


def _instant(text: str, where: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise OrbitError(
            f"{where} is {text!r}; expected UTC such as 2026-03-20T00:00:00Z"
        ) from error
    if found.utcoffset() != timedelta(0):
        raise OrbitError(f"{where} is {text!r}; expected UTC, with a Z at its end")
    return found.astimezone(UTC)
