"""A scenario's values, each with its description from the schema, so that nothing is described twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel

from payload import registry
from payload.errors import PayloadError
from payload.scenario.choice import Choice
from payload.scenario.models import Scenario

ASSUMPTION = "Assumption"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of a scenario.

    Attributes:
        key: Path of keys, as `--set` takes it.
        value: As text; "not set" if the scenario leaves it open.
        about: Description in the schema.
    """

    key: str
    value: str
    about: str

    @property
    def is_assumed(self) -> bool:
        """Whether the schema says that the value's default is only assumed."""
        return ASSUMPTION in self.about


def parameters(scenario: object) -> tuple[Parameter, ...]:
    """All values of a scenario (as of `Scenario.model_dump(mode="json")`), in the order of the schema."""
    return tuple(_walk(Scenario, scenario, ""))


def _walk(model: type[BaseModel], values: object, prefix: str) -> Iterator[Parameter]:
    if not isinstance(values, Mapping):
        return
    for name, field in model.model_fields.items():
        if name in values:
            inner = _model_in(field.annotation)
            yield from _told(inner, values[name], f"{prefix}{name}", field.description or "")


def _told(
    inner: type[BaseModel] | None, value: object, key: str, about: str
) -> Iterator[Parameter]:
    if inner is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _told(inner, item, f"{key}.{index}", about)
    elif inner is not None and issubclass(inner, Choice):
        yield from _chosen(inner, value, key, about)
    elif inner is not None:
        yield from _walk(inner, value, f"{key}.")
    else:
        yield Parameter(key, _text(value), about)


def _chosen(choice: type[Choice], value: object, key: str, about: str) -> Iterator[Parameter]:
    """A plug-in's kind, then its options; those of a plug-in that is not installed have no description."""
    if not isinstance(value, Mapping):
        return
    kind = str(value.get("kind", ""))
    yield Parameter(f"{key}.kind", kind, about)
    try:
        yield from _walk(registry.options_model(choice.socket, kind), value, f"{key}.")
    except PayloadError:
        for name in sorted(str(item) for item in value if item != "kind"):
            yield Parameter(f"{key}.{name}", _text(value[name]), "")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _text(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return str(value)
