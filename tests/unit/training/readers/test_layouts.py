"""Layouts by name, and the words for surfaces."""

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.training.readers import surfaces
from payload.training.readers.layouts import READERS, read_images


def test_a_recipe_names_a_layout(tmp_path, write_raster):
    write_raster(tmp_path / "a_img.tif", np.ones((4, 3, 3), np.uint16))
    write_raster(tmp_path / "a_msk.tif", np.zeros((3, 3), np.uint8))
    assert [image.id for image in read_images(tmp_path, "plain")] == ["a"]
    assert set(READERS) == {"plain", "on_cloud_n", "cloud38", "l8_biome", "cloudsen12"}


def test_an_unknown_layout_and_a_missing_folder_are_refused_at_once(tmp_path):
    with pytest.raises(
        ImageryError, match=r"unknown layout 'sparcs' for .*; expected one of plain, "
    ):
        read_images(tmp_path, "sparcs")
    with pytest.raises(ImageryError, match="there is no such folder"):
        read_images(tmp_path / "none", "plain")


@pytest.mark.parametrize("layout", READERS)
def test_an_empty_folder_is_refused_with_one_sentence(tmp_path, layout):
    with pytest.raises(ImageryError) as caught:
        list(read_images(tmp_path, layout))
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "surface"),
    [
        ("SnowIce", "snow"),
        ("snow_ice", "snow"),
        ("Grass/Crops", "grass"),
        ("Wetlands", "wetlands"),
        ("BC", ""),
    ],
)
def test_biomes_have_one_word_each(folder, surface):
    assert surfaces.of_biome(folder) == surface


@pytest.mark.parametrize(
    ("name", "surface"),
    [
        ("Forest_01", "forest"),
        ("l8biome_GrassCrops_02_0608", "grass"),
        ("Waterloo_02", ""),
        ("ROIs1868_summer_135", ""),
    ],
)
def test_names_of_scenes_tell_their_biome(name, surface):
    assert surfaces.of_name(name) == surface


@pytest.mark.parametrize(
    ("code", "surface"),
    [("70", "snow"), ("60.0", "barren"), ("115", "forest"), ("100", ""), ("", ""), ("nan", "")],
)
def test_codes_of_land_cover_tell_a_surface(code, surface):
    assert surfaces.of_land_cover(code) == surface
