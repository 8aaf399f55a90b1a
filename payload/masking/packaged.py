"""The networks that come with the package, by name, in float32 and int8; `fast` trades detail for speed."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import PlainSerializer, PlainValidator, SerializationInfo, ValidationInfo
from pydantic.json_schema import WithJsonSchema

from payload.errors import MaskerError
from payload.provenance import digest_file
from payload.scenario.paths import dump_path, input_path

Precision = Literal["fp32", "int8"]

NAMES = ("fast", "default")
RECOMMENDED_NAME = "default"
RECOMMENDED_PRECISION: Precision = "fp32"

FOLDER = Path(str(files("payload"))) / "data" / "models"
_SUFFIXES: dict[Precision, str] = {"fp32": ".onnx", "int8": "_int8.onnx"}


def packaged(name: str, precision: Precision = RECOMMENDED_PRECISION) -> Path:
    """The file of a packaged network.

    Raises:
        MaskerError: There is no network of this name and precision.
    """
    path = _path(name, precision)
    if name not in NAMES or not path.exists():
        known = ", ".join(f"{one} ({kind})" for one, kind in available())
        raise MaskerError(
            f"{name!r} in {precision} is neither a file nor a packaged network; packaged: {known}"
        )
    return path


def available() -> list[tuple[str, Precision]]:
    """Name and precision of each packaged network whose file exists."""
    return [
        (name, precision)
        for name in NAMES
        for precision in _SUFFIXES
        if _path(name, precision).exists()
    ]


@cache
def packaged_cards() -> frozenset[str]:
    """Digests of the cards of all packaged networks."""
    return frozenset(
        digest_file(_path(name, precision).with_suffix(".json")) for name, precision in available()
    )


def _path(name: str, precision: Precision) -> Path:
    return FOLDER / f"{name}{_SUFFIXES[precision]}"


def _name_or_path(value: object, info: ValidationInfo) -> Path | str:
    if isinstance(value, str) and value in NAMES:
        return value
    try:
        return input_path(value, info)
    except ValueError as error:
        raise ValueError(f"{error}; packaged networks: {', '.join(NAMES)}") from error


def _dump(value: Path | str, info: SerializationInfo) -> str:
    return dump_path(value, info) if isinstance(value, Path) else value


ModelChoice = Annotated[
    Path | str,
    PlainValidator(_name_or_path),
    PlainSerializer(_dump, return_type=str),
    WithJsonSchema({"anyOf": [{"enum": list(NAMES)}, {"type": "string", "format": "path"}]}),
]
"""A packaged network by name, or a file; a file that happens to have such a name is written `./fast`."""
