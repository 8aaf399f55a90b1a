"""`ls-golomb` keeps its contract, and what its predictor promises."""

import numpy as np
import pytest
from contracts.codec import textured
from contracts.own_codec import OwnCodecContract, blotches

from payload.compression.least_squares import (
    fit,
    small_tile_predictor,
    unpack_predictor,
)
from payload.compression.ls_golomb import PLACES, LsGolomb
from payload.compression.med import MedZstd
from payload.errors import CodecError
from payload.registry import plugin


class TestLsGolomb(OwnCodecContract):
    codec = LsGolomb()


def test_it_is_found_by_its_name():
    assert plugin("payload.codec", "ls-golomb") is LsGolomb


def test_it_is_smaller_than_the_default_on_ground():
    bands = textured((4, 128, 128), 12)
    ours = len(LsGolomb().encode(bands, bit_depth=12))
    assert ours < 0.95 * len(MedZstd().encode(bands, bit_depth=12))


def test_noise_costs_what_the_best_rice_code_of_it_costs():
    """Nothing tells white noise beforehand, so its own mapped values under one Rice code are the judge."""
    noise = np.rint(np.random.default_rng(4).normal(0, 5, (1, 256, 256))).astype(np.int64)
    mapped = np.where(noise < 0, -2 * noise - 1, 2 * noise)
    best = min(float(np.mean(1 + k + (mapped >> k))) for k in range(8))
    bits = 8 * len(LsGolomb().encode((noise + 2000).astype(np.uint16), bit_depth=12)) / 256**2
    assert 0.99 * best < bits < 1.02 * best


def test_a_band_that_is_a_sum_of_its_neighbours_is_found_out():
    """By construction: the second band is 0.75 of the first and 0.25 of the first one row above, rounded."""
    first = np.random.default_rng(2).integers(0, 4000, (128, 128)).astype(np.uint16)
    above = np.vstack([first[:1], first[:-1]])
    second = np.rint(0.75 * first + 0.25 * above).astype(np.uint16)
    found = fit(np.stack([first, second]), 1, None, PLACES)
    told = {
        tuple(tap): c / 2**found.unit_bits
        for tap, c in zip(found.taps.tolist(), found.coefficients.tolist(), strict=False)
    }
    # The sample to the left is such a sum as well, so a little may go round by it.
    assert told.pop((1, 0, 0)) == pytest.approx(0.75, abs=0.002)
    assert told.pop((1, -1, 0)) == pytest.approx(0.25, abs=0.002)
    assert max(map(abs, told.values())) < 0.01


def test_coefficients_travel_unchanged():
    bands = textured((5, 128, 128), 12)
    for band in range(5):
        made = fit(bands, band, None, PLACES)
        packed = b"xyz" + made.pack()
        read, end = unpack_predictor(packed, 3, band, PLACES)
        assert made.is_fitted
        assert end == len(packed)
        assert read.unit_bits == made.unit_bits
        np.testing.assert_array_equal(read.coefficients, made.coefficients)
        np.testing.assert_array_equal(read.taps, made.taps)


def test_small_tiles_carry_no_coefficients():
    made = fit(textured((2, 12, 12), 12), 1, None, PLACES)
    assert made.pack() == b"\0"
    read, _ = unpack_predictor(b"\0", 0, 1, PLACES)
    np.testing.assert_array_equal(read.coefficients, small_tile_predictor(1, PLACES).coefficients)


def test_units_that_nobody_writes_are_refused():
    wrong = b"\x0f" + bytes(2 * len(PLACES.taps(0)) + 4)
    with pytest.raises(CodecError, match="coefficients"):
        unpack_predictor(wrong, 0, 0, PLACES)


def test_a_fit_sees_nothing_under_the_mask():
    bands, plane = textured((3, 128, 128), 12), blotches((128, 128), 0.2)
    other = np.where(plane, np.uint16(9), bands)
    for band in range(3):
        first, second = fit(bands, band, ~plane, PLACES), fit(other, band, ~plane, PLACES)
        np.testing.assert_array_equal(first.coefficients, second.coefficients)


def test_spare_bits_behind_a_band_that_are_not_zero_are_refused():
    """Else two payloads would tell the same samples; a sample as predicted takes one bit and leaves 7."""
    bands = np.full((1, 1, 1), 2048, np.uint16)  # as predicted: no zeros, a one, no low bits
    payload = LsGolomb().encode(bands, bit_depth=12)
    assert payload == b"\0\x80"
    for spare in range(1, 128):
        with pytest.raises(CodecError, match="band 0 are cut short or damaged"):
            LsGolomb().decode(bytes([0, 0x80 | spare]), (1, 1, 1), bit_depth=12)


def test_a_band_that_reads_on_beyond_the_end_is_refused_where_it_does():
    """Not by what is left over at the end: a hostile payload must not have the rest of a tile decoded."""
    bands = textured((2, 9, 9), 12)
    length = len(LsGolomb().encode(bands[:1], bit_depth=12)) + 1  # with the second predictor's byte
    payload = LsGolomb().encode(bands, bit_depth=12)
    for cut in range(3, length):
        with pytest.raises(CodecError, match="the bits of band 0 are cut short"):
            LsGolomb().decode(payload[:cut], bands.shape, bit_depth=12)
