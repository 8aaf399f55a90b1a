"""Every scenario of the repository loads, is good, flies its first hours and balances its books."""

import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from payload import api
from payload.equipment import make_sensor
from payload.types import View, Window

ROOT = Path(__file__).parent.parent.parent
NAMES = [path.name for path in sorted((ROOT / "scenarios").glob("*.yaml"))]
MISSIONS = sorted((ROOT / "scenarios" / "missions").glob("*.yaml"))


def test_the_promised_scenarios_are_there():
    assert {"quickstart.yaml", "replay.yaml", "reference.yaml"} <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "quickstart.yaml"])
def test_a_scenario_loads_flies_and_balances(name, tmp_path):
    """The quickstart flies its whole day beside."""
    scenario = api.check(ROOT / "scenarios" / name, ["duration_h=4"])
    summary = api.fly(scenario, tmp_path)
    parts = summary["bytes"]
    assert parts["acquired"] == sum(count for key, count in parts.items() if key != "acquired")


@pytest.mark.parametrize("path", MISSIONS, ids=lambda path: path.stem)
def test_a_mission_loads_and_its_first_minutes_balance(path, tmp_path):
    scenario = api.check(path, ["duration_h=0.15"])
    parts = api.fly(scenario, tmp_path)["bytes"]
    assert parts["acquired"] == sum(count for key, count in parts.items() if key != "acquired")


@pytest.mark.parametrize(
    ("kind", "value"), [("uint8", 153), ("uint16", 6_000), ("int16", 6_000), ("float32", 0.6)]
)
def test_own_images_are_as_bright_whatever_their_type(kind, value, tmp_path):
    """A reflectance of 0.6, as cloud has, is no black ground for want of a scale."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            tmp_path / "own.tif", "w", driver="GTiff", width=64, height=64, count=4, dtype=kind
        ) as raster:
            raster.write(np.full((4, 64, 64), value, kind))
    scenario = api.check(ROOT / "scenarios" / "replay.yaml", [f"scene.path={tmp_path}"])
    sensor = make_sensor(scenario)
    view = View("v", "t", 50.0, 9.0, datetime(2026, 6, 21, 12, tzinfo=UTC), 40.0, sensor)
    scene = scenario.scene.build(seed=1).scene(view)
    dn = scene.read(Window(0, 0, 64, 64)).bands
    bright = dn * scene.radiometry.scale + scene.radiometry.offset
    np.testing.assert_allclose(bright, 0.6, atol=0.001)
