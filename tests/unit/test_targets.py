"""Whether an image is within a limit of cloud cover, by whole numbers: cloudy pixels times 100 against percents times pixels."""

import pytest

from payload.pruning import Policy, decide
from payload.targets import is_clear_enough, is_within
from payload.types import CoverEstimate

PERCENTS = range(101)
PIXELS = (*range(1, 130), 199, 200, 299, 300, 333, 399, 400)


@pytest.mark.parametrize(
    ("limit", "clear_px", "pixels"), [(0.7, 3, 10), (0.3, 7, 10), (0.95, 1, 20), (0.57, 43, 100)]
)
def test_exactly_the_wanted_share_is_enough_and_a_pixel_less_is_not(limit, clear_px, pixels):
    assert is_clear_enough(limit, clear_px=clear_px, pixels=pixels)
    assert not is_clear_enough(limit, clear_px=clear_px - 1, pixels=pixels)


def test_of_no_pixels_none_is_cloudy():
    assert is_within(0.0, cloudy_px=0, pixels=0)


@pytest.mark.parametrize("pixels", PIXELS)
def test_limits_hold_to_the_pixel(pixels):
    """For all limits of whole percents, tenths among them, as a user writes them."""
    for percent in PERCENTS:
        limit = float(f"0.{percent:02d}") if percent < 100 else 1.0
        most_px = percent * pixels // 100  # 100 cloudy <= percent x pixels
        for cloudy_px in {0, most_px, min(most_px + 1, pixels), pixels}:
            enough = 100 * cloudy_px <= percent * pixels
            assert is_within(limit, cloudy_px=cloudy_px, pixels=pixels) == enough
            assert is_clear_enough(limit, clear_px=pixels - cloudy_px, pixels=pixels) == enough


@pytest.mark.parametrize("unit", ["tile", "image"])
def test_a_tile_is_kept_by_the_same_rule(unit):
    """On board too."""
    for percent in range(1, 100):
        for pixels in (7, 10, 20, 50, 100, 150, 300):
            for cloudy_px in {percent * pixels // 100, percent * pixels // 100 + 1}:
                (said,) = decide([CoverEstimate(pixels, cloudy_px)], Policy(unit, percent / 100))
                assert said.keep == is_within(percent / 100, cloudy_px=cloudy_px, pixels=pixels)
