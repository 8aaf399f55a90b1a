import dataclasses

import numpy as np
import pytest

from payload.imaging.sensor import (
    frame_duration_s,
    frame_length_km,
    ground_speed_km_s,
    raw_volume_bytes,
    swath_km,
)
from payload.types import Radiometry, Sensor

SENSOR = Sensor(("b", "g", "r", "n"), 10.0, 1024, 768, 12, Radiometry(1e-4), 30.0, 10.0, 30.0)


def test_an_image_is_as_large_as_its_samples():
    assert raw_volume_bytes(SENSOR) == 4 * 1024 * 768 * 12 // 8
    one_bit_too_many = dataclasses.replace(
        SENSOR, bands=("b",), width_px=1, height_px=1, bit_depth=9
    )
    assert raw_volume_bytes(one_bit_too_many) == 2


def test_an_image_covers_the_ground_of_its_pixels():
    assert swath_km(SENSOR) == pytest.approx(10.24)
    assert frame_length_km(SENSOR) == pytest.approx(7.68)


def test_the_ground_passes_slower_than_the_satellite_flies():
    # A circle at 7,000 km: 7.5461 km/s up there is 7.5461 x 6371 / 7000 below.
    position = np.array([[7000.0, 0.0, 0.0]])
    velocity = np.array([[0.0, 0.0, 7.5461]])
    speed = ground_speed_km_s(position, velocity, np.array([6371.0]))
    assert speed[0] == pytest.approx(7.5461 * 6371.0 / 7000.0)
    assert frame_duration_s(SENSOR, speed)[0] == pytest.approx(7.68 / speed[0])


def test_climbing_moves_no_ground():
    position = np.array([[0.0, 7000.0, 0.0]])
    velocity = np.array([[7.5, 1.0, 0.0]])
    assert ground_speed_km_s(position, velocity, np.array([7000.0]))[0] == pytest.approx(7.5)
