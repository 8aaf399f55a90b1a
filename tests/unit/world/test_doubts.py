"""Values that are no reflectance, bands in another order and pixels of another size are told from those that are as they should be.

Landsat 8: reflectance = DN x 2e-5 - 0.1 (USGS, Landsat 8 Data Users Handbook, LSDS-1574), so that a DN of 5,000 is no light at all.
"""

import csv
import re
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.enums import ColorInterp
from typer.testing import CliRunner

from payload import api
from payload.cli import app
from payload.errors import ScenarioError
from payload.examination import check
from payload.sim import assemble
from payload.types import Patch, Radiometry, Sensor, Window
from payload.world.brightness import Brightness
from payload.world.geotiff import open_raster
from payload.world.rasters import Rasters

TIMES_10000 = Radiometry(1e-4)
CAMERA = Sensor(("blue", "green", "red", "nir"), 10.0, 50, 40, 12, TIMES_10000, 0.0, 0.0, 0.0)
UTM = Affine(10.0, 0.0, 500_000.0, 0.0, -10.0, 5_300_000.0)


def doubt(bands, radiometry=TIMES_10000, valid=None):
    seen = Brightness()
    seen.add(Patch(np.asarray(bands, np.uint16), valid=valid))
    (said,) = seen.doubts(radiometry) or [None]
    return said


@pytest.fixture
def reflectance():
    """Sea, forest, field, sand and cloud in four bands, shape (4, 40, 50)."""
    ground = [(0.10, 0.07, 0.04, 0.02), (0.09, 0.07, 0.04, 0.25), (0.1, 0.1, 0.1, 0.3), (0.2, 0.3, 0.4, 0.5), (0.6, 0.6, 0.6, 0.6)]  # fmt: skip
    dice = np.random.default_rng(1)
    return np.array(ground)[dice.integers(5, size=(40, 50))].transpose(2, 0, 1)


def test_reflectance_is_not_doubted(reflectance):
    assert doubt(np.rint(reflectance * 10_000)) is None
    assert doubt(np.rint(reflectance * 255), Radiometry(1 / 255)) is None


def test_raw_numbers_of_landsat_are_doubted_until_their_meaning_is_said(reflectance):
    raw = np.rint((reflectance + 0.1) / 2e-5)
    assert "brighter than a reflectance of 0.60 in every band" in doubt(raw)  # the sea's 0.02
    assert doubt(raw, Radiometry(2e-5, -0.1)) is None


def test_eight_bits_are_doubted_until_their_meaning_is_said(reflectance):
    raw = np.rint(reflectance * 255)
    assert "darker than a reflectance of 0.0153 in every band" in doubt(raw)  # 0.6 x 255 = 153
    assert doubt(raw, Radiometry(1 / 255)) is None


@pytest.mark.parametrize(("dark_px", "is_doubted"), [(1, True), (2, False)])
def test_one_pixel_of_a_hundred_may_be_otherwise(dark_px, is_doubted):
    bright = np.full((4, 10, 10), 6_000)
    bright[2, 0, :dark_px] = 100  # one dark band makes a dark pixel
    assert (doubt(bright) is not None) == is_doubted


def test_the_bound_itself_is_no_cause_for_doubt():
    assert doubt(np.full((1, 4, 4), 5_000)) is None
    assert "0.50" in doubt(np.full((1, 4, 4), 5_001))
    assert doubt(np.full((1, 4, 4), 300)) is None
    assert "0.0299" in doubt(np.full((1, 4, 4), 299))


def test_pixels_without_data_say_nothing():
    bands = np.full((4, 20, 20), 6_000)
    bands[:, 1, 1] = 1_000
    valid = np.zeros((20, 20), bool)
    assert doubt(bands, valid=valid) is None
    valid[1, 1] = True
    assert doubt(bands, valid=valid) is None
    assert doubt(bands) is not None


@pytest.mark.parametrize(("empty_px", "told"), [(4, None), (5, "1%"), (100, "25%"), (400, "100%")])
def test_a_rim_of_zeros_is_told_and_hides_nothing(empty_px, told):
    """1 % of 400 pixels are 4."""
    bands = np.full((4, 400, 1), 1_000)
    bands[:, :empty_px] = 0
    assert doubt(bands) == (told and f"{told} of the pixels are 0 in every band and count as dark ground: are they missing data (see nodata)?")  # fmt: skip
    raw = np.where(bands == 0, 0, 6_000).astype(np.uint16)
    seen = Brightness()
    seen.add(Patch(raw))
    said = seen.doubts(TIMES_10000)
    assert len(said) == (told is not None) + (empty_px < 400)
    assert empty_px == 400 or "brighter than a reflectance of 0.60" in said[-1]


def test_a_wide_rim_does_not_make_the_rest_dark():
    bands = np.zeros((4, 10, 10))
    bands[:, :4] = 1_000
    assert doubt(bands).startswith("60% of the pixels are 0")


def test_one_band_of_zeros_is_ground():
    bands = np.full((4, 10, 10), 1_000)
    bands[3] = 0
    assert doubt(bands) is None


def test_parts_are_counted_together():
    seen, whole = Brightness(), np.random.default_rng(2).integers(5_500, 20_000, (4, 30, 30))
    for left in (0, 10, 20):
        seen.add(Patch(whole[:, :, left : left + 10].astype(np.uint16)))
    assert seen.doubts(TIMES_10000) == [doubt(whole)]


def test_of_real_images_those_alone_are_doubted_that_are_all_cloud_or_have_a_rim(real_images):
    covers = {}
    with (real_images / "index.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["cloud_fraction"]:
                covers[row["id"]] = float(row["cloud_fraction"])
    doubted = {}
    for name in covers:
        scene = open_raster(real_images / f"{name}_img.tif")
        seen = Brightness()
        seen.add(scene.read(Window(0, 0, scene.height_px, scene.width_px)))
        for words in seen.doubts(scene.radiometry):
            doubted[name] = words
    assert len(covers) > 150
    rims = [name for name, words in doubted.items() if "13% of the pixels are 0" in words]
    assert rims == ["riocloudmask_LC80130312015295"]  # its truth is unknown there
    overcast = {name: words for name, words in doubted.items() if name not in rims}
    assert len(overcast) <= 0.03 * len(covers)
    assert all("nothing but cloud or snow" in words for words in overcast.values())
    assert all(covers[name] > 0.99 for name in overcast if "SnowIce" not in name)


@pytest.fixture
def raw_image(write_raster, reflectance):
    """Raw numbers of Landsat in a folder."""
    raw = np.rint((np.tile(reflectance, (1, 3, 3)) + 0.1) / 2e-5)
    place = Affine(20.0, 0.0, 5e5, 0.0, -20.0, 5.3e6)  # as large as the small scenario's
    return write_raster("images/raw.tif", raw.astype(np.uint16), transform=place)


@pytest.fixture
def write_raster(tmp_path):
    def write(name, values, crs="EPSG:32633", transform=UTM):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        with rasterio.open(
            path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=values.shape[0],
            dtype=values.dtype, crs=crs, transform=transform,
        ) as file:  # fmt: skip
            file.write(values)
        return path

    return write


def test_masking_such_an_image_says_so(raw_image, tmp_path):
    def mask(*more):
        words = ["mask", str(raw_image), "--out", str(tmp_path / "masks"), "--quiet", *more]
        return CliRunner().invoke(app, words)

    found = mask()
    assert found.exit_code == 0
    assert f"note: {raw_image}: 99 % of the pixels are brighter" in found.stderr
    assert "note" not in mask("--scale", "2e-5", "--offset", "-0.1").stderr


def test_a_flight_over_such_images_says_so(raw_image, write_scenario):
    scene = {
        "kind": "rasters",
        "path": str(raw_image.parent),
        "place": "drawn",
        "truth_suffix": None,
    }
    path = write_scenario(scene=scene)
    (note,) = (note for note in checked(path) if "reflectance" in note)
    assert note.startswith(f"scene.path: in {raw_image.parent}, 99 % of the pixels are brighter")
    assert note in assemble(api.load_scenario(path)).notes
    path = write_scenario(scene={**scene, "scale": 2e-5, "offset": -0.1})
    assert not [note for note in checked(path) if "reflectance" in note]


def checked(path):
    notes = []
    check(path, tell=notes.append)
    return notes


def test_a_scenario_that_says_scale_and_offset_passes_over_what_files_say(
    raw_image, write_scenario
):
    with rasterio.open(raw_image, "r+") as file:
        file.scales = (1e-4, 1e-4, 1e-4, 2e-4)
    scene = {"kind": "rasters", "path": str(raw_image), "truth_suffix": None}
    with pytest.raises(ScenarioError, match="different scales"):
        check(write_scenario(scene=scene))
    assert not checked(write_scenario(scene={**scene, "scale": 2e-5, "offset": -0.1}))


BGRN = ("blue", "green", "red", "nir")
RGBN = ("red", "green", "blue", "nir")
RED_FIRST = "band 1 is labelled red but is taken as blue"


@pytest.mark.parametrize(
    ("names", "bands", "told"),
    [
        ({"descriptions": BGRN}, "1,2,3,4", ""),
        ({"descriptions": RGBN}, "1,2,3,4", RED_FIRST),
        ({"descriptions": RGBN}, "3,2,1,4", ""),
        ({"descriptions": ("B04", "B03", "B02", "B08")}, "1,2,3,4", RED_FIRST),
        ({"descriptions": ("B02", "B03", "B04", "B08")}, "1,2,3,4", ""),
        ({"descriptions": ("first", "", "", "")}, "1,2,3,4", ""),
        ({"colorinterp": ("red", "green", "blue", "undefined")}, "1,2,3,4", RED_FIRST),
        ({"colorinterp": BGRN}, "1,2,4,3", "band 4 is labelled nir but is taken as red"),
        ({"colorinterp": BGRN}, "1,2,3,4", ""),
    ],
)
def test_bands_in_another_order_than_the_file_says_are_told(
    write_raster, reflectance, names, bands, told
):
    path = write_raster("x.tif", np.rint(reflectance * 10_000).astype(np.uint16))
    with rasterio.open(path, "r+") as file:
        file.descriptions = names.get("descriptions", (None,) * 4)
        if "colorinterp" in names:
            file.colorinterp = [ColorInterp[colour] for colour in names["colorinterp"]]
    words = ["mask", str(path), "--out", str(path.parent / "masks"), "--quiet", "--bands", bands]
    said = CliRunner().invoke(app, words).stderr
    assert told in said
    assert ("note" in said) == bool(told)
    found = Rasters(path=path, bands=tuple(map(int, bands.split(",")))).doubts(CAMERA)
    assert [told in doubt for doubt in found] == [True] * bool(told)


def test_four_bands_of_eight_bits_that_gdal_calls_rgba_are_not_doubted(write_raster, reflectance):
    path = write_raster("x.tif", np.rint(reflectance * 255).astype(np.uint8))
    with rasterio.open(path) as file:
        assert file.colorinterp[0] is ColorInterp.red
    assert open_raster(path).doubt is None


@pytest.mark.parametrize(
    ("crs", "transform", "width_m"),
    [
        ("EPSG:32633", Affine(10.0, 0.0, 5e5, 0.0, -10.0, 5.3e6), 10.0),
        ("EPSG:32633", Affine(0.0, 20.0, 5e5, 20.0, 0.0, 5.3e6), 20.0),  # columns run north
        ("EPSG:32733", Affine(3.0, 0.0, 5e5, 0.0, -3.0, 6e6), 3.0),
        ("EPSG:4326", Affine(1e-4, 0.0, 9.0, 0.0, -1e-4, 60.0), 7.86),  # 11.1 m times the root of cos(60)
        ("EPSG:2263", Affine(100.0, 0.0, 1e6, 0.0, -100.0, 2e5), 30.5),  # feet
    ],
)  # fmt: skip
def test_pixels_of_another_size_than_the_cameras_are_told(write_raster, crs, transform, width_m):
    """A degree is 111 km; a foot 0.3048 m."""
    path = write_raster("x.tif", np.full((4, 20, 20), 1_000, np.uint16), crs, transform)

    def told(gsd_m):
        return Rasters(path=path).doubts(replace(CAMERA, gsd_m=gsd_m))

    assert not told(width_m)
    assert not told(1.2 * width_m)
    assert not told(width_m / 1.2)
    for gsd_m in (1.3 * width_m, width_m / 1.3):
        (note,) = told(gsd_m)
        found = float(re.search(r"pixels are ([\d.]+) m wide", note)[1])
        assert found == pytest.approx(width_m, rel=0.01)
        assert note.endswith(f"camera.gsd_m says {gsd_m:g}")


@pytest.mark.parametrize("top_m", [200.0, 210.0, 1_000.0])
def test_pixels_at_a_pole_are_as_wide_as_elsewhere(write_raster, top_m):
    """A mosaic of the Arctic has the pole in its middle; its true scale is at 70 degrees, 3 % less there."""
    place = Affine(20.0, 0.0, -200.0, 0.0, -20.0, top_m)
    values = np.full((4, 20, 20), 1_000, np.uint16)
    path = write_raster("arctic.tif", values, crs="EPSG:3413", transform=place)
    assert not Rasters(path=path).doubts(replace(CAMERA, gsd_m=20.0))


def test_sizes_of_several_images_are_told_together(write_raster):
    values = np.full((4, 20, 20), 1_000, np.uint16)
    for number, width_m in enumerate((10.0, 20.0, 30.0)):
        place = Affine(width_m, 0.0, 5e5, 0.0, -width_m, 5.3e6)
        folder = write_raster(f"images/{number}.tif", values, transform=place).parent
    (note,) = Rasters(path=folder).doubts(CAMERA)
    assert "pixels are 20 to 30 m wide" in note


def test_an_image_that_lies_nowhere_has_no_size(write_raster):
    path = write_raster("x.tif", np.full((4, 20, 20), 1_000, np.uint16), crs=None)
    assert not Rasters(path=path).doubts(replace(CAMERA, gsd_m=100.0))


def test_the_images_in_the_repository_are_not_doubted(root):
    assert not checked(root / "scenarios" / "replay.yaml")
