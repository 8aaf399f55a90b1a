"""What is drawn for tiles: uniform by itself, even among those of an image that look alike."""

import numpy as np
import pytest

from payload.darkroom.looked_at import evenly, look_at
from payload.types import Glance

MEMBER = np.array([3] * 7 + [1] * 2 + [5] + [3] * 3)
DRAWS = 4_000


@pytest.fixture(scope="module")
def numbers():
    """Those of an image of thirteen tiles, drawn again and again."""
    return np.array([evenly(np.random.default_rng(draw), MEMBER) for draw in range(DRAWS)])


def test_the_number_of_a_tile_is_uniform(numbers):
    """The distance to the diagonal is within Kolmogorov's bound, which one in ten thousand exceeds."""
    ranks = (np.arange(DRAWS) + 0.5) / DRAWS
    far = np.abs(np.sort(numbers, axis=0) - ranks[:, None]).max(axis=0)
    assert far.max() < 2.23 / DRAWS**0.5


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.77])
def test_of_alike_tiles_of_an_image_a_share_is_painted_rounded_up_or_down(numbers, share):
    for stratum in (1, 3, 5):
        those = stratum == MEMBER
        counts = np.unique((numbers[:, those] < share).sum(axis=1))
        assert counts.min() >= np.floor(share * those.sum())
        assert counts.max() <= np.ceil(share * those.sum())


def test_tiles_that_do_not_look_alike_are_drawn_one_by_one(numbers):
    """Correlations of 4,000 independent pairs are within four deviations of none."""
    pairs = np.corrcoef(numbers[:, [0, 7, 9]].T)
    assert np.abs(pairs[np.triu_indices(3, 1)]).max() < 4.0 / DRAWS**0.5


def test_an_odd_image_is_neither_missed_nor_met_too_often():
    """Of twenty tiles of an odd image a tenth is two; one by one it would be none in one sample of eight, (9/10)^20."""
    glances = {
        f"image-{number}": [Glance(1.0, "water", 50.0, 1.0, 2**16)] * 20 for number in range(3)
    }
    for seed in range(50):
        looked = look_at(seed, glances)
        begin = looked.images["image-1"]
        assert (looked.lots[begin : begin + 20] < 0.1).sum() == 2
        assert not np.array_equal(looked.lots[:20], looked.lots[20:40])
        assert not np.array_equal(looked.lots, looked.dice)
