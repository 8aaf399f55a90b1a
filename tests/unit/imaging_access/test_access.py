"""Opportunities against brute force on SGP4 itself, sampled ten times a second."""

import dataclasses
import time
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import OrbitError
from payload.geometry.earth import site
from payload.imaging import access, find_opportunities
from payload.orbit import sun_elevation_deg, time_grid
from payload.orbit.propagation import Sgp4
from payload.types import Ephemeris, Opportunity, Radiometry, Sensor, Target

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)
SENSOR = Sensor(
    bands=("blue", "green", "red", "nir"),
    gsd_m=10.0,
    width_px=1024,
    height_px=1536,
    bit_depth=12,
    radiometry=Radiometry(1.6 / 4095),
    max_off_nadir_deg=30.0,
    min_sun_elevation_deg=10.0,
    settle_s=30.0,
)
ORBIT = Sgp4(altitude_km=550.0, ltan="10:30", satellite="one", epoch_utc=EPOCH)
SUN = partial(sun_elevation_deg, epoch_utc=EPOCH)
RADIUS_KM = 6378.137


def limits(**changes):
    return dataclasses.replace(SENSOR, **changes)


def everywhere(count, seed):
    rng = np.random.default_rng(seed)
    lat_deg = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    lon_deg = rng.uniform(-180, 180, count)
    return [
        Target(f"target {index}", float(lat), float(lon))
        for index, (lat, lon) in enumerate(zip(lat_deg, lon_deg, strict=True))
    ]


def opportunities(ephemeris, targets, sensor=SENSOR, sun=SUN):
    return list(find_opportunities(ephemeris, targets, sensor, raw_bytes=1000, sun_elevation=sun))


def brute_force(targets, sensor, span_s, step_s=0.1):
    """(target, moment, off-nadir) of every local minimum of the distance, states straight from SGP4."""
    times_s = np.arange(0.0, span_s, step_s)
    dense = ORBIT.propagate(times_s)
    found = []
    for target in targets:
        place = site(target.lat_deg, target.lon_deg)
        sight = place.position_km - dense.position_km
        distance = np.linalg.norm(sight, axis=1)
        nearest = 1 + np.flatnonzero(
            (distance[1:-1] < distance[:-2]) & (distance[1:-1] <= distance[2:])
        )
        for index in nearest:
            nadir = -dense.position_km[index]
            cosine = sight[index] @ nadir / distance[index] / np.linalg.norm(nadir)
            off_nadir_deg = float(np.degrees(np.arccos(cosine)))
            moment = times_s[index : index + 1]
            sun_deg = SUN(np.array([target.lat_deg]), np.array([target.lon_deg]), moment)[0]
            if (
                off_nadir_deg <= sensor.max_off_nadir_deg
                and sight[index] @ place.up < 0.0
                and sun_deg >= sensor.min_sun_elevation_deg
            ):
                found.append((target.name, float(moment[0]), off_nadir_deg))
    return sorted(found, key=lambda item: item[1])


@pytest.mark.parametrize(
    ("step_s", "limits_of_the_sensor"),
    [
        (30.0, {"max_off_nadir_deg": 45.0}),
        (60.0, {"max_off_nadir_deg": 60.0, "min_sun_elevation_deg": -90.0}),
    ],
)
def test_brute_force_finds_the_same_opportunities(step_s, limits_of_the_sensor):
    span_s = 8 * 3600.0
    sensor = limits(**limits_of_the_sensor)
    targets = everywhere(150, seed=5)
    ours = opportunities(ORBIT.propagate(time_grid(span_s, step_s=step_s)), targets, sensor)
    theirs = brute_force(targets, sensor, span_s)
    assert len(theirs) > 15
    assert [item.target for item in ours] == [name for name, _, _ in theirs]
    for item, (_, moment_s, off_nadir_deg) in zip(ours, theirs, strict=True):
        assert item.start_s + item.duration_s / 2 == pytest.approx(moment_s, abs=0.06)
        assert item.off_nadir_deg == pytest.approx(off_nadir_deg, abs=0.005)


def test_the_middle_of_an_image_is_the_closest_approach_to_a_millisecond():
    span_s = 6 * 3600.0
    targets = everywhere(300, seed=11)
    found = opportunities(ORBIT.propagate(time_grid(span_s)), targets)
    assert len(found) > 8
    by_name = {target.name: target for target in targets}
    for item in found:
        target = by_name[item.target]
        middle_s = item.start_s + item.duration_s / 2
        close = ORBIT.propagate(np.array([middle_s]))
        sight = close.position_km[0] - site(target.lat_deg, target.lon_deg).position_km
        speed = close.velocity_km_s[0]
        assert abs(sight @ speed) / (speed @ speed) < 0.001  # seconds from broadside


def test_what_an_opportunity_says_of_itself_is_true():
    ephemeris = ORBIT.propagate(time_grid(86400.0))
    targets = everywhere(200, seed=3)
    found = opportunities(ephemeris, targets)
    assert found == sorted(found, key=lambda item: (item.start_s, item.id))
    assert len({item.id for item in found}) == len(found)
    by_name = {target.name: target for target in targets}
    for item in found:
        target = by_name[item.target]
        assert item.satellite == "one"
        assert item.id == f"one/{item.target}/{round(item.start_s)}"
        assert item.volume_bytes == 1000
        assert 0.0 <= item.off_nadir_deg <= 30.0
        assert item.start_s >= 0.0
        assert item.end_s <= 86400.0
        # 15.36 km at some 6.9 to 7.2 km/s over the ground
        assert 15.36 / 7.3 < item.duration_s < 15.36 / 6.8
        middle_s = np.array([item.start_s + item.duration_s / 2])
        sun_deg = SUN(np.array([target.lat_deg]), np.array([target.lon_deg]), middle_s)[0]
        assert item.sun_elevation_deg == pytest.approx(sun_deg, abs=1e-6)
        assert sun_deg >= 10.0


def test_a_target_right_below_is_seen_straight_down():
    moment_s = 4000.0
    x, y, z = ORBIT.propagate(np.array([moment_s])).position_km[0]
    lon_deg = float(np.degrees(np.arctan2(y, x)))
    geocentric = np.arctan2(z, np.hypot(x, y))
    lat_deg = float(np.degrees(np.arctan(np.tan(geocentric) / (1 - 6.69437999014e-3))))
    (item,) = opportunities(
        ORBIT.propagate(time_grid(5000.0)),
        [Target("below", lat_deg, lon_deg)],
        limits(min_sun_elevation_deg=-90.0),
    )
    assert item.off_nadir_deg < 0.01
    assert item.start_s + item.duration_s / 2 == pytest.approx(moment_s, abs=0.3)


@given(
    lat_deg=st.floats(-90, 90),
    lon_deg=st.floats(-180, 180),
    limit_deg=st.floats(0.0, 60.0),
    sun_deg=st.floats(-90.0, 60.0),
)
@settings(max_examples=60, deadline=None)
def test_stricter_limits_only_take_opportunities_away(lat_deg, lon_deg, limit_deg, sun_deg):
    ephemeris = ORBIT.propagate(time_grid(86400.0, step_s=60.0))
    targets = [Target("somewhere", lat_deg, lon_deg)]
    free = opportunities(
        ephemeris, targets, limits(max_off_nadir_deg=60.0, min_sun_elevation_deg=-90.0)
    )
    strict = opportunities(
        ephemeris,
        targets,
        limits(max_off_nadir_deg=limit_deg, min_sun_elevation_deg=sun_deg),
    )
    assert strict == [
        item
        for item in free
        if item.off_nadir_deg <= limit_deg and item.sun_elevation_deg >= sun_deg
    ]


def test_a_target_beyond_the_horizon_is_no_opportunity_however_far_the_camera_rolls():
    ephemeris = ORBIT.propagate(time_grid(86400.0))
    wide = limits(max_off_nadir_deg=180.0, min_sun_elevation_deg=-90.0)
    found = opportunities(ephemeris, everywhere(50, seed=8), wide)
    # Beyond the limb, at arcsin(R / r), lies the sky; its polar value is 66.7 deg here.
    assert 60.0 < max(item.off_nadir_deg for item in found) < 67.2


def test_targets_do_not_disturb_each_other():
    ephemeris = ORBIT.propagate(time_grid(43200.0))
    targets = everywhere(40, seed=9)
    alone = [item for target in targets for item in opportunities(ephemeris, [target])]
    assert opportunities(ephemeris, targets) == sorted(alone, key=lambda i: (i.start_s, i.id))


def test_more_targets_than_fit_into_one_block_give_the_same(monkeypatch):
    ephemeris = ORBIT.propagate(time_grid(43200.0))
    targets = everywhere(40, seed=9)
    whole = opportunities(ephemeris, targets)
    monkeypatch.setattr("payload.imaging.access._BLOCK", 3 * ephemeris.time_s.size)
    assert opportunities(ephemeris, targets) == whole


def ellipse(times_s, perigee_km=450.0, apogee_km=12_000.0, inclination_deg=63.4):
    """An ephemeris on a Kepler ellipse over the turning Earth. Source: Vallado, Fundamentals, 4th ed., section 2.2."""
    mu, spin = 398600.4418, 7.292115e-5
    axis_km = RADIUS_KM + (perigee_km + apogee_km) / 2
    round_off = (apogee_km - perigee_km) / 2 / axis_km
    mean = np.sqrt(mu / axis_km**3) * times_s
    angle = mean.copy()
    for _ in range(40):
        angle -= (angle - round_off * np.sin(angle) - mean) / (1 - round_off * np.cos(angle))
    minor = np.sqrt(1 - round_off**2)
    rate = np.sqrt(mu / axis_km) / (1 - round_off * np.cos(angle))
    tilt = np.radians(inclination_deg)
    places, speeds = (
        np.stack([x, y * np.cos(tilt), y * np.sin(tilt)])
        for x, y in (
            (axis_km * (np.cos(angle) - round_off), axis_km * minor * np.sin(angle)),
            (-rate * np.sin(angle), rate * minor * np.cos(angle)),
        )
    )
    cos, sin = np.cos(spin * times_s), np.sin(spin * times_s)
    turned, moving = (
        np.stack([cos * x + sin * y, cos * y - sin * x, z]) for x, y, z in (places, speeds)
    )
    moving += spin * np.stack([turned[1], -turned[0], 0 * cos])
    return Ephemeris("one", times_s, turned.T.copy(), moving.T.copy())


@pytest.mark.parametrize("step_s", [10.0, 60.0])
@pytest.mark.parametrize("limit_deg", [2.0, 30.0, 62.0, 66.0, 89.0])
@pytest.mark.parametrize("height_km", [300.0, 550.0, None], ids=["low", "usual", "eccentric"])
def test_nothing_in_reach_is_passed_over_as_too_far_off(height_km, limit_deg, step_s, monkeypatch):
    """Second method: the search of all approaches over the whole Earth; the horizon lies at 67 deg from 550 km."""
    times_s = time_grid(12 * 3600.0, step_s=step_s)
    if height_km is None:
        ephemeris = ellipse(times_s)
    else:
        orbit = Sgp4(altitude_km=height_km, ltan="10:30", satellite="one", epoch_utc=EPOCH)
        ephemeris = orbit.propagate(times_s)
    targets = everywhere(900, seed=8)
    sensor = limits(max_off_nadir_deg=limit_deg, min_sun_elevation_deg=-90.0)
    quick = opportunities(ephemeris, targets, sensor)
    monkeypatch.setattr(access, "_SLACK_KM", 1e6)
    assert quick == opportunities(ephemeris, targets, sensor)
    assert len(quick) > (0 if limit_deg < 10.0 else 100)


@pytest.mark.parametrize("samples", [1, 7, 400, 1439, 1440])
def test_a_span_that_is_looked_at_in_stretches_gives_the_same(monkeypatch, samples):
    """Whole, in stretches, and with a last one of a single step."""
    ephemeris = ORBIT.propagate(time_grid(43200.0))
    targets = everywhere(40, seed=9)
    whole = opportunities(ephemeris, targets)
    assert len(whole) > 10
    monkeypatch.setattr("payload.imaging.access._SAMPLES", samples)
    assert opportunities(ephemeris, targets) == whole


def test_an_image_that_the_span_cuts_is_left_out():
    targets = everywhere(60, seed=5)
    free = limits(min_sun_elevation_deg=-90.0)
    first = opportunities(ORBIT.propagate(time_grid(20000.0)), targets, free)[0]
    for end_s, expected in ((first.end_s + 0.01, [first.target]), (first.end_s - 0.01, [])):
        found = opportunities(ORBIT.propagate(time_grid(end_s)), targets, free)
        assert [item.target for item in found] == expected


def test_no_target_and_no_daylight_give_no_opportunity():
    ephemeris = ORBIT.propagate(time_grid(86400.0))
    assert opportunities(ephemeris, []) == []
    night = limits(min_sun_elevation_deg=90.0)
    assert opportunities(ephemeris, everywhere(20, seed=1), night) == []


@pytest.mark.parametrize("times_s", [[0.0], [0.0, 90.0], [0.0, 10.0, 30.0], [10.0, 0.0]])
def test_an_ephemeris_that_is_coarse_or_uneven_is_refused(times_s):
    ephemeris = ORBIT.propagate(np.array(times_s))
    with pytest.raises(OrbitError, match="the ephemeris of 'one'"):
        opportunities(ephemeris, everywhere(2, seed=1))


def test_the_end_of_an_opportunity_is_its_start_and_its_duration():
    item = Opportunity("one/a/5", "a", "one", 5.0, 2.0, 1.0, 30.0, 10)
    assert item.end_s == 7.0


def test_poles_and_the_antimeridian_are_places_like_others():
    # A polar orbit passes both; the Sun is left aside, as one pole is dark.
    edges = [
        Target(f"{lat_deg:g} {lon_deg:g}", lat_deg, lon_deg)
        for lat_deg, lon_deg in (
            (90.0, 0.0), (90.0, 137.0), (-90.0, 0.0), (82.4, 180.0), (82.4, -180.0),
            (-17.0, 180.0), (-17.0, -180.0), (0.0, 180.0), (65.0, 179.9), (65.0, -179.9),
        )
    ]  # fmt: skip
    sensor = limits(min_sun_elevation_deg=-90.0, max_off_nadir_deg=60.0)
    span_s = 43200.0
    found = opportunities(ORBIT.propagate(time_grid(span_s)), edges, sensor)
    wanted = brute_force(edges, sensor, span_s)
    assert len(found) == len(wanted) > 30
    by_target = {target.name: [] for target in edges}
    for item in found:
        by_target[item.target].append(item)
    for name, moment_s, off_nadir_deg in wanted:
        near = [
            item
            for item in by_target[name]
            if abs(item.start_s + item.duration_s / 2 - moment_s) < 0.1
        ]
        assert len(near) == 1
        assert near[0].off_nadir_deg == pytest.approx(off_nadir_deg, abs=0.02)
    for one, other in (("90 0", "90 137"), ("82.4 180", "82.4 -180"), ("-17 180", "-17 -180")):
        times = [[item.start_s for item in by_target[name]] for name in (one, other)]
        assert len(times[0]) > 0
        np.testing.assert_allclose(times[0], times[1], atol=1e-3)


def test_a_target_right_of_the_track_is_rolled_to_the_right():
    """A satellite that flies north has east on its right; all angles are those without a sign."""
    found = opportunities(ORBIT.propagate(time_grid(86400.0)), everywhere(400, 5))
    assert len(found) > 20
    sides = set()
    for item in found:
        target = next(each for each in everywhere(400, 5) if each.name == item.target)
        moment = ORBIT.propagate(np.array([item.start_s, item.start_s + 1.0]))
        x, y, z = moment.position_km[0]
        is_east = (target.lon_deg - np.degrees(np.arctan2(y, x)) + 180.0) % 360.0 > 180.0
        goes_north = moment.position_km[1][2] > z
        if abs(target.lat_deg) < 60.0 and item.off_nadir_deg > 3.0:
            assert (item.roll_deg > 0.0) == (is_east == goes_north)
            sides.add(item.roll_deg > 0.0)
        assert abs(item.roll_deg) == item.off_nadir_deg
    assert sides == {True, False}


def test_opportunities_keep_to_the_wishes_of_their_target():
    ephemeris = ORBIT.propagate(time_grid(2 * 86400.0))
    sensor = limits(max_off_nadir_deg=45.0)
    places = [(lat, lon) for lat in (-40.0, 0.0, 40.0, 60.0) for lon in range(-180, 180, 20)]
    plain = [Target(f"{lat} {lon}", lat, lon) for lat, lon in places]
    strict = [
        Target(t.name, t.lat_deg, t.lon_deg, min_sun_elevation_deg=40.0, max_off_nadir_deg=20.0,
               arrives_s=20_000.0, due_s=150_000.0)
        for t in plain
    ]  # fmt: skip
    wanted = [
        item
        for item in opportunities(ephemeris, plain, sensor)
        if item.off_nadir_deg <= 20.0
        and item.sun_elevation_deg >= 40.0
        and item.start_s >= 20_000.0
        and item.end_s <= 150_000.0
    ]
    assert len(wanted) > 10
    assert opportunities(ephemeris, strict, sensor) == wanted


def test_ten_thousand_requests_on_one_spot_are_found_in_seconds():
    ephemeris = ORBIT.propagate(time_grid(86400.0))
    targets = [Target(f"t{n}", 60.0, 10.0, due_s=80_000.0 + n) for n in range(10_000)]
    started = time.perf_counter()
    found = find_opportunities(
        ephemeris, targets, limits(max_off_nadir_deg=45.0), raw_bytes=1000, sun_elevation=SUN
    )
    assert time.perf_counter() - started < 10.0
    assert len(found) % 10_000 == 0
    assert found
    assert np.unique([item.target for item in found]).size == 10_000
