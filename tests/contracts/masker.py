"""The contract of a masker: inherit `MaskerContract` and name the masker."""

from dataclasses import replace

import numpy as np
import pytest

from payload.imaging.tiling import cut_tiles
from payload.ports import Masker
from payload.types import Patch, Radiometry, Window


class FlatScene:
    """A scene of an array, for tests: what the sockets call a `Scene`."""

    bands = ("blue", "green", "red", "nir")
    bit_depth = 12
    radiometry = Radiometry(1.6 / 4095)
    georeference = None

    def __init__(self, dn, truth=None):
        self.dn, self.truth = dn, truth
        self.height_px, self.width_px = dn.shape[1:]

    def read(self, window: Window) -> Patch:
        rows = slice(window.top_px, window.top_px + window.height_px)
        cols = slice(window.left_px, window.left_px + window.width_px)
        truth = None if self.truth is None else self.truth[rows, cols]
        return Patch(self.dn[:, rows, cols], truth)


def blobs(height, width, seed=1):
    """DN (4, H, W) with bright blobs on dark ground, and their truth."""
    rng = np.random.default_rng(seed)
    coarse = rng.normal(size=(height // 16 + 2, width // 16 + 2))
    smooth = np.kron(coarse, np.ones((16, 16)))[:height, :width]
    cloud = smooth > 0.3
    dn = np.where(cloud, 1500, 200) + rng.integers(0, 100, (4, height, width))
    return dn.astype(np.uint16), cloud.astype(np.uint8)


class MaskerContract:
    masker: Masker
    needs_truth = False

    def masks(self, height, width, tile_px, *, with_truth=True):
        dn, truth = blobs(height, width)
        scene = FlatScene(dn, truth if with_truth or self.needs_truth else None)
        whole = np.zeros((height, width), np.float32)
        for tile in cut_tiles(scene, "image", tile_px=tile_px, margin_px=self.masker.margin_px):
            mask = self.masker.predict(tile)
            rows = slice(tile.window.top_px, tile.window.top_px + tile.window.height_px)
            cols = slice(tile.window.left_px, tile.window.left_px + tile.window.width_px)
            assert mask.probability.shape == (tile.window.height_px, tile.window.width_px)
            assert mask.probability.dtype == np.float32
            whole[rows, cols] = mask.cloud
        return whole

    def test_its_margin_is_in_whole_multiples(self):
        assert self.masker.margin_px % self.masker.multiple_px == 0

    @pytest.mark.parametrize("shape", [(1, 1), (1, 50), (37, 3), (200, 300)])
    def test_the_tiled_mask_is_that_of_one_piece(self, shape):
        np.testing.assert_array_equal(self.masks(*shape, 64), self.masks(*shape, 4096))

    def test_probabilities_lie_between_0_and_1_whatever_the_samples(self):
        rng = np.random.default_rng(2)
        for dn in (
            np.zeros((4, 40, 40)),
            np.full((4, 40, 40), 4095),
            rng.integers(0, 4096, (4, 40, 40)),
        ):
            scene = FlatScene(dn.astype(np.uint16), np.zeros((40, 40), np.uint8))
            for tile in cut_tiles(scene, "image", tile_px=64, margin_px=self.masker.margin_px):
                probability = self.masker.predict(tile).probability
                assert np.isfinite(probability).all()
                assert probability.min() >= 0
                assert probability.max() <= 1

    def test_it_answers_the_same_when_truth_is_taken_away(self):
        if self.needs_truth:
            return
        np.testing.assert_array_equal(
            self.masks(100, 90, 32), self.masks(100, 90, 32, with_truth=False)
        )

    def test_it_does_not_change_its_input(self):
        dn, truth = blobs(50, 60)
        before = dn.copy()
        for tile in cut_tiles(
            FlatScene(dn, truth), "image", tile_px=32, margin_px=self.masker.margin_px
        ):
            self.masker.predict(replace(tile))
        np.testing.assert_array_equal(dn, before)

    def test_it_says_who_it_is(self):
        assert self.masker.identity.model
        assert self.masker.identity.parameters >= 0
