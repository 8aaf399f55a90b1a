"""The camera: laws of its optics and of its noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.types import Radiometry
from payload.world.camera import FARTHEST_PX, MARGIN_PX, Detector, Optics, beside, steps_px

COLS = np.arange(300)
spreads, shifts = st.floats(0, 0.7), st.floats(0, 1)


def dot(side=15):
    scene = np.zeros((side, side), np.float32)
    scene[side // 2, side // 2] = 1
    return scene


def moments(seen):
    """Sum, centre and variance along rows and columns, from the middle."""
    rows, cols = np.indices(seen.shape) - np.array(seen.shape)[:, None, None] // 2
    total = seen.sum()
    centre = [(seen * axis).sum() / total for axis in (rows, cols)]
    spread = [
        (seen * (axis - middle) ** 2).sum() / total
        for axis, middle in zip((rows, cols), centre, strict=True)
    ]
    return float(total), centre, spread


@given(spread=spreads, apart=shifts, name=st.integers(0, 2**64 - 1))
def test_optics_keep_the_light_and_smear_and_shift_it_as_told(spread, apart, name):
    optics = Optics.of(name, spread, apart, 4)
    for band, (down, right) in enumerate(optics.apart_px):
        total, centre, variance = moments(optics.smear(dot(), band).astype(np.float64))
        assert total == pytest.approx(1, abs=1e-5)
        assert centre == pytest.approx([-down, -right], abs=1e-4)
        # A shift between pixels smears by itself, by a quarter at most.
        for got, shift in zip(variance, (down, right), strict=True):
            share = shift - np.floor(shift)
            assert got == pytest.approx(max(spread**2, share * (1 - share)), abs=1e-3)


def test_no_two_bands_look_at_the_same_place_and_none_farther_than_told():
    for name in range(50):
        apart = np.array(Optics.of(name, 0.5, 0.4, 4).apart_px)
        assert np.hypot(*apart.T).max() <= 0.4 + 1e-9
        gaps = np.hypot(*(apart[:, None] - apart[None]).transpose(2, 0, 1))
        assert gaps[~np.eye(4, dtype=bool)].min() > 0.3 * np.hypot(*apart.T).max()


def test_sharp_optics_change_nothing():
    scene = np.random.default_rng(0).random((20, 30), np.float32)
    seen = Optics.of(1, 0.0, 0.0, 4).smear(scene, 2)
    assert np.array_equal(seen, scene[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX])


@given(parallax=st.floats(0, FARTHEST_PX - 1))
def test_the_first_band_sees_a_cloud_in_its_place_and_the_last_a_parallax_away(parallax):
    rows = np.arange(40.0, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    bands = [beside(rows, steps_px(np.array([parallax]), band)) for band in range(4)]
    straight = rows[FARTHEST_PX:-FARTHEST_PX]
    moved = [float((band - straight).mean()) for band in bands]
    assert bands[0].shape == straight.shape
    assert moved[0] == 0
    assert moved[2] == round(parallax)
    in_order = [moved[band] for band in (0, 3, 1, 2)]  # blue, near infrared, green, red
    assert (np.diff(in_order) >= -1e-5).all()


def test_each_pixel_sees_a_cloud_by_its_own_height():
    rows = np.arange(40.0, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)
    steps = steps_px(np.linspace(0.0, FARTHEST_PX, 32)[:, None] * np.ones(3), 2)
    seen = beside(rows, steps)
    assert np.array_equal(seen - rows[FARTHEST_PX:-FARTHEST_PX], steps)
    assert set(np.unique(steps)) == set(range(FARTHEST_PX + 1))


@pytest.mark.parametrize("snr", [50.0, 150.0])
def test_the_detector_has_the_noise_that_it_claims(snr):
    detector = Detector(Radiometry(1e-5, -0.02), 16, snr, name=5)
    noise = detector.noise(np.arange(300), np.arange(300))
    flat = np.full((300, 300), 0.1, np.float32)
    for plane in noise:
        dn = detector.expose(flat, plane, 0, COLS)
        seen = dn * 1e-5 - 0.02
        assert seen.mean() == pytest.approx(0.1, rel=1e-3)
        assert 0.1 / seen.std() == pytest.approx(snr, rel=0.03)
    bright = detector.expose(flat * 4, noise[0], 0, COLS) * 1e-5
    assert bright.std() == pytest.approx(0.1 / snr * np.sqrt(0.25 + 4 * 0.75), rel=0.03)


def test_the_detector_saturates_at_its_depth_and_never_goes_below_zero():
    detector = Detector(Radiometry(1e-4), 12, 10.0, name=5)
    noise = detector.noise(np.arange(20), np.arange(20))[0]
    assert detector.expose(np.full((20, 20), 3.0, np.float32), noise, 0, COLS[:20]).min() == 4095
    assert detector.expose(np.full((20, 20), -3.0, np.float32), noise, 0, COLS[:20]).max() == 0


def test_stripes_stay_with_the_camera_and_differ_from_column_to_column():
    detector = Detector(Radiometry(1e-5), 16, 1e5, name=5, camera=9, striping=0.02)
    flat = np.full((50, 300), 0.3, np.float32)
    gains = []
    for name in (5, 6):
        one = Detector(Radiometry(1e-5), 16, 1e5, name=name, camera=9, striping=0.02)
        noise = one.noise(np.arange(50), COLS)[0]
        gains.append(one.expose(flat, noise, 0, COLS).mean(axis=0) * 1e-5 / 0.3)
    assert gains[0] == pytest.approx(gains[1], abs=1e-4)
    assert np.std(gains[0]) == pytest.approx(0.02, rel=0.2)
    other = detector.expose(flat, 0 * flat, 1, COLS).mean(axis=0)
    assert abs(np.corrcoef(other, gains[0])[0, 1]) < 0.3


def test_dead_columns_say_nothing_and_are_as_many_as_told():
    cols = np.arange(5000)
    detector = Detector(Radiometry(1e-4), 12, 100.0, name=5, camera=9, dead=0.1)
    flat = np.full((4, cols.size), 0.2, np.float32)
    dn = detector.expose(flat, 0 * flat, 0, cols)
    assert set(np.unique(dn)) == {0, 2000}
    assert np.mean(dn[0] == 0) == pytest.approx(0.1, abs=0.015)
