"""A full disk is one failure with one exit code, whichever file it strikes, and leaves nothing half-written."""

import errno
import io
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from sweeping import write_sweep

from payload.errors import ImageryError, ScenarioError, exit_code_of, is_full_disk
from payload.products.imagery import RasterWriter
from payload.sweep import Serial, flying, load_sweep, run_sweep
from payload.tables import write_table
from payload.types import Window

FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def tiny(tmp_path):
    """A file system of so many bytes, where one may be mounted."""
    place = tmp_path / "tiny"
    place.mkdir()

    def mount(size):
        words = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("no file system may be mounted here")
        return place

    yield mount
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


def fill_for(monkeypatch, name):
    """The disk is full as soon as a file of such a name is written."""
    write = io.open

    def refused(file, mode="r", *args, **keys):
        if isinstance(file, str | Path) and name in Path(file).name and "r" not in mode:
            raise OSError(errno.ENOSPC, FULL, str(file))
        return write(file, mode, *args, **keys)

    monkeypatch.setattr(io, "open", refused)


@pytest.mark.parametrize(
    "name", ["summary.json", "scenario.json", "report.html", "plan.csv", "footprints.geojson"]
)
def test_a_run_ends_with_1_whatever_file_finds_no_room(
    call, write_scenario, tmp_path, monkeypatch, name
):
    fill_for(monkeypatch, name)
    answer = call("run", write_scenario(), "--out", tmp_path / "out")
    assert answer.code == 1
    assert FULL in answer.err
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("name", [".sweep.html.partial", ".runs.csv.partial"])
def test_a_sweep_ends_with_1_and_goes_on_when_there_is_room(
    call, write_scenario, tmp_path, monkeypatch, name
):
    sweep = write_sweep(tmp_path, write_scenario(), grid={"link.rate_mbps": [0.1, 1]})
    words = ("sweep", sweep, "--out", tmp_path, "--jobs", "1", "--quiet")
    with monkeypatch.context() as full:
        write = Path.write_text

        def refused(path, *args, **keys):
            if name in str(path):
                raise OSError(errno.ENOSPC, FULL, str(path))
            return write(path, *args, **keys)

        full.setattr(Path, "write_text", refused)
        answer = call(*words)
        assert answer.code == 1, answer.err
        assert FULL in answer.err
    assert call(*words).code == 0


def test_tables_tell_a_full_disk_as_the_system_does():
    """/dev/full answers each write as a full disk does: full(4)."""
    with pytest.raises(OSError, match=FULL) as caught:
        write_table(Path("/dev/full"), {"x": "BIGINT"}, {"x": [1, 2]})
    assert caught.value.errno == errno.ENOSPC


def caused(kind, number):
    """An error of ours that a failure of the system stands behind."""
    found = kind("it cannot be written")
    found.__cause__ = OSError(number, os.strerror(number))
    return found


@pytest.mark.parametrize("kind", [ScenarioError, ImageryError])
def test_an_error_keeps_its_own_code_unless_a_full_disk_stands_behind_it(kind):
    assert exit_code_of(caused(kind, errno.EACCES)) == kind.exit_code != 1
    assert exit_code_of(caused(kind, errno.ENOSPC)) == exit_code_of(caused(kind, errno.EDQUOT)) == 1
    assert is_full_disk(RuntimeError(f"GDAL says: {FULL}"))


def test_a_run_of_a_sweep_that_finds_no_room_leaves_no_row_and_is_flown_again(
    write_scenario, tmp_path, monkeypatch
):
    """A row would tell the run's fault, and would be there for good."""
    spec = load_sweep(write_sweep(tmp_path, write_scenario(), grid={"link.rate_mbps": [0.1, 1]}))

    def refused(*_):
        raise OSError(errno.ENOSPC, FULL)

    with monkeypatch.context() as full:
        full.setattr(flying, "fly", refused)
        with pytest.raises(OSError, match=FULL):
            run_sweep(spec, tmp_path, Serial())
    assert not list((tmp_path / "small" / "rows").iterdir())
    assert not run_sweep(spec, tmp_path, Serial()).failed


@pytest.mark.parametrize("size", ["64k", "1m"])
def test_on_a_small_disk_runs_sweeps_and_comparisons_end_with_1(call, write_scenario, tiny, size):
    place, scenario = tiny(size), write_scenario()
    sweep = write_sweep(scenario.parent, scenario, grid={"link.rate_mbps": [0.1, 1]})
    for words in (
        ("run", scenario, "--out", place),
        ("sweep", sweep, "--out", place, "--jobs", "1", "--quiet"),
        ("compare", scenario, "--what-if", "link.rate_mbps=2", "--seeds", "2", "--out", place),
    ):
        answer = call(*words)
        assert answer.code == 1, answer.err
        assert FULL in answer.err


def test_a_raster_that_finds_no_room_says_so_though_gdal_does_not_hand_it_on(tiny):
    place, noise = tiny("64k"), np.random.default_rng(3)
    samples = noise.integers(0, 65535, (1, 512, 512)).astype(np.uint16)
    writer = RasterWriter(path=place / "a.tif", width=512, height=512, count=1, dtype="uint16")
    with pytest.raises(ImageryError, match=FULL) as caught, writer as raster:
        raster.write(samples, Window(0, 0, 512, 512))
    assert exit_code_of(caught.value) == 1
    assert not list(place.iterdir())
