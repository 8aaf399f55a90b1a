"""Pixels without data from end to end: a raster with an empty border flies, and what comes down tells dark from none."""

import json

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from payload import api
from payload.compression import read_container

HEIGHT, WIDTH, TILE = 72, 80, 32
SAMPLES = {8: "uint8", 12: "uint16", 16: "uint16"}

CLOUDY = np.zeros((HEIGHT, WIDTH), np.bool_)
CLOUDY[20:60, 30:50] = True  # partly beyond the border


def gaps():
    """An oblique border: tiles that have data, tiles that have some, and one that has none."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    return (rows + cols < 70) | (rows >= 70)


@pytest.fixture
def write_raster(tmp_path):
    def write(bit_depth):
        top = 2**bit_depth - 1
        rng = np.random.default_rng(4)
        image = rng.integers(top // 4, top // 2, (4, HEIGHT, WIDTH)).astype(SAMPLES[bit_depth])
        image[:, 40:60, 50:70] = 0  # as dark as can be, but seen
        image[:, CLOUDY] = top * 7 // 8
        image[:, gaps()] = top
        folder = tmp_path / "rasters"
        folder.mkdir()
        with rasterio.open(
            folder / "image.tif", "w", driver="GTiff", height=HEIGHT, width=WIDTH, count=4,
            dtype=image.dtype, nodata=top, crs="EPSG:32633",
            transform=Affine(20.0, 0.0, 5e5, 0.0, -20.0, 8.7e6),
        ) as raster:  # fmt: skip
            raster.write(image)
        return np.where(gaps(), 0, image)

    return write


def fly(write_scenario, tmp_path, bit_depth, **changes):
    camera = {"gsd_m": 20, "width_px": WIDTH, "height_px": HEIGHT, "max_off_nadir_deg": 45}
    scenario = write_scenario(
        places=[(15.65, 78.22)],
        scene={"kind": "rasters", "path": "rasters", "place": "drawn"},
        camera=camera | {"bit_depth": bit_depth},
        products={"tiles": "all"},
        pruning={"tile_px": TILE, "max_cloud_cover": 1.0},
        **changes,
    )
    return api.run(api.check(scenario), tmp_path / "out")


def valid_of(raster):
    return raster.dataset_mask() > 0


@pytest.mark.parametrize(
    ("bit_depth", "changes"),
    [
        (8, {"codec": {"kind": "med-zstd"}}),
        (12, {"codec": {"kind": "strong"}}),
        (16, {"codec": {"kind": "ls-golomb"}}),
        (12, {"codec": {"kind": "raw"}}),
        (12, {"loss": {"max_error": 3}}),
    ],
)
def test_dark_pixels_and_those_without_data_are_told_apart(
    write_scenario, write_raster, tmp_path, bit_depth, changes
):
    image = write_raster(bit_depth)
    result = fly(write_scenario, tmp_path, bit_depth, **changes)
    max_error = changes.get("loss", {}).get("max_error", 0)
    containers = sorted((result.folder / "downlink").glob("*.tiles"))
    assert containers
    for path in containers:
        found = read_container(path)
        assert found.header.nodata == 0
        assert {cell.fate for cell in found.cells} == {"delivered", "no_data"}
        with rasterio.open(api.unpack(path, tmp_path / "restored").raster) as raster:
            np.testing.assert_array_equal(valid_of(raster), ~gaps())
            pixels = raster.read().astype(int)
        assert np.abs(pixels - image)[:, ~gaps()].max() <= max_error


@pytest.mark.parametrize("bit_depth", [12, 16])
def test_restored_tiles_say_what_has_no_data_and_only_those_that_lack_some(
    write_scenario, write_raster, tmp_path, bit_depth
):
    image = write_raster(bit_depth)
    result = fly(write_scenario, tmp_path, bit_depth)
    tiles = sorted((result.folder / "tiles").glob("*.tif"))
    lacking = set()
    for path in tiles:
        row, col = map(int, path.stem.split("_")[-2:])
        place = np.s_[row * TILE : (row + 1) * TILE, col * TILE : (col + 1) * TILE]
        with rasterio.open(path) as raster:
            assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            valid, pixels = valid_of(raster), raster.read()
            nodata, masked = raster.nodata, raster.mask_flag_enums[0]
        item = json.loads(path.with_suffix(".json").read_text())
        assert item["assets"]["image"]["raster:bands"][0].get("nodata") == nodata
        np.testing.assert_array_equal(valid, ~gaps()[place])
        np.testing.assert_array_equal(pixels[:, valid], image[:, *place][:, valid])
        if valid.all():
            assert nodata is None
            assert masked == [rasterio.enums.MaskFlags.all_valid]
        else:
            lacking.add((row, col))
            assert nodata == (None if bit_depth == 16 else 65_535)
    assert {(0, 1), (1, 0), (2, 2)} <= lacking
    assert len(tiles) > len(lacking)


def test_only_cloud_is_booked_as_left_out_of_tiles_that_lack_data(
    write_scenario, write_raster, tmp_path
):
    """Of the arm `mask`: what the cloudy pixels take as raw samples; the flight's own audit balances the rest."""
    write_raster(12)
    result = fly(write_scenario, tmp_path, 12)
    _, rows = api.query(
        result.folder,
        "select tile, tiles.row, col, sum(bytes)::bigint from ledger join tiles using (arm, tile)"
        " where arm = 'mask' and ledger.fate = 'pruned' and tiles.fate = 'delivered' group by all",
    )
    assert rows
    for _, row, col, pruned_bytes in rows:
        place = np.s_[row * TILE : (row + 1) * TILE, col * TILE : (col + 1) * TILE]
        cloudy_bytes = 6 * np.count_nonzero((CLOUDY & ~gaps())[place])
        assert pruned_bytes == pytest.approx(cloudy_bytes, abs=60)  # the plane's length changes
