"""The shadow against circles that are counted dot by dot, against fine sampling, and against itself."""

from datetime import UTC, datetime

import numpy as np
import pytest

from payload.errors import OrbitError
from payload.orbit import eclipses, sun_position_km, sunlit_share, time_grid
from payload.orbit.eclipse import SUN_RADIUS_KM
from payload.orbit.propagation import Sgp4
from payload.types import Ephemeris

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
EARTH_KM = 6378.137
DAY_S = 86400.0


def flown(ltan="22:30", altitude_km=550.0, *, step_s=30.0, span_s=DAY_S, epoch=EPOCH):
    orbit = Sgp4(altitude_km=altitude_km, ltan=ltan, satellite="one", epoch_utc=epoch)
    return orbit.propagate(time_grid(span_s, step_s=step_s))


def still(position_km):
    zero = np.zeros(len(position_km))
    return Ephemeris("still", zero, np.asarray(position_km, float), np.zeros((zero.size, 3)))


def test_the_share_is_that_of_dots_of_the_sun_which_a_ray_reaches_past_the_earth():
    # Second method: rays from the satellite to 40,000 dots on the Sun's disc, each hit or miss.
    sun_km = sun_position_km(EPOCH, np.zeros(1))[0]
    towards = sun_km / np.linalg.norm(sun_km)
    aside = np.cross(towards, (0.0, 0.0, 1.0))
    aside /= np.linalg.norm(aside)
    third = np.cross(towards, aside)
    radius, turn = (
        np.sqrt((np.arange(40000) + 0.5) / 40000),
        np.arange(40000) * np.pi * (5**0.5 - 1),
    )
    for height_km in (350.0, 550.0, 1500.0, 35786.0, 600_000.0, 2_000_000.0):
        behind_km = np.sqrt(max((EARTH_KM + height_km) ** 2 - EARTH_KM**2, 0.0))
        half_km = 2.0 * behind_km * SUN_RADIUS_KM / np.linalg.norm(sun_km)
        for off_km in np.linspace(-half_km, half_km, 9):
            here = -behind_km * towards + max(EARTH_KM + off_km, 0.0) * aside
            axis = (sun_km - here) / np.linalg.norm(sun_km - here)
            across = np.cross(axis, third)
            across /= np.linalg.norm(across)
            up = np.cross(axis, across)
            far = np.sqrt(np.sum((sun_km - here) ** 2) - SUN_RADIUS_KM**2)
            disc = SUN_RADIUS_KM * far / np.linalg.norm(sun_km - here)  # the limb, as it is seen
            dots = (
                disc
                * radius[:, None]
                * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * up)
            )
            ray = axis * (far**2 / np.linalg.norm(sun_km - here)) + dots
            ray /= np.linalg.norm(ray, axis=1)[:, None]
            along = -(ray @ here)
            missed = np.linalg.norm(here + along[:, None] * ray, axis=1) > EARTH_KM
            share = sunlit_share(still([here]), EPOCH)[0]
            # An arc through the discs is bent as the Earth's limb is: flat discs err by some 1e-3.
            assert share == pytest.approx(missed.mean(), abs=4e-3)


def test_in_full_light_the_share_is_one_and_in_deep_shadow_nothing():
    sun_km = sun_position_km(EPOCH, np.zeros(1))[0]
    towards = sun_km / np.linalg.norm(sun_km)
    share = sunlit_share(still([7000.0 * towards, -7000.0 * towards]), EPOCH)
    np.testing.assert_array_equal(share, [1.0, 0.0])


def test_beyond_the_tip_of_the_umbra_a_ring_of_sun_is_left():
    sun_km = sun_position_km(EPOCH, np.zeros(1))[0]
    distance_km = np.linalg.norm(sun_km)
    tip_km = distance_km * EARTH_KM / (SUN_RADIUS_KM - EARTH_KM)  # similar triangles
    inside, outside = (
        sunlit_share(still([-factor * tip_km * sun_km / distance_km]), EPOCH)[0]
        for factor in (0.999, 1.2)
    )
    assert inside == 0.0
    ratio = (EARTH_KM / (1.2 * tip_km)) / (SUN_RADIUS_KM / (distance_km + 1.2 * tip_km))
    assert outside == pytest.approx(1.0 - ratio**2, abs=1e-4)


@pytest.mark.parametrize(("ltan", "altitude_km"), [("22:30", 550), ("10:00", 400), ("16:00", 1200)])
def test_eclipses_begin_and_end_where_fine_samples_of_the_share_say(ltan, altitude_km):
    found = eclipses(flown(ltan, altitude_km), EPOCH)
    assert len(found) > 10
    fine = flown(ltan, altitude_km, step_s=0.5)
    share = sunlit_share(fine, EPOCH)
    lit, dark = np.ones(share.size, bool), np.zeros(share.size, bool)
    for item in found:
        lit &= ~((fine.time_s >= item.start_s) & (fine.time_s <= item.end_s))
        if item.umbra_start_s is not None:
            dark |= (fine.time_s >= item.umbra_start_s) & (fine.time_s <= item.umbra_end_s)
    # A disc's first and last touch weighs nothing: within 2e-6 of the area both may be right.
    np.testing.assert_array_equal(lit[share < 1 - 2e-6], False)
    np.testing.assert_array_equal(lit[share == 1.0], True)
    np.testing.assert_array_equal(dark[share > 2e-6], False)
    np.testing.assert_array_equal(dark[share < 1e-12], True)


def test_umbra_is_shorter_and_penumbra_longer_than_the_cylinder():
    # Half of the Sun is seen at the edges of a cylinder. Another code's means at 550 km, for an orbit whose eclipses are as long as these: 21.65 min in the
    # cylinder, 21.26 in umbra, 22.05 in penumbra and umbra: 23 to 24 s in all either way.
    ephemeris = flown("20:08", step_s=1.0)
    found = [item for item in eclipses(ephemeris, EPOCH) if item.start_s > 0 and item.end_s < DAY_S]
    time_s = ephemeris.time_s
    inside = (time_s >= found[0].start_s) & (time_s <= found[-1].end_s)
    cylinder_s = np.count_nonzero(sunlit_share(ephemeris, EPOCH)[inside] < 0.5) / len(found)
    assert cylinder_s / 60.0 == pytest.approx(21.65, abs=0.3)
    assert np.mean([item.duration_s for item in found]) - cylinder_s == pytest.approx(23.5, abs=1.0)
    umbra_s = np.mean([item.umbra_end_s - item.umbra_start_s for item in found])
    assert cylinder_s - umbra_s == pytest.approx(23.5, abs=1.0)


def test_a_shadow_that_is_only_grazed_between_two_samples_is_found():
    # This dawn-dusk orbit meets the shadow around midsummer only: some passages are shorter than a step.
    short = 0
    for day in (14, 15):
        epoch = datetime(2026, 6, day, tzinfo=UTC)
        coarse, fine = (
            eclipses(flown("18:00", 1400.0, step_s=step_s, span_s=43200.0, epoch=epoch), epoch)
            for step_s in (60.0, 5.0)
        )
        assert len(coarse) == len(fine)
        for one, other in zip(coarse, fine, strict=True):
            assert one.start_s == pytest.approx(other.start_s, abs=0.05)
            assert one.end_s == pytest.approx(other.end_s, abs=0.05)
            assert (one.umbra_start_s is None) == (other.umbra_start_s is None)
            short += one.duration_s < 60.0
    assert short >= 3


def test_an_eclipse_cut_by_the_span_ends_at_the_span():
    whole = eclipses(flown(), EPOCH)
    middle_s = (whole[0].start_s + whole[0].end_s) / 2
    cut = eclipses(flown(span_s=middle_s), EPOCH)
    assert cut[-1].end_s == middle_s
    assert cut[-1].umbra_end_s == middle_s
    assert cut[-1].start_s == pytest.approx(whole[0].start_s, abs=1e-3)


def test_a_satellite_that_never_leaves_the_light_has_no_eclipse():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    assert eclipses(flown("18:00", 1400.0, epoch=epoch), epoch) == []
    np.testing.assert_array_equal(sunlit_share(flown("18:00", 1400.0), EPOCH), 1.0)


def test_an_uneven_ephemeris_is_refused():
    with pytest.raises(OrbitError, match="equal time steps"):
        eclipses(still(np.full((3, 3), 7000.0)), EPOCH)
