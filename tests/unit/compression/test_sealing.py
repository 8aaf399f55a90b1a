"""Records of tiles whose cloudy pixels are not coded."""

import struct
import tracemalloc
import zlib
from dataclasses import replace

import numpy as np
import pytest
import zstandard
from contracts.codec import blotted, planes_of, textured, tile_of

from payload.compression import (
    LOSSLESS,
    Coding,
    Loss,
    open_record,
    raw_record_bytes,
    seal,
    seal_clear,
)
from payload.compression.interchange import JpegLs
from payload.compression.med import MedZstd
from payload.compression.plane import cleaned, pack_plane, unpack_plane
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES
from payload.errors import CodecError
from payload.types import Patch

CODECS = {"raw": Raw(), "med-zstd": MedZstd(), "jpegls": JpegLs()}
SHAPES = [(4, 64, 64), (3, 23, 31), (1, 1, 9), (2, 40, 17)]


def clear_of(tile, not_coded, name="med-zstd"):
    coding = Coding(CODECS[name], name)
    whole = seal(tile, coding.codec, name, cover=0.4)
    return seal_clear(tile, coding, not_coded=not_coded, whole=whole), whole


@pytest.mark.parametrize("name", sorted(CODECS))
@pytest.mark.parametrize("shape", SHAPES)
def test_clear_pixels_come_back_exactly_and_nothing_is_longer_for_it(shape, name):
    tile = tile_of(textured(shape, 12))
    for not_coded in planes_of(shape)[1:]:
        sealed, whole = clear_of(tile, not_coded, name)
        assert len(sealed.record) <= len(whole.record) <= raw_record_bytes(*shape, 12)
        opened = open_record(sealed.record, CODECS)
        if sealed is whole:
            assert opened.not_coded is None
            continue
        np.testing.assert_array_equal(opened.not_coded, not_coded)
        np.testing.assert_array_equal(opened.bands, np.where(not_coded, 0, tile.patch.bands))
        assert opened.header.has_plane
        assert opened.header.cover == pytest.approx(0.4, abs=1e-4)


def lacking(bands, gaps, bit_depth=12):
    """The samples as a tile some of whose pixels have no data, and are therefore 0."""
    bands = np.where(gaps, np.uint16(0), bands)
    return replace(tile_of(bands, bit_depth=bit_depth), patch=Patch(bands, valid=~gaps))


@pytest.mark.parametrize("loss", [LOSSLESS, Loss(max_error=3), Loss(bits_per_sample=5.0)])
@pytest.mark.parametrize("name", sorted(CODECS))
@pytest.mark.parametrize("shape", SHAPES)
def test_pixels_without_data_are_told_from_dark_ones_and_no_record_grows_beyond_raw(
    shape, name, loss
):
    dark = textured(shape, 12)
    dark[:, ::5] = 0
    for gaps in planes_of(shape)[1:]:
        sealed = seal(lacking(dark, gaps), CODECS[name], name, loss=loss)
        most = raw_record_bytes(*shape, 12)
        assert len(sealed.record) <= most
        opened = open_record(sealed.record, CODECS)
        if opened.not_coded is None:  # there are none, or so few that telling them would be longer
            with_plane = 4 + len(pack_plane(gaps)) + shape[0] * np.count_nonzero(~gaps) * 12 // 8
            assert not gaps.any() or HEADER_BYTES + with_plane > most or loss is not LOSSLESS
        else:
            np.testing.assert_array_equal(opened.not_coded, gaps)
        assert not opened.bands[:, gaps].any()


def test_two_pixels_without_data_in_a_tile_that_no_codec_shrinks_are_coded_as_0():
    noise = np.random.default_rng(0).integers(1, 4096, (1, 64, 64)).astype(np.uint16)
    gaps = np.zeros((64, 64), np.bool_)
    gaps[[5, 40], [50, 7]] = True
    sealed = seal(lacking(noise, gaps), MedZstd(), "med-zstd")
    assert len(sealed.record) == raw_record_bytes(1, 64, 64, 12)
    opened = open_record(sealed.record, {})
    assert opened.not_coded is None
    np.testing.assert_array_equal(opened.bands == 0, gaps[None])
    assert sealed.encodings == 2


def test_only_cloud_counts_as_left_out_beside_pixels_without_data():
    """The second method: records of the same tile as `raw`, with and without its clouds."""
    gaps, cloud = blotted((4, 64, 64), 0.3, seed=1), blotted((4, 64, 64), 0.4, seed=2)
    tile = lacking(textured((4, 64, 64), 12), gaps)
    sealed, whole = clear_of(tile, cloud)
    raw, raw_whole = clear_of(tile, cloud, "raw")
    assert sealed.not_coded_bytes == len(raw_whole.record) - len(raw.record) > 0
    assert len(sealed.record) < len(whole.record)
    np.testing.assert_array_equal(open_record(sealed.record, CODECS).not_coded, cloud | gaps)
    over_nothing, whole = clear_of(tile, cloud & gaps)
    assert over_nothing is whole


@pytest.mark.parametrize("share", [0.2, 0.6, 1.0])
def test_what_is_left_out_is_what_a_raw_record_would_be_shorter_by(share):
    """The second method: the raw record itself."""
    tile = tile_of(textured((4, 64, 64), 12))
    not_coded = blotted((4, 64, 64), share) if share < 1 else np.ones((64, 64), np.bool_)
    sealed, _ = clear_of(tile, not_coded)
    raw, whole = clear_of(tile, not_coded, "raw")
    assert sealed.not_coded_bytes == raw.not_coded_bytes == len(whole.record) - len(raw.record) > 0
    assert len(sealed.record) <= len(raw.record)


def test_a_speckled_plane_that_costs_more_than_it_saves_is_not_sent():
    tile = tile_of(np.full((1, 64, 64), 700, np.uint16))
    specks = np.random.default_rng(1).random((64, 64)) < 0.3
    sealed, whole = clear_of(tile, specks)
    assert sealed is whole
    assert sealed.not_coded_bytes == 0


def test_noise_under_a_plane_falls_back_to_raw_samples_of_the_clear_pixels():
    noise = np.random.default_rng(0).integers(0, 4096, (2, 64, 64)).astype(np.uint16)
    not_coded = np.zeros((64, 64), np.bool_)
    not_coded[:, :40] = True
    sealed, _ = clear_of(tile_of(noise), not_coded)
    assert sealed.codec == "raw"
    assert len(sealed.record) == raw_record_bytes(2, 64, 64, 12) - sealed.not_coded_bytes
    np.testing.assert_array_equal(
        open_record(sealed.record, {}).bands, np.where(not_coded, 0, noise)
    )


def test_every_flipped_bit_of_a_record_with_a_plane_is_noticed():
    sealed, whole = clear_of(tile_of(textured((2, 24, 24), 12)), blotted((2, 24, 24), 0.5))
    assert sealed is not whole
    damaged = bytearray(sealed.record)
    for bit in range(8 * len(damaged)):
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            open_record(bytes(damaged), CODECS)
        damaged[bit // 8] ^= 1 << bit % 8
    open_record(bytes(damaged), CODECS)


@pytest.mark.parametrize("length", [0, 1, 5, 2**31, 2**32 - 1])
def test_a_plane_that_lies_about_its_length_is_refused(length):
    """By someone who can compute checksums."""
    sealed, _ = clear_of(tile_of(textured((2, 24, 24), 12)), blotted((2, 24, 24), 0.5))
    body = struct.pack("<I", length) + sealed.record[HEADER_BYTES + 4 :]
    header = bytearray(sealed.record[:HEADER_BYTES])
    header[64:68] = struct.pack("<I", zlib.crc32(body))
    header[68:72] = struct.pack("<I", zlib.crc32(bytes(header[:68])))
    with pytest.raises(CodecError):
        open_record(bytes(header) + body, CODECS)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (64, 64), (40, 17)])
def test_a_plane_comes_back_and_one_of_everything_takes_no_byte(shape):
    for plane in planes_of((1, *shape))[1:]:
        packed = pack_plane(plane)
        assert (packed == b"") == plane.all()
        np.testing.assert_array_equal(unpack_plane(packed, *shape), plane)
    for wrong in (b"x", packed[:-1], packed + b"\0"):
        if wrong:
            with pytest.raises(CodecError):
                unpack_plane(wrong, *shape)
    with pytest.raises(CodecError):
        unpack_plane(pack_plane(np.zeros((8, 8), np.bool_)), 65_535, 65_535)


def brute(cloud, side, any_of):
    """Opening and closing by their definition: the union of the squares that fit into the set."""
    height, width = cloud.shape
    found = np.zeros_like(cloud)
    for i in range(1 - side, height):
        for j in range(1 - side, width):
            square = np.s_[max(i, 0) : i + side, max(j, 0) : j + side]
            inside = i >= 0 and j >= 0 and i + side <= height and j + side <= width
            if cloud[square].all() and (inside or any_of):
                found[square] = True
    return found


@pytest.mark.parametrize("shape", [(30, 40), (3, 50), (17, 5), (1, 1)])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
@pytest.mark.parametrize("whole_bytes", [1, 500, 1_000_000])
def test_a_cleaned_mask_is_the_mask_opened_by_definition_as_long_as_that_saves(
    shape, share, whole_bytes
):
    """Mathematical morphology: opening is the union of the squares inside. The price is counted anew."""
    rng = np.random.default_rng(5)
    cloud = blotted((1, *shape), share, seed=2) | (rng.random(shape) < 0.2)
    before = cloud.copy()
    found = cleaned(cloud, whole_bytes=whole_bytes)
    np.testing.assert_array_equal(cloud, before)

    def price(plane):
        plane_bytes = len(pack_plane(plane)) if plane.any() else 0
        return plane_bytes + np.mean(~plane) * whole_bytes

    wanted = cloud
    for side in range(2, 1 + min(4, *shape)):
        opened = brute(cloud, side, any_of=False)
        if price(opened) >= price(wanted):
            break
        wanted = opened
    np.testing.assert_array_equal(found, wanted)


def test_specks_go_where_ground_is_cheap_and_clear_pixels_are_never_given_up():
    """Scattered pixels of cloud: each takes a byte or so of the plane, and saves what a pixel takes."""
    rng = np.random.default_rng(6)
    cloud = rng.random((128, 128)) < 0.02
    assert not cleaned(cloud, whole_bytes=128 * 128 // 2).any()
    np.testing.assert_array_equal(cleaned(cloud, whole_bytes=128 * 128 * 6), cloud)
    cloud[20:90, 10:60] = True
    kept = cleaned(cloud, whole_bytes=128 * 128 // 2)
    assert 70 * 50 <= kept.sum() < 70 * 50 + 40
    assert not (kept & ~cloud).any()


def test_all_cloud_stays_and_no_cloud_stays_none():
    everything = np.ones((40, 40), np.bool_)
    assert cleaned(everything, whole_bytes=1000).all()
    assert not cleaned(~everything, whole_bytes=1000).any()


class Sized:
    """A codec whose payloads have the lengths that a test wants: of the whole tile, and beside a plane."""

    def __init__(self, whole, clear):
        self.lengths = (whole, clear)

    def encode(self, bands, *, bit_depth, not_coded=None):  # noqa: ARG002
        return bytes(self.lengths[not_coded is not None])


def test_a_record_with_a_plane_that_is_no_shorter_is_not_taken():
    not_coded = np.zeros((64, 64), np.bool_)
    not_coded[:32] = True
    plane_bytes = 4 + len(pack_plane(not_coded))
    tile = tile_of(textured((1, 64, 64), 12))
    for shorter, is_taken in ((plane_bytes, False), (plane_bytes + 1, True)):
        coding = Coding(Sized(1000, 1000 - shorter), "sized")
        whole = seal(tile, coding.codec, "sized")
        found = seal_clear(tile, coding, not_coded=not_coded, whole=whole)
        assert (found is not whole) == is_taken


def test_a_plane_that_takes_more_than_its_samples_packed_is_not_taken():
    """What a codec gains beside it is luck: the books tell packed samples that stayed, less the plane."""
    speck = np.zeros((64, 64), np.bool_)
    speck[5, 5] = True
    tile = tile_of(textured((1, 64, 64), 12))
    coding = Coding(Sized(1000, 500), "sized")
    whole = seal(tile, coding.codec, "sized")
    assert seal_clear(tile, coding, not_coded=speck, whole=whole) is whole


def test_a_plane_that_takes_as_much_as_its_samples_packed_is_not_taken_however_short_the_record():
    """Of one band of 8 bit a pixel is a byte packed: so many pixels are hidden as the plane takes bytes, then one more."""

    def first(count):
        return np.arange(64 * 64).reshape(64, 64) < count

    def plane_bytes(count):
        return 4 + len(pack_plane(first(count)))

    even = next(count for count in range(1, 64) if plane_bytes(count) == count)
    more = next(count for count in range(even + 1, 64) if plane_bytes(count) == count - 1)
    tile = tile_of(textured((1, 64, 64), 8), bit_depth=8)
    coding = Coding(Sized(1000, 500), "sized")
    whole = seal(tile, coding.codec, "sized")
    assert seal_clear(tile, coding, not_coded=first(even), whole=whole) is whole
    found = seal_clear(tile, coding, not_coded=first(more), whole=whole)
    assert len(found.record) == HEADER_BYTES + plane_bytes(more) + 500 < len(whole.record)
    assert found.not_coded_bytes == 1


def test_spare_bits_of_a_plane_that_are_not_zero_are_refused():
    """Else two planes would tell the same, and a hash over the record's pixels could not know."""
    for octet, is_good in ((0b10100000, True), (0b10100100, False)):
        packed = zstandard.ZstdCompressor(write_checksum=False).compress(bytes([octet] * 3))
        if is_good:
            assert unpack_plane(packed, 3, 5).tolist() == [[True, False, True, False, False]] * 3
        else:
            with pytest.raises(CodecError, match="padded with zeros"):
                unpack_plane(packed, 3, 5)


def claiming(content_bytes):
    """A Zstandard frame of no block that says it holds so much: RFC 8878, one segment, size in 4 bytes."""
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", content_bytes) + b"\x01\0\0"


SIDE = 8192
FRAMES = struct.pack("<2I", 12, 12) + 2 * claiming(SIDE * SIDE)


@pytest.mark.parametrize(
    "decode",
    [
        lambda: unpack_plane(claiming(SIDE * SIDE // 8), SIDE, SIDE),
        lambda: MedZstd().decode(FRAMES, (1, SIDE, SIDE), bit_depth=12),
    ],
    ids=["plane", "payload"],
)
def test_a_frame_that_claims_more_than_it_can_hold_takes_no_memory(decode):
    tracemalloc.start()
    try:
        with pytest.raises(CodecError):
            decode()
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
