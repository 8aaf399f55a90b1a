"""The reference case: 35 windows on which Skyfield, brahe and TAT-C agree."""

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from payload.orbit import find_contacts, find_network_contacts, time_grid
from payload.orbit.propagation import Sgp4
from payload.types import GroundStation

CASE = json.loads(Path(__file__).with_name("reference_contacts.json").read_text())
STATIONS = [
    GroundStation(name, place["lat_deg"], place["lon_deg"], min_elevation_deg=CASE["mask_deg"])
    for name, place in CASE["stations"].items()
]


def fly(dut1_s, step_s=30.0):
    orbit = Sgp4(
        tle=tuple(CASE["tle"]),
        satellite="reference",
        epoch_utc=datetime.fromisoformat(CASE["epoch_utc"]),
        dut1_s=dut1_s,
    )
    return orbit.propagate(time_grid(CASE["duration_s"], step_s=step_s))


def windows(dut1_s, step_s=30.0):
    ephemeris = fly(dut1_s, step_s)
    return [window for station in STATIONS for window in find_contacts(ephemeris, station)]


def errors_s(found, aos, los):
    assert [window.station for window in found] == [row["station"] for row in CASE["passes"]]
    return np.array(
        [
            (window.aos_s - row[aos], window.los_s - row[los])
            for window, row in zip(found, CASE["passes"], strict=True)
        ]
    )


@pytest.mark.parametrize("step_s", [30.0, 60.0])
def test_every_edge_is_within_five_milliseconds_of_the_refined_edge(step_s):
    errors = errors_s(windows(CASE["dut1_s"], step_s), "aos_s", "los_s")
    assert len(errors) == 35
    assert np.abs(errors).max() < 0.005
    assert np.median(np.abs(errors)) < 0.0002


@pytest.mark.parametrize("step_s", [30.0, 60.0])
def test_without_dut1_edges_stay_within_five_milliseconds_too(step_s):
    assert np.abs(errors_s(windows(0.0, step_s), "aos_s", "los_s")).max() < 0.005


def test_every_edge_is_within_a_second_of_the_published_tenths_without_dut1():
    errors = errors_s(windows(0.0), "aos_tenths_s", "los_tenths_s")
    assert np.abs(errors).max() < 0.25


def test_the_contact_time_adds_up():
    total_s = sum(window.duration_s for window in windows(CASE["dut1_s"]))
    assert total_s == pytest.approx(CASE["total_s"], abs=0.02)


def test_the_highest_elevations_agree_to_the_rounding_of_the_reference():
    for window, row in zip(windows(CASE["dut1_s"]), CASE["passes"], strict=True):
        assert window.max_elevation_deg == pytest.approx(row["max_elevation_deg"], abs=0.006)


def test_all_stations_in_one_sweep_give_the_same_windows_to_the_bit():
    assert find_network_contacts(fly(0.0), STATIONS) == windows(0.0)
