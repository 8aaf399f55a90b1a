"""Figures in words for a terminal."""

import pytest

from payload.analysis.words import answer, arms_table, human_px


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
        (
            9,
            {"own_waiting": 7e6},
            ": 7 MB that still wait on board here were acquired too late to be sent.",
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
    own = {"name": "prune", "waiting_bytes": raw.get("own_waiting", 0)}
    arms = [arm | own, arm | {"name": "raw", "used_bytes": 220} | raw]
    assert answer(summary | {"arms": arms}).endswith(said)


@pytest.mark.parametrize(
    ("cost", "said"),
    [(40_110.4, "40,110"), (2118.1, "2,118"), (2.40637, "2.406"), (None, "unknown")],
)
def test_costs_are_told_as_amounts_of_money(cost, said):
    arm = dict.fromkeys(("downlinked_bytes", "waiting_bytes", "overflowed_bytes"), 0)
    arm |= dict.fromkeys(("clear_pixels_delivered", "clear_pixels_discarded"), 0)
    arm |= {"name": "prune", "data_value_density": None, "saved_fraction": None}
    arm |= dict.fromkeys(("cost", "cost_per_clear_km2", "cost_per_clear_gb"), cost)
    *_, line = arms_table({"arms": [arm], "prices": {"currency": "EUR"}})
    assert line.split()[-3:] == [said] * 3
