"""The laws of the sky, from short samples; cloud sizes and maps against closed forms."""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload.world.clouds import Weather
from payload.world.globe import seconds_since_2000
from payload.world.laws import (
    Survey,
    cloud_sizes,
    drift_m_s,
    likeness_in_space,
    likeness_in_time,
    mean_covers,
    polar_cover,
    scene_spread,
    tropical_belt,
)
from payload.world.maps import coast, cover_map, global_mean, globe, land
from payload.world.sizes import Parts, area_law, connected_parts
from payload.world.synthetic import Synthetic

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def survey(effort, seed=3, **world):
    return Survey(Synthetic(seed=seed, **world), NEW_YEAR, effort)


# --- laws -------------------------------------------------------------------------------------------


def test_means_are_those_of_the_satellites():
    """Published: 67, 55 and 72 % (King et al. 2013)."""
    means = mean_covers(survey(0.5))
    assert means.everywhere == pytest.approx(0.67, abs=0.02)
    assert means.land == pytest.approx(0.55, abs=0.03)
    assert means.ocean == pytest.approx(0.72, abs=0.03)


def test_the_belt_of_the_tropics_follows_the_sun_by_some_six_degrees_either_way():
    """Over three worlds at full effort: 11.0 to 12.9 degrees from solstice to solstice."""
    belt = tropical_belt(survey(0.4))
    assert belt.follows > 0.7
    assert 5.0 < belt.swing_deg < 18.0


def test_weather_lives_a_day_and_a_small_cloud_an_hour_or_two():
    large, small = likeness_in_time(survey(0.25), 500.0), likeness_in_time(survey(0.25), 10.0)
    assert 16.0 < large.e_folding < 32.0
    assert 1.0 < small.e_folding < 2.0
    assert large.correlation[0] == pytest.approx(1.0)
    assert abs(large.correlation[-1]) < 0.15


def test_weather_drifts_as_fast_as_the_winds_of_the_scenario_and_not_at_all_without_wind():
    """Eastwards in the westerlies, westwards in the trades."""
    windy = survey(0.4, wind_m_s=10.0)
    assert drift_m_s(windy, 45.0) == pytest.approx(10.0, abs=2.0)
    assert drift_m_s(windy, -10.0) == pytest.approx(-6.0, abs=1.5)
    assert abs(drift_m_s(survey(0.4, wind_m_s=0.0), 45.0)) < 1.0


def test_the_poles_are_cloudy_too():
    assert 0.5 < polar_cover(survey(0.4)) < 0.75


def test_scenes_are_alike_over_some_hundred_kilometres():
    assert 200.0 < likeness_in_space(survey(0.4)).e_folding < 800.0


def test_most_scenes_are_nearly_clear_or_overcast():
    spread = scene_spread(survey(0.15))
    assert sum(spread.histogram) == pytest.approx(1.0)
    assert spread.clear > 0.1
    assert spread.overcast > 0.3
    assert spread.clear + spread.overcast > 0.5
    assert spread.mean == pytest.approx(0.67, abs=0.06)


def test_cloud_areas_follow_the_power_law_that_satellites_see():
    """Published: 1.87 +- 0.03 (Wood and Field 2011), close to 2 (DeWitt et al. 2024); others from 1.6."""
    law = cloud_sizes(survey(0.35))
    assert 1.6 < law.exponent < 2.0
    assert law.count > 1000
    assert law.largest > 50 * law.smallest


def test_a_survey_repeats():
    assert mean_covers(survey(0.05)) == mean_covers(survey(0.05))
    assert cloud_sizes(survey(0.05, mean_cloud_cover=0.0)) is None


# --- sizes ------------------------------------------------------------------------------------------


def test_parts_of_a_drawn_mask_are_counted():
    rows = ["##..#", "#...#", "..#..", ".###.", "..#.."]
    mask = np.array([[mark == "#" for mark in row] for row in rows])
    parts = connected_parts(mask)
    assert sorted(zip(parts.area_px.tolist(), parts.is_cut.tolist(), strict=True)) == [
        (2, True),
        (3, True),
        (5, True),
    ]
    assert connected_parts(mask[1:4]).area_px.sum() == mask[1:4].sum()
    assert not connected_parts(np.pad(mask, 1)).is_cut.any()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.55, 0.62, 1.0])
def test_parts_are_those_of_a_flood_fill(share):
    """Second method: fill from each pixel, one neighbour at a time."""
    mask = np.random.default_rng(1).random((30, 40)) < share
    left, areas = mask.copy(), []
    for start in zip(*np.nonzero(mask), strict=True):
        stack, area = [start], 0
        while stack:
            row, col = stack.pop()
            if 0 <= row < 30 and 0 <= col < 40 and left[row, col]:
                left[row, col] = False
                area += 1
                stack += [(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)]
        areas += [area] if area else []
    assert sorted(connected_parts(mask).area_px.tolist()) == sorted(areas)


def test_a_winding_part_is_one():
    """A snail, the worst case for labels that travel step by step."""
    mask = np.ones((101, 101), np.bool_)
    mask[1::4, :-1], mask[3::4, 1:] = False, False
    assert connected_parts(mask).area_px.tolist() == [int(mask.sum())]


@pytest.mark.parametrize("exponent", [1.5, 1.8, 2.1])
def test_the_exponent_of_drawn_areas_is_found(exponent):
    """Second method: areas drawn by the inverse of the distribution."""
    share = np.random.default_rng(2).random(200_000)
    areas = np.floor(4.0 * share ** (-1.0 / (exponent - 1.0))).clip(0, 1e9).astype(np.int64)
    law = area_law([Parts(areas, areas > 1e5)], pixel_area=0.01)
    assert law.exponent == pytest.approx(exponent, abs=0.05)
    assert law.smallest == pytest.approx(0.08)


# --- maps -------------------------------------------------------------------------------------------


def test_a_map_holds_the_globe_from_north_west_to_south_east():
    lat, lon = globe(90)
    assert lat.shape == lon.shape == (90, 180)
    assert (lat[0, 0], lon[0, 0], lat[-1, -1], lon[-1, -1]) == (89.0, -179.0, -89.0, 179.0)
    assert global_mean(np.ones((90, 180))) == pytest.approx(1.0)
    assert global_mean(np.sin(np.radians(lat)) ** 2) == pytest.approx(1 / 3, abs=1e-3)


def test_land_and_its_coast_lie_where_they_lie():
    dry, shore = land(180), coast(180)
    assert dry[180 - 65, 180 + 134]  # Australia
    assert not dry[90, 40]  # the Pacific
    assert not (shore & ~dry).any()
    assert 0.03 < shore[dry].mean() < 0.3


def test_a_map_of_clouds_is_the_mean_of_its_moments():
    times_s = [seconds_since_2000(NEW_YEAR), seconds_since_2000(NEW_YEAR) + 1e6]
    both = cover_map(Weather(3), times_s, 40)
    apart = [cover_map(Weather(3), [time_s], 40) for time_s in times_s]
    assert both == pytest.approx((apart[0] + apart[1]) / 2)
    assert 0.5 < global_mean(both) < 0.8
