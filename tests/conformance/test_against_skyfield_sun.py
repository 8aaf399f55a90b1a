"""The Sun and the shadow against Skyfield with the ephemeris DE421, which a package brings: no network."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from skyfield.api import EarthSatellite, load, load_file, wgs84
from skyfield.framelib import itrs

from payload.geometry.track import Track, bracketed_roots
from payload.orbit import (
    eclipses,
    sun_elevation_deg,
    sun_position_km,
    sunlit_share,
    time_grid,
)
from payload.orbit.propagation import Sgp4
from payload.types import Ephemeris

data = pytest.importorskip("skyfield_data", reason="DE421 comes with the package skyfield-data")

EPOCH = datetime(2026, 1, 17, tzinfo=UTC)
SCALE = load.timescale(builtin=True)
DUT1_S = float(SCALE.from_datetime(EPOCH).dut1)
SPAN_S = 2 * 86400.0


@pytest.fixture(scope="module")
def solar_system():
    ephemeris = load_file(str(Path(data.__file__).parent / "data" / "de421.bsp"))
    yield ephemeris
    ephemeris.close()


@pytest.fixture(scope="module")
def flown():
    orbit = Sgp4(altitude_km=550.0, ltan="22:30", satellite="one", epoch_utc=EPOCH, dut1_s=DUT1_S)
    return orbit, orbit.propagate(time_grid(SPAN_S))


def moments(times_s, epoch=EPOCH):
    return SCALE.utc(epoch.year, epoch.month, epoch.day, 0, 0, np.asarray(times_s))


def test_the_sun_stands_where_de421_has_it(solar_system):
    # Days are counted, not seconds: seconds of ours know no leap second.
    days = np.random.default_rng(1).integers(0, 50 * 365, 500)
    when = SCALE.utc(1995, 1, 1 + days)
    theirs = solar_system["earth"].at(when).observe(solar_system["sun"]).apparent()
    vectors = theirs.frame_xyz(itrs).km.T
    ours = np.concatenate(
        [
            sun_position_km(
                datetime(1995, 1, 1, tzinfo=UTC) + timedelta(days=day), np.zeros(1), dut1_s=dut1_s
            )
            for day, dut1_s in zip(days.tolist(), when.dut1.tolist(), strict=True)
        ]
    )
    ours_km, theirs_km = (np.linalg.norm(item, axis=1) for item in (ours, vectors))
    sine = np.linalg.norm(np.cross(ours, vectors), axis=1) / ours_km / theirs_km
    assert np.degrees(np.arcsin(sine)).max() < 0.02
    assert np.abs(ours_km / theirs_km - 1.0).max() < 2e-4


def test_the_sun_over_a_place_stands_as_high_as_skyfield_says(solar_system):
    times_s = np.linspace(0.0, 86400.0, 200)
    for lat_deg, lon_deg in ((78.23, 15.39), (0.0, -180.0), (-90.0, 0.0)):
        place = solar_system["earth"] + wgs84.latlon(lat_deg, lon_deg)
        elevation, _, _ = place.at(moments(times_s)).observe(solar_system["sun"]).apparent().altaz()
        ours = sun_elevation_deg(
            np.full(200, lat_deg), np.full(200, lon_deg), times_s, epoch_utc=EPOCH, dut1_s=DUT1_S
        )
        assert np.abs(ours - elevation.degrees).max() < 0.02


def test_half_of_the_sun_is_covered_where_skyfield_switches_the_light(solar_system, flown):
    orbit, ephemeris = flown
    theirs = EarthSatellite.from_satrec(orbit.record, SCALE)
    track = Track(ephemeris)

    def lit(times_s):
        at = Ephemeris("one", times_s, *track.states(times_s))
        return sunlit_share(at, EPOCH, dut1_s=DUT1_S) - 0.5

    def lit_there(times_s):
        return np.where(theirs.at(moments(times_s)).is_sunlit(solar_system), 1.0, -1.0)

    time_s = ephemeris.time_s
    edge = np.flatnonzero(np.diff(lit(time_s) > 0.0))
    ours_s = bracketed_roots(lit, time_s[edge], time_s[edge + 1])
    theirs_s = bracketed_roots(lit_there, ours_s - 5.0, ours_s + 5.0)
    assert edge.size > 50
    assert np.abs(ours_s - theirs_s).max() < 0.2


def test_edges_of_umbra_and_penumbra_lie_where_de421s_discs_touch(solar_system, flown):
    # A second way: Skyfield's places of Sun and satellite, and the textbook's tangent cones instead of
    # discs in the sky. Source: Vallado, Fundamentals, 4th ed., section 5.3.2.
    orbit, ephemeris = flown
    theirs = EarthSatellite.from_satrec(orbit.record, SCALE)

    def beyond_the_cone_km(sign):
        def height(times_s):
            when = moments(times_s)
            sun_km = solar_system["earth"].at(when).observe(solar_system["sun"]).position.km.T
            here_km = theirs.at(when).position.km.T
            distance_km = np.linalg.norm(sun_km, axis=1)
            axis = -sun_km / distance_km[:, None]
            along = np.einsum("ij,ij->i", here_km, axis)
            aside = np.linalg.norm(here_km - along[:, None] * axis, axis=1)
            half = np.arcsin((695_700.0 + sign * 6378.137) / distance_km)
            return aside - (6378.137 / np.cos(half) + sign * along * np.tan(half))

        return height

    found = [
        item
        for item in eclipses(ephemeris, EPOCH, dut1_s=DUT1_S)
        if item.start_s > 0.0 and item.end_s < SPAN_S
    ]
    assert len(found) > 25
    for sign, edges in (
        (1, [(item.start_s, item.end_s) for item in found]),
        (-1, [(item.umbra_start_s, item.umbra_end_s) for item in found]),
    ):
        ours_s = np.array(edges).ravel()
        there_s = bracketed_roots(beyond_the_cone_km(sign), ours_s - 5.0, ours_s + 5.0)
        assert np.abs(ours_s - there_s).max() < 0.2
