"""What is said of a sample: by hand."""

import pytest

from payload.analysis.sampled import Painted, sample_notes, sampled_part

ARMS = [
    {"name": "raw", "downlinked_bytes": 9000, "clear_pixels_delivered": 900},
    {"name": "prune", "downlinked_bytes": 2000, "clear_pixels_delivered": 400},
    {"name": "mask", "downlinked_bytes": 1000, "clear_pixels_delivered": 0},
]
HALF_WIDTHS = {"prune": (30.0, 4.0), "mask": (21.0, 7.0)}


@pytest.mark.parametrize(
    ("error", "is_said"), [(0.02, True), (0.021, False), (0.05, False), (None, False)]
)
def test_the_widest_interval_is_said_where_it_is_wider_than_was_asked_for(error, is_said):
    """21 of 1,000 bytes by `mask`; of nothing there is no share."""
    part = sampled_part(ARMS, HALF_WIDTHS, Painted(900, 300, 0.1, error))
    said = part["sentences"][1]
    assert said.startswith(
        "Estimated from the sample itself, the 95 % interval of what came down is ± 1.50 % for bytes and ± 1.00 % for clear pixels."
    )
    assert ("Up to ± 2.10 % (mask) exceeds the ± 2 % requested" in said) == is_said
    assert ("requested" in said) == is_said


def test_no_interval_reaches_below_none():
    """By `mask` no clear pixel came down, give or take 7; of 2,000 bytes 2,500 are unsure."""
    told = sampled_part(ARMS, HALF_WIDTHS | {"prune": (2500.0, 4.0)}, Painted(900, 300, 0.1))[
        "arms"
    ]
    assert set(told) == {"prune", "mask"}
    assert told["mask"] == {
        "downlinked_bytes_low": 979.0, "downlinked_bytes_high": 1021.0,
        "clear_pixels_delivered_low": 0.0, "clear_pixels_delivered_high": 7.0,
    }  # fmt: skip
    assert told["prune"]["downlinked_bytes_low"] == 0.0
    assert told["prune"]["downlinked_bytes_high"] == 4500.0


def test_of_several_flights_the_one_is_told_that_is_least_sure_of_its_own():
    """10 of 100 bytes are more than 50 of 1,000; of clear pixels 9 of 300 more than 2 of 100."""
    flights = [
        {
            "sampled.tiles": 900, "sampled.painted": 300, "arms.prune.downlinked_bytes": sent,
            "sampled.arms.prune.downlinked_bytes_high": sent + half, "arms.prune.clear_pixels_delivered": clear,
            "sampled.arms.prune.clear_pixels_delivered_high": clear + off,
        }
        for sent, half, clear, off in ((100, 10, 100, 2), (1000, 50, 300, 9))
    ]  # fmt: skip
    first, second = sample_notes(flights)
    assert first.startswith("Of 1,800 tiles, 600 (33.3 %) were rendered")
    assert "at most ± 10.00 % for bytes and ± 3.00 % for clear pixels" in second
    assert sample_notes([]) == []
