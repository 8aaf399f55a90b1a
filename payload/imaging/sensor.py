"""Size of an image: in bytes, on the ground, and in time."""

import math

import numpy as np
from numpy.typing import NDArray

from payload.types import Sensor
from payload.units import BITS_PER_BYTE, M_PER_KM


def raw_volume_bytes(sensor: Sensor) -> int:
    """[byte] Volume of the samples of one image, packed at the sensor's bit depth, without headers."""
    bands = len(sensor.bands) + sensor.counted_bands
    bits = bands * sensor.height_px * sensor.width_px * sensor.bit_depth
    return math.ceil(bits / BITS_PER_BYTE)


def counted_bytes(sensor: Sensor, pixels: int) -> int:
    """[byte] Volume of the raw samples of the counted bands for a number of pixels, packed."""
    return math.ceil(pixels * sensor.bit_depth * sensor.counted_bands / BITS_PER_BYTE)


def swath_km(sensor: Sensor) -> float:
    """[km] Width of an image on the ground at nadir, across the track."""
    return sensor.width_px * sensor.gsd_m / M_PER_KM


def frame_length_km(sensor: Sensor) -> float:
    """[km] Length of an image on the ground at nadir, along the track."""
    return sensor.height_px * sensor.gsd_m / M_PER_KM


def ground_speed_km_s(
    position_km: NDArray[np.float64],
    velocity_km_s: NDArray[np.float64],
    ground_radius_km: NDArray[np.float64],
) -> NDArray[np.float64]:
    """[km/s] Speed of the subsatellite point over the rotating ground, shape (N,).

    Args:
        position_km: [km] ITRF, shape (N, 3).
        velocity_km_s: [km/s] relative to the rotating Earth, ITRF axes, shape (N, 3).
        ground_radius_km: [km] From the centre of the Earth to the ground, shape (N,).
    """
    sideways = np.linalg.norm(np.cross(position_km, velocity_km_s), axis=1)
    angular_rad_s = sideways / np.einsum("ij,ij->i", position_km, position_km)
    return np.asarray(angular_rad_s * ground_radius_km, dtype=np.float64)


def frame_duration_s(
    sensor: Sensor, speed_km_s: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """[s] Time in which a pushbroom camera looking at nadir scans the rows of one image."""
    return np.asarray(frame_length_km(sensor) / speed_km_s, dtype=np.float64)
