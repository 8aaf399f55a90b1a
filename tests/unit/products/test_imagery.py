import subprocess
import sys
import warnings

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from payload.errors import ImageryError
from payload.products.imagery import RasterWriter, write_cog
from payload.types import Georeference, Radiometry, Window

PLACE = Georeference("EPSG:32633", (5e5, 10.0, 0.0, 4.6e6, 0.0, -10.0))


def contents(path):
    """Pixels, mask and description of a raster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as raster:
            about = raster.profile | {"tags": raster.tags(), "names": raster.descriptions}
            about |= {"scales": raster.scales, "offsets": raster.offsets}
            return raster.read(), raster.dataset_mask(), about


def windows(height, width, side):
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield Window(top, left, min(side, height - top), min(side, width - left))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("place", [None, PLACE])
def test_windows_written_in_any_order_become_the_image(tmp_path, dtype, place):
    image = np.random.default_rng(0).integers(0, 255, (3, 300, 211)).astype(dtype)
    path = tmp_path / "image.tif"
    with RasterWriter(
        path, width=211, height=300, count=3, dtype=dtype, georeference=place
    ) as raster:
        for window in reversed(list(windows(300, 211, 90))):
            rows = slice(window.top_px, window.top_px + window.height_px)
            cols = slice(window.left_px, window.left_px + window.width_px)
            raster.write(image[:, rows, cols], window)
        assert not path.exists()
    pixels, _, about = contents(path)
    np.testing.assert_array_equal(pixels, image)
    assert about["tiled"]
    assert (about["crs"] is not None) == (place is not None)
    if place is not None:
        assert about["transform"].to_gdal() == place.transform
    assert [item.name for item in tmp_path.iterdir()] == ["image.tif"]


def test_what_is_not_written_is_nodata(tmp_path):
    path = tmp_path / "image.tif"
    with RasterWriter(
        path, width=40, height=30, count=2, dtype="uint16", nodata=65_535, block_px=16
    ) as raster:
        raster.write(np.ones((2, 5, 7), np.uint16), Window(20, 30, 5, 7))
    pixels, mask, about = contents(path)
    assert about["nodata"] == 65_535
    assert (mask > 0).sum() == 35
    assert (pixels == 65_535).sum() == 2 * (1200 - 35)


def test_a_mask_in_the_file_tells_which_pixels_are_valid(tmp_path):
    path = tmp_path / "image.tif"
    valid = np.eye(5, dtype=np.bool_)
    with RasterWriter(path, width=40, height=30, count=1, dtype="uint16", has_mask=True) as raster:
        raster.write(np.ones((1, 5, 5), np.uint16), Window(0, 0, 5, 5), valid=valid)
        raster.write(np.ones((1, 5, 5), np.uint16), Window(20, 20, 5, 5))
    _, mask, _ = contents(path)
    expected = np.zeros((30, 40), np.bool_)
    expected[:5, :5] = valid
    expected[20:25, 20:25] = True
    np.testing.assert_array_equal(mask > 0, expected)
    assert [item.name for item in tmp_path.iterdir()] == ["image.tif"]


def test_a_mask_is_there_even_if_no_pixel_was_written(tmp_path):
    path = tmp_path / "image.tif"
    with RasterWriter(path, width=300, height=30, count=1, dtype="uint16", has_mask=True):
        pass
    assert not contents(path)[1].any()


def test_names_tags_scale_and_offset_are_kept(tmp_path):
    path = tmp_path / "image.tif"
    with RasterWriter(
        path,
        width=4,
        height=3,
        count=2,
        dtype="uint16",
        descriptions=("blue", "red"),
        tags={"TARGET": "Rome, è bella", "UTC": "2026-03-01T10:30:00Z"},
        radiometry=Radiometry(1 / 3, -0.1),
    ):
        pass
    about = contents(path)[2]
    assert about["names"] == ("blue", "red")
    assert about["tags"]["TARGET"] == "Rome, è bella"
    assert about["scales"] == (1 / 3, 1 / 3)
    assert about["offsets"] == (-0.1, -0.1)


@pytest.mark.parametrize(
    "crs",
    [
        "",
        "+proj=ortho +lat_0=41.9 +lon_0=12.5 +datum=WGS84 +units=m",
        rasterio.crs.CRS.from_epsg(3031).to_wkt(),
    ],
)
def test_any_text_of_a_coordinate_system_will_do(tmp_path, crs):
    path = tmp_path / "image.tif"
    place = Georeference(crs, (1.0, 2.0, 0.5, 3.0, -0.5, -2.0))
    with RasterWriter(path, width=4, height=3, count=1, dtype="uint8", georeference=place):
        pass
    about = contents(path)[2]
    assert about["transform"].to_gdal() == place.transform
    if crs:
        assert about["crs"] == rasterio.crs.CRS.from_string(crs)


def write_and_fail(path):
    with RasterWriter(path, width=4, height=3, count=1, dtype="uint8") as raster:
        raster.write(np.ones((1, 3, 4), np.uint8), Window(0, 0, 3, 4))
        raise KeyError


def test_an_exception_inside_leaves_nothing_and_an_older_file_untouched(tmp_path):
    path = tmp_path / "image.tif"
    path.write_bytes(b"older")
    with pytest.raises(KeyError):
        write_and_fail(path)
    assert [item.name for item in tmp_path.iterdir()] == ["image.tif"]
    assert path.read_bytes() == b"older"


LITTLE_ROOM = """
import resource, sys
from pathlib import Path
import numpy as np
from payload.errors import ImageryError
from payload.products.imagery import RasterWriter
from payload.types import Window

path, driver, side_px = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
noise = np.random.default_rng(0).integers(0, 2**16, (2, side_px, side_px)).astype(np.uint16)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
try:
    with RasterWriter(path, width=side_px, height=side_px, count=2, dtype="uint16", driver=driver) as file:
        file.write(noise, Window(0, 0, side_px, side_px))
except ImageryError as error:
    print(error)
"""


@pytest.mark.parametrize("side_px", [40, 200, 1200])
@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_a_full_disk_is_an_error_and_leaves_nothing(tmp_path, driver, side_px):
    """In a process of its own, whose files may not grow beyond 4,000 bytes: a full disk to a writer."""
    pytest.importorskip("resource")
    words = [sys.executable, "-c", LITTLE_ROOM, tmp_path / "image.tif", driver, str(side_px)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("array", "window"),
    [
        (np.ones((1, 3, 4), np.uint16), Window(0, 0, 3, 4)),
        (np.ones((2, 3, 4), np.uint8), Window(0, 0, 3, 4)),
        (np.ones((3, 4), np.uint8), Window(0, 0, 3, 4)),
        (np.ones((1, 3, 4), np.uint8), Window(0, 0, 3, 5)),
        (np.ones((1, 3, 4), np.uint8), Window(1, 0, 3, 4)),
        (np.ones((1, 1, 1), np.uint8), Window(0, -1, 1, 1)),
    ],
)
def test_samples_that_do_not_fit_are_refused(tmp_path, array, window):
    with (
        pytest.raises(ImageryError),
        RasterWriter(tmp_path / "image.tif", width=4, height=3, count=1, dtype="uint8") as raster,
    ):
        raster.write(array, window)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"width": 0},
        {"count": 0},
        {"block_px": 100},
        {"block_px": 0},
        {"descriptions": ("a", "b")},
        {"nodata": 256},
        {"georeference": Georeference("no such system", (0.0, 1.0, 0.0, 0.0, 0.0, 1.0))},
        {"path": "none/image.tif"},
        {"path": "."},
    ],
)
def test_what_cannot_become_a_raster_is_refused_with_its_name(tmp_path, options):
    plain = {"path": "image.tif", "width": 4, "height": 3, "count": 1, "dtype": "uint8"}
    given = plain | options
    given["path"] = tmp_path / given["path"]
    with pytest.raises(ImageryError, match=str(tmp_path)), RasterWriter(**given):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_cloud_optimised_geotiff_holds_pixels_place_and_tags(tmp_path):
    path = tmp_path / "tile.tif"
    bands = np.random.default_rng(0).integers(0, 4096, (4, 100, 80)).astype(np.uint16)
    write_cog(
        path,
        bands,
        georeference=PLACE,
        radiometry=Radiometry(1e-4),
        nodata=65_535,
        descriptions=("b", "g", "r", "n"),
        tags={"COVER": "0.25"},
    )
    pixels, _, about = contents(path)
    np.testing.assert_array_equal(pixels, bands)
    assert about["names"] == ("b", "g", "r", "n")
    assert about["tags"]["COVER"] == "0.25"
    assert about["nodata"] == 65_535
    assert about["scales"] == (1e-4,) * 4
    with rasterio.open(path) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_a_cog_without_a_place_warns_nobody(tmp_path):
    write_cog(tmp_path / "tile.tif", np.zeros((1, 3, 3), np.uint16))
    assert (tmp_path / "tile.tif").exists()
