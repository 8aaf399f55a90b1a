"""YAML text as plain data, with the line of each key: no tags, no anchors, no repeated keys."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from payload.errors import ScenarioError

KeyPath = tuple[str | int, ...]
MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_PLAIN = "tag:yaml.org,2002:"
_TAGS: dict[type[yaml.Node], frozenset[str]] = {
    kind: frozenset(f"{_PLAIN}{name}" for name in names)
    for kind, names in (
        (yaml.MappingNode, ("map",)),
        (yaml.SequenceNode, ("seq",)),
        (yaml.ScalarNode, ("str", "int", "float", "bool", "null")),
    )
}
"""All that plain data need, and no Python objects."""


_LIBYAML: Any = getattr(yaml, "CSafeLoader", None)
"""Reads 1 MB in 1 s where PyYAML's own parser takes 10; None if PyYAML was built without it."""
_READ_APART = re.compile(
    r"[^\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|[!?%]|---|[|>][-+0-9]{0,2}#"
)
"""Tabs, rare Unicode line breaks and marks, tags, `?`, directives, document markers, comments right after `|` and `>`: with any
of these libyaml accepts texts that PyYAML refuses, or counts lines differently. Found by comparing both on made-up texts."""


class _Nodes(yaml.composer.Composer, yaml.resolver.BaseResolver):
    """Builds nodes from events, with the scalars of YAML 1.2's core schema: `22:30` and dates stay text, 1e6 is a number."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the name and type are PyYAML's

    def __init__(self, events: Iterable[yaml.Event]) -> None:
        yaml.composer.Composer.__init__(self)
        yaml.resolver.BaseResolver.__init__(self)
        self._left = deque(events)

    def check_event(self, *kinds: type[yaml.Event]) -> bool:
        """Whether the next event is of a kind."""
        return bool(self._left) and isinstance(self._left[0], kinds)

    def peek_event(self) -> yaml.Event:
        """The next event, without consuming it."""
        return self._left[0]

    def get_event(self) -> yaml.Event:
        """Consume the next event."""
        return self._left.popleft()


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Nodes.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True, slots=True)
class ScenarioSource:
    """Where a scenario was read from: the file's path as given, and the line of every key path."""

    path: Path
    lines: dict[KeyPath, int] = field(default_factory=dict[KeyPath, int], repr=False)
    overridden: dict[KeyPath, str] = field(default_factory=dict[KeyPath, str], repr=False)

    def blamed(self, loc: KeyPath) -> str:
        """As `where`, but for a section that is wrong as a whole: with the overrides set below it."""
        set_below = [
            said
            for keys, said in self.overridden.items()
            if len(keys) > len(loc) > 0 and keys[: len(loc)] == loc
        ]
        return " with ".join([self.where(loc), *set_below])

    def where(self, loc: Sequence[str | int]) -> str:
        """`file:line` of a key path or of its nearest parent that is written, or the override that set it."""
        for end in range(len(loc), -1, -1):
            known = tuple(loc[:end])
            if known in self.overridden:
                return self.overridden[known]
            if known in self.lines:
                return f"{self.path}:{self.lines[known]}"
        return str(self.path)


def read_yaml(path: Path) -> tuple[object, ScenarioSource]:
    """Read a YAML file into plain data and a map of its lines.

    Raises:
        ScenarioError: The file cannot be read, is not YAML, or holds what plain data cannot.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise ScenarioError(f"{path}: there is no such file") from error
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ScenarioError(f"{path}: cannot be read: {error}") from error
    if len(raw) > MAX_BYTES:
        raise ScenarioError(
            f"{path}: is larger than {MAX_BYTES:,} bytes; a scenario is only a page or two"
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: is not UTF-8 text (byte {error.start}); expected a YAML file"
        ) from error
    node = _compose(text, str(path))
    source = ScenarioSource(path)
    return _plain(node, (), source), source


def parse_value(text: str, what: str) -> object:
    """One value, written as in the file: `0.3`, `true`, `[1, 2]`, `name`."""
    return _plain(_compose(text, what), (), ScenarioSource(Path(what)))


def _compose(text: str, what: str) -> yaml.Node | None:
    try:
        events = _events(text, what)
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ScenarioError(
                    f"{what}:{_line(event)}: anchors and aliases (&, *) are not supported; write the value out"
                )
        return _Nodes(events).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark else ""
        raise ScenarioError(
            f"{what}{line}: is not YAML: {error.problem or error.context}"
        ) from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{what}: is not YAML: {' '.join(str(error).split())}") from error


def _events(text: str, what: str) -> list[yaml.Event]:
    """The events of a text, or the error of PyYAML's own parser, which says more than libyaml's."""
    if _LIBYAML is not None and not _READ_APART.search(text):
        with suppress(yaml.YAMLError):
            return list(_shallow(yaml.parse(text, Loader=_LIBYAML), what))
    return list(_shallow(yaml.parse(text, Loader=yaml.SafeLoader), what))


def _shallow(events: Iterable[yaml.Event], what: str) -> Iterator[yaml.Event]:
    """Refuse deep nesting as soon as it is read: the time that PyYAML's own parser takes grows with the square of the depth."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent) and depth > MAX_DEPTH:
            raise ScenarioError(f"{what}:{_line(event)}: is nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        yield event


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _plain(node: yaml.Node | None, at: KeyPath, source: ScenarioSource) -> object:
    if node is None:
        return None
    line = node.start_mark.line + 1
    source.lines.setdefault(at, line)
    if node.tag not in _TAGS[type(node)]:
        raise ScenarioError(
            f"{source.path}:{line}: the tag {node.tag!r} is not supported; expected plain values"
        )
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, at, source)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, index), source) for index, item in enumerate(node.value)]
    return _scalar(node, source)


def _mapping(node: yaml.MappingNode, at: KeyPath, source: ScenarioSource) -> dict[str, object]:
    data: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else None
        if key is None or key == "<<":
            raise ScenarioError(f"{source.path}:{line}: a key must be a plain word")
        if key in data:
            raise ScenarioError(f"{source.path}:{line}: the key {key!r} appears twice")
        source.lines[(*at, key)] = line
        data[key] = _plain(value_node, (*at, key), source)
    return data


def _scalar(node: yaml.Node, source: ScenarioSource) -> object:
    kind = node.tag.removeprefix(_PLAIN)
    where = f"{source.path}:{node.start_mark.line + 1}"
    value = node.value
    try:
        if kind == "int":
            return int(value, 8 if value.startswith("0o") else 16 if value.startswith("0x") else 10)
        if kind == "float":
            return float(value.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError as error:
        raise ScenarioError(f"{where}: {value[:40]!r} cannot be read as a number") from error
    if kind == "bool":
        return value.lower() == "true"
    return None if kind == "null" else value
