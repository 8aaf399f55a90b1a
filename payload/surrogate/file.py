"""The file that holds a surrogate: read with checks, written whole or not at all."""

import json
from dataclasses import fields
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from payload.errors import ScenarioError
from payload.scenario.form import Form
from payload.scenario.source import ScenarioSource
from payload.surrogate.model import Donors, Surrogate, plain
from payload.text_files import write_text

PACKAGED = Path(str(files("payload"))) / "data" / "surrogates" / "default.json"
"""Fitted to the default masker, codec, world and tile size at 10 m and 12 bits."""

FORMAT = 1


def read_surrogate(path: Path) -> Surrogate:
    """Read a surrogate.

    Raises:
        ScenarioError: The file is missing, is not a surrogate, or is damaged.
    """
    try:
        if not path.is_file():
            raise ScenarioError(f"{path} is not a file")
        text = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    return _checked(path, text)


@lru_cache(maxsize=4)  # the runs of a sweep read the same one, which keeps its cached properties
def _checked(path: Path, text: bytes) -> Surrogate:
    try:
        found = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{path}: is not a surrogate: it is not JSON ({error})") from error
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise ScenarioError(
            f"{path}: is not a surrogate of format {FORMAT}; write one with `payload-sim calibrate`"
        )
    try:
        read = Form(Surrogate).fill(found, ScenarioSource(path))
    except ScenarioError as error:
        raise ScenarioError(
            f"{error}\n{path}: is not a surrogate; write one with `payload-sim calibrate`"
        ) from error
    lengths = {len(getattr(read.donors, item.name)) for item in fields(Donors)}
    if len(lengths) > 1 or not lengths.pop():
        raise ScenarioError(
            f"{path}: is not a surrogate: its columns differ in length or are empty"
        )
    if not read.pixels.all():
        raise ScenarioError(
            f"{path}: is not a surrogate: donor {int(read.pixels.argmin())} has no pixels: its"
            " counts are all 0"
        )
    return read


def write_surrogate(surrogate: Surrogate, path: Path) -> None:
    """Write a surrogate, whole or not at all.

    Raises:
        ScenarioError: It cannot be written there.
    """
    parts = plain(surrogate)
    columns = parts.pop("donors")
    said = {"format": FORMAT, **parts}
    head = json.dumps(said, indent=1, allow_nan=False, ensure_ascii=False)
    rows = ",\n".join(
        f'  "{name}": {json.dumps(column, separators=(",", ":"), allow_nan=False)}'
        for name, column in columns.items()
    )
    write_text(path, f'{head[:-2]},\n "donors": {{\n{rows}\n }}\n}}\n')
