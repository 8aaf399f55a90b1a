"""From DN to what a network sees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.masking.preprocess import (
    Channel,
    crop_back,
    network_input,
    pad_to_multiple,
    reflectance,
)
from payload.types import Radiometry


def test_reflectance_is_dn_by_scale_and_offset_and_keeps_what_is_above_one():
    dn = np.array([[[0, 2500, 10000, 65535]]], np.uint16)
    found = reflectance(dn, Radiometry(scale=1e-4, offset=-0.1))
    assert found.dtype == np.float32
    assert found[0, 0] == pytest.approx([-0.1, 0.15, 0.9, 6.4535], abs=1e-6)
    assert dn[0, 0, 1] == 2500


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 8, 16]))
def test_padding_repeats_the_last_row_and_column_and_is_undone_by_cropping(height, width, multiple):
    planes = np.random.default_rng(0).random((4, height, width), np.float32)
    padded = pad_to_multiple(planes, multiple)
    assert padded.shape[1] % multiple == padded.shape[2] % multiple == 0
    assert padded.shape[1] - height < multiple
    assert padded.shape[2] - width < multiple
    rows = np.minimum(np.arange(padded.shape[1]), height - 1)
    cols = np.minimum(np.arange(padded.shape[2]), width - 1)
    assert np.array_equal(padded, planes[:, rows][:, :, cols])
    assert np.array_equal(crop_back(padded, (height, width)), planes)


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 2, 8, 16]),
    st.sampled_from([0.0, -0.1]),
)
def test_the_one_pass_is_the_three_passes(height, width, multiple, offset):
    dn = np.random.default_rng(height).integers(0, 65536, (5, height, width), np.uint16)
    radiometry = Radiometry(scale=1e-4, offset=offset)
    bands = [3, 0, 1, 4]
    found = network_input(dn, radiometry, [Channel(band) for band in bands], multiple_px=multiple)
    assert np.array_equal(found[0], pad_to_multiple(reflectance(dn[bands], radiometry), multiple))
    scaled = network_input(dn, radiometry, [Channel(2, 0.5, 0.25)], multiple_px=1)
    assert scaled[0, 0] == pytest.approx(0.5 * reflectance(dn[2], radiometry) + 0.25, abs=1e-6)
