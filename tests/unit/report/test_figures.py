import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from payload import api
from payload.report import atlas, make_figures, read_report_data
from payload.report.data import Place, TrackPoint
from payload.report.palette import DARK, LIGHT, exchange

Make = Callable[..., Path]
ALL = [
    "way-of-the-bytes",
    "clear-ground",
    "fates-by-arm",
    "growth",
    "contacts-over-time",
    "delays",
    "map",
]
CASES = {
    "a whole day": ({}, ALL),
    "no truth": ({"truth": False}, [name for name in ALL if name != "clear-ground"]),
    "no contact": (
        {"contacts": 0},
        [name for name in ALL if name not in {"clear-ground", "delays"}],
    ),
    "nothing taken": ({"images": 0}, ["contacts-over-time", "map"]),
    "nothing at all": ({"images": 0, "contacts": 0}, ["map"]),
}


@pytest.mark.parametrize("case", CASES)
def test_figures_are_what_the_data_allows_and_plotly_accepts_them(results: Make, case: str):
    world, expected = CASES[case]
    charts = make_figures(read_report_data(results(**world)))
    assert list(charts) == expected
    for chart in charts.values():
        go.Figure(chart.plot)
        json.dumps(chart.plot, allow_nan=False)
        assert chart.title
        assert chart.caption.endswith(".")
        assert chart.summary.endswith(".")


def test_what_changes_on_a_narrow_page_exists_and_is_accepted(results: Make):
    for chart in make_figures(read_report_data(results())).values():
        plot = json.loads(json.dumps(chart.plot))
        for path, value in chart.narrow.items():
            *keys, last = path.split(".")
            here = plot
            for key in keys:
                here = here[int(key)] if isinstance(here, list) else here.setdefault(key, {})
            here[last] = value
        go.Figure(plot)


def test_every_colour_has_its_dark_one(results: Make):
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()
    charts = make_figures(read_report_data(results()))
    used = set(re.findall(r"#[0-9a-f]{6}", json.dumps([chart.plot for chart in charts.values()])))
    assert used <= exchange().keys()
    for chart in charts.values():
        assert {mark.colour for mark in chart.key} <= LIGHT.keys()


def test_the_way_of_the_bytes_loses_none(results: Make):
    data = read_report_data(results(memory_mb=6.0))
    volumes = data.summary.bytes
    assert volumes.overflowed
    sankey = make_figures(data)["way-of-the-bytes"].plot["data"][0]
    into = {
        sankey["node"]["label"][target].split(" <b>")[0]: value
        for target, value in zip(sankey["link"]["target"], sankey["link"]["value"], strict=True)
    }
    kept = into.pop("kept")
    assert sum(into.values()) == volumes.acquired
    assert kept + volumes.pruned + volumes.overflowed == volumes.acquired
    assert into["overflowed"] == volumes.overflowed
    assert into["delivered"] == volumes.delivered
    assert "lost" not in into


def test_lines_end_where_the_summary_ends(results: Make):
    data = read_report_data(results())
    for arm in data.summary.arms:
        series = data.series[arm.name]
        assert series.delivered_bytes[-1] == arm.downlinked_bytes
        assert series.waiting_bytes[-1] == arm.waiting_bytes
        assert series.clear_delivered_px[-1] == arm.clear_pixels_delivered
        assert min(series.waiting_bytes) >= 0


def test_a_full_memory_never_holds_more_than_it_can(results: Make):
    data = read_report_data(results(memory_mb=6.0))
    assert max(data.series["raw"].waiting_bytes) <= 6_000_000


def test_what_is_dropped_later_was_in_memory_until_then(write_scenario, tmp_path):
    places = [(15.65 + 3 * (n % 6), 60.0 + 3 * (n // 6)) for n in range(30)]
    memory = {"capacity_mb": 0.05, "when_full": "oldest"}
    path = write_scenario(places=places, memory=memory, stations=None)
    scenario = api.check(path)
    folder = api.run(scenario, tmp_path / "out", jobs=1).folder
    later = (
        "select count(*) from ledger join tiles using (arm, tile) "
        "where ledger.fate = 'overflowed' and ledger.time_s > tiles.time_s + 60"
    )
    assert api.query(folder, later)[1][0][0], "something is dropped long after it was taken"
    data = read_report_data(folder)
    for name, series in data.series.items():
        assert min(series.waiting_bytes) >= 0
        assert max(series.waiting_bytes) <= 50_000
        assert series.waiting_bytes[-1] == data.arm(name).waiting_bytes


def test_a_pass_is_seen_however_long_the_flight(results: Make):
    data = read_report_data(results())
    long = replace(data, summary=replace(data.summary, duration_s=30 * 86400.0))
    passes = make_figures(long)["contacts-over-time"].plot["data"][0]
    assert "markers" in passes["mode"]
    assert passes["marker"]["line"]["width"] >= 1


def test_the_track_is_cut_at_the_date_line(results: Make):
    data = read_report_data(results())
    track = next(
        trace
        for trace in make_figures(data)["map"].plot["data"]
        if trace["type"] == "scatter" and trace["mode"] == "lines"
    )
    steps = [
        abs(after - before)
        for before, after in zip(track["x"], track["x"][1:], strict=False)
        if before is not None and after is not None
    ]
    assert max(steps) < 180
    assert None in track["x"]


def test_a_crossing_of_the_date_line_keeps_its_latitude(results: Make):
    points = (TrackPoint("s", 0, 10.0, 179.0), TrackPoint("s", 60, 14.0, -177.0))
    data = replace(read_report_data(results()), track=points)
    track = next(
        trace
        for trace in make_figures(data)["map"].plot["data"]
        if trace["type"] == "scatter" and trace["mode"] == "lines"
    )
    assert track["x"] == [179.0, 180.0, None, -180.0, -177.0]
    assert track["y"] == [10.0, 11.0, None, 11.0, 14.0]


def test_land_is_land_and_the_map_does_without_it(results: Make, monkeypatch):
    percent = atlas.land_percent()
    if percent is None:
        pytest.skip("no land fraction is packaged")
    assert percent.shape == (180, 360)
    assert percent[89 - 23, 180 + 13] == 100  # the Sahara, 23 N 13 E
    assert percent[90 + 30, 180 - 130] == 0  # the South Pacific, 30 S 130 W
    data = read_report_data(results())
    assert any(trace["type"] == "contour" for trace in make_figures(data)["map"].plot["data"])
    monkeypatch.setattr(atlas, "LAND_FILE", "not-there.npz")
    atlas.land_percent.cache_clear()
    try:
        chart = make_figures(data)["map"]
        assert all(trace["type"] == "scatter" for trace in chart.plot["data"])
        go.Figure(chart.plot)
    finally:
        atlas.land_percent.cache_clear()


def test_targets_never_taken_are_drawn_where_the_folder_knows_them(results: Make):
    data = read_report_data(results())
    assert "this folder does not record" in make_figures(data)["map"].caption
    places = tuple(Place(f"target-{number}", 1.0, 2.0) for number in range(35))
    chart = make_figures(replace(data, places=places))["map"]
    assert "this folder does not record" not in chart.caption
    (rest,) = [trace for trace in chart.plot["data"] if trace.get("name") == "not taken"]
    assert len(rest["x"]) == 3
    assert "target not taken" in [mark.word for mark in chart.key]


def test_a_crowd_is_drawn_in_part_and_said(results: Make):
    data = read_report_data(results())
    many = replace(
        data,
        contacts=tuple(replace(data.contacts[0], aos_s=k, los_s=k + 1) for k in range(1200)),
        images=tuple(replace(data.images[0], target=f"t{k}") for k in range(2500)),
    )
    charts = make_figures(many)
    assert (
        "1,000 of 1,200 contacts and 2,000 of 2,500 images" in charts["contacts-over-time"].caption
    )
    assert "1,500 of each kind are drawn" in charts["map"].caption
    assert len(json.dumps([chart.plot for chart in charts.values()])) < 1_200_000


def test_names_are_no_markup_in_a_figure(results: Make):
    data = read_report_data(results(target="<a href='javascript:alert(1)'>{}</a>"))
    for chart in make_figures(data).values():
        assert "<a " not in json.dumps(chart.plot)


def test_the_tick_of_the_bent_pipe_is_its_own_use(results: Make):
    data = read_report_data(results())
    plot = make_figures(data)["contacts-over-time"].plot
    (ticks,) = [trace for trace in plot["data"] if trace.get("name") == "bent pipe"]
    raw = next(arm for arm in data.summary.arms if arm.name == "raw")
    assert np.isclose(sum(ticks["y"]) * 1e6, raw.used_bytes)
