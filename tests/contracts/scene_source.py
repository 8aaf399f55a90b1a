"""The contract of a scene source: inherit `SceneSourceContract`, name the source and a view."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest

from payload.ports import GlancingAtMany, SceneSource
from payload.types import View, Window


class SceneSourceContract:
    source: SceneSource
    view: View

    def scene(self):
        return self.source.scene(self.view)

    def whole(self):
        scene = self.scene()
        return scene, scene.read(Window(0, 0, scene.height_px, scene.width_px))

    def test_samples_fit_their_bit_depth_and_bands_their_names(self):
        scene, patch = self.whole()
        assert patch.bands.dtype == np.uint16
        assert patch.bands.shape == (len(scene.bands), scene.height_px, scene.width_px)
        assert int(patch.bands.max()) < 2**scene.bit_depth
        if patch.truth is not None:
            assert patch.truth.shape == patch.bands.shape[1:]
            assert set(np.unique(patch.truth)) <= {0, 1, 2, 255}

    def test_a_window_is_the_same_alone_as_in_the_whole(self):
        scene, whole = self.whole()
        height, width = scene.height_px, scene.width_px
        windows = [
            Window(0, 0, 1, 1),
            Window(height - 1, width - 1, 1, 1),
            Window(height // 3, width // 4, height // 2, width // 3),
            Window(height // 2, 0, 1, width),
        ]
        for window in reversed(windows):
            part = self.scene().read(window)
            rows = slice(window.top_px, window.top_px + window.height_px)
            cols = slice(window.left_px, window.left_px + window.width_px)
            np.testing.assert_array_equal(part.bands, whole.bands[:, rows, cols])
            if whole.truth is not None:
                np.testing.assert_array_equal(part.truth, whole.truth[rows, cols])
            if whole.valid is not None and part.valid is not None:
                np.testing.assert_array_equal(part.valid, whole.valid[rows, cols])

    def test_a_view_is_glanced_at_alike_alone_and_among_others(self):
        """Only of those that glance at many views at once; however a list of views is cut, no bit may differ."""
        if not isinstance(self.source, GlancingAtMany):
            pytest.skip("it does not glance at many views")
        scene = self.scene()
        height, width = scene.height_px // 2, scene.width_px // 2
        windows = [Window(0, 0, height, width), Window(height, width, height, width)]
        views = [
            replace(self.view, id=f"{number}", utc=self.view.utc + timedelta(hours=number))
            for number in range(11)
        ]
        alone = [self.source.glance(view, windows) for view in views]
        for cuts in ((0, 11), (0, 1, 3, 11), (0, 8, 10, 11)):
            for first, last in pairwise(cuts):
                found = self.source.glance_at_many(views[first:last], windows)
                assert found == alone[first:last]
