"""What is dropped, by the mask and by expectation."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from payload.masking.scores import estimate_cover
from payload.pruning import KEEP_ALL, Policy, decide, image_cover
from payload.scenario.camera import PruningModel
from payload.sim.arms import ARMS, make_arm
from payload.types import CloudMask, CoverEstimate, Patch

RATIOS = st.floats(0.01, 100)


def estimate(probability, threshold=0.5):
    """What is found in a tile of these probabilities."""
    plane = np.atleast_2d(np.asarray(probability, np.float32))
    return estimate_cover(
        CloudMask(plane, threshold), Patch(np.zeros((4, *plane.shape), np.uint16))
    )


def by_expectation(ratio):
    limit = PruningModel(policy="expected_value", cost_ratio=ratio).max_expected_cover
    return Policy("tile", limit, judged_by="expected_cover")


def test_a_tile_is_dropped_above_the_limit_and_kept_at_it():
    kept, dropped = decide([CoverEstimate(10, 7), CoverEstimate(10, 8)], Policy("tile", 0.7))
    assert (kept.keep, kept.reason) == (True, "tile cover 0.700 within 0.7")
    assert (dropped.keep, dropped.reason) == (False, "tile cover 0.800 above 0.7")


def test_an_image_is_dropped_as_a_whole_by_its_pooled_cover():
    estimates = [CoverEstimate(10, 10), CoverEstimate(30, 0)]
    assert image_cover(estimates) == 0.25
    assert [d.keep for d in decide(estimates, Policy("image", 0.2))] == [False, False]
    assert [d.keep for d in decide(estimates, Policy("image", 0.25))] == [True, True]


def test_without_data_all_but_the_blind_drop_a_tile():
    nothing = CoverEstimate(0, 0, expected_cloud_px=0.0)
    for policy in (Policy("tile"), Policy("image"), by_expectation(1.0)):
        assert not decide([nothing], policy)[0].keep
    assert decide([nothing], KEEP_ALL)[0].keep


def test_a_tile_that_the_mask_calls_cloud_and_nobody_is_sure_of_is_kept_by_expectation():
    # A threshold of 0.5 makes 0.6 a cloud everywhere; of ten such pixels four are clear.
    hazy = estimate([0.6] * 10)
    assert hazy.cover == 1
    assert hazy.expected_cloud_px == pytest.approx(6)
    assert not decide([hazy], Policy("tile", 0.7))[0].keep
    told = decide([hazy], by_expectation(7 / 3))[0]
    assert (told.keep, told.reason) == (True, "tile expected cover 0.600 within 0.7")


def test_by_expectation_a_tile_is_dropped_where_losing_it_costs_less_than_sending_it():
    # 4 clear pixels expected to be lost at 1.4 each are 5.6 against 6 cloudy ones; at 1.6 they are 6.4.
    hazy = estimate([0.6] * 10)
    assert not decide([hazy], by_expectation(1.4))[0].keep
    assert decide([hazy], by_expectation(1.6))[0].keep


def test_pixels_without_data_are_expected_to_be_nothing():
    probability = np.array([[1, 1, 0.5, 0.5]], np.float32)
    valid = np.array([[False, False, True, True]])
    found = estimate_cover(
        CloudMask(probability, 0.5), Patch(np.zeros((4, 1, 4), np.uint16), valid=valid)
    )
    assert (found.valid_px, found.expected_cloud_px) == (2, 1.0)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60), RATIOS)
def test_by_expectation_the_cheaper_of_losing_and_sending_is_chosen(probabilities, ratio):
    cloudy = float(np.sum(probabilities))
    losing, sending = ratio * (len(probabilities) - cloudy), cloudy
    assume(abs(losing - sending) > 1e-6 * (losing + sending))
    kept = decide([estimate(probabilities)], by_expectation(ratio))[0].keep
    assert kept == (losing > sending)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=8), RATIOS)
def test_where_every_pixel_is_certain_both_policies_decide_alike(counts, ratio):
    tiles = [estimate([0.0] * clear + [1.0] * cloud) for clear, cloud in counts if clear + cloud]
    cover = Policy("tile", ratio / (1 + ratio))
    assert [d.keep for d in decide(tiles, by_expectation(ratio))] == [
        d.keep for d in decide(tiles, cover)
    ]


@given(st.integers(0, 100), st.integers(0, 100), RATIOS)
def test_an_estimate_without_probabilities_is_judged_by_its_mask(clear, cloud, ratio):
    assume(clear + cloud)
    said, summed = (
        CoverEstimate(clear + cloud, cloud, expected_cloud_px=expected)
        for expected in (None, float(cloud))
    )
    policy = by_expectation(ratio)
    assert decide([said], policy) == decide([summed], policy)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=60), RATIOS, RATIOS)
def test_the_dearer_a_clear_pixel_the_more_is_kept(probabilities, one, other):
    low, high = sorted((one, other))
    tile = [estimate(probabilities)]
    assert decide(tile, by_expectation(low))[0].keep <= decide(tile, by_expectation(high))[0].keep


def test_left_out_the_ratio_follows_from_the_highest_cover():
    model = PruningModel(policy="expected_value", max_cloud_cover=0.6)
    assert model.max_expected_cover == 0.6
    assert PruningModel(cost_ratio=1.5).max_expected_cover == pytest.approx(0.6)


@pytest.mark.parametrize("ratio", [0, -1, float("inf"), float("nan"), 1e9])
def test_a_ratio_that_makes_no_sense_is_refused(ratio):
    with pytest.raises(ValidationError, match="cost_ratio"):
        PruningModel(cost_ratio=ratio)


def test_only_the_arms_of_the_scenarios_own_policy_follow_it():
    cover, value = (
        {name: make_arm(name, PruningModel(policy=policy)).policy for name in ARMS}
        for policy in ("max_cloud_cover", "expected_value")
    )
    assert {name for name in ARMS if cover[name] != value[name]} == {"prune", "oracle"}
    assert value["oracle"] == value["prune"]
    assert value["prune"].judged_by == "expected_cover"
