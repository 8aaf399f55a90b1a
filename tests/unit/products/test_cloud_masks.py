"""Masks of users' images: of any size, where the image lies, right about truth, whole or not at all."""

import csv
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.rpc import RPC
from rasterio.transform import Affine

from payload.errors import ImageryError, MaskerError
from payload.masking.onnx_masker import OnnxMasker
from payload.masking.scores import score
from payload.products.cloud_masks import mask_raster
from payload.types import CloudMask
from payload.world.geotiff import open_raster

PLACE = Affine(10, 0, 500_000, 0, -10, 5_600_000)
pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


@dataclass(frozen=True)
class Bright:
    """Calls cloud what is bright in blue, and fails at a tile if told so."""

    margin_px: int = 8
    multiple_px: int = 8
    fails_at: str = ""

    def predict(self, tile):
        if self.fails_at and tile.id.endswith(self.fails_at):
            raise MaskerError("no more")
        return CloudMask(tile.patch.bands[0].astype(np.float32) / np.float32(10_000), 0.25)


def write(path, values, **profile):
    count, height, width = values.shape
    shape = {"count": count, "height": height, "width": width, "dtype": values.dtype}
    with rasterio.open(path, "w", driver="GTiff", **shape, **profile) as raster:
        raster.write(values)
    return path


def read(path):
    with rasterio.open(path) as raster:
        return raster.read(1)


def image(height, width, *, seed=0):
    """Smooth ground with bright blobs, so that a network has something to say."""
    rows, cols = np.mgrid[:height, :width].astype(float)
    rng = np.random.default_rng(seed)
    waves = sum(
        np.sin(rows / rng.uniform(5, 60) + rng.uniform(0, 6)) * np.cos(cols / rng.uniform(5, 60))
        for _ in range(6)
    )
    bright = np.clip(waves - 0.5, 0, 1) * 4000
    ground = np.array([1000, 900, 800, 2500.0])[:, None, None]
    return (ground + bright + rng.normal(0, 30, (4, height, width))).astype(np.uint16)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (7, 5), (255, 257), (256, 256), (300, 513)])
def test_images_of_any_size_are_masked(tmp_path, size):
    values = image(*size)
    found = mask_raster(write(tmp_path / "x.tif", values), tmp_path / "out", masker=Bright())

    assert (found.mask, found.probability) == (
        tmp_path / "out" / "x_mask.tif",
        tmp_path / "out" / "x_probability.tif",
    )
    assert (found.height_px, found.width_px, found.valid_px) == (*size, values[0].size)
    cloud = values[0] >= 2500
    assert np.array_equal(read(found.mask), cloud)
    assert np.array_equal(read(found.probability), values[0].astype(np.float32) / np.float32(1e4))
    assert found.cloud_px == cloud.sum()
    assert found.cloud_cover == pytest.approx(cloud.mean())
    assert found.iou is None


@pytest.mark.parametrize("size", [(1, 1), (9, 3), (100, 101)])
def test_the_packaged_network_masks_images_below_a_tile(tmp_path, size):
    found = mask_raster(write(tmp_path / "x.tif", image(*size)), tmp_path, masker=OnnxMasker())
    shares = read(found.probability)
    assert shares.shape == size
    assert ((shares >= 0) & (shares <= 1)).all()


@pytest.mark.parametrize("tile_px", [256, 512])
def test_the_tiled_mask_of_a_large_image_equals_that_of_one_piece(tmp_path, tile_px):
    values = image(1000, 1300)
    masker = OnnxMasker()
    path = write(tmp_path / "x.tif", values)
    found = mask_raster(path, tmp_path, masker=masker, tile_px=tile_px)

    scene = open_raster(tmp_path / "x.tif")
    whole = masker.predict_image(values, scene.radiometry) >= np.float32(masker.threshold)

    assert 0.05 < found.cloud_cover < 0.95
    assert np.array_equal(read(found.mask), whole)


@dataclass(frozen=True)
class Celled(Bright):
    """Works in cells and refuses a tile that begins within one."""

    def predict(self, tile):
        assert tile.window.top_px % self.multiple_px == tile.window.left_px % self.multiple_px == 0
        return super().predict(tile)


@pytest.mark.parametrize(("cell_px", "tile_px"), [(24, 64), (16, 512), (48, 16)])
def test_tiles_begin_where_cells_of_the_masker_do(tmp_path, cell_px, tile_px):
    path = write(tmp_path / "image.tif", image(200, 300))
    masker = Celled(margin_px=0, multiple_px=cell_px)
    report = mask_raster(path, tmp_path / "out", masker=masker, tile_px=tile_px)
    assert report.valid_px == 200 * 300


def test_masks_lie_where_the_image_lies_and_know_no_data(tmp_path):
    values = image(40, 50)
    values[:, :10] = 0
    path = write(tmp_path / "x.tif", values, crs="EPSG:32632", transform=PLACE, nodata=0)

    found = mask_raster(path, tmp_path, masker=Bright())

    with rasterio.open(found.mask) as mask, rasterio.open(found.probability) as probability:
        for raster in (mask, probability):
            assert raster.crs.to_epsg() == 32632
            assert raster.transform == PLACE
        assert (mask.dtypes, mask.nodata) == (("uint8",), 255)
        assert (probability.dtypes, probability.nodata) == (("float32",), -1)
        assert (mask.read(1)[:10] == 255).all()
        assert set(np.unique(mask.read(1)[10:])) <= {0, 1}
        assert (probability.read(1)[:10] == -1).all()
        assert (probability.read(1)[10:] >= 0).all()
    assert found.valid_px == 30 * 50
    assert found.cloud_cover == pytest.approx((values[0, 10:] >= 2500).mean())


def test_an_image_without_georeference_gives_masks_without(tmp_path):
    found = mask_raster(write(tmp_path / "x.tif", image(20, 20)), tmp_path, masker=Bright())
    with rasterio.open(found.mask) as mask:
        assert mask.crs is None
        assert mask.transform.is_identity


POINTS = [
    GroundControlPoint(0.5, 0.0, 10.0, 50.0, 120.0),
    GroundControlPoint(0.0, 64.0, 11.0, 50.1),
    GroundControlPoint(48.0, 0.0, 10.1, 49.0),
    GroundControlPoint(48.0, 64.0, 11.0, 49.25),
]
COEFFICIENTS = [1.0, *(n / 8 for n in range(1, 20))]
RATIONAL = RPC(
    height_off=100.0, height_scale=50.0, lat_off=49.5, lat_scale=0.7, line_off=24.0, line_scale=24.0,
    long_off=10.5, long_scale=0.6, samp_off=32.0, samp_scale=32.0, line_num_coeff=COEFFICIENTS,
    line_den_coeff=COEFFICIENTS, samp_num_coeff=COEFFICIENTS, samp_den_coeff=COEFFICIENTS,
    err_bias=0.25, err_rand=0.5,
)  # fmt: skip


@pytest.mark.parametrize(
    "place",
    [
        {"gcps": POINTS, "crs": "EPSG:4326"},
        {"gcps": POINTS, "crs": CRS()},
        {"rpcs": RATIONAL},
        {"rpcs": RATIONAL, "transform": PLACE, "crs": "EPSG:32632"},
        {"rpcs": RATIONAL, "gcps": POINTS, "crs": "EPSG:4326"},
    ],
    ids=["points", "points in no system", "coefficients", "both, transform", "both, points"],
)
def test_masks_have_the_ground_control_of_the_image(tmp_path, place):
    path = write(tmp_path / "scene.tif", image(48, 64), **place)
    mask_raster(path, tmp_path, masker=Bright())
    with rasterio.open(path) as theirs:
        wanted = (theirs.crs, theirs.transform, theirs.gcps[1], theirs.rpcs)
        points = [point.asdict() for point in theirs.gcps[0]]
    assert len(points) == len(place.get("gcps", ()))
    assert wanted[3] == place.get("rpcs")
    for name in ("scene_mask.tif", "scene_probability.tif"):
        with rasterio.open(tmp_path / name) as ours:
            assert (ours.crs, ours.transform, ours.gcps[1], ours.rpcs) == wanted
            assert [point.asdict() for point in ours.gcps[0]] == points
    assert {each.name for each in tmp_path.iterdir()} == {
        "scene.tif", "scene_mask.tif", "scene_probability.tif",
    }  # fmt: skip


def test_scores_against_truth_leave_out_what_is_unknown(tmp_path):
    values = image(300, 310)
    truth = np.random.default_rng(1).choice(np.array([0, 1, 2, 255], np.uint8), (300, 310))
    found = mask_raster(
        write(tmp_path / "x.tif", values),
        tmp_path,
        masker=Bright(),
        truth=write(tmp_path / "truth.tif", truth[None]),
    )

    said, known = values[0] >= 2500, truth != 255
    counts = {
        "true_cloud_px": int((said & (truth == 1)).sum()),
        "missed_cloud_px": int((~said & (truth == 1)).sum()),
        "false_cloud_px": int((said & known & (truth != 1)).sum()),
    }
    assert {name: getattr(found, name) for name in counts} == counts
    assert found.true_clear_px == known.sum() - sum(counts.values())
    wanted = score(**counts)
    assert (found.iou, found.f1) == (wanted.iou, wanted.f1)
    assert (found.precision, found.recall) == (wanted.precision, wanted.recall)
    json.dumps(found.as_dict(), allow_nan=False)


def test_an_image_without_any_data_has_no_cover(tmp_path):
    path = write(tmp_path / "x.tif", np.zeros((4, 30, 20), np.uint16), nodata=0)
    found = mask_raster(path, tmp_path, masker=Bright())
    assert (found.valid_px, found.cloud_px, found.cloud_cover) == (0, 0, None)
    assert (read(found.mask) == 255).all()


def left_over(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_masker_that_fails_half_way_leaves_nothing(tmp_path):
    path = write(tmp_path / "x.tif", image(600, 300))
    with pytest.raises(MaskerError, match="no more"):
        mask_raster(path, tmp_path / "out", masker=Bright(fails_at="#1,0"))
    assert left_over(tmp_path) == ["x.tif"]


def test_an_image_that_breaks_off_leaves_nothing(tmp_path):
    path = write(tmp_path / "x.tif", image(600, 300), compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageryError):
        mask_raster(path, tmp_path / "out", masker=Bright())
    assert left_over(tmp_path) == ["x.tif"]


def test_older_masks_stay_when_a_new_one_fails(tmp_path):
    path = write(tmp_path / "x.tif", image(600, 300))
    before = mask_raster(path, tmp_path, masker=Bright())
    content = before.mask.read_bytes()
    with pytest.raises(MaskerError):
        mask_raster(path, tmp_path, masker=Bright(fails_at="#1,0"))
    assert before.mask.read_bytes() == content


def test_an_image_is_never_overwritten_by_its_own_mask(tmp_path):
    path = write(tmp_path / "x.tif", image(9, 9))
    link = tmp_path / "x_mask.tif"
    link.symlink_to(path)
    with pytest.raises(ImageryError, match="would be overwritten"):
        mask_raster(path, tmp_path, masker=Bright())


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    path = write(tmp_path / "x.tif", image(9, 9))
    with pytest.raises(ImageryError, match="the folder cannot be created"):
        mask_raster(path, path, masker=Bright())


def test_truth_of_another_size_is_refused_before_anything_is_written(tmp_path):
    path = write(tmp_path / "x.tif", image(20, 20))
    truth = write(tmp_path / "t.tif", np.zeros((1, 20, 21), np.uint8))
    with pytest.raises(ImageryError, match="truth must fit"):
        mask_raster(path, tmp_path / "out", masker=Bright(), truth=truth)
    assert not (tmp_path / "out").exists()


def test_the_report_is_a_value(tmp_path):
    found = mask_raster(write(tmp_path / "x.tif", image(9, 9)), tmp_path, masker=Bright())
    assert replace(found) == found


@pytest.mark.skipif("PAYLOAD_SIM_DATA" not in os.environ, reason="PAYLOAD_SIM_DATA names no images")
def test_real_images_with_masks_by_people_are_masked_well(tmp_path):
    folder = Path(os.environ["PAYLOAD_SIM_DATA"]) / "clouds"
    with (folder / "index.csv").open() as file:
        names = [row["id"] for row in csv.DictReader(file) if row["id"].startswith("l8biome")]
    reports = [
        mask_raster(
            folder / f"{name}_img.tif",
            tmp_path,
            masker=OnnxMasker(),
            truth=folder / f"{name}_msk.tif",
        )
        for name in names
    ]
    assert len(reports) == 16
    assert all(report.mask.is_file() and report.probability.is_file() for report in reports)
    pooled = score(
        true_cloud_px=sum(report.true_cloud_px or 0 for report in reports),
        missed_cloud_px=sum(report.missed_cloud_px or 0 for report in reports),
        false_cloud_px=sum(report.false_cloud_px or 0 for report in reports),
    )
    assert (
        pooled.iou > 0.68
    )  # the network saw these images; that it generalises is judged elsewhere
