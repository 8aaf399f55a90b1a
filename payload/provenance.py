"""Digests: names for content. Equal content has equal digests on every machine."""

import hashlib
import json
import sys
from pathlib import Path


def digest_bytes(data: bytes) -> str:
    """SHA-256 of bytes, as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()


def digest_file(path: Path) -> str:
    """SHA-256 of a file's content, read in chunks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest_path(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder, sorted by name."""
    if path.is_file():
        return digest_file(path)
    files = sorted(item for item in path.rglob("*") if item.is_file())
    return digest_json([[item.relative_to(path).as_posix(), digest_file(item)] for item in files])


def canonical_json(value: object) -> str:
    """JSON with sorted keys and no spaces; NaN is refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_json(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return digest_bytes(canonical_json(value).encode())


def code_of(plug_in: type) -> str | None:
    """SHA-256 of the code of a third-party plug-in, over the whole package its class is from; None for ours."""
    name, _, inside = plug_in.__module__.partition(".")
    if name == "payload":
        return None
    package = sys.modules.get(name)
    if package is None:
        return digest_json([plug_in.__module__, []])
    places = [Path(each) for each in getattr(package, "__path__", ())]
    file = getattr(package, "__file__", None)
    if not places and file is not None:
        places = [Path(file)]
    return digest_json([name, inside, [_code_in(place) for place in places]])


def _code_in(place: Path) -> list[list[str]]:
    """Names and digests of the Python files of a package or of a single-file module."""
    if place.is_file():
        return [[place.name, digest_file(place)]]
    files = sorted(item for item in place.rglob("*.py") if item.is_file())
    return [[item.relative_to(place).as_posix(), digest_file(item)] for item in files]
