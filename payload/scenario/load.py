"""From a YAML file to a Scenario; a mistake is reported with file, line, key, value and what was expected."""

import copy
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from payload.errors import ScenarioError
from payload.scenario.form import MOST_ERRORS, Form, clipped
from payload.scenario.known import step
from payload.scenario.models import Scenario
from payload.scenario.source import KeyPath, ScenarioSource, parse_value, read_yaml

MOST_VARIANTS = 1_000
"""Most variants of a comparison."""


def load_scenario(path: str | Path, overrides: Sequence[str] = ()) -> Scenario:
    """Read, override and check a scenario; nothing is run.

    Args:
        path: A YAML file. Relative paths in it start at its folder.
        overrides: Texts `path.to.key=value`, checked like the file. A changed `kind` drops the options
            that belonged to the old one.

    Raises:
        ScenarioError: One line per mistake: file, line, key path, what was found, what was expected.
    """
    path = Path(path)
    changes = [
        Change(*parse_override(text), said=f"--set {clipped(text)}") for text in texts(overrides)
    ]
    return read_template(path).scenario(changes)


def texts(given: Sequence[str]) -> Sequence[str]:
    """The given texts; a single string becomes one text, where Python would see a sequence of characters."""
    return [given] if isinstance(given, str) else given


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a scenario, its new value, and the origin of the change, for messages."""

    keys: KeyPath
    value: object
    said: str


@dataclass(frozen=True, slots=True)
class Template:
    """A scenario file, read once, from which scenarios are made that differ in a few keys."""

    data: Mapping[str, object]
    source: ScenarioSource

    def changed(self, changes: Sequence[Change]) -> tuple[dict[str, object], ScenarioSource]:
        """Plain data with the changes applied, and where each key comes from; ScenarioError if a key cannot be set."""
        data = copy.deepcopy(dict(self.data))
        source = replace(self.source, overridden={})
        for change in changes:
            _apply(data, source, change)
        return data, source

    def scenario(self, changes: Sequence[Change] = ()) -> Scenario:
        """The scenario with the changes, validated.

        Raises:
            ScenarioError: One line per mistake: file, line, key path, what was found, what was expected.
        """
        data, source = self.changed(changes)
        scenario = Form(Scenario).fill(data, source, context={"folder": source.path.parent})
        scenario._source = source
        return scenario


def read_template(path: Path) -> Template:
    """Read a scenario file, checking only that it is a mapping.

    Raises:
        ScenarioError: It cannot be read, is not a mapping, or is a sweep file.
    """
    data, source = read_yaml(path)
    if not isinstance(data, dict):
        raise ScenarioError(f"{path}: expected a mapping of keys (name, epoch_utc, satellites, …)")
    if is_sweep(data):
        raise ScenarioError(
            f"{path}: this is a sweep file, not a scenario; `payload-sim sweep {path}` flies it"
        )
    return Template(data, source)


def is_sweep(data: object) -> bool:
    """Whether the content of a YAML file is a sweep's: it names a base scenario instead of being one."""
    return isinstance(data, dict) and "base" in data and "epoch_utc" not in data


def parse_override(text: str) -> tuple[KeyPath, object]:
    """Split `path.to.key=value` into its key path and value."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ScenarioError(
            f"{clipped(text)!r}: expected an override of the form path.to.key=value"
        )
    return key_path(key.strip()), parse_value(value, f"--set {clipped(text)}")


def key_path(text: str) -> KeyPath:
    """The key path that `path.to.key` names; whole numbers are list indices."""
    return tuple(int(part) if part.isdecimal() else part for part in text.split("."))


def _apply(data: dict[str, object], source: ScenarioSource, change: Change) -> None:
    keys, value = change.keys, copy.deepcopy(change.value)
    here: object = data
    for depth, key in enumerate(keys[:-1], start=1):
        if isinstance(here, dict) and str(key) not in here:
            if isinstance(keys[depth], int):
                _refuse_beyond((), keys[: depth + 1], change)
            here[str(key)] = {}
            source.overridden[keys[:depth]] = change.said
        if isinstance(here, list):
            _refuse_beyond(here, keys[:depth], change)
        below = step(here, key)
        if not isinstance(below, dict | list):
            said = ".".join(map(str, keys[:depth]))
            raise ScenarioError(f"{change.said}: {said} has nothing below it to set")
        here = below
    last = keys[-1]
    if isinstance(here, list):
        _refuse_beyond(here, keys, change)
        here[int(last)] = value
    elif isinstance(here, dict):
        if last == "kind" and here.get("kind") != value:
            here.clear()
        here[str(last)] = value
    source.overridden[keys] = change.said


def _refuse_beyond(items: Sequence[object], keys: KeyPath, change: Change) -> None:
    """Raise an error that lists the items of a list, by index and name, if a key path names none of them."""
    *above, last = keys
    if isinstance(last, int) and last < len(items):
        return
    where = ".".join(map(str, above))
    if not items:
        raise ScenarioError(
            f"{change.said}: {where} has no {last}, as the list is empty; set it as a whole: {where}=[…]"
        )
    raise ScenarioError(
        f"{change.said}: {where} has no {clipped(str(last))}; it has {_listed(items)}"
    )


def _listed(items: Sequence[object]) -> str:
    """Indices of a list, each with the item's name or kind."""
    told = [f"{place}{_called(item)}" for place, item in enumerate(items[:MOST_ERRORS])]
    return ", ".join(told) + (f", … {len(items) - 1}" if len(items) > MOST_ERRORS else "")


def _called(item: object) -> str:
    known = item.get("name", item.get("kind")) if isinstance(item, Mapping) else item
    return "" if isinstance(known, Mapping | list | None) else f" ({clipped(str(known))})"


def what_if_settings(what_ifs: Sequence[str], *, cross: bool = False) -> list[dict[str, str]]:
    """The settings of each variant that what-ifs `path.to.key=value[,value…]` describe: keys and values as written.

    Args:
        what_ifs: One for each key.
        cross: Whether every value is combined with every value of all other keys; if not, each is set by itself.

    Raises:
        ScenarioError: A what-if is not an override or sets the seed, which all variants share; or there are too many variants.
    """
    found = []
    for what_if in texts(what_ifs):
        key, _, values = what_if.partition("=")
        if key.strip() == "seed":
            raise ScenarioError(
                f"--what-if {clipped(what_if)}: all variants fly with one seed; use --seed"
            )
        told = _values(values)
        for value in told:
            parse_override(f"{key}={value}")
        found.append((key.strip(), told))
    if not found:
        return []
    counts = [len(told) for _, told in found]
    count = math.prod(counts) if cross else sum(counts)
    if count > MOST_VARIANTS:
        raise ScenarioError(
            f"--what-if: {count:,} variants are more than {MOST_VARIANTS:,}; use `payload-sim sweep` for larger grids"
        )
    if not cross:
        return [{key: value} for key, told in found for value in told]
    if len({key for key, _ in found}) < len(found):
        raise ScenarioError("--cross: a key appears in two what-ifs; give all its values in one")
    keys = [key for key, _ in found]
    return [
        dict(zip(keys, values, strict=True))
        for values in itertools.product(*(told for _, told in found))
    ]


def _values(written: str) -> list[str]:
    """Values separated by commas; a YAML list or map, whatever it contains, is one value."""
    found, held, depth = [], list[str](), 0
    for part in written.split(","):
        held.append(part)
        depth += sum(part.count(mark) for mark in "[{") - sum(part.count(mark) for mark in "]}")
        if depth <= 0:
            found.append(",".join(held).strip())
            held, depth = [], 0
    return [*found, ",".join(held).strip()] if held else found


def setting_overrides(setting: Mapping[str, str]) -> list[str]:
    """A variant's settings as overrides; kinds first, as a changed kind drops the options of the old one."""
    ordered = sorted(setting.items(), key=lambda item: not item[0].endswith("kind"))
    return [f"{key}={value}" for key, value in ordered]
