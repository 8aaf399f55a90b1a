"""The Sun against published almanac values, and the shadow against the geometry of a circle."""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload.orbit import sun_direction, sun_elevation_deg, sunlit_share
from payload.orbit.frames import gmst_rad, instants, turn_with_earth
from payload.types import Ephemeris

NOW = np.zeros(1)


def right_ascension_and_declination_deg(when):
    angle = gmst_rad(instants(when, NOW))
    x, y, z = turn_with_earth(sun_direction(when, NOW), -angle)[0]
    return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arcsin(z))


def test_the_sun_agrees_with_meeus_example_25b():
    # Apparent place for 1992 October 13.0 TD, which is 59 s later than UT.
    ra_deg, dec_deg = right_ascension_and_declination_deg(
        datetime(1992, 10, 12, 23, 59, 1, tzinfo=UTC)
    )
    assert ra_deg == pytest.approx(198.378178, abs=0.01)
    assert dec_deg == pytest.approx(-7.783871, abs=0.01)


@pytest.mark.parametrize(
    ("when", "longitude_deg"),
    [  # instants of the seasons, as the almanacs print them, to the minute
        ((2024, 3, 20, 3, 6), 0.0),
        ((2024, 6, 20, 20, 51), 90.0),
        ((2024, 9, 22, 12, 44), 180.0),
        ((2025, 3, 20, 9, 1), 0.0),
        ((2025, 12, 21, 15, 3), 270.0),
        ((2026, 3, 20, 14, 46), 0.0),
    ],
)
def test_the_seasons_begin_when_the_almanac_says(when, longitude_deg):
    ra_deg, dec_deg = right_ascension_and_declination_deg(datetime(*when, tzinfo=UTC))
    x, y = np.cos(np.radians(dec_deg)) * np.array(
        [np.cos(np.radians(ra_deg)), np.sin(np.radians(ra_deg))]
    )
    tilt = np.radians(23.4378)
    along = y * np.cos(tilt) + np.sin(np.radians(dec_deg)) * np.sin(tilt)
    found_deg = np.degrees(np.arctan2(along, x))
    off_deg = (found_deg - longitude_deg + 180.0) % 360.0 - 180.0
    assert abs(off_deg) < 0.02


@pytest.mark.parametrize(
    ("day", "minutes"),
    [((2025, 2, 11), -14.2), ((2025, 11, 3), 16.4), ((2025, 4, 15), 0.0), ((2025, 6, 13), 0.0)],
)
def test_the_sun_crosses_greenwich_when_the_equation_of_time_says(day, minutes):
    epoch = datetime(*day, 11, tzinfo=UTC)
    times_s = np.arange(0.0, 7200.0)
    sun = sun_direction(epoch, times_s)
    highest_s = times_s[np.argmin(np.abs(np.arctan2(sun[:, 1], sun[:, 0])))]
    assert (3600.0 - highest_s) / 60.0 == pytest.approx(minutes, abs=0.3)


def test_noon_in_summer_stands_as_high_as_latitude_and_tilt_say():
    epoch = datetime(2024, 6, 20, tzinfo=UTC)
    times_s = np.arange(0.0, 86400.0, 60.0)
    for lat_deg in (-60.0, 0.0, 23.0, 51.5, 80.0):
        found = sun_elevation_deg(
            np.full(times_s.size, lat_deg), np.zeros(times_s.size), times_s, epoch_utc=epoch
        )
        assert found.max() == pytest.approx(90.0 - abs(lat_deg - 23.436), abs=0.02)
        assert found.min() == pytest.approx(-90.0 + abs(lat_deg + 23.436), abs=0.02)


def test_places_and_times_are_taken_pair_by_pair():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    lat, lon, times_s = np.array([10.0, -40.0]), np.array([5.0, 150.0]), np.array([0.0, 7e4])
    both = sun_elevation_deg(lat, lon, times_s, epoch_utc=epoch)
    for i in range(2):
        one = sun_elevation_deg(lat[i : i + 1], lon[i : i + 1], times_s[i : i + 1], epoch_utc=epoch)
        assert both[i] == pytest.approx(one[0], abs=1e-12)


@pytest.mark.parametrize("beta_deg", [0.0, 30.0, 60.0, 68.0, 80.0])
def test_the_share_of_an_orbit_in_shadow_is_that_of_the_cylinder(beta_deg):
    # Half the arc in shadow of a circle whose plane stands beta off the Sun: its cosine is
    # sqrt(r^2 - R^2) / (r cos beta); above 1 there is no shadow.
    radius_km, epoch = 6928.137, datetime(2026, 3, 20, tzinfo=UTC)
    sun = sun_direction(epoch, NOW)[0]
    aside = np.cross(sun, (0.0, 0.0, 1.0))
    aside /= np.linalg.norm(aside)
    third, beta = np.cross(sun, aside), np.radians(beta_deg)
    first = np.cos(beta) * sun + np.sin(beta) * third
    angle = np.linspace(0.0, 2 * np.pi, 20001)[:-1, None]
    position = radius_km * (np.cos(angle) * first + np.sin(angle) * aside)
    frozen_s = np.zeros(angle.size)  # the Earth and the Sun stand still
    ephemeris = Ephemeris("circle", frozen_s, position, np.zeros_like(position))
    share = np.mean(sunlit_share(ephemeris, epoch) < 0.5)  # the Sun's centre is covered
    cosine = np.sqrt(radius_km**2 - 6378.137**2) / (radius_km * np.cos(beta))
    assert share == pytest.approx(np.arccos(min(cosine, 1.0)) / np.pi, abs=2e-4)
