"""Lessons from the synthetic Earth: as cloudy as wanted, repeatable, and true to optical depth."""

import numpy as np
import pytest

from payload.rng import stream
from payload.training.compose.composer import VISIBLE
from payload.training.compose.rendered import DOUBTFUL, rendered
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN
from payload.world.atmosphere import cloud_reflectance
from payload.world.clouds import CLOUD_OPTICAL_DEPTH
from payload.world.scene import SyntheticScene

SIDE = 96


def lesson(number, *, cloudy=True, gsd_m=20.0):
    return rendered(stream(7, "lesson", number), SIDE, gsd_m, cloudy=cloudy)


def test_the_same_draws_give_the_same_lesson_and_others_another():
    one, again, other = lesson(0), lesson(0), lesson(1)
    np.testing.assert_array_equal(one.dn, again.dn)
    np.testing.assert_array_equal(one.truth, again.truth)
    assert not np.array_equal(one.dn, other.dn)


def test_skies_are_as_wanted():
    clear = [(lesson(n, cloudy=False).truth == CLOUD).mean() for n in range(12)]
    cloudy = [lesson(n).truth for n in range(24)]
    assert np.max(clear) < 0.1
    assert np.mean([(truth == CLOUD).any() for truth in cloudy]) > 0.7
    assert 0.15 < np.mean([(truth == CLOUD).mean() for truth in cloudy]) < 0.75
    assert any((truth == SHADOW).any() for truth in cloudy)


def test_the_rule_of_doubt_is_that_of_composed_scenes():
    depths = np.array(DOUBTFUL, np.float32)
    assert cloud_reflectance(depths) == pytest.approx((0.02, VISIBLE), rel=0.02)


def test_truth_leaves_open_what_lies_around_the_threshold_of_the_world(monkeypatch):
    assert DOUBTFUL[0] < CLOUD_OPTICAL_DEPTH < DOUBTFUL[1]
    seen = []
    original = SyntheticScene.ground_truth
    monkeypatch.setattr(
        SyntheticScene, "ground_truth", lambda *args: seen.append(original(*args)) or seen[-1]
    )
    for number in range(6):
        truth = lesson(number).truth
        depth = seen[-1].optical_depth
        np.testing.assert_array_equal(truth == CLOUD, depth >= DOUBTFUL[1])
        np.testing.assert_array_equal(
            truth == UNKNOWN, (depth >= DOUBTFUL[0]) & (depth < DOUBTFUL[1])
        )
        assert set(np.unique(truth)) <= {CLEAR, CLOUD, SHADOW, UNKNOWN}


@pytest.mark.parametrize("gsd_m", [5.0, 60.0])
def test_clouds_are_brighter_than_the_ground_beside_them(gsd_m):
    """Of lessons with both; snow under clouds is left out by the median."""
    ratios = []
    for number in range(16):
        found = lesson(number, gsd_m=gsd_m)
        cloud, clear = (found.dn[0][found.truth == kind] for kind in (CLOUD, CLEAR))
        if min(cloud.size, clear.size) > 200:
            ratios.append(cloud.mean() / clear.mean())
    assert np.median(ratios) > 1.5
