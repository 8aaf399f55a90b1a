"""Near-lossless: the bound holds exactly for every sample, and a rate finds its error."""

import numpy as np
import pytest
from contracts.codec import blotted, textured, tile_of
from hypothesis import given
from hypothesis import strategies as st

from payload.compression import Coding, Loss, open_record, read_header, seal, seal_clear
from payload.compression.ccsds123 import Ccsds123
from payload.compression.med import MedZstd
from payload.compression.quantise import (
    coded_depth,
    largest_error,
    quantised,
    restored,
    smallest_error,
)
from payload.compression.raw import Raw
from payload.errors import CodecError

CODECS = {"raw": Raw(), "med-zstd": MedZstd()}


@pytest.mark.parametrize("bit_depth", [1, 8, 10, 12, 16])
def test_every_sample_comes_back_within_the_error_and_below_its_bit_depth(bit_depth):
    """All samples there are, and all errors up to 8 bit, the ends of others: nothing is left to chance."""
    samples = np.arange(1 << bit_depth, dtype=np.uint16)
    most = largest_error(bit_depth)
    for max_error in {*range(min(most, 127) + 1), most // 2, most}:
        steps = quantised(samples, max_error)
        back = restored(steps, max_error, bit_depth=bit_depth)
        assert np.abs(back.astype(int) - samples.astype(int)).max() <= max_error
        assert int(steps.max()).bit_length() == max(coded_depth(bit_depth, max_error), 1)
        assert int(back.max()) < 1 << bit_depth


@pytest.mark.parametrize(("bit_depth", "max_error"), [(8, 128), (12, 2048), (16, 40_000), (12, -1)])
def test_an_error_that_leaves_nothing_is_refused(bit_depth, max_error):
    with pytest.raises(CodecError, match="the error limit is"):
        coded_depth(bit_depth, max_error)


@pytest.mark.parametrize("options", [{"max_error": -1}, {"bits_per_sample": 0.0}])
def test_a_loss_that_is_none_is_refused(options):
    with pytest.raises(CodecError, match=r"expected (0 or more|more than 0)"):
        Loss(**options)


@given(limits=st.lists(st.booleans(), min_size=1, max_size=300))
def test_where_sizes_fall_with_the_error_the_smallest_that_meets_the_rate_is_found(limits):
    """The second method: try them all."""
    meets = sorted(limits)
    wanted = meets.index(True) if any(meets) else len(meets) - 1
    assert smallest_error(lambda m: meets[m], len(meets) - 1) == wanted


@given(start=st.integers(1, 200), data=st.data())
def test_a_wave_of_larger_sizes_does_not_hide_a_smaller_error(start, data):
    """Behind the smallest error there may be a hole of a fifth of it, wherever it lies."""
    begin = start + 1
    hole = range(begin, begin + data.draw(st.integers(0, min(max(1, start // 5), 30))))
    assert smallest_error(lambda m: m >= start and m not in hole, 400) == start


@pytest.mark.parametrize("most", [1, 7, 2047])
def test_a_rate_that_no_error_meets_takes_few_tries(most):
    tried = []
    assert smallest_error(lambda m: bool(tried.append(m)), most) == most
    assert len(tried) <= 14


@pytest.mark.parametrize("max_error", [1, 3, 20])
@pytest.mark.parametrize("name", ["raw", "med-zstd"])
def test_a_record_comes_back_within_its_error_and_is_shorter(name, max_error):
    tile = tile_of(textured((4, 64, 64), 12))
    lossless = seal(tile, CODECS[name], name)
    sealed = seal(tile, CODECS[name], name, loss=Loss(max_error=max_error))
    opened = open_record(sealed.record, CODECS)
    assert opened.header.max_error == max_error
    assert opened.header.bit_depth == 12
    off = np.abs(opened.bands.astype(int) - tile.patch.bands.astype(int))
    assert off.max() == max_error
    assert len(sealed.record) < len(lossless.record)


@pytest.mark.parametrize("bits", [2.0, 3.0, 4.5])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_rate_finds_the_smallest_error_that_meets_it(bits, share):
    """The second method: all errors from 0 on, one after another."""
    tile = tile_of(textured((4, 64, 64), 12))
    not_coded = blotted(tile.patch.bands.shape, share) if share else np.zeros((64, 64), np.bool_)
    limit = bits * 4 * np.count_nonzero(~not_coded) / 8

    def made(loss):
        whole = seal(tile, MedZstd(), "med-zstd", loss=loss)
        coding = Coding(MedZstd(), "med-zstd", loss)
        return seal_clear(tile, coding, not_coded=not_coded, whole=whole).record

    record = made(Loss(bits_per_sample=bits))
    found = read_header(record).max_error
    assert len(record) <= limit < len(made(Loss(max_error=found - 1)))
    capped = made(Loss(max_error=2, bits_per_sample=bits))
    assert read_header(capped).max_error == min(found, 2)


def test_a_rate_that_lossless_coding_meets_loses_nothing():
    tile = tile_of(textured((4, 64, 64), 12))
    loose = seal(tile, MedZstd(), "med-zstd", loss=Loss(bits_per_sample=16.0))
    assert loose.record == seal(tile, MedZstd(), "med-zstd").record


def test_a_quantiser_that_breaks_its_promise_is_caught_on_sealing(monkeypatch):
    monkeypatch.setattr(
        "payload.compression.sealing.restored",
        lambda steps, max_error, *, bit_depth: steps * np.uint16(2 * max_error),  # noqa: ARG005
    )
    with pytest.raises(CodecError, match="is off by"):
        seal(tile_of(textured((1, 8, 8), 12)), Raw(), "raw", loss=Loss(max_error=1))


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("max_error", [1, 4])
def test_a_record_of_a_codec_that_loses_itself_is_sealed_over_what_it_gives_back(max_error, share):
    tile = tile_of(textured((4, 64, 64), 12))
    codec = Ccsds123(max_error_dn=max_error)
    whole = seal(tile, codec, "ccsds123")
    not_coded = blotted(tile.patch.bands.shape, share) if share else np.zeros((64, 64), np.bool_)
    made = seal_clear(tile, Coding(codec, "ccsds123"), not_coded=not_coded, whole=whole)
    opened = open_record(made.record, {"ccsds123": Ccsds123()})  # the payload has the options
    assert opened.header.is_in_loop
    assert opened.header.max_error == max_error
    off = np.abs(opened.bands.astype(int) - tile.patch.bands.astype(int))[:, ~not_coded]
    assert off.max() == max_error
    assert len(whole.record) < len(seal(tile, Ccsds123(), "ccsds123").record)


def test_what_a_lossy_codec_makes_longer_goes_as_raw_and_exactly():
    noise = np.random.default_rng(0).integers(0, 256, (1, 8, 8)).astype(np.uint16)
    tile = tile_of(noise, bit_depth=8)
    opened = open_record(seal(tile, Ccsds123(max_error_dn=1), "ccsds123").record, {})
    assert (opened.header.codec, opened.header.max_error) == ("raw", 0)
    assert not opened.header.is_in_loop
    np.testing.assert_array_equal(opened.bands, noise)


def test_a_lossy_codec_that_breaks_its_promise_is_caught_on_sealing(monkeypatch):
    decode = Ccsds123.decode
    monkeypatch.setattr(
        Ccsds123, "decode", lambda self, *a, **k: decode(self, *a, **k) + np.uint16(2)
    )
    with pytest.raises(CodecError, match="is off by"):
        seal(tile_of(textured((1, 32, 32), 12)), Ccsds123(max_error_dn=1), "ccsds123")


@pytest.mark.parametrize("loss", [Loss(max_error=1), Loss(bits_per_sample=9.0)])
def test_two_losses_one_after_the_other_are_refused(loss):
    tile = tile_of(textured((1, 32, 32), 12))
    with pytest.raises(CodecError, match="only one of the two"):
        seal(tile, Ccsds123(max_error_dn=1), "ccsds123", loss=loss)
    seal(tile, Ccsds123(max_error_dn=1), "ccsds123", loss=Loss(max_error=0))


@pytest.mark.parametrize("bits", [2.0, 4.5, 16.0])
def test_the_encodings_that_a_rate_takes_are_told(bits, monkeypatch):
    """The second method: the calls of the codec are counted."""
    calls, encode = [], MedZstd.encode
    monkeypatch.setattr(
        MedZstd, "encode", lambda self, *a, **k: calls.append(1) or encode(self, *a, **k)
    )
    tile = tile_of(textured((4, 64, 64), 12))
    assert seal(tile, MedZstd(), "med-zstd").encodings == len(calls) == 1
    calls.clear()
    made = seal(tile, MedZstd(), "med-zstd", loss=Loss(bits_per_sample=bits))
    assert made.encodings == len(calls)
    assert (made.encodings == 1) == (bits == 16.0)
