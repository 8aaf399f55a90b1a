"""The goal of a search: a figure to maximise or minimise, and bounds on others; resolves the names users write."""

import difflib
import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from payload.errors import ScenarioError

OWN = "arms.prune."
_ALIASES = {
    "energy_j": ("power.used_j", "energy_j.compute"),
    "latency_s": ("latency_s.p50",),
}
"""Short names and the figures they may stand for; the first that a flight has is used (with a battery, that is all energy)."""
_BOUND = re.compile(r"\s*([^<>=≤≥\s]+)\s*(<=|>=|≤|≥)\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper or lower limit on a figure's mean over the seeds.

    Attributes:
        metric: The figure, as a path once resolved.
        is_most: Whether the limit is an upper one.
        limit: The limit, in the figure's unit.
        said: The bound as the user wrote it.
    """

    metric: str
    is_most: bool
    limit: float
    said: str

    def holds(self, value: float) -> bool:
        """Whether a value is within the limit."""
        return value <= self.limit if self.is_most else value >= self.limit

    def excess(self, value: float) -> float:
        """By how much a value exceeds the limit, in multiples of it (of 1 if it is 0); 0 or less if within."""
        beyond = value - self.limit if self.is_most else self.limit - value
        return beyond / (abs(self.limit) or 1.0)


@dataclass(frozen=True, slots=True)
class Goal:
    """The figure to maximise or minimise while all bounds hold."""

    metric: str
    is_most: bool
    bounds: tuple[Bound, ...] = ()

    @property
    def sign(self) -> int:
        """1 if more is better, -1 if less is."""
        return 1 if self.is_most else -1

    @property
    def said(self) -> str:
        """The goal in words."""
        return ("most " if self.is_most else "least ") + self.metric


def parse_goal(maximise: str | None, minimise: str | None, subject_to: Sequence[str]) -> Goal:
    """Parse a goal from command-line options; names are resolved later, once a flight has shown its figures.

    Raises:
        ScenarioError: Not exactly one figure is to be maximised or minimised, or a bound is malformed.
    """
    named = [name.strip() for name in (maximise, minimise) if name is not None]
    if len(named) != 1 or not named[0]:
        raise ScenarioError("give exactly one goal: --maximise METRIC or --minimise METRIC")
    return Goal(named[0], maximise is not None, tuple(_bound(text) for text in subject_to))


def _bound(text: str) -> Bound:
    found = _BOUND.fullmatch(text)
    wish = f"--subject-to {text!r}: a bound is written 'metric<=number' or 'metric>=number'"
    if found is None:
        raise ScenarioError(wish)
    metric, relation, number = found.groups()
    try:
        limit = float(number.replace(",", ""))
    except ValueError:
        raise ScenarioError(wish) from None
    if not math.isfinite(limit):
        raise ScenarioError(f"--subject-to {text!r}: the limit must be finite")
    return Bound(metric, relation in "<=≤", limit, text.strip())


def resolve(goal: Goal, known: Collection[str], parameters: Collection[str] = ()) -> Goal:
    """Resolve the names of a goal's figures to paths.

    Args:
        goal: The goal as the user wrote it.
        known: Paths of all figures that a flight of the base has.
        parameters: The varied parameters, which cannot be bounded: their ranges are narrowed instead.

    Raises:
        ScenarioError: A figure does not exist or is ambiguous, or no value can meet its bounds.
    """
    bounds = tuple(
        replace(bound, metric=_path(bound.metric, known, parameters)) for bound in goal.bounds
    )
    for metric in {bound.metric for bound in bounds}:
        most = min((b.limit for b in bounds if b.metric == metric and b.is_most), default=math.inf)
        least = max(
            (b.limit for b in bounds if b.metric == metric and not b.is_most), default=-math.inf
        )
        if least > most:
            raise ScenarioError(
                f"{metric}: no value is at least {least:g} and at most {most:g}; these bounds contradict each other"
            )
    return replace(goal, metric=_path(goal.metric, known, parameters), bounds=bounds)


def _path(name: str, known: Collection[str], parameters: Collection[str]) -> str:
    if name in known:
        return name
    if name in parameters:
        raise ScenarioError(
            f"{name}: is a varied parameter, not a figure of a flight; narrow its range instead"
        )
    for path in (f"{OWN}{name}", *_ALIASES.get(name, ())):
        if path in known:
            return path
    ends = [path for path in known if not path.startswith("arms.") and path.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise ScenarioError(f"{name}: could be any of {', '.join(sorted(ends))}; write it in full")
    raise ScenarioError(f"{_short(name)}: not a figure of a flight{_nearest(name, known)}")


def _nearest(name: str, known: Collection[str]) -> str:
    shorter = {path.removeprefix(OWN): path for path in known}
    shorter |= {path.rpartition(".")[2]: path for path in known if not path.startswith("arms.")}
    close = difflib.get_close_matches(name[:200], shorter, n=3, cutoff=0.5)
    if not close:
        return "; `payload-sim run` writes them to summary.json; name them by path, such as bytes.delivered"
    return f"; did you mean {' or '.join(dict.fromkeys(shorter[item] for item in close))}?"


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:77]}…"
