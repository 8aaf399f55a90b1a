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
    ("contacts", "raw", "said"),
    [
        (0, {}, "There were no contacts."),
        (9, {"link_saturated": True}, "The bent pipe's link is saturated."),
        (9, {"overflowed_bytes": 7}, "is not saturated, but its memory overflows."),
        (
            9,
            {"waiting_bytes": 7},
            "is not saturated: the waiting data were acquired too late to be sent.",
        ),
        (9, {}, "is not saturated: masking frees link time rather than adding data."),
        (9, {"used_bytes": 90}, "The bent pipe's link is not saturated."),
    ],
)
def test_link_time_is_freed_only_where_the_link_carries_less_of_what_all_came_down(
    contacts, raw, said
):
    arm = {"downlinked_bytes": 100, "clear_pixels_delivered": 50_000, "waiting_bytes": 0}
    arm |= {"overflowed_bytes": 0, "link_saturated": False, "used_bytes": 110}
    summary = {"scenario": "a", "duration_s": 3600.0, "link": {"contacts": contacts}}
    summary |= {"tiles": {"acquired": 4}, "bytes": {"acquired": 400}}
    arms = [arm | {"name": "prune"}, arm | {"name": "raw", "used_bytes": 220} | raw]
    assert answer(summary | {"arms": arms}).endswith(said)
