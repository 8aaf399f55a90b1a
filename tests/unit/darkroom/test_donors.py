"""What a tile takes from one that it is like, worked by hand."""

from dataclasses import replace

import pytest

from payload.compression.record import HEADER_BYTES
from payload.darkroom.donors import Blank, Donor, like
from payload.darkroom.facts import ClearPart, Thumbnail, TileFacts, perfect
from payload.types import CoverEstimate, Glance, NotCoded

ESTIMATE = CoverEstimate(1000, 310, 240, 60, 70, 630, 330.0)
"""Of 300 cloudy pixels 240 are found, of 700 clear ones 70 are called cloud; probabilities tell of 20 more."""
FACTS = TileFacts(
    tile_id="donor",
    pixels=1000,
    raw_bytes=HEADER_BYTES + 6000,
    estimate=ESTIMATE,
    perfect=perfect(ESTIMATE),
    encoded_bytes=HEADER_BYTES + 1600,
    record_at=0,
    thumbnail=Thumbnail(10, HEADER_BYTES + 30, HEADER_BYTES + 30, 99),
    clear_part=ClearPart(HEADER_BYTES + 1100, NotCoded(1500, clear_px=50, cloudy_px=200), 2),
    encodings=3,
)
DONOR = Donor(Glance(0.25, "forest", 40.0, 0.2, 1000), FACTS)
"""A glance saw 0.05 less than there is."""
HALF = Blank("tile", Glance(0.45, "forest", 42.0, 0.4, 500), 500, HEADER_BYTES + 9000, HEADER_BYTES + 3000)  # fmt: skip


def test_masks_err_by_the_donor_s_shares_of_cloud_and_of_clear_ground():
    """Of 500 pixels half are cloudy: 0.45 and the 0.05 more."""
    found = like(DONOR, HALF)
    told = CoverEstimate(500, 225, 200, 50, 25, 225, 225 + 10.0)
    assert found.estimate == told
    assert found.perfect == CoverEstimate(250 + 250, 250, 250, 0, 0, 250, 250.0)
    assert (found.tile_id, found.pixels, found.raw_bytes) == ("tile", 500, HEADER_BYTES + 9000)


def test_records_are_as_many_bytes_a_pixel_beyond_their_headers():
    """A record is no longer than the raw one of what is painted, whatever else is counted."""
    found = like(DONOR, HALF)
    assert found.encoded_bytes == HEADER_BYTES + 800
    assert found.thumbnail == Thumbnail(5, HEADER_BYTES + 15, HEADER_BYTES + 15)
    assert (found.encodings, found.record_at) == (3, None)
    long = replace(DONOR, facts=replace(FACTS, encoded_bytes=HEADER_BYTES + 6000))
    assert like(long, replace(HALF, pixels=600)).encoded_bytes == HEADER_BYTES + 3000


def test_of_cloud_and_of_clear_ground_the_donor_s_shares_are_left_out():
    """50 of 700 and 200 of 300 are 18 and 167 of 250: 185 for 250, and 315 pixels are coded for 750."""
    part = like(DONOR, HALF).clear_part
    left_out = NotCoded(round(1500 * 185 / 250), clear_px=18, cloudy_px=167)
    assert part == ClearPart(HEADER_BYTES + round(1100 * 315 / 750), left_out, 2)


def test_what_leaves_cloud_out_is_shorter_than_the_whole():
    nearly = ClearPart(HEADER_BYTES + 1590, NotCoded(1500, clear_px=50, cloudy_px=200))
    donor = replace(DONOR, facts=replace(FACTS, clear_part=nearly))
    clearer = replace(HALF, glance=Glance(0.0, "forest", 42.0, 0.0, 500))
    found = like(donor, clearer)
    assert found.clear_part.encoded_bytes == found.encoded_bytes - 1
    none = replace(DONOR, facts=replace(FACTS, clear_part=None))
    assert like(none, HALF).clear_part is None


@pytest.mark.parametrize(("cover", "cloudy_px"), [(0.98, 500), (0.0, 25)])
def test_no_tile_is_cloudier_than_overcast_or_clearer_than_clear(cover, cloudy_px):
    """0.98 and 0.05 are no 1.03; and where a glance sees too much, what it does not see is none."""
    found = like(DONOR, replace(HALF, glance=Glance(cover, "forest", 42.0, cover, 500)))
    assert found.estimate.cloudy_px == cloudy_px
    seeing_more = replace(DONOR, glance=Glance(0.5, "forest", 40.0, 0.2, 1000))
    clear = replace(HALF, glance=Glance(0.1, "forest", 42.0, 0.1, 500))
    assert like(seeing_more, clear).estimate.cloudy_px == 0
