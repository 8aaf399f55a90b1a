"""The cloud below the track is that of the flown world, and of no other."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from payload.report import make_figures, read_report_data, write_report
from payload.report.sky import MOST_POINTS, SQUARE_KM, cloud_below
from payload.types import Radiometry, Sensor, View, Window
from payload.world.synthetic import Synthetic

PX = 400


def test_it_is_what_a_glance_finds_there(results: Callable[..., Path]):
    """Second method: scenes of the same squares and moments, glanced at as a flight does it."""
    data = read_report_data(results())
    data = replace(data, track=data.track[::30])
    points, cover = cloud_below(data)
    sensor = Sensor(
        bands=("blue",), gsd_m=SQUARE_KM * 1000 / PX, width_px=PX, height_px=PX, bit_depth=12,
        radiometry=Radiometry(1e-4), max_off_nadir_deg=0.0, min_sun_elevation_deg=0.0, settle_s=0.0,
    )  # fmt: skip
    found = {}
    for seed in (data.summary.seed, data.summary.seed + 1):
        world = Synthetic(seed=seed)
        looks = []
        for point in points:
            utc = data.setting.epoch_utc + timedelta(seconds=point.time_s)
            view = View("v", "t", point.lat_deg, point.lon_deg, utc, 40.0, sensor)
            looks.append(world.glance(view, [Window(0, 0, PX, PX)])[0].cover)
        found[seed] = np.array(looks)
    mine, other = found.values()
    assert np.abs(cover - mine).mean() < 0.1
    assert np.abs(cover - other).mean() > 0.15


def test_a_fleet_has_as_many_squares_as_one(results: Callable[..., Path]):
    data = read_report_data(results())
    points, cover = cloud_below(replace(data, track=data.track * 9))
    assert 0 < len(points) <= MOST_POINTS
    assert cover.shape == (len(points),)


@pytest.mark.parametrize(
    "scene",
    [
        {"kind": "rasters", "folder": "/etc"},
        {"kind": "synthetic", "wind_m_s": 1e300},
        {"kind": "synthetic", "no_such": 1},
        {"kind": ["synthetic"]},
        "synthetic",
        None,
    ],
)
def test_where_the_sky_is_unknown_none_is_drawn(results: Callable[..., Path], scene: object):
    folder = results()
    told = json.loads((folder / "scenario.json").read_text())
    (folder / "scenario.json").write_text(json.dumps(told | {"scene": scene}))
    data = read_report_data(folder)
    assert cloud_below(data) is None
    chart = make_figures(data)["map"]
    assert "cloud" not in {trace.get("name") for trace in chart.plot["data"]}
    assert "Grey shows" not in chart.caption
    assert write_report(folder).is_file()


def test_the_map_draws_and_tells_it(results: Callable[..., Path]):
    chart = make_figures(read_report_data(results()))["map"]
    (cloud,) = [trace for trace in chart.plot["data"] if trace.get("name") == "cloud"]
    assert len(cloud["x"]) == len(cloud["marker"]["opacity"]) > 0
    assert "cloud below the track" in [mark.word for mark in chart.key]
