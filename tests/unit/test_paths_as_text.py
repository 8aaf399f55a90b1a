"""Files and folders named by text do what those named by a path do."""

import json

import pytest

from payload import api


@pytest.fixture
def flown(write_scenario, tmp_path):
    """A flight, all names given as text."""
    path = str(write_scenario())
    return api.run(api.check(path), str(tmp_path / "out"), jobs=1)


def test_a_scenario_named_by_text_is_that_named_by_its_path(write_scenario):
    path = write_scenario()
    assert api.load_scenario(str(path)).digest == api.load_scenario(path).digest
    assert api.examine(str(path)).digest == api.load_scenario(path).digest
    (_, base), (_, variant) = api.variants(str(path), ["pruning.max_cloud_cover=0.3"])
    assert (base.digest, variant.pruning.max_cloud_cover) == (api.load_scenario(path).digest, 0.3)


def test_results_named_by_text_are_asked_as_those_named_by_a_path(flown, tmp_path):
    folder = str(flown.folder)
    assert api.columns(folder) == api.columns(flown.folder)
    sql = "select count(*) from tiles"
    assert api.query(folder, sql) == api.query(flown.folder, sql)
    before = (flown.folder / "report.html").read_bytes()
    assert api.report(folder).read_bytes() == before
    assert api.compare_results([folder, flown.folder]).variants == (flown.folder.name,) * 2
    scenario = api.load_scenario(str(tmp_path / "small.yaml"))
    _, place = api.plan(scenario, str(tmp_path / "plans"))
    assert json.loads((place / "plan.json").read_text())["scenario"] == "small"


def test_a_sweep_named_by_text_is_that_named_by_its_path(write_scenario, tmp_path):
    path = tmp_path / "sweep.yaml"
    base = write_scenario().name
    path.write_text(f"name: s\nbase: {base}\ngrid: {{link.rate_mbps: [1]}}\n")
    assert api.load_sweep(str(path)) == api.load_sweep(path)
