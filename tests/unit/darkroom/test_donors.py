"""What a tile takes from one that it is like, worked by hand."""

from dataclasses import replace

import pytest

from payload.compression.record import HEADER_BYTES
from payload.darkroom.donors import Blank, Donor, like, missed_of_thin
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


def test_as_much_cloud_is_missed_and_the_same_share_of_clear_ground_called_cloud():
    """Of 500 pixels half are cloudy: 0.45 and the 0.05 more; 60 of 1000 are missed."""
    found = like(DONOR, HALF, 0.5)
    told = CoverEstimate(500, 245, 220, 30, 25, 225, 245 + 10.0)
    assert found.estimate == told
    assert found.perfect == CoverEstimate(250 + 250, 250, 250, 0, 0, 250, 250.0)
    assert (found.tile_id, found.pixels, found.raw_bytes) == ("tile", 500, HEADER_BYTES + 9000)


@pytest.mark.parametrize(("thick", "missed_px"), [(0.2, 80), (0.4, 30), (0.45, 18), (None, 95)])
def test_of_more_thin_cloud_more_is_missed(thick, missed_px):
    """By half of what is thin beyond 0.05: of 500 pixels 50 more for 0.2, 12 fewer for none; of all if the glance does not say."""
    donor = DONOR if thick is not None else replace(DONOR, glance=Glance(0.07, "forest", 40.0))
    tile = replace(HALF, glance=Glance(0.45 if thick is not None else 0.33, "forest", 42.0, thick))
    assert like(donor, tile, 0.5).estimate.missed_cloud_px == missed_px


def masked(cover, thick, missed, wrong=0.0, surface="forest"):
    """A donor of 10,000 pixels of which a masker misses so many, and calls so many clear ones cloud."""
    cloudy_px, clear_px = round(10_000 * cover), round(10_000 * (1 - cover))
    missed_px, false_px = round(10_000 * missed), round(wrong * clear_px)
    cloud_px = cloudy_px - missed_px + false_px
    counts = cloudy_px - missed_px, missed_px, false_px, clear_px - false_px
    said = CoverEstimate(10_000, cloud_px, *counts, float(cloud_px))
    facts = replace(FACTS, pixels=10_000, estimate=said, perfect=perfect(said), thumbnail=None)
    return Donor(Glance(cover, surface, 50.0, thick, 10_000), facts)


def test_a_masker_s_rule_for_thin_cloud_is_found_in_its_donors_and_holds_for_other_tiles():
    """One that misses 0.4 of what is thin, and a tenth more over snow: then each tile is judged as by itself."""
    covers = [(0.62, 0.30), (0.68, 0.28), (0.61, 0.31), (0.66, 0.26)]
    donors = [masked(cover, thick, 0.4 * (cover - thick)) for cover, thick in covers]
    snow = [masked(cover, thick, 0.1 + 0.4 * (cover - thick), surface="snow") for cover, thick in [(0.1, 0.1), (0.2, 0.05)]]  # fmt: skip
    slope = missed_of_thin([*donors, *snow])
    assert slope == pytest.approx(0.4, abs=1e-3)
    tile = Blank("tile", Glance(0.70, "forest", 50.0, 0.24, 10_000), 10_000, 10**6, 10**6)
    for donor in donors:
        assert like(donor, tile, slope).estimate == masked(0.70, 0.24, 0.4 * 0.46).facts.estimate


@pytest.mark.parametrize("wrong", [0.0, 0.2])
def test_a_masker_that_misses_nothing_misses_nothing_elsewhere(wrong):
    donors = [masked(cover, 0.2, 0.0, wrong) for cover in (0.3, 0.4, 0.44)]
    slope = missed_of_thin(donors)
    tile = Blank("tile", Glance(0.42, "forest", 50.0, 0.1, 10_000), 10_000, 10**6, 10**6)
    assert slope == 0.0
    assert like(donors[0], tile, slope).estimate == masked(0.42, 0.1, 0.0, wrong).facts.estimate


def test_where_nothing_varies_no_slope_is_told_and_none_is_beyond_all_or_nothing():
    assert missed_of_thin([masked(0.5, 0.2, 0.1)]) == 0.0
    assert missed_of_thin([masked(0.31, 0.11, 0.0), masked(0.32, 0.11, 0.05)]) == 1.0
    assert missed_of_thin([masked(0.31, 0.11, 0.05), masked(0.32, 0.11, 0.0)]) == 0.0


def test_records_are_as_many_bytes_a_pixel_beyond_their_headers():
    """A record is no longer than the raw one of what is painted, whatever else is counted."""
    found = like(DONOR, HALF, 0.5)
    assert found.encoded_bytes == HEADER_BYTES + 800
    assert found.thumbnail == Thumbnail(5, HEADER_BYTES + 15, HEADER_BYTES + 15)
    assert (found.encodings, found.record_at) == (3, None)
    long = replace(DONOR, facts=replace(FACTS, encoded_bytes=HEADER_BYTES + 6000))
    assert like(long, replace(HALF, pixels=600), 0.5).encoded_bytes == HEADER_BYTES + 3000


def test_of_cloud_and_of_clear_ground_the_donor_s_shares_are_left_out():
    """50 of 700 and 200 of 300 are 18 and 167 of 250: 185 for 250, and 315 pixels are coded for 750."""
    part = like(DONOR, HALF, 0.5).clear_part
    left_out = NotCoded(round(1500 * 185 / 250), clear_px=18, cloudy_px=167)
    assert part == ClearPart(HEADER_BYTES + round(1100 * 315 / 750), left_out, 2)


def test_what_leaves_cloud_out_is_shorter_than_the_whole():
    nearly = ClearPart(HEADER_BYTES + 1590, NotCoded(1500, clear_px=50, cloudy_px=200))
    donor = replace(DONOR, facts=replace(FACTS, clear_part=nearly))
    clearer = replace(HALF, glance=Glance(0.0, "forest", 42.0, 0.0, 500))
    found = like(donor, clearer, 0.5)
    assert found.clear_part.encoded_bytes == found.encoded_bytes - 1
    none = replace(DONOR, facts=replace(FACTS, clear_part=None))
    assert like(none, HALF, 0.5).clear_part is None


@pytest.mark.parametrize(("cover", "cloudy_px"), [(0.98, 500), (0.0, 25)])
def test_no_tile_is_cloudier_than_overcast_or_clearer_than_clear(cover, cloudy_px):
    """0.98 and 0.05 are no 1.03; and where a glance sees too much, what it does not see is none."""
    found = like(DONOR, replace(HALF, glance=Glance(cover, "forest", 42.0, cover, 500)), 0.5)
    assert found.estimate.cloudy_px == cloudy_px
    seeing_more = replace(DONOR, glance=Glance(0.5, "forest", 40.0, 0.2, 1000))
    clear = replace(HALF, glance=Glance(0.1, "forest", 42.0, 0.1, 500))
    assert like(seeing_more, clear, 0.5).estimate.cloudy_px == 0
