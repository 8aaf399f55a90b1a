"""Whether probabilities mean what they say, on pixels whose answer is known by construction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.training.judge.reliability import BINS, Reliability, reliability


def of(probability, truth):
    return reliability(np.asarray(probability, np.float32)[None], np.asarray(truth, np.uint8)[None])


def test_probabilities_that_hold_have_no_error():
    # Four pixels at a quarter, of which one is cloud; two at a half, of which one is.
    found = of([0.25] * 4 + [0.5] * 2, [1, 0, 0, 2, 1, 0])
    assert found.ece == pytest.approx(0)
    assert [pixels for pixels, _, _ in found.bins] == [4, 2]


def test_the_error_of_a_constant_is_its_distance_from_the_share_of_cloud():
    found = of([0.9] * 10, [1] * 6 + [0] * 4)
    assert found.ece == pytest.approx(0.3, abs=1e-6)
    assert found.brier == pytest.approx(0.6 * 0.1**2 + 0.4 * 0.9**2, abs=1e-6)


def test_unknown_pixels_and_no_pixels_say_nothing():
    assert of([0.7, 0.3], [255, 255]).ece is None
    assert Reliability.none().brier is None
    assert Reliability.none().bins == []


def test_a_rule_has_no_probability_to_calibrate():
    assert of([0, 1, 1], [0, 1, 0]).ece is None
    assert of([0, 1, 0.999], [0, 1, 0]).ece is not None
    assert of([0.001, 1], [0, 1]).ece is not None


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=60))
def test_bins_are_those_of_a_second_method_and_add_up(pixels):
    said = np.array([probability for probability, _ in pixels], np.float32)
    cloud = np.array([is_cloud for _, is_cloud in pixels])
    found = of(said, cloud)
    edges = np.arange(1, BINS) / BINS
    place = np.digitize(said.astype(np.float64), edges)
    by_hand = sum(
        abs(said[place == one].sum(dtype=np.float64) - cloud[place == one].sum())
        for one in range(BINS)
    ) / len(pixels)
    assert found.pixels.sum() == len(pixels)
    assert found.cloudy.sum() == cloud.sum()
    # A probability on an edge may fall to either side of it by the last bit.
    on_edge = np.abs(said[:, None] - edges).min() < 1e-6
    if not (found.is_certain or on_edge):
        assert found.ece == pytest.approx(by_hand, abs=1e-9)
    parts = [of(said[:7], cloud[:7]), of(said[7:], cloud[7:])]
    pooled = Reliability.pooled(parts)
    assert (pooled.pixels == found.pixels).all()
    assert pooled.brier == pytest.approx(found.brier)
