"""A week over five stations against a search of Skyfield's elevation, second by second.

Five of the passes last less than a minute, the shortest 9.8 s.
"""

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, wgs84
from week import DAY_S, EPOCH, STATIONS, Circling

from payload.geometry.track import bracketed_roots
from payload.orbit import find_network_contacts, time_grid

SCALE = load.timescale(builtin=True)
DUT1_S = float(SCALE.from_datetime(EPOCH).dut1)
ORBIT = Circling(0.0, 0.0, dut1_s=DUT1_S)
THEIRS = EarthSatellite.from_satrec(ORBIT.record, SCALE)
MASK_DEG = 5.0
WEEK_S = 7 * DAY_S


def moments(times_s):
    return SCALE.utc(EPOCH.year, EPOCH.month, EPOCH.day, 0, 0, np.asarray(times_s))


def seconds_in_a_row(times_s):
    """Moments of which Skyfield need not sum 1,365 terms of nutation each: they are drawn through a few."""
    when, few_s = moments(times_s), np.linspace(times_s[0], times_s[-1], 33)
    angles = moments(few_s)._nutation_angles_radians
    when._nutation_angles_radians = tuple(np.interp(times_s, few_s, angle) for angle in angles)
    return when


def place(station):
    return wgs84.latlon(station.lat_deg, station.lon_deg, station.height_m)


def over_the_mask(station, when):
    elevation, _, _ = (THEIRS - place(station)).at(when).altaz()
    return elevation.degrees - MASK_DEG


@pytest.fixture(scope="module")
def edges():
    """Where Skyfield's elevation crosses the mask, by station, from a search at every second."""
    found = {station.name: [] for station in STATIONS}
    for first_s in np.arange(0.0, WEEK_S, 28800.0):
        times_s = np.arange(first_s, first_s + 28801.0)
        when = seconds_in_a_row(times_s)
        for station in STATIONS:
            above = over_the_mask(station, when) >= 0.0
            at = np.flatnonzero(above[1:] != above[:-1])
            found[station.name].append(
                bracketed_roots(
                    lambda at_s, station=station: over_the_mask(station, moments(at_s)),
                    times_s[at],
                    times_s[at + 1],
                )
            )
    return {name: np.concatenate(parts) for name, parts in found.items()}


@pytest.mark.parametrize("step_s", [30.0, 60.0])
def test_every_window_of_a_search_by_the_second_is_found_to_five_milliseconds(edges, step_s):
    windows = find_network_contacts(ORBIT.propagate(time_grid(WEEK_S, step_s=step_s)), STATIONS)
    assert len(windows) == 307
    assert sum(window.duration_s < 60.0 for window in windows) == 5
    assert min(window.duration_s for window in windows) == pytest.approx(9.8, abs=0.1)
    for station in STATIONS:
        ours_s = np.array(
            [(item.aos_s, item.los_s) for item in windows if item.station == station.name]
        ).ravel()
        ours_s = ours_s[(ours_s > 0.0) & (ours_s < WEEK_S)]
        assert ours_s.size == edges[station.name].size
        assert np.abs(ours_s - edges[station.name]).max() < 0.005
