"""Validation of files that people write, and the messages for mistakes in them."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from payload.errors import ScenarioError
from payload.scenario.known import flags_for_numbers, known_keys, number_wanted
from payload.scenario.section import NAME, MisfitError
from payload.scenario.source import KeyPath, ScenarioSource

MOST_ERRORS, MOST_SAID = 12, 160
_PATTERNS = {
    NAME: "expected at most 64 letters without accents, digits, '.', '_' and '-', starting with a letter or digit",
    r"^([01]\d|2[0-3]):[0-5]\d$": "expected a time of day, such as 10:30",
}
_SHAPES = {
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "dataclass_type": "a mapping of keys",
}
_NO_SUCH_NUMBER = {
    *("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number"),
    *("float_type", "float_parsing", "int_type", "int_parsing", "int_from_float"),
}
_MOVED: dict[KeyPath, str] = {
    (
        "outages",
    ): "station outages are now among the faults: {kind: station_out, who: …, at_h: …, lasts_h: …}, "
    "or at random with mean_between_h and mean_repair_h"
}


Filled = TypeVar("Filled")


@dataclass(frozen=True, slots=True)
class Form(Generic[Filled]):
    """What plain data should become: a scenario, sweep, recipe, profile or card; all are checked and reported alike.

    Attributes:
        wanted: A model, or a dataclass whose annotations contain the bounds.
    """

    wanted: type[Filled]

    def fill(
        self, data: object, source: ScenarioSource, *, context: Mapping[str, Any] | None = None
    ) -> Filled:
        """Validate the data.

        Args:
            data: What was read.
            source: Where it was read from.
            context: What pydantic passes to validators.

        Raises:
            ScenarioError: One line per mistake: file, line, key path, what was found, what was expected.
        """
        flags = [
            f"{source.where(loc)}: {'.'.join(map(str, loc))}: found {flag}; expected {wanted}"
            for loc, flag, wanted in flags_for_numbers(data, self.wanted)
        ]
        if flags:
            raise ScenarioError(_listed(flags))
        try:
            return TypeAdapter(self.wanted).validate_python(data, context=dict(context or {}))
        except ValidationError as error:
            raise ScenarioError(explain(error, data, source, self.wanted)) from error


def explain(error: ValidationError, data: object, source: ScenarioSource, root: type) -> str:
    """Say for each mistake where it is, what was found and what was expected.

    Args:
        error: What pydantic found.
        data: What it was given.
        source: Where the data were read from.
        root: The model that they should have matched.
    """
    found = error.errors(include_url=False)
    # A list whose items failed is also reported as too short: the items' own mistakes say it better.
    found = [
        item
        for item in found
        if item["type"] != "too_short"
        or not any(
            other["loc"][: len(item["loc"])] == item["loc"] for other in found if other is not item
        )
    ]
    return _listed([_sentence(item, data, source, root) for item in found])


def _listed(sentences: Sequence[str]) -> str:
    more = [f"… and {len(sentences) - MOST_ERRORS} more"] if len(sentences) > MOST_ERRORS else []
    return "\n".join([*sentences[:MOST_ERRORS], *more])


def _sentence(item: ErrorDetails, data: object, source: ScenarioSource, root: type) -> str:
    loc = tuple(part for part in item["loc"] if not str(part).startswith("function-"))
    where, key = source.where(loc), ".".join(clipped(str(part)) for part in loc)
    said = f"{where}: {key}" if key else where
    match item["type"]:
        case "missing":
            section = source.blamed(loc[:-1]) if loc[:-1] else where
            return f"{section}: {key}: this key is missing"
        case "extra_forbidden" | "unexpected_keyword_argument":
            return f"{said}: {_MOVED.get(loc) or 'unknown key' + _nearest(loc, data, root)}"
        case "choice" | "plugin":
            return f"{source.where((*loc, 'kind'))}: {key}: {item['msg']}"
        case "value_error" if loc:
            return f"{source.blamed(loc)}: {key}: {item['msg'].removeprefix('Value error, ')}"
        case "value_error":
            error = item.get("ctx", {}).get("error")
            if isinstance(error, MisfitError):
                said = f"{source.blamed(error.blamed)}: {'.'.join(map(str, error.blamed))}"
            return f"{said}: {item['msg'].removeprefix('Value error, ')}"
        case _:
            wanted = _wanted(item, number_wanted(loc, data, root))
            return f"{said}: found {_show(item['input'])}; {wanted}"


def _wanted(item: ErrorDetails, number: str | None) -> str:
    """What is wanted, in words, where pydantic speaks of patterns, one end of a range, parsing or parts of a date."""
    if number and item["type"] in _NO_SUCH_NUMBER:
        is_infinite = item["type"] == "finite_number"
        return (
            f"expected {number.replace('a number', 'a finite number') if is_infinite else number}"
        )
    if item["type"] == "string_pattern_mismatch":
        return (
            _PATTERNS.get(item["ctx"]["pattern"]) or f"expected the form {item['ctx']['pattern']}"
        )
    if item["type"] in _SHAPES:
        return f"expected {_SHAPES[item['type']]}"
    if "day value is outside" in item["msg"]:
        return "there is no such day"
    if item["type"].startswith(("datetime", "timezone")):
        return "expected ISO 8601 with a time zone, such as 2026-06-21T00:00:00Z"
    return item["msg"][:1].lower() + item["msg"][1:]


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _nearest(loc: KeyPath, data: object, root: type) -> str:
    known = known_keys(loc[:-1], data, root)
    close = difflib.get_close_matches(str(loc[-1]), known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(sorted(known))}" if known else ""


def clipped(text: str) -> str:
    """Foreign text, shortened to fit into a message."""
    return text if len(text) <= MOST_SAID else f"{text[:MOST_SAID]}…"
