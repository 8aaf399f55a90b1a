"""Patches in the published forms of CloudSEN12."""

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.training.images import folds, without_scenes_of
from payload.training.readers.cloudsen12 import read

LEVEL1C = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12"]
VALUES = {2: 1000, 3: 1100, 4: 1200, 8: 3000}


def labels(side):
    """A column of each class, then clear."""
    label = np.zeros((side, side), np.uint8)
    label[:, :4] = [0, 1, 2, 3]
    return label


@pytest.fixture
def write_arrays():
    def write(part, rois):
        part.mkdir(parents=True, exist_ok=True)
        for band, value in VALUES.items():
            patches = np.full((len(rois), 512, 512), value, "<i2")
            patches += np.arange(len(rois), dtype="<i2")[:, None, None]
            patches[:, -3:] = 0  # padding
            patches.tofile(part / f"L1C_B{band}.dat")
        np.stack([labels(512)] * len(rois)).astype(np.int8).tofile(part / "LABEL_manual_hq.dat")
        rows = [f"{number},{roi},{cover}" for number, (roi, cover) in enumerate(rois)]
        (part / "metadata.csv").write_text("\n".join(["index,roi_id,land_cover", *rows, ""]))

    return write


@pytest.fixture
def image(write_raster):
    def write(path, *, names=LEVEL1C, side=9):
        values = [VALUES.get(number, 7) for number in range(1, 14)]
        pixels = np.stack([np.full((side, side), value, np.uint16) for value in values])
        pixels[:, -1] = 0
        write_raster(path, pixels, names=names)

    return write


def test_arrays_come_row_by_row_with_region_and_land_cover(tmp_path, write_arrays):
    write_arrays(tmp_path / "train", [("ROI_0007", 70), ("ROI_0001", 60)])
    write_arrays(tmp_path / "test", [("ROI_0009", 113)])
    images = list(read(tmp_path))
    assert [image.id for image in images] == ["test_00000", "train_00000", "train_00001"]
    assert [image.scene for image in images] == ["ROI_0009", "ROI_0007", "ROI_0001"]
    assert [image.surface for image in images] == ["forest", "snow", "barren"]
    last = images[-1]
    assert last.dn[:, 0, 0].tolist() == [1001, 1101, 1201, 3001]
    assert last.truth[0, :5].tolist() == [0, 1, 1, 2, 0]
    assert set(last.truth[-3:].ravel()) == {255}
    assert (last.dn.shape, last.dn.dtype) == ((4, 512, 512), np.uint16)
    assert (last.is_human, last.resolution_m) == (True, 10.0)
    assert [image.id for image in read(tmp_path / "test")] == ["test_00000"]


def test_arrays_that_do_not_fit_are_refused(tmp_path, write_arrays):
    part = tmp_path / "train"
    write_arrays(part, [("ROI_0007", 70)])
    table = part / "metadata.csv"
    text = table.read_text()
    table.write_text("index,region\n0,x\n")
    with pytest.raises(ImageryError, match="no column 'roi_id'"):
        list(read(tmp_path))
    table.write_text(text + "1,ROI_0008,70\n")
    with pytest.raises(ImageryError, match=r"metadata\.csv: found 2 patches, but 1"):
        list(read(tmp_path))
    table.write_text(text)
    (part / "L1C_B8.dat").write_bytes(b"12")
    with pytest.raises(ImageryError, match=r"L1C_B8\.dat: 2 bytes are not a whole number"):
        list(read(tmp_path))
    (part / "L1C_B8.dat").unlink()
    with pytest.raises(ImageryError, match=r"L1C_B8\.dat: the patches cannot be read"):
        list(read(tmp_path))


def test_geotiffs_are_found_by_their_labels(tmp_path, image, write_raster):
    for roi, day in (("ROI_0002", "b"), ("ROI_0002", "a"), ("ROI_0001", "c")):
        place = tmp_path / "high" / roi / day
        image(place / "S2L1C.tif")
        write_raster(place / "labels" / "manual_hq.tif", labels(9))
    image(tmp_path / "nolabel" / "ROI_0003" / "d" / "S2L1C.tif")
    images = list(read(tmp_path))
    assert [image.id for image in images] == ["ROI_0001__c", "ROI_0002__a", "ROI_0002__b"]
    first = images[0]
    assert first.dn[:, 0, 0].tolist() == [1000, 1100, 1200, 3000]
    assert first.truth[0, :5].tolist() == [0, 1, 1, 2, 0]
    assert set(first.truth[-1]) == {255}
    assert (first.source, first.scene, first.surface) == ("CloudSEN12", "ROI_0001", "")
    assert folds(images, 2) == [["ROI_0001__c"], ["ROI_0002__a", "ROI_0002__b"]]
    assert [i.id for i in without_scenes_of(images, ["ROI_0002__b"])] == ["ROI_0001__c"]


def test_patches_of_the_larger_set_are_read_too(tmp_path, image, write_raster):
    place = tmp_path / "ROI_00004__20190829T105619"
    image(place / "s2l1c.tif", names=())
    label = labels(9)
    label[0, 5] = 99
    write_raster(place / "target.tif", label)
    (patch,) = read(tmp_path)
    assert patch.truth[0, 3:6].tolist() == [2, 0, 255]
    assert patch.dn[:, 0, 0].tolist() == [1000, 1100, 1200, 3000]
    assert (patch.id, patch.scene, patch.source) == (place.name, "ROI_00004", "CloudSEN12+")


def test_bands_are_found_by_their_names(tmp_path, write_raster):
    place = tmp_path / "ROI_1" / "x"
    pixels = np.stack([np.full((4, 4), value, np.uint16) for value in (3, 2, 8, 4)])
    write_raster(place / "S2L1C.tif", pixels, names=["B3", "B02", "B8", "B4"])
    write_raster(place / "labels" / "manual_hq.tif", labels(4))
    (patch,) = read(tmp_path)
    assert patch.dn[:, 0, 0].tolist() == [2, 3, 4, 8]


def test_broken_folders_are_refused(tmp_path, image, write_raster):
    with pytest.raises(ImageryError, match="neither a LABEL_manual_hq"):
        list(read(tmp_path))
    place = tmp_path / "ROI_0001" / "x"
    label = place / "labels" / "manual_hq.tif"
    write_raster(label, labels(9))
    with pytest.raises(ImageryError, match=r"S2L1C\.tif: the image cannot be read"):
        list(read(tmp_path))
    image(place / "S2L1C.tif", names=["B1", "B2"])
    with pytest.raises(ImageryError, match="expected 13 bands of level 1C"):
        list(read(tmp_path))
    image(place / "S2L1C.tif")
    write_raster(label, np.full((9, 9), 5, np.uint8))
    with pytest.raises(ImageryError, match="found label 5"):
        list(read(tmp_path))
    write_raster(label, labels(8))
    with pytest.raises(ImageryError, match="its labels are 8 x 8"):
        list(read(tmp_path))
    write_raster(tmp_path / "here" / "there" / "target.tif", labels(9))
    with pytest.raises(ImageryError, match="named after its ROI"):
        list(read(tmp_path))
