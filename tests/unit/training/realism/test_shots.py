"""One footing for real and rendered: 12 bits, whole tiles, clear and cloudy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.realism.shots import (
    BIT_DEPTH,
    CAMERA,
    CLEAR,
    CLOUDY,
    TILE_PX,
    real_shots,
    requantise,
)
from payload.types import Radiometry


@given(arrays(np.uint16, 30))
def test_requantised_samples_fit_their_bits_and_are_half_a_step_off_at_most(dn):
    made = requantise(dn, RADIOMETRY, CAMERA, bit_depth=BIT_DEPTH)
    assert int(made.max()) < 2**BIT_DEPTH
    seen, wanted = made * CAMERA.scale, dn * RADIOMETRY.scale
    inside = wanted <= 1.6
    assert np.abs(seen - wanted)[inside].max(initial=0.0) <= CAMERA.scale / 2 + 1e-9
    assert (made[~inside] == 2**BIT_DEPTH - 1).all()


@given(arrays(np.uint16, 20, elements=st.integers(0, 4095)))
def test_requantising_to_the_same_radiometry_changes_nothing(dn):
    np.testing.assert_array_equal(requantise(dn, CAMERA, CAMERA, bit_depth=BIT_DEPTH), dn)


def test_offsets_are_minded_and_what_is_darker_than_black_is_black():
    made = Radiometry(1e-4, -0.1)
    found = requantise(np.array([0, 1000, 3000], np.uint16), made, Radiometry(0.001), bit_depth=8)
    assert found.tolist() == [0, 0, 200]


def test_a_shot_is_cut_into_whole_tiles_that_are_its_own_pixels(shot):
    whole = shot(1, side=300)
    tiles = list(whole.tiles())
    assert len(tiles) == 4
    np.testing.assert_array_equal(tiles[3].dn, whole.dn[:, TILE_PX : 2 * TILE_PX, TILE_PX:256])
    assert {tile.place for tile in tiles} == {whole.place}
    assert tiles[0].thin is not None


@pytest.mark.parametrize(
    ("cloud", "weather"), [(0, CLEAR), (1, CLEAR), (2, None), (29, None), (30, CLOUDY)]
)
def test_weather_goes_by_the_share_of_the_labelled_pixels(shot, cloud, weather):
    found = shot(1, cover=0.0, side=20)
    found.truth.ravel()[: cloud * 2] = 1
    found.truth.ravel()[200:] = 255
    assert found.weather == weather


def test_a_tile_of_few_labels_has_no_weather(shot):
    found = shot(1, side=20)
    found.truth[:11] = 255
    assert found.cover is None
    assert found.weather is None


def test_real_images_of_other_pixels_have_no_counterpart():
    def image(id_, resolution_m):
        dn = np.full((4, 8, 8), 4000, np.uint16)
        truth = np.zeros((8, 8), np.uint8)
        return LabelledImage(id_, id_, "", "", False, dn, truth, resolution_m=resolution_m)

    thin = {"b": np.ones((8, 8), np.bool_)}
    found = real_shots([image("a", 10.0), image("b", 30.0), image("c", 120.0)], thin)
    assert [one.id for one in found] == ["a", "b"]
    assert found[0].bands == pytest.approx(0.4, abs=CAMERA.scale / 2)
    assert found[0].thin is None
    assert found[1].thin.all()
