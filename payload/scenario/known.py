"""What is known of a place in a scenario file: the keys of its section, and which numbers a key may have."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, create_model

from payload import registry
from payload.errors import PayloadError
from payload.scenario.choice import Choice
from payload.scenario.source import KeyPath

_NUMBERS = {"number": "a number", "integer": "a whole number"}


def known_keys(loc: KeyPath, data: object, root: type[BaseModel]) -> list[str]:
    """The keys of the section at a place; none where that is not known.

    Args:
        loc: Of the section.
        data: What was given, which says what kinds of plug-ins there are.
        root: The model of the whole.
    """
    model = _model_at(loc, root)
    if model is None:
        return []
    if not issubclass(model, Choice):
        return list(model.model_fields)
    options = _options(model, loc, data)
    return ["kind", *(options.model_fields if options else ())]


def number_wanted(loc: KeyPath, data: object, root: type[BaseModel]) -> str | None:
    """Which numbers the key at a place may have, with both ends in words; None where it takes others, too, or is not known."""
    *above, key = loc or ("",)
    model = _model_at(tuple(above), root)
    if model is not None and issubclass(model, Choice):
        model = _options(model, tuple(above), data)
    field = None if model is None else model.model_fields.get(str(key))
    if field is None or field.annotation in (None, bool):
        return None
    alone: type[BaseModel] = create_model("Alone", it=(field.annotation, field))
    schema = alone.model_json_schema()["properties"]["it"]
    numbers = [part for part in (schema, *schema.get("anyOf", ())) if part.get("type") in _NUMBERS]
    return _range(numbers[0]) if len(numbers) == 1 else None


def flags_for_numbers(data: object, root: type[BaseModel]) -> Iterator[tuple[KeyPath, bool, str]]:
    """Where yes or no was given and a number is wanted: the place, what was given, and which number. Pydantic takes it for 1 or 0.

    Args:
        data: What was given.
        root: The model of the whole.
    """
    for loc, value in _leaves(data):
        if isinstance(value, bool) and (wanted := number_wanted(loc, data, root)):
            yield loc, value, wanted


def _leaves(here: object, loc: KeyPath = ()) -> Iterator[tuple[KeyPath, object]]:
    """All values that are neither a mapping nor a list, with their places."""
    if isinstance(here, dict | list):
        for key, below in here.items() if isinstance(here, dict) else enumerate(here):
            yield from _leaves(below, (*loc, key))
    else:
        yield loc, here


def _range(schema: Mapping[str, Any]) -> str:
    what = _NUMBERS[schema["type"]]
    least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    if least is not None and most is not None:
        return f"{what} from {_told(least)} to {_told(most)}"
    ends = (("of at least", least), ("above", above), ("of at most", most), ("below", below))
    told = " and ".join(f"{word} {_told(end)}" for word, end in ends if end is not None)
    return f"{what} {told}" if told else what


def _told(end: float) -> str:
    return f"{end:,}" if isinstance(end, int) else f"{end:,.12g}"


def step(here: object, part: str | int) -> object:
    """What stands one key, or one place in a list, further down; None where there is nothing."""
    if isinstance(here, dict):
        return here.get(str(part))
    return (
        here[part]
        if isinstance(here, list) and isinstance(part, int) and part < len(here)
        else None
    )


def _model_at(loc: KeyPath, root: type[BaseModel]) -> type[BaseModel] | None:
    model = root
    for part in loc:
        if isinstance(part, str):
            inner = (
                _model_in(model.model_fields[part].annotation)
                if part in model.model_fields
                else None
            )
            if inner is None:
                return None
            model = inner
    return model


def _options(model: type[Choice], loc: KeyPath, data: object) -> type[BaseModel] | None:
    """The options of the plug-in that was chosen at a place."""
    here = data
    for part in loc:
        here = step(here, part)
    try:
        kind = here["kind"] if isinstance(here, Mapping) else ""
        return registry.options_model(model.socket, kind)
    except (PayloadError, KeyError):
        return None


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
