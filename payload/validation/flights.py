"""The whole validation: fly the missions of a folder and write the findings."""

from collections.abc import Callable, Sequence
from pathlib import Path

from payload.validation.page import make_place, write_validation
from payload.validation.verdict import Validation, validate


def validate_missions(
    folder: str | Path, missions: Sequence[str], out: str | Path, *, tell: Callable[[str], None]
) -> Validation:
    """Fly the missions of a folder, compare them with published figures, and write the findings.

    Args:
        folder: Folder of scenarios (YAML) with claims under `published`.
        missions: Names of the missions to fly; all if empty.
        out: Folder for `README.md` and `validation.json`.
        tell: Called at the start of each flight.

    Raises:
        ScenarioError: A mission does not exist or is invalid, or `out` cannot be made.
    """
    folder = Path(folder)
    out = Path(out)
    make_place(out)
    found = validate(folder, missions, tell=tell)
    write_validation(found, out)
    return found
