"""Weather: smooth in place and time, spread as told, kept apart from the clouds' cover."""

import numpy as np
import pytest

from payload.world.air_mass import AirMass
from payload.world.spectra import sun_glint

DAY_S = 86400.0


def direction(lat, lon):
    la, lo = np.radians([lat, lon])
    return np.array([[np.cos(la) * np.cos(lo)], [np.cos(la) * np.sin(lo)], [np.sin(la)]])


def weather(lat=10.0, lon=20.0, time_s=7e8, seed=3):
    return AirMass.at(seed, direction(lat, lon), time_s, mean_haze=0.1, usual_height_m=1500.0)


def test_haze_keeps_its_mean_and_heights_their_median():
    rng = np.random.default_rng(0)
    found = [
        weather(float(lat), float(lon), 7e8 + day * DAY_S)
        for lat, lon, day in rng.uniform((-70, -180, 0), (70, 180, 3000), (1500, 3))
    ]
    haze = [each.haze_optical_depth for each in found]
    assert np.mean(haze) == pytest.approx(0.1, rel=0.12)
    assert np.quantile(haze, 0.9) > 3 * np.quantile(haze, 0.1)
    assert np.median([each.cloud_height_m for each in found]) == pytest.approx(1500, rel=0.1)
    colours = np.log([each.cloud for each in found])
    assert np.mean(colours[:, 3] - colours[:, 0]) == pytest.approx(0.08, abs=0.02)


def test_weather_changes_little_within_an_hour_or_ten_kilometres_and_wholly_within_weeks():
    first = weather()
    near, soon, late = weather(lat=10.09), weather(time_s=7e8 + 3600), weather(time_s=7.03e8)
    for other in (near, soon):
        assert other.haze_optical_depth == pytest.approx(first.haze_optical_depth, rel=0.35)
    assert late.haze_optical_depth != pytest.approx(first.haze_optical_depth, rel=0.01)
    assert weather(seed=4) != first
    assert weather() == first


def test_the_sea_mirrors_the_sun_where_it_stands_high_and_not_where_it_stands_low():
    """Cox and Munk 1954: at the vertical and 5 m/s, 0.021 / (4 * 0.0286) = 0.18."""
    assert sun_glint(90.0) == pytest.approx(0.184, rel=0.01)
    assert sun_glint(70.0) > 0.02
    assert sun_glint(35.0) < 1e-3
