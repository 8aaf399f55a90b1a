"""The air: smooth in place and time, spread as told, without seams."""

import numpy as np
import pytest

from payload.world.air_mass import AirMasses
from payload.world.charts import chart_direction
from payload.world.spectra import sun_glint

DAY_S = 86400.0


def direction(lat, lon):
    la, lo = np.radians([lat, lon])
    return np.array([[np.cos(la) * np.cos(lo)], [np.cos(la) * np.sin(lo)], [np.sin(la)]])


def air(lat=10.0, lon=20.0, time_s=7e8, seed=3):
    return AirMasses(seed, time_s, mean_haze=0.1, usual_height_m=1500.0).at(direction(lat, lon))


def test_haze_keeps_its_mean_and_heights_their_median():
    rng = np.random.default_rng(0)
    found = [
        air(float(lat), float(lon), 7e8 + day * DAY_S)
        for lat, lon, day in rng.uniform((-70, -180, 0), (70, 180, 3000), (1500, 3))
    ]
    haze = np.concatenate([each.haze_optical_depth for each in found])
    assert np.mean(haze) == pytest.approx(0.1, rel=0.12)
    assert np.quantile(haze, 0.9) > 3 * np.quantile(haze, 0.1)
    heights = np.concatenate([each.cloud_height_m for each in found])
    assert np.median(heights) == pytest.approx(1500, rel=0.1)
    colours = np.log(np.concatenate([each.cloud for each in found], axis=1))
    assert np.mean(colours[3] - colours[0]) == pytest.approx(0.08, abs=0.02)


def test_air_changes_little_within_an_hour_or_ten_kilometres_and_wholly_within_weeks():
    first = air().haze_optical_depth
    near, soon, late = air(lat=10.09), air(time_s=7e8 + 3600), air(time_s=7.03e8)
    for other in (near, soon):
        assert other.haze_optical_depth == pytest.approx(first, rel=0.35)
    assert late.haze_optical_depth != pytest.approx(first, rel=0.01)
    assert air(seed=4).haze_optical_depth != first
    assert air().haze_optical_depth == first


def test_air_has_no_seam_where_charts_meet():
    """Along a meridian through the edge of a face of the cube, at 45 degrees north."""
    masses = AirMasses(3, 7e8, mean_haze=0.1, usual_height_m=1500.0)
    lat = np.linspace(44.0, 46.0, 2001)
    places = np.concatenate([direction(each, 10.0) for each in lat], axis=1)
    for values in (masses.at(places).cloud_height_m, masses.at(places).haze_optical_depth):
        steps = np.abs(np.diff(np.log(values)))  # of 0.11 km each
        assert steps.max() < 0.005


def test_air_on_a_face_is_that_of_the_globe():
    masses = AirMasses(3, 7e8, mean_haze=0.1, usual_height_m=1500.0)
    up, across = np.array([0.3, -0.7]), np.array([0.1, 0.5])
    there = masses.at(chart_direction(up, across, 2))
    mine = masses.on_face(up, across, 2)
    assert mine.top_m == pytest.approx(there.top_m, rel=1e-6)
    assert mine.cloud == pytest.approx(there.cloud, rel=1e-6)


def test_the_sea_mirrors_the_sun_where_it_stands_high_and_not_where_it_stands_low():
    """Cox and Munk 1954: at the vertical and 5 m/s, 0.021 / (4 * 0.0286) = 0.18."""
    assert sun_glint(90.0) == pytest.approx(0.184, rel=0.01)
    assert sun_glint(70.0) > 0.02
    assert sun_glint(35.0) < 1e-3
