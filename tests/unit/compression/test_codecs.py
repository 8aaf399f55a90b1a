"""Our codecs keep the contract, and what each promises beyond it."""

import struct
import sys
import tracemalloc

import numpy as np
import pytest
from contracts.codec import CodecContract, textured

from payload.compression.interchange import J2k, JpegLs, Jxl
from payload.compression.med import MedZstd
from payload.compression.med_aec import MedAec
from payload.compression.raw import Raw
from payload.errors import CodecError, PluginError
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

    @pytest.mark.parametrize("level", [0, 1, 19])
    def test_every_level_is_lossless_and_read_by_every_other(self, level):
        bands = textured((4, 64, 64), 12)
        payload = MedZstd(level=level).encode(bands, bit_depth=12)
        np.testing.assert_array_equal(MedZstd().decode(payload, bands.shape, bit_depth=12), bands)

    @pytest.mark.parametrize("level", [20, -1])
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


class TestMedAec(CodecContract):
    codec = MedAec()

    @pytest.mark.parametrize("block", [8, 16, 32])
    def test_every_block_is_lossless(self, block):
        bands = textured((4, 40, 41), 12)
        codec = MedAec(block=block)
        payload = codec.encode(bands, bit_depth=12)
        np.testing.assert_array_equal(MedAec().decode(payload, bands.shape, bit_depth=12), bands)

    @pytest.mark.parametrize("block", [0, 12, 128])
    def test_a_block_that_the_standard_has_not_is_refused(self, block):
        with pytest.raises(CodecError, match="block is"):
            MedAec(block=block)

    def test_its_stream_is_one_of_the_standard(self):
        """A tile of zeros: blocks of zeros by CCSDS 121.0-B-2, section 3.4.3, worked out by hand.

        The first block of the picture has the option 0000 and a 0 behind it, for 16-bit samples; the code for a
        single block of zeros is the fundamental sequence 1.
        """
        payload = MedAec(block=8).encode(np.zeros((1, 1, 8), np.uint16), bit_depth=12)
        assert payload[9:] == bytes([0b00000_1_00])


class TestJpegLs(CodecContract):
    codec = JpegLs()


class TestJxl(CodecContract):
    codec = Jxl()


class TestJ2k(CodecContract):
    codec = J2k()

    def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(self):
        payload = bytearray(self.codec.encode(textured((1, 30, 40), 12), bit_depth=12))
        payload[4 + 8 : 4 + 12] = (2**31).to_bytes(4, "big")
        with pytest.raises(CodecError, match="another size"):
            self.codec.decode(bytes(payload), (1, 30, 40), bit_depth=12)


@pytest.mark.parametrize("codec", [MedAec(), JpegLs(), Jxl(), J2k()])
def test_without_imagecodecs_they_say_what_to_install(codec, monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(PluginError, match=r"pip install 'payload-sim\[codecs\]'"):
        codec.encode(np.zeros((1, 2, 2), np.uint16), bit_depth=12)


def test_a_stream_that_claims_more_samples_than_its_bits_can_hold_takes_no_memory():
    """CCSDS 121.0-B-2, section 3.4.3: 6 bits stand for 64 blocks of zeros at the most."""
    pytest.importorskip("imagecodecs")
    side, stream = 8192, bytes(100)
    payload = struct.pack("<IIB", len(stream), side * side, 64) + stream
    tracemalloc.start()
    try:
        with pytest.raises(CodecError, match="cannot hold"):
            MedAec().decode(payload, (1, side, side), bit_depth=12)
        assert tracemalloc.get_traced_memory()[1] < 2**24  # and not 2**27
    finally:
        tracemalloc.stop()


def test_aec_takes_fewer_bits_than_zstd_for_the_same_residuals():
    bands = textured((4, 128, 128), 12)
    zstd = len(MedZstd().encode(bands, bit_depth=12))
    assert len(MedAec().encode(bands, bit_depth=12)) < 0.98 * zstd


def test_both_are_found_by_their_names():
    assert plugin("payload.codec", "raw") is Raw
    assert plugin("payload.codec", "med-zstd") is MedZstd
