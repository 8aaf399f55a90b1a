"""The space of a search: the parameters of a sweep file as axes, each a span or a list of values."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from payload.errors import ScenarioError
from payload.sweep.spec import Span, SweepSpec

MOST_PROBED = 200
"""Values of a list that are checked before anything is flown."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter and its domain: a span, or a list of values.

    Attributes:
        key: The parameter, as `path.to.key`.
        low: Least value of a span.
        high: Greatest value of a span.
        is_log: Whether the span is uniform in the logarithm.
        is_whole: Whether only whole numbers are allowed.
        values: The values, instead of a span.
    """

    key: str
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_whole: bool = False
    values: tuple[object, ...] | None = None

    @property
    def is_ordered(self) -> bool:
        """Whether its values are all numbers, so that neighbours behave alike."""
        return self.values is not None and all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.values
        )

    @property
    def probes(self) -> tuple[object, ...]:
        """Values to check before anything is flown."""
        if self.values is not None:
            return self.values[:MOST_PROBED]
        if self.is_whole:
            return (math.ceil(self.low), math.floor(self.high))
        return (self.low, self.high)

    @property
    def size(self) -> float:
        """How many values there are."""
        if self.values is not None:
            return len(self.values)
        return math.floor(self.high) - math.ceil(self.low) + 1 if self.is_whole else math.inf


@dataclass(frozen=True, slots=True)
class Space:
    """A set of axes; a point has a value on each."""

    axes: tuple[Axis, ...]

    @property
    def size(self) -> float:
        """How many points there are."""
        return math.prod(axis.size for axis in self.axes)

    def points(self) -> Iterator[dict[str, object]]:
        """All points of a space of finite size."""
        for values in itertools.product(*(_all_of(axis) for axis in self.axes)):
            yield {axis.key: value for axis, value in zip(self.axes, values, strict=True)}


def space_of(spec: SweepSpec) -> Space:
    """The parameters of a sweep's grid and samples as axes; numbers of samples and designs are ignored.

    Raises:
        ScenarioError: Nothing is varied, or a parameter is varied in two designs or in `list`.
    """
    if spec.list:
        raise ScenarioError(
            f"{spec.where('list')}: a search chooses its own cells; give values in grid, ranges in random.over"
        )
    axes = [_listed(key, values) for key, values in spec.grid.items()]
    for sampling in (spec.random, spec.latin_hypercube):
        axes += [_spanned(key, span) for key, span in (sampling.over if sampling else {}).items()]
    keys = [axis.key for axis in axes]
    if not keys:
        raise ScenarioError(
            f"{spec.where()}: nothing is varied; give values in grid, ranges in random.over"
        )
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ScenarioError(f"{spec.where()}: varied in two designs: {', '.join(twice)}")
    return Space(tuple(axes))


def _listed(key: str, values: tuple[object, ...]) -> Axis:
    different = [value for index, value in enumerate(values) if value not in values[:index]]
    axis = Axis(key, values=tuple(different))
    if axis.is_ordered:
        return Axis(key, values=tuple(sorted(different)))  # type: ignore[type-var]
    return axis


def _spanned(key: str, span: Span) -> Axis:
    if span.values is not None:
        return _listed(key, span.values)
    assert span.low is not None
    assert span.high is not None
    return Axis(key, span.low, span.high, span.scale == "log", span.whole)


def _all_of(axis: Axis) -> tuple[object, ...]:
    if axis.values is not None:
        return axis.values
    return tuple(range(math.ceil(axis.low), math.floor(axis.high) + 1))
