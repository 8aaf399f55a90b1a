"""Made-up ground is reflectance, whatever is drawn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.rng import stream
from payload.training.compose.grounds import CONFUSERS, GROUNDS, ice, plain, water
from payload.training.compose.light import Light

grounds = pytest.mark.parametrize("name", GROUNDS)


def ground(name, seed, side=48, sun=40.0):
    return GROUNDS[name](stream(seed, name), side, Light(sun, 0.1, 0.3), 130.0)


@grounds
@given(seed=st.integers(0, 10**6), side=st.integers(16, 64), sun=st.floats(8, 76))
def test_every_ground_is_reflectance_of_four_bands(name, seed, side, sun):
    field = ground(name, seed, side, sun)
    assert field.shape == (4, side, side)
    assert field.dtype == np.float32
    assert np.isfinite(field).all()
    assert field.min() > 0
    assert field.mean() < 1.1  # single slopes that face a low sun may be far above


@grounds
def test_a_ground_is_what_is_drawn_and_nothing_else(name):
    assert np.array_equal(ground(name, 3), ground(name, 3))
    assert not np.array_equal(ground(name, 3), ground(name, 4))


def test_what_confuses_is_bright_and_what_does_not_is_dark():
    def brightness(name):
        return float(np.mean([ground(name, seed)[:3].mean() for seed in range(30)]))

    dark = max(brightness(name) for name in GROUNDS if name not in CONFUSERS)
    assert all(brightness(name) > dark for name in CONFUSERS)


def test_snow_is_whiter_than_anything_else_and_sand_is_red():
    # Snow absorbs next to nothing in the visible (Warren 1982); iron oxide in sand absorbs blue.
    snow, sand = (
        np.median([ground(name, seed).mean(axis=(1, 2)) for seed in range(40)], axis=0)
        for name in ("snow", "sand")
    )
    assert snow[2] / snow[0] == pytest.approx(1, abs=0.15)
    assert snow[3] < snow[1]
    assert sand[0] < sand[1] < sand[2] < sand[3]


def test_plants_are_bright_in_near_infrared_and_water_is_black_there():
    land, sea = (
        np.mean([make(stream(n, "x"), 48, Light(50.0, 0.1, 0.3), 0.0) for n in range(20)], axis=0)
        for make in (plain, water)
    )
    assert land[3].mean() > 1.5 * land[2].mean()
    assert sea[3].mean() < sea[0].mean()


def test_no_ground_has_a_frame():
    # Parcels at an edge have neighbours on one side only, hence the tenth; a frame is far more.
    for name, make in (("ice", ice), ("plain", plain)):
        fields = np.mean(
            [
                make(stream(seed, name, "frame"), 48, Light(40.0, 0.1, 0.3), 130.0)[1]
                for seed in range(300)
            ],
            axis=0,
        )
        inside = float(fields[12:-12, 12:-12].mean())
        for edge in (fields[0], fields[-1], fields[:, 0], fields[:, -1]):
            assert float(edge.mean()) == pytest.approx(inside, rel=0.1), name
