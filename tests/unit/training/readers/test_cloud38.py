"""Patches in the layouts of 38-Cloud and 95-Cloud."""

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.training.images import folds, without_scenes_of
from payload.training.readers.cloud38 import read
from payload.training.readers.landsat import estimate_sun_elevation_deg, find_product

SCENE = "LC08_L1TP_002053_20160520_20170324_01_T1"
LATER = "LC08_L1TP_002053_20160605_20170324_01_T1"
OTHER = "LC08_L1TP_034034_20160520_20170223_01_T1"
PART = "95-cloud_training_only_additional_to38-cloud"
LEVEL1 = {"blue": 15000, "green": 16000, "red": 17000, "nir": 30000}


@pytest.fixture
def write(write_raster):
    def write_patch(part, patch, *, ending="", black_rows=1):
        for colour, value in LEVEL1.items():
            pixels = np.full((8, 8), value, np.uint16)
            pixels[:black_rows] = 0
            folder = part / f"train_{colour}{ending}"
            write_raster(folder / f"{colour}_patch_{patch}.TIF", pixels)
        label = np.zeros((8, 8), np.uint8)
        label[:, 4:] = 255
        write_raster(part / f"train_gt{ending}" / f"gt_patch_{patch}.TIF", label)

    return write_patch


def test_patches_become_reflectance_by_the_metadata_beside(tmp_path, write, write_mtl):
    write(tmp_path / "38-Cloud_training", f"1_1_by_1_{SCENE}")
    metadata = tmp_path / "38-Cloud_Training_Metadata_Files"
    write_mtl(metadata / metadata.name / f"{SCENE}_MTL.txt", sun=30.0)
    for folder in (tmp_path, tmp_path / "38-Cloud_training"):
        (image,) = read(folder)
        assert image.dn[:, 4, 4].tolist() == [4000, 4400, 4800, 10000]  # (DN x 2e-5 - 0.1) / 0.5
        assert set(image.dn[:, 0].ravel()) == {0}
        assert set(image.truth[0]) == {255}
        assert image.truth[4].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
        assert (image.id, image.source) == (f"patch_1_1_by_1_{SCENE}", "38-Cloud")
        assert (image.is_human, image.resolution_m) == (True, 30.0)


def test_without_metadata_the_sun_is_estimated_or_given(tmp_path, write):
    write(tmp_path, f"1_1_by_1_{SCENE}")
    sine = np.sin(np.radians(estimate_sun_elevation_deg(find_product(SCENE))))
    (image,) = read(tmp_path)
    assert image.dn[0, 4, 4] == pytest.approx(0.2e4 / sine, abs=1)
    (image,) = read(tmp_path, sun_elevation=30.0)
    assert image.dn[0, 4, 4] == 4000
    with pytest.raises(ImageryError, match="sun elevation"):
        list(read(tmp_path, sun_elevation=0.0))


def test_both_sets_are_read_as_one_in_order_of_names(tmp_path, write):
    write(tmp_path / "38-Cloud_training", f"9_1_by_1_{SCENE}")
    write(tmp_path / PART, f"1_1_by_1_{OTHER}", ending="_additional_to38cloud")
    (tmp_path / "38-Cloud_test" / "test_red").mkdir(parents=True)
    first, second = read(tmp_path)
    assert (first.source, second.source) == ("95-Cloud", "38-Cloud")
    assert (first.scene, second.scene) == ("landsat_034_034", "landsat_002_053")


def test_black_patches_are_left_out(tmp_path, write):
    write(tmp_path, f"1_1_by_1_{SCENE}", black_rows=8)
    write(tmp_path, f"2_1_by_2_{SCENE}")
    assert [image.id for image in read(tmp_path)] == [f"patch_2_1_by_2_{SCENE}"]


def test_patches_of_one_place_are_never_split_whenever_they_were_taken(tmp_path, write):
    for number, scene in enumerate((SCENE, OTHER, LATER, OTHER), start=1):
        write(tmp_path, f"{number}_1_by_{number}_{scene}")
    images = list(read(tmp_path))
    one, two, three, four = (image.id for image in images)
    assert folds(images, 2) == [[one, three], [two, four]]
    assert [image.id for image in without_scenes_of(images, [three])] == [two, four]


def test_broken_folders_are_refused(tmp_path, write, write_raster):
    with pytest.raises(ImageryError, match="no train_gt"):
        list(read(tmp_path))
    patch = f"1_1_by_1_{SCENE}"
    write(tmp_path, patch)
    nir = tmp_path / "train_nir" / f"nir_patch_{patch}.TIF"
    write_raster(nir, np.ones((8, 9), np.uint16))
    with pytest.raises(ImageryError, match="its size is 8 x 9"):
        list(read(tmp_path))
    nir.unlink()
    with pytest.raises(ImageryError, match="nir_patch"):
        list(read(tmp_path))
    write(tmp_path, patch)
    label = tmp_path / "train_gt" / f"gt_patch_{patch}.TIF"
    write_raster(label, np.zeros((4, 8), np.uint8))
    with pytest.raises(ImageryError, match="its labels are 4 x 8"):
        list(read(tmp_path))
    write_raster(label, np.full((8, 8), 9, np.uint8))
    with pytest.raises(ImageryError, match="found label 9"):
        list(read(tmp_path))
    write(tmp_path, "1_1_by_1_somewhere")
    with pytest.raises(ImageryError, match="contains no Landsat 8 product id"):
        list(read(tmp_path))
