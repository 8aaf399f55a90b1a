"""The whole of it: fly the missions of a folder and write what is found."""

from collections.abc import Callable, Sequence
from pathlib import Path

from payload.validation.page import make_place, write_validation
from payload.validation.verdict import Validation, validate


def validate_missions(
    folder: str | Path, missions: Sequence[str], out: str | Path, *, tell: Callable[[str], None]
) -> Validation:
    """Fly the missions of a folder beside what is published of them, and write what is found.

    Args:
        folder: Scenarios (YAML) with claims under `published`.
        missions: Names of some; all if none.
        out: Folder for `README.md` and `validation.json`.
        tell: Is told which flight begins.

    Raises:
        ScenarioError: A mission is not there, or not what is wanted.
    """
    folder = Path(folder)
    out = Path(out)
    make_place(out)
    found = validate(folder, missions, tell=tell)
    write_validation(found, out)
    return found
