"""`payload-sim init`: a scenario to begin with, for whoever has the package alone."""

import json

import pytest

from payload import api

FILES = ("mission.yaml", "places.geojson", "schema.json")


def test_what_it_writes_is_good_as_it_is_and_has_no_notes_but_on_reach(call, tmp_path):
    answer = call("init", tmp_path / "deep" / "first")
    paths = [tmp_path / "deep" / "first" / name for name in FILES]
    assert (answer.code, answer.out.splitlines()) == (0, [str(path) for path in paths])
    assert answer.err == f"run it:  payload-sim run {paths[0]}\n"
    checked = call("check", paths[0])
    assert checked.code == 0
    assert all("never within reach" in line for line in checked.err.splitlines())


def test_it_flies_and_its_link_is_what_is_scarce(tmp_path):
    """So that the first page that a user sees has a question to answer; by surrogate, which takes a second."""
    scenario, *_ = api.init(tmp_path)
    result = api.run(api.check(scenario, ["fidelity=surrogate"]), tmp_path / "results")
    arms = {arm["name"]: arm for arm in result.summary["arms"]}
    delivered = {name: arm["clear_pixels_delivered"] for name, arm in arms.items()}
    assert delivered["prune"] > 1.5 * delivered["raw"] > 0


def test_an_editor_finds_the_schema_beside_the_scenario(call, tmp_path):
    call("init", tmp_path)
    assert json.loads((tmp_path / "schema.json").read_text()) == api.json_schema()
    first, *_ = (tmp_path / "mission.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=schema.json"


@pytest.mark.parametrize("name", FILES)
def test_nothing_that_is_there_is_overwritten(call, tmp_path, name):
    (tmp_path / name).write_text("mine")
    answer = call("init", tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert f"{tmp_path / name}: already exists" in answer.err
    assert [item.name for item in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_a_link_that_leads_nowhere_is_not_followed(call, tmp_path):
    (tmp_path / "mission.yaml").symlink_to(tmp_path / "gone.yaml")
    assert call("init", tmp_path).code == 2
    assert not (tmp_path / "gone.yaml").exists()


def test_a_folder_that_cannot_be_is_answered_in_a_sentence(call, tmp_path):
    (tmp_path / "file").write_text("")
    answer = call("init", tmp_path / "file" / "first")
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1


def test_it_answers_in_json(call, tmp_path):
    answer = call("init", tmp_path, "--json")
    assert json.loads(answer.out) == [str(tmp_path / name) for name in FILES]
