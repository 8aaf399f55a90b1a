"""A plane lattice on the globe, refined by halving its spacing, and fields that are refined on it.

On each face of the globe's cube (`payload.world.charts`) lattice points are the centres of
2**level x 2**level cells of about equal size (the coordinates are angles). A field starts on a coarse
level from three-dimensional noise and is refined down to the pixel: each step halves the spacing by
smooth subdivision with the same weights at every point, and adds the noise of that level. A value
depends on its own place alone, so any window gives what a larger one would.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.world.charts import chart_direction
from payload.world.noise import EARTH_RADIUS_KM
from payload.world.quick import loops

COARSEST_LEVEL = 13
"""The level on which fields start: points 1.2 km apart."""
FACE_KM = EARTH_RADIUS_KM * np.pi / 2
"""[km] Side of a face: a quarter of the way around the globe."""


def spacing_km(level: int) -> float:
    """[km] Distance between lattice points of a level, along the middle of a face."""
    return float(FACE_KM / 2**level)


def finest_level(gsd_m: float) -> int:
    """The finest level whose noise pixels of this size can resolve: points 1.25 to 2.5 pixels apart."""
    return max(COARSEST_LEVEL, int(np.floor(np.log2(FACE_KM * 1000.0 / (1.25 * gsd_m)))))


@dataclass(frozen=True, slots=True)
class Span:
    """Lattice points from first to last, inclusive."""

    first: int
    last: int

    @property
    def indices(self) -> NDArray[np.int64]:
        """All their indices, shape (last - first + 1,)."""
        return np.arange(self.first, self.last + 1, dtype=np.int64)

    @property
    def parents(self) -> "Span":
        """The points of the next coarser level that these are interpolated from."""
        return Span((self.first >> 1) - 1, (self.last >> 1) + 1)

    def holds(self, other: "Span") -> bool:
        """Whether all points of another span are among these."""
        return self.first <= other.first and other.last <= self.last


def on_face(index: NDArray[Any], level: int) -> NDArray[np.float64]:
    """The coordinate on a face, -1 to 1, of lattice points of a level, or of places between them."""
    return np.asarray((index + 0.5) * (2.0 / 2**level) - 1.0, np.float64)


@dataclass(frozen=True, slots=True)
class Nodes:
    """A rectangle of lattice points of one level of one face."""

    face: int
    level: int
    rows: Span
    cols: Span

    @property
    def parents(self) -> "Nodes":
        """The points of the next coarser level that these are interpolated from."""
        return Nodes(self.face, self.level - 1, self.rows.parents, self.cols.parents)

    def ancestors(self, level: int) -> "Nodes":
        """The points of a coarser level that these are interpolated from: where `climb` starts on that level."""
        return self if self.level <= level else self.parents.ancestors(level)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of points in a column and in a row."""
        return self.rows.last - self.rows.first + 1, self.cols.last - self.cols.first + 1

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vectors of the points, shape (3, H, W)."""
        up, across = self._sides
        return chart_direction(up[:, None], across[None], self.face)

    @property
    def coordinates(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the points lie on the face, upwards and across, each of shape (H, W)."""
        up, across = self._sides
        return np.repeat(up[:, None], across.size, 1), np.repeat(across[None], up.size, 0)

    @property
    def _sides(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where rows and columns lie on the face, shapes (H,) and (W,)."""
        return on_face(self.rows.indices, self.level), on_face(self.cols.indices, self.level)


Start = Callable[[Nodes], NDArray[np.float32]]
"""Fields of shape (F, H, W) on the coarsest level."""
Starts = Callable[[Sequence[Nodes]], list[NDArray[np.float32]]]
"""The same for several rectangles."""
Refine = Callable[[Nodes, NDArray[np.float32]], None]
"""Adds a level's own noise to the fields, in place."""


def start_all(
    at: Callable[[NDArray[np.float64]], NDArray[np.float32]], wanted: Sequence[Nodes]
) -> list[NDArray[np.float32]]:
    """Fields on several rectangles of lattice points, made at once, which is faster than one by one.

    Args:
        at: From unit vectors of shape (3, N) to fields there, (F, N), each from its own place alone.
        wanted: The rectangles, at least one.

    Returns:
        The fields of each, shape (F, H, W).
    """
    places = [nodes.direction.reshape(3, -1) for nodes in wanted]
    flat = at(np.concatenate(places, axis=1))
    ends = np.cumsum([place.shape[1] for place in places])[:-1]
    return [
        np.ascontiguousarray(part).reshape(-1, *nodes.shape)
        for part, nodes in zip(np.split(flat, ends, axis=1), wanted, strict=True)
    ]


def climb(
    nodes: Nodes, start: Start, refine: Refine, finest: int, coarsest: int = COARSEST_LEVEL
) -> NDArray[np.float32]:
    """Fields on a rectangle of lattice points, shape (F, H, W).

    Args:
        nodes: The points, on `coarsest` or a finer level.
        start: Makes the fields of the coarsest level, before its noise.
        refine: Adds the noise of a level.
        finest: The last level that gets noise; beyond it fields are only smoothed.
        coarsest: The level to start on; if finer than `COARSEST_LEVEL`, `start` includes all noise up to this level.
    """
    if nodes.level == coarsest > COARSEST_LEVEL:
        return start(nodes)
    if nodes.level == COARSEST_LEVEL:
        fields = start(nodes)
    else:
        parents = nodes.parents
        fields = climb(parents, start, refine, finest, coarsest)
        fields = _halved(fields, parents, nodes)
    if nodes.level <= finest:
        refine(nodes, fields)
    return fields


# To halve the spacing, each new point is three parts of the nearest old point and one part of the next:
# quadratic B-splines, smooth, and the same at every point. Source: Chaikin 1974, An algorithm for
# high-speed curve generation.


def _halved(fields: NDArray[np.float32], parents: Nodes, children: Nodes) -> NDArray[np.float32]:
    """Interpolate fields at the parents, shape (F, h, w), to their children, (F, H, W)."""
    top, left = (
        child.first - 2 * (parent.first + 1)
        for child, parent in ((children.rows, parents.rows), (children.cols, parents.cols))
    )
    height, width = children.shape
    fast = loops()
    if fast is not None:
        finer = np.empty((len(fields), height, width), np.float32)
        fast.halve(fields, (_NEAR, _FAR), top, left, finer)
        return finer
    across = _halve_across(fields)[:, :, left : left + width]
    return _halve_down(across)[:, top : top + height]


_NEAR, _FAR = np.float32(0.75), np.float32(0.25)


def _halve_across(fields: NDArray[np.float32]) -> NDArray[np.float32]:
    near = fields[:, :, 1:-1] * _NEAR
    far = fields * _FAR
    fine = np.empty((*near.shape, 2), np.float32)
    np.add(near, far[:, :, :-2], out=fine[..., 0])
    np.add(near, far[:, :, 2:], out=fine[..., 1])
    return fine.reshape(*near.shape[:2], -1)


def _halve_down(fields: NDArray[np.float32]) -> NDArray[np.float32]:
    near = fields[:, 1:-1] * _NEAR
    far = fields * _FAR
    fine = np.empty((len(fields), near.shape[1], 2, fields.shape[2]), np.float32)
    np.add(near, far[:, :-2], out=fine[:, :, 0])
    np.add(near, far[:, 2:], out=fine[:, :, 1])
    return fine.reshape(len(fields), -1, fields.shape[2])


def rise(field: NDArray[np.float32], step: tuple[float, float], level: int) -> NDArray[np.float32]:
    """The change of a field along a short step, by central differences.

    Args:
        field: On lattice points, shape (H, W).
        step: Upwards and across, in coordinates of the face.
        level: Of the lattice.

    Returns:
        Shape (H, W), with 0 at the border, where it is unknown.
    """
    up, across = (np.float32(part * 2.0 ** (level - 2)) for part in step)
    grown = np.zeros_like(field)
    inner = grown[1:-1, 1:-1]
    np.subtract(field[2:, 1:-1], field[:-2, 1:-1], out=inner)
    inner *= up
    inner += (field[1:-1, 2:] - field[1:-1, :-2]) * across
    return grown


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """Where the pixels of a block lie on a face.

    Attributes:
        face: The chart.
        up: Coordinate on the face, shape (H, W), float64.
        across: The other one.
        weight: Weight of this chart, shape (H, W), or None for 1 everywhere.
    """

    face: int
    up: NDArray[np.float64]
    across: NDArray[np.float64]
    weight: NDArray[np.float32] | None


@dataclass(frozen=True, eq=False)
class Stencil:
    """Bilinear interpolation from lattice points of a level to the pixels of a footprint.

    Attributes:
        nodes: The lattice points.
        footprint: Where the pixels lie, in any shape (...).
    """

    nodes: Nodes
    footprint: Footprint

    @classmethod
    def of(cls, footprint: Footprint, level: int, margin: int = 0) -> "Stencil":
        """The stencil of a footprint on a level, with `margin` more points on all sides."""
        return cls.of_each([footprint], footprint.up[None], footprint.across[None], level, margin)[
            0
        ]

    @classmethod
    def of_each(
        cls,
        footprints: Sequence[Footprint],
        up: NDArray[np.float64],
        across: NDArray[np.float64],
        level: int,
        margin: int = 0,
    ) -> "list[Stencil]":
        """The stencils of P footprints whose coordinates are stacked, each of shape (P, ...)."""
        spans = (_spans(at, level, margin) for at in (up, across))
        return [
            cls(Nodes(footprint.face, level, rows, cols), footprint)
            for footprint, rows, cols in zip(footprints, *spans, strict=True)
        ]

    def sample_all(self, *groups: NDArray[np.float32]) -> NDArray[np.float32]:
        """Interpolate fields at the nodes, in groups of shape (F, h, w), to the pixels, shape (F + ..., ...)."""
        shape = self.footprint.up.shape
        found = np.empty((sum(map(len, groups)), *shape), np.float32)
        fast, first = loops(), 0
        for group in groups:
            part = found[first : first + len(group)]
            first += len(group)
            if fast is None:
                for field, out in zip(group, part, strict=True):
                    self._sample(field, out)
            else:
                rows, cols = self.nodes.rows.first, self.nodes.cols.first
                places = (
                    at.reshape(-1, shape[-1]) for at in (self.footprint.up, self.footprint.across)
                )
                fast.sample(
                    np.ascontiguousarray(group),
                    *places,
                    _scale(self.nodes.level),
                    (rows + _BEFORE, cols + _BEFORE),
                    part.reshape(len(part), -1, shape[-1]),
                )
        return found

    @cached_property
    def _weights(self) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
        """For each pixel: the flat index of the node before it, and the weights of the nodes after it."""
        nodes = self.nodes
        place, down = _cells(self.footprint.up, nodes.level)
        col, right = _cells(self.footprint.across, nodes.level)
        # Whole numbers as floats, far below 2**53, are exact, and faster than 64-bit integers.
        width = nodes.shape[1]
        place *= width
        place += col
        place -= (nodes.rows.first + _BEFORE) * width + nodes.cols.first + _BEFORE
        return place.astype(np.intp), down, right

    def _sample(self, field: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Interpolate a field at the nodes, shape (h, w), to the pixels, into `out`, shape (...)."""
        corner, down, right = self._weights
        width, left = field.shape[1], field.reshape(-1)
        step = left[1:] - left[:-1]
        upper, lower, more = out, np.empty_like(out), np.empty_like(out)
        for found, after in ((upper, 0), (lower, width)):
            # All indices are in range, so nothing wraps; "wrap" is merely the fastest mode of `take`.
            left[after:].take(corner, out=found, mode="wrap")
            step[after:].take(corner, out=more, mode="wrap")
            more *= right
            np.add(found, more, out=found)
        lower -= upper
        lower *= down
        upper += lower


_BEFORE = (
    2**20
)  # cells: added so that truncation rounds down even for coordinates before the face begins


def _scale(level: int) -> tuple[float, float]:
    """Factor and offset that turn a coordinate of a face into cells of a level, counted from -`_BEFORE`."""
    return 2.0 ** (level - 1), 2.0 ** (level - 1) - 0.5 + _BEFORE


def _spans(coordinate: NDArray[np.float64], level: int, margin: int) -> list[Span]:
    """The lattice points around each set of coordinates of a face, shape (P, ...), with `margin` more at both ends."""
    flat = coordinate.reshape(len(coordinate), -1)
    ends, _ = _cells(np.stack([flat.min(axis=1), flat.max(axis=1)]), level)
    return [
        Span(int(first) - _BEFORE - margin, int(last) - _BEFORE + 1 + margin)
        for first, last in ends.T.tolist()
    ]


def _cells(
    coordinate: NDArray[np.float64], level: int
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """The cells of a level, counted from -`_BEFORE`, that coordinates of a face lie in, and the fraction inside, 0 to 1."""
    factor, shift = _scale(level)
    at = coordinate * factor
    at += shift
    cell = np.trunc(at)
    at -= cell
    return cell, at.astype(np.float32)
