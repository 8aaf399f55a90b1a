"""From DN to what a network sees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.masking.preprocess import crop_back, pad_to_multiple, reflectance
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
