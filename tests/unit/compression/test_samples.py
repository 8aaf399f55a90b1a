"""The limits of a tile, at their edges."""

import numpy as np
import pytest

from payload.compression.samples import check_shape, coded_plane, expect_tile, known_samples
from payload.errors import CodecError


@pytest.mark.parametrize(
    ("shape", "bit_depth", "is_tile"),
    [
        ((1, 1, 1), 1, True),
        ((256, 1, 1), 16, True),
        ((257, 1, 1), 16, False),
        ((2, 8192, 8192), 12, True),  # 2**27 samples
        (
            (2, 8321, 8065),
            12,
            False,
        ),  # 2**27 + 2: 2**27 + 1 has 87,211 among its primes, longer than a side
        ((1, 65_535, 2_048), 12, True),
        ((1, 65_536, 1), 12, False),
        ((1, 1, 65_536), 12, False),
        ((1, 8, 8), 0, False),
        ((1, 8, 8), 17, False),
    ],
)
def test_a_tile_has_its_limits(shape, bit_depth, is_tile):
    if is_tile:
        check_shape(shape, bit_depth=bit_depth)
        assert expect_tile(shape, bit_depth=bit_depth, not_coded=None) == shape[1] * shape[2]
    else:
        with pytest.raises(CodecError):
            expect_tile(shape, bit_depth=bit_depth, not_coded=None)


def test_what_is_expected_of_a_decoder_are_the_pixels_that_are_coded():
    plane = np.zeros((3, 5), np.bool_)
    plane[1, :2] = True
    assert expect_tile((4, 3, 5), bit_depth=12, not_coded=plane) == 13
    np.testing.assert_array_equal(coded_plane((4, 3, 5), plane), ~plane)
    assert coded_plane((4, 3, 5), None).all()
    bands = np.full((4, 3, 5), 7, np.uint16)
    assert known_samples(bands, None) is bands
    assert known_samples(bands, plane).sum() == 4 * 13 * 7
    with pytest.raises(CodecError):
        expect_tile((4, 5, 3), bit_depth=12, not_coded=plane)
