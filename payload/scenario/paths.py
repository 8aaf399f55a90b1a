"""Paths in a scenario: relative to its file, existing, local; a digest uses their content instead."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    ValidationInfo,
)
from pydantic.json_schema import WithJsonSchema

from payload.provenance import digest_path

_REMOTE = re.compile(r"^\s*(/vsi|[A-Za-z][A-Za-z0-9+.-]+:)", re.IGNORECASE)


def is_local(text: str) -> bool:
    """Whether a path names a plain local file: no scheme (http:, s3:, …) and no GDAL `/vsi` path."""
    return "\0" not in text and not _REMOTE.match(text) and "/vsi" not in text.lower()


def _check_text(value: object) -> object:
    if isinstance(value, str | Path) and not is_local(str(value)):
        raise ValueError(
            "expected a plain local path; schemes and /vsi paths are refused, as nothing is fetched"
        )
    if isinstance(value, str) and not value.strip():
        raise ValueError("expected a path, found an empty string")
    return value


def _resolve(value: Path, info: ValidationInfo) -> Path:
    folder = (info.context or {}).get("folder")
    path = value if folder is None or value.is_absolute() else Path(folder) / value
    try:
        present = path.exists()
    except OSError as error:
        raise ValueError(f"the path cannot be used: {error.strerror}") from error
    if not present:
        raise ValueError(f"there is no such file or folder: {path}")
    return path


def input_path(value: object, info: ValidationInfo) -> Path:
    """What `InputPath` does to a value, for types that accept something else besides a path.

    Raises:
        ValueError: The value is not the path of an existing, local file or folder.
    """
    _check_text(value)
    if not isinstance(value, str | Path):
        raise ValueError(f"expected a path, found {value!r}")  # noqa: TRY004 - pydantic wants it
    return _resolve(Path(value), info)


def dump_path(value: Path, info: SerializationInfo) -> str:
    """A path as text; for a digest, the content of what it names."""
    if (info.context or {}).get("digest"):
        return f"sha256:{digest_path(value)}"
    return str(value)


InputPath = Annotated[
    Path,
    BeforeValidator(_check_text),
    AfterValidator(_resolve),
    PlainSerializer(dump_path, return_type=str),
]
"""A file or folder that must exist. Relative paths start at the scenario's folder (context `folder`)."""


_PROFILE_FILES = (".json", ".yaml", ".yml")


def _name_or_file(value: object, info: ValidationInfo) -> Path | str:
    if isinstance(value, str) and not value.lower().endswith(_PROFILE_FILES):
        return value
    return input_path(value, info)


def _dump_name_or_file(value: Path | str, info: SerializationInfo) -> str:
    return dump_path(value, info) if isinstance(value, Path) else value


ProfileChoice = Annotated[
    Path | str,
    PlainValidator(_name_or_file),
    PlainSerializer(_dump_name_or_file, return_type=str),
    WithJsonSchema({"type": "string"}),
]
"""A packaged compute profile by name, or a file of your own, recognised by its suffix .json, .yaml or .yml."""
