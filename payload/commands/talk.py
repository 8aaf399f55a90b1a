"""How commands talk: stdout is the answer, stderr the talk."""

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def say(text: str) -> None:
    """Tell the person something that is not the answer."""
    print(text, file=sys.stderr)  # noqa: T201 - talking is what this module is for


def answer(text: str) -> None:
    """Print a line of the answer."""
    print(text)  # noqa: T201


def answer_json(value: object) -> None:
    """Print the answer as JSON."""
    answer(json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False))


def as_dict(value: "DataclassInstance") -> dict[str, Any]:
    """A dataclass as plain data; paths become text."""
    import dataclasses

    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(value), default=str))
    return plain
