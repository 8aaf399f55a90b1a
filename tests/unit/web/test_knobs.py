"""Forms made from the schema: each knob names a key, with the schema's own bounds."""

import json

import pytest

from payload import api
from payload.errors import ScenarioError
from payload.scenario.load import load_scenario, read_template
from payload.web.knobs import knobs_of

SCENARIOS = (
    "quickstart.yaml",
    "reference.yaml",
    "missions/dove.yaml",
    "missions/constellation.yaml",
)


def knobs(path, changes=()):
    scenario = load_scenario(path, changes)
    return knobs_of(api.json_schema(), scenario.model_dump(mode="json"), read_template(path))


def said(knob):
    return knob.value if knob.kind == "json" else json.dumps(knob.value, ensure_ascii=False)


@pytest.mark.parametrize("name", SCENARIOS)
def test_setting_every_knob_to_what_it_says_changes_nothing(root, name):
    """All at a time: the digest, which is of every value, stays. A fault refuses keys of other faults, said or not."""
    path = root / "scenarios" / name
    found = knobs(path)
    assert len(found) > 60
    assert len({knob.path for knob in found}) == len(found)
    settable = [knob for knob in found if not knob.path.startswith("faults.")]
    changed = load_scenario(path, [f"{knob.path}={said(knob)}" for knob in settable])
    assert changed.digest == load_scenario(path).digest


def test_each_knob_says_what_it_means(root):
    for knob in knobs(root / "scenarios/quickstart.yaml"):
        assert len(knob.about) > 5, knob.path


def test_bounds_are_those_that_are_enforced(root):
    """A number at its bound is taken, one just beyond is refused."""
    path = root / "scenarios/quickstart.yaml"
    tried = 0
    for knob in knobs(path):
        if knob.kind not in {"number", "integer"} or knob.path.split(".")[0] not in {
            "pruning",
            "radio",
            "uplink",
            "duration_h",
        }:
            continue
        for bound, step in ((knob.least, -1), (knob.above, 0), (knob.most, 1), (knob.below, 0)):
            if bound is not None:
                with pytest.raises(ScenarioError, match=knob.path.rpartition(".")[2]):
                    load_scenario(path, [f"{knob.path}={bound + step}"])
                tried += 1
    assert tried > 10


def test_another_kind_brings_its_own_options(root):
    path = root / "scenarios/quickstart.yaml"
    before, after = (
        {knob.path for knob in knobs(path, change)} for change in ([], ["codec.kind=ccsds123"])
    )
    (kind,) = (knob for knob in knobs(path) if knob.path == "codec.kind")
    assert kind.reshapes
    assert "ccsds123" in kind.options
    assert "codec.level" in before - after
    assert "codec.max_error_dn" in after - before


def test_what_the_file_says_is_told_from_defaults(root):
    found = {knob.path: knob for knob in knobs(root / "scenarios/quickstart.yaml")}
    assert found["link.rate_mbps"].is_set
    assert found["link.rate_mbps"].value == 0.25
    assert not found["dut1_s"].is_set
    assert found["power"].kind == "json"
    assert found["power"].can_be_nothing
    assert found["satellites.0.orbit.altitude_km"].value == 550
