"""Helpers change nothing that is found: the second method is the same flight by one process."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from payload import api
from payload.sim import flights
from payload.tables import read_table

TABLES = ("ledger", "tiles", "images", "contacts", "events")


def left(folder):
    """All that a run leaves but its provenance and the page, which tells it."""
    tables = {name: repr(read_table(folder / f"{name}.parquet")) for name in TABLES}
    texts = {name: (folder / name).read_bytes() for name in ("summary.json", "as_flown.csv")}
    records = {path.name: path.read_bytes() for path in sorted((folder / "downlink").glob("*"))}
    return {**tables, **texts, **records}


@pytest.mark.timeout(900)
@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        ["fidelity=surrogate"],
        ["fidelity=surrogate", "rescheduling.policy=next_opportunity"],
        ["fidelity=pixels", "duration_h=3", "rescheduling.policy=next_opportunity"],
    ],
    ids=["draws", "retakes", "pixels"],
)
def test_two_processes_leave_what_one_leaves(changes, root, tmp_path, monkeypatch):
    monkeypatch.setattr(flights, "WORTH_PX", {"pixels": 1, "surrogate": 1})
    scenario = api.load_scenario(root / "scenarios" / "quickstart.yaml", changes)
    one, two = (left(api.run(scenario, tmp_path / str(jobs), jobs=jobs).folder) for jobs in (1, 2))
    assert one == two
    assert len(one["images"]) > 1000


@pytest.mark.timeout(900)
@pytest.mark.slow
def test_an_image_without_truth_has_no_oracle_whoever_flies(root, tmp_path, monkeypatch):
    """As one process does, which flies the oracle last and not at all where truth is missing."""
    monkeypatch.setattr(flights, "WORTH_PX", {"pixels": 1, "surrogate": 1})
    bare = tmp_path / "bare"
    bare.mkdir()
    for raster in (root / "scenarios" / "rasters").glob("*.tif"):
        if not raster.stem.endswith("_msk"):
            shutil.copy(raster, bare)
    scenario = api.load_scenario(
        root / "scenarios" / "replay.yaml", ["duration_h=3", f"scene.path={bare}"]
    )
    summaries = [api.run(scenario, tmp_path / str(jobs), jobs=jobs).summary for jobs in (1, 2)]
    assert summaries[0] == summaries[1]
    assert summaries[0]["tiles"]["acquired"] > 0
    assert summaries[0]["arms"][-1]["images"] is None


@pytest.mark.timeout(900)
@pytest.mark.slow
def test_an_interruption_leaves_no_helper(root, tmp_path):
    """Ctrl-C goes to the one who flies; the others end with it, and nothing half-written is left."""
    code = (
        "import sys; from pathlib import Path; from payload import api; from payload.sim import flights\n"
        "flights.WORTH_PX = {'pixels': 1, 'surrogate': 1}\n"
        f"s = api.load_scenario(Path({str(root / 'scenarios' / 'quickstart.yaml')!r}))\n"
        f"api.run(s, Path({str(tmp_path)!r}), jobs=2)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL
    )
    deadline_s = time.monotonic() + 60.0
    while time.monotonic() < deadline_s and len(members(run.pid)) < 3:  # a helper, and its tracker
        time.sleep(0.1)
    assert len(members(run.pid)) >= 3
    time.sleep(1.0)
    os.kill(run.pid, 2)
    run.wait(300)
    deadline_s = time.monotonic() + 20.0
    while time.monotonic() < deadline_s and members(run.pid):
        time.sleep(0.1)
    assert not members(run.pid)
    assert not list(tmp_path.glob(".*partial*"))


def members(session):
    """Processes of a session."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "-s", str(session)], capture_output=True, text=True, check=False
    )
    return [int(word) for word in found.stdout.split()]
