"""`ccsds123` keeps the contract of codecs, its promises beyond it, and what it says of its payload."""

import dataclasses
import itertools
import os
import subprocess
import sys
import tracemalloc

import imagecodecs
import numpy as np
import pytest
from contracts.codec import CodecContract, textured

from payload.compression import ccsds123_bits, ccsds123_block_adaptive
from payload.compression.ccsds123 import Ccsds123
from payload.compression.raw import Raw
from payload.errors import CodecError
from payload.registry import plugin, validate

SAMPLES = Ccsds123()
BLOCKS = Ccsds123(coder="block-adaptive")
HEADER_BYTES = 23
OPTIONS = [
    SAMPLES,
    BLOCKS,
    Ccsds123(local_sums="column-oriented", previous_bands=0, unary_limit=8, initial_k=14),
    Ccsds123(
        previous_bands=15, weight_bits=19, first_exponent=-6, last_exponent=9, interval_bits=4
    ),
    Ccsds123(weight_bits=4, first_exponent=9, last_exponent=9, initial_count=8, rescaling_count=11),
    Ccsds123(fine_bits=4, damping=15, offset=15, block_size=8, coder="block-adaptive"),
]


class TestSampleAdaptive(CodecContract):
    codec = SAMPLES


class TestBlockAdaptive(CodecContract):
    codec = BLOCKS

    def test_the_same_samples_give_the_same_bytes(self):
        bands = textured((4, 50, 60), 12)
        again = Ccsds123(coder="block-adaptive")
        assert self.codec.encode(bands, bit_depth=12) == again.encode(bands.copy(), bit_depth=12)


def masks(height, width):
    """Planes of pixels that are not coded: none, all, one clear, first rows, specks, a disc, one corner."""
    rng = np.random.default_rng(height * 100 + width)
    y, x = np.mgrid[:height, :width]
    one = np.ones((height, width), bool)
    one[height // 2, width - 1] = False
    corner = np.zeros((height, width), bool)
    corner[0, 0] = True
    return [
        np.zeros((height, width), bool),
        np.ones((height, width), bool),
        one,
        y < height // 3,
        rng.random((height, width)) < 0.5,
        np.hypot(y - height / 2, x - width / 2) < min(height, width) / 2.5,
        corner,
    ]


@pytest.mark.parametrize("codec", OPTIONS, ids=range(len(OPTIONS)))
@pytest.mark.parametrize("shape", [(4, 40, 30), (1, 1, 9), (3, 9, 1), (2, 1, 1), (20, 7, 6)])
def test_coded_pixels_come_back_under_any_mask_and_the_others_as_zero(codec, shape):
    bands = textured(shape, 12)
    for not_coded in masks(*shape[1:]):
        plane = not_coded.copy()
        payload = codec.encode(bands, bit_depth=12, not_coded=plane)
        decoded = codec.decode(payload, shape, bit_depth=12, not_coded=plane)
        np.testing.assert_array_equal(decoded, np.where(not_coded, 0, bands))
        np.testing.assert_array_equal(plane, not_coded)


@pytest.mark.parametrize("codec", [SAMPLES, BLOCKS])
def test_pixels_that_are_not_coded_are_not_looked_at(codec):
    """Whatever stands there, be it beyond the bit depth, the payload is the same."""
    bands = textured((4, 30, 41), 12)
    not_coded = masks(30, 41)[4]
    payload = codec.encode(bands, bit_depth=12, not_coded=not_coded)
    other = bands.copy()
    other[:, not_coded] = 65_535
    before = other.copy()
    assert codec.encode(other, bit_depth=12, not_coded=not_coded) == payload
    np.testing.assert_array_equal(other, before)


def test_a_mask_of_nothing_gives_the_bytes_of_no_mask():
    bands = textured((4, 30, 41), 12)
    nothing = np.zeros((30, 41), bool)
    assert SAMPLES.encode(bands, bit_depth=12, not_coded=nothing) == SAMPLES.encode(
        bands, bit_depth=12
    )


@pytest.mark.parametrize("codec", [SAMPLES, BLOCKS])
def test_a_tile_without_coded_pixels_is_no_bytes_at_all(codec):
    everything = np.ones((8, 9), bool)
    payload = codec.encode(textured((4, 8, 9), 12), bit_depth=12, not_coded=everything)
    assert payload == b""
    with pytest.raises(CodecError, match="without coded pixels"):
        codec.decode(b"\0", (4, 8, 9), bit_depth=12, not_coded=everything)


def test_what_is_not_coded_costs_nothing():
    """Half a disc of clear ground takes its share of the bits, within 2 %, and its rim."""
    bands = textured((4, 128, 128), 12)
    not_coded = masks(128, 128)[5]
    part = len(SAMPLES.encode(bands, bit_depth=12, not_coded=not_coded))
    whole = len(SAMPLES.encode(bands, bit_depth=12))
    assert part < whole * ((~not_coded).mean() + 0.02)


@pytest.mark.parametrize(
    "plane",
    [np.zeros((4, 5), bool), np.zeros((5, 4), np.uint8), np.zeros((1, 5, 4), bool)],
    ids=["transposed", "not bool", "three axes"],
)
def test_a_plane_that_does_not_fit_is_refused(plane):
    bands = textured((2, 5, 4), 12)
    payload = SAMPLES.encode(bands, bit_depth=12)
    with pytest.raises(CodecError, match="not coded"):
        SAMPLES.encode(bands, bit_depth=12, not_coded=plane)
    with pytest.raises(CodecError, match="not coded"):
        SAMPLES.decode(payload, bands.shape, bit_depth=12, not_coded=plane)


@pytest.mark.parametrize("limit", [1, 2, 5, 100, 2047])
@pytest.mark.parametrize("coder", ["sample-adaptive", "block-adaptive"])
@pytest.mark.parametrize("fine", [(0, 0, 0), (3, 2, 5)])
def test_no_sample_is_further_off_than_the_error_limit(limit, coder, fine):
    codec = Ccsds123(
        max_error_dn=limit, coder=coder, fine_bits=fine[0], damping=fine[1], offset=fine[2]
    )
    rng = np.random.default_rng(limit)
    smooth = textured((4, 40, 50), 12)
    rough = rng.integers(0, 4096, (2, 20, 30), np.uint16)
    edges = (rng.integers(0, 2, (2, 20, 30)) * 4095).astype(np.uint16)
    for bands in (smooth, rough, edges):
        payload = codec.encode(bands, bit_depth=12)
        decoded = codec.decode(payload, bands.shape, bit_depth=12)
        errors = np.abs(decoded.astype(int) - bands)
        assert errors.max() <= limit
        assert int(decoded.max()) < 4096
        np.testing.assert_array_equal(decoded[:, 0, 0], bands[:, 0, 0])  # never quantised
    assert errors.any()


def test_a_greater_error_limit_makes_a_smaller_payload():
    bands = textured((4, 64, 64), 12)
    lengths = [
        len(Ccsds123(max_error_dn=limit).encode(bands, bit_depth=12)) for limit in (0, 1, 2, 4, 8)
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[1] < 0.9 * lengths[0]


@pytest.mark.parametrize(("limit", "bit_depth"), [(1, 1), (2, 2), (128, 8), (2048, 12)])
def test_an_error_limit_of_half_the_range_is_refused(limit, bit_depth):
    """CCSDS 123.0-B-2, 4.8.2: limits have at most D - 1 bits."""
    bands = np.zeros((1, 4, 4), np.uint16)
    with pytest.raises(CodecError, match="half the range"):
        Ccsds123(max_error_dn=limit).encode(bands, bit_depth=bit_depth)


def test_bands_help_each_other_and_ground_becomes_smaller_than_packing():
    bands = textured((4, 128, 128), 12)
    raw = len(Raw().encode(bands, bit_depth=12))
    together = len(SAMPLES.encode(bands, bit_depth=12))
    alone = len(Ccsds123(previous_bands=0).encode(bands, bit_depth=12))
    assert together < alone < raw


def test_the_decoder_goes_by_the_payload_and_not_by_its_own_options():
    bands = textured((5, 20, 30), 12)
    payloads = [codec.encode(bands, bit_depth=12) for codec in OPTIONS]
    assert len(set(payloads)) == len(OPTIONS)
    for payload, codec in itertools.product(payloads, OPTIONS):
        np.testing.assert_array_equal(codec.decode(payload, bands.shape, bit_depth=12), bands)


@pytest.mark.parametrize("size", [8, 16, 32, 64])
@pytest.mark.parametrize("bit_depth", [3, 8, 9, 12, 16])
def test_blocks_are_as_long_as_those_of_libaec_and_read_by_it(size, bit_depth):
    """libaec is the independent implementation of CCSDS 121.0-B, without its preprocessor."""
    rng = np.random.default_rng(size * bit_depth)
    scales = np.repeat([0, 0, 0, 0, 0, 0, 0, 0.1, 0.3, 1, 5, 0, 40, 2.0**bit_depth], 10 * size)
    noise = np.abs(rng.normal(0, 1, scales.size)) * scales
    values = np.minimum(noise, 2**bit_depth - 1).astype(np.uint16)
    words = np.empty(values.size, np.uint32)
    tail = ccsds123_block_adaptive.write_blocks(values, words, size, bit_depth)
    own = ccsds123_bits.written(words, tail)
    settings = {"bitspersample": bit_depth, "blocksize": size, "rsi": 4096, "flags": 0}
    dtype = np.uint8 if bit_depth <= 8 else np.uint16
    theirs = imagecodecs.aec_encode(values.astype(dtype), **settings)
    assert len(own) == len(theirs)
    read = imagecodecs.aec_decode(own, out=np.empty(values.size, dtype).nbytes, **settings)
    np.testing.assert_array_equal(np.frombuffer(read, dtype), values)
    back = np.zeros(values.size, np.uint16)
    bits, end = ccsds123_bits.as_words(bytes(theirs)), 8 * len(theirs)
    assert 0 <= end - ccsds123_block_adaptive.read_blocks(back, bits, end, size, bit_depth) < 8
    np.testing.assert_array_equal(back, values)


def test_the_payload_is_laid_out_as_documented():
    codec = Ccsds123(
        coder="block-adaptive",
        local_sums="column-oriented",
        previous_bands=5,
        weight_bits=14,
        first_exponent=-3,
        last_exponent=2,
        interval_bits=6,
        fine_bits=3,
        damping=1,
        offset=2,
        max_error_dn=300,
        unary_limit=20,
        initial_count=2,
        rescaling_count=7,
        initial_k=3,
        block_size=32,
    )
    payload = codec.encode(np.zeros((1, 2, 2), np.uint16), bit_depth=11)
    header = bytes(
        [1, 11, 1, 1, 5, 14, 253, 2, 6, 3, 1, 2, 300 % 256, 300 // 256, 20, 2, 7, 3, 32, 4, 0, 0, 0]
    )
    assert payload[:HEADER_BYTES] == header
    # The first sample, 1024 below the middle, is index 2047: a block without compression, 32 x 11 bit.
    digits = "1111" + f"{2047:011b}" + "0" * (31 * 11)
    plain = int(digits + "0" * (-len(digits) % 8), 2).to_bytes(-(-len(digits) // 8), "big")
    assert len(payload) - HEADER_BYTES <= len(plain)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"previous_bands": 16}, "previous_bands is 16; expected 0 to 15"),
        ({"weight_bits": 3}, "weight_bits"),
        ({"first_exponent": 4}, "below first_exponent"),
        ({"initial_count": 4}, "above initial_count"),
        ({"damping": 1}, "below 2"),
        ({"fine_bits": 2, "offset": 4}, "below 2"),
        ({"unary_limit": 33}, "unary_limit"),
        ({"block_size": 24}, "block_size is 24"),
        ({"coder": "hybrid"}, "coder"),
        ({"local_sums": "narrow"}, "local_sums"),
        ({"max_error_dn": -1}, "max_error_dn"),
    ],
)
def test_options_beyond_the_standards_ranges_are_refused(changes, message):
    with pytest.raises(CodecError, match=message):
        Ccsds123(**changes)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, 2, "version 2"),
        (1, 11, "11 bit"),
        (2, 2, "unknown"),
        (3, 9, "unknown"),
        (4, 16, "previous_bands"),
        (6, 0x80, "first_exponent"),
        (9, 5, "fine_bits"),
        (13, 0x80, "max_error_dn"),
        (13, 0x08, "half the range"),
        (18, 7, "block_size"),
        (20, 1, "340 coded samples"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(place, value, message):
    payload = bytearray(SAMPLES.encode(textured((2, 6, 7), 12), bit_depth=12))
    payload[place] = value
    with pytest.raises(CodecError, match=message):
        SAMPLES.decode(bytes(payload), (2, 6, 7), bit_depth=12)


def test_a_last_byte_that_is_not_filled_up_with_zeros_is_refused():
    bands = np.full((1, 1, 2), 2048, np.uint16)
    payload = SAMPLES.encode(bands, bit_depth=12)
    with pytest.raises(CodecError, match="zeros"):
        SAMPLES.decode(payload[:-1] + bytes([payload[-1] | 1]), bands.shape, bit_depth=12)


def mutated(rng, payload):
    """Some bytes of a payload changed, some inserted, some removed, or another length altogether."""
    octets = bytearray(payload)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(0, len(octets) + 1))
        match int(rng.integers(0, 4)):
            case 0:
                octets[at : at + 1] = rng.bytes(1)
            case 1:
                octets[at:at] = rng.bytes(int(rng.integers(1, 5)))
            case 2:
                del octets[at : at + int(rng.integers(1, 5))]
            case _ if at < len(octets):
                octets[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(octets)


def fuzz(count, seed):
    """How many of so many mutated payloads were decoded, and how many refused; any other end is an error."""
    rng = np.random.default_rng(seed)
    decoded = refused = 0
    cases = []
    for codec in [
        *OPTIONS,
        Ccsds123(max_error_dn=3),
        Ccsds123(max_error_dn=2, coder="block-adaptive"),
    ]:
        for shape, bit_depth in (((3, 6, 7), 12), ((1, 9, 1), 1), ((2, 4, 9), 16), ((5, 8, 8), 8)):
            for not_coded in (None, masks(*shape[1:])[4]):
                if codec.max_error_dn >> (bit_depth - 1):
                    continue
                bands = textured(shape, bit_depth, seed)
                payload = codec.encode(bands, bit_depth=bit_depth, not_coded=not_coded)
                cases.append((payload, shape, bit_depth, not_coded))
    for number in range(count):
        payload, shape, bit_depth, not_coded = cases[number % len(cases)]
        try:
            bands = SAMPLES.decode(
                mutated(rng, payload), shape, bit_depth=bit_depth, not_coded=not_coded
            )
        except CodecError:
            refused += 1
            continue
        decoded += 1
        assert bands.shape == shape
        assert bands.dtype == np.uint16
        assert int(bands.max()) < 2**bit_depth
        if not_coded is not None:
            assert not bands[:, not_coded].any()
    return decoded, refused


def test_mutated_payloads_give_samples_or_a_codec_error():
    decoded, refused = fuzz(6_000, seed=1)
    assert decoded + refused == 6_000
    assert min(decoded, refused) > 100


def test_random_bits_behind_a_good_header_allocate_no_more_than_the_shape_asks_for():
    rng = np.random.default_rng(5)
    shape = (8, 64, 64)
    for codec in (*OPTIONS, Ccsds123(previous_bands=15, block_size=64, coder="block-adaptive")):
        header = codec.encode(np.zeros(shape, np.uint16), bit_depth=12)[:HEADER_BYTES]
        for length in (0, 1, 40, 4_000, 40_000):
            tracemalloc.start()
            try:
                SAMPLES.decode(header + rng.bytes(length), shape, bit_depth=12)
            except CodecError:
                pass
            finally:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
            # Indices, samples, a central difference of each of 10 bands; words of the payload.
            assert peak < 4 * 64 * 64 * (8 + 8 + 10) + 4 * length + 200_000


def test_a_short_payload_of_a_huge_shape_is_refused_before_anything_is_allocated():
    payload = bytearray(SAMPLES.encode(textured((2, 6, 7), 12), bit_depth=12))
    payload[19:23] = (1_000_000).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(CodecError, match="cannot hold"):
        SAMPLES.decode(bytes(payload), (1, 1000, 1000), bit_depth=12)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000  # the plane of coded pixels


PLAIN = """
import hashlib, sys
import numpy as np
from payload.compression.ccsds123 import Ccsds123
if sys.argv[1] == "absent":
    sys.modules["numba"] = None
digest = hashlib.sha256()
rng = np.random.default_rng(7)
bands = np.minimum(np.cumsum(rng.integers(0, 9, (5, 12, 10)), axis=1) * 37, 4095).astype(np.uint16)
bands[2, 3:5] = 4095
for options in (
    {}, {"coder": "block-adaptive", "block_size": 8}, {"max_error_dn": 2, "previous_bands": 4},
    {"fine_bits": 2, "damping": 1, "offset": 3, "max_error_dn": 1, "local_sums": "column-oriented"},
    {"weight_bits": 19, "first_exponent": -6, "unary_limit": 8},
):
    for not_coded in (None, rng.random((12, 10)) < 0.3):
        codec = Ccsds123(**options)
        payload = codec.encode(bands, bit_depth=12, not_coded=not_coded)
        digest.update(payload)
        digest.update(codec.decode(payload, bands.shape, bit_depth=12, not_coded=not_coded).tobytes())
wide = rng.integers(0, 65536, (3, 9, 9), np.uint16)
digest.update(Ccsds123(weight_bits=19).encode(wide, bit_depth=16))
print(digest.hexdigest(), "numba" in sys.modules and sys.modules["numba"] is not None)
"""


def test_the_bytes_are_the_same_with_numba_without_its_compiler_and_without_numba():
    def run(numba, **environment):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", PLAIN, numba],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    fast = run("present")
    interpreted = run("present", NUMBA_DISABLE_JIT="1")
    absent = run("absent")
    assert fast == interpreted
    assert absent == [fast[0], "False"]


def test_it_is_found_by_its_name_and_its_options_are_validated():
    assert plugin("payload.codec", "ccsds123") is Ccsds123
    options = {"coder": "block-adaptive", "max_error_dn": 1}
    model = validate("payload.codec", "ccsds123", options)
    assert Ccsds123(**model.model_dump()) == dataclasses.replace(BLOCKS, max_error_dn=1)
    with pytest.raises(ValueError, match="previous_bands"):
        validate("payload.codec", "ccsds123", {"previous_bands": 99})
