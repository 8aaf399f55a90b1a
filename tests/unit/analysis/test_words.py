"""Figures in words for a terminal."""

import pytest

from payload.analysis.words import answer, human_px


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


@pytest.mark.parametrize(
    ("saturated", "overflowed", "said"),
    [
        (True, 0, "The bent pipe's link is saturated."),
        (True, 5, "The bent pipe's link is saturated."),
        (False, 5, "its memory is: masking makes room there"),
        (False, 0, "frees link time rather than adding data"),
    ],
)
def test_what_held_the_bent_pipe_back_is_told_last(saturated, overflowed, said):
    arm = {
        "downlinked_bytes": 7,
        "waiting_bytes": 0,
        "overflowed_bytes": overflowed,
        "clear_pixels_delivered": 9,
        "link_saturated": saturated,
    }
    summary = {
        "scenario": "small",
        "duration_s": 3600.0,
        "tiles": {"acquired": 3},
        "bytes": {"acquired": 12},
        "arms": [{"name": "raw", **arm}, {"name": "prune", **arm}],
    }
    assert said in answer(summary).partition("overflowed. ")[2]
