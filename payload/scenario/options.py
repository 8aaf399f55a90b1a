"""Checks of command-line options that are not part of a scenario."""

from collections.abc import Sequence
from pathlib import Path

from payload.errors import ScenarioError
from payload.scenario.paths import is_local


def refuse_remote(paths: Sequence[Path]) -> None:
    """Raise a ScenarioError if a path is not plain and local, or not UTF-8."""
    for path in paths:
        if not is_local(str(path)):
            raise ScenarioError(
                f"{path}: expected a plain local path; schemes and /vsi paths are refused"
            )
        try:
            str(path).encode()
        except UnicodeEncodeError as error:  # tables and reports handle names only as text
            raise ScenarioError(f"{str(path)!a}: expected a name in UTF-8") from error


def refuse_no_reflectance(scale: float | None, offset: float) -> None:
    """Raise a ScenarioError if a scale or an offset cannot turn values into reflectance."""
    if scale is not None and not 0 < scale <= 1e6:
        raise ScenarioError(f"--scale {scale}: expected a number above 0, at most a million")
    if not -1e6 <= offset <= 1e6:
        raise ScenarioError(f"--offset {offset}: expected a number from minus to plus a million")


def share(value: float | None) -> float | None:
    """A probability threshold, or None; ScenarioError if it is not from 0 to 1."""
    if value is not None and not 0 <= value <= 1:
        raise ScenarioError(f"--probability-threshold {value}: expected a number from 0 to 1")
    return value


def band_numbers(text: str) -> tuple[int, ...]:
    """Four band numbers from a text such as 1,2,3,4; ScenarioError if it is not of that form."""
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdecimal() and int(part) >= 1 for part in parts):
        raise ScenarioError(
            f"--bands {text!r}: expected four band numbers, each at least 1, such as 1,2,3,4"
        )
    return tuple(int(part) for part in parts)
