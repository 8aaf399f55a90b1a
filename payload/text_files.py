"""Files of text that are there whole or not at all."""

import os
from pathlib import Path

from payload.errors import ScenarioError


def write_text(path: Path, text: str) -> None:
    """Write a file beside and rename it; what a link names is written there, and the link stays.

    Raises:
        ScenarioError: It cannot be written there; what was there stays.
    """
    place = _place(path)
    beside = _beside(place)
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(place)
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """See that a file can be written there, before hours are spent on what it is to hold.

    Raises:
        ScenarioError: There is no such folder, a folder or device of that name, or nothing can be written there.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise ScenarioError(f"{path}: a file in a folder that exists is wanted")
    beside = _beside(_place(path))
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {error.strerror}") from error


def _place(path: Path) -> Path:
    """Where a file stands, or is to stand, that a name or a link means; a device or a folder is refused."""
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    if place.exists() and not place.is_file():
        raise ScenarioError(f"{path}: cannot be written: what stands there is no file")
    return place


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial-{os.getpid()}")
