"""Chips in the layout of On Cloud N."""

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.training.images import folds, without_scenes_of
from payload.training.readers.on_cloud_n import read

BANDS = {"B02": 1000, "B03": 1100, "B04": 1200, "B08": 3000}


@pytest.fixture
def write(write_raster):
    def write_chips(folder, chips, part="train"):
        folder.mkdir(parents=True, exist_ok=True)
        rows = ["chip_id,location,datetime,cloudpath"]
        for id_, location in chips.items():
            rows.append(f"{id_},{location},2020-04-29T08:20:47Z,az://./{part}_features/{id_}")
            for band, value in BANDS.items():
                pixels = np.full((8, 8), value, np.uint16)
                pixels[0] = 0
                write_raster(folder / f"{part}_features" / id_ / f"{band}.tif", pixels)
            label = np.zeros((8, 8), np.uint8)
            label[:, 4:] = 1
            write_raster(folder / f"{part}_labels" / f"{id_}.tif", label)
        (folder / f"{part}_metadata.csv").write_text("\n".join(rows) + "\n")

    return write_chips


def test_chips_come_with_their_bands_location_and_label(tmp_path, write):
    write(tmp_path, {"adwu": "Chifunfu", "adwp": "Chifunfu", "ajoi": "Addis Ababa"})
    images = list(read(tmp_path))
    assert [image.id for image in images] == ["adwp", "adwu", "ajoi"]
    assert [image.scene for image in images] == ["Chifunfu", "Chifunfu", "Addis Ababa"]
    first = images[0]
    assert first.dn[:, 4, 4].tolist() == [1000, 1100, 1200, 3000]
    assert first.truth[4].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert set(first.truth[0]) == {255}  # no data in any band
    assert (first.is_human, first.resolution_m, first.dn.dtype) == (True, 10.0, np.uint16)


def test_both_parts_of_the_later_release_are_read(tmp_path, write):
    write(tmp_path / "public", {"b": "here"})
    write(tmp_path / "private", {"a": "there"}, part="test")
    assert [image.id for image in read(tmp_path)] == ["a", "b"]


def test_chips_of_one_location_are_never_split(tmp_path, write):
    write(tmp_path, {"a": "x", "b": "y", "c": "x", "d": "y"})
    images = list(read(tmp_path))
    assert folds(images, 2) == [["a", "c"], ["b", "d"]]
    assert [image.id for image in without_scenes_of(images, ["a"])] == ["b", "d"]


def test_broken_folders_are_refused(tmp_path, write, write_raster):
    with pytest.raises(ImageryError, match=r"no train_metadata\.csv"):
        list(read(tmp_path))
    write(tmp_path, {"a": "x"})
    (tmp_path / "train_labels" / "a.tif").unlink()
    with pytest.raises(ImageryError, match=r"a\.tif: the image cannot be read"):
        list(read(tmp_path))
    write(tmp_path, {"a": "x"})
    write_raster(tmp_path / "train_features" / "a" / "B04.tif", np.ones((7, 8), np.uint16))
    with pytest.raises(ImageryError, match=r"B04\.tif: its size is 7 x 8, but that of B02\.tif"):
        list(read(tmp_path))
    (tmp_path / "train_features" / "a" / "B04.tif").unlink()
    with pytest.raises(ImageryError, match=r"B04\.tif"):
        list(read(tmp_path))
    write(tmp_path, {"a": "x"})
    write_raster(tmp_path / "train_features" / "a" / "B08.tif", np.full((8, 8), 0.3, np.float32))
    with pytest.raises(ImageryError, match="expected pixels of an integer type"):
        list(read(tmp_path))
    write(tmp_path, {"a": "x"})
    write_raster(tmp_path / "train_labels" / "a.tif", np.full((8, 8), 3, np.uint8))
    with pytest.raises(ImageryError, match="found label 3"):
        list(read(tmp_path))
    (tmp_path / "train_metadata.csv").write_text("chip,place\na,x\n")
    with pytest.raises(ImageryError, match="no column 'chip_id'"):
        list(read(tmp_path))
    (tmp_path / "train_metadata.csv").write_text("chip_id,location\na,x\na,x\n")
    with pytest.raises(ImageryError, match="'a' appears twice"):
        list(read(tmp_path))
