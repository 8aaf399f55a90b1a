"""Helpers change nothing that is found: the second method is the same flight by one process."""

import contextlib
import os
import pickle
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from payload import api
from payload.darkroom.memo import Memo
from payload.fleet import FleetSize, write_fleet
from payload.provenance import digest_file
from payload.sim import assemble, flights, fly_arms
from payload.timetable import wanted
from payload.workers import Share

SIZE = FleetSize(planes=2, satellites_per_plane=4, stations=2, targets=60, hours=6.0)
TOLD_APART = ("provenance.json", "report.html")
"""What tells when, where and how long something was flown."""


def left(folder):
    """The digests of all files that a run leaves but its provenance and the page, which tells it."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in TOLD_APART]
    assert {"ledger.parquet", "surfaces.parquet", "summary.json"} <= {path.name for path in files}
    return {str(path.relative_to(folder)): digest_file(path) for path in files}


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
    assert len(one) > 15


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """Eight satellites that share stations, antennas and targets; all of it is worth helpers."""
    monkeypatch.setattr(wanted, "WORTH_LOOKS", 0)
    monkeypatch.setattr(flights, "WORTH_PX", {"surrogate": 1})
    return write_fleet(tmp_path, SIZE)


def test_a_fleet_by_two_processes_leaves_what_it_leaves_by_one(fleet, tmp_path):
    one, two = (left(api.run(fleet, tmp_path / str(jobs), jobs=jobs).folder) for jobs in (1, 2))
    assert one == two
    assert len(one) > 15


def test_a_helper_hands_over_no_more_than_a_pipe_holds(fleet, tmp_path):
    """64 KB on Linux (pipe(7)): one that is killed meanwhile cannot have begun what it does not finish."""
    assembly = assemble(fleet)
    memo = Memo(assembly.darkroom, tmp_path)
    told = flights.fly_beside(assembly, memo, ("raw", {}))
    assert len(pickle.dumps(told)) < 4096
    (landed,) = map(flights._landed, [told])
    assert landed.arm == "raw"
    assert len(pickle.dumps(landed)) > 65_536


def test_images_that_only_a_helper_has_seen_are_known(root, tmp_path, monkeypatch):
    """Images that nobody judges on board are judged late, so that other ones are taken. Second method: one process."""
    monkeypatch.setattr(flights, "WORTH_PX", {"surrogate": 1})
    monkeypatch.setattr(Share, "_take_last", lambda _: None)  # whoever hands out does nothing
    changes = ["fidelity=surrogate", "rescheduling.policy=ground_loop", "duration_h=36"]
    scenario = api.load_scenario(root / "scenarios" / "quickstart.yaml", changes)
    found = []
    for jobs in (1, 2):
        spool = tmp_path / str(jobs)
        spool.mkdir()
        records, memo = fly_arms(assemble(scenario), spool, arms=["prune", "raw"], jobs=jobs)
        found.append((list(records["raw"].images), dict(memo.estimates)))
        own = {image.acquisition.id for image in records["prune"].images}
        assert {image.acquisition.id for image in records["raw"].images} - own
    assert found[0] == found[1]


def test_one_arm_of_a_fleet_is_the_same_by_two_processes(fleet, tmp_path):
    flown = []
    for jobs in (1, 2):
        spool = tmp_path / str(jobs)
        spool.mkdir()
        records, _ = fly_arms(assemble(fleet, jobs=jobs), spool, arms=["prune"], jobs=jobs)
        flown.append(records["prune"])
    one, two = flown
    assert one.ledger == two.ledger
    assert list(one.images) == list(two.images)
    assert list(one.events) == list(two.events)
    assert one.contacts == two.contacts
    assert len(one.images) > 20


@pytest.mark.timeout(900)
@pytest.mark.slow
@pytest.mark.parametrize(
    "while_flying", [False, True], ids=["looking, and working ahead", "flying"]
)
def test_a_run_whose_helpers_are_killed_leaves_the_same(while_flying, fleet, tmp_path):
    """Second method: one process. All helpers are killed, or the one that has begun to fly another arm."""
    alone = left(api.run(fleet, tmp_path / "alone", jobs=1).folder)
    run = start(tmp_path / "fleet.yaml", tmp_path / "killed")
    killed: set[int] = set()
    while run.poll() is None:
        if not while_flying or any(tmp_path.glob("killed/.*/.spool/raw")):
            for pid in set(helpers(run.pid)) - killed:
                time.sleep(0.0 if while_flying else 0.3)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
                killed.add(pid)
        time.sleep(0.02)
    assert run.returncode == 0
    assert len(killed) == (1 if while_flying else 2)
    (folder,) = (tmp_path / "killed").iterdir()
    assert left(folder) == alone


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
@pytest.mark.parametrize("after_s", [0.0, 1.0, 4.0], ids=["at its start", "early", "later"])
def test_an_interruption_leaves_no_helper(after_s, tmp_path):
    """Ctrl-C goes to the one who flies; the others end with it, and nothing half-written is left."""
    write_fleet(tmp_path, replace(SIZE, targets=1000, hours=24.0))
    run = start(tmp_path / "fleet.yaml", tmp_path / "out")
    deadline_s = time.monotonic() + 60.0
    while time.monotonic() < deadline_s and not helpers(run.pid):
        time.sleep(0.02)
    assert helpers(run.pid)
    time.sleep(after_s)
    os.kill(run.pid, 2)
    assert run.wait(300) != 0
    deadline_s = time.monotonic() + 20.0
    while time.monotonic() < deadline_s and members(run.pid):
        time.sleep(0.1)
    assert not members(run.pid)
    assert not list(tmp_path.glob("out/*"))


def start(scenario, out):
    """A run by two processes in a session of its own, all of it worth a helper."""
    code = (
        "import sys; from pathlib import Path; from payload import api; from payload.sim import flights; from payload.timetable import wanted\n"
        "flights.WORTH_PX, wanted.WORTH_LOOKS = {'pixels': 1, 'surrogate': 1}, 0\n"
        f"api.run(api.load_scenario(Path({str(scenario)!r})), Path({str(out)!r}), jobs=2)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL
    )


def members(session):
    """Processes of a session, and the words that started each."""
    found = subprocess.run(
        ["ps", "-o", "pid=,args=", "-s", str(session)], capture_output=True, text=True, check=False
    )
    lines = [line.strip().partition(" ") for line in found.stdout.splitlines()]
    return {int(pid): words for pid, _, words in lines}


def helpers(session):
    """Those that help in it."""
    return [pid for pid, words in members(session).items() if "spawn_main" in words]
