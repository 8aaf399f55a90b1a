"""Our codecs keep the contract, and what each promises beyond it."""

import numpy as np
import pytest
from contracts.codec import CodecContract, textured

from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.errors import CodecError
from payload.registry import plugin


class TestRaw(CodecContract):
    codec = Raw()

    @pytest.mark.parametrize("bit_depth", range(1, 17))
    def test_its_length_is_the_samples_bits_rounded_up_to_bytes(self, bit_depth):
        for count in (1, 2, 7, 8, 33):
            payload = self.codec.encode(np.zeros((1, 1, count), np.uint16), bit_depth=bit_depth)
            assert len(payload) == -(-count * bit_depth // 8)

    @pytest.mark.parametrize("bit_depth", range(1, 17))
    def test_its_bits_are_the_binary_digits_of_the_samples_one_behind_the_other(self, bit_depth):
        bands = textured((2, 5, 7), bit_depth, seed=3)
        digits = "".join(f"{sample:0{bit_depth}b}" for sample in bands.ravel().tolist())
        payload = self.codec.encode(bands, bit_depth=bit_depth)
        written = "".join(f"{octet:08b}" for octet in payload)
        assert written[: len(digits)] == digits
        assert set(written[len(digits) :]) <= {"0"}

    def test_spare_bits_that_are_not_zero_are_refused(self):
        payload = self.codec.encode(np.zeros((1, 1, 3), np.uint16), bit_depth=12)
        damaged = payload[:-1] + b"\x01"
        with pytest.raises(CodecError, match="zero bits"):
            self.codec.decode(damaged, (1, 1, 3), bit_depth=12)


class TestMedZstd(CodecContract):
    codec = MedZstd()

    @pytest.mark.parametrize("level", [1, 19])
    def test_every_level_is_lossless_and_read_by_every_other(self, level):
        bands = textured((4, 64, 64), 12)
        payload = MedZstd(level=level).encode(bands, bit_depth=12)
        np.testing.assert_array_equal(MedZstd().decode(payload, bands.shape, bit_depth=12), bands)

    @pytest.mark.parametrize("level", [0, 20, -1])
    def test_a_level_that_zstandard_has_not_is_refused(self, level):
        with pytest.raises(CodecError, match="level"):
            MedZstd(level=level)

    def test_ground_becomes_smaller_than_packing_and_bands_help_each_other(self):
        bands = textured((4, 128, 128), 12)
        raw = len(Raw().encode(bands, bit_depth=12))
        together = len(self.codec.encode(bands, bit_depth=12))
        alone = sum(len(self.codec.encode(band[np.newaxis], bit_depth=12)) for band in bands)
        assert together < alone < raw

    def test_a_decoded_sample_beyond_the_bit_depth_is_refused(self):
        payload = self.codec.encode(np.full((1, 3, 3), 4095, np.uint16), bit_depth=12)
        with pytest.raises(CodecError, match="does not fit 11 bit"):
            self.codec.decode(payload, (1, 3, 3), bit_depth=11)

    def test_a_gain_out_of_range_is_refused(self):
        bands = textured((2, 6, 7), 12)
        payload = self.codec.encode(bands, bit_depth=12)
        with pytest.raises(CodecError, match="gain"):
            self.codec.decode(b"\xff\x7f" + payload[2:], bands.shape, bit_depth=12)


def test_both_are_found_by_their_names():
    assert plugin("payload.codec", "raw") is Raw
    assert plugin("payload.codec", "med-zstd") is MedZstd
