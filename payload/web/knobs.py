"""The knobs of a scenario: its JSON Schema and values as a flat list that a form can show.

A knob's path is that of an override. A list of plain values, or an optional section that is left out, is a single
knob of JSON; a list of sections is shown item by item.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from payload.scenario.load import Template

Schema = Mapping[str, Any]
MOST_ITEMS = 12
"""Most items shown of a list of sections; the rest can only be edited in the file."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One value that can be changed.

    Attributes:
        path: As in an override, `link.rate_mbps`.
        kind: "number", "integer", "text", "choice", "flag" or "json".
        value: The current value; for JSON, its text.
        is_set: Whether it is set in the scenario's file rather than a default.
        about: What it means.
        options: Of a choice.
        least: Smallest allowed number; `above` is an exclusive bound.
        most: Largest allowed number; `below` is an exclusive bound.
        can_be_nothing: Whether it may be left empty, which means null.
        reshapes: Whether other knobs appear or disappear with it.
    """

    path: str
    kind: str
    value: object
    is_set: bool
    about: str = ""
    options: tuple[object, ...] = ()
    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    can_be_nothing: bool = False
    reshapes: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "options": list(self.options)}


def knobs_of(schema: Schema, values: Mapping[str, Any], written: Template) -> list[Knob]:
    """All knobs of a scenario, in the order of its schema.

    Args:
        schema: Its JSON Schema.
        values: The scenario as plain data.
        written: The contents of its file, to distinguish set values from defaults.
    """
    said = {".".join(map(str, keys)) for keys in written.source.lines if keys}
    return list(_Walk(schema.get("$defs", {}), said).section("", schema, values))


@dataclass(frozen=True)
class _Walk:
    """Walks through schema and values together."""

    defs: Mapping[str, Schema]
    said: set[str]

    def section(self, path: str, schema: Schema, values: Mapping[str, Any]) -> Iterator[Knob]:
        for name, inner in schema.get("properties", {}).items():
            if name in values:
                here = f"{path}.{name}" if path else name
                yield from self.value(here, self.resolve(inner), values[name])

    def resolve(self, schema: Schema) -> Schema:
        """A schema merged with what it refers to; its own keys take precedence."""
        if "$ref" not in schema:
            return schema
        found = self.defs[schema["$ref"].removeprefix("#/$defs/")]
        return {**self.resolve(found), **{k: v for k, v in schema.items() if k != "$ref"}}

    def value(self, path: str, schema: Schema, value: object) -> Iterator[Knob]:
        kinds = [self.resolve(item) for item in schema.get("anyOf", ())]
        if kinds:
            about = {"description": schema.get("description", "")}
            fits = [item for item in kinds if item.get("type") != "null"]
            nothing = len(fits) < len(kinds)
            if len(fits) == 1 and (value is not None or _is_plain(fits[0])):
                found = self.value(path, {**fits[0], **about}, value)
                yield from (_or_nothing(item, path) if nothing else item for item in found)
            else:
                yield self.json(path, schema, value, nothing=nothing)
        elif "oneOf" in schema:
            yield from self.choice(path, schema, value)
        elif "properties" in schema and isinstance(value, Mapping):
            yield from self.section(path, schema, value)
        elif schema.get("type") == "array" and self._of_sections(schema, value):
            inner = self.resolve(schema["items"])
            assert isinstance(value, Sequence)
            for index, item in enumerate(value[:MOST_ITEMS]):
                yield from self.value(f"{path}.{index}", inner, item)
        else:
            yield self.plain(path, schema, value)

    def _of_sections(self, schema: Schema, value: object) -> bool:
        items = schema.get("items", {})
        return isinstance(value, Sequence) and bool(value) and "properties" in self.resolve(items)

    def choice(self, path: str, schema: Schema, value: object) -> Iterator[Knob]:
        """A plug-in: its kind, and the options of that kind."""
        if not isinstance(value, Mapping):
            yield self.json(path, schema, value)
            return
        kinds = {item["properties"]["kind"]["const"]: item for item in schema["oneOf"]}
        yield Knob(
            f"{path}.kind",
            "choice",
            value["kind"],
            f"{path}.kind" in self.said,
            schema.get("description", ""),
            tuple(kinds),
            reshapes=True,
        )
        own = kinds[value["kind"]]
        rest = {name: item for name, item in own["properties"].items() if name != "kind"}
        yield from self.section(path, {"properties": rest}, value)

    def plain(self, path: str, schema: Schema, value: object) -> Knob:
        about, is_set = schema.get("description", ""), path in self.said
        if "enum" in schema:
            return Knob(path, "choice", value, is_set, about, tuple(schema["enum"]))
        kind = {"boolean": "flag", "string": "text"}.get(schema.get("type", ""), "")
        if kind:
            return Knob(path, kind, value, is_set, about)
        if schema.get("type") in {"number", "integer"}:
            return Knob(
                path,
                schema["type"],
                value,
                is_set,
                about,
                least=schema.get("minimum"),
                above=schema.get("exclusiveMinimum"),
                most=schema.get("maximum"),
                below=schema.get("exclusiveMaximum"),
            )
        return self.json(path, schema, value)

    def json(self, path: str, schema: Schema, value: object, *, nothing: bool = False) -> Knob:
        text = json.dumps(value, ensure_ascii=False)
        is_set = path in self.said
        about = schema.get("description", "")
        return Knob(path, "json", text, is_set, about, can_be_nothing=nothing, reshapes=nothing)


def _is_plain(schema: Schema) -> bool:
    return "enum" in schema or schema.get("type") in {"boolean", "string", "number", "integer"}


def _or_nothing(knob: Knob, path: str) -> Knob:
    """A knob that may be left empty, if it is the optional value itself and not a part of it."""
    if knob.path != path:
        return knob
    return Knob(**{**asdict(knob), "options": knob.options, "can_be_nothing": True})
