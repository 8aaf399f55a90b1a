"""`payload-sim world`: what it writes, what it answers, what it refuses."""

import json
import warnings
from datetime import UTC, datetime

import numpy as np
import pytest
import rasterio

from payload.png import true_colour
from payload.products.earth import Earth
from payload.types import SURFACES, View, Window
from payload.world.synthetic import Synthetic

SPOT = ("--at", "48.1,11.5", "--time", "2025-06-01T12:30:00+02:00")


def picture(path):
    """A PNG as an array (3, H, W)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(path) as raster:
            return raster.read()


def test_a_scene_is_written_with_its_truth_and_a_picture(call, tmp_path):
    answer = call("world", *SPOT, "--size-px", 130, "--gsd-m", 30, "--seed", 4, "--out", tmp_path)
    assert answer.code == 0, answer.err
    said, *paths = answer.out.splitlines()
    image, truth, depth, picture = (path.split("/")[-1] for path in paths)
    assert image == "48.1000N_011.5000E_20250601T103000Z_30m.tif"
    assert said.startswith("cloud ")
    with rasterio.open(tmp_path / image) as raster:
        assert (raster.count, raster.height, raster.width) == (4, 130, 130)
        assert raster.descriptions == ("blue", "green", "red", "nir")
        assert set(raster.scales) == {1e-4}
        assert set(raster.offsets) == {0.0}
        assert "aeqd" in raster.crs.to_proj4()
        assert abs(raster.transform.a) == 30.0
        assert 0.02 < raster.read(1).mean() * 1e-4 < 1.0
    with rasterio.open(tmp_path / truth) as raster:
        classes, sky, surface = raster.read()
        assert raster.descriptions == ("truth", "sky", "surface")
        assert set(np.unique(classes)) <= {0, 1, 2}
        assert np.array_equal(classes == 1, np.isin(sky, (1, 3)))
        assert surface.max() < len(SURFACES)
        assert raster.tags()["SURFACE_0"] == "water"
        assert raster.nodata == 255
    with rasterio.open(tmp_path / depth) as raster:
        assert np.array_equal(raster.read(1) >= np.float32(0.7), classes == 1)
    assert f"cloud {np.mean(classes == 1):.1%}" in said
    assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [image, truth, depth, picture]
    )


def test_a_large_picture_is_thinned_and_its_rows_are_all_there(call, monkeypatch, tmp_path):
    monkeypatch.setattr("payload.products.earth._PICTURE_PX", 100)
    monkeypatch.setattr("payload.products.earth._STRIPE_PX", 50)
    answer = call("world", *SPOT, "--size-px", 330, "--out", tmp_path, "--json")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    with rasterio.open(found["image"]) as raster:
        thin = raster.read((1, 2, 3))[:, ::4, ::4] * np.float32(1e-4)
    assert np.array_equal(picture(found["picture"]), np.moveaxis(true_colour(*thin), 2, 0))


def test_the_same_words_paint_the_same_scene(call, tmp_path):
    for folder in ("a", "b"):
        assert call("world", *SPOT, "--size-px", 40, "--out", tmp_path / folder).code == 0
    for path in (tmp_path / "a").iterdir():
        if path.suffix == ".tif":
            with rasterio.open(path) as one, rasterio.open(tmp_path / "b" / path.name) as other:
                assert np.array_equal(one.read(), other.read())


def test_a_scenario_gives_world_camera_and_epoch(call, write_scenario, tmp_path):
    path = write_scenario(epoch_utc="2026-03-20T10:00:00Z")
    words = ("world", "--at", "-10,200", "--scenario", path, "--json", "--out", tmp_path / "out")
    answer = call(*words, "--set", "camera.gsd_m=20", "--set", "camera.width_px=50")
    assert answer.code == 0, answer.err
    found = json.loads(answer.out)
    assert found["image"].endswith("10.0000S_160.0000W_20260320T100000Z_20m.tif")
    assert 0.0 <= found["cloud_cover"] <= 1.0
    with rasterio.open(found["image"]) as raster:
        assert (raster.width, raster.transform.a) == (50, 20.0)
        assert raster.scales[0] == pytest.approx(1.6 / 4095)


def test_night_is_painted_and_told(call, tmp_path):
    words = ("--at", "48,11", "--time", "2025-06-01T00:00:00Z", "--size-px", 20)
    answer = call("world", *words, "--out", tmp_path)
    assert answer.code == 0
    assert "the sun is low or down" in answer.err


def test_a_map_shows_white_clouds_and_coasts(call, monkeypatch, tmp_path):
    monkeypatch.setattr("payload.products.earth._MAP_ROWS", 90)
    answer = call("world", "--map", "--time", "2025-06-01T10:30:00Z", "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert "of the globe" in answer.out
    drawn = picture(tmp_path / "clouds_20250601T103000Z.png")
    assert drawn.shape == (3, 90, 180)
    colours = drawn.reshape(3, -1)
    assert (colours == np.array([[214], [120], [24]])).all(axis=0).sum() > 200
    assert (colours.min(axis=0) > 240).mean() > 0.1


def test_a_year_is_the_mean_of_its_moments(call, monkeypatch, tmp_path):
    monkeypatch.setattr("payload.products.earth._YEAR_ROWS", 45)
    answer = call("world", "--map", "--year", 2025, "--json", "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["cloud_cover"] == pytest.approx(0.67, abs=0.03)
    assert (tmp_path / "clouds_2025.png").exists()


def test_the_laws_are_measured_and_written(call, tmp_path):
    answer = call("world", "--measure", "--effort", 0.002, "--seed", 5, "--out", tmp_path)
    assert answer.code == 0, answer.err
    assert "global mean cover" in answer.out
    laws = json.loads((tmp_path / "laws.json").read_text())
    assert (laws["seed"], laws["year"]) == (5, 2025)
    assert len(laws["spread"]["histogram"]) == 10
    page = (tmp_path / "laws.md").read_text()
    assert "| global mean cover [%] |" in page
    assert "King et al. 2013" in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "one of --at"),
        (("--map", "--measure"), "one of --at"),
        (("--at", "95,0", "--time", "2025-06-01T00:00:00Z"), "latitude of -90 to 90"),
        (("--at", "0,999", "--time", "2025-06-01T00:00:00Z"), "longitude"),
        (("--at", "nan,0", "--time", "2025-06-01T00:00:00Z"), "latitude"),
        (("--at", "Munich", "--time", "2025-06-01T00:00:00Z"), "two numbers"),
        (("--at", "1,2,3", "--time", "2025-06-01T00:00:00Z"), "two numbers"),
        (("--at", "48,11"), "expected --time"),
        (("--at", "48,11", "--time", "2025-06-01T00:00:00"), "zone is missing"),
        (("--at", "48,11", "--time", "2025-06-01"), "write 2025-06-01T00:00:00Z"),
        (("--at", "48,11", "--time", "noon"), "ISO 8601"),
        (("--at", "48,11", "--time", "9999-12-31T23:59:59Z"), "the year 9999"),
        (("--at", "48,11", "--time", "0001-01-01T00:00:00+14:00"), "the year 1 "),
        ((*SPOT, "--gsd-m", "0"), "--gsd-m 0"),
        ((*SPOT, "--gsd-m", "nan"), "--gsd-m nan"),
        ((*SPOT, "--gsd-m", "1e9"), "--gsd-m"),
        ((*SPOT, "--size-px", "0"), "--size-px 0"),
        ((*SPOT, "--size-px", "99999"), "--size-px"),
        ((*SPOT, "--seed", "-1"), "--seed -1"),
        ((*SPOT, "--year", "2025"), "--year"),
        ((*SPOT, "--set", "seed=3"), "--scenario"),
        (("--map",), "expected --time"),
        (("--map", "--year", "1"), "the year 1 "),
        (("--map", "--year", "0"), "the year 0 "),
        (("--map", "--year", "2025", "--time", "2025-06-01T00:00:00Z"), "--time"),
        (("--measure", "--effort", "0"), "--effort"),
        (("--measure", "--time", "2025-06-01T00:00:00Z"), "--time"),
        ((*SPOT, "--scenario", "gone.yaml"), "gone.yaml"),
        ((*SPOT, "--scenario", "https://host/a.yaml"), "local path"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_2(call, monkeypatch, tmp_path, words, said):
    monkeypatch.chdir(tmp_path)
    answer = call("world", *words, "--out", "out")
    assert answer.code == 2, answer.err
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_a_sentence(call, tmp_path):
    (tmp_path / "file").write_text("no folder")
    for words in (SPOT, ("--map", "--year", "2025"), ("--measure",)):
        answer = call("world", *words, "--out", tmp_path / "file")
        assert answer.code == 2
        assert "cannot be written to" in answer.err
        assert answer.err.count("\n") == 1


def test_a_camera_of_a_scenario_is_changed_by_its_keys(call, write_scenario, tmp_path):
    answer = call(
        "world", *SPOT, "--scenario", write_scenario(), "--gsd-m", 5, "--out", tmp_path / "o"
    )
    assert answer.code == 2
    assert "camera.gsd_m" in answer.err


def test_rasters_are_no_world(call, write_scenario, tmp_path):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", count=4, height=8, width=8, dtype="uint16",
        crs="EPSG:32632", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 5e6),
    ) as raster:  # fmt: skip
        raster.write(np.ones((4, 8, 8), np.uint16))
    path = write_scenario(scene={"kind": "rasters", "path": "a.tif", "place": "drawn"})
    answer = call("world", "--map", "--year", 2025, "--scenario", path, "--out", tmp_path / "out")
    assert answer.code == 2
    assert "not `synthetic`" in answer.err


def test_the_truth_is_that_of_the_plug_in(call, tmp_path):
    """The command paints what a flight would see: the same seed, the same world."""
    answer = call("world", *SPOT, "--size-px", 64, "--seed", 8, "--json", "--out", tmp_path)
    found = json.loads(answer.out)
    camera = Earth.plain(size_px=64).sensor
    when = datetime(2025, 6, 1, 10, 30, tzinfo=UTC)
    view = View("v", "v", 48.1, 11.5, when, found["sun_elevation_deg"], camera)
    patch = Synthetic(seed=8).scene(view).read(Window(0, 0, 64, 64))
    with rasterio.open(found["image"]) as raster:
        assert np.array_equal(raster.read(), patch.bands)
