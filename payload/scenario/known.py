"""What is known about a place in a file of plain data: the keys of its section and the numbers allowed there."""

import dataclasses
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, create_model

from payload import registry
from payload.errors import PayloadError
from payload.scenario.choice import Choice
from payload.scenario.source import KeyPath

_NUMBERS = {"number": "a number", "integer": "a whole number"}
_MAY_HOLD_FLAGS = (bool, dict, list)


def known_keys(loc: KeyPath, data: object, root: type) -> list[str]:
    """The keys of the section at a place; none if that is not known.

    Args:
        loc: The section's key path.
        data: The whole data, which say which kinds of plug-ins were chosen.
        root: What the whole should be: a model or a dataclass.
    """
    wanted, here = _at(loc, data, root)
    for kind in _alternatives(wanted):
        if keys := _keys(kind, here):
            return list(keys)
    return []


def number_wanted(loc: KeyPath, data: object, root: type) -> str | None:
    """Which numbers are allowed at a place, with both limits, in words; None if other types are too, or if it is not known."""
    wanted, _ = _at(loc, data, root)
    if wanted is None:
        return None
    alone = create_model("Alone", it=(wanted, ...))
    schema = alone.model_json_schema()["properties"]["it"]
    may = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    return _range(may[0]) if len(may) == 1 and may[0].get("type") in _NUMBERS else None


def flags_for_numbers(data: object, root: type) -> Iterator[tuple[KeyPath, bool, str]]:
    """Booleans given for numbers, which pydantic would take for 1 or 0: the place, the value, and which number is wanted.

    Args:
        data: The whole data.
        root: What the whole should be.
    """
    for loc, flag in _flags(data):
        if wanted := number_wanted(loc, data, root):
            yield loc, flag, wanted


def _flags(here: object, loc: KeyPath = ()) -> Iterator[tuple[KeyPath, bool]]:
    """Each boolean, with its place."""
    if isinstance(here, bool):
        yield loc, here
    elif isinstance(here, dict | list):
        for key, below in here.items() if isinstance(here, dict) else enumerate(here):
            if isinstance(below, _MAY_HOLD_FLAGS):
                yield from _flags(below, (*loc, key))


def _range(schema: Mapping[str, Any]) -> str:
    what = _NUMBERS[schema["type"]]
    least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"{what} from {_told(least)} to {_told(most)}"
    ends = (("of at least", least), ("above", above), ("up to", most), ("below", below))
    told = " and ".join(f"{word} {_told(end)}" for word, end in ends if end is not None)
    return f"{what} {told}" if told else what


def _told(end: float) -> str:
    return f"{end:,}" if isinstance(end, int) else f"{end:,.12g}"


def step(here: object, part: str | int) -> object:
    """What is found one key, or one list index, further down; None if there is nothing."""
    if isinstance(here, dict):
        return here.get(str(part))
    return (
        here[part]
        if isinstance(here, list) and isinstance(part, int) and part < len(here)
        else None
    )


def _at(loc: KeyPath, data: object, root: type) -> tuple[Any, object]:
    """What is wanted at a place, as an annotation, or None if that is not known; and what is found there."""
    wanted, here = root, data
    for part in loc:
        wanted, here = _below(wanted, here, part), step(here, part)
    return wanted, here


def _below(wanted: object, here: object, part: str | int) -> Any:  # noqa: ANN401 - an annotation
    """What is wanted one key, or one list index, further down."""
    for kind in _alternatives(wanted):
        keys = _keys(kind, here)
        if part in keys:
            return keys[str(part)]
        origin, inner = get_origin(kind), get_args(kind)
        if origin is dict:
            return inner[1]
        if origin in (tuple, list) and isinstance(part, int):
            return inner[0] if len(inner) == 1 or ... in inner else dict(enumerate(inner)).get(part)
    return None


def _alternatives(wanted: object) -> Iterator[Any]:
    """The members of a union, without their annotations."""
    origin = get_origin(wanted)
    if origin is Annotated:
        yield from _alternatives(get_args(wanted)[0])
    elif origin in (Union, types.UnionType):
        for part in get_args(wanted):
            yield from _alternatives(part)
    else:
        yield wanted


def _keys(kind: object, here: object) -> dict[str, Any]:
    """What is wanted at each key of a section; empty if `kind` is not a section."""
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, Choice):
        options = _options(kind, here)
        return {"kind": str, **(_keys(options, here) if options else {})}
    if issubclass(kind, BaseModel):
        return {name: Annotated[it.annotation, it] for name, it in kind.model_fields.items()}
    return get_type_hints(kind, include_extras=True) if dataclasses.is_dataclass(kind) else {}


def _options(choice: type[Choice], here: object) -> type[BaseModel] | None:
    """The options of the plug-in that was chosen."""
    kind = here.get("kind", choice.default_kind) if isinstance(here, Mapping) else None
    try:
        return registry.options_model(choice.socket, kind) if isinstance(kind, str) else None
    except PayloadError:
        return None
