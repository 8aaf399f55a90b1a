"""Clouds, sun and air: the climate they are fitted to, published numbers, laws of light."""

import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from payload.orbit import sun_direction
from payload.world.atmosphere import (
    Air,
    air_optical_depth,
    beam_transmission,
    cloud_reflectance,
    through_air,
    under_cloud,
)
from payload.world.clouds import (
    CLOUD_OPTICAL_DEPTH,
    EDGE_OPTICAL_DEPTH,
    Pace,
    Sky,
    climate_cover,
    ice_depth,
    low_depth,
)
from payload.world.globe import (
    declination_deg,
    land_fraction,
    lat_lon,
    seconds_since_2000,
    sun_azimuth_deg,
)

JUNE_S = seconds_since_2000(datetime(2025, 6, 1, 10, 30, tzinfo=UTC))
YEAR_S = [JUNE_S + month * 30.4 * 86400 for month in range(12)]


def directions(count, seed=0):
    rng = np.random.default_rng(seed)
    z, angle = rng.uniform(-1, 1, count), rng.uniform(-np.pi, np.pi, count)
    across = np.sqrt(1 - z * z)
    return np.stack([across * np.cos(angle), across * np.sin(angle), z])


def cloudy(sky, places):
    low, ice, _ = sky.at(places)
    return low_depth(low) + ice_depth(ice) >= CLOUD_OPTICAL_DEPTH


# --- the globe --------------------------------------------------------------------------------------


def test_land_lies_where_it_lies():
    known = {
        (50.0, 10.0): 1.0,  # Germany
        (0.0, -140.0): 0.0,  # Pacific
        (-85.0, 0.0): 1.0,  # Antarctica
        (88.0, 0.0): 0.0,  # Arctic Ocean
        (-25.0, 134.0): 1.0,  # Australia
        (30.0, -40.0): 0.0,  # Atlantic
    }
    places = np.array(list(known)).T
    assert land_fraction(*places) == pytest.approx(list(known.values()), abs=0.01)


def test_land_covers_29_percent_of_the_globe():
    """Published: 29.2 % (CIA World Factbook and others)."""
    assert land_fraction(*lat_lon(directions(100_000))).mean() == pytest.approx(0.29, abs=0.01)


def test_the_land_fraction_has_no_seam_at_the_antimeridian():
    lat = np.linspace(-89, 89, 500)
    west, east = np.full(500, -180 + 1e-9), np.full(500, 180 - 1e-9)
    assert land_fraction(lat, west) == pytest.approx(land_fraction(lat, east), abs=1e-6)


def test_shadows_fall_away_from_the_sun_of_the_almanac():
    """Second method: the Sun's direction as the orbit room computes it."""
    epoch = datetime(2025, 1, 1, tzinfo=UTC)
    for lat, lon in ((50.0, 10.0), (-30.0, 150.0), (65.0, -100.0)):
        for day in range(0, 365, 20):
            for hour in range(24):
                time_s = np.array([day * 86400.0 + hour * 3600.0])
                sun = sun_direction(epoch, time_s)[0]
                la, lo = np.radians([lat, lon])
                east = np.array([-np.sin(lo), np.cos(lo), 0.0])
                north = np.array([-np.sin(la) * np.cos(lo), -np.sin(la) * np.sin(lo), np.cos(la)])
                up = np.cross(east, north)
                if not 0.2 < sun @ up < 0.85:
                    continue
                wanted = np.degrees(np.arctan2(sun @ east, sun @ north))
                utc = epoch + timedelta(seconds=float(time_s[0]))
                found = sun_azimuth_deg(lat, lon, seconds_since_2000(utc))
                assert abs((found - wanted + 180) % 360 - 180) < 9


def test_the_sun_stands_over_the_tropics_at_the_solstices():
    june, december = (
        seconds_since_2000(datetime(2025, month, 21, tzinfo=UTC)) for month in (6, 12)
    )
    assert declination_deg(june) == pytest.approx(23.44, abs=0.1)
    assert declination_deg(december) == pytest.approx(-23.44, abs=0.1)


# --- clouds -----------------------------------------------------------------------------------------


def test_the_global_mean_cover_is_that_of_the_satellites():
    """Published: 67 %, land 55 %, ocean 72 % (King et al. 2013)."""
    everywhere, on_land, at_sea = [], [], []
    for index, time_s in enumerate(YEAR_S):
        places = directions(3000, seed=index)
        land = land_fraction(*lat_lon(places))
        found = cloudy(Sky(index, time_s), places)
        everywhere.append(found.mean())
        on_land.append(found[land > 0.5].mean())
        at_sea.append(found[land < 0.5].mean())
    assert np.mean(everywhere) == pytest.approx(0.67, abs=0.02)
    assert np.mean(on_land) == pytest.approx(0.55, abs=0.03)
    assert np.mean(at_sea) == pytest.approx(0.72, abs=0.03)


@pytest.mark.skipif("PAYLOAD_SIM_DATA" not in os.environ, reason="PAYLOAD_SIM_DATA names no tables")
def test_the_climate_of_low_cloud_follows_the_zonal_table():
    path = Path(os.environ["PAYLOAD_SIM_DATA"]) / "geo" / "cloud_zonal.csv"
    with path.open() as file:
        rows = list(csv.DictReader(file))
    lat = np.array([float(row["lat_centre"]) for row in rows])
    land = np.array([float(row["land_fraction"]) for row in rows])
    for share, name in ((1.0, "land"), (0.0, "ocean")):
        table = np.array([float(row[f"p_liquid_cloud_{name}_pct"]) for row in rows]) / 100
        year = [climate_cover(lat, np.full(lat.size, share), time_s)[0] for time_s in YEAR_S]
        weight = np.cos(np.radians(lat)) * (land if share else 1 - land)
        error = np.mean(year, axis=0) - table
        assert abs(np.average(error, weights=weight)) < 0.015
        assert np.sqrt(np.average(error**2, weights=weight)) < 0.06


def test_the_tropical_belt_moves_with_the_sun():
    lat = np.linspace(-30, 30, 601)
    july, january = (seconds_since_2000(datetime(2025, month, 1, tzinfo=UTC)) for month in (7, 1))
    peaks = [
        lat[np.argmax(climate_cover(lat, np.full(601, 0.3), time_s)[0])]
        for time_s in (july, january)
    ]
    assert 8 < peaks[0] - peaks[1] < 16


def test_clouds_are_alike_near_by_and_soon_and_strangers_far_off_and_later():
    places = directions(4000)
    east = np.stack([-places[1], places[0], 0 * places[0]])
    east /= np.linalg.norm(east, axis=0)
    low = Sky(2, JUNE_S).at(places)[0]

    def alike(other):
        return np.corrcoef(low > 0, other > 0)[0, 1]

    near = [
        alike(Sky(2, JUNE_S).at(places * np.cos(km / 6371) + east * np.sin(km / 6371))[0])
        for km in (20, 200, 600, 2500)
    ]
    soon = [alike(Sky(2, JUNE_S + hours * 3600).at(places)[0]) for hours in (1, 6, 24, 96)]
    for found in (near, soon):
        assert found == sorted(found, reverse=True)
        assert found[0] > 0.5
        assert found[1] > 0.3
        assert 0.05 < found[2] < 0.35
        assert abs(found[3]) < 0.12


def test_weather_systems_travel_with_the_winds_and_small_clouds_do_not():
    """What lives for ever is found again a day later: eastwards in the westerlies, westwards in the trades."""
    for_ever = Pace(1e6, 1e6, wind_m_s=20.0)
    everywhere = directions(20000)
    sine = np.abs(everywhere[2])

    def alike(one, other):
        return float(np.corrcoef(one, other)[0, 1])

    large, small = (
        for_ever.noise(2, "cloud", spacing_km).values for spacing_km in ((1200.0, 400.0), (40.0,))
    )
    for places, speed_m_s in (
        (everywhere[:, sine > 0.6], 20.0 / np.cos(np.radians(45.0))),
        (everywhere[:, sine < 0.33], -12.0),
    ):
        angle = speed_m_s * 86400 / 6.371e6
        turn = np.array(
            [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        )
        here, there, stayed = (
            large(where, JUNE_S + hours * 3600)[0].sum(0)
            for where, hours in ((places, 0), (turn @ places, 24), (places, 24))
        )
        assert alike(here, there) > 0.99
        assert alike(here, stayed) < 0.3
        assert alike(*(small(places, JUNE_S + hours * 3600)[0, 0] for hours in (0, 24))) > 0.99


def test_where_the_winds_meet_the_field_keeps_its_variance():
    places = directions(60000, seed=4)
    between = places[:, (np.abs(places[2]) > 0.35) & (np.abs(places[2]) < 0.56)]
    values = Pace().noise(2, "cloud", (400.0,)).values(between, JUNE_S)
    assert between.shape[1] > 5000
    assert np.std(values) == pytest.approx(1.0, abs=0.05)


def test_structures_live_as_long_as_a_scenario_says():
    pace = Pace(lifetime_500_km_h=48.0, lifetime_10_km_h=3.0)
    assert pace.lifetime_s(500.0) == pytest.approx(48 * 3600)
    assert pace.lifetime_s(10.0) == pytest.approx(3 * 3600)
    places = directions(2000)

    def alike(pace):
        sky = (Sky(2, JUNE_S + hours * 3600, pace=pace).at(places)[0] for hours in (0, 12))
        return float(np.corrcoef(*sky)[0, 1])

    assert alike(Pace(10.0, 1.0)) + 0.2 < alike(Pace()) < alike(Pace(200.0, 20.0)) - 0.05


@pytest.mark.parametrize("wanted", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_a_mean_cover_that_is_asked_for_is_kept(wanted):
    places = directions(5000)
    found = np.mean([cloudy(Sky(seed, JUNE_S, wanted), places).mean() for seed in range(4)])
    assert found == pytest.approx(wanted, abs=0 if wanted in {0.0, 1.0} else 0.05)


def test_optical_depth_grows_with_the_field_and_is_what_satellites_detect_at_its_edge():
    field = np.linspace(-5, 4, 1001, dtype=np.float32)
    for depth in (low_depth(field), ice_depth(field)):
        assert (np.diff(depth) >= 0).all()
        assert (depth >= 0).all()
        assert np.interp(0.0, field, depth) == pytest.approx(EDGE_OPTICAL_DEPTH, rel=0.01)
    assert low_depth(field)[0] == 0
    assert low_depth(field).max() > 50
    assert ice_depth(field).max() < 100


def from_above(ground, band, *, cloud, beam, air):
    """Ground, clouds and air together, as a scene puts them together."""
    seen = under_cloud(ground, band, cloud, cloud, beam)
    return through_air(seen, air.contrast(band), air.albedo[band], air.ozone[band])


# --- light ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("um", "depth"), [(0.40, 0.3600), (0.55, 0.0973), (0.70, 0.0365)])
def test_the_depth_of_air_is_that_of_the_tables(um, depth):
    """Published: Bodhaine et al. 1999, J. Atmos. Oceanic Technol. 16, about 0.36, 0.097 and 0.037."""
    assert air_optical_depth(um) == pytest.approx(depth, rel=0.01)


def test_clouds_reflect_from_nothing_to_everything_and_half_at_thirteen():
    depth = np.array([0.0, 2 / 0.15, 1e9], np.float32)
    assert cloud_reflectance(depth) == pytest.approx([0.0, 0.5, 1.0], abs=1e-6)


def test_the_beam_fades_with_depth_and_with_a_low_sun():
    depth = np.array([0.0, 1.0, 5.0], np.float32)
    high, low = beam_transmission(depth, 70.0), beam_transmission(depth, 15.0)
    assert high[0] == low[0] == 1.0
    assert (np.diff(high) < 0).all()
    assert (low[1:] < high[1:]).all()


def test_clear_air_is_blue_and_thick_cloud_hides_the_ground():
    air = Air.under(45.0, 0.1)
    assert list(air.path) == sorted(air.path, reverse=True)
    assert 0.05 < air.path[0] < 0.10
    assert air.path[3] < 0.02
    bright = np.ones((1, 1), np.float32)
    thick = cloud_reflectance(bright * 1e6)
    for band in range(4):
        seen = [
            from_above(bright * ground, band, cloud=thick, beam=bright, air=air)[0, 0]
            for ground in (0.02, 0.6)
        ]
        assert seen[0] == pytest.approx(seen[1], abs=1e-3)
        assert 0.75 < seen[0] < 1.05


def test_shadow_darkens_the_ground_but_not_the_air():
    air = Air.under(45.0, 0.1)
    ground, none = np.full((1, 1), 0.3, np.float32), np.zeros((1, 1), np.float32)
    for band in range(4):
        lit, shaded = (
            from_above(ground, band, cloud=none, beam=none + beam, air=air)[0, 0]
            for beam in (1.0, 0.0)
        )
        assert air.path[band] < shaded < 0.7 * lit


def test_what_faces_the_sun_is_brighter_and_hides_no_more_of_the_ground():
    ground, cloud, beam = (np.full((1, 1), value, np.float32) for value in (0.4, 0.5, 1.0))
    flat, facing = (under_cloud(ground, 2, cloud, cloud * f, beam) for f in (1, 1.3))
    assert facing - flat == pytest.approx(0.15, abs=1e-6)


@pytest.mark.parametrize("sun_deg", [10.0, 30.0, 60.0, 90.0])
@pytest.mark.parametrize("haze", [0.0, 0.3])
def test_a_white_cloud_is_white_but_for_what_ozone_takes(sun_deg, haze):
    """Air that only scatters takes nothing from white; ozone takes most from green (Leckner 1978)."""
    one = np.ones((1, 1), np.float32)
    air = Air.under(sun_deg, haze)
    seen = [
        float(from_above(0 * one, band, cloud=one, beam=0 * one, air=air)[0, 0])
        for band in range(4)
    ]
    mass = 1 + 1 / np.sin(np.radians(sun_deg))
    wanted = np.exp(-0.3 * mass * np.array([0.021, 0.103, 0.053, 0.0]))
    assert seen == pytest.approx(wanted, rel=1e-5)
    blue, green, red, nir = seen
    assert green < red < blue < nir
