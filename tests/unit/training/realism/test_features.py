"""Each number of a tile says what its name promises."""

import numpy as np
import pytest

from payload.training.realism.features import IS_PLAIN, NAMES, features


def named(bands):
    return dict(zip(NAMES, features(bands.astype(np.float32)), strict=True))


@pytest.fixture
def noise():
    """White noise of 0.002 on a reflectance of 0.2, alike in no two bands."""
    return 0.2 + np.random.default_rng(0).normal(0, 0.002, (4, 128, 128))


def test_white_noise_is_flat_straight_and_normal(noise):
    found = named(noise)
    assert found["blue q50"] == pytest.approx(np.log(0.2), abs=1e-3)
    assert found["blue slope"] == pytest.approx(0.0, abs=0.4)
    assert np.exp(found["blue grain"]) == pytest.approx(0.002, rel=0.03)
    assert np.exp(found["blue peaks"]) == pytest.approx(3.0, abs=0.1)
    assert found["blue upright"] == pytest.approx(0.0, abs=0.05)
    assert found["blue askew"] == pytest.approx(0.0, abs=0.05)
    assert found["blue~red"] == pytest.approx(0.0, abs=0.03)
    assert found["green/blue"] == pytest.approx(0.0, abs=1e-3)


def test_power_between_wave_numbers_is_that_of_the_noise(noise):
    found = named(noise)
    for waves in ("4-8", "8-16", "16-32", "32-64"):
        power = [np.exp(found[f"{band} waves {waves}"]) for band in ("blue", "green", "red", "nir")]
        assert np.mean(power) == pytest.approx(0.002**2, rel=0.3)


def test_columns_are_upright_and_a_chessboard_is_askew(noise):
    columns = noise + 0.05 * (np.arange(128) % 4 > 1)
    assert named(columns)["red upright"] > 3
    assert named(np.swapaxes(columns, 1, 2))["red upright"] < -3
    board = noise + 0.05 * (np.indices((128, 128)).sum(axis=0) % 2)
    assert named(board)["red askew"] > 3


def test_edges_have_peaks_and_a_half_that_is_rough_is_patchy(noise):
    edge = noise.copy()
    edge[:, :, 64:] += 0.3
    assert named(edge)["green peaks"] > named(noise)["green peaks"] + 1
    patchy = noise.copy()
    patchy[:, :, :64] = 0.2 + (noise[:, :, :64] - 0.2) * 10
    assert named(patchy)["green patchy"] > named(noise)["green patchy"] + 1


def test_bands_that_share_their_detail_are_correlated(noise):
    same = np.stack([noise[0]] * 4)
    assert named(same)["blue~nir fine"] == pytest.approx(1.0, abs=1e-3)
    assert named(noise)["blue~nir fine"] == pytest.approx(0.0, abs=0.05)


def test_a_constant_or_black_tile_has_numbers_too():
    for level in (0.0, 0.3):
        found = features(np.full((4, 128, 128), level, np.float32))
        assert np.isfinite(found).all()
        assert found.shape == (len(NAMES),)


def test_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)


def test_the_plain_features_are_histogram_spectrum_and_correlations_of_bands():
    plain = [name for name, one in zip(NAMES, IS_PLAIN, strict=True) if one]
    assert len(plain) == 4 * (7 + 1 + 5) + 6 + 6
    finer = set(NAMES) - set(plain)
    words = ("grain", "peaks", "patchy", "upright", "askew", "/blue", "ndvi")
    assert all(any(word in name for word in words) for name in finer)
