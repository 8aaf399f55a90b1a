"""Forecasts: calibrated, between climate and truth, blind to what their skill does not show."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from payload.errors import ImageryError
from payload.ports import Foreseeing
from payload.types import Foresight, Prospects, Radiometry, Sensor, View, Window
from payload.world.forecast import correlation
from payload.world.synthetic import Synthetic

EPOCH = datetime(2025, 6, 1, tzinfo=UTC)
DAY_S = 86400.0
WORLD = Synthetic(seed=9)
CAMERA = Sensor(("blue",), 40.0, 400, 400, 12, Radiometry(3e-4), 30.0, 10.0, 5.0)
LATE_S = 400 * DAY_S  # issued after all that is asked for: no lead


def prospects(count, seed=1, **changes):
    rng = np.random.default_rng(seed)
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, count)))
    asked = Prospects(
        lat, rng.uniform(-180, 180, count), rng.uniform(0, 365 * DAY_S, count), EPOCH, 16.0
    )
    return replace(asked, **changes)


def tell(asked, skill, issued_s=LATE_S, world=WORLD, memory_s=3 * DAY_S):
    return world.forecast(asked, issued_s=issued_s, foresight=Foresight(skill, memory_s))


@pytest.fixture(scope="module")
def known():
    """1500 scenes of a year and their true cover."""
    asked = prospects(1500)
    frame = [Window(0, 0, 400, 400)]
    cover = [
        WORLD.glance(View("v", "t", lat, lon, EPOCH + timedelta(seconds=time), 50.0, CAMERA), frame)[0].cover
        for lat, lon, time in zip(
            asked.lat_deg.tolist(), asked.lon_deg.tolist(), asked.time_s.tolist(), strict=True
        )
    ]  # fmt: skip
    return asked, np.array(cover)


def brier_skill(told, clear):
    return 1.0 - np.mean((told - clear) ** 2) / (clear.mean() * (1.0 - clear.mean()))


def test_what_comes_is_asked_once_and_told_of_each_beside_anybody():
    """Judge: forecasts that are asked anew; more scenes than are worked on at a time."""
    asked = prospects(700)
    comes = WORLD.coming(asked)
    few = slice(5, 690, 7)
    some = replace(
        asked, lat_deg=asked.lat_deg[few], lon_deg=asked.lon_deg[few], time_s=asked.time_s[few]
    )
    for issued_s, skill in ((0.0, 0.6), (90 * DAY_S, 0.6), (90 * DAY_S, 0.0)):
        foresight = Foresight(skill, 3 * DAY_S)
        again = WORLD.forecast_of(comes[:, few], some, issued_s=issued_s, foresight=foresight)
        assert again.tolist() == tell(some, skill, issued_s).tolist()


@pytest.mark.parametrize("max_cover", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("skill", [0.0, 0.5, 0.8, 0.95])
def test_of_what_is_forecast_30_percent_clear_30_percent_are_clear(known, skill, max_cover):
    asked, cover = known
    told, clear = tell(replace(asked, max_cover=max_cover), skill), cover <= max_cover
    assert told.mean() == pytest.approx(clear.mean(), abs=0.035)
    for low in np.arange(0.0, 1.0, 0.2):
        these = (told >= low) & (told < low + 0.2)
        doubt = 3.0 * 0.5 / np.sqrt(max(these.sum(), 1))
        if these.sum() >= 40:
            assert clear[these].mean() == pytest.approx(told[these].mean(), abs=doubt)


def test_more_skill_is_a_better_brier_score_from_climate_to_truth(known):
    asked, cover = known
    scores = [brier_skill(tell(asked, skill), cover <= 0.3) for skill in (0, 0.4, 0.7, 0.9, 1)]
    assert scores == sorted(scores)
    assert 0.0 < scores[0] < 0.15
    assert scores[-1] > 0.85


def test_without_skill_only_the_climate_speaks():
    asked = prospects(200)
    assert np.array_equal(tell(asked, 0.0), tell(asked, 0.0, world=Synthetic(seed=77)))
    assert not np.array_equal(tell(asked, 0.1), tell(asked, 0.1, world=Synthetic(seed=77)))


def test_skill_falls_with_lead_to_the_climate():
    asked, memory_s = prospects(600, time_s=np.full(600, 200 * DAY_S)), 3 * DAY_S
    climate = tell(asked, 0.0)
    away = [
        np.abs(tell(asked, 0.9, issued_s=200 * DAY_S - lead * DAY_S) - climate).mean()
        for lead in (0, 1, 3, 10, 60)
    ]
    assert away == sorted(away, reverse=True)
    assert away[-1] < 1e-6
    leads = correlation(np.array([-5.0, 0.0, memory_s]), Foresight(0.8, memory_s))
    assert leads == pytest.approx([0.8, 0.8, 0.8 / np.e])


def test_a_forecast_issued_twice_is_equal_and_soon_after_alike():
    asked, then_s = prospects(800, time_s=np.full(800, 50 * DAY_S)), 48 * DAY_S
    first = tell(asked, 0.7, then_s)
    assert np.array_equal(first, tell(asked, 0.7, then_s))
    alike = [
        np.corrcoef(first, tell(asked, 0.7, then_s + hours * 3600.0))[0, 1] for hours in (1, 12, 40)
    ]
    assert alike[0] > 0.97
    assert alike == sorted(alike, reverse=True)
    some = replace(
        asked, lat_deg=asked.lat_deg[5:9], lon_deg=asked.lon_deg[5:9], time_s=asked.time_s[5:9]
    )
    assert np.array_equal(tell(some, 0.7, then_s), first[5:9])


def test_neighbours_are_forecast_alike_and_err_alike():
    asked = prospects(800)
    near = replace(asked, lat_deg=np.clip(asked.lat_deg + 0.2, -90, 90))
    far = replace(asked, lon_deg=asked.lon_deg + 40.0)
    one, two, other = (tell(each, 0.8) - tell(each, 0.0) for each in (asked, near, far))
    assert np.corrcoef(one, two)[0, 1] > 0.85
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.15


def test_a_planner_finds_the_socket_kept():
    assert isinstance(WORLD, Foreseeing)


@pytest.mark.parametrize("cover", [0.0, 1.0])
def test_under_a_sky_without_doubt_there_is_none(cover):
    told = tell(prospects(50), 0.5, world=Synthetic(seed=1, mean_cloud_cover=cover))
    assert told == pytest.approx(1.0 - cover, abs=1e-6)


@pytest.mark.parametrize(
    ("changes", "skill"),
    [
        ({"lat_deg": np.array([91.0])}, 0.5),
        ({"lon_deg": np.array([np.nan])}, 0.5),
        ({"time_s": np.array([np.inf])}, 0.5),
        ({"max_cover": 1.2}, 0.5),
        ({"size_km": -1.0}, 0.5),
        ({"epoch_utc": datetime(2025, 6, 1)}, 0.5),  # noqa: DTZ001 - that is the point
        ({}, 1.1),
        ({}, float("nan")),
    ],
)
def test_what_cannot_be_forecast_is_refused(changes, skill):
    with pytest.raises(ImageryError):
        tell(prospects(1, **changes), skill)
    with pytest.raises(ImageryError):
        tell(prospects(1), 0.5, memory_s=0.0)
