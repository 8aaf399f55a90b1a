"""What windows of a scene hold, known without painting a pixel of them.

The fields are climbed only until a window is some dozen lattice points wide. What would still be added
down to the pixel is normal noise of known deviation, so its share of cloud is an integral.
"""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.types import SURFACES, Window
from payload.world.clouds import ICE_FINE, Sky, fine_deviation
from payload.world.cover import Edges
from payload.world.grid import SceneGrid
from payload.world.lattice import (
    COARSEST_LEVEL,
    FACE_KM,
    FACES,
    Footprint,
    Nodes,
    Refine,
    Span,
    Start,
    Stencil,
    chart_coordinates,
    climb,
    finest_level,
    near_chart,
)
from payload.world.surface import Ground, LandCover

_ACROSS = 12  # points looked at along a side of a window
_POINTS_WANTED = 8  # lattice points along a side, at least, where the pixels have as many
_BLOCK = 24  # windows along a side of what is climbed at once
_KEPT = 4  # rectangles of lattice points that blocks share
_MORE = 1  # lattice points that are made beyond what one block asks for, as windows at the edges are smaller

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""[px] Rows and columns of points, each of shape (W, across, across)."""


@dataclass(frozen=True)
class Peek:
    """A scene of the synthetic Earth, looked at from the air and not photographed.

    Attributes:
        grid: Its pixels.
        sky: The clouds above it.
        ground: What lies there.
        edges: What counts as cloud, in as many ways as covers are wanted.
    """

    grid: SceneGrid
    sky: Sky
    ground: Ground
    edges: tuple[Edges, ...]
    glint: float

    def look(self, windows: Sequence[Window]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Share of cloud, shape (E, W), and index of the commonest surface, (W,), of each window.

        Windows that lie together and are of about one size are looked at together: blocks of some
        hundreds, so that memory does not grow with the scene.
        """
        cover = np.zeros((len(self.edges), len(windows)))
        surface = np.zeros(len(windows), np.intp)
        blocks = self._blocks(windows)
        sky, ground = (
            of.start if len(blocks) == 1 else _Shared(of.start) for of in (self.sky, self.ground)
        )
        for (level, _, _), members in blocks.items():
            direction = self.grid.points(*_points([windows[index] for index in members]))
            places = _charts(direction)
            if level < COARSEST_LEVEL:  # so wide that its points are strangers: no lattice helps
                flat = self.sky.at(direction.reshape(3, -1))
                seen = flat.reshape(3, *direction.shape[1:])
                cover[:, members] = self._covers(seen, COARSEST_LEVEL - 1)
            else:
                cover[:, members] = self._covers(
                    _fields(places, level, sky, self.sky.refine), level
                )
            land = _fields(places, level - 1, ground, self.ground.refine)
            surface[members] = self._surface(land)
        return cover, surface

    def _blocks(self, windows: Sequence[Window]) -> dict[tuple[int, int, int], list[int]]:
        """Windows by level of the lattice and place."""
        finest, blocks = (
            finest_level(self.grid.gsd_m),
            defaultdict[tuple[int, int, int], list[int]](list),
        )
        for index, window in enumerate(windows):
            side_km = np.sqrt(window.pixels) * self.grid.gsd_m / 1000.0
            wanted = int(np.ceil(np.log2(FACE_KM * _POINTS_WANTED / side_km)))
            level = min(wanted, finest)
            block_px = _BLOCK * FACE_KM * _POINTS_WANTED / 2**level / self.grid.gsd_m * 1000.0
            blocks[level, int(window.top_px / block_px), int(window.left_px / block_px)].append(
                index
            )
        return blocks

    def _covers(self, fields: NDArray[np.float32], level: int) -> list[NDArray[np.float64]]:
        """Share of cloud of each window, by the fields of the sky with the noise of all levels up to one."""
        low, ice, strength = fields.astype(np.float64)
        rest = fine_deviation(level, finest_level(self.grid.gsd_m))
        spreads = strength * rest, np.full(1, ICE_FINE * rest)
        clear = [edge.clear_share(low, spreads[0], ice, spreads[1]) for edge in self.edges]
        return [1.0 - share.reshape(len(low), -1).mean(axis=1) for share in clear]

    def _surface(self, fields: NDArray[np.float32]) -> NDArray[np.intp]:
        """The commonest surface of each window, by the fields of the ground."""
        even = np.zeros(fields.shape[1:], np.float32)  # a field of farmland is what most others are
        classes = LandCover.of(fields, even).surface(self.glint).astype(np.intp)
        mine = np.arange(len(classes))[:, None, None] * len(SURFACES)
        counts = np.bincount((classes + mine).ravel(), minlength=len(classes) * len(SURFACES))
        commonest: NDArray[np.intp] = counts.reshape(len(classes), len(SURFACES)).argmax(axis=1)
        return commonest


@dataclass(frozen=True)
class _Shared:
    """A `Start` that several blocks of windows share: what one asks for is mostly part of what another did."""

    start: Start
    _made: deque[tuple[Nodes, NDArray[np.float32]]] = field(
        default_factory=lambda: deque(maxlen=_KEPT)
    )

    def __call__(self, nodes: Nodes) -> NDArray[np.float32]:
        """The fields on lattice points, shape (F, H, W)."""
        for made, fields in self._made:
            top, left = nodes.rows.first - made.rows.first, nodes.cols.first - made.cols.first
            height, width = nodes.shape
            is_inside = top >= 0 <= left and nodes.rows.last <= made.rows.last
            is_alike = (made.face, made.level) == (nodes.face, nodes.level)
            if is_alike and is_inside and nodes.cols.last <= made.cols.last:
                return fields[:, top : top + height, left : left + width].copy()
        rows, cols = (
            Span(span.first - _MORE, span.last + _MORE) for span in (nodes.rows, nodes.cols)
        )
        wide = Nodes(nodes.face, nodes.level, rows, cols)
        self._made.append((wide, self.start(wide)))
        return self(nodes)


def _charts(direction: NDArray[np.float64]) -> list[Footprint]:
    """Where points, shape (3, W, across, across), lie on the charts that count there."""
    found = []
    for face in range(FACES):
        if not near_chart(direction, face):
            continue
        up, across, weight = chart_coordinates(direction, face)
        if weight.any():
            found.append(Footprint(face, up, across, weight.astype(np.float32)))
    return found


def _fields(
    places: list[Footprint], level: int, start: Start, refine: Refine
) -> NDArray[np.float32]:
    """Fields with the noise of all levels up to one, at points, shape (F, W, across, across)."""
    layers, weights = [], []
    for place in places:
        stencil = Stencil.of(place, level + 1)
        coarse = level < COARSEST_LEVEL
        nodes = start(stencil.nodes) if coarse else climb(stencil.nodes, start, refine, level)
        layers.append(stencil.sample_all(nodes))
        weights.append(place.weight)
    return _blended(layers, [weight for weight in weights if weight is not None])


def _blended(
    layers: list[NDArray[np.float32]], weights: list[NDArray[np.float32]]
) -> NDArray[np.float32]:
    """What several charts say, each by its weight."""
    if len(layers) == 1:
        return layers[0]
    total = np.zeros_like(layers[0])
    for layer, weight in zip(layers, weights, strict=True):
        total += layer * weight
    total /= np.sum(weights, axis=0)
    return total


def _points(windows: Sequence[Window]) -> Points:
    """Points in the middle of equal parts of each window."""
    part = (np.arange(_ACROSS) + 0.5) / _ACROSS
    top, left, height, width = (
        np.array([getattr(window, name) for window in windows], np.float64)[:, None]
        for name in ("top_px", "left_px", "height_px", "width_px")
    )
    rows, cols = top + height * part, left + width * part
    shape = (len(windows), _ACROSS, _ACROSS)
    return np.broadcast_to(rows[:, :, None], shape), np.broadcast_to(cols[:, None, :], shape)
