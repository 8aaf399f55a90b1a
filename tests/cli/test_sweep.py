"""`payload-sim sweep` as a user calls it."""

import json

import pytest
from sweeping import write_sweep


@pytest.fixture
def file(write_scenario, tmp_path):
    return write_sweep(tmp_path, write_scenario(), grid={"link.rate_mbps": [1, 2]})


def test_a_sweep_answers_with_its_page_and_says_what_it_will_take(call, file, tmp_path):
    found = call("sweep", file, "--out", tmp_path / "out", "--jobs", 1)
    assert found.code == 0
    *_, page = found.out.split()
    assert page == str(tmp_path / "out" / "small" / "sweep.html")
    assert "2 runs of 2 cells: 2 flown now, 0 failed" in found.out
    assert "1 more will take about" in found.err
    again = call("sweep", file, "--out", tmp_path / "out", "--json", "--quiet")
    assert json.loads(again.out)["flown"] == 0
    assert again.err == ""
    told = json.loads((tmp_path / "out" / "small" / "provenance.json").read_text())
    assert told["command"].startswith("payload-sim sweep ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jobs", "0"], "--jobs 0"),
        (["--out", "s3://bucket/x"], "plain local path"),
        (["--cluster", "tcp://127.0.0.1:1"], "no scheduler answers"),
    ],
)
def test_wrong_options_are_answered_with_a_sentence(call, file, words, said, monkeypatch):
    dask = pytest.importorskip("dask")
    monkeypatch.chdir(file.parent)
    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        found = call("sweep", file, *words)
    assert found.code in {2, 8}
    assert said in found.err


def test_a_million_cells_are_refused_by_a_sentence(call, write_scenario, tmp_path):
    cells = {"link.rate_mbps": list(range(1, 1001)), "memory.capacity_mb": list(range(1, 1001))}
    found = call("sweep", write_sweep(tmp_path, write_scenario(), grid=cells))
    assert found.code == 2
    assert "1,000,000 runs" in found.err
    assert "--yes" in found.err


def test_an_estimate_is_a_sentence_or_data_and_flies_nothing(call, file, tmp_path):
    words = ("sweep", file, "--out", tmp_path / "out", "--jobs", 1, "--estimate")
    found = call(*words)
    assert found.code == 0
    assert found.out.startswith("2 runs left to fly: about ")
    told = json.loads(call(*words, "--json").out)
    assert (told["left"], told["flown"], told["cells"]) == (2, 0, 2)
    assert min(told["cpu_s"], told["wall_s"], told["memory_bytes"], told["disk_bytes"]) > 0
    assert not (tmp_path / "out").exists()
    refused = call(*words, "--cluster", "local")
    assert refused.code == 2
    assert "this machine alone" in refused.err


def test_a_scenario_is_no_sweep_and_a_sweep_no_scenario(call, file, write_scenario, tmp_path):
    """Nor is a sweep the base of another."""
    scenario = write_scenario()
    for words in (("sweep",), ("optimise", "--maximise", "tiles.delivered")):
        found = call(*words, scenario, "--out", tmp_path / "out")
        assert found.code == 2
        said = f"this is a scenario, not a sweep file; `payload-sim run {scenario}` flies it"
        assert found.err == f"error: {scenario}: {said}\n"
    said = f"this is a sweep file, not a scenario; `payload-sim sweep {file}` flies it"
    for command in ("run", "check", "compare"):
        found = call(command, file)
        assert found.code == 2
        assert found.err == f"error: {file}: {said}\n"
    other = tmp_path / "other.yaml"
    other.write_text(json.dumps({"name": "other", "base": str(file)}))
    found = call("sweep", other, "--out", tmp_path / "out")
    assert found.code == 2
    assert said in found.err
    assert not (tmp_path / "out").exists()
