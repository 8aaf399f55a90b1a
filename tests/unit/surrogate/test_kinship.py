"""How far errors of tiles even out within an image: against errors whose kinship is known, and by counting."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from payload.surrogate import PACKAGED, even_tiles, read_surrogate, widths
from payload.surrogate.kinship import Kinship, kinship
from payload.surrogate.model import Error

SCENES, TILES, CORRELATION = 1000, 4, 0.3


def errors_of(rng, scenes, tiles, correlation=CORRELATION):
    """Errors of tiles, of deviation 1: a part that a scene's share, and each its own; shape (scenes, tiles)."""
    shared = rng.normal(size=(scenes, 1)) * correlation**0.5
    return shared + rng.normal(size=(scenes, tiles)) * (1 - correlation) ** 0.5


def kinship_of(errors):
    return kinship(np.repeat(np.arange(len(errors)), errors.shape[1]), errors.ravel())


def test_a_known_kinship_is_found_as_surely_as_is_told():
    rng = np.random.default_rng(11)
    found = [kinship_of(errors_of(rng, SCENES, TILES)) for _ in range(200)]
    values = np.array([each.correlation for each in found])
    told = np.mean([each.deviation for each in found])
    assert values.mean() == pytest.approx(CORRELATION, abs=4 * told / len(found) ** 0.5 + 0.001)
    assert values.std() == pytest.approx(told, rel=0.2)  # 200 tell a deviation to 5 %, twice


def test_strangers_and_twins_are_told_apart():
    rng = np.random.default_rng(12)
    for correlation in (0.0, 1.0):
        found = kinship_of(errors_of(rng, SCENES, TILES, correlation))
        assert found.correlation == pytest.approx(correlation, abs=4 * found.deviation + 1e-3)


def test_the_width_is_the_ratio_of_the_deviations_themselves():
    """A law for any errors, lopsided ones too: tiles' deviation over that of means of scenes."""
    rng = np.random.default_rng(13)
    errors = rng.lognormal(size=(300, 1)) * rng.lognormal(size=(300, TILES))
    certain = replace(kinship_of(errors), deviation=0.0)
    ratio = errors.std() / errors.mean(axis=1).std()
    assert certain.width(1, TILES) == pytest.approx(ratio, rel=1e-9)


def test_what_is_not_sure_makes_an_interval_wider_and_never_narrower_than_a_scene_s():
    for tiles in (0.2, 1, 2, 3):
        sure, unsure = (Kinship(0.3, deviation).width(tiles, 4) for deviation in (0.0, 0.1))
        assert unsure > sure > 1
    assert [Kinship(0.3, 0.1).width(tiles, 4) for tiles in (4, 5, 1000)] == [1.0] * 3
    assert Kinship(0.0, 0.0).width(1, 4) == 2  # strangers even out as the root of their number


def test_a_quarter_of_a_tile_is_to_the_tile_as_that_is_to_a_scene_of_four():
    kin = Kinship(0.3, 0.1)
    assert kin.width(0.25, 4) == pytest.approx(kin.width(1, 4) ** 2)
    assert kin.width(1 - 1e-9, 4) == pytest.approx(kin.width(1, 4))


def test_of_scenes_of_one_tile_nobody_can_tell():
    alone = kinship_of(np.random.default_rng(14).normal(size=(50, 1)))
    assert [alone.width(tiles, 1) for tiles in (0.5, 1, 7)] == [1.0] * 3


@pytest.mark.parametrize(
    ("areas_px", "tiles"),
    [
        ([256 * 256] * 6, 6.0),
        ([256 * 256], 1.0),
        ([128 * 128], 0.25),
        ([256 * 256, 256 * 128], 1.8),  # 1.5 squared over 1.25
        ([256 * 256, 256, 256, 1], 1.0),  # an image of 257 x 257
    ],
)
def test_slivers_at_the_edges_even_out_little(areas_px, tiles):
    assert even_tiles(areas_px, 256) == pytest.approx(tiles, abs=0.02)


def covered(rng, tiles, width):
    """The share of totals over 30 images that lie in an interval learnt from 260 scenes."""
    held = 0
    for _ in range(2000):
        of_scenes = errors_of(rng, 260, TILES).mean(axis=1)
        error = Error(1, 0, 0, 0, float(of_scenes.mean()), float(of_scenes.std(ddof=1)), 260)
        low, high = error.total(30, width=width)
        held += low <= errors_of(rng, 30, tiles).mean() <= high
    return held / 2000


def test_intervals_hold_for_images_of_one_tile_as_often_as_they_say_and_would_not_without():
    rng = np.random.default_rng(20261126)
    width = Kinship(CORRELATION, 0.0).width(1, TILES)
    assert covered(rng, 1, width) == pytest.approx(0.95, abs=0.02)  # 4 deviations of a count
    assert covered(rng, TILES, 1.0) == pytest.approx(0.95, abs=0.02)
    assert covered(rng, 1, 1.0) < 0.88
    assert covered(rng, 40, Kinship(CORRELATION, 0.0).width(40, TILES)) > 0.95


def test_the_packaged_surrogate_is_wider_for_fewer_tiles_and_as_wide_as_ever_from_four_on():
    packaged = read_surrogate(PACKAGED)
    assert widths(packaged, 4.0) == widths(packaged, 42.0) == (1.0, 1.0)
    told = [widths(packaged, tiles) for tiles in (3.0, 2.0, 1.0, 0.15)]
    for one, other in pairwise(told):
        assert all(1 < few < fewer for few, fewer in zip(one, other, strict=True))
    assert all(1 < width <= 2 for width in told[2])  # twins and strangers
