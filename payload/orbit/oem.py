"""CCSDS Orbit Ephemeris Messages, as KVN or XML: states of one satellite over time, in segments.

Source: CCSDS 502.0-B-3, section 5. Covariances and accelerations are ignored.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.orbit.ccsds import KVN_LINE, leaves, tag, utc_instant, xml_root
from payload.orbit.elements import read_text

Floats = NDArray[np.float64]

MAX_BYTES = 200_000_000
DEFAULT_INTERPOLATION = ("HERMITE", 7)
"""Used if a file names none. Assumption: four states around each time, ample for steps of a minute."""
_FRAMES = re.compile(r"ITRF(?:[- ]?\d{2,4})?|TEME|EME2000")
_METHODS = ("LINEAR", "LAGRANGE", "HERMITE")
_MAX_DEGREE = 25
_STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A stretch of an ephemeris that may be interpolated as one.

    Attributes:
        frame: "ITRF", "TEME" or "EME2000".
        method: "LINEAR", "LAGRANGE" or "HERMITE".
        degree: Of the polynomials; odd for Hermite.
        base_utc: The time from which its times count.
        time_s: [s] Since then, shape (K,), ascending.
        position_km: [km] Shape (K, 3).
        velocity_km_s: [km/s] Shape (K, 3); in ITRF relative to the rotating Earth.
        useable_s: [s] First and last time that may be used.
    """

    frame: str
    method: str
    degree: int
    base_utc: datetime
    time_s: Floats
    position_km: Floats
    velocity_km_s: Floats
    useable_s: tuple[float, float]


def from_oem_file(path: Path) -> tuple[Segment, ...]:
    """The segments of an OEM file, in order.

    Raises:
        OrbitError: It is not an OEM, contains several satellites, or a frame, time system or state is not
            understood.
    """
    source = f"the OEM file {path}"
    text = read_text(path, max_bytes=MAX_BYTES)
    raw = _xml(text, source) if text.lstrip().startswith("<") else _kvn(text, source)
    if not raw:
        raise OrbitError(
            f"{source} contains no segment (META_START … META_STOP and lines of states)"
        )
    objects = {meta.get("OBJECT_ID") or meta.get("OBJECT_NAME", "") for meta, _ in raw}
    if len(objects) > 1:
        raise OrbitError(f"{source} holds {len(objects)} satellites; expected exactly one")
    return tuple(
        _segment(meta, rows, source if len(raw) == 1 else f"{source}, segment {number}")
        for number, (meta, rows) in enumerate(raw, start=1)
    )


Rows = list[tuple[str, Sequence[str]]]  # epochs, each with six numbers, as text


def _kvn(text: str, source: str) -> list[tuple[dict[str, str], Rows]]:
    if not text.lstrip().startswith(("CCSDS_OEM_VERS", "COMMENT")):
        raise OrbitError(f"{source} is not an OEM: it begins with neither CCSDS_OEM_VERS nor XML")
    segments: list[tuple[dict[str, str], Rows]] = []
    block = "head"
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0] == "COMMENT":
            continue
        if words[0] == "META_START":
            segments.append(({}, []))
            block = "meta"
        elif words[0] in {"META_STOP", "COVARIANCE_STOP"}:
            block = "states"
        elif words[0] == "COVARIANCE_START":
            block = "covariance"
        elif block == "meta":
            match = KVN_LINE.fullmatch(line)
            if match is None:
                raise OrbitError(
                    f"{source}: line {number} is {line.strip()[:60]!r}; expected KEY = value"
                )
            segments[-1][0][match[1]] = match[2]
        elif block == "states":
            if len(words) not in {7, 10}:
                raise OrbitError(
                    f"{source}: line {number} has {len(words)} words; expected an instant and six numbers"
                    " (km, km/s), or nine with accelerations"
                )
            segments[-1][1].append((words[0], words[1:7]))
    return segments


def _xml(text: str, source: str) -> list[tuple[dict[str, str], Rows]]:
    root = xml_root(text, source)
    if tag(root) != "oem" and not any(tag(item) == "oem" for item in root.iter()):
        raise OrbitError(f"{source} is not an OEM: its XML has no element <oem>")
    found: list[tuple[dict[str, str], Rows]] = []
    for segment in (item for item in root.iter() if tag(item) == "segment"):
        meta: dict[str, str] = {}
        rows: Rows = []
        for item in segment.iter():
            if tag(item) == "metadata":
                meta = leaves(item)
            elif tag(item) == "stateVector":
                rows.append(_xml_row(item, source))
        found.append((meta, rows))
    return found


def _xml_row(state: ET.Element, source: str) -> tuple[str, list[str]]:
    fields = leaves(state)
    missing = [key for key in ("EPOCH", *_STATE) if key not in fields]
    if missing:
        raise OrbitError(f"{source}: a stateVector lacks {', '.join(missing)}")
    return fields["EPOCH"], [fields[key] for key in _STATE]


def _segment(meta: dict[str, str], rows: Rows, source: str) -> Segment:
    frame = _frame(meta, source)
    method, degree = _interpolation(meta, source)
    points = {"HERMITE": (degree + 1) // 2}.get(method, degree + 1)
    if len(rows) < points:
        raise OrbitError(
            f"{source} holds {len(rows)} states; {method} of degree {degree} needs {points} or more"
        )
    instants = [utc_instant(when, f"{source}: an epoch") for when, _ in rows]
    base = instants[0]
    time_s = np.array([(instant - base).total_seconds() for instant in instants])
    later = np.diff(time_s) > 0.0
    if not later.all():
        at = int(np.argmin(later)) + 1
        raise OrbitError(
            f"{source}: the state at {rows[at][0]} is not later than the one before it"
        )
    try:
        states = np.array([[float(word) for word in words] for _, words in rows])
    except ValueError as error:
        raise OrbitError(f"{source}: a state is not a number: {error}") from error
    if not np.isfinite(states).all():
        raise OrbitError(f"{source}: a state is not finite")
    bounds = [
        (utc_instant(meta[key], f"{source}: {key}") - base).total_seconds() if key in meta else end
        for key, end in (("USEABLE_START_TIME", 0.0), ("USEABLE_STOP_TIME", float(time_s[-1])))
    ]
    useable_s = (max(bounds[0], 0.0), min(bounds[1], float(time_s[-1])))
    return Segment(frame, method, degree, base, time_s, states[:, :3], states[:, 3:], useable_s)


def _frame(meta: dict[str, str], source: str) -> str:
    for key, wanted in (("CENTER_NAME", "EARTH"), ("TIME_SYSTEM", "UTC")):
        found = meta.get(key, "").strip()
        if found.upper() != wanted:
            raise OrbitError(f"{source}: {key} is {found!r}; expected {wanted}")
    found = meta.get("REF_FRAME", "").strip()
    if not _FRAMES.fullmatch(found.upper()):
        raise OrbitError(
            f"{source}: REF_FRAME is {found!r}; expected ITRF (or ITRF with its year), TEME or EME2000"
        )
    return "ITRF" if found.upper().startswith("ITRF") else found.upper()


def _interpolation(meta: dict[str, str], source: str) -> tuple[str, int]:
    method, said = meta.get("INTERPOLATION", "").strip().upper(), meta.get("INTERPOLATION_DEGREE")
    if not method:
        return DEFAULT_INTERPOLATION
    if method not in _METHODS:
        raise OrbitError(
            f"{source}: INTERPOLATION is {method!r}; expected one of {', '.join(_METHODS)}"
        )
    if method == "LINEAR":
        return method, 1
    degree = math.nan if said is None or not said.strip().isdecimal() else int(said)
    if not 1 <= degree <= _MAX_DEGREE:
        raise OrbitError(
            f"{source}: INTERPOLATION_DEGREE is {said!r}; expected a whole number from 1"
            f" to {_MAX_DEGREE}"
        )
    if method == "HERMITE" and degree % 2 == 0:
        raise OrbitError(
            f"{source}: INTERPOLATION_DEGREE is {said}; Hermite's must be odd, as it uses both positions and velocities"
        )
    return method, int(degree)
