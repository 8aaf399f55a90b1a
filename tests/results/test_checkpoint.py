"""A run that was killed and is started again ends with the bytes of one that was not, and paints nothing twice."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from payload import api
from payload.world.synthetic import SyntheticScene

PLACES = tuple((lon, lat) for lat in (25, 45, 62, 78) for lon in range(-170, 190, 40))
OF_THE_MOMENT = ("started_utc", "finished_utc", "wall_s", "cpu_s", "command")
SLOW_PAINTER = """
import sys, time
from payload.world.synthetic import SyntheticScene
read, count = SyntheticScene.read, sys.argv[1]
def slow(self, window):
    with open(count, "a") as file:
        file.write("x")
    time.sleep(0.02)
    return read(self, window)
SyntheticScene.read = slow
from payload.__main__ import main
sys.argv = ["payload-sim", *sys.argv[2:]]
main()
"""


def start(scenario, out, memo, count):
    """Start a run whose painting takes its time and is counted in a file."""
    command = [
        sys.executable,
        "-c",
        SLOW_PAINTER,
        str(count),
        "run",
        str(scenario),
        "--out",
        str(out),
    ]
    return subprocess.Popen(
        command,
        env=os.environ | {"PAYLOAD_SIM_MEMO": str(memo)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process):
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err.decode()
    return out.decode()


def content(folder):
    """Every file of a results folder, but for the clock's time and the command line."""
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    provenance = json.loads(found["provenance.json"])
    for key in OF_THE_MOMENT:
        del provenance[key]
    found["provenance.json"] = json.dumps(provenance).encode()
    found["report.html"], lines = re.subn(
        rb"<div><dt>(to repeat|flown)</dt>.*?</div>", b"", found["report.html"], flags=re.DOTALL
    )
    assert lines == 2
    return found


def finish_here(scenario, out, memo, count):
    """The same run in this process, which has the packages loaded; its painting is counted as well."""
    read = SyntheticScene.read

    def counted(scene, window):
        with count.open("a") as file:
            file.write("x")
        return read(scene, window)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SyntheticScene, "read", counted)
        patched.setenv("PAYLOAD_SIM_MEMO", str(memo))
        words = ("payload-sim", "run", str(scenario), "--out", str(out))
        api.run(api.check(scenario), out, command=words)


def entries(memo):
    return len(list(Path(memo).glob("??/*.facts")))


def painted(count):
    return count.stat().st_size if count.exists() else 0


@pytest.fixture(scope="module")
def scenario(scenario_writer, tmp_path_factory):
    return scenario_writer(tmp_path_factory.mktemp("scenario"), places=PLACES)


@pytest.fixture(scope="module")
def undisturbed(scenario, tmp_path_factory):
    """The folder of a run that nobody disturbs, without a memo, and how often it paints."""
    place = tmp_path_factory.mktemp("undisturbed")
    finish(start(scenario, place / "out", "off", place / "count"))
    (folder,) = (place / "out").iterdir()
    return folder, painted(place / "count")


@pytest.fixture(scope="module")
def remembered(scenario, tmp_path_factory):
    """The folder of a run that remembers, its memo, and how often it paints."""
    place = tmp_path_factory.mktemp("remembered")
    finish_here(scenario, place / "out", place / "memo", place / "count")
    (folder,) = (place / "out").iterdir()
    return folder, place / "memo", painted(place / "count")


@pytest.mark.parametrize(
    ("how", "moments"),
    [
        (signal.SIGINT, (4,)),
        pytest.param(signal.SIGTERM, (1, 4, 7), marks=pytest.mark.slow),
        (signal.SIGKILL, (1, 7)),
    ],
)
def test_a_killed_run_goes_on_where_it_stopped(scenario, undisturbed, tmp_path, how, moments):
    """Killed at points each later than the one before; then let finish."""
    expected, all_reads = undisturbed
    out, memo, again = tmp_path / "out", tmp_path / "memo", tmp_path / "again"
    for wanted in moments:
        process = start(scenario, out, memo, again)
        while entries(memo) < wanted and process.poll() is None:
            time.sleep(0.01)
        assert process.poll() is None, process.communicate()
        process.send_signal(how)
        process.communicate(timeout=60)
        assert process.returncode == (-how if how == signal.SIGKILL else 130)
        assert not [path for path in out.iterdir() if not path.name.startswith(".")]
        if how != signal.SIGKILL:  # an interrupted run tidies up itself
            assert not list(out.iterdir())
    finish_here(scenario, out, memo, again)
    assert [path.name for path in out.iterdir()] == [expected.name]  # what was half-written is gone
    assert content(out / expected.name) == content(expected)
    gallery_and_lost = 3 * 4 * 3  # strips of the images that were under work when it was killed
    assert painted(again) <= all_reads + gallery_and_lost


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_sample_goes_on_where_it_stopped(scenario_writer, tmp_path):
    """Killed while the first tiles are painted, while the sample grows beyond its 200, and while the arms fly."""
    camera = {"gsd_m": 20, "width_px": 160, "height_px": 128, "max_off_nadir_deg": 45}
    sample = {"fidelity": "sampled", "sampled": {"error": 0.03}, "camera": camera}
    scenario = scenario_writer(tmp_path, places=PLACES, **sample)
    finish(start(scenario, tmp_path / "whole", "off", tmp_path / "count"))
    (expected,) = (tmp_path / "whole").iterdir()
    told = json.loads((expected / "summary.json").read_text())["sampled"]
    assert 250 < told["painted"] < told["tiles"]
    out, memo, again = tmp_path / "out", tmp_path / "memo", tmp_path / "again"
    for moment in (
        lambda: entries(memo) >= 50,
        lambda: entries(memo) >= 230,
        lambda: list(out.glob(".*/.spool/prune")),
    ):
        process = start(scenario, out, memo, again)
        while not moment() and process.poll() is None:
            time.sleep(0.01)
        assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate(timeout=60)
        assert not [path for path in out.iterdir() if not path.name.startswith(".")]
    finish(start(scenario, out, memo, again))
    assert [path.name for path in out.iterdir()] == [expected.name]
    assert content(out / expected.name) == content(expected)
    lost = 3 * 5 * 4  # at each kill at most the tiles of one image, which are kept together
    assert painted(again) <= painted(tmp_path / "count") + lost


def test_an_older_result_stays_until_the_new_one_is_whole(scenario, undisturbed, tmp_path):
    out, memo, count = tmp_path / "out", tmp_path / "memo", tmp_path / "count"
    folder = out / undisturbed[0].name
    shutil.copytree(undisturbed[0], folder)
    before = content(folder)
    process = start(scenario, out, memo, count)
    while entries(memo) < 2:
        time.sleep(0.01)
    process.kill()
    process.communicate(timeout=60)
    assert content(folder) == before
    finish_here(scenario, out, memo, count)
    assert [path.name for path in out.iterdir()] == [folder.name]
    assert content(folder) == before


def test_a_memo_with_torn_entries_does_no_harm(scenario, undisturbed, remembered, tmp_path):
    """As after a power cut: files of the right name and the wrong content, also beside whole ones of the same entry."""
    memo, count = tmp_path / "memo", tmp_path / "count"
    shutil.copytree(remembered[1], memo)
    for number, path in enumerate(sorted(memo.glob("??/*"))):
        data = path.read_bytes()
        torn = (data[: len(data) // 2], b"", data + b"x", bytes(len(data)), data)
        path.write_bytes(torn[number % 5])
    finish_here(scenario, tmp_path / "second", memo, count)
    expected = undisturbed[0]
    assert content(tmp_path / "second" / expected.name) == content(expected)


def test_a_second_run_paints_next_to_nothing(scenario, undisturbed, remembered, tmp_path):
    """In another process than the first; what it still paints are the pictures of the gallery."""
    _, memo, first = remembered
    shutil.copytree(memo, tmp_path / "memo")
    finish(start(scenario, tmp_path / "out", tmp_path / "memo", tmp_path / "count"))
    assert first == undisturbed[1]
    assert painted(tmp_path / "count") < 0.5 * first
