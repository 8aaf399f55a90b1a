"""Cut a scene into tiles.

A scene is read in strips of its full width, each row once, so that memory holds one row of tiles
with its margins, whatever the height of the scene.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.geometry.grid import TileGrid, tile_id
from payload.ports import Scene
from payload.types import UNKNOWN, Patch, Tile, Window


def cut_tiles(scene: Scene, acquisition_id: str, *, tile_px: int, margin_px: int) -> Iterator[Tile]:
    """Cut a scene into tiles, row by row, reading each of its pixels once.

    Args:
        scene: What the camera saw.
        acquisition_id: Becomes part of the ids of the tiles.
        tile_px: [px] Side of a cell; cells at the far edges may be smaller.
        margin_px: [px] Width of the surroundings that a tile includes on each side.

    Yields:
        Tiles in row-major order. Their own pixels are copies; surroundings are views of a strip.

    Raises:
        ImageryError: The scene cannot be read, or a size is not valid.
    """
    _check_margin(margin_px)
    grid = TileGrid(scene.height_px, scene.width_px, tile_px)
    strip = _Strip(0, 0, None)
    for row in range(grid.rows):
        cells = grid.window(row, 0)
        first_px = max(0, cells.top_px - margin_px)
        strip = strip.rolled(scene, first_px, cells.top_px + cells.height_px + margin_px)
        for col in range(grid.cols):
            where = tile_id(acquisition_id, row, col), row, col
            yield _tile(
                scene, where, grid.window(row, col), strip.cut(grid.window(row, col), margin_px)
            )


def cut_tile(
    scene: Scene, acquisition_id: str, place: tuple[int, int], *, tile_px: int, margin_px: int
) -> Tile:
    """Cut one of the tiles of `cut_tiles`, identical to the last bit, without reading anything else.

    Args:
        scene: What the camera saw.
        acquisition_id: Becomes part of the id of the tile.
        place: Row and column of its cell.
        tile_px: [px] Side of a cell.
        margin_px: [px] Width of the surroundings that it includes on each side.

    Raises:
        ImageryError: The scene cannot be read, or a size is not valid.
    """
    _check_margin(margin_px)
    window = TileGrid(scene.height_px, scene.width_px, tile_px).window(*place)
    top_px, left_px = max(0, window.top_px - margin_px), max(0, window.left_px - margin_px)
    around = Window(
        top_px,
        left_px,
        min(scene.height_px, window.top_px + window.height_px + margin_px) - top_px,
        min(scene.width_px, window.left_px + window.width_px + margin_px) - left_px,
    )
    strip = _Strip(top_px, top_px + around.height_px, scene.read(around))
    inside = replace(window, left_px=window.left_px - left_px)
    where = tile_id(acquisition_id, *place), *place
    return _tile(scene, where, window, strip.cut(inside, margin_px))


def _check_margin(margin_px: int) -> None:
    if margin_px < 0:
        raise ImageryError(f"margin is {margin_px} pixels; expected 0 or more")


_Cut = tuple[Patch, NDArray[np.uint16], tuple[slice, slice]]


def _tile(scene: Scene, where: tuple[str, int, int], window: Window, cut: _Cut) -> Tile:
    name, row, col = where
    patch, surroundings, inset = cut
    return Tile(
        id=name,
        row=row,
        col=col,
        window=window,
        patch=patch,
        surroundings=surroundings,
        inset=inset,
        radiometry=scene.radiometry,
        bit_depth=scene.bit_depth,
    )


def _slices(window: Window) -> tuple[slice, slice]:
    rows = slice(window.top_px, window.top_px + window.height_px)
    return rows, slice(window.left_px, window.left_px + window.width_px)


@dataclass(frozen=True, slots=True, eq=False)
class _Strip:
    """Rows `first_px` to `end_px` of a scene, at full width."""

    first_px: int
    end_px: int
    rows: Patch | None

    def rolled(self, scene: Scene, first_px: int, end_px: int) -> "_Strip":
        """The strip that ends at `end_px` (or with the scene); only rows not yet held are read."""
        end_px = min(end_px, scene.height_px)
        if end_px <= self.end_px:
            return self
        fresh = scene.read(Window(self.end_px, 0, end_px - self.end_px, scene.width_px))
        if self.rows is None:
            return _Strip(0, end_px, fresh)
        return _Strip(first_px, end_px, _below(self.rows, first_px - self.first_px, fresh))

    def cut(self, window: Window, margin_px: int) -> "_Cut":
        """A cell's own pixels (copied), its surroundings (a view), and its position in them."""
        assert self.rows is not None
        strip = self.rows
        rows, cols = _slices(replace(window, top_px=window.top_px - self.first_px))
        around = slice(max(0, rows.start - margin_px), rows.stop + margin_px)
        beside = slice(max(0, cols.start - margin_px), cols.stop + margin_px)
        inset = (
            slice(rows.start - around.start, rows.stop - around.start),
            slice(cols.start - beside.start, cols.stop - beside.start),
        )
        patch = Patch(
            strip.bands[:, rows, cols].copy(),
            None if strip.truth is None else strip.truth[rows, cols].copy(),
            None if strip.valid is None else strip.valid[rows, cols].copy(),
        )
        return patch, strip.bands[:, around, beside], inset


def _below(strip: Patch, drop_px: int, fresh: Patch) -> Patch:
    """The strip without its first rows, and with fresh rows below."""
    bands = np.concatenate([strip.bands[:, drop_px:], fresh.bands], axis=1)
    truth: NDArray[np.uint8] | None = None
    if strip.truth is not None or fresh.truth is not None:
        truth = np.concatenate([_truth(strip)[drop_px:], _truth(fresh)])
    valid: NDArray[np.bool_] | None = None
    if strip.valid is not None or fresh.valid is not None:
        valid = np.concatenate([_valid(strip)[drop_px:], _valid(fresh)])
    return Patch(bands, truth, valid)


def _truth(patch: Patch) -> NDArray[np.uint8]:
    if patch.truth is not None:
        return patch.truth
    return np.full(patch.bands.shape[1:], UNKNOWN, np.uint8)


def _valid(patch: Patch) -> NDArray[np.bool_]:
    return np.ones(patch.bands.shape[1:], np.bool_) if patch.valid is None else patch.valid
