"""`strong` keeps its contract, and what its parts promise."""

import math

import numpy as np
import pytest
from contracts.codec import textured
from contracts.own_codec import OwnCodecContract

from payload.compression import normal_tables, range_kernels
from payload.compression.ls_golomb import LsGolomb
from payload.compression.mixture_kernels import fresh_states, mixed, shares, step_of, widths
from payload.compression.strong import Strong
from payload.errors import CodecError
from payload.registry import plugin


class TestStrong(OwnCodecContract):
    codec = Strong()


def test_it_is_found_by_its_name():
    assert plugin("payload.codec", "strong") is Strong


def test_it_is_smaller_than_golomb_codes_on_ground():
    bands = textured((4, 256, 256), 12)
    ours = len(Strong().encode(bands, bit_depth=12))
    assert ours < 0.99 * len(LsGolomb().encode(bands, bit_depth=12))


@pytest.mark.parametrize("deviation", [0.7, 5, 60])
def test_white_noise_costs_its_entropy_and_little_more(deviation):
    """Shannon's bound: nothing can code it in less; the entropy of a rounded normal variable, summed up."""
    noise = np.random.default_rng(4).normal(2000, deviation, (1, 256, 256))
    bits = 8 * len(Strong().encode(np.rint(noise).astype(np.uint16), bit_depth=12)) / 256**2
    edges = [math.erf((k - 0.5) / deviation / math.sqrt(2)) / 2 for k in range(-500, 502)]
    chances = np.diff(edges)
    chances = chances[chances > 0]
    entropy = -float(chances @ np.log2(chances))
    assert entropy * 0.995 < bits < entropy + 0.04


def test_noise_that_grows_with_brightness_is_found_out():
    """By construction half of the tile has a deviation of 2 and half of 20: the mean of the two entropies."""
    rng = np.random.default_rng(6)
    deviation = np.where(np.arange(256) < 128, 2, 20) * np.ones((256, 1))
    band = np.rint(
        rng.normal(2000, 1, (256, 256)) * 0 + 2000 + deviation * rng.normal(size=(256, 256))
    )
    bits = 8 * len(Strong().encode(band[None].astype(np.uint16), bit_depth=12)) / 256**2
    entropy = np.mean([math.log2(each * math.sqrt(2 * math.pi * math.e)) for each in (2, 20)])
    assert bits < entropy * 1.03


def test_the_normal_table_is_the_normal_distribution():
    """Against the mathematical library, to its own last digit."""
    table = normal_tables.cumulative()
    at = np.arange(len(table)) / normal_tables.CDF_STEPS - normal_tables.CDF_REACH
    wanted = [(1 + math.erf(z / math.sqrt(2))) / 2 * 2**normal_tables.CDF_BITS for z in at]
    np.testing.assert_allclose(table, wanted, rtol=0, atol=0.51)
    assert (np.diff(table) >= 0).all()


def test_the_tables_of_scales_are_powers_of_two():
    powers = normal_tables.powers()
    np.testing.assert_allclose(powers, 2 ** (8 + np.arange(len(powers)) / 16), rtol=0, atol=0.5001)
    deviation = powers / 256 / math.sqrt(2 / math.pi)
    np.testing.assert_allclose(normal_tables.inverses() * deviation / 2**31, 1, rtol=0.01)
    small = normal_tables.steps_of_small()
    for scale in (1, 2, 3, 100, 8191, 8192, 100_000, 2**23 - 1):
        step = int(step_of(scale, small))
        assert 2 ** (step / 16) <= scale * 1.004
        assert scale * 0.99 < 2 ** ((step + 1.1) / 16)


@pytest.mark.parametrize("top", [1, 255, 4095, 65_535])
def test_every_sample_keeps_a_share_and_all_add_up_to_one(top):
    state = fresh_states()[5]
    tables = normal_tables.cumulative(), normal_tables.inverses()
    for prediction in (0, top * 20, top * 64):
        for step in (0, 100, 384):
            inverse = widths(step, state, tables[1])
            below = [
                int(mixed(x, top, shares(x, top, prediction, inverse, tables[0]), state))
                for x in range(0, top + 2, max(1, top // 500))
            ]
            assert below[0] == 0
            assert (np.diff(below) >= 1).all()
            end = shares(top + 1, top, prediction, inverse, tables[0])
            assert int(mixed(top + 1, top, end, state)) == 1 << 24


def test_a_code_above_all_shares_is_refused_whatever_follows(monkeypatch):
    """The range is no multiple of 2**24, so that some codes lie above all that an encoder could write."""

    def finish_at_the_top(state, out):
        at = int(state[range_kernels.POSITION])
        code = (int.from_bytes(out[:at].tobytes(), "big") << 48) + int(state[range_kernels.LOW])
        code += int(state[range_kernels.RANGE]) - 1
        assert state[range_kernels.RANGE] % (1 << 24)
        out[: at + 6] = np.frombuffer(code.to_bytes(at + 6, "big"), np.uint8)
        state[range_kernels.POSITION] += 6

    bands = np.array([[[2000, 2001]]], np.uint16)
    monkeypatch.setattr(range_kernels, "finish", finish_at_the_top)
    payload = Strong().encode(bands, bit_depth=12)
    np.testing.assert_array_equal(Strong().decode(payload, (1, 1, 2), bit_depth=12), bands)
    for more in range(6):
        with pytest.raises(CodecError, match="band 0 is cut short or damaged"):
            Strong().decode(payload + bytes(more), (1, 1, 3), bit_depth=12)
