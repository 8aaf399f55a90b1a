import struct
import zlib

import numpy as np
import pytest
from contracts.codec import tile_of

from payload.compression import open_record, raw_record_bytes, read_header, seal
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES
from payload.errors import CodecError
from payload.types import Tile, Window

CODECS = {"raw": Raw(), "med-zstd": MedZstd()}


def ramp(bands=4, height=20, width=30):
    return np.arange(bands * height * width, dtype=np.uint16).reshape(bands, height, width) % 4096


def test_a_record_tells_all_that_was_sealed():
    sealed = seal(tile_of(ramp()), MedZstd(), "med-zstd", cover=0.25)
    opened = open_record(sealed.record, CODECS)
    header = opened.header
    np.testing.assert_array_equal(opened.bands, ramp())
    assert sealed.tile_id == "image#2,3"
    assert sealed.codec == header.codec == "med-zstd"
    assert (header.row, header.col, header.bands, header.bit_depth) == (2, 3, 4, 12)
    assert header.window == Window(512, 768, 20, 30)
    assert header.cover == pytest.approx(0.25, abs=1 / 65_534)
    assert not header.is_fallback
    assert header.record_bytes == len(sealed.record)
    assert read_header(sealed.record[:HEADER_BYTES]) == header


@pytest.mark.parametrize(("cover", "found"), [(None, None), (0.0, 0.0), (1.0, 1.0)])
def test_the_ends_of_cloud_cover_are_exact_and_unknown_is_not_one_of_them(cover, found):
    assert read_header(seal(tile_of(ramp()), Raw(), "raw", cover=cover).record).cover == found


@pytest.mark.parametrize("cover", [0.1, 0.3, 0.9, 0.77777, 1 - 1e-6])
def test_a_cover_is_told_to_the_nearest_step(cover):
    found = read_header(seal(tile_of(ramp()), Raw(), "raw", cover=cover).record).cover
    assert abs(found - cover) <= 0.5 / 65_534 + 1e-12


@pytest.mark.parametrize("cover", [-0.1, 1.1, float("nan")])
def test_a_cover_that_is_no_share_is_refused(cover):
    with pytest.raises(CodecError, match="cover"):
        seal(tile_of(ramp()), Raw(), "raw", cover=cover)


@pytest.mark.parametrize("bit_depth", [1, 8, 9, 12, 16])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (4, 64, 64)])
def test_the_raw_record_is_exactly_as_long_as_said_and_no_record_is_longer(shape, bit_depth):
    noise = np.random.default_rng(0).integers(0, 2**bit_depth, shape).astype(np.uint16)
    tile = tile_of(noise, bit_depth=bit_depth)
    raw = seal(tile, Raw(), "raw")
    assert len(raw.record) == raw_record_bytes(*shape, bit_depth)
    fallen = seal(tile, MedZstd(), "med-zstd")
    assert len(fallen.record) == len(raw.record)
    assert fallen.codec == "raw"
    opened = open_record(fallen.record, {})
    assert opened.header.is_fallback
    assert not open_record(raw.record, {}).header.is_fallback
    np.testing.assert_array_equal(opened.bands, noise)


@pytest.mark.parametrize(("codec", "name"), [(Raw(), "raw"), (MedZstd(), "med-zstd")])
def test_every_flipped_bit_of_a_record_is_noticed(codec, name):
    bands = np.full((2, 5, 9) if name == "raw" else (2, 24, 24), 7, np.uint16)
    sealed = seal(tile_of(bands), codec, name)
    assert sealed.codec == name
    damaged = bytearray(sealed.record)
    for bit in range(8 * len(damaged)):
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            open_record(bytes(damaged), CODECS)
        damaged[bit // 8] ^= 1 << bit % 8
    open_record(bytes(damaged), CODECS)


def test_a_record_cut_or_with_something_behind_it_is_refused():
    record = seal(tile_of(np.zeros((1, 2, 2), np.uint16)), Raw(), "raw").record
    for length in range(len(record)):
        with pytest.raises(CodecError):
            open_record(record[:length], CODECS)
    with pytest.raises(CodecError):
        open_record(record + b"\0", CODECS)


def test_a_codec_that_is_not_here_is_named():
    record = seal(tile_of(np.zeros((4, 64, 64), np.uint16)), MedZstd(), "med-zstd").record
    with pytest.raises(CodecError, match="'med-zstd'"):
        open_record(record, {})


class Liar:
    """A codec whose payloads are whole and whose pixels are wrong."""

    def encode(self, bands, *, bit_depth, not_coded=None):  # noqa: ARG002
        return b"x"

    def decode(self, payload, shape, *, bit_depth, not_coded=None):  # noqa: ARG002
        return np.zeros(shape, np.uint16)


def test_pixels_that_are_not_those_that_were_sealed_are_noticed():
    record = seal(tile_of(ramp()), Liar(), "liar").record
    with pytest.raises(CodecError, match="differ from those that were sealed"):
        open_record(record, {"liar": Liar()})


class Flat(Liar):
    """A codec whose pixels have lost their bands."""

    def decode(self, payload, shape, *, bit_depth, not_coded=None):  # noqa: ARG002
        return np.zeros(shape[1:], np.uint16)


def test_pixels_of_another_shape_are_noticed():
    record = seal(tile_of(ramp()), Flat(), "flat").record
    with pytest.raises(CodecError, match="differ from those that were sealed"):
        open_record(record, {"flat": Flat()})


class Same(Raw):
    """A codec that makes nothing shorter."""


def test_what_a_codec_does_not_make_shorter_goes_as_raw():
    sealed = seal(tile_of(ramp()), Same(), "same")
    assert sealed.codec == "raw"
    assert read_header(sealed.record).is_fallback


@pytest.mark.parametrize("name", ["", "a-codec-with-18-ch", "with space", "grün"])
def test_a_codec_name_that_does_not_fit_is_refused(name):
    with pytest.raises(CodecError, match="codec is named"):
        seal(tile_of(np.zeros((4, 64, 64), np.uint16)), MedZstd(), name)


def test_a_tile_too_far_down_for_its_header_is_refused():
    with pytest.raises(CodecError, match="does not fit a record"):
        seal(tile_of(ramp(), row=70_000), Raw(), "raw")


def test_samples_of_another_size_than_the_window_are_refused():
    tile = tile_of(ramp())
    other = Tile(
        **{name: getattr(tile, name) for name in tile.__slots__} | {"window": Window(0, 0, 3, 3)}
    )
    with pytest.raises(CodecError, match="does not fit Window"):
        seal(other, Raw(), "raw")


def resealed(record, offset, fields):
    """A record whose header was changed by someone who can compute checksums."""
    changed = bytearray(record)
    changed[offset : offset + len(fields)] = fields
    changed[68:72] = struct.pack("<I", zlib.crc32(bytes(changed[:68])))
    return bytes(changed)


@pytest.mark.parametrize(
    ("offset", "fields"),
    [
        (4, struct.pack("<I", 0)),
        (4, struct.pack("<I", 2**32 - 1)),
        (8, b"\x01"),
        (9, b"\x04"),
        (9, b"\x05"),
        (9, b"\x08"),
        (42, struct.pack("<H", 2048)),
        (10, struct.pack("<H", 0)),
        (10, struct.pack("<H", 257)),
        (10, struct.pack("<H", 256)),
        (24, struct.pack("<HH", 0, 0)),
        (24, struct.pack("<HH", 65_535, 65_535)),
        (24, struct.pack("<HH", 16_384, 2_048)),
        (28, b"\0" * 16),
        (28, b"\xff" * 16),
        (46, b"\x00"),
        (46, b"\xff"),
    ],
)
def test_a_header_that_lies_is_refused_before_anything_large_is_allocated(offset, fields):
    record = seal(tile_of(np.zeros((4, 64, 64), np.uint16)), MedZstd(), "med-zstd").record
    with pytest.raises(CodecError):
        open_record(resealed(record, offset, fields), CODECS)


@pytest.mark.parametrize(
    ("offset", "fields"),
    [
        (0, b"tim\xe5"),
        (4, struct.pack("<I", 71)),
        (42, struct.pack("<H", 2048)),
        (9, b"\x04"),
        (9, b"\xf0"),
    ],
)
def test_the_header_alone_tells_that_it_lies(offset, fields):
    """Whoever scans a file or files records reads no more than headers."""
    record = seal(tile_of(np.zeros((4, 64, 64), np.uint16)), MedZstd(), "med-zstd").record
    with pytest.raises(CodecError):
        read_header(resealed(record, offset, fields))


def test_a_record_packed_as_raw_cannot_tell_of_a_codecs_own_loss():
    noise = np.random.default_rng(0).integers(0, 4096, (1, 16, 16)).astype(np.uint16)
    record = resealed(seal(tile_of(noise), MedZstd(), "med-zstd").record, 42, struct.pack("<H", 2))
    assert read_header(record).is_fallback
    with pytest.raises(CodecError, match="marked as lossy in the codec"):
        read_header(resealed(record, 9, b"\x05"))
