"""The arm `mask`: clear pixels come down, cloudy ones are pruned; and what near-lossless scenarios lose."""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload import api
from payload.compression import Coding, Loss, cleaned, open_record, read_container, seal, seal_clear
from payload.compression.med import MedZstd
from payload.darkroom.draws import clear_part
from payload.darkroom.pixels import Pixels
from payload.errors import ScenarioError
from payload.imaging.tiling import cut_tiles
from payload.ledger import Fate
from payload.masking.baselines import BlueThreshold
from payload.products.ground_segment import InstalledCodecs, unpack
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.types import CLOUD, Acquisition, CoverEstimate, Opportunity, Radiometry, Sensor, View
from payload.world.synthetic import Synthetic

ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 100}}
SENSOR = Sensor(
    ("blue", "green", "red", "nir"), 60.0, 192, 192, 12, Radiometry(1.6 / 4095), 30.0, 10.0, 30.0
)


@pytest.fixture
def fly(write_scenario, tmp_path):
    def run(**changes):
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        return fly_arms(assemble(load_scenario(write_scenario(**changes))), spool)

    return run


def broken_sky():
    """A view with tiles that are clear, mixed and cloudy."""
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    for seed in range(40):
        source = Synthetic(seed=seed)
        view = View("a", "a", 48.0, 11.0, noon, 60.0, SENSOR)
        tiles = list(cut_tiles(source.scene(view), "a", tile_px=64, margin_px=0))
        covers = [float(BlueThreshold().predict(tile).cloud.mean()) for tile in tiles]
        if sum(0.2 < cover < 0.8 for cover in covers) >= 3:
            return source, view, tiles
    raise AssertionError("no sky of forty is broken")


def test_facts_are_those_of_the_record_itself():
    """The second method: the record is made, opened, and its pixels are counted one by one."""
    source, view, tiles = broken_sky()
    loss = Loss(max_error=1)
    masker = BlueThreshold()
    pixels = Pixels(source, masker, MedZstd(), "med-zstd", 64, loss=loss)
    opportunity = Opportunity("a", "a", "one", 0.0, 1.0, 0.0, 60.0, 0)
    names = tuple(tile.id for tile in tiles)
    taken = Acquisition("a", "one", opportunity, 0.0, view, names, (24_648,) * len(names))
    facts = pixels.develop(taken, None)
    shorter = 0
    for tile, fact in zip(tiles, facts, strict=True):
        whole = seal(tile, MedZstd(), "med-zstd", loss=loss, cover=fact.estimate.cover)
        assert fact.encoded_bytes == len(whole.record)
        not_coded = cleaned(masker.predict(tile).cloud, whole_bytes=len(whole.record))
        coding = Coding(MedZstd(), "med-zstd", loss)
        sealed = seal_clear(tile, coding, not_coded=not_coded, whole=whole)
        part = fact.clear_part
        assert (part is None) == (sealed is whole)
        if part is None:
            continue
        shorter += 1
        opened = open_record(sealed.record, {"med-zstd": MedZstd()})
        is_cloud = tile.patch.truth == CLOUD
        assert part.encoded_bytes == len(sealed.record) < fact.encoded_bytes
        assert part.not_coded.cloudy_px == np.count_nonzero(opened.not_coded & is_cloud)
        assert part.not_coded.clear_px == np.count_nonzero(opened.not_coded & ~is_cloud)
        off = np.abs(opened.bands.astype(int) - tile.patch.bands.astype(int))
        assert off[:, ~opened.not_coded].max() <= 1
    assert shorter >= 3


def test_it_sends_less_than_whole_tiles_and_its_books_tell_what_stayed(fly):
    records, memo = fly(masker={"kind": "blue"}, pruning={"tile_px": 16}, **ROOMY)
    masked, whole = records["mask"], records["compressed"]
    outcomes = [o for image in masked.images for o in image.outcomes]
    parts = [o for o in outcomes if o.not_coded is not None]
    assert parts
    for outcome in outcomes:
        assert outcome.pruned_bytes + outcome.saved_bytes >= 0
        kept = outcome.encoded_bytes if outcome.is_kept else 0
        assert outcome.raw_bytes == outcome.pruned_bytes + outcome.saved_bytes + kept
    pruned = masked.ledger.total_bytes(Fate.PRUNED)
    assert pruned == sum(outcome.pruned_bytes for outcome in outcomes)
    assert masked.ledger.total_bytes(Fate.DELIVERED) < whole.ledger.total_bytes(Fate.DELIVERED)
    for outcome in parts:
        fact = next(
            fact
            for facts in memo.facts_of.values()
            for fact in facts
            if fact.tile_id == outcome.tile_id
        )
        assert outcome.encoded_bytes < fact.encoded_bytes
    for name in ("raw", "compressed", "discard", "prune", "oracle"):
        assert all(o.not_coded is None for i in records[name].images for o in i.outcomes)


def test_it_drops_only_tiles_that_are_nearly_all_cloud(fly):
    for limit in (0.95, 0.5):
        pruning = {"tile_px": 16, "max_masked_cloud_cover": limit}
        records, memo = fly(masker={"kind": "blue"}, pruning=pruning, **ROOMY)
        for outcome in (o for image in records["mask"].images for o in image.outcomes):
            assert outcome.is_kept == (memo.estimates[outcome.tile_id].cover <= limit)


def test_without_pixels_a_tile_shrinks_as_its_clear_share_does():
    estimate = CoverEstimate(65_536, 32_768, 32_000, 100, 768, 32_668)
    part = clear_part(estimate, 72 + 100_000, 65_536, 393_216)
    assert part is not None
    assert part.encoded_bytes == 72 + 50_000
    assert part.not_coded.bytes == 393_216 // 2 - 1_041
    assert (part.not_coded.clear_px, part.not_coded.cloudy_px) == (768, 32_000)
    clear = CoverEstimate(65_536, 0, 0, 0, 0, 65_536)
    assert clear_part(clear, 100_000, 65_536, 393_216) is None


@pytest.mark.parametrize("loss", [{"max_error": 3}, {"bits_per_sample": 3.5}])
def test_what_comes_down_is_as_far_off_as_the_scenario_allows(write_scenario, tmp_path, loss):
    """The second method: the containers as received, beside pixels painted anew."""
    path = write_scenario(loss=loss, pruning={"tile_px": 32}, products={"tiles": "none"}, **ROOMY)
    scenario = load_scenario(path)
    result = api.run(scenario, tmp_path / "out")
    exact = api.run(
        load_scenario(write_scenario(pruning={"tile_px": 32}, **ROOMY)), tmp_path / "exact"
    )
    assert result.summary["bytes"]["delivered"] < exact.summary["bytes"]["delivered"]
    raw = [next(a for a in r.summary["arms"] if a["name"] == "raw") for r in (result, exact)]
    assert raw[0] == raw[1]
    seen = 0
    for container in (result.folder / "downlink").glob("*.tiles"):
        other = read_container(exact.folder / "downlink" / container.name)
        true = {(c.row, c.col): t.bands for c, t in other.tiles(InstalledCodecs())}
        for cell, tile in read_container(container).tiles(InstalledCodecs()):
            off = np.abs(tile.bands.astype(int) - true[cell.row, cell.col].astype(int))
            assert off.max() <= tile.header.max_error
            assert tile.header.max_error == loss.get("max_error", tile.header.max_error)
            if "bits_per_sample" in loss:
                assert 8 * tile.header.record_bytes <= loss["bits_per_sample"] * tile.bands.size
            seen += 1
    assert seen


def test_the_packaged_surrogate_is_of_lossless_coding_and_refused_for_another(root):
    quickstart = root / "scenarios" / "quickstart.yaml"
    changes = ["fidelity=surrogate", "duration_h=1"]
    assert assemble(load_scenario(quickstart, changes)).surrogate is not None
    with pytest.raises(ScenarioError, match="max_error was not set, is 1 here"):
        assemble(load_scenario(quickstart, [*changes, "loss.max_error=1"]))


def test_an_error_that_leaves_nothing_is_refused_in_the_scenario(write_scenario):
    with pytest.raises(ScenarioError, match="expected at most 2047"):
        load_scenario(write_scenario(loss={"max_error": 2048}))


@pytest.mark.parametrize("coder", ["sample-adaptive", "block-adaptive"])
def test_a_codec_that_loses_in_its_loop_flies_and_its_containers_are_unpacked(
    write_scenario, tmp_path, coder
):
    """The second method: the containers of the same flight without loss."""
    kept = {"pruning": {"tile_px": 32}, "products": {"tiles": "none"}, **ROOMY}
    folders = []
    for error in (0, 2):
        codec = {"kind": "ccsds123", "max_error_dn": error, "coder": coder}
        scenario = load_scenario(write_scenario(codec=codec, **kept))
        folders.append(api.run(scenario, tmp_path / f"out{error}").folder)
    seen = 0
    for container in (folders[1] / "downlink").glob("*.tiles"):
        exact = read_container(folders[0] / "downlink" / container.name)
        true = {(c.row, c.col): t.bands for c, t in exact.tiles(InstalledCodecs())}
        for cell, tile in read_container(container).tiles(InstalledCodecs()):
            off = np.abs(tile.bands.astype(int) - true[cell.row, cell.col].astype(int))
            assert off.max() == tile.header.max_error == 2
            assert tile.header.is_in_loop
            seen += 1
        assert not unpack(container, tmp_path / "tif").failed
    assert seen


@pytest.mark.parametrize("loss", [{"max_error": 1}, {"bits_per_sample": 3.0}])
def test_two_losses_one_after_the_other_are_refused_in_the_scenario(write_scenario, loss):
    codec = {"kind": "ccsds123", "max_error_dn": 2}
    with pytest.raises(ScenarioError, match="only one of the two"):
        load_scenario(write_scenario(codec=codec, loss=loss))
    load_scenario(write_scenario(codec=codec, loss={"max_error": 0}))
    with pytest.raises(ScenarioError, match="expected at most 2047"):
        load_scenario(write_scenario(codec={"kind": "ccsds123", "max_error_dn": 2048}))


def test_a_rate_takes_the_processor_as_long_as_its_encodings(fly):
    """By the law: pixels x encodings / rate of compression; the arm `compressed` does nothing else."""
    for loss in ({}, {"bits_per_sample": 3.0}):
        records, memo = fly(loss=loss, computer={"compression_mpx_per_s": 2.0}, **ROOMY)
        facts = [fact for found in memo.facts_of.values() for fact in found]
        assert any(fact.encodings > 1 for fact in facts) == bool(loss)
        wanted = {fact.tile_id: fact.encodings * fact.pixels / 2e6 for fact in facts}
        for outcome in (o for image in records["compressed"].images for o in image.outcomes):
            assert outcome.busy_s == pytest.approx(wanted[outcome.tile_id])
