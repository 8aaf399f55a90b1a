"""Sweeps that fly: rows equal whoever flies, failures as rows, resume, tables and the page."""

import csv
import json
import time

import pytest
from sweeping import rows_in, write_sweep

from payload.errors import ScenarioError, SweepError
from payload.scenario.load import load_scenario
from payload.sweep import Pool, Serial, Wishes, load_sweep, run_sweep
from payload.sweep.flying import Landed
from payload.sweep.rows import died_row, flown_row, read_row
from payload.sweep.variants import fly_variants
from payload.tables import query_folder

GRID = {"pruning.max_cloud_cover": [0.3, 0.8], "link.rate_mbps": [0.01, 1]}


@pytest.fixture
def sweep(write_scenario, tmp_path):
    base = write_scenario()

    def make(**keys):
        return load_sweep(write_sweep(tmp_path, base, **keys))

    return make


def test_a_sweep_leaves_rows_tables_and_a_page(sweep, tmp_path):
    result = run_sweep(sweep(grid=GRID, seeds=2, arms=["raw", "prune"]), tmp_path / "out", Serial())
    assert (len(result.rows), result.flown, result.failed) == (8, 8, ())
    rows = rows_in(result.folder)
    assert len(rows) == 8
    _, told = query_folder(
        result.folder,
        'select "link.rate_mbps", count(*), sum("bytes.acquired")::bigint, count("latency_s.p50"), '
        'avg("latency_s.p50") from runs group by 1 order by 1',
    )
    assert [line[:2] for line in told] == [(0.01, 4), (1.0, 4)]
    for rate, _, acquired, known, latency in told:
        mine = [
            row.metrics
            for run, row in zip(result.grid.runs, result.rows, strict=True)
            if result.grid.cells[run.cell].values["link.rate_mbps"] == rate
        ]
        assert acquired == sum(each["bytes.acquired"] for each in mine)
        waits = [each["latency_s.p50"] for each in mine if each["latency_s.p50"] is not None]
        assert known == len(waits)
        assert latency == (pytest.approx(sum(waits) / len(waits)) if waits else None)
    lines = list(csv.DictReader((result.folder / "runs.csv").read_text().splitlines()))
    assert [line["run"] for line in lines] == [run.key for run in result.grid.runs]
    assert {"arms.raw.downlinked_bytes", "arms.prune.downlinked_bytes"} <= lines[0].keys()
    assert "arms.mask.downlinked_bytes" not in lines[0]
    assert (
        json.loads((result.folder / "runs.json").read_text())["runs"][0]["bytes.acquired"]
        == result.rows[0].metrics["bytes.acquired"]
    )
    page = (result.folder / "sweep.html").read_text()
    assert "pixels.clear_delivered|pruning.max_cloud_cover|difference" in page
    assert "default-src 'none'" in page


def test_a_page_says_where_no_cells_can_be_compared(sweep, tmp_path):
    cells = [
        {"pruning.max_cloud_cover": 0.3, "link.rate_mbps": 1},
        {"pruning.max_cloud_cover": 0.8, "link.rate_mbps": 2},
    ]
    result = run_sweep(sweep(list=cells), tmp_path, Serial())
    page = (result.folder / "sweep.html").read_text()
    assert "no two cells differ in link.rate_mbps alone" in page
    assert "minus that at" not in page


def test_rows_of_pool_and_serial_are_equal_bit_for_bit(sweep, tmp_path):
    spec = sweep(grid=GRID)
    serial = run_sweep(spec, tmp_path / "serial", Serial())
    pool = run_sweep(spec, tmp_path / "pool", Pool(2))
    assert [row.text for row in serial.rows] == [row.text for row in pool.rows]
    assert {key: row[0] for key, row in rows_in(serial.folder).items()} == {
        key: row[0] for key, row in rows_in(pool.folder).items()
    }
    for name in ("runs.csv", "runs.json", "runs.parquet", "sweep.html"):
        assert (serial.folder / name).read_bytes() == (pool.folder / name).read_bytes()


def test_a_sweep_goes_on_where_it_was_and_a_larger_one_flies_what_is_new(sweep, tmp_path):
    first = run_sweep(sweep(grid={"link.rate_mbps": [0.1, 1]}), tmp_path, Serial())
    stood = rows_in(first.folder)
    again = run_sweep(sweep(grid={"link.rate_mbps": [0.1, 1]}), tmp_path, Serial())
    assert again.flown == 0
    more = run_sweep(sweep(grid={"link.rate_mbps": [0.1, 1, 2]}, seeds=2), tmp_path, Serial())
    assert more.flown == 4
    now = rows_in(first.folder)
    assert {key: now[key] for key in stood} == stood


def test_a_cell_that_comes_twice_is_flown_once(sweep, tmp_path):
    cells = [{"link.rate_mbps": 1}, {"link.rate_mbps": 1.0, "memory.capacity_mb": 10}]
    result = run_sweep(sweep(list=cells), tmp_path, Serial())
    assert (len(result.rows), result.flown) == (2, 1)


def test_a_run_that_raises_is_a_row_with_its_trace_and_the_others_finish(sweep, tmp_path):
    """Targets that are no GeoJSON are found out when the flight is assembled."""
    (tmp_path / "broken.geojson").write_text("no places")
    spec = sweep(grid={"targets.file": ["places.geojson", "broken.geojson"]}, seeds=2)
    result = run_sweep(spec, tmp_path / "out", Serial())
    assert [row.status for row in result.rows] == ["flown"] * 2 + ["failed"] * 2
    failed = result.rows[2]
    assert "broken.geojson" in failed.error
    assert failed.trace.startswith("Traceback")
    assert str(result.folder) not in failed.trace
    assert read_row(result.folder, failed.key) == failed
    kept = run_sweep(spec, tmp_path / "out", Serial())
    assert kept.flown == 0
    (tmp_path / "out" / "small" / "rows" / f"{failed.key}.json").touch()
    retried = run_sweep(spec, tmp_path / "out", Pool(1), Wishes(retry=True))
    assert retried.flown == 2
    assert [row.text for row in retried.rows] == [row.text for row in result.rows]
    page = (result.folder / "sweep.html").read_text()
    assert "broken.geojson" in page.replace("<wbr>", "")  # where a long name may break
    _, told = query_folder(
        result.folder, "select status, count(*), count(error) from runs group by 1 order by 1"
    )
    assert told == [("failed", 2, 2), ("flown", 2, 0)]


def test_figures_that_are_no_number_are_unknown_and_named():
    summary = {
        "digest": "d", "seed": 1, "notes": [],
        "bytes": {"delivered": float("nan"), "acquired": 5}, "latency_s": {"p50": float("inf")},
        "arms": [{"name": "raw", "downlinked_bytes": None, "link_saturated": True}],
    }  # fmt: skip
    row = flown_row("k", summary)
    assert row.metrics == {
        "bytes.delivered": None, "bytes.acquired": 5, "latency_s.p50": None,
        "arms.raw.downlinked_bytes": None, "arms.raw.link_saturated": True,
    }  # fmt: skip
    assert row.not_finite == ("bytes.delivered", "latency_s.p50")
    assert "NaN" not in row.text


def test_a_hostile_description_stays_words(sweep, tmp_path):
    evil = "</script><script>alert(1)</script>'\"; drop table runs; --"
    spec = sweep(grid={"description": [evil, "/../" * 400]}, description=evil)
    result = run_sweep(spec, tmp_path, Serial())
    assert len(result.failed) == 0
    page = (result.folder / "sweep.html").read_text()
    assert "<script>alert" not in page
    _, told = query_folder(result.folder, "select description from runs")
    assert {line[0] for line in told} == {evil, "/../" * 400}


def test_rows_of_a_stranger_are_refused_and_those_of_other_code_left_alone(sweep, tmp_path):
    spec = sweep(grid={"link.rate_mbps": [1]})
    rows = tmp_path / "small" / "rows"
    rows.mkdir(parents=True)
    (rows / f"{'0' * 64}.json").write_text("{}")
    result = run_sweep(spec, tmp_path, Serial())
    assert result.flown == 1
    (rows / f"{result.rows[0].key}.json").write_text("[1, 2]")
    with pytest.raises(ScenarioError, match="not a row of a sweep"):
        run_sweep(spec, tmp_path, Serial())


def test_what_it_will_take_is_said_after_one_run(sweep, tmp_path):
    told = []
    run_sweep(sweep(grid=GRID), tmp_path, Serial(), tell=told.append)
    assert [item.is_forecast for item in told] == [True, False, False, False]
    assert told[0].left_s == pytest.approx(3 * told[0].one_run_s)
    assert [item.done for item in told] == [1, 2, 3, 4]
    assert told[-1].left_s == 0


class SlowToBegin(Serial):
    """Four fly at once, once they have begun, which takes a while; each run takes eight seconds, by its own word, and dies."""

    workers = 4

    def fly(self, jobs):
        time.sleep(0.2)
        for job in jobs:
            yield Landed(job.key, died_row(job.key, job.digest, job.seed).text, 8.0)


def test_what_many_runs_will_take_is_told_by_what_one_took_and_not_by_how_long_all_took_to_begin(
    write_scenario, tmp_path
):
    scenario, told = load_scenario(write_scenario()), []
    with pytest.raises(SweepError, match="every flight failed"):
        fly_variants([("base", scenario)], range(7), tmp_path, SlowToBegin(), told.append)
    assert [each.left_s for each in told if each.is_forecast] == [8.0 * 6 / 4]


@pytest.mark.parametrize("exists", [True, False], ids=["of a folder", "of one yet to be made"])
def test_a_sweep_writes_through_a_link_to_its_folder(sweep, tmp_path, exists):
    disk, out = tmp_path / "disk", tmp_path / "out"
    out.mkdir()
    if exists:
        disk.mkdir()
    (out / "small").symlink_to(disk, target_is_directory=True)
    for flown in (1, 0):
        assert run_sweep(sweep(), out, Serial()).flown == flown
    assert (out / "small").is_symlink()
    assert len(rows_in(disk)) == 1
    assert (disk / "sweep.html").is_file()
