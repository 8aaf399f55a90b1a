"""Probabilities that mean what they say, and the threshold that costs least."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.training.calibrate import (
    COLDEST,
    HOTTEST,
    Weighed,
    calibrate,
    choose_threshold,
    fit_temperature,
    try_own_thresholds,
    why_one_for_all,
)

TEMPERATURES = st.floats(0.3, 5)
RATIOS = st.floats(0.05, 20)


def drawn(temperature, count=200_000, seed=1):
    """Logits that are `temperature` times too sure of what is drawn by them."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 3, count)
    truth = (rng.random(count) < 1 / (1 + np.exp(-honest))).astype(np.uint8)
    return (temperature * honest).astype(np.float32), truth


def surprise(logits, truth, temperature):
    """Mean of -log p(truth), by the book."""
    z = logits.astype(np.float64) / temperature
    return np.mean(np.logaddexp(0, z) - z * (truth == 1))


@given(TEMPERATURES)
@settings(max_examples=25)
def test_the_temperature_that_was_put_in_is_found_again(temperature):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.02)


@given(TEMPERATURES, st.integers(0, 1000))
def test_no_other_temperature_makes_the_truth_likelier(temperature, seed):
    logits, truth = drawn(temperature, 300, seed)
    found = fit_temperature(logits, truth)
    least = surprise(logits, truth, found)
    grid = np.geomspace(COLDEST, HOTTEST, 300)
    assert all(least <= surprise(logits, truth, other) + 1e-9 for other in grid)


def test_unknown_pixels_have_no_say_and_shadow_is_clear():
    logits, truth = drawn(2.0, 5000)
    more = np.concatenate([logits, np.full(3000, 50, np.float32)])
    marked = np.concatenate([np.where(truth == 0, 2, truth), np.full(3000, 255)]).astype(np.uint8)
    assert fit_temperature(more, marked) == fit_temperature(logits, truth)


def test_where_all_is_right_or_nothing_is_known_the_ends_are_met():
    sure = np.array([-3, -1, 2, 5], np.float32)
    truth = np.array([0, 0, 1, 1], np.uint8)
    assert fit_temperature(sure, truth) == pytest.approx(COLDEST)
    assert fit_temperature(sure, 1 - truth) == pytest.approx(HOTTEST)
    with pytest.raises(MaskerError, match="no pixel has a known truth"):
        fit_temperature(sure, np.full(4, 255, np.uint8))


def test_the_card_tells_of_errors_before_and_after():
    scenes = np.arange(200_000) % 4
    found = calibrate(*drawn(3.0), scenes, measured_on="drawn pixels")
    assert found.temperature == pytest.approx(3, rel=0.02)
    assert found.ece_before > 0.05
    assert found.ece_after < 0.005
    assert sum(part.pixels for part in found.reliability) == 200_000
    assert all(abs(part.probability - part.cloud) < 0.02 for part in found.reliability)


def test_a_temperature_that_does_not_help_scenes_without_a_say_in_it_is_not_taken():
    """One scene is all too sure, the other much too timid: neither may cool or heat the other."""
    (sure, one), (timid, other) = drawn(4.0, 50_000), drawn(0.25, 50_000, seed=2)
    logits, truth = np.concatenate([sure, timid]), np.concatenate([one, other])
    scenes = np.repeat([0, 1], 50_000)
    found = calibrate(logits, truth, scenes, measured_on="drawn pixels")
    assert fit_temperature(logits, truth) != pytest.approx(1, abs=0.1)
    assert found.temperature == 1
    assert found.ece_before == found.ece_after


@pytest.mark.parametrize("ratio", [0.2, 0.5, 1.0, 3.0, 9.0])
def test_of_calibrated_pixels_the_threshold_of_theory_is_the_cheapest(ratio):
    logits, truth = drawn(1.0)
    found = choose_threshold(1 / (1 + np.exp(-logits)), truth, cost_ratio=ratio)
    assert found.theory.threshold == ratio / (1 + ratio)
    assert found.best.threshold == pytest.approx(found.theory.threshold, abs=0.05)
    assert found.best.cost <= found.theory.cost <= 1.005 * found.best.cost
    assert f"from {found.theory.threshold:.3g} on" in found.reason


@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.sampled_from([0, 1, 2, 255])), min_size=1),
    RATIOS,
)
def test_a_curve_is_what_counting_gives(pixels, ratio):
    said = np.array([p for p, _ in pixels], np.float32)
    truth = np.array([t for _, t in pixels], np.uint8)
    known = truth != 255
    if not known.any():
        with pytest.raises(MaskerError, match="no pixel has a known truth"):
            choose_threshold(said, truth, cost_ratio=ratio)
        return
    found = choose_threshold(said, truth, cost_ratio=ratio)
    for point in found.curve[::20]:
        cloud = said >= np.float32(point.threshold)
        lost = (cloud & known & (truth != 1)).sum() / known.sum()
        kept = (~cloud & (truth == 1)).sum() / known.sum()
        assert (point.discarded, point.kept) == pytest.approx((lost, kept))
        assert point.cost == pytest.approx(ratio * lost + kept)
    assert found.best.cost == pytest.approx(min(point.cost for point in found.curve))


def test_the_dearer_a_clear_pixel_the_fewer_are_thrown_away():
    logits, truth = drawn(1.5, 20_000)
    probability = 1 / (1 + np.exp(-logits))
    points = [choose_threshold(probability, truth, cost_ratio=r).best for r in (0.2, 1, 5)]
    assert points[0].discarded > points[1].discarded > points[2].discarded


def seen(image, surface, shift, *, seed):
    """An image of pixels that are called cloud too readily by `shift`, in logits."""
    logits, truth = drawn(1.0, 40_000, seed)
    said = 1 / (1 + np.exp(-(logits + np.float32(shift))))
    return Weighed(image, surface, said.reshape(200, 200), truth.reshape(200, 200))


def test_a_surface_that_is_called_cloud_too_readily_gains_by_a_threshold_of_its_own():
    images = [
        seen("g1", "grass", 0, seed=1),
        seen("g2", "grass", 0, seed=2),
        seen("s1", "snow", 2, seed=3),
        seen("s2", "snow", 2, seed=4),
        seen("w1", "water", 0, seed=5),
    ]
    found = try_own_thresholds(images, cost_ratio=1.0)
    assert list(found) == ["grass", "snow"]  # one image alone has no others
    assert found["grass"].threshold == pytest.approx(0.5, abs=0.05)
    assert found["snow"].threshold == pytest.approx(1 / (1 + np.exp(-2)), abs=0.06)
    assert found["snow"].own_cost < 0.9 * found["snow"].common_cost
    assert found["grass"].own_cost >= found["grass"].common_cost - 1e-3
    assert found["snow"].pixels == 80_000
    assert "save" in why_one_for_all({"snow": found["snow"]})
    assert "not tested: water" in why_one_for_all(found, ["water"])


def test_no_scene_has_a_say_in_the_threshold_that_it_is_judged_by():
    """Two images that want opposite thresholds are each judged by the other's, and pay for it."""
    one, other = seen("a", "ice", 2, seed=1), seen("b", "ice", -2, seed=2)
    found = try_own_thresholds([one, other, one, other], cost_ratio=1.0)["ice"]
    assert found.own_cost > found.common_cost
    assert "add" in why_one_for_all({"ice": found})


@pytest.mark.parametrize("ratio", [0, -1, np.inf, np.nan])
def test_a_ratio_that_is_none_is_refused(ratio):
    with pytest.raises(MaskerError, match="cost ratio"):
        choose_threshold(np.zeros(1, np.float32), np.zeros(1, np.uint8), cost_ratio=ratio)
