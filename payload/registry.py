"""Plug-ins by name. Ours are declared like anyone else's, as entry points in `pyproject.toml`.

A plug-in is a frozen dataclass. Its fields are its options; a field made by `supplied` is not an option
but is filled in by the caller (a seed, a name). Options are validated by the types of the fields.
"""

import dataclasses
import difflib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, distributions
from itertools import chain
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from payload.errors import PluginError

SOCKETS = (
    "payload.propagator",
    "payload.scene_source",
    "payload.masker",
    "payload.codec",
    "payload.scheduler",
    "payload.link",
)
_SUPPLIED = "payload.supplied"


def supplied(default: Any) -> Any:  # noqa: ANN401 - stands for a field of any type
    """A dataclass field that the caller fills in; the default is used while a scenario is only checked."""
    return dataclasses.field(default=default, kw_only=True, metadata={_SUPPLIED: True})


def option(
    default: Any = dataclasses.MISSING,  # noqa: ANN401 - stands for a field of any type
    *,
    description: str,
    **bounds: object,
) -> Any:  # noqa: ANN401
    """A dataclass field that is an option, with its description and its pydantic bounds (ge=, le=, …)."""
    given = {} if default is dataclasses.MISSING else {"default": default}
    metadata = {"description": description, "bounds": bounds}
    return dataclasses.field(**given, kw_only=True, metadata=metadata)


def kinds(socket: str) -> list[str]:
    """Names of the plug-ins installed for a socket, sorted."""
    return sorted(_entry_points(socket))


def plugin(socket: str, kind: str) -> type[Any]:
    """The class of a plug-in.

    Raises:
        PluginError: There is no such kind, its module cannot be imported, or it is not a dataclass.
    """
    found = _entry_points(socket)
    if kind not in found:
        close = difflib.get_close_matches(kind, found, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        known = ", ".join(sorted(found))
        raise PluginError(
            f"no {socket.partition('.')[2]} of kind {kind!r} is installed{hint} (known: {known})"
        )
    try:
        loaded = found[kind].load()
    except (ImportError, AttributeError) as error:
        raise PluginError(f"the plug-in {kind!r} of {socket} cannot be loaded: {error}") from error
    if not (isinstance(loaded, type) and dataclasses.is_dataclass(loaded)):
        raise PluginError(f"the plug-in {kind!r} of {socket} is not a dataclass")
    return loaded


@cache
def options_model(socket: str, kind: str) -> type[BaseModel]:
    """A pydantic model of a plug-in's options: what `schema` prints and `validate` checks."""
    cls = plugin(socket, kind)
    hints = get_type_hints(cls, include_extras=True)
    fields: dict[str, Any] = {}
    for item in dataclasses.fields(cls):
        if not item.init or item.metadata.get(_SUPPLIED):
            continue
        if item.default is not dataclasses.MISSING:
            default = item.default
        elif item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        else:
            default = ...
        about = item.metadata.get("description")
        fields[item.name] = (
            hints[item.name],
            Field(default, description=about, **item.metadata.get("bounds", {})),
        )
    summary = (cls.__doc__ or "").partition("\n")[0]
    config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
    return create_model(cls.__name__, __config__=config, __doc__=summary, **fields)


def validate(
    socket: str, kind: str, options: Mapping[str, Any], context: Mapping[str, Any] | None = None
) -> BaseModel:
    """Check options against a plug-in's fields.

    Raises:
        PluginError: The kind is unknown.
        pydantic.ValidationError: An option is unknown or its value is not allowed.
    """
    return options_model(socket, kind).model_validate(dict(options), context=dict(context or {}))


def build(
    socket: str, kind: str, options: Mapping[str, Any] | BaseModel, **given: object
) -> object:
    """Make a plug-in from its options and from what the caller supplies.

    Of `given`, a plug-in receives only what it has a `supplied` field for.
    """
    cls = plugin(socket, kind)
    model = options if isinstance(options, BaseModel) else validate(socket, kind, options)
    values = {name: getattr(model, name) for name in type(model).model_fields}
    wanted = {item.name for item in dataclasses.fields(cls) if item.metadata.get(_SUPPLIED)}
    return cls(**values, **{name: value for name, value in given.items() if name in wanted})


def _entry_points(socket: str) -> dict[str, EntryPoint]:
    return _installed().get(socket, {})


@cache
def _installed() -> dict[str, dict[str, EntryPoint]]:
    """Plug-ins by socket and name; read once, as each look-up reads the metadata of every installed package."""
    found: dict[str, dict[str, EntryPoint]] = {}
    for entry in chain.from_iterable(package.entry_points for package in distributions()):
        found.setdefault(entry.group, {}).setdefault(entry.name, entry)
    return found
