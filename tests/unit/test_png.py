"""PNG from arrays: a reader that is not ours sees the same pixels."""

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.io import MemoryFile

from payload.png import png_gray, png_rgb, true_colour


def decoded(png):
    """Second method: GDAL's reader."""
    with MemoryFile(png) as file, rasterio.Env(), file.open(driver="PNG") as raster:
        return raster.read()


pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_a_reader_sees_the_colours_that_were_written(height, width, seed):
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(decoded(png_rgb(rgb)), rgb.transpose(2, 0, 1))
    assert np.array_equal(decoded(png_gray(rgb[..., 0])), rgb[None, ..., 0])
    assert np.array_equal(decoded(png_rgb(rgb[:, ::-1])), rgb[:, ::-1].transpose(2, 0, 1))


@pytest.mark.parametrize("rgb", [np.zeros((3, 3, 4), np.uint8), np.zeros((3, 3, 3), np.uint16)])
def test_what_is_no_picture_is_refused(rgb):
    with pytest.raises(ValueError, match=r"expected (three|uint8)"):
        png_rgb(rgb)


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(ValueError, match="at least one pixel"):
        png_gray(np.zeros((0, 5), np.uint8))


def test_true_colour_stretches_all_pictures_alike():
    reflectance = np.array([[-1.0, 0.02, 0.165, 0.6, 2.0, np.nan]])
    picture = true_colour(reflectance, reflectance * 0, reflectance)
    assert picture.shape == (1, 6, 3)
    assert picture.dtype == np.uint8
    assert picture[0, :, 0].tolist() == [0, 0, 128, 255, 255, 0]
    assert (picture[..., 0] == picture[..., 2]).all()
    assert not picture[..., 1].any()
