"""Cutting: each pixel in one tile, each row read once, surroundings as they lie in the scene."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import ImageryError
from payload.geometry.grid import TileGrid, tile_id, tile_place
from payload.imaging.painted import Painted
from payload.imaging.tiling import cut_tiles
from payload.types import Georeference, Patch, Radiometry, Window


@dataclass
class ArrayScene:
    """A scene that lies in memory and remembers which rows were asked for."""

    whole: Patch
    rows_read: list[int] = field(default_factory=list)
    rows_at_once: int = 0
    bands: tuple[str, ...] = ("blue", "green")
    bit_depth: int = 12
    radiometry: Radiometry = field(default_factory=lambda: Radiometry(1e-4))
    georeference: Georeference | None = None

    @property
    def height_px(self):
        return self.whole.bands.shape[1]

    @property
    def width_px(self):
        return self.whole.bands.shape[2]

    def read(self, window):
        rows = slice(window.top_px, window.top_px + window.height_px)
        cols = slice(window.left_px, window.left_px + window.width_px)
        self.rows_read.extend(range(rows.start, rows.stop))
        self.rows_at_once = max(self.rows_at_once, window.height_px)
        truth, valid = self.whole.truth, self.whole.valid
        return Patch(
            self.whole.bands[:, rows, cols],
            None if truth is None else truth[rows, cols],
            None if valid is None else valid[rows, cols],
        )


def patch(height, width, *, seed=0, truth=True, valid=True):
    rng = np.random.default_rng(seed)
    return Patch(
        rng.integers(0, 4096, (2, height, width), dtype=np.uint16),
        rng.choice(np.array([0, 1, 2, 255], np.uint8), (height, width)) if truth else None,
        rng.random((height, width)) < 0.8 if valid else None,
    )


def same(one, other):
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


@settings(max_examples=150, deadline=None)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    tile_px=st.integers(1, 50),
    margin_px=st.integers(0, 45),
    truth=st.booleans(),
    valid=st.booleans(),
)
def test_each_pixel_of_the_scene_is_in_one_tile_and_unchanged(
    shape, tile_px, margin_px, truth, valid
):
    height, width = shape
    scene = ArrayScene(patch(height, width, truth=truth, valid=valid))
    tiles = list(cut_tiles(scene, "a", tile_px=tile_px, margin_px=margin_px))

    times_met = np.zeros(shape, int)
    for tile in tiles:
        top, left = tile.window.top_px, tile.window.left_px
        times_met[top : top + tile.window.height_px, left : left + tile.window.width_px] += 1
        there = ArrayScene(scene.whole).read(tile.window)
        assert same(tile.patch.bands, there.bands)
        assert same(tile.patch.truth, there.truth)
        assert same(tile.patch.valid, there.valid)
    assert (times_met == 1).all()
    assert scene.rows_read == list(range(height))
    assert scene.rows_at_once <= tile_px + margin_px


@settings(max_examples=100, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    tile_px=st.integers(1, 50),
    margin_px=st.integers(0, 45),
)
def test_surroundings_are_the_cell_and_what_lies_around_it(height, width, tile_px, margin_px):
    scene = ArrayScene(patch(height, width))
    bands = scene.whole.bands
    for tile in cut_tiles(scene, "a", tile_px=tile_px, margin_px=margin_px):
        top, left = tile.window.top_px, tile.window.left_px
        bottom, right = top + tile.window.height_px, left + tile.window.width_px
        around = bands[
            :,
            max(0, top - margin_px) : bottom + margin_px,
            max(0, left - margin_px) : right + margin_px,
        ]
        assert same(tile.surroundings, around)
        assert same(tile.surroundings[:, *tile.inset], tile.patch.bands)
        assert same(tile.patch.bands, bands[:, top:bottom, left:right])


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 100))
def test_the_cells_of_a_grid_cover_each_pixel_once(height, width, tile_px):
    grid = TileGrid(height, width, tile_px)
    count = np.zeros((height, width), int)
    for window in grid.windows:
        count[
            window.top_px : window.top_px + window.height_px,
            window.left_px : window.left_px + window.width_px,
        ] += 1
    assert len(grid.windows) == grid.rows * grid.cols
    assert (count == 1).all()


def test_tiles_come_row_by_row_and_are_named_by_who_and_where():
    tiles = list(cut_tiles(ArrayScene(patch(5, 7)), "sat/t1@60", tile_px=4, margin_px=1))

    assert [t.id for t in tiles] == [
        "sat/t1@60#0,0",
        "sat/t1@60#0,1",
        "sat/t1@60#1,0",
        "sat/t1@60#1,1",
    ]
    assert tiles[3].id == tile_id("sat/t1@60", 1, 1)
    assert tiles[3].window == Window(4, 4, 1, 3)
    assert (tiles[3].bit_depth, tiles[3].radiometry) == (12, Radiometry(1e-4))


def test_a_tile_does_not_change_when_the_strip_rolls_on():
    scene = ArrayScene(patch(12, 6))
    tiles = cut_tiles(scene, "a", tile_px=4, margin_px=2)
    first = next(tiles)
    before = first.surroundings.copy()

    list(tiles)

    assert same(first.surroundings, before)


@pytest.mark.parametrize("has", [True, False])
def test_a_painted_scene_is_cut_as_the_scene_itself_and_read_once(has):
    scene = ArrayScene(patch(12, 7, truth=has, valid=has))
    painted = Painted.whole(scene)
    for tile_px, margin_px in ((5, 0), (4, 3)):
        ours, theirs = (
            list(cut_tiles(item, "a", tile_px=tile_px, margin_px=margin_px))
            for item in (painted, ArrayScene(scene.whole))
        )
        for one, other in zip(ours, theirs, strict=True):
            assert (one.id, one.window, one.inset) == (other.id, other.window, other.inset)
            assert (one.bit_depth, one.radiometry) == (other.bit_depth, other.radiometry)
            assert same(one.surroundings, other.surroundings)
            for name in ("bands", "truth", "valid"):
                assert same(getattr(one.patch, name), getattr(other.patch, name))
    assert scene.rows_read == list(range(12))


@pytest.mark.parametrize("sides", [(0, 5, 4), (5, 0, 4), (5, 5, 0)])
def test_a_side_below_one_pixel_is_refused(sides):
    with pytest.raises(ImageryError, match="at least one pixel"):
        TileGrid(*sides)


def test_a_negative_margin_is_refused():
    with pytest.raises(ImageryError, match="margin"):
        list(cut_tiles(ArrayScene(patch(5, 5)), "a", tile_px=4, margin_px=-1))


def test_the_place_of_a_tile_is_the_way_back_from_its_id():
    assert tile_place(tile_id("one/a#b/5", 3, 12)) == ("one/a#b/5", 3, 12)
