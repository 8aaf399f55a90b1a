"""Laws of contact windows; their agreement with Skyfield is judged in tests/conformance."""

import dataclasses
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import OrbitError
from payload.orbit import (
    find_contacts,
    find_fleet_contacts,
    find_network_contacts,
    look_angles,
    time_grid,
)
from payload.orbit.propagation import Sgp4
from payload.types import Ephemeris, GroundStation

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
DAY_S = 86400.0
ORBIT = Sgp4(altitude_km=550.0, ltan="10:30", satellite="one", epoch_utc=EPOCH)
EPHEMERIS = ORBIT.propagate(time_grid(DAY_S))
SVALBARD = GroundStation("svalbard", 78.23, 15.39)

stations = st.builds(
    GroundStation,
    name=st.just("anywhere"),
    lat_deg=st.floats(-90.0, 90.0),
    lon_deg=st.floats(-180.0, 180.0),
    height_m=st.floats(0.0, 4000.0),
    min_elevation_deg=st.floats(0.0, 80.0),
)


def elevation_deg(station, *times_s):
    return look_angles(ORBIT.propagate(np.array(times_s)).position_km, station).elevation_deg


def edges(windows):
    return np.array([(window.aos_s, window.los_s) for window in windows]).ravel()


@given(station=stations)
@settings(max_examples=60, deadline=None)
def test_a_window_is_in_view_inside_and_out_of_view_outside(station):
    mask_deg = station.min_elevation_deg
    for window in find_contacts(EPHEMERIS, station):
        before, aos, middle, los, after = elevation_deg(
            station,
            window.aos_s - 1.0,
            window.aos_s,
            (window.aos_s + window.los_s) / 2,
            window.los_s,
            window.los_s + 1.0,
        )
        assert middle > mask_deg - 1e-3
        assert window.max_elevation_deg >= max(aos, middle, los) - 1e-3
        if window.aos_s > 0.0:
            assert aos == pytest.approx(mask_deg, abs=1e-3)
            assert before < mask_deg + 1e-3
        if window.los_s < DAY_S:
            assert los == pytest.approx(mask_deg, abs=1e-3)
            assert after < mask_deg + 1e-3


@given(station=stations)
@settings(max_examples=60, deadline=None)
def test_windows_are_in_order_apart_and_inside_the_span(station):
    times = edges(find_contacts(EPHEMERIS, station))
    assert np.all(np.diff(times) > 0.0)
    assert np.all((times >= 0.0) & (times <= DAY_S))


@given(station=stations, shift_s=st.floats(0.0, 59.0))
@settings(max_examples=40, deadline=None)
def test_a_shifted_or_coarser_grid_changes_nothing(station, shift_s):
    coarse = ORBIT.propagate(shift_s + time_grid(DAY_S - shift_s, step_s=60.0))
    one, other = (
        [
            window
            for window in find_contacts(ephemeris, station)
            if window.aos_s > shift_s and window.los_s < DAY_S
        ]
        for ephemeris in (EPHEMERIS, coarse)
    )
    for windows, twins in ((one, other), (other, one)):
        for window in windows:
            # A pass that only grazes the mask hangs on the last metre of the interpolation.
            if window.max_elevation_deg > station.min_elevation_deg + 0.02:
                off_s = [
                    max(abs(window.aos_s - twin.aos_s), abs(window.los_s - twin.los_s))
                    for twin in twins
                ]
                assert min(off_s) < 0.05


@given(station=stations, share=st.floats(0.01, 0.99))
@settings(max_examples=30, deadline=None)
def test_a_span_cut_inside_a_pass_gives_the_clipped_pass(station, share):
    for window in find_contacts(EPHEMERIS, station)[:3]:
        cut_s = window.aos_s + share * window.duration_s
        until, since = (
            ORBIT.propagate(grid) for grid in (time_grid(cut_s), cut_s + time_grid(DAY_S - cut_s))
        )
        last, first = find_contacts(until, station)[-1], find_contacts(since, station)[0]
        assert last.los_s == pytest.approx(cut_s, abs=1e-9)
        assert first.aos_s == pytest.approx(cut_s, abs=1e-9)
        assert last.aos_s == pytest.approx(window.aos_s, abs=0.02)
        assert first.los_s == pytest.approx(window.los_s, abs=0.02)
        highest = max(last.max_elevation_deg, first.max_elevation_deg)
        assert highest == pytest.approx(window.max_elevation_deg, abs=1e-4)


@given(station=stations, higher_deg=st.floats(0.01, 9.0))
@settings(max_examples=40, deadline=None)
def test_a_higher_mask_never_sees_more(station, higher_deg):
    low = find_contacts(EPHEMERIS, station)
    high = find_contacts(
        EPHEMERIS, station, min_elevation_deg=station.min_elevation_deg + higher_deg
    )
    for window in high:
        assert any(wide.aos_s <= window.aos_s and window.los_s <= wide.los_s for wide in low)


@given(network=st.lists(stations, max_size=5))
@settings(max_examples=30, deadline=None)
def test_a_network_sees_what_its_stations_see_alone_to_the_bit(network):
    together = find_network_contacts(EPHEMERIS, network)
    alone = [window for station in network for window in find_contacts(EPHEMERIS, station)]
    assert together == alone


def test_the_highest_point_is_that_of_dense_sampling():
    for window in find_contacts(EPHEMERIS, SVALBARD):
        dense = np.arange(window.aos_s, window.los_s, 0.02)
        assert window.max_elevation_deg == pytest.approx(
            elevation_deg(SVALBARD, *dense).max(), abs=1e-4
        )


def test_the_mask_of_the_station_holds_unless_another_is_asked_for():
    strict = dataclasses.replace(SVALBARD, min_elevation_deg=20.0)
    by_argument = find_contacts(EPHEMERIS, SVALBARD, min_elevation_deg=20.0)
    assert find_contacts(EPHEMERIS, strict) == by_argument
    assert len(by_argument) < len(find_contacts(EPHEMERIS, SVALBARD))


def test_a_satellite_that_never_sets_is_one_window():
    turn = np.linspace(0.0, 0.1, 201)[:, None]
    high = 42164.0 * np.hstack((np.cos(turn), np.sin(turn), 0.0 * turn))
    drift = 42164.0 * 0.1 / 12000.0 * np.hstack((-np.sin(turn), np.cos(turn), 0.0 * turn))
    ephemeris = Ephemeris("high", 60.0 * np.arange(201.0), high, drift)
    (window,) = find_contacts(ephemeris, GroundStation("below", 0.0, 3.0))
    assert (window.aos_s, window.los_s) == (0.0, 12000.0)
    assert window.max_elevation_deg == pytest.approx(90.0, abs=1e-3)


def test_a_satellite_that_dips_below_the_mask_between_two_samples_is_two_windows():
    # Straight over the station, down to just under the mask and up again, within one step.
    time_s = np.array([0.0, 60.0])
    height_km = np.array([500.0, 500.0])
    up_km_s = np.array([-10.0, 10.0])
    zero = np.zeros(2)
    position = np.stack((6378.137 + height_km, 700.0 + zero, zero), 1)
    ephemeris = Ephemeris("bouncing", time_s, position, np.stack((up_km_s, zero, zero), 1))
    # The cubic dips by 10 km/s x 60 s / 4 = 150 km.
    lowest = math.degrees(math.atan2(350.0, 700.0))
    windows = find_contacts(
        ephemeris, GroundStation("below", 0.0, 0.0, min_elevation_deg=lowest + 1.0)
    )
    assert len(windows) == 2
    assert windows[0].aos_s == 0.0
    assert windows[0].los_s + windows[1].aos_s == pytest.approx(60.0, abs=1e-6)
    assert windows[1].los_s == 60.0
    assert (
        len(
            find_contacts(
                ephemeris, GroundStation("below", 0.0, 0.0, min_elevation_deg=lowest - 1.0)
            )
        )
        == 1
    )


def test_no_station_sees_nothing_and_neither_does_one_out_of_sight():
    assert find_network_contacts(EPHEMERIS, []) == []
    assert find_contacts(EPHEMERIS, SVALBARD, min_elevation_deg=89.99) == []


@pytest.mark.parametrize("mask_deg", [-0.1, 90.0, math.nan, math.inf])
def test_a_mask_that_is_none_is_refused(mask_deg):
    with pytest.raises(OrbitError, match="not in 0 <= mask < 90"):
        find_contacts(EPHEMERIS, SVALBARD, min_elevation_deg=mask_deg)


@pytest.mark.parametrize(
    "place", [{"lat_deg": 95.0}, {"lon_deg": math.nan}, {"height_m": math.inf}]
)
def test_a_station_that_stands_nowhere_is_refused(place):
    with pytest.raises(OrbitError, match="svalbard"):
        find_contacts(EPHEMERIS, dataclasses.replace(SVALBARD, **place))


def test_too_coarse_an_ephemeris_is_refused():
    coarse = ORBIT.propagate(np.arange(0.0, DAY_S, 90.0))
    with pytest.raises(OrbitError, match="step of 90 s"):
        find_contacts(coarse, SVALBARD)


@pytest.mark.parametrize("duration_s", [1.0, 30.0, 31.0, 3600.0, 86399.5])
def test_the_grid_reaches_from_start_to_end_in_even_steps(duration_s):
    grid = time_grid(duration_s)
    assert (grid[0], grid[-1]) == (0.0, duration_s)
    assert np.diff(grid).max() <= 30.0 + 1e-9
    assert np.ptp(np.diff(grid)) < 1e-9


@pytest.mark.parametrize("duration_s", [0.0, -1.0, math.nan, math.inf])
def test_a_span_that_is_none_is_refused(duration_s):
    with pytest.raises(OrbitError, match="cannot be cut"):
        time_grid(duration_s)


def test_azimuth_runs_from_north_by_east():
    station = GroundStation("origin", 0.0, 0.0)
    around = np.array(
        [[6978.0, 0.0, 500.0], [6978.0, 500.0, 0.0], [6978.0, 0.0, -500.0], [6978.0, -500.0, 0.0]]
    )
    found = look_angles(around, station)
    np.testing.assert_allclose(found.azimuth_deg, [0.0, 90.0, 180.0, 270.0], atol=1e-9)
    np.testing.assert_allclose(found.range_km, math.hypot(6978.0 - 6378.137, 500.0), rtol=1e-12)


def test_a_fleet_searched_together_gives_what_each_satellite_gives_alone():
    grid = time_grid(DAY_S)
    fleet = [
        Sgp4(altitude_km=height_km, ltan="10:30", satellite=f"at {height_km}", epoch_utc=EPOCH)
        for height_km in (400.0, 550.0, 900.0)
    ]
    flown = [craft.propagate(grid) for craft in fleet] * 10  # more than one block
    network = [SVALBARD, GroundStation("pole", -90.0, 0.0), GroundStation("line", 0.0, 180.0)]
    alone = [window for item in flown for window in find_network_contacts(item, network)]
    assert find_fleet_contacts(flown, network) == alone


def test_a_fleet_on_different_grids_is_refused():
    other = ORBIT.propagate(time_grid(DAY_S, step_s=60.0))
    with pytest.raises(OrbitError, match="different times"):
        find_fleet_contacts([EPHEMERIS, other], [SVALBARD])


@pytest.mark.parametrize(("samples", "windows"), [(1, 1), (7, 2), (1000, 5), (2879, 3), (2880, 4)])
def test_a_span_that_is_looked_at_in_stretches_gives_the_same(monkeypatch, samples, windows):
    """Whole, in stretches, and with a last one of a single step; cut at both ends too."""
    network = [SVALBARD, GroundStation("below", 0.0, 20.0), GroundStation("far", -80.0, 0.0)]
    whole = find_network_contacts(EPHEMERIS, network)
    assert len(whole) > 20
    monkeypatch.setattr("payload.orbit.contacts._BLOCK", samples)
    monkeypatch.setattr("payload.orbit.contacts._WINDOWS", windows)
    assert find_network_contacts(EPHEMERIS, network) == whole
