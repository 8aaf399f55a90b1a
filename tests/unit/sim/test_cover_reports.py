"""Cover reports of images: first on the way down, in an account of their own, and what the ground knows by them."""

import math

import pytest

from payload import api
from payload.analysis.metrics import ARM_NAMES
from payload.compression import CellFate, read_container
from payload.downlink.links import Fixed
from payload.ledger import Fate
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms

ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 100}}


@pytest.fixture
def fly(write_scenario, tmp_path):
    def run(**changes):
        spool = tmp_path / "spool"
        spool.mkdir(exist_ok=True)
        return fly_arms(assemble(load_scenario(write_scenario(**changes))), spool)[0]

    return run


def test_there_is_one_of_each_judged_image_and_the_arms_that_judge_pay_for_it(fly):
    """A camera of 80 x 72 px has 3 x 3 tiles of 32: 24 bytes and nine."""
    records = fly(**ROOMY)
    for name in ARM_NAMES:
        record = records[name]
        made = [item.bytes for item in record.ledger.cover_reports_made]
        judges = name not in {"raw", "compressed"}
        assert made == ([24 + 9] * len(record.images) if judges else [])
        assert record.ledger.report_bytes(Fate.DELIVERED) == sum(made)
        assert len(record.cover_reports) == len(made)
    assert records["prune"].cover_reports


def test_each_takes_the_frame_in_which_it_goes(fly):
    """Nothing lost, so what the channel carries more is one frame a report."""
    with_them, without = fly(**ROOMY), fly(radio={"cover_reports": False}, **ROOMY)
    used = [sum(log.used_bytes for log in each["prune"].contacts) for each in (with_them, without)]
    frame_bytes = Fixed(rate_mbps=100).frame_bytes
    reports = len(with_them["prune"].cover_reports)
    assert used[0] - used[1] == reports * frame_bytes > 0
    assert not without["prune"].ledger.cover_reports_made
    assert with_them["raw"].ledger == without["raw"].ledger


def test_downlinked_bytes_count_them(write_scenario, tmp_path):
    summary = api.run(load_scenario(write_scenario(**ROOMY)), tmp_path / "a").summary
    own = next(arm for arm in summary["arms"] if arm["name"] == "prune")
    assert own["downlinked_bytes"] == summary["bytes"]["delivered"] + own["report_bytes"]
    assert own["report_bytes"] == 33 * own["images"]


@pytest.mark.parametrize("are_sent", [True, False])
def test_the_ground_tells_pruned_tiles_from_others_by_its_report_alone(
    write_scenario, tmp_path, are_sent
):
    """The second method: the flight's own books, which the ground does not see."""
    path = write_scenario(
        radio={"cover_reports": are_sent}, pruning={"tile_px": 16, "max_cloud_cover": 0.3}, **ROOMY
    )
    result = api.run(load_scenario(path), tmp_path / "out")
    cells = api.query(
        result.folder, "select image, row, col, fate, cover from tiles where arm = 'prune'"
    )[1]
    true = {(image, row, col): (fate, cover) for image, row, col, fate, cover in cells}
    seen = set()
    for file in (result.folder / "downlink").glob("*.tiles"):
        container = read_container(file)
        for cell in container.cells:
            fate, cover = true[container.header.acquisition_id, cell.row, cell.col]
            seen.add(cell.fate)
            if fate == "delivered" or are_sent:
                assert cell.fate == fate
                assert cell.cover == pytest.approx(cover, abs=1 / 399)
            else:
                assert (cell.fate, cell.cover) == (CellFate.UNKNOWN, None)
    assert (CellFate.PRUNED if are_sent else CellFate.UNKNOWN) in seen


def test_one_that_is_lost_leaves_the_ground_ignorant(write_scenario, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "payload.sim.aboard.cover_reports.CoverReports.end",
        lambda self, name, _: self.ledger.end_cover_report(
            name, Fate.LOST, len(self.waiting.pop(name)[1]), self.env.now
        ),
    )
    path = write_scenario(pruning={"tile_px": 16, "max_cloud_cover": 0.3}, **ROOMY)
    result = api.run(load_scenario(path), tmp_path / "out")
    fates = {
        cell.fate
        for file in (result.folder / "downlink").glob("*.tiles")
        for cell in read_container(file).cells
    }
    assert fates == {CellFate.DELIVERED, CellFate.UNKNOWN}
    assert math.isfinite(result.summary["arms"][0]["downlinked_bytes"])
