from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import OrbitError
from payload.geometry.earth import site
from payload.orbit.frames import _part, gmst_rad, instants, teme_to_itrf


def sidereal_deg(*when):
    return float(np.degrees(gmst_rad(instants(datetime(*when, tzinfo=UTC), np.zeros(1)))[0]))


def test_sidereal_time_agrees_with_meeus_example_12a():
    assert sidereal_deg(1987, 4, 10) == pytest.approx(197.693195, abs=1e-6)


def test_sidereal_time_agrees_with_meeus_example_12b():
    assert sidereal_deg(1987, 4, 10, 19, 21) == pytest.approx(128.7378734, abs=1e-6)


def test_sidereal_time_agrees_with_vallado_example_3_5():
    assert sidereal_deg(1992, 8, 20, 12, 14) == pytest.approx(152.578787810, abs=1e-7)


@given(turns=st.lists(st.floats(-1e9, 1e9), min_size=1))
def test_what_is_left_of_a_turn_is_the_remainder_to_the_bit(turns):
    assert _part(np.array(turns)).tolist() == np.mod(turns, 1.0).tolist()


def test_sidereal_time_advances_by_the_gmst_rate_not_by_the_inertial_spin():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    week_s = 7 * 86400.0
    angle = gmst_rad(instants(epoch, np.array([0.0, week_s])))
    turned = angle[1] - angle[0]
    expected = np.mod(7.292115855306589e-5 * week_s, 2 * np.pi)
    assert np.mod(turned - expected + np.pi, 2 * np.pi) - np.pi == pytest.approx(0.0, abs=2e-9)


def test_ut1_is_later_than_utc_by_dut1():
    epoch = datetime(2026, 3, 20, tzinfo=UTC)
    early = gmst_rad(instants(epoch, np.array([10.25])))
    shifted = gmst_rad(instants(epoch, np.array([10.0]), dut1_s=0.25))
    assert early[0] == pytest.approx(shifted[0], abs=1e-12)


def test_teme_to_the_turning_earth_agrees_with_vallados_worked_example():
    # Vallado et al., AIAA 2006-6753, appendix C: TEME to PEF, UT1 - UTC -0.4399619 s. The example keeps
    # its Julian date in one double, which is 40 us coarse: 3e-9 rad, or 2e-5 km.
    epoch = datetime(2004, 4, 6, 7, 51, 28, 386009, tzinfo=UTC)
    position, velocity = teme_to_itrf(
        np.array([[5094.18016210, 6127.64465950, 6380.34453270]]),
        np.array([[-4.746131487, 0.785818041, 5.531931288]]),
        instants(epoch, np.zeros(1), dut1_s=-0.4399619),
    )
    np.testing.assert_allclose(
        position, [[-1033.47503130, 7901.30558560, 6380.34453270]], rtol=0, atol=2e-5
    )
    np.testing.assert_allclose(
        velocity, [[-3.22563274680, -2.87244251080, 5.53193128800]], rtol=0, atol=2e-8
    )


def test_a_place_agrees_with_meeus_example_11a():
    # Palomar: rho sin phi' and rho cos phi' in equatorial radii, an ellipsoid 3 m larger than WGS 84.
    place = site(33.356111, 0.0, 1706.0).position_km / 6378.14
    assert place[2] == pytest.approx(0.546861, abs=1.5e-6)
    assert place[0] == pytest.approx(0.836339, abs=1.5e-6)


def test_local_axes_are_a_right_handed_frame_everywhere():
    lat, lon = np.meshgrid(np.linspace(-90, 90, 13), np.linspace(-180, 180, 13))
    place = site(lat.ravel(), lon.ravel())
    axes = np.stack((place.east, place.north, place.up), axis=1)
    eye = np.broadcast_to(np.eye(3), axes.shape)
    np.testing.assert_allclose(axes @ axes.transpose(0, 2, 1), eye, atol=1e-14)
    np.testing.assert_allclose(np.linalg.det(axes), 1.0, atol=1e-14)


def test_up_is_the_normal_of_the_ellipsoid():
    lat = np.array([-77.0, -20.0, 3.0, 45.0, 89.0])
    step = 1e-4
    place = site(lat, np.full(5, 30.0))
    north = site(lat + step, np.full(5, 30.0)).position_km
    south = site(lat - step, np.full(5, 30.0)).position_km
    tangent = (north - south) / np.linalg.norm(north - south, axis=1)[:, None]
    np.testing.assert_allclose(np.einsum("ij,ij->i", tangent, place.up), 0.0, atol=1e-7)


def test_an_epoch_without_a_time_zone_is_refused():
    with pytest.raises(OrbitError, match="no time zone"):
        instants(datetime(2026, 3, 20), np.zeros(1))  # noqa: DTZ001 - the mistake itself
