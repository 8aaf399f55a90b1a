"""What a sweep is expected to take, against what it then takes; seconds are of CPU, so that others may work too."""

import json
import subprocess
import sys

import pytest
from sweeping import write_sweep

from payload.darkroom.store import PLACE
from payload.outlay import estimate_sweep
from payload.sweep import Serial, load_sweep, run_sweep

LIMITS = {"pruning.max_cloud_cover": [0.3, 0.6, 0.9]}
BETWEEN = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
"""


@pytest.fixture
def sweep(write_scenario, tmp_path, monkeypatch):
    monkeypatch.setenv(PLACE, str(tmp_path / "memo"))
    base = write_scenario()
    return lambda **keys: load_sweep(write_sweep(tmp_path, base, **keys))


def test_nothing_is_flown_and_nothing_written(sweep, tmp_path):
    found = estimate_sweep(sweep(grid=LIMITS, seeds=2), tmp_path / "out", jobs=1)
    assert (found.runs, found.cells, found.left, found.flown) == (6, 3, 6, 0)
    assert found.cpu_s == found.wall_s > 0
    assert not (tmp_path / "out").exists()


def test_what_differs_behind_the_camera_is_painted_once_for_each_seed(sweep, tmp_path, monkeypatch):
    """Of three limits two find in the memo what the first has left; of codecs none does."""
    out = tmp_path / "out"
    assert estimate_sweep(sweep(grid=LIMITS, seeds=2), out, jobs=1).shared == pytest.approx(2 / 3)
    codecs = sweep(grid={"codec.kind": ["raw", "med-zstd"]})
    assert estimate_sweep(codecs, out, jobs=1).shared == pytest.approx(0.0)
    at_once = estimate_sweep(sweep(grid={"link.rate_mbps": [1, 2]}), out, jobs=2)
    assert at_once.shared == pytest.approx(0.0)
    monkeypatch.setenv(PLACE, "off")
    assert estimate_sweep(sweep(grid=LIMITS), out, jobs=1).shared == 0.0


def test_what_was_flown_costs_nothing_and_what_it_painted_is_not_painted_again(sweep, tmp_path):
    """Two limits are flown; a third finds all in the memo; with a second seed half of the work is new."""
    out = tmp_path / "out"
    run_sweep(sweep(grid={"pruning.max_cloud_cover": [0.3, 0.6]}), out, Serial())
    larger = estimate_sweep(sweep(grid=LIMITS), out, jobs=1)
    assert (larger.flown, larger.left, larger.shared) == (2, 1, 1.0)
    assert "2 of 3 runs already flown" in larger.sentence()
    # the third limit with both seeds, the first two with the second one: four pieces of pixel work, of which one is new
    more = estimate_sweep(sweep(grid=LIMITS, seeds=2), out, jobs=1)
    assert (more.flown, more.left) == (2, 4)
    assert more.shared == pytest.approx(3 / 4)
    done = estimate_sweep(sweep(grid={"pruning.max_cloud_cover": [0.3, 0.6]}), out, jobs=1)
    assert (done.left, done.tried) == (0, 0)
    assert done.sentence() == "nothing left to fly; 2 of 2 runs already flown"


def test_a_cell_that_cannot_be_planned_is_told(sweep, tmp_path):
    """The packaged surrogate is of another masker."""
    both = sweep(grid={"fidelity": ["pixels", "surrogate"]})
    found = estimate_sweep(both, tmp_path / "out", jobs=1)
    assert (len(found.unfit), found.tried) == (1, 1)
    assert "a cell cannot be flown: " in found.sentence()


def test_as_many_jobs_as_runs_take_as_long_as_the_longest(sweep, tmp_path, monkeypatch):
    """Of 4 runs by 4 on 2 cores half of the work is one after the other; of 2 by 2 none is."""
    monkeypatch.setenv(PLACE, "off")
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    found = estimate_sweep(sweep(seeds=4), tmp_path / "out", jobs=4)
    assert found.jobs == 4
    assert found.cpu_s / 2 <= found.wall_s < found.cpu_s


def used_s(*words):
    """[s] Of CPU of a command from the shell, its processes included."""
    command = [sys.executable, "-c", BETWEEN, sys.executable, "-m", "payload", *map(str, words)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def told(*words):
    command = [sys.executable, "-m", "payload", *map(str, words), "--estimate", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def takes_what_was_expected(tmp_path, monkeypatch, jobs, base, **keys):
    monkeypatch.setenv(PLACE, str(tmp_path / "memo"))
    file = write_sweep(tmp_path, base, **keys)
    words = ["sweep", file, "--out", tmp_path / "out", "--jobs", jobs]
    expected = told(*words)
    found_s = used_s(*words, "--quiet")
    on_disk = sum(each.stat().st_size for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert expected["cpu_s"] / 2 <= found_s <= expected["cpu_s"] * 2, (expected, found_s)
    assert expected["disk_bytes"] / 2 <= on_disk <= expected["disk_bytes"] * 2


def test_a_sweep_without_pixels_takes_what_was_expected(root, tmp_path, monkeypatch):
    hours = {"duration_h": [6, 24], "link.rate_mbps": [0.15, 0.3]}
    keys = {"set": {"fidelity": "surrogate"}, "grid": hours, "seeds": 2}
    base = root / "scenarios" / "quickstart.yaml"
    takes_what_was_expected(tmp_path, monkeypatch, 1, base, **keys)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    "keys",
    [
        {"grid": LIMITS},
        {"grid": {"codec.kind": ["med-zstd", "raw"], "link.rate_mbps": [0.15, 0.3]}, "seeds": 2},
        {"grid": {"fidelity": ["surrogate", "pixels"], "link.rate_mbps": [0.1, 0.2, 0.3]}},
        {"set": {"fidelity": "surrogate"}, "grid": {"duration_h": [6, 72]}, "seeds": 3},
    ],
    ids=["behind the camera", "codecs", "both", "days"],
)
def test_a_sweep_takes_what_was_expected(root, tmp_path, monkeypatch, jobs, keys):
    base = root / "scenarios" / "quickstart.yaml"
    keys = {**keys, "set": {"duration_h": 4} | keys.get("set", {})}
    takes_what_was_expected(tmp_path, monkeypatch, jobs, base, **keys)
