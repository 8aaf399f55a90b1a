"""The user's own rasters: what is taken, what is refused, and with which sentence."""

import logging
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import rasterio
import rasterio.shutil
import rasterio.warp
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from payload.errors import ImageryError
from payload.ports import SceneSource
from payload.registry import build, options_model
from payload.types import Radiometry, Sensor, View, Window
from payload.world.geotiff import open_raster
from payload.world.rasters import Rasters

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
UTM = {"crs": "EPSG:32632", "transform": Affine(10, 0, 500_000, 0, -10, 5_600_000)}
pytestmark = pytest.mark.filterwarnings(
    "ignore::rasterio.errors.NotGeoreferencedWarning:rasterio.*"
)


def write(path, values, *, georeferenced=True, **profile):
    values = np.asarray(values)
    values = values[None] if values.ndim == 2 else values
    count, height, width = values.shape
    place = UTM if georeferenced else {}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=count,
        height=height,
        width=width,
        dtype=values.dtype,
        **place,
        **profile,
    ) as raster:
        raster.write(values)
    return path


def image(height=40, width=50, *, seed=1, low=500, high=4000):
    values = np.random.default_rng(seed).integers(low, high, (4, height, width))
    return values.astype(np.uint16)


CAMERA = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 24, 16, 12, Radiometry(1e-4), 30.0, 10.0, 5.0
)


def view(*, place=(50.5, 9.0), target="t", utc=NOON, **camera):
    sensor = replace(CAMERA, **camera)
    return View(f"{target}@{utc}", target, *place, utc, 40.0, sensor)


def centre_of(path):
    with rasterio.open(path) as raster:
        place, row, col = raster.transform, raster.height / 2, raster.width / 2
        x, y = place.a * col + place.b * row + place.c, place.d * col + place.e * row + place.f
        lon, lat = rasterio.warp.transform(raster.crs, "EPSG:4326", [x], [y])
    return lat[0], lon[0]


def whole(scene):
    return scene.read(Window(0, 0, scene.height_px, scene.width_px))


# --- what is taken ----------------------------------------------------------------------------------


def test_the_plug_in_is_found_by_its_name(tmp_path):
    write(tmp_path / "a.tif", image())
    assert isinstance(
        build("payload.scene_source", "rasters", {"path": str(tmp_path)}, seed=3), SceneSource
    )
    assert all(
        f.description
        for f in options_model("payload.scene_source", "rasters").model_fields.values()
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_unsigned_integers_are_taken_as_dn_unchanged(tmp_path, dtype):
    values = image(low=1, high=250).astype(dtype)
    scene = open_raster(write(tmp_path / "a.tif", values), scale=2e-4, offset=-0.1)

    patch = whole(scene)

    assert np.array_equal(patch.bands, values)
    assert patch.bands.dtype == np.uint16
    assert scene.radiometry == Radiometry(2e-4, -0.1)
    assert scene.bit_depth == 8 * np.dtype(dtype).itemsize
    assert patch.valid is None
    assert patch.truth is None


def say(path, scales, offsets):
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.offsets = scales, offsets
    return path


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_what_a_file_says_of_its_values_holds_unless_something_else_is_said(tmp_path, dtype):
    """Sentinel-2 from processing baseline 04.00 on: reflectance = (DN - 1000) / 10000 (ESA, Products Specification Document)."""
    values = image(low=1_000).astype(dtype)
    path = say(write(tmp_path / "a.tif", values), (1e-4,) * 4, (-0.1,) * 4)

    def reflectance(scene):
        return whole(scene).bands * scene.radiometry.scale + scene.radiometry.offset

    assert reflectance(open_raster(path)) == pytest.approx((values - 1_000.0) / 10_000, abs=1e-7)
    assert reflectance(open_raster(path, scale=1e-4)) == pytest.approx(values / 10_000, abs=1e-7)
    other = open_raster(path, scale=2e-4, offset=-0.1)
    assert reflectance(other) == pytest.approx(values * 2e-4 - 0.1, abs=1e-7)


def test_bands_that_say_different_things_are_refused_until_it_is_said_what_holds(tmp_path):
    path = say(write(tmp_path / "a.tif", image()), (1e-4, 1e-4, 2e-4, 1e-4), (0.0,) * 4)
    with pytest.raises(ImageryError, match="different scales or offsets"):
        open_raster(path)
    assert open_raster(path, bands=(1, 2, 4)).radiometry == Radiometry(1e-4)
    assert open_raster(path, scale=1e-4).radiometry == Radiometry(1e-4)
    assert open_raster(path, bands=None).bands  # who wants samples alone asks for no meaning


@pytest.mark.parametrize(("scale", "offset"), [(0.0, 0.0), (-1e-4, 0.0), (1e-4, math.nan)])
def test_a_file_that_says_nonsense_of_its_values_is_refused(tmp_path, scale, offset):
    path = say(write(tmp_path / "a.tif", image()), (scale,) * 4, (offset,) * 4)
    with pytest.raises(ImageryError, match="do not make reflectance"):
        open_raster(path)


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.float32, np.float64])
def test_other_types_become_dn_of_a_ten_thousandth_reflectance(tmp_path, dtype):
    values = image().astype(dtype)
    values[0, 0, 0] = -300
    scene = open_raster(write(tmp_path / "a.tif", values), scale=2e-4, offset=0.01)

    patch = whole(scene)

    wanted = np.maximum(np.rint((values * 2e-4 + 0.01) / 1e-4), 0)
    assert np.array_equal(patch.bands, wanted)
    assert patch.bands[0, 0, 0] == 0
    assert scene.radiometry == Radiometry(1e-4)


def test_float_reflectance_is_kept_to_a_ten_thousandth(tmp_path):
    values = np.random.default_rng(2).random((4, 9, 9)).astype(np.float32)
    patch = whole(open_raster(write(tmp_path / "a.tif", values), scale=1.0))
    assert np.abs(patch.bands * 1e-4 - values).max() <= 0.51e-4


def test_bands_are_taken_in_the_order_that_is_asked_for(tmp_path):
    values = np.concatenate([image(seed=1), image(seed=2)])
    scene = open_raster(write(tmp_path / "a.tif", values), bands=(7, 3, 2, 8))
    assert np.array_equal(whole(scene).bands, values[[6, 2, 1, 7]])


def test_a_window_is_the_same_part_of_the_whole(tmp_path):
    scene = open_raster(
        write(tmp_path / "a.tif", image(70, 90), tiled=True, blockxsize=16, blockysize=16)
    )
    assert np.array_equal(
        scene.read(Window(11, 23, 30, 41)).bands, whole(scene).bands[:, 11:41, 23:64]
    )


def test_a_cloud_optimised_geotiff_is_read_like_any_other(tmp_path):
    values = image(600, 700)
    write(tmp_path / "plain.tif", values)
    rasterio.shutil.copy(tmp_path / "plain.tif", tmp_path / "cog.tif", driver="COG")
    assert np.array_equal(whole(open_raster(tmp_path / "cog.tif")).bands, values)


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7, 0.99])
@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_a_file_cut_short_anywhere_is_refused_or_read_in_full(tmp_path, driver, share, capfd):
    values = image(300, 200, high=60_000)
    write(tmp_path / "a.tif", values, compress="deflate")
    path = tmp_path / "cut.tif"
    rasterio.shutil.copy(tmp_path / "a.tif", path, driver=driver, compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ImageryError, match="cannot be read as a GeoTIFF") as refused:
        whole(open_raster(path))
    assert "previous exception" not in str(refused.value)
    assert capfd.readouterr() == ("", "")


def test_a_raster_needs_no_georeference(tmp_path, recwarn):
    scene = open_raster(write(tmp_path / "a.tif", image(), georeferenced=False))
    recwarn.clear()
    assert scene.georeference is None
    whole(scene)
    assert not recwarn


def test_the_georeference_is_that_of_the_file(tmp_path):
    scene = open_raster(write(tmp_path / "a.tif", image()))
    assert scene.georeference.transform == UTM["transform"].to_gdal()
    assert "32632" in scene.georeference.crs


# --- no data ----------------------------------------------------------------------------------------


def test_a_pixel_without_data_in_one_band_has_none(tmp_path):
    values = image()
    values[2, 5, 6] = 7
    for scene in (
        open_raster(write(tmp_path / "own.tif", values, nodata=7)),
        open_raster(write(tmp_path / "said.tif", values), nodata=7),
    ):
        patch = whole(scene)
        assert not patch.valid[5, 6]
        assert patch.valid.sum() == patch.valid.size - 1
        assert not patch.bands[:, 5, 6].any()


def test_four_bands_of_eight_bits_have_data_where_near_infrared_is_zero(tmp_path):
    """GDAL calls the last of them alpha and would take it for a mask of the others."""
    values = np.full((4, 6, 7), 90, np.uint8)
    values[3, :2] = 0
    path = write(tmp_path / "a.tif", values)
    with rasterio.open(path) as raster:
        assert raster.colorinterp[3] is ColorInterp.alpha
        assert (raster.dataset_mask()[:2] == 0).all()
    assert whole(open_raster(path)).valid is None
    beside = whole(open_raster(path, bands=(1, 2, 3)))
    np.testing.assert_array_equal(beside.valid, values[3] > 0)  # there it can be a mask


def test_a_scene_says_whether_its_pixels_may_lack_data_and_what_they_are_read_as(tmp_path):
    eight = np.full((4, 6, 7), 90, np.uint8)
    files = {
        "whole": write(tmp_path / "whole.tif", image()),
        "holed": write(tmp_path / "holed.tif", image(), nodata=7),
        "alpha": write(tmp_path / "alpha.tif", eight),
        "both": write(tmp_path / "both.tif", eight, nodata=90),
    }
    assert {name: open_raster(path).nodata for name, path in files.items()} == {
        "whole": None,
        "holed": 0,
        "alpha": None,
        "both": 0,
    }
    assert open_raster(files["whole"], nodata=7).nodata == 0
    assert not whole(open_raster(files["both"])).valid.any()


def test_what_is_said_of_no_data_stands_above_what_the_file_says(tmp_path):
    values = image()
    values[:, 0, 0], values[:, 0, 1] = 7, 9
    patch = whole(open_raster(write(tmp_path / "a.tif", values, nodata=7), nodata=9))
    assert patch.valid[0, 0]
    assert not patch.valid[0, 1]


@pytest.mark.parametrize("hole", [np.nan, np.inf, -np.inf])
def test_floats_that_are_no_numbers_have_no_data(tmp_path, hole):
    values = np.full((4, 6, 6), 0.2, np.float32)
    values[1, 2, 3] = hole
    for nodata in (None, -9999.0, 1e300):
        patch = whole(open_raster(write(tmp_path / "a.tif", values), scale=1.0, nodata=nodata))
        assert not patch.valid[2, 3]
        assert patch.valid.sum() == 35
        assert (patch.bands[:, patch.valid] == 2000).all()


def test_a_value_of_no_data_beyond_the_type_is_nowhere(tmp_path):
    assert whole(open_raster(write(tmp_path / "a.tif", image()), nodata=-9999.0)).valid is None


# --- truth ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mask"), [("x_img.tif", "x_msk.tif"), ("x.tif", "x_msk.tif"), ("x.tiff", "x_msk.tif")]
)
def test_truth_lies_beside_the_image(tmp_path, name, mask):
    truth = np.random.default_rng(0).choice([0, 1, 2, 255], (40, 50)).astype(np.uint8)
    write(tmp_path / name, image())
    write(tmp_path / mask, np.stack([truth, truth * 0 + 9]))

    scene = Rasters(path=tmp_path, place="drawn").scene(view(height_px=40, width_px=50))

    assert np.array_equal(whole(scene).truth, truth)
    assert (
        whole(Rasters(path=tmp_path, place="drawn", truth_suffix=None).scene(view())).truth is None
    )


def test_truth_is_cut_like_its_image(tmp_path):
    values = image()
    write(tmp_path / "x.tif", values)
    write(tmp_path / "x_msk.tif", (values[0] % 3).astype(np.uint8))
    patch = whole(Rasters(path=tmp_path, place="drawn").scene(view()))
    assert np.array_equal(patch.truth, patch.bands[0] % 3)


def test_an_image_without_a_mask_has_no_truth(tmp_path):
    write(tmp_path / "x.tif", image())
    assert whole(Rasters(path=tmp_path, place="drawn").scene(view())).truth is None


# --- which raster, and where ------------------------------------------------------------------------


def test_the_first_raster_that_covers_the_target_is_taken_around_it(tmp_path):
    away = {"crs": "EPSG:32632", "transform": Affine(10, 0, 300_000, 0, -10, 5_000_000)}
    write(tmp_path / "a.tif", image(seed=1), georeferenced=False, **away)
    write(tmp_path / "b.tif", image(seed=2), georeferenced=False)
    c = write(tmp_path / "c.tif", image(seed=3))
    write(tmp_path / "d.tif", image(seed=4))

    scene = Rasters(path=tmp_path).scene(view(place=centre_of(c)))

    assert scene.path == c
    assert (scene.frame.height_px, scene.frame.width_px) == (16, 24)
    assert (scene.frame.top_px, scene.frame.left_px) == (12, 13)
    assert np.array_equal(whole(scene).bands, image(seed=3)[:, 12:28, 13:37])
    x, _, _, y, _, _ = scene.georeference.transform
    assert (x, y) == (500_000 + 13 * 10, 5_600_000 - 12 * 10)


def test_a_frame_at_the_edge_of_a_raster_is_moved_inside(tmp_path):
    path = write(tmp_path / "a.tif", image())
    with rasterio.open(path) as raster:
        lon, lat = rasterio.warp.transform(raster.crs, "EPSG:4326", [500_005], [5_599_995])
    scene = Rasters(path=tmp_path).scene(view(place=(lat[0], lon[0])))
    assert (scene.frame.top_px, scene.frame.left_px) == (0, 0)


def test_rotated_rasters_are_found_too(tmp_path):
    turned = Affine(8, 6, 500_000, 6, -8, 5_600_000)
    path = write(
        tmp_path / "a.tif", image(), georeferenced=False, crs="EPSG:32632", transform=turned
    )
    assert Rasters(path=path).scene(view(place=centre_of(path))).frame.top_px == 12


def test_a_raster_smaller_than_the_frame_is_taken_whole(tmp_path):
    path = write(tmp_path / "a.tif", image(5, 7))
    scene = Rasters(path=path).scene(view(place=centre_of(path)))
    assert (scene.height_px, scene.width_px) == (5, 7)


@pytest.mark.parametrize(
    ("west_deg", "lon_deg"), [(179.99, -179.99), (-180.03, 179.99), (300.0, -59.98)]
)
def test_a_raster_whose_degrees_go_beyond_180_covers_what_lies_there(tmp_path, west_deg, lon_deg):
    """Around the date line, or from 0 to 360."""
    place = {"crs": "EPSG:4326", "transform": Affine(0.001, 0, west_deg, 0, -0.001, 50.0)}
    path = write(tmp_path / "a.tif", image(), georeferenced=False, **place)
    frame = Rasters(path=path).scene(view(place=(49.98, lon_deg))).frame
    assert frame.left_px + frame.width_px / 2 == pytest.approx(
        (lon_deg - west_deg) % 360 / 0.001, abs=1
    )


def test_what_no_raster_covers_is_refused_in_a_sentence(tmp_path):
    write(tmp_path / "a.tif", image())
    with pytest.raises(ImageryError, match=r"no image .* covers .* target somewhere"):
        Rasters(path=tmp_path).scene(view(place=(-10.0, 100.0), target="somewhere"))


def test_drawn_frames_depend_on_seed_target_and_time_alone(tmp_path):
    for name in "abcdef":
        write(tmp_path / f"{name}.tif", image(seed=ord(name)), georeferenced=False)

    def frames(seed, target):
        source = Rasters(path=tmp_path, place="drawn", seed=seed)
        scenes = [
            source.scene(view(target=target, utc=NOON + timedelta(hours=hour)))
            for hour in range(12)
        ]
        return [(scene.path.name, scene.frame) for scene in scenes]

    assert frames(1, "one") == frames(1, "one")
    assert len({name for name, _ in frames(1, "one")}) > 2
    assert len({frame for _, frame in frames(1, "one")}) > 6
    assert frames(1, "one") != frames(2, "one")
    assert frames(1, "one") != frames(1, "two")


def test_masks_and_hidden_files_of_a_folder_are_no_images(tmp_path):
    for name in ("b.tif", "a.TIF", "b_msk.tif", "c_mask.tif", "d_truth.tif", "e_qa.tif", ".f.tif"):
        write(tmp_path / name, image(4, 4))
    (tmp_path / "note.txt").write_text("no image")
    (tmp_path / "folder.tif").mkdir()
    names = {
        Rasters(path=tmp_path, place="drawn", truth_suffix="_qa", seed=seed).scene(view()).path.name
        for seed in range(20)
    }
    assert names == {"a.TIF", "b.tif"}


# --- what is refused --------------------------------------------------------------------------------


def truncated(path):
    write(path, image(400, 400, high=60_000), compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def text(path):
    path.write_text("not an image")
    return path


def vrt(path):
    source = write(path.with_name("source.tif"), image())
    path.write_text(
        '<VRTDataset rasterXSize="50" rasterYSize="40"><VRTRasterBand dataType="UInt16" band="1">'
        f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    return path


def short_truth(path):
    write(path.with_name("x_msk.tif"), np.zeros((3, 3), np.uint8))
    return write(path, image())


def odd_truth(path):
    write(path.with_name("x_msk.tif"), np.full((40, 50), 3, np.uint8))
    return write(path, image())


BAD = {
    "not there": (lambda path: path, "there is no file"),
    "a folder": (lambda path: path.parent, "is a folder"),
    "text": (text, "cannot be read as a GeoTIFF"),
    "empty": (lambda path: path.touch() or path, "cannot be read as a GeoTIFF"),
    "a VRT": (vrt, "cannot be read as a GeoTIFF"),
    "truncated": (truncated, "cannot be read as a GeoTIFF"),
    "three bands": (lambda path: write(path, image()[:3]), "has 3 bands, but band 4"),
    "complex": (
        lambda path: write(path, image().astype(np.complex64)),
        "samples of type complex64",
    ),
    "uint32": (lambda path: write(path, image().astype(np.uint32)), "samples of type uint32"),
    "int8": (lambda path: write(path, image(high=501).astype(np.int8)), "samples of type int8"),
    "absurd floats": (
        lambda path: write(path, np.full((4, 9, 9), 1e9, np.float32)),
        r"reflectance of 1e\+09, .* right\?",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_no_image_is_refused_in_a_sentence(tmp_path, case, capfd, caplog):
    make, sentence = BAD[case]
    path = make(tmp_path / "x.tif")
    with pytest.raises(ImageryError, match=sentence) as refused:
        whole(open_raster(path))
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("case", ["text", "truncated", "three bands", "complex"])
def test_a_flight_is_refused_the_same_files(tmp_path, case):
    make, sentence = BAD[case]
    make(tmp_path / "x.tif")
    source = Rasters(path=tmp_path / "x.tif", place="drawn")
    with pytest.raises(ImageryError, match=sentence):
        whole(source.scene(view(height_px=400, width_px=400, bit_depth=16)))


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/x.tif",
        "/vsicurl/https://example.org/x.tif",
        "/VSIZIP/x.zip/x.tif",
        "s3://bucket/x.tif",
        "zip:x.zip!x.tif",
    ],
)
def test_paths_that_are_not_local_are_refused(path):
    with pytest.raises(ImageryError, match="not a plain local path"):
        open_raster(path)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [(short_truth, "truth must fit its image"), (odd_truth, "holds the value 3")],
)
def test_truth_that_does_not_fit_is_refused(tmp_path, make, sentence):
    source = Rasters(path=make(tmp_path / "x.tif"), place="drawn")
    with pytest.raises(ImageryError, match=sentence):
        whole(source.scene(view()))


def test_a_dn_beyond_the_bit_depth_is_refused_with_the_depth_to_set(tmp_path):
    path = write(tmp_path / "a.tif", image(low=9000, high=9001))
    with pytest.raises(ImageryError, match=r"DN 9000, .* 12 bits .* bit_depth to 14 or more"):
        Rasters(path=path, place="drawn").scene(view(bit_depth=12)).read(Window(0, 0, 4, 4))
    assert Rasters(path=path, place="drawn").scene(view(bit_depth=14)).bit_depth == 14


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_a_frame_without_any_data_is_a_scene_that_says_so(tmp_path, dtype):
    path = write(tmp_path / "a.tif", np.zeros((4, 1100, 9), dtype), nodata=0)
    scene = Rasters(path=path, place="drawn").scene(view(height_px=2000))
    assert not scene.read(Window(0, 0, 1100, 9)).valid.any()


@pytest.mark.parametrize(
    ("dtype", "value", "reflectance"),
    [(np.uint8, 51, 0.2), (np.uint16, 2000, 0.2), (np.int16, 2000, 0.2), (np.float32, 0.2, 0.2)],
)
def test_the_customary_scale_of_a_type_makes_reflectance(tmp_path, dtype, value, reflectance):
    scene = open_raster(write(tmp_path / "a.tif", np.full((4, 3, 3), value, dtype)))
    dn = scene.read(Window(0, 0, 3, 3)).bands
    found = dn * scene.radiometry.scale + scene.radiometry.offset
    np.testing.assert_allclose(found, reflectance, rtol=1e-6)


def test_bands_and_files_are_examined_before_anything_flies(tmp_path):
    path = write(tmp_path / "a.tif", image())
    Rasters(path=path).examine(view().sensor)
    with pytest.raises(ImageryError, match="3 bands"):
        Rasters(path=path, bands=(1, 2, 3)).examine(view().sensor)
    (tmp_path / "b.tif").write_text("no image")
    with pytest.raises(ImageryError, match="cannot be read"):
        Rasters(path=tmp_path).examine(view().sensor)


def test_a_raster_with_data_in_its_last_pixel_is_not_refused(tmp_path):
    values = np.zeros((4, 1100, 9), np.uint16)
    values[:, -1, -1] = 1
    path = write(tmp_path / "a.tif", values, nodata=0)
    assert Rasters(path=path, place="drawn").scene(view(height_px=2000)).height_px == 1100


def test_a_sensor_with_other_bands_is_refused(tmp_path):
    path = write(tmp_path / "a.tif", image())
    with pytest.raises(ImageryError, match="the sensor has 3 bands"):
        Rasters(path=path, place="drawn").scene(view(bands=("blue", "green", "red")))
    assert (
        len(
            whole(
                Rasters(path=path, place="drawn", bands=(1, 2, 3)).scene(
                    view(bands=("blue", "green", "red"))
                )
            ).bands
        )
        == 3
    )


@pytest.mark.parametrize(
    "options",
    [
        {"bands": ()},
        {"bands": (0, 1, 2, 3)},
        {"bands": (1, 2, 3, 4, 5)},
        {"scale": 0.0},
        {"scale": float("nan")},
        {"offset": float("inf")},
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options):
    path = write(tmp_path / "a.tif", image())
    with pytest.raises(ImageryError):
        Rasters(path=path, **options)
    with pytest.raises(ImageryError):
        open_raster(path, **options)


def test_a_folder_without_images_is_refused_before_anything_flies(tmp_path):
    with pytest.raises(ImageryError, match="there is no image"):
        Rasters(path=tmp_path)


@pytest.mark.parametrize("window", [Window(0, 0, 41, 1), Window(-1, 0, 2, 2), Window(0, 0, 0, 3)])
def test_a_window_outside_the_raster_is_refused(tmp_path, window):
    scene = open_raster(write(tmp_path / "a.tif", image()))
    with pytest.raises(ImageryError, match="does not lie inside"):
        scene.read(window)


def test_all_bands_of_a_file_are_taken_if_none_are_named(tmp_path):
    bands = np.arange(7 * 6 * 5, dtype=np.uint16).reshape(7, 6, 5)
    scene = open_raster(write(tmp_path / "seven.tif", bands), bands=None)
    assert scene.bands == ("blue", "green", "red", "nir", "band-5", "band-6", "band-7")
    np.testing.assert_array_equal(scene.read(Window(0, 0, 6, 5)).bands, bands)
