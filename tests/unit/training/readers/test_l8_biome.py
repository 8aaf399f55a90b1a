"""Scenes in the layout of USGS's validation data, and of its redistribution."""

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.training.images import folds, without_scenes_of
from payload.training.readers.l8_biome import BLOCK_PX, read

SCENE, OTHER = "LC80420082013220LGN00", "LC80070662014234LGN00"
LEVEL1 = {2: 15000, 3: 16000, 4: 17000, 5: 30000}
SIZE = (BLOCK_PX + 20, BLOCK_PX + 30)


def labels(size=SIZE):
    """One row of fill, then shadow, clear, thin cloud and cloud in the first columns; else clear."""
    mask = np.full(size, 128, np.uint8)
    mask[0] = 0
    mask[1:, :4] = [64, 128, 192, 255]
    return mask


@pytest.fixture
def write(write_raster, write_mtl):
    def write_scene(folder, name, mask=None, size=None):
        mask = labels() if mask is None else mask
        for band, value in LEVEL1.items():
            pixels = np.where(mask == 0, 0, value).astype(np.uint16)
            write_raster(folder / f"{name}_B{band}.TIF", pixels if size is None else pixels[:size])
        write_raster(folder / f"{name}_fixedmask.img", mask, driver="ENVI")
        write_mtl(folder / f"{name}_MTL.txt", sun=30.0)

    return write_scene


def test_a_scene_comes_in_blocks_as_reflectance_by_its_metadata(tmp_path, write):
    write(tmp_path / "SnowIce" / SCENE, SCENE)
    blocks = list(read(tmp_path))
    assert [block.id for block in blocks] == [
        f"{SCENE}_{top:05}_{left:05}" for top in (0, BLOCK_PX) for left in (0, BLOCK_PX)
    ]
    assert [block.truth.shape for block in blocks] == [(512, 512), (512, 30), (20, 512), (20, 30)]
    first = blocks[0]
    assert first.truth[1, :5].tolist() == [2, 0, 1, 1, 0]
    assert set(first.truth[0]) == {255}
    assert set(first.dn[:, 0].ravel()) == {0}
    assert first.dn[:, 1, 1].tolist() == [4000, 4400, 4800, 10000]  # (DN x 2e-5 - 0.1) / 0.5
    assert {(block.scene, block.surface) for block in blocks} == {("landsat_042_008", "snow")}
    assert (first.is_human, first.resolution_m) == (True, 30.0)


def test_blocks_put_together_are_the_scene(tmp_path, write):
    rng = np.random.default_rng(1)
    mask = rng.choice(np.array([64, 128, 192, 255], np.uint8), SIZE)
    write(tmp_path / "BC" / SCENE, SCENE, mask)
    upper_left, upper_right, lower_left, lower_right = (block.truth for block in read(tmp_path))
    whole = np.block([[upper_left, upper_right], [lower_left, lower_right]])
    assert np.array_equal(whole, np.select([mask == 64, mask == 128], [2, 0], 1))


def test_blocks_of_nothing_but_fill_are_left_out(tmp_path, write):
    mask = labels()
    mask[:, BLOCK_PX:] = 0
    write(tmp_path / "forest" / SCENE, SCENE, mask)
    blocks = list(read(tmp_path))
    assert [block.truth.shape for block in blocks] == [(512, 512), (20, 512)]
    assert {block.surface for block in blocks} == {"forest"}
    assert {block.surface for block in read(tmp_path / "forest")} == {"forest"}
    assert {block.surface for block in read(tmp_path / "forest" / SCENE)} == {""}


def test_the_redistribution_with_all_bands_in_one_file_is_read(tmp_path, write_raster, write_mtl):
    folder = tmp_path / "grass_crops" / SCENE
    layers = np.stack([np.full((6, 7), LEVEL1.get(n, 1), np.uint16) for n in range(1, 12)])
    write_raster(folder / f"{SCENE}.TIF", layers)
    write_raster(folder / f"{SCENE}_fixedmask.TIF", np.full((6, 7), 255, np.uint8))
    write_mtl(folder / f"{SCENE}_MTL.txt", sun=30.0)
    (block,) = read(tmp_path)
    assert block.dn[:, 0, 0].tolist() == [4000, 4400, 4800, 10000]
    assert (block.surface, set(np.unique(block.truth))) == ("grass", {1})
    write_raster(folder / f"{SCENE}.TIF", layers[:3])
    write_mtl(folder / f"{SCENE}_MTL.txt", sun=30.0)  # GDAL deleted it with the raster
    with pytest.raises(ImageryError, match="found 3 bands; expected at least 5"):
        list(read(tmp_path))


def test_blocks_of_one_scene_are_never_split(tmp_path, write):
    write(tmp_path / "Barren" / SCENE, SCENE)
    write(tmp_path / "Forest" / OTHER, OTHER)
    images = list(read(tmp_path))
    assert [image.surface for image in images] == ["forest"] * 4 + ["barren"] * 4
    dealt = folds(images, 2)
    assert [{id_[:21] for id_ in ids} for ids in dealt] == [{OTHER}, {SCENE}]
    assert {i.surface for i in without_scenes_of(images, dealt[0][:1])} == {"barren"}


def test_broken_folders_are_refused(tmp_path, write):
    with pytest.raises(ImageryError, match=r"no <scene>_fixedmask\.img"):
        list(read(tmp_path))
    folder = tmp_path / "Water" / SCENE
    write(folder, SCENE, size=9)
    with pytest.raises(ImageryError, match="9 x 542, but that of the mask is 532 x 542"):
        list(read(tmp_path))
    write(folder, SCENE)
    (folder / f"{SCENE}_B5.TIF").unlink()
    with pytest.raises(ImageryError, match=r"B5\.TIF"):
        list(read(tmp_path))
    (folder / f"{SCENE}_MTL.txt").unlink()
    with pytest.raises(ImageryError, match="metadata of the scene cannot be read"):
        list(read(tmp_path))
    write(folder, SCENE, np.full(SIZE, 65, np.uint8))
    with pytest.raises(ImageryError, match="found label 65"):
        list(read(tmp_path))
    write(tmp_path / "Urban" / SCENE, SCENE)
    with pytest.raises(ImageryError, match="appears twice"):
        list(read(tmp_path))
    write(tmp_path / "Urban" / "x", "x")
    with pytest.raises(ImageryError, match="contains no Landsat 8 scene id"):
        list(read(tmp_path))
