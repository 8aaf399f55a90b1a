"""Clear tiles thrown away and cloudy ones kept, on tiles whose fate is known by construction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import MaskerError
from payload.training.judge.discards import Rate, clear_ground, discards, lost_images
from payload.training.judge.judging import judge
from payload.training.readers.plain import read


def tenths(count):
    """Ten pixels in a row of which so many are 1."""
    return (np.arange(10) < count).astype(np.uint8)[None]


def test_a_tile_is_lost_above_the_rule_and_not_at_it(picture, says):
    images = [picture(tenths(0), tenths(share), f"i{share}") for share in range(11)]
    found = discards(judge(says(), images))["all"]
    assert [one.rule for one in found] == [0.3, 0.5, 0.7]
    assert [one.lost.part for one in found] == [7, 5, 3]
    assert all(one.lost.whole == 11 for one in found)
    assert all(one.kept.whole == 0 for one in found)


def test_cloudy_tiles_are_those_above_the_rule_by_truth(picture, says):
    images = [picture(tenths(share), tenths(0), f"i{share}") for share in range(11)]
    found = discards(judge(says(), images))["all"]
    assert [(one.kept.part, one.kept.whole) for one in found] == [(7, 7), (5, 5), (3, 3)]


def test_little_cloud_is_clear_and_few_labels_are_none(picture, says):
    truth = np.zeros((10, 20), np.uint8)
    truth.flat[:2] = 1  # 1 %
    images = [picture(truth, 1.0, "little")]
    truth = truth.copy()
    truth.flat[2] = 1
    images += [picture(truth, 1.0, "more")]
    unknown = np.zeros((10, 20), np.uint8)
    unknown.flat[:10] = 255  # 5 %
    images += [picture(unknown, 1.0, "sure")]
    unknown = unknown.copy()
    unknown.flat[10] = 255
    images += [picture(unknown, 1.0, "unsure")]
    judged = judge(says(), images)
    assert discards(judged)["all"][1].lost == Rate(2, 2)
    assert lost_images(judged, rule=0.5) == ["little", "sure"]


def test_tiles_are_counted_by_surface_or_else_by_source(picture, says):
    images = [
        picture(np.zeros((4, 6)), 1.0, "a", surface="snow"),
        picture(np.zeros((4, 6)), 0.0, "b", surface="sand"),
        picture(np.zeros((4, 4)), 0.0, "c"),
    ]
    found = discards(judge(says(), images, tile_px=4))
    assert list(found) == ["all", "made", "sand", "snow"]
    assert {kind: rules[0].lost for kind, rules in found.items()} == {
        "all": Rate(2, 5),
        "made": Rate(0, 1),
        "sand": Rate(0, 2),
        "snow": Rate(2, 2),
    }


def test_a_rule_is_a_share(picture, says):
    with pytest.raises(MaskerError, match="share of a tile"):
        discards(judge(says(), [picture([[0]])]), rules=[30])


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_the_published_ones(part, whole, low, high):
    assert Rate(part, whole).interval == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_its_share_and_mirrors(whole, data):
    part = data.draw(st.integers(0, whole))
    low, high = Rate(part, whole).interval
    assert 0 <= low <= part / whole + 1e-12
    assert part / whole - 1e-12 <= high <= 1
    other = Rate(whole - part, whole).interval
    assert (1 - other[1], 1 - other[0]) == pytest.approx((low, high))


@given(st.integers(1, 200), st.integers(1, 5))
def test_tiles_that_several_seeds_counted_are_no_more_tiles(whole, seeds):
    """Wilson's interval of the tiles there are, however often the same share was found on them."""
    once, often = Rate(whole // 3, whole), Rate(seeds * (whole // 3), seeds * whole, repeats=seeds)
    assert often.share == pytest.approx(once.share)
    assert often.interval == pytest.approx(once.interval)


def test_nothing_of_nothing_may_be_anything():
    assert Rate(0, 0).share is None
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_clear_ground_has_no_cloud_and_few_unknown_pixels(picture):
    shadow, cloud = np.full((10, 10), 2), np.zeros((10, 10))
    cloud[0, 0] = 1
    four, five = np.zeros((10, 10)), np.zeros((10, 10))
    four.flat[:4] = five.flat[:5] = 255
    images = [picture(shadow, 0, "a"), picture(cloud, 0, "b")]
    images += [picture(four, 0, "c"), picture(five, 0, "d")]
    assert [image.id for image in clear_ground(images)] == ["a", "c"]


def test_clear_ground_is_found_among_the_real_images(real_images):
    found = clear_ground(list(read(real_images)))
    assert len(found) == 73
    assert {image.source for image in found} >= {"SEN12MS-CR", "USGS L8 Biome"}
