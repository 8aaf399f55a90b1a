"""What is said of a sample: by hand."""

import pytest

from payload.analysis.sampled import Painted, sampled_part

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
        "By the sample itself the 95 % interval of what came down is ± 1.50 % for bytes and ± 1.00 % for clear pixels."
    )
    assert ("Up to ± 2.10 % (mask) are more than the ± 2 % asked for" in said) == is_said
    assert ("asked for" in said) == is_said
