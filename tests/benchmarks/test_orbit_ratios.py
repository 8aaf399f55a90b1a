"""The search for contacts against raw SGP4 and against Skyfield's; `just bench` shows the figures.

Off by default. The gates are the aims with a third of slack.
"""

import resource

import numpy as np
import pytest
from sgp4.api import SatrecArray
from skyfield.api import EarthSatellite, load, wgs84
from timing import ratio
from week import DAY_S, EPOCH, STATIONS, Circling

from payload.orbit import find_fleet_contacts, find_network_contacts, time_grid
from payload.orbit.frames import J2000_JD, instants
from payload.types import GroundStation

SLACK = 4.0 / 3.0
SCALE = load.timescale(builtin=True)


def julian(times_s):
    utc = instants(EPOCH, times_s)
    return np.full(times_s.shape, J2000_JD + utc.whole_days), utc.part_days


def test_a_week_over_five_stations_against_raw_sgp4(benchmark):
    """Propagation, axes and search: 2.0 of the time of SGP4 alone on the same 30 s grid."""
    orbit, times_s = Circling(0.0, 0.0), time_grid(7 * DAY_S)
    days = julian(times_s)

    def search():
        return find_network_contacts(orbit.propagate(times_s), STATIONS)

    found = ratio(search, lambda: orbit.record.sgp4_array(*days), rounds=15)
    benchmark.extra_info["time over raw SGP4"] = round(found, 2)
    benchmark(search)
    assert found < 3.0 * SLACK


def test_a_week_over_five_stations_against_skyfields_search(benchmark):
    """Some 6 times as fast, or more; on a grid of 60 s, which is as true (tests/conformance)."""
    orbit, times_s = Circling(0.0, 0.0), time_grid(7 * DAY_S, step_s=60.0)
    theirs = EarthSatellite.from_satrec(orbit.record, SCALE)
    places = [wgs84.latlon(item.lat_deg, item.lon_deg, item.height_m) for item in STATIONS]

    def search():
        return find_network_contacts(orbit.propagate(times_s), STATIONS)

    def their_search():
        start, stop = SCALE.utc(2026, 1, 1), SCALE.utc(2026, 1, 8)
        return [theirs.find_events(place, start, stop, 5.0) for place in places]

    found = ratio(their_search, search, rounds=5)
    benchmark.extra_info["times as fast as Skyfield"] = round(found, 1)
    benchmark(search)
    assert found > 5.0 / SLACK


@pytest.fixture(scope="module")
def network():
    """Twenty places spread evenly over the globe: a golden spiral."""
    rows = np.arange(20)
    lat_deg = np.degrees(np.arcsin(1.0 - (2.0 * rows + 1.0) / 20.0))
    lon_deg = np.mod(rows * 137.50776, 360.0) - 180.0
    return [
        GroundStation(f"s{row}", lat, lon)
        for row, lat, lon in zip(rows, lat_deg.tolist(), lon_deg.tolist(), strict=True)
    ]


def test_a_hundred_satellites_over_twenty_stations_against_raw_sgp4(benchmark, network):
    """2.5 to 2.9 of the time of SGP4 alone, in less than 500 MB for the whole process."""
    fleet = [
        Circling(plane * 36.0, slot * 36.0, name=f"{plane}-{slot}")
        for plane in range(10)
        for slot in range(10)
    ]
    times_s = time_grid(DAY_S)
    days, records = julian(times_s), SatrecArray([craft.record for craft in fleet])

    def search():
        return find_fleet_contacts([craft.propagate(times_s) for craft in fleet], network)

    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    search()
    grown_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mb
    found = ratio(search, lambda: records.sgp4(*days), rounds=7)
    benchmark.extra_info["time over raw SGP4"] = round(found, 2)
    benchmark.extra_info["memory, MB"] = round(grown_mb)
    benchmark.pedantic(search, rounds=3)
    assert found < 3.0 * SLACK
    assert grown_mb < 500.0
