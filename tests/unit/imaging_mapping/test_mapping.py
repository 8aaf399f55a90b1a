"""Systematic mapping: frames that follow one another, where and as often as a rule says."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from payload.geometry.earth import site
from payload.imaging.mapping import Below, MappingRule, find_frames
from payload.orbit.contacts import time_grid
from payload.orbit.propagation import Sgp4
from payload.orbit.sun import sun_elevation_deg
from payload.types import Radiometry, Sensor
from payload.world.globe import land_fraction

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)
ORBIT = Sgp4(altitude_km=705.0, ltan="22:00", epoch_utc=EPOCH, satellite="mapper")
EPHEMERIS = ORBIT.propagate(time_grid(86_400.0))
CAMERA = Sensor(("blue",), 30.0, 6000, 6000, 12, Radiometry(1e-4), 0.0, 5.0, 0.0)
BELOW = Below(partial(sun_elevation_deg, epoch_utc=EPOCH), land_fraction)
EVERYTHING = MappingRule(min_land=0.0)


def frames(rule=EVERYTHING, sensor=CAMERA):
    targets, moments = find_frames(EPHEMERIS, sensor, rule, raw_bytes=1000, below=BELOW)
    return list(zip(targets, moments, strict=True))


def test_frames_follow_one_another_without_gap_or_overlap():
    moments = [moment for _, moment in frames(sensor=replace(CAMERA, min_sun_elevation_deg=-90.0))]
    ends = np.array([moment.end_s for moment in moments])
    starts = np.array([moment.start_s for moment in moments])
    assert (starts[1:] > ends[:-1]).all()
    assert (starts[1:] - ends[:-1]).max() < 1e-5


def test_middles_lie_a_frame_apart_on_the_ground():
    """Second method: straight distances between the middles, on the ellipsoid, along the arc."""
    targets = [target for target, _ in frames(sensor=replace(CAMERA, min_sun_elevation_deg=-90.0))]
    places = site(
        np.array([target.lat_deg for target in targets]),
        np.array([target.lon_deg for target in targets]),
    ).position_km
    chord_km = np.linalg.norm(np.diff(places, axis=0), axis=1)
    np.testing.assert_allclose(chord_km, 180.0, rtol=0.003)


def test_a_row_of_landsat_takes_as_long_as_published():
    """248 rows in 98.9 minutes are 23.9 s a row of 161.7 km. Source: Landsat 8 Data Users Handbook, WRS-2."""
    row = replace(CAMERA, height_px=5390, min_sun_elevation_deg=-90.0)
    seconds = np.mean([moment.duration_s for _, moment in frames(sensor=row)])
    assert seconds == pytest.approx(98.9 * 60 / 248, rel=0.01)


def test_the_sun_and_the_land_decide():
    for target, moment in frames(MappingRule(min_land=0.5)):
        assert moment.sun_elevation_deg >= 5.0
        assert land_fraction(np.array([target.lat_deg]), np.array([target.lon_deg]))[0] >= 0.5
        assert moment.target == target.name
    assert len(frames(MappingRule(min_land=0.5))) < len(frames(MappingRule(min_land=0.1)))


def test_a_day_and_an_orbit_have_their_limits_and_frames_are_left_out_evenly():
    unlimited = [target.name for target, _ in frames(MappingRule(min_land=0.1))]
    few = [target.name for target, _ in frames(MappingRule(min_land=0.1, max_frames_a_day=100))]
    assert len(few) == 100
    places = [unlimited.index(name) for name in few]
    assert np.ptp(np.diff(places)) <= 1
    tenth = frames(MappingRule(min_land=0.0, max_duty=0.1))
    by_orbit = np.bincount([int(moment.start_s // 5931.0) for _, moment in tenth])
    assert by_orbit.max() * 26.7 <= 0.1 * 5931.0 + 26.7
    assert len(frames(MappingRule(min_land=0.0, max_duty=0.0))) == 0
