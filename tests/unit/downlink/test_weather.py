"""Rain in time: as seldom as the table says, remembered as long as the recommendation says, and pure."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.downlink.atmosphere import climate
from payload.downlink.weather import CORRELATION_S, exceeded_percent, gaussian

DAY_S = 86400.0
YEARS_S = np.arange(0.0, 3.0 * 365.0 * DAY_S, 1500.0)


@pytest.fixture(scope="module")
def percent():
    """Three stations, three years each."""
    return np.concatenate([exceeded_percent(7, name, YEARS_S) for name in ("a", "b", "c")])


@pytest.mark.parametrize("rare", [0.1, 1.0, 5.0, 25.0, 50.0, 90.0])
def test_a_fade_is_exceeded_as_often_as_it_says(percent, rare):
    """Tolerance: four standard errors, for draws that are independent after two correlation times."""
    independent = percent.size * 1500.0 / (2.0 * CORRELATION_S)
    share = rare / 100.0
    error = 4.0 * math.sqrt(share * (1.0 - share) / independent)
    assert np.mean(percent < rare) == pytest.approx(share, abs=error)


def test_the_fade_itself_is_exceeded_as_often_as_the_table_says(percent):
    singapore = climate(1.35, 103.8, 8.2)
    fade_db = singapore.fade_db(10.0, percent)
    for rare in (1.0, 10.0):
        limit_db = float(singapore.fade_db(10.0, rare))
        assert np.mean(fade_db > limit_db) == pytest.approx(np.mean(percent < rare), abs=1e-3)
        assert np.mean(fade_db > limit_db) == pytest.approx(rare / 100.0, rel=0.2)


@pytest.mark.parametrize("lag_s", [60.0, 600.0, 5000.0, 20000.0])
def test_it_forgets_itself_by_the_law_of_its_correlation_time(lag_s):
    times_s = np.arange(0.0, 1000.0 * DAY_S, 2000.0)
    now, later = gaussian(3, "x", times_s), gaussian(3, "x", times_s + lag_s)
    assert np.mean(now * later) == pytest.approx(math.exp(-lag_s / CORRELATION_S), abs=0.04)
    assert np.var(now) == pytest.approx(1.0, abs=0.05)


def test_midnight_is_no_edge():
    """Over midnight it changes in a second no more than elsewhere."""
    around = np.array([day * DAY_S + off for day in range(1, 400) for off in (-0.5, 0.5)])
    jumps = np.diff(gaussian(5, "x", around))[::2]
    elsewhere = np.diff(gaussian(5, "x", around + 0.4 * DAY_S))[::2]
    assert np.abs(jumps).max() < 2.0 * np.abs(elsewhere).max()
    assert np.abs(elsewhere).max() < 0.01


@settings(max_examples=30)
@given(
    times=st.lists(st.floats(-1e5, 1e7), min_size=1, max_size=20),
    seed=st.integers(0, 2**62),
    data=st.data(),
)
def test_who_asks_and_in_what_order_changes_nothing(times, seed, data):
    times_s = np.array(times)
    whole = exceeded_percent(seed, "svalbard", times_s)
    order = data.draw(st.permutations(range(times_s.size)))
    again = exceeded_percent(seed, "svalbard", times_s[order])
    assert again.tolist() == whole[order].tolist()
    assert ((whole >= 0.0) & (whole <= 100.0)).all()


def test_stations_and_seeds_have_weather_of_their_own():
    times_s = np.arange(0.0, 500.0 * DAY_S, 5000.0)
    one, other, seeded = (gaussian(*key, times_s) for key in ((1, "a"), (1, "b"), (2, "a")))
    for pair in ((one, other), (one, seeded)):
        assert abs(np.corrcoef(*pair)[0, 1]) < 0.06
