"""Text files that are written whole or not at all."""

import os
from pathlib import Path

from payload.errors import ScenarioError


def write_text(path: Path, text: str) -> None:
    """Write a temporary file beside the path and rename it; a link is followed and stays a link.

    Raises:
        ScenarioError: It cannot be written; what was there stays.
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
    """Check that a file can be written at a path before hours are spent on its content.

    Raises:
        ScenarioError: There is no such folder, a folder or device has that name, or nothing can be written there.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise ScenarioError(f"{path}: expected a file name in an existing folder")
    beside = _beside(_place(path))
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be written: {error.strerror}") from error


def _place(path: Path) -> Path:
    """The path of the file, present or to be written, that a name or a link refers to; a device or folder is refused."""
    place = Path(os.path.realpath(path)) if path.is_symlink() else path
    if place.exists() and not place.is_file():
        raise ScenarioError(f"{path}: cannot be written: it exists and is not a file")
    return place


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial-{os.getpid()}")
