"""Counted bands: their bytes are in the books, their bits a sample are those of the painted ones, all is told."""

import numpy as np
import pytest

from payload import api
from payload.compression import OpenedTile
from payload.compression.container import read_container
from payload.compression.med import MedZstd
from payload.compression.record import HEADER_BYTES
from payload.darkroom.counted import with_counted
from payload.darkroom.facts import ClearPart, TileFacts
from payload.ledger import Fate, audit
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.types import CoverEstimate, NotCoded, Radiometry, Sensor

ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 100}}


@pytest.fixture
def fly(write_scenario, small_surrogate, tmp_path):
    def run(fidelity, counted_bands):
        spool = tmp_path / f"{fidelity}{counted_bands}"
        spool.mkdir()
        path = write_scenario(fidelity=fidelity, surrogate={"file": str(small_surrogate)}, **ROOMY)
        changed = load_scenario(path, [f"camera.counted_bands={counted_bands}"])
        return fly_arms(assemble(changed), spool)

    return run


@pytest.mark.parametrize("fidelity", ["pixels", "surrogate"])
def test_a_tile_of_twelve_bands_is_three_tiles_of_four(fly, fidelity):
    """By arithmetic: samples in proportion to bands, at equal bits a sample; rounding and headers aside."""
    few, many = fly(fidelity, 0)[0], fly(fidelity, 8)[0]
    for arm in ("raw", "prune", "mask"):
        audit(many[arm].ledger)
        small, large = (flown[arm].ledger.acquired_bytes() for flown in (few, many))
        tiles = len(few[arm].ledger.acquired)
        assert large - small == pytest.approx(2 * (small - HEADER_BYTES * tiles), abs=tiles)
        sent = [
            np.array([o.encoded_bytes for i in flown[arm].images for o in i.outcomes if o.is_kept])
            for flown in (few, many)
        ]
        assert sent[0].size >= 3
        assert sent[1] == pytest.approx(3 * sent[0] - 2 * HEADER_BYTES, abs=1)


def test_what_the_masker_says_does_not_change(fly):
    few, many = fly("pixels", 0)[1], fly("pixels", 9)[1]
    assert few.estimates == many.estimates


def test_of_a_tile_that_is_all_cloud_nothing_is_coded_of_counted_bands_either():
    """By arithmetic: as many bytes are left out of each band, whatever is left of the painted ones."""
    sensor = Sensor(
        ("blue", "green", "red", "nir"), 10.0, 8, 8, 12, Radiometry(1e-4), 0.0, 0.0, 0.0, 8
    )
    painted, counted = 8 * 8 * 4 * 12 // 8, 8 * 8 * 8 * 12 // 8
    said = CoverEstimate(64, 64)
    part = ClearPart(HEADER_BYTES + 3, NotCoded(painted, 0, 64))
    raw_bytes = HEADER_BYTES + painted + counted
    found = with_counted(
        sensor, TileFacts("a#0,0", 64, raw_bytes, said, said, 100, None, clear_part=part)
    )
    assert found.clear_part.not_coded.bytes == painted + counted
    assert found.clear_part.encoded_bytes == part.encoded_bytes


def test_records_come_down_whole_and_reports_tell(write_scenario, tmp_path):
    """The delivered containers hold the painted bands, bit for bit."""
    path = write_scenario(**ROOMY)
    scenario = load_scenario(path, ["camera.counted_bands=3"])
    result = api.run(scenario, tmp_path / "out")
    assert any("3 bands besides" in note for note in result.summary["notes"])
    assert "3 bands besides" in (result.folder / "report.html").read_text(encoding="utf-8")
    containers = [read_container(path) for path in (result.folder / "downlink").glob("*.tiles")]
    assert containers
    assert not any(container.notes for container in containers)
    tiles = [
        tile for container in containers for _, tile in container.tiles({"med-zstd": MedZstd()})
    ]
    assert len(tiles) == result.summary["tiles"]["delivered"]
    assert all(isinstance(tile, OpenedTile) for tile in tiles)


def test_the_books_of_a_short_memory_hold_counted_bytes(write_scenario, small_surrogate, tmp_path):
    path = write_scenario(
        fidelity="surrogate", surrogate={"file": str(small_surrogate)}, memory={"capacity_mb": 0.05}
    )
    records, _ = fly_arms(assemble(load_scenario(path, ["camera.counted_bands=9"])), tmp_path)
    for record in records.values():
        audit(record.ledger)
        assert record.ledger.total_bytes(Fate.OVERFLOWED) > 0
