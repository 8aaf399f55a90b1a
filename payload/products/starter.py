"""A scenario to start from, for users without a checkout of the repository."""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from payload.errors import ScenarioError
from payload.text_files import write_text

SCENARIO = "mission.yaml"
_PLACES, _SCHEMA = "places.geojson", "schema.json"


def write_starter(folder: Path, schema: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write a small commented scenario, the places that it names, and the schema with which editors complete it.

    Args:
        folder: Created if missing.
        schema: JSON Schema of a scenario.

    Returns:
        The files, the scenario first.

    Raises:
        ScenarioError: A file of that name exists already, or the folder cannot be written.
    """
    packaged = files("payload.data") / "starter"
    texts = {name: (packaged / name).read_text("utf-8") for name in (SCENARIO, _PLACES)}
    texts[_SCHEMA] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    for path in (folder / name for name in texts):
        if path.exists() or path.is_symlink():
            raise ScenarioError(
                f"{path}: already exists and is left unchanged; choose another folder"
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{folder}: cannot be created: {error.strerror}") from error
    for name, text in texts.items():
        write_text(folder / name, text)
    return tuple(folder / name for name in texts)
