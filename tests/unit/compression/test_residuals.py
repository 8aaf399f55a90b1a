import numpy as np
import pytest

from payload.compression.raw import pack, pack_bits, unpack, unpack_bits
from payload.compression.residuals import (
    GAIN_LIMIT,
    explained,
    fit_gain,
    med_residuals,
    med_samples,
    unzigzag,
    zigzag,
)


def literal_med(band):
    """LOCO-I as the paper puts it, sample by sample."""
    height, width = band.shape
    residuals = np.zeros((height, width), np.uint16)
    for i in range(height):
        for j in range(width):
            west = int(band[i, j - 1]) if j else 0
            north = int(band[i - 1, j]) if i else 0
            north_west = int(band[i - 1, j - 1]) if i and j else 0
            if north_west >= max(west, north):
                prediction = min(west, north)
            elif north_west <= min(west, north):
                prediction = max(west, north)
            else:
                prediction = west + north - north_west
            residuals[i, j] = (int(band[i, j]) - prediction) % 2**16
    return residuals


@pytest.mark.parametrize("top", [2, 4096, 65_536])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 9, 13), (3, 13, 9), (2, 1, 8), (2, 8, 1)])
def test_residuals_are_those_of_the_literal_predictor_and_are_undone(shape, top):
    bands = np.random.default_rng(1).integers(0, top, shape).astype(np.uint16)
    residuals = med_residuals(bands)
    for band, residual in zip(bands, residuals, strict=True):
        np.testing.assert_array_equal(residual, literal_med(band))
    np.testing.assert_array_equal(med_samples(residuals), bands)


def test_the_gain_is_that_of_numpys_least_squares():
    rng = np.random.default_rng(2)
    before = rng.normal(0, 300, (40, 50)).astype(np.int16)
    own = (0.73 * before + rng.normal(0, 40, before.shape)).astype(np.int16)
    slope = np.linalg.lstsq(before.reshape(-1, 1), own.ravel(), rcond=None)[0][0]
    assert fit_gain(before.view(np.uint16), own.view(np.uint16)) == pytest.approx(
        slope * 4096, abs=0.51
    )


def test_the_gain_is_bounded_and_nothing_where_there_is_nothing_to_learn_from():
    nothing = np.zeros((3, 3), np.uint16)
    small, large = np.full((3, 3), 1, np.uint16), np.full((3, 3), 1000, np.uint16)
    negative = np.full((3, 3), -1000, np.int16).view(np.uint16)
    assert fit_gain(nothing, large) == 0
    assert fit_gain(small, large) == GAIN_LIMIT
    assert fit_gain(small, negative) == -GAIN_LIMIT


def test_what_a_gain_explains_is_rounded_to_the_nearest_integer():
    before = np.array([[-32768, -3, -1, 0, 1, 3, 32767]], np.int16)
    half = explained(before.view(np.uint16), 2048).view(np.int16)
    assert half.tolist() == [[-16384, -1, 0, 0, 1, 2, 16384]]


def test_zigzag_numbers_residuals_by_size_and_is_undone_for_all_of_them():
    residuals = np.arange(65_536, dtype=np.uint32).astype(np.uint16).reshape(256, 256)
    numbers = zigzag(residuals)
    assert zigzag(np.array([[0, -1, 1, -2, 2]], np.int16).view(np.uint16)).tolist() == [
        [0, 1, 2, 3, 4]
    ]
    assert len(np.unique(numbers)) == 65_536
    np.testing.assert_array_equal(unzigzag(numbers), residuals)


@pytest.mark.parametrize("bit_depth", range(1, 17))
@pytest.mark.parametrize("count", [1, 2, 3, 8, 65_535, 65_536, 131_077])
def test_fast_packing_gives_the_bytes_of_packing_bit_by_bit(bit_depth, count):
    rng = np.random.default_rng(count)
    samples = rng.integers(0, 2**bit_depth, count).astype(np.uint16)
    packed = pack(samples, bit_depth)
    assert packed == pack_bits(samples, bit_depth)
    np.testing.assert_array_equal(unpack(packed, count, bit_depth), samples)
    np.testing.assert_array_equal(unpack_bits(packed, count, bit_depth), samples)
