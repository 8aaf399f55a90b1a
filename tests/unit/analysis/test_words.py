"""Figures in words for a terminal."""

import pytest

from payload.analysis.words import human_px


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, "unknown"),
        (0, "0.0 Mpx"),
        (20, "20 px"),
        (22_535, "22.5 kpx"),
        (49_999, "50 kpx"),
        (50_000, "0.1 Mpx"),
        (24_100_000, "24.1 Mpx"),
    ],
)
def test_few_pixels_are_not_told_as_none(count, said):
    assert human_px(count) == said
