"""A run from end to end: what it leaves is whole, repeats to the last bit, and gives the pixels back."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio

import payload.run
from payload import api
from payload.compression import container, open_record, read_container
from payload.ledger import Fate
from payload.products.downlink import SAMPLE
from payload.products.gallery import write_gallery
from payload.sim import assemble
from payload.types import Window

CLOUDY = {
    "seed": 1,
    "scene": {"kind": "synthetic", "mean_cloud_cover": 0.5},
    "camera": {"gsd_m": 60, "width_px": 150, "height_px": 130, "max_off_nadir_deg": 45},
    "rescheduling": {"policy": "next_opportunity", "max_cloud_cover": 0.5},
    "products": {"tiles": "all"},
    "link": {"kind": "fixed", "rate_mbps": 0.01, "frame_loss": 0.1, "max_resends": 5},
    "masker": {"kind": "onnx"},
}


@pytest.fixture
def scenario(write_scenario):
    return api.check(write_scenario(**CLOUDY))


@pytest.fixture
def result(scenario, tmp_path):
    return api.run(scenario, tmp_path / "out", command=["payload-sim", "run", "small.yaml"])


def test_a_run_leaves_all_that_readme_promises(result, root):
    names = {item.name for item in result.folder.iterdir()}
    text = (root / "README.md").read_text(encoding="utf-8")
    table = text.split("## What a run leaves", 1)[1].split("\n## ", 1)[0]
    for name in (
        "report.html",
        "summary.json",
        "scenario.json",
        "provenance.json",
        "downlink",
        "tiles",
        "gallery",
    ):
        assert name in names
        assert name in table
    for name in (name for name in names if name.endswith(".parquet")):
        assert f"`{name}`" in table
    assert not [name for name in names if name.startswith(".")]
    assert [item.name for item in result.folder.parent.iterdir()] == [result.folder.name]


def test_the_summary_balances_and_agrees_with_the_tables(result):
    summary = json.loads((result.folder / "summary.json").read_text())
    assert summary == result.summary
    for part in ("bytes", "tiles"):
        figures = summary[part]
        assert all(type(value) is int for value in figures.values())
        assert figures["acquired"] == sum(
            v for k, v in figures.items() if k not in {"acquired", "saved"}
        ) + (figures.get("saved", 0))
    sql = "select fate, sum(bytes)::bigint, count(distinct tile) from ledger where arm = 'prune' group by 1"
    _, rows = api.query(result.folder, sql)
    assert {fate: total for fate, total, _ in rows} == {
        str(fate): summary["bytes"][str(fate)] for fate in Fate if summary["bytes"][str(fate)]
    }
    tiles = {fate: count for fate, _, count in rows if fate != "saved"}
    assert tiles == {
        fate: count for fate, count in summary["tiles"].items() if count and fate != "acquired"
    }
    _, ((clear,),) = api.query(
        result.folder,
        "select sum(clear_px)::bigint from tiles where arm = 'prune' and fate = 'delivered'",
    )
    assert clear == summary["pixels"]["clear_delivered"]


def test_the_same_scenario_gives_the_same_bytes_in_any_process(result, scenario, tmp_path):
    """Another process, another hash seed, another working folder: summary, tables, page, containers."""
    words = [
        sys.executable,
        "-m",
        "payload",
        "run",
        str(scenario.source.path),
        "--out",
        str(tmp_path / "two"),
        "-q",
    ]
    subprocess.run(
        words, check=True, capture_output=True, cwd=tmp_path, env={"PYTHONHASHSEED": "12345"}
    )
    other = tmp_path / "two" / result.folder.name
    files = sorted(p.relative_to(result.folder) for p in result.folder.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(other) for p in other.rglob("*") if p.is_file())
    for name in files:
        if name.name not in {
            "provenance.json",
            "report.html",
        }:  # wall clock, and the page that shows it
            assert (result.folder / name).read_bytes() == (other / name).read_bytes(), name


def test_the_same_digest_replaces_the_folder_whole(result, scenario):
    (result.folder / "left-over.txt").write_text("old")
    again = api.run(scenario, result.folder.parent)
    assert again.folder == result.folder
    assert not (again.folder / "left-over.txt").exists()


def test_what_is_unpacked_equals_the_acquired_pixels_bit_for_bit(result, scenario, tmp_path):
    assembly = assemble(scenario)
    opportunities = {o.id: o for items in assembly.opportunities.values() for o in items}
    containers = sorted((result.folder / "downlink").glob("*.tiles"))
    assert containers
    fates = set()
    for path in containers:
        container = read_container(path)
        acquisition = assembly.camera.expose(opportunities[container.header.acquisition_id])
        scene = assembly.source.scene(acquisition.view)
        truth = scene.read(Window(0, 0, scene.height_px, scene.width_px)).bands
        report = api.unpack(path, tmp_path / "restored")
        assert not report.failed
        with rasterio.open(report.raster) as file:
            restored = file.read()
            nodata = file.nodata
        for cell in container.cells:
            fates.add(cell.fate)
            window = container.header.grid.window(cell.row, cell.col)
            rows = slice(window.top_px, window.top_px + window.height_px)
            cols = slice(window.left_px, window.left_px + window.width_px)
            if cell.fate == "delivered":
                np.testing.assert_array_equal(restored[:, rows, cols], truth[:, rows, cols])
            else:
                assert (restored[:, rows, cols] == nodata).all()
    assert {"delivered", "pruned"} <= fates


def test_restored_tiles_are_cogs_that_lie_where_the_image_lies(result, tmp_path):
    tiles = sorted((result.folder / "tiles").glob("*.tif"))
    assert len(tiles) == result.summary["tiles"]["delivered"]
    whole = {
        path.stem: api.unpack(path, tmp_path / "restored").raster
        for path in (result.folder / "downlink").glob("*.tiles")
    }
    for path in tiles:
        with rasterio.open(path) as tile:
            assert tile.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert tile.tags()["DECISION"].startswith("kept: ")
            stem = path.stem.rpartition("_")[0].rpartition("_")[0]
            with rasterio.open(whole[stem]) as image:
                window = rasterio.windows.from_bounds(
                    *tile.bounds, transform=image.transform
                ).round_offsets()
                np.testing.assert_array_equal(
                    image.read(window=window.round_lengths()), tile.read()
                )
                assert image.crs == tile.crs


def test_the_page_can_be_made_again_and_is_the_same(result):
    before = (result.folder / "report.html").read_bytes()
    assert api.report(result.folder) == result.folder / "report.html"
    assert (result.folder / "report.html").read_bytes() == before


def test_a_damaged_record_is_reported_and_the_others_are_restored(result, tmp_path):
    path = max((result.folder / "downlink").glob("*.tiles"), key=lambda item: item.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "damaged.tiles").write_bytes(data)
    whole, damaged = (
        api.unpack(path, tmp_path / "a"),
        api.unpack(tmp_path / "damaged.tiles", tmp_path / "b"),
    )
    assert damaged.restored_tiles + len(damaged.failed) == whole.restored_tiles
    assert len(damaged.failed) == 1


def test_a_comparison_flies_one_world_and_tells_differences(write_scenario, tmp_path):
    found = api.variants(
        write_scenario(**CLOUDY), ["pruning.max_cloud_cover=0.1,1.0", "link.rate_mbps=1"]
    )
    assert [name for name, _ in found] == [
        "base", "pruning.max_cloud_cover=0.1", "pruning.max_cloud_cover=1.0", "link.rate_mbps=1",
    ]  # fmt: skip
    comparison = api.compare(found, tmp_path)
    rows = {row.key: row for row in comparison.rows}
    pruned = rows["bytes.pruned"]
    assert pruned.values[1] >= pruned.values[0] >= pruned.values[2] == 0
    assert pruned.differences == tuple(value - pruned.values[0] for value in pruned.values)
    assert json.dumps(comparison.as_dict(), allow_nan=False)


def test_rasters_fly_too_and_without_truth_nothing_is_claimed(write_scenario, tmp_path):
    rng = np.random.default_rng(1)
    with rasterio.open(
        tmp_path / "mine.tif", "w", "GTiff", 100, 90, 4, dtype="uint16",
        crs="EPSG:32633", transform=rasterio.Affine(10, 0, 5e5, 0, -10, 8e6),
    ) as file:  # fmt: skip
        file.write(rng.integers(0, 3000, (4, 90, 100), np.uint16))
    camera = {
        "gsd_m": 10,
        "width_px": 64,
        "height_px": 64,
        "bit_depth": 16,
        "max_off_nadir_deg": 45,
    }
    scene = {"kind": "rasters", "path": "mine.tif", "place": "drawn"}
    result = api.run(api.check(write_scenario(scene=scene, camera=camera)), tmp_path / "out")
    assert result.summary["tiles"]["acquired"] > 0
    assert set(result.summary["pixels"].values()) == {None}
    assert result.summary["masker"]["iou"] is None
    oracle = next(arm for arm in result.summary["arms"] if arm["name"] == "oracle")
    assert oracle["downlinked_bytes"] is None
    assert "unknown" in " ".join(result.summary["notes"])
    assert Path(result.folder / "report.html").exists()


def test_what_is_shown_is_all_that_is_decoded_and_painted_again(
    write_scenario, tmp_path, monkeypatch
):
    """Of a sample of tiles no other record is opened, and no pixel is painted that no picture or its margin shows."""
    opened, painted = [], []
    monkeypatch.setattr(
        container, "open_record", lambda *words: opened.append(words) or open_record(*words)
    )

    class Watched:
        def __init__(self, scene):
            self.scene = scene

        def __getattr__(self, name):
            return getattr(self.scene, name)

        def read(self, window):
            painted.append(window.height_px * window.width_px)
            return self.scene.read(window)

    def watch(folder, record, estimates, source, *rest, **words):
        watched = SimpleNamespace(scene=lambda view: Watched(source.scene(view)))
        write_gallery(folder, record, estimates, watched, *rest, **words)

    monkeypatch.setattr(payload.run, "write_gallery", watch)
    scenario = api.check(write_scenario(**CLOUDY | {"products": {"tiles": "sample"}}))
    result = api.run(scenario, tmp_path / "out")
    shown = json.loads((result.folder / "gallery" / "index.json").read_text())
    assert 0 < len(opened) == len(list((result.folder / "tiles").glob("*.tif")))
    delivered = result.summary["tiles"]["delivered"]
    assert len(opened) == -(-delivered // -(-delivered // SAMPLE)) < delivered
    margin_px = assemble(scenario).masker.margin_px
    assert len(painted) == len(shown)
    assert max(painted) <= (assemble(scenario).tile_px + 2 * margin_px) ** 2
