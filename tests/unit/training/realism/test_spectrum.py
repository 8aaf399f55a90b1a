"""Laws of power over scale: white noise is flat, a power law is found again."""

import numpy as np
import pytest

from payload.training.realism.spectrum import radial_power, slope


def power_law(exponent, side, seed):
    """Noise whose power goes with the wave number to the exponent."""
    rng = np.random.default_rng(seed)
    waves = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    waves[0, 0] = 1.0
    spectrum = np.fft.rfft2(rng.normal(size=(side, side))) * waves ** (exponent / 2)
    spectrum[0, 0] = 0.0
    return np.fft.irfft2(spectrum, s=(side, side))


def test_white_noise_has_slope_0():
    fields = np.random.default_rng(0).normal(size=(40, 128, 128))
    slopes = [slope(radial_power(field)) for field in fields]
    assert np.mean(slopes) == pytest.approx(0.0, abs=0.06)
    assert np.std(slopes) < 0.2  # of a single field


@pytest.mark.parametrize("exponent", [-1.0, -2.0, -3.0])
def test_the_slope_of_a_power_law_is_recovered(exponent):
    found = [slope(radial_power(power_law(exponent, 128, seed)), 3) for seed in range(8)]
    assert np.mean(found) == pytest.approx(exponent, abs=0.15)


def test_white_noise_of_variance_v_has_power_v_at_every_wave_number():
    fields = np.random.default_rng(7).normal(0, 3.0, (60, 64, 64))
    mean = np.mean([radial_power(field) for field in fields], axis=0)
    assert mean[4:] == pytest.approx(9.0, rel=0.1)


def test_a_mean_has_no_power():
    assert radial_power(np.full((32, 32), 0.7)) == pytest.approx(0.0, abs=1e-12)


def test_a_wave_has_its_power_at_its_own_number():
    rows = np.sin(2 * np.pi * 10 * np.arange(64) / 64)
    power = radial_power(np.tile(rows, (64, 1)))
    assert int(power.argmax()) == 10
