"""CCSDS Orbit Mean-Elements Messages as JSON, KVN, XML or CSV: one satellite per file.

Source: CCSDS 502.0-B-3, section 4; the JSON and CSV forms are those of CelesTrak and Space-Track.
"""

import csv
import io
import json
import math
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sgp4.api import Satrec

from payload.errors import OrbitError
from payload.orbit.ccsds import KVN_LINE, leaves, tag, utc_instant, xml_root
from payload.orbit.elements import MAX_TURNS_PER_DAY, MIN_TURNS_PER_DAY, MeanElements, read_text

_MUST_BE = {
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME",),
    "TIME_SYSTEM": ("UTC",),
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4"),
    "EPHEMERIS_TYPE": ("0", "2", "SGP", "SGP4"),
}


def from_omm_file(path: Path) -> Satrec:
    """A record from an OMM file of any of the four forms.

    Raises:
        OrbitError: It is not an OMM, does not contain exactly one satellite, or a field is missing or wrong.
    """
    source = f"the OMM file {path}"
    messages = _messages(read_text(path), source)
    if len(messages) != 1:
        raise OrbitError(f"{source} holds {len(messages)} satellites; expected exactly one")
    return mean_elements(messages[0], source).record(source)


def mean_elements(fields: Mapping[str, str], source: str) -> MeanElements:
    """Mean elements from the fields of a message, given as text by keyword."""
    for key, allowed in _MUST_BE.items():
        found = fields.get(key, "").strip()
        if found and found.upper() not in allowed:
            raise OrbitError(f"{source}: {key} is {found!r}; expected {' or '.join(allowed)}")
    return MeanElements(
        epoch_utc=_epoch(fields, source),
        mean_motion_rev_per_day=_number(
            fields, "MEAN_MOTION", source, low=MIN_TURNS_PER_DAY, high=MAX_TURNS_PER_DAY
        ),
        eccentricity=_number(fields, "ECCENTRICITY", source, low=0.0, high=0.9999999),
        inclination_deg=_number(fields, "INCLINATION", source, low=0.0, high=180.0),
        raan_deg=_number(fields, "RA_OF_ASC_NODE", source, low=-360.0, high=360.0),
        argument_of_perigee_deg=_number(
            fields, "ARG_OF_PERICENTER", source, low=-360.0, high=360.0
        ),
        mean_anomaly_deg=_number(fields, "MEAN_ANOMALY", source, low=-360.0, high=360.0),
        bstar=_number({"BSTAR": "0", **fields}, "BSTAR", source, low=-1e3, high=1e3),
    )


def _messages(text: str, source: str) -> list[dict[str, str]]:
    head = text.lstrip()
    if head.startswith(("{", "[")):
        return _json_messages(text, source)
    if head.startswith("<"):
        return _xml_messages(text, source)
    if "EPOCH" in _csv_names(head):
        return _csv_messages(head, source)
    if "=" in head:
        return _kvn_messages(text, source)
    raise OrbitError(
        f"{source} is not an OMM: neither JSON, XML, KVN (KEY = value) nor CSV with an EPOCH column"
    )


def _json_messages(text: str, source: str) -> list[dict[str, str]]:
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OrbitError(f"{source} is not JSON: {error}") from error
    messages = loaded if isinstance(loaded, list) else [loaded]
    if not all(isinstance(message, dict) for message in messages):
        raise OrbitError(f"{source} is not an OMM: expected an object of fields, or a list of one")
    return [
        {key: str(value) for key, value in message.items() if value is not None}
        for message in messages
    ]


def _csv_names(text: str) -> list[str]:
    """The fields of the first line, read as CSV; empty if that is not possible."""
    try:
        return next(csv.reader([text.partition("\n")[0]]), [])
    except csv.Error:
        return []


def _csv_messages(text: str, source: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text))
    try:
        return [{key: value or "" for key, value in row.items() if key} for row in rows]
    except csv.Error as error:
        raise OrbitError(f"{source} is not CSV: {error}") from error


def _xml_messages(text: str, source: str) -> list[dict[str, str]]:
    root = xml_root(text, source)
    return [leaves(segment) for segment in root.iter() if tag(segment) == "segment"]


def _kvn_messages(text: str, source: str) -> list[dict[str, str]]:
    messages: list[dict[str, str]] = []
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.strip().startswith("COMMENT"):
            continue
        match = KVN_LINE.fullmatch(line)
        if match is None:
            raise OrbitError(
                f"{source}: line {number} is {line.strip()[:60]!r}; expected KEY = value"
            )
        key, value = match[1], match[2]
        if key == "EPOCH" and "EPOCH" in fields:
            messages.append(fields)
            fields = {}
        fields[key] = value
    return [*messages, fields]


def _number(fields: Mapping[str, str], key: str, source: str, *, low: float, high: float) -> float:
    text = fields.get(key, "").strip()
    if not text:
        raise OrbitError(f"{source}: {key} is missing")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise OrbitError(f"{source}: {key} is {text!r}; expected a number from {low:g} to {high:g}")
    return value


def _epoch(fields: Mapping[str, str], source: str) -> datetime:
    return utc_instant(fields.get("EPOCH", "").strip(), f"{source}: EPOCH")
