"""The opportunities of a satellite as columns of numbers: an object is made only when one is asked for.

A year has so many that as objects they would take most of a flight's memory; most of them are never looked at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from payload.types import Opportunity

Floats = NDArray[np.float64]

_AT_ONCE = 1024  # objects made together during iteration


@dataclass(frozen=True, slots=True, eq=False)
class Opportunities(Sequence[Opportunity]):
    """The opportunities of one satellite, by start, then id.

    Attributes:
        satellite: Its name.
        names: Names of the targets.
        volume_bytes: [byte] Of each image.
        who: Index of the target in `names`, shape (N,), like all that follow.
        start_s: [s] As in `Opportunity`; so are the others.
    """

    satellite: str
    names: Sequence[str]
    volume_bytes: int
    who: NDArray[np.int32]
    start_s: Floats
    duration_s: Floats
    off_nadir_deg: Floats
    sun_elevation_deg: Floats
    roll_deg: Floats

    @classmethod
    def none(cls, satellite: str, names: Sequence[str], volume_bytes: int) -> "Opportunities":
        """No opportunities."""
        nothing = np.zeros(0)
        return cls(satellite, names, volume_bytes, nothing.astype(np.int32), *[nothing] * 5)

    def in_order(self) -> "Opportunities":
        """The same opportunities sorted by start, then id."""
        return self.at(order_of(self.start_s, lambda row: self[row].id))

    def at(self, rows: NDArray[np.integer] | slice) -> "Opportunities":
        """Some of them, by index."""
        return _replaced(self, [getattr(self, name)[rows] for name in _COLUMNS])

    def made(self, first: int, last: int) -> list[Opportunity]:
        """The objects of rows `first` to `last`, exclusive."""
        columns = (getattr(self, name)[first:last].tolist() for name in _COLUMNS)
        return list(map(self._of_row, *columns))

    def _of_row(self, who: int, start_s: float, *others: float) -> Opportunity:
        duration_s, off_nadir_deg, sun_elevation_deg, roll_deg = others
        target, satellite = self.names[who], self.satellite
        return Opportunity(
            opportunity_id(satellite, target, start_s),
            target,
            satellite,
            start_s,
            duration_s,
            off_nadir_deg,
            sun_elevation_deg,
            self.volume_bytes,
            roll_deg,
        )

    def __len__(self) -> int:
        return self.start_s.size

    def __iter__(self) -> Iterator[Opportunity]:
        for first in range(0, len(self), _AT_ONCE):
            yield from self.made(first, first + _AT_ONCE)

    @overload
    def __getitem__(self, index: int) -> Opportunity: ...
    @overload
    def __getitem__(self, index: slice) -> "Opportunities": ...
    def __getitem__(self, index: int | slice) -> "Opportunity | Opportunities":
        if isinstance(index, slice):
            return self.at(index)
        row = range(len(self))[index]
        return self._of_row(*(getattr(self, name).item(row) for name in _COLUMNS))


_COLUMNS = tuple(each.name for each in fields(Opportunities))[3:]


def joined(parts: Sequence[Opportunities]) -> Opportunities:
    """The concatenation of at least one part; all are of one satellite and have the same names."""
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS]
    return _replaced(parts[0], columns)


def targets_of(items: Sequence[Opportunity]) -> set[str]:
    """Names of the targets that have an opportunity; from columns, without making objects."""
    if isinstance(items, Opportunities):
        return {items.names[number] for number in np.unique(items.who).tolist()}
    return {item.target for item in items}


def _replaced(before: Opportunities, columns: Sequence[NDArray[Any]]) -> Opportunities:
    """The same satellite and targets, other rows."""
    return Opportunities(before.satellite, before.names, before.volume_bytes, *columns)


def opportunity_id(satellite: str, target: str, start_s: float) -> str:
    """An id made of satellite, target and start."""
    return f"{satellite}/{target}/{round(start_s)}"


def order_of(start_s: Floats, id_of: Callable[[int], str]) -> NDArray[np.intp]:
    """Indices that sort opportunities by start, then id; ids are made only where starts are equal."""
    order = np.argsort(start_s, kind="stable")
    same = np.flatnonzero(np.diff(start_s[order]) == 0.0)
    for run in np.split(same, np.flatnonzero(np.diff(same) > 1) + 1):
        if run.size:
            tied = slice(int(run[0]), int(run[-1]) + 2)
            order[tied] = sorted(order[tied].tolist(), key=id_of)
    return order
