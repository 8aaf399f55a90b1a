"""Every scenario of the repository loads, is good, flies its first hours and balances its books."""

from pathlib import Path

import pytest

from payload import api

ROOT = Path(__file__).parent.parent.parent
NAMES = [path.name for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
MISSIONS = sorted((ROOT / "scenarios" / "missions").glob("*.yaml"))


def test_the_promised_scenarios_are_there():
    assert {"quickstart.yaml", "replay.yaml", "reference.yaml"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_loads_flies_and_balances(name, tmp_path):
    scenario = api.check(ROOT / "scenarios" / name, ["duration_h=4"])
    summary = api.fly(scenario, tmp_path)
    parts = summary["bytes"]
    assert parts["acquired"] == sum(count for key, count in parts.items() if key != "acquired")


@pytest.mark.parametrize("path", MISSIONS, ids=lambda path: path.stem)
def test_a_mission_loads_and_its_first_minutes_balance(path, tmp_path):
    scenario = api.check(path, ["duration_h=0.15"])
    parts = api.fly(scenario, tmp_path)["bytes"]
    assert parts["acquired"] == sum(count for key, count in parts.items() if key != "acquired")
