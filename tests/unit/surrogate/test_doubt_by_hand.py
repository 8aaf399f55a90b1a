"""How far totals may be off, by hand: of donors that are alike but in one respect, and by counting what is drawn over and over."""

from dataclasses import replace

import numpy as np
import pytest
from made_up_tiles import FITTED_ON

from payload.surrogate import Donors, Error, HeldOut, Rule, Surrogate, Taken, doubt, doubts
from payload.types import SURFACES

PIXELS, RAW_BYTES = 1000, 6072
SCENES, EACH, TILES = 9, 10, 40
FOREST, SNOW = SURFACES.index("forest"), SURFACES.index("snow")
NOTHING = Error(0, 0, 0, 0, 0, 0, 0)


def donors(surface=FOREST, seen=0.2, true=0.3, surplus=0.0, scenes=SCENES):
    """Tiles whose cloud is all found, of one look and one length; a glance is off by as much in each."""
    count, cloudy_px = scenes * EACH, round(true * PIXELS)

    def same(value):
        return (value,) * count

    return Donors(
        scene=tuple(number // EACH for number in range(count)),
        surface=same(surface),
        cover=same(seen),
        thick_cover=same(seen),
        sun_deg=same(40.0),
        true_cloud_px=same(cloudy_px),
        missed_cloud_px=same(0),
        false_cloud_px=same(0),
        true_clear_px=same(PIXELS - cloudy_px),
        expected_cloud_px=same(cloudy_px + round(surplus * PIXELS)),
        raw_bytes=same(RAW_BYTES),
        encoded_bytes=same(2000),
    )


def surrogate(*parts):
    """Of several such lots of donors, one after another; the scenes of each are its own."""
    columns, scenes = {}, 0
    for part in parts:
        for name in Donors.__slots__:
            more = getattr(part, name)
            more = tuple(each + scenes for each in more) if name == "scene" else more
            columns[name] = (*columns.get(name, ()), *more)
        scenes = columns["scene"][-1] + 1
    return Surrogate(FITTED_ON, Donors(**columns), HeldOut(0, 0, 0, NOTHING, NOTHING))


def taken(cover=0.2, surface=FOREST, each=4):
    """A flight of such tiles, all after the first donor, so many an image."""
    sizes = np.tile([RAW_BYTES, PIXELS], (TILES, 1)).astype(float)
    image = np.arange(TILES) // each
    return Taken(
        np.zeros(TILES, np.intp), np.full(TILES, surface), np.full(TILES, cover), image, sizes
    )


def test_what_a_glance_does_not_see_is_drawn_too_much_and_surely_so():
    """Of a cover of 0.3 a glance sees 0.2: each tile that is kept is drawn with a tenth of clear pixels too many."""
    of_bytes, of_clear = doubts(surrogate(donors()), taken(), Rule(1.0))
    assert of_clear.bias == pytest.approx(0.1 * PIXELS * TILES)
    assert of_clear.deviation == pytest.approx(0.0, abs=1e-6)
    assert (of_bytes.bias, of_bytes.deviation) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_a_tile_that_is_drawn_at_the_threshold_is_kept_as_in_flight():
    """Drawn with a cover of 0.5 it is kept, painted with 0.6 it is dropped: half of it and its record are too much."""
    of_bytes, of_clear = doubts(surrogate(donors()), taken(cover=0.5), Rule(0.5))
    assert of_clear.bias == pytest.approx(0.5 * PIXELS * TILES)
    assert of_bytes.bias == pytest.approx(2000 * TILES)


@pytest.mark.parametrize(("is_expected", "bias"), [(False, 0.1), (True, 0.0)])
def test_where_probabilities_decide_they_are_what_is_held_against_the_threshold(is_expected, bias):
    """They stray by 0.2 from the mask: of a threshold of 0.35 all are dropped, by the mask all are kept."""
    straying = surrogate(donors(surplus=0.2))
    _, of_clear = doubts(straying, taken(), Rule(0.35, is_expected))
    assert of_clear.bias == pytest.approx(bias * PIXELS * TILES)


@pytest.mark.parametrize(("surface", "bias"), [(FOREST, 0.1), (SNOW, 0.0)])
def test_a_tile_errs_as_donors_of_its_own_ground_do(surface, bias):
    """Whatever ground its donor is of: over snow a glance sees all here, over a forest it does not."""
    both = surrogate(donors(FOREST), donors(SNOW, seen=0.2, true=0.2))
    _, of_clear = doubts(both, taken(surface=surface), Rule(1.0))
    assert of_clear.bias == pytest.approx(bias * PIXELS * TILES)


def test_no_donor_is_judged_by_its_own_scene():
    """Each third by the other two: with all of one look, its own scene would be as near as any."""
    alike = surrogate(donors())
    crossed = doubt._Crossed.of(alike)
    crossed.know(np.arange(SCENES * EACH))
    scenes = alike.scene_of
    assert (crossed.drawn >= 0).all()
    assert (scenes[crossed.drawn] % 3 != scenes % 3).all()


def test_what_scenes_tell_is_added_up_as_in_the_textbook():
    """Two scenes, by hand: means of clusters after Cochran (1977), section 9A.3, freedom after Satterthwaite.

    Errors of 60 and 140 over sizes of 100 and 300: half a unit each, from which scenes stray by 10 and -10.
    """
    sums = doubt._Sums(
        np.array([60.0, 140.0]), np.array([100.0, 300.0]), np.array([4.0, 12.0]), of_images=16.0
    )
    found = sums.doubt
    assert found.bias == pytest.approx(200 * (1 - 200 / 200**2))
    assert found.deviation == pytest.approx((16 + 100 + 100) ** 0.5)
    assert found.freedom == pytest.approx(216**2 / ((4 + 100) ** 2 + (12 + 100) ** 2))
    noise = replace(sums, errors=np.array([60.0, -50.0]))  # a bias of 10, known to 60
    assert noise.doubt.bias == 0.0


@pytest.mark.parametrize(("replicas", "images"), [(2, 6000), (16, 800)])
def test_the_spread_of_images_is_that_of_a_closed_form(replicas, images):
    """Three tiles an image, of which two err alike: variances of (2 x) and of y add up, 4 + 1 each, to 5 deviations."""
    rng = np.random.default_rng(6)
    image = np.repeat(np.arange(images), 3)
    turns = np.tile(np.arange(replicas)[:, None], (1, image.size))  # each time another donor
    errors = np.zeros((doubt._DRAWS, image.size, replicas))
    x, y = rng.normal(size=(2, images, replicas))
    errors[:, 0::3], errors[:, 1::3], errors[:, 2::3] = x, x, y
    found = doubt._variance(errors, turns, image)
    off = 5 * 5 * images * (2 / (images * (replicas - 1))) ** 0.5
    assert found == pytest.approx(5 * images, abs=off)
    assert off < 0.2 * 5 * images


def test_a_flight_is_as_sure_in_parts_as_at_once(monkeypatch):
    """Tiles are looked at in parts, so that there is room for them: what they add up to is the same."""
    varied = surrogate(donors(), donors(seen=0.2, true=0.22), donors(seen=0.2, true=0.4))
    kept = [doubts(varied, taken(), Rule(1.0))[1]]
    for together in (8, 12, 1):
        monkeypatch.setattr(doubt, "_TILES_AT_ONCE", together)
        kept.append(doubts(varied, taken(), Rule(1.0))[1])
    assert all(each.bias == pytest.approx(kept[0].bias, rel=1e-9) for each in kept)
    assert all(each.deviation == pytest.approx(kept[0].deviation, rel=0.3) for each in kept)
