"""Cloud cover and surface of windows of a scene, without painting a pixel.

The fields are refined only until a window is about a dozen lattice points wide. What would still be added
down to the pixel is normal noise of known deviation, so the share of cloud follows from an integral.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.types import SURFACES, Window
from payload.world.charts import chart_coordinates, near_charts
from payload.world.clouds import ICE_FINE, Sky, fine_deviation
from payload.world.cover import Edges
from payload.world.grid import SceneGrid, points_of_each
from payload.world.lattice import (
    COARSEST_LEVEL,
    FACE_KM,
    Footprint,
    Nodes,
    Span,
    Stencil,
    climb,
    finest_level,
    start_all,
)
from payload.world.surface import Ground, LandCover

_ACROSS = 12  # points sampled along a side of a window
_POINTS_WANTED = 8  # least number of lattice points along a side, if there are as many pixels
_BLOCK = 24  # windows along a side of what is refined at once
_KEPT = 4  # rectangles of lattice points that are kept for other blocks
_MORE = 1  # lattice points made beyond what a block asks for, as windows at the edges are smaller
_TOGETHER = 512  # windows of several scenes that are processed together: some megabytes

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
"""[px] Rows and columns of points, each of shape (W, across, across)."""
Look = tuple[NDArray[np.float64], NDArray[np.intp]]
"""Share of cloud, shape (E, W), and index of the most common surface, (W,), of the windows of a scene."""


@dataclass(frozen=True)
class Peek:
    """Scenes of the synthetic Earth that are glanced at, not painted.

    Attributes:
        grids: The pixels of each scene: all of one size, each at its own place.
        skies: The clouds above each, all of one world.
        grounds: The ground of each, all of one world.
        edges: What counts as cloud; one definition for each cover wanted.
        glints: Reflectance of sun glint on water in each scene.
    """

    grids: Sequence[SceneGrid]
    skies: Sequence[Sky]
    grounds: Sequence[Ground]
    edges: tuple[Edges, ...]
    glints: Sequence[float]

    def looks(self, windows: Sequence[Window]) -> Iterator[Look]:
        """Cover and surface of windows of each scene, scene by scene.

        Scenes are processed together, as many as have some hundred windows in all, with their points in common
        arrays. Each point gives the value that it would give alone.
        """
        step = max(1, _TOGETHER // max(1, len(windows)))
        for first in range(0, len(self.grids), step):
            some = slice(first, first + step)
            part = Peek(
                self.grids[some],
                self.skies[some],
                self.grounds[some],
                self.edges,
                self.glints[some],
            )
            yield from part._together(windows)

    def _together(self, windows: Sequence[Window]) -> Iterator[Look]:
        """The same for all scenes at once.

        Neighbouring windows of about one size are processed together in blocks of some hundreds, so that
        memory does not grow with the scene.
        """
        cover = np.zeros((len(self.edges), len(self.grids), len(windows)))
        surface = np.zeros((len(self.grids), len(windows)), np.intp)
        blocks = self._blocks(windows)
        sky, ground = (_Layer(of, len(blocks) > 1) for of in (self.skies, self.grounds))
        for (level, _, _), members in blocks.items():
            points = _points([windows[index] for index in members])
            direction = points_of_each(self.grids, *points)
            charts = _charts(direction)
            if level < COARSEST_LEVEL:  # points too far apart to share lattice points
                cover[:, :, members] = self._covers(sky.at(direction), COARSEST_LEVEL - 1)
            else:
                cover[:, :, members] = self._covers(_fields(charts, level, sky), level)
            surface[:, members] = self._surfaces(_fields(charts, level - 1, ground))
        return zip(cover.transpose(1, 0, 2), surface, strict=True)

    def _blocks(self, windows: Sequence[Window]) -> dict[tuple[int, int, int], list[int]]:
        """Indices of windows, grouped by lattice level and place."""
        gsd_m = self.grids[0].gsd_m
        finest, blocks = finest_level(gsd_m), defaultdict[tuple[int, int, int], list[int]](list)
        for index, window in enumerate(windows):
            side_km = np.sqrt(window.pixels) * gsd_m / 1000.0
            wanted = int(np.ceil(np.log2(FACE_KM * _POINTS_WANTED / side_km)))
            level = min(wanted, finest)
            block_px = _BLOCK * FACE_KM * _POINTS_WANTED / 2**level / gsd_m * 1000.0
            blocks[level, int(window.top_px / block_px), int(window.left_px / block_px)].append(
                index
            )
        return blocks

    def _covers(self, fields: NDArray[np.float32], level: int) -> list[NDArray[np.float64]]:
        """Share of cloud of each window, shape (P, W), from the fields of the sky with noise up to a level."""
        low, ice, strength = fields.astype(np.float64)
        rest = fine_deviation(level, finest_level(self.grids[0].gsd_m))
        spreads = strength * rest, np.full(1, ICE_FINE * rest)
        clear = [edge.clear_share(low, spreads[0], ice, spreads[1]) for edge in self.edges]
        return [1.0 - share.reshape(*low.shape[:2], -1).mean(axis=-1) for share in clear]

    def _surfaces(self, fields: NDArray[np.float32]) -> NDArray[np.intp]:
        """The most common surface of each window, shape (P, W), from the fields of the ground."""
        even = np.zeros(fields.shape[1:], np.float32)  # crops at their average everywhere
        glints = np.array(self.glints)[:, None, None, None]
        classes = LandCover.of(fields, even).surface(glints).astype(np.intp)
        scenes, windows = classes.shape[:2]
        classes += (np.arange(scenes * windows) * len(SURFACES)).reshape(scenes, windows, 1, 1)
        counts = np.bincount(classes.ravel(), minlength=scenes * windows * len(SURFACES))
        commonest: NDArray[np.intp] = counts.reshape(scenes, windows, -1).argmax(axis=-1)
        return commonest


@dataclass(frozen=True)
class _Layer:
    """The skies or the grounds of scenes of one world, and fields that blocks of windows share.

    What one block asks for is often part of what another asked for.

    Attributes:
        each: The sky or ground of each scene.
        is_shared: Whether there are several blocks.
    """

    each: Sequence[Sky] | Sequence[Ground]
    is_shared: bool
    _made: dict[int, deque[tuple[Nodes, NDArray[np.float32]]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT))
    )

    def at(self, direction: NDArray[np.float64]) -> NDArray[np.float32]:
        """The fields on the coarsest level at places of each scene, (3, P, ...): shape (F, P, ...)."""
        shape = direction.shape[1:]
        times_s = np.repeat([of.time_s for of in self.each], direction[0, 0].size)
        found = self.each[0].at(direction.reshape(3, -1), times_s)
        return found.reshape(-1, *shape)

    def start(self, wanted: Sequence[tuple[int, Nodes]]) -> list[NDArray[np.float32]]:
        """The fields on lattice points, each of shape (F, H, W), of scenes given by number."""
        if not self.is_shared:
            return self._make(wanted)
        found = [self._known(scene, nodes) for scene, nodes in wanted]  # before others evict it
        gaps = [number for number, fields in enumerate(found) if fields is None]
        missing = [(scene, _wider(nodes)) for scene, nodes in (wanted[number] for number in gaps)]
        for number, (scene, nodes), fields in zip(gaps, missing, self._make(missing), strict=True):
            self._made[scene].append((nodes, fields))
            found[number] = _cut_out(nodes, fields, wanted[number][1])
        return [fields for fields in found if fields is not None]

    def climb(
        self, scene: int, nodes: Nodes, start: NDArray[np.float32], finest: int
    ) -> NDArray[np.float32]:
        """The fields of a scene on lattice points with noise up to level `finest`, from those of the coarsest level."""
        if finest < COARSEST_LEVEL:
            return start
        return climb(nodes, lambda _: start, self.each[scene].refine, finest)

    def _make(self, wanted: Sequence[tuple[int, Nodes]]) -> list[NDArray[np.float32]]:
        if not wanted:
            return []
        sizes = [nodes.shape[0] * nodes.shape[1] for _, nodes in wanted]
        times_s = np.repeat([self.each[scene].time_s for scene, _ in wanted], sizes)
        return start_all(
            lambda places: self.each[0].at(places, times_s), [nodes for _, nodes in wanted]
        )

    def _known(self, scene: int, nodes: Nodes) -> NDArray[np.float32] | None:
        """A copy of these fields if they have been made already, else None."""
        for made, fields in self._made[scene]:
            is_alike = (made.face, made.level) == (nodes.face, nodes.level)
            if is_alike and made.rows.holds(nodes.rows) and made.cols.holds(nodes.cols):
                return _cut_out(made, fields, nodes)
        return None


def _cut_out(made: Nodes, fields: NDArray[np.float32], nodes: Nodes) -> NDArray[np.float32]:
    """A copy of the fields on some of the lattice points."""
    top, left = nodes.rows.first - made.rows.first, nodes.cols.first - made.cols.first
    height, width = nodes.shape
    return fields[:, top : top + height, left : left + width].copy()


def _wider(nodes: Nodes) -> Nodes:
    rows, cols = (Span(span.first - _MORE, span.last + _MORE) for span in (nodes.rows, nodes.cols))
    return Nodes(nodes.face, nodes.level, rows, cols)


@dataclass(frozen=True, slots=True, eq=False)
class _Chart:
    """Where points lie on a face.

    Attributes:
        scenes: Numbers of the scenes that have points there, shape (K,).
        up: Coordinate on the face, shape (K, W, across, across).
        across: The other one.
        weight: Weight of this chart, same shape.
    """

    face: int
    scenes: NDArray[np.intp]
    up: NDArray[np.float64]
    across: NDArray[np.float64]
    weight: NDArray[np.float32]

    def stencils(self, level: int) -> list[Stencil]:
        """The stencils that interpolate lattice points of a level to the points of each scene."""
        footprints = [
            Footprint(self.face, *at) for at in zip(self.up, self.across, self.weight, strict=True)
        ]
        return Stencil.of_each(footprints, self.up, self.across, level)


def _charts(direction: NDArray[np.float64]) -> list[_Chart]:
    """Where points, shape (3, P, W, across, across), lie on the charts that have weight there."""
    found = []
    for face, is_near in enumerate(near_charts(direction)):
        near = np.flatnonzero(is_near)
        if not near.size:
            continue
        up, across, weight = chart_coordinates(direction[:, near], face)
        there = weight.reshape(near.size, -1).any(axis=1)
        if there.any():
            parts = near[there], up[there], across[there], weight[there].astype(np.float32)
            found.append(_Chart(face, *parts))
    return found


def _fields(charts: list[_Chart], level: int, layer: _Layer) -> NDArray[np.float32]:
    """Fields with noise up to a level, at points, shape (F, P, W, across, across)."""
    seen = [
        (scene, stencil)
        for chart in charts
        for scene, stencil in zip(chart.scenes.tolist(), chart.stencils(level + 1), strict=True)
    ]
    wanted = [(scene, stencil.nodes.ancestors(COARSEST_LEVEL)) for scene, stencil in seen]
    starts = layer.start(wanted)
    parts = defaultdict[int, list[tuple[NDArray[np.float32], Footprint]]](list)
    for (scene, stencil), fields in zip(seen, starts, strict=True):
        found = layer.climb(scene, stencil.nodes, fields, level)
        parts[scene].append((stencil.sample_all(found), stencil.footprint))
    return np.stack([_blended(parts[scene]) for scene in sorted(parts)], axis=1)


def _blended(parts: list[tuple[NDArray[np.float32], Footprint]]) -> NDArray[np.float32]:
    """The mean of the values on several charts, by weight."""
    if len(parts) == 1:
        return parts[0][0]
    total = np.zeros_like(parts[0][0])
    weights = [chart.weight for _, chart in parts if chart.weight is not None]
    for (layer, _), weight in zip(parts, weights, strict=True):
        total += layer * weight
    total /= np.sum(weights, axis=0)
    return total


def _points(windows: Sequence[Window]) -> Points:
    """Centres of equal parts of each window."""
    part = (np.arange(_ACROSS) + 0.5) / _ACROSS
    top, left, height, width = (
        np.array([getattr(window, name) for window in windows], np.float64)[:, None]
        for name in ("top_px", "left_px", "height_px", "width_px")
    )
    rows, cols = top + height * part, left + width * part
    shape = (len(windows), _ACROSS, _ACROSS)
    return np.broadcast_to(rows[:, :, None], shape), np.broadcast_to(cols[:, None, :], shape)
