"""Workers, the sweep itself and the cluster are killed: no finished row is lost, none is flown again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sweeping import rows_in, start, workers_of, write_plugin, write_sweep

from payload import registry

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
    pytest.mark.timeout(300),
]
PATIENCE_S = 100


@pytest.fixture
def plugin(tmp_path):
    return write_plugin(tmp_path)


@pytest.fixture
def call_here(call, plugin, monkeypatch):
    """Call the command line in this process, which starts in no time and has the plug-in, as have its workers."""
    monkeypatch.syspath_prepend(plugin)
    registry._installed.cache_clear()
    yield call
    registry._installed.cache_clear()


@pytest.fixture
def sweep(write_scenario, tmp_path):
    """A sweep of the stranger's masker; nine tiles an image, so that runs last some tenths of a second."""
    base = write_scenario(masker={"kind": "blue"}, duration_h=6)

    def make(**keys):
        return write_sweep(tmp_path, base, **keys)

    return make


def slow(*shares, **more):
    return {"set": {"masker.kind": "rude", "masker.sleeps_s": 0.01} | more} | {
        "grid": {"pruning.max_cloud_cover": list(shares)}
    }


def wait_until(is_so, process):
    end_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end_s
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def finish(process):
    out, err = process.communicate(timeout=PATIENCE_S)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def test_a_killed_worker_loses_nothing_and_a_killed_sweep_goes_on(
    sweep, plugin, call_here, tmp_path
):
    path = sweep(**slow(*(i / 20 for i in range(1, 13))))
    words = ("sweep", path, "--out", tmp_path, "--json", "--jobs")
    folder = tmp_path / "small"
    process = start(*words, 2, plugin=plugin)
    wait_until(lambda: len(rows_in(folder)) >= 3 and workers_of(process.pid), process)
    before = rows_in(folder)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    wait_until(lambda: len(rows_in(folder)) >= len(before) + 3, process)
    workers = workers_of(process.pid)
    process.kill()
    process.communicate()
    end_s = time.monotonic() + PATIENCE_S
    while any(Path(f"/proc/{worker}").exists() for worker in workers):  # they end with it
        assert time.monotonic() < end_s
        time.sleep(0.01)
    stood = rows_in(folder)
    assert before.items() <= stood.items()
    assert len(stood) < 12
    found = call_here(*words, 1)
    assert found.code == 0
    assert f'"flown": {12 - len(stood)}' in found.out
    now = rows_in(folder)
    assert len(now) == 12
    assert stood.items() <= now.items()  # the same files, written once
    assert not list(folder.glob(".spool*"))


def test_sweeps_in_one_folder_leave_each_others_flights_alone(sweep, plugin, tmp_path):
    """The one that ends first clears up; the other still flies, and some of the runs are the same."""
    longer = sweep(**slow(*(i / 10 for i in range(1, 10))))
    folder = tmp_path / "small"
    words = ("--out", tmp_path, "--jobs", 1, "--json")
    first = start("sweep", longer, *words, plugin=plugin)
    wait_until(lambda: list(folder.glob(".spool*")), first)
    shorter = sweep(**slow(0.1, 0.2))
    for process in (start("sweep", shorter, *words, plugin=plugin), first):
        code, out, err = finish(process)
        assert (code, json.loads(out)["failed"]) == (0, 0), err
    assert len(rows_in(folder)) == 9
    assert not list(folder.glob(".spool*"))


def test_an_interrupted_sweep_says_what_stands_and_leaves_nothing_else(
    sweep, plugin, call_here, tmp_path
):
    path, folder = sweep(**slow(0.2, 0.4, 0.6, 0.8)), tmp_path / "small"
    words = ("sweep", path, "--out", tmp_path, "--jobs", 1)
    process = start(*words, plugin=plugin)
    wait_until(lambda: rows_in(folder), process)
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    stand = len(rows_in(folder))
    assert (code, 1 <= stand < 4) == (130, True)
    assert f"rows finished in {folder}: {stand}; the same command continues from there" in err
    assert [item.name for item in folder.iterdir()] == ["rows"]
    found = call_here(*words)
    assert (found.code, f"{4 - stand} flown now" in found.out) == (0, True)


@pytest.mark.slow
def test_a_killed_search_goes_on_and_finds_what_it_would_have_found(sweep, plugin, tmp_path):
    pytest.importorskip("optuna")
    over = {"pruning.max_cloud_cover": {"low": 0.1, "high": 0.9}}
    keys = {"random": {"samples": 1, "over": over}}
    path = sweep(set={"masker.kind": "rude", "masker.sleeps_s": 0.01}, **keys)
    goal = ("--maximise", "tiles.delivered", "--trials", 8, "--confirm", 2, "--jobs", 2, "--json")
    folder = tmp_path / "killed" / "small"
    process = start("optimise", path, *goal, "--out", tmp_path / "killed", plugin=plugin)
    wait_until(lambda: len(rows_in(folder)) >= 3, process)
    process.kill()
    process.communicate()
    stood = rows_in(folder)
    assert len(stood) < 9
    told = []
    for name in ("killed", "whole"):
        words = ("optimise", path, *goal, "--out", tmp_path / name)
        code, out, _ = finish(start(*words, plugin=plugin))
        assert code == 0
        told.append(json.loads(out))
    assert stood.items() <= rows_in(folder).items()  # the same files, written once
    assert told[0]["flown"] + len(stood) == told[1]["flown"]
    assert told[0]["trials"] == told[1]["trials"]
    assert told[0]["confirmed"] == told[1]["confirmed"]


@pytest.fixture
def terminal():
    """That may be closed, even if these tests run after `nohup`: what a process ignores, those it starts ignore too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    "how",
    [
        *(pytest.param(each, marks=pytest.mark.slow) for each in (signal.SIGINT, signal.SIGTERM)),
        signal.SIGHUP,
    ],
)
def test_an_interrupted_search_leaves_nothing_but_its_rows(sweep, plugin, tmp_path, how):
    """Its workers end at once, whatever they are at."""
    pytest.importorskip("optuna")
    path, folder = sweep(**slow(0.2, 0.4, 0.6, 0.8)), tmp_path / "small"
    goal = ("--maximise", "tiles.delivered", "--confirm", 0, "--jobs", 2)
    process = start("optimise", path, *goal, "--out", tmp_path, plugin=plugin)
    wait_until(lambda: rows_in(folder) and list(folder.glob(".spool-*[0-9a-f]")), process)
    process.send_signal(how)
    code, _, err = finish(process)
    assert (code, "rows finished" in err) == (130, True)
    assert [item.name for item in folder.iterdir()] == ["rows"]


def test_a_run_that_kills_its_worker_is_found_and_all_others_finish(sweep, call_here, tmp_path):
    path = sweep(
        set={"masker.kind": "rude"},
        grid={"masker.does": ["nothing", "raise", "die"], "link.rate_mbps": [1, 2]},
    )
    found = call_here("sweep", path, "--out", tmp_path, "--jobs", 2, "--json")
    assert found.code == 8
    assert '"failed": 4' in found.out
    told = [row[0] for row in rows_in(tmp_path / "small").values()]
    assert sum('"status":"flown"' in text for text in told) == 2
    assert sum("this masker is rude" in text and "Traceback" in text for text in told) == 2
    assert sum("died each time" in text for text in told) == 2
    assert "4 runs failed" in found.err


def test_a_worker_that_dies_once_is_no_culprit(sweep, call_here, tmp_path):
    mark = tmp_path / "mark"
    path = sweep(
        set={"masker.kind": "rude", "masker.does": "die_once", "masker.mark": str(mark)},
        grid={"link.rate_mbps": [1, 2, 3]},
    )
    found = call_here("sweep", path, "--out", tmp_path, "--jobs", 1, "--json")
    assert mark.exists()
    assert found.code == 0
    assert '"failed": 0' in found.out


def test_a_cluster_gives_the_same_rows_and_finds_the_culprit_too(
    sweep, plugin, call_here, tmp_path
):
    pytest.importorskip("distributed")
    path = sweep(set={"masker.kind": "rude"}, grid={"masker.does": ["nothing", "raise", "die"]})
    words = ("sweep", path, "--quiet", "--jobs", 1, "--out")
    assert call_here(*words, tmp_path / "pool").code == 8
    process = start(*words, tmp_path / "cluster", "--cluster", "local", plugin=plugin)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 8
    pool, cluster = (
        {key: row[0] for key, row in rows_in(tmp_path / name / "small").items()}
        for name in ("pool", "cluster")
    )
    assert len(pool) == 3
    assert pool == cluster


def test_a_killed_cluster_loses_nothing(sweep, plugin, call_here, tmp_path):
    pytest.importorskip("distributed")
    path = sweep(**slow(*(i / 20 for i in range(1, 9))))
    folder = tmp_path / "small"
    environment = os.environ | {"PYTHONPATH": str(plugin)}
    address = "tcp://127.0.0.1:28786"
    python = (sys.executable, "-m")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--port", "28786", "--no-dashboard"], **quiet
    )
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"],
        **quiet,
    )
    try:
        words = ("sweep", path, "--out", tmp_path, "--json")
        process = start(*words, "--cluster", address, plugin=plugin)
        wait_until(lambda: len(rows_in(folder)) > 1, process)
        scheduler.kill()
        _, said = process.communicate(timeout=PATIENCE_S)
    finally:
        for each in (scheduler, worker):
            each.kill()
            each.wait()
    assert process.returncode == 8
    assert "lost the connection to the cluster" in said, said
    stood = rows_in(folder)
    assert 2 <= len(stood) < 8
    found = call_here(*words, "--jobs", 1)
    assert found.code == 0
    assert f'"flown": {8 - len(stood)}' in found.out
    assert stood.items() <= rows_in(folder).items()
