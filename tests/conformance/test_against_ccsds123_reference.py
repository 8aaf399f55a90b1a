"""`ccsds123` against a literal reading of CCSDS 123.0-B-2, bit for bit, and against libaec for its blocks."""

import imagecodecs
import numpy as np
import pytest
from conformance import ccsds123_reference as reference
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payload.compression.ccsds123 import Ccsds123
from payload.compression.ccsds123_predictor import Planes, Predictor, predict

HEADER_BYTES = 23

COARSE = {
    "local_sums": "neighbour-oriented",
    "previous_bands": 2,
    "weight_bits": 4,
    "first_exponent": -6,
    "last_exponent": -6,
    "interval_bits": 4,
    "fine_bits": 0,
    "damping": 0,
    "offset": 0,
    "unary_limit": 8,
    "initial_count": 1,
    "rescaling_count": 4,
    "initial_k": 0,
}


@st.composite
def options(draw):
    """Any options of the standard's ranges."""
    first = draw(st.integers(-6, 9))
    fine = draw(st.integers(0, 4))
    initial = draw(st.integers(1, 8))
    return {
        "local_sums": draw(st.sampled_from(["neighbour-oriented", "column-oriented"])),
        "previous_bands": draw(st.integers(0, 15)),
        "weight_bits": draw(st.integers(4, 19)),
        "first_exponent": first,
        "last_exponent": draw(st.integers(first, 9)),
        "interval_bits": draw(st.integers(4, 11)),
        "fine_bits": fine,
        "damping": draw(st.integers(0, 2**fine - 1)),
        "offset": draw(st.integers(0, 2**fine - 1)),
        "unary_limit": draw(st.integers(8, 32)),
        "initial_count": initial,
        "rescaling_count": draw(st.integers(max(4, initial + 1), 11)),
        "initial_k": draw(st.integers(0, 14)),
    }


@st.composite
def cubes(draw):
    """Small tiles: noise, ramps with noise, extremes; one in four with a plane of pixels not coded."""
    bit_depth = draw(st.integers(2, 16))
    shape = draw(
        st.one_of(
            st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 7)),
            st.just((18, 3, 4)),
            st.just((2, 20, 5)),
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    top = 2**bit_depth - 1
    match draw(st.sampled_from(["noise", "ramp", "extremes", "flat"])):
        case "noise":
            bands = rng.integers(0, top, shape, endpoint=True)
        case "ramp":
            ramp = np.add.outer(np.arange(shape[1]), 2 * np.arange(shape[2])) * top / 40
            bands = np.clip(ramp + rng.normal(0, 1 + top / 100, shape), 0, top)
        case "extremes":
            bands = rng.integers(0, 2, shape) * top
        case _:
            bands = np.full(shape, draw(st.integers(0, top)))
    not_coded = None
    if draw(st.integers(0, 3)) == 0:
        not_coded = rng.random(shape[1:]) < rng.random()
        not_coded.flat[draw(st.integers(0, not_coded.size - 1))] = False
    return bands.astype(np.uint16), bit_depth, not_coded


def literal(bands, bit_depth, chosen, limit, not_coded, **rule):
    """Indices a band and the decoded tile, by the reference."""
    parameters = reference.Parameters(
        D=bit_depth,
        m=limit,
        P=chosen["previous_bands"],
        column=chosen["local_sums"] == "column-oriented",
        omega=chosen["weight_bits"],
        v_min=chosen["first_exponent"],
        v_max=chosen["last_exponent"],
        t_inc=2 ** chosen["interval_bits"],
        theta=chosen["fine_bits"],
        phi=chosen["damping"],
        psi=chosen["offset"],
    )
    coded = None if not_coded is None else (~not_coded).tolist()
    mapped, restored = reference.predict(bands.tolist(), parameters, coded=coded, **rule)
    decoded = np.zeros(bands.shape, np.uint16)
    for (z, t), sample in restored.items():
        decoded[z].flat[t] = sample
    return mapped, decoded


def packed(bits):
    """A text of 0 and 1 as bytes, the last filled up with zeros."""
    return np.packbits(np.array(list(bits), np.uint8)).tobytes()


def golomb(mapped, bit_depth, chosen):
    return packed(
        reference.sample_adaptive_bits(
            mapped,
            depth=bit_depth,
            u_max=chosen["unary_limit"],
            gamma_0=chosen["initial_count"],
            gamma_star=chosen["rescaling_count"],
            k_prime=min(chosen["initial_k"], bit_depth - 2),
        )
    )


@settings(deadline=None, max_examples=120)
@given(cube=cubes(), chosen=options(), limit=st.integers(0, 2**15 - 1))
@example(  # weights at their limits
    cube=((np.indices((3, 9, 9)).sum(0) % 2 * 65_535).astype(np.uint16), 16, None),
    chosen=COARSE,
    limit=0,
)
def test_residuals_bits_and_decoded_samples_are_those_of_the_standard(cube, chosen, limit):
    bands, bit_depth, not_coded = cube
    limit = limit % 2 ** (bit_depth - 1) if limit % 3 else 0
    mapped, decoded = literal(bands, bit_depth, chosen, limit, not_coded)

    clear = np.ones(bands.shape[1:], bool) if not_coded is None else ~not_coded
    found = np.zeros((len(bands), int(clear.sum())), np.uint16)
    rings = min(chosen["previous_bands"], len(bands) - 1) + 1
    room = np.zeros((rings + 1, *bands.shape[1:]), np.int32)
    predictor = Predictor(
        depth=bit_depth,
        limit=limit,
        previous=chosen["previous_bands"],
        is_column_oriented=chosen["local_sums"] == "column-oriented",
        weight_bits=chosen["weight_bits"],
        first_exponent=chosen["first_exponent"],
        last_exponent=chosen["last_exponent"],
        interval_bits=chosen["interval_bits"],
        fine_bits=chosen["fine_bits"],
        damping=chosen["damping"],
        offset=chosen["offset"],
    )
    assert predict(Planes(bands.copy(), found, clear, room), predictor, False)
    np.testing.assert_array_equal(found, mapped)

    codec = Ccsds123(**chosen, max_error_dn=limit)
    payload = codec.encode(bands, bit_depth=bit_depth, not_coded=not_coded)
    assert payload[HEADER_BYTES:] == golomb(mapped, bit_depth, chosen)
    back = codec.decode(payload, bands.shape, bit_depth=bit_depth, not_coded=not_coded)
    np.testing.assert_array_equal(back, decoded)


@settings(deadline=None, max_examples=30)
@given(cube=cubes(), chosen=options(), size=st.sampled_from([8, 16, 32, 64]))
def test_libaec_reads_the_blocks_of_the_standards_residuals(cube, chosen, size):
    bands, bit_depth, not_coded = cube
    mapped, _ = literal(bands, bit_depth, chosen, 0, not_coded)
    indices = np.array(mapped, np.uint8 if bit_depth <= 8 else np.uint16).ravel()
    codec = Ccsds123(**chosen, coder="block-adaptive", block_size=size)
    bits = codec.encode(bands, bit_depth=bit_depth, not_coded=not_coded)[HEADER_BYTES:]
    whole = -(-indices.size // size) * size * indices.itemsize
    read = imagecodecs.aec_decode(
        bits, bitspersample=bit_depth, blocksize=size, rsi=4096, flags=0, out=whole
    )
    values = np.frombuffer(read, indices.dtype)
    np.testing.assert_array_equal(values[: indices.size], indices)
    assert not values[indices.size :].any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_signs_are_mapped_by_the_parity_of_the_double_resolution_prediction(seed):
    """The parity of the single-resolution prediction, a known mistake, makes other bits, and more of them.

    Source: measured on real tiles, 0.1 to 0.8 % more; the rule is equation (55), as in the verification
    model of NTNU, https://github.com/NTNU-SmallSat-Lab/ccsds123_issue_2_verification_model.
    """
    rng = np.random.default_rng(seed)
    slope = np.add.outer(np.arange(40), 2.0 * np.arange(40))
    shared = rng.normal(0, 3, (40, 40))
    noise = rng.normal(0, 1.5, (3, 40, 40))
    bands = np.rint(np.clip(800 + slope + shared + noise, 0, 4095)).astype(np.uint16)
    codec = Ccsds123()
    chosen = {name: getattr(codec, name) for name in codec.__dataclass_fields__}
    right, _ = literal(bands, 12, chosen, 0, None)
    wrong, _ = literal(bands, 12, chosen, 0, None, parity="single")
    own = codec.encode(bands, bit_depth=12)[HEADER_BYTES:]
    assert own == golomb(right, 12, chosen)
    assert 1 < len(golomb(wrong, 12, chosen)) / len(own) < 1.05
