"""Pixel work that was done is not done again, and nothing is remembered that would come out otherwise."""

import json
import sys
import warnings
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from payload.darkroom.remembered import identity
from payload.darkroom.store import find_store
from payload.masking.onnx_masker import DEFAULT_MODEL
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.world.synthetic import SyntheticScene


@pytest.fixture
def fly(write_scenario, tmp_path):
    """Fly a small scenario with changes, with a memo and a ground that wants the records."""

    def run(number, store=True, **changes):
        spool = tmp_path / f"spool-{number}"
        spool.mkdir()
        memo = find_store({"PAYLOAD_SIM_MEMO": str(tmp_path / "memo")}) if store else None
        assembly = assemble(load_scenario(write_scenario(**changes)), store=memo)
        down = []
        records, facts = fly_arms(
            assembly, spool, deliver=lambda image, record: down.append((image.id, record))
        )
        books = {name: record.ledger.entries for name, record in records.items()}
        return books, facts.facts_of, down, memo

    return run


def test_results_with_and_without_a_memo_are_equal(fly, monkeypatch):
    without, first = fly(0, store=False), fly(1)
    assert first[3].found == 0
    monkeypatch.setattr(SyntheticScene, "read", None)  # whoever paints fails
    again = fly(2)
    assert again[3].found == len(again[1]) > 0
    assert again[2]
    assert again[:3] == first[:3] == without[:3]


def test_thresholds_are_swept_over_remembered_pixels(fly, monkeypatch):
    fly(0)
    monkeypatch.setattr(SyntheticScene, "read", None)
    strict = fly(
        1, pruning={"tile_px": 32, "max_cloud_cover": 0.1}, link={"kind": "fixed", "rate_mbps": 3}
    )
    assert strict[3].found == len(strict[1]) > 0


def test_damaged_records_are_made_again(fly):
    fly(0)
    _, facts_of, _, store = fly(1)
    keys = [path.stem for path in store.place.rglob("*.records")]
    assert len(keys) == len(facts_of)
    (store.place / keys[0][:2] / f"{keys[0]}.records").write_bytes(b"damaged")
    again = fly(2)
    assert again[3].found == len(facts_of) - 1
    assert fly(3)[3].found == len(facts_of)  # it was replaced


CHANGES = (
    {"seed": 4},
    {"scene": {"kind": "synthetic", "haze_optical_depth": 0.3}},
    {"masker": {"kind": "blue", "blue_threshold": 0.3}},
    {"masker": {"kind": "onnx"}},
    {"codec": {"kind": "raw"}},
    {"codec": {"kind": "auto"}},
    {"loss": {"max_error": 2}},
    {"pruning": {"tile_px": 40}},
    {"camera": {"gsd_m": 30, "width_px": 80, "height_px": 72, "max_off_nadir_deg": 45}},
    {"camera": {"gsd_m": 20, "width_px": 80, "height_px": 72, "max_off_nadir_deg": 45, "bit_depth": 10}},
    {"memory": {"capacity_mb": 10, "keep_pruned_h": 5}, "requests": {"policy": "least_sure"}},
)  # fmt: skip


def keys_of(scenario):
    """The keys of the pixel work on the first image that could be taken."""
    assembly = assemble(scenario, store=find_store())
    image = assembly.camera.expose(next(iter(assembly.opportunities["one"])))
    return assembly.painter.key(image), assembly.painter.key(image, 0)


@pytest.fixture
def memo(monkeypatch, tmp_path):
    monkeypatch.setenv("PAYLOAD_SIM_MEMO", str(tmp_path / "memo"))


@pytest.mark.usefixtures("memo")
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_whatever_changes_the_pixels_changes_the_key(write_scenario, change):
    before = keys_of(load_scenario(write_scenario()))
    after = keys_of(load_scenario(write_scenario(**change)))
    assert not set(before) & set(after)


@pytest.mark.parametrize(
    "change",
    [
        {"pruning": {"tile_px": 32, "max_cloud_cover": 0.2}},
        {"link": {"kind": "fixed", "rate_mbps": 7}},
        {"memory": {"capacity_mb": 3}},
        {"computer": {"profile": "gr740"}},
        {"computer": {"profile": "myriad2-cloudscout", "compression_mpx_per_s": 2}},
        {"name": "another"},
        {"camera": {"gsd_m": 20, "width_px": 80, "height_px": 72, "max_off_nadir_deg": 45, "counted_bands": 3}},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_does_not_leaves_it(write_scenario, change):
    """A payload's identity; that of an image also names its raw sizes, in which counted bands are."""
    of = [
        (scenario := load_scenario(write_scenario(**more)), assemble(scenario))
        for more in ({}, change)
    ]
    one, other = (
        identity(scenario, parts.sensor, parts.masker, (parts.source, parts.masker, parts.codec))
        for scenario, parts in of
    )
    assert one == other


@pytest.mark.usefixtures("memo")
@pytest.mark.parametrize(("kind", "keys"), [("auto", 4), ("med-zstd", 2)])
def test_the_time_of_a_codec_that_chooses_by_it_changes_the_key(write_scenario, kind, keys):
    found = set()
    for mpx_per_s in (1, 100):
        computer = {"profile": "myriad2-cloudscout", "compression_mpx_per_s": mpx_per_s}
        found |= {*keys_of(load_scenario(write_scenario(codec={"kind": kind}, computer=computer)))}
    assert len(found) == keys


@pytest.mark.usefixtures("memo")
def test_another_view_has_another_key(write_scenario):
    assembly = assemble(load_scenario(write_scenario()), store=find_store())
    image = assembly.camera.expose(next(iter(assembly.opportunities["one"])))
    others = (
        replace(image, id="another"),
        replace(image, view=replace(image.view, lat_deg=image.view.lat_deg + 1e-9)),
        replace(image, view=replace(image.view, sun_elevation_deg=1.0)),
    )
    keys = {assembly.painter.key(each) for each in (image, *others)}
    assert len(keys) == 4


def test_the_code_of_a_strangers_plug_in_counts(write_scenario, tmp_path, monkeypatch):
    """A plug-in of another package may change while its name and options stay."""
    scenario = load_scenario(write_scenario())
    parts = assemble(scenario)
    found = set()
    for text in ("class Codec: pass\n", "class Codec: pass  # changed\n"):
        (tmp_path / "strange_codec.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(__import__("sys").modules, "strange_codec", raising=False)
        found.add(
            identity(scenario, parts.sensor, parts.masker, (__import__("strange_codec").Codec(),))
        )
    assert len(found) == 2


def test_all_the_code_of_a_strangers_package_counts(write_scenario, tmp_path, monkeypatch):
    """Not only the module that has the plug-in, but those that it leans on."""
    scenario = load_scenario(write_scenario())
    parts = assemble(scenario)
    found = set()
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "strangers").mkdir()
    (tmp_path / "strangers" / "__init__.py").touch()
    (tmp_path / "strangers" / "codec.py").write_text("class Codec: pass\n")
    for text in ("STEP = 1\n", "STEP = 2\n"):
        (tmp_path / "strangers" / "steps.py").write_text(text)
        for name in ("strangers", "strangers.codec"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        found.add(
            identity(
                scenario, parts.sensor, parts.masker, (import_module("strangers.codec").Codec(),)
            )
        )
    assert len(found) == 2


def own_network(folder):
    """The default network with a card of one's own."""
    folder.mkdir(exist_ok=True)
    model = folder / "mine.onnx"
    model.write_bytes(DEFAULT_MODEL.read_bytes())
    card = json.loads(DEFAULT_MODEL.with_suffix(".json").read_text()) | {"name": "mine"}
    card["probability_threshold"] = 0.5
    model.with_suffix(".json").write_text(json.dumps(card))
    return model


@pytest.mark.usefixtures("memo")
def test_a_card_that_lies_beside_its_network_counts(write_scenario, tmp_path):
    """Scaling and threshold are in it: the same weights say something else."""
    model = own_network(tmp_path / "models")
    path = write_scenario(masker={"kind": "onnx", "model": str(model)})
    digest, before = load_scenario(path).digest, keys_of(load_scenario(path))
    card = model.with_suffix(".json")
    told = json.loads(card.read_text()) | {"probability_threshold": 0.9}
    card.write_text(json.dumps(told))
    assert not set(before) & set(keys_of(load_scenario(path)))
    assert load_scenario(path).digest != digest


def test_truth_that_lies_beside_a_single_image_counts(write_scenario, tmp_path):
    """As that in a folder of images does."""
    image, truth = tmp_path / "one.tif", tmp_path / "one_msk.tif"
    write_raster(image, np.ones((4, 80, 80), np.uint16))
    path = write_scenario(scene={"kind": "rasters", "path": str(image), "place": "drawn"})
    digests = [load_scenario(path).digest]
    for cover in (0, 1):
        write_raster(truth, np.full((1, 80, 80), cover, np.uint8))
        digests.append(load_scenario(path).digest)
    assert len(set(digests)) == 3


def write_raster(path, samples):
    count, height, width = samples.shape
    size = {"count": count, "height": height, "width": width, "dtype": samples.dtype}
    with (
        warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning),
        rasterio.open(path, "w", driver="GTiff", **size) as file,
    ):
        file.write(samples)
