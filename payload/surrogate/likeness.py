"""Which tiles resemble another one at a glance: in cover, surface and sun."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.surrogate import quick
from payload.types import SURFACES, Glance

NEIGHBOURS = 10
"""Number of similar donors from which a tile's is drawn."""

# Units of dissimilarity: a tenth of cover or of thick cover, 10 degrees of sun, the class of the ground; a clear or an
# overcast tile seldom resembles one that is partly cloudy.
COVER_STEP = 0.1
_SUN_STEP_DEG = 10.0
_EDGE = 0.0005  # of cover: a glance may be an estimate, never quite clear and never quite overcast
_KINDS = 3
_OTHER_SURFACE, _OTHER_GROUP, _OTHER_KIND = 0.5, 1.5, 10.0
_FIRST = 1e-9  # breaks ties in favour of the first

_AT_ONCE = 2**19
"""Pairs of tiles compared at once: some MB."""

GROUPS = (
    ("water", "turbid water", "glint"),
    ("sea ice", "snow"),
    ("forest", "grass", "crops"),
    ("soil", "sand", "rock"),
    ("town",),
)
"""Groups of surfaces that replace one another before any other does."""
_GROUP_OF = np.array([next(i for i, g in enumerate(GROUPS) if name in g) for name in SURFACES])


@dataclass(frozen=True, eq=False)
class Likeness:
    """Tiles as they look at a glance, one column for each figure, all of the same length.

    Attributes:
        surface: Index into `SURFACES`, shape (N,).
        cover: 0 to 1, shape (N,).
        thick_cover: Cover by thick cloud, 0 to 1, shape (N,); NaN where the glance does not give it.
        sun_deg: [deg] Elevation of the sun, shape (N,).
        step: Difference in cover or thick cover that counts as much as 10 degrees of sun.
    """

    surface: NDArray[np.intp]
    cover: NDArray[np.float64]
    thick_cover: NDArray[np.float64]
    sun_deg: NDArray[np.float64]
    step: float = COVER_STEP
    _strange: dict[tuple[int, int], NDArray[np.float64]] = field(
        init=False, default_factory=dict[tuple[int, int], NDArray[np.float64]]
    )

    def nearest_of_all(self, others: "Likeness", count: int = NEIGHBOURS) -> NDArray[np.intp]:
        """Indices of the tiles most similar to each of T others, ascending, shape (T, m)."""
        most = min(count, self.cover.size)
        found = np.empty((others.cover.size, most), np.intp)
        fast = quick.loops(others.cover.size)
        if fast is not None:
            looks = others.cover, others.thick_cover, others.sun_deg
            classes = others.surface, _GROUP_OF[others.surface], kind(others.cover).astype(np.intp)
            steps = self.step, _SUN_STEP_DEG, _OTHER_SURFACE, _OTHER_GROUP, _OTHER_KIND
            fast.nearest(self._shelves, self._ordered, looks, classes, steps, found)
            return found
        rows = max(1, _AT_ONCE // max(1, self.cover.size))
        for first in range(0, others.cover.size, rows):
            some = slice(first, first + rows)
            unlike = self._unlike(others.taken(np.arange(others.cover.size)[some]))
            found[some] = np.sort(np.argpartition(unlike, most - 1, axis=1)[:, :most], axis=1)
        return found

    def taken(self, numbers: NDArray[np.intp]) -> "Likeness":
        """A selection of tiles."""
        return Likeness(
            self.surface[numbers],
            self.cover[numbers],
            self.thick_cover[numbers],
            self.sun_deg[numbers],
            self.step,
        )

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Indices of the tiles, sorted by kind and group of surfaces, as they are searched."""
        return np.lexsort((_GROUP_OF[self.surface], kind(self.cover)))

    @cached_property
    def _ordered(self) -> tuple[NDArray[Any], ...]:
        """In that order: index, surface, cover, thick cover, sun, and the term that breaks ties."""
        order = self._order
        figures = (each[order] for each in (self.cover, self.thick_cover, self.sun_deg))
        return order, self.surface[order], *figures, order * _FIRST

    @cached_property
    def _shelves(self) -> NDArray[np.intp]:
        """Kind, group, first and end position of each run of tiles in that order, shape (S, 4)."""
        kinds = kind(self.cover)[self._order].astype(np.intp)
        groups = _GROUP_OF[self.surface[self._order]]
        starts = np.flatnonzero(np.diff(kinds * len(GROUPS) + groups, prepend=-1))
        ends = np.append(starts[1:], kinds.size)
        return np.stack([kinds[starts], groups[starts], starts, ends], axis=1).astype(np.intp)

    def _unlike(self, others: "Likeness") -> NDArray[np.float64]:
        """Dissimilarity of the tiles to each of T others, shape (T, N)."""
        unlike: NDArray[np.float64] = np.abs(self.cover - others.cover[:, None]) / self.step
        thinner = np.abs(self.thick_cover - others.thick_cover[:, None])
        unlike += np.nan_to_num(thinner) / self.step
        unlike += np.abs(self.sun_deg - others.sun_deg[:, None]) / _SUN_STEP_DEG
        sorts = others.surface * _KINDS + kind(others.cover).astype(np.intp)
        met, which = np.unique(sorts, return_inverse=True)
        strange = [self._strangeness(n // _KINDS, n % _KINDS) for n in met.tolist()]
        unlike += np.stack(strange)[which]
        return unlike

    def _strangeness(self, surface: int, is_kind: int) -> NDArray[np.float64]:
        """Dissimilarity of the tiles to those of a surface and a kind, by surface and kind alone."""
        found = self._strange.get((surface, is_kind))
        if found is None:
            found = (self.surface != surface) * _OTHER_SURFACE
            found += (_GROUP_OF[self.surface] != _GROUP_OF[surface]) * _OTHER_GROUP
            found += (kind(self.cover) != is_kind) * _OTHER_KIND
            found += np.arange(self.cover.size) * _FIRST
            self._strange[surface, is_kind] = found
        return found


def likeness(glances: Sequence[Glance], *, step: float = COVER_STEP) -> Likeness:
    """Collect glances at tiles into columns."""
    return Likeness(
        np.array([SURFACES.index(item.surface) for item in glances], np.intp),
        np.array([item.cover for item in glances], np.float64),
        np.array(
            [np.nan if item.thick_cover is None else item.thick_cover for item in glances],
            np.float64,
        ),
        np.array([item.sun_elevation_deg for item in glances], np.float64),
        step,
    )


def ground_of(surfaces: NDArray[np.intp]) -> NDArray[np.intp]:
    """Indices of the `GROUPS` that surfaces, given by index, belong to."""
    return np.asarray(_GROUP_OF[surfaces], np.intp)


def kind(cover: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """0 clear, 1 partly cloudy, 2 overcast."""
    return np.asarray((cover > _EDGE) * 1.0 + (cover >= 1.0 - _EDGE) * 1.0, np.float64)


def kind_of(cover: float) -> int:
    """The same for one tile."""
    return (cover > _EDGE) + (cover >= 1.0 - _EDGE)
