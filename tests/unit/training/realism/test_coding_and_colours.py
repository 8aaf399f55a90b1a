"""Bits of constant and noisy tiles; colours of made ground."""

import numpy as np
import pytest

from payload.training.realism.coding import Spread, bits_per_sample, coded
from payload.training.realism.colours import brightness, colours, ground
from payload.training.realism.shots import CLEAR, CLOUDY


def test_a_constant_tile_needs_next_to_no_bits():
    assert bits_per_sample(np.full((4, 128, 128), 900, np.uint16)) < 0.1


def test_noise_over_the_whole_range_needs_all_its_bits():
    dn = np.random.default_rng(0).integers(0, 4096, (4, 128, 128)).astype(np.uint16)
    assert 12.0 <= bits_per_sample(dn) < 13.0


def test_more_noise_needs_more_bits():
    rng = np.random.default_rng(0)
    fields = [rng.normal(1000, sd, (4, 128, 128)).astype(np.uint16) for sd in (1, 4, 16, 64)]
    bits = [bits_per_sample(field) for field in fields]
    assert bits == sorted(bits)
    # A normal deviation of 16 has an entropy of 6.05 bits; prediction makes it rougher.
    assert 6.0 < bits[2] < 7.5


def test_spreads_are_of_the_tenths():
    assert Spread.of([]) is None
    assert Spread.of(range(101)) == Spread(101, 10.0, 50.0, 90.0)


def test_tiles_are_coded_by_class_and_weather(shot):
    tiles = [*shot(1, cover=0.0).tiles(), *shot(2, cover=1.0, gsd_m=30.0).tiles()]
    found = coded(tiles)
    assert {key: one.count for key, one in found.items()} == {
        ("10 m", CLEAR): 4,
        ("30 m", CLOUDY): 4,
    }


def test_ground_is_named_by_its_colour_and_no_pixel_twice():
    named = {
        "water": (0.09, 0.06, 0.03, 0.015),
        "dense plants": (0.09, 0.08, 0.05, 0.30),
        "sparse plants": (0.11, 0.10, 0.10, 0.20),
        "bare ground": (0.13, 0.13, 0.16, 0.22),
        "bright ground": (0.22, 0.21, 0.23, 0.27),
        "snow": (0.70, 0.66, 0.68, 0.66),
    }
    pixels = np.array(list(named.values()), np.float32).T
    masks = ground(pixels)
    assert list(masks) == list(named)
    np.testing.assert_array_equal(np.stack(list(masks.values())), np.eye(6, dtype=np.bool_))
    rng = np.random.default_rng(0)
    anything = np.stack(list(ground(rng.random((4, 5000)).astype(np.float32)).values()))
    assert anything.sum(axis=0).max() == 1


@pytest.mark.parametrize("cloud", [False, True])
def test_every_pixel_has_one_brightness(cloud):
    pixels = np.random.default_rng(0).uniform(0, 1.7, (4, 500)).astype(np.float32)
    masks = np.stack(list(brightness(pixels, cloud=cloud).values()))
    assert (masks.sum(axis=0) == 1).all()


def test_ratios_are_those_of_the_bands(shot):
    made = shot(3, cover=0.0)
    made.dn[...] = np.array([400, 200, 400, 800], np.uint16)[:, None, None]
    found = colours([made])
    clear = found["clear, blue 0.1 to 0.2"]
    assert clear.ratios == pytest.approx((-np.log(2), 0.0, np.log(2)), abs=1e-6)
    assert clear.spread == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    assert clear.images == 1


def test_pixels_near_cloud_are_no_clear_ground(shot):
    near, far = shot(4, cover=0.25), shot(4, cover=0.25)  # cloud on the first 128 rows and columns
    near.dn[:, :128, 128:133] = 1000
    far.dn[:, :128, 128:150] = 1000
    assert "clear, blue from 0.2 on" not in colours([near])
    assert "clear, blue from 0.2 on" in colours([far])
