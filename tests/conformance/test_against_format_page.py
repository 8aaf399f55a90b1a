"""Records against readers written from the page FORMAT.md alone: what the codecs wrote reads as the page says."""

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from conformance import ccsds123_reference as reference
from conformance.format_page import PictureReader, RawReader, Reader
from conformance.format_page_adaptive import GolombReader
from conformance.format_page_median import MedAecReader, MedZstdReader
from conformance.format_page_strong import StrongReader, inverse, normal, power
from contracts.codec import blotted, textured, tile_of

from payload.compression import Coding, Loss, normal_tables, open_record, seal, seal_clear, strong
from payload.compression.ccsds123 import Ccsds123
from payload.compression.interchange import J2k, JpegLs, Jxl
from payload.compression.least_squares import Predictor
from payload.compression.ls_golomb import LsGolomb
from payload.compression.med import MedZstd
from payload.compression.med_aec import MedAec
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES, pack_header, read_header
from payload.compression.scale_model import unpack_scale

READERS = {
    "raw": (Raw(), RawReader),
    "med-zstd": (MedZstd(), MedZstdReader),
    "med-aec": (MedAec(), MedAecReader),
    "jpegls": (JpegLs(), PictureReader),
    "j2k": (J2k(), PictureReader),
    "jxl": (Jxl(), PictureReader),
    "ls-golomb": (LsGolomb(), GolombReader),
    "strong": (strong.Strong(), StrongReader),
}
CODECS = {name: codec for name, (codec, _) in READERS.items()}


def record_of(name, bands, bit_depth, plane=None):
    """A record of a codec even where `raw` is shorter; small tiles and noise are like that."""
    payload = CODECS[name].encode(bands, bit_depth=bit_depth, not_coded=plane)
    whole = seal(tile_of(bands, bit_depth=bit_depth), Raw(), "raw").record
    if plane is not None:
        tile = tile_of(np.where(plane, 0, bands), bit_depth=bit_depth)
        coding = Coding(Raw(), "raw")
        found = seal_clear(tile, coding, not_coded=plane, whole=seal(tile, Raw(), "raw")).record
        length = 4 + struct.unpack_from("<I", found, HEADER_BYTES)[0]
        assert read_header(found).has_plane
        whole, payload = found, found[HEADER_BYTES : HEADER_BYTES + length] + payload
    header = replace(
        read_header(whole), codec=name, body_bytes=len(payload), body_crc=zlib.crc32(payload)
    )
    return pack_header(header) + payload


def check(name, record, bands=None, plane=None):
    """That the page's reader finds what the codec finds, which is what went in if nothing was lost."""
    reader = READERS[name][1](record)
    assert reader.codec == name
    opened = open_record(record, CODECS)
    samples = reader.samples()
    assert samples == opened.bands.tolist()
    if bands is not None:
        assert samples == np.where(False if plane is None else plane, 0, bands).tolist()
    assert (
        np.array(reader.hidden).tolist()
        == (np.zeros(opened.bands.shape[1:], bool) if plane is None else plane).tolist()
    )
    return reader


def pictures(kind, shape, bit_depth):
    """Flat, a slope, normal noise, noise over all the range with its ends, or ground."""
    rng = np.random.default_rng(3)
    top = 2**bit_depth - 1
    if kind == "flat":
        return np.full(shape, top // 3, np.uint16)
    if kind == "slope":
        places = np.indices(shape).sum(axis=0)
        return (places * top // places.max()).astype(np.uint16)
    if kind == "noise":
        noise = rng.normal(top / 2, top / 30 + 1, shape)
        return np.rint(np.clip(noise, 0, top)).astype(np.uint16)
    if kind == "wild":
        noise = rng.integers(0, top + 1, shape)
        noise[:, ::3] = rng.integers(0, 2, noise[:, ::3].shape) * top
        return noise.astype(np.uint16)
    return textured(shape, bit_depth)


KINDS = ["flat", "slope", "noise", "wild", "ground"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bit_depth", [8, 12, 16])
@pytest.mark.parametrize("count", [1, 4, 6])
def test_strong_reads_as_the_page_says(count, bit_depth, kind):
    """Small tiles, whose predictors and scale models do not travel."""
    bands = pictures(kind, (count, 24, 20), bit_depth)
    reader = check("strong", record_of("strong", bands, bit_depth), bands)
    assert reader.body[: 2 * count] == bytes(2 * count)


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (6, 1, 1), (5, 1, 9), (5, 9, 1), (6, 2, 2), (5, 3, 4)]
)
@pytest.mark.parametrize("bit_depth", [1, 12])
def test_strong_reads_at_the_smallest_tiles(shape, bit_depth):
    bands = pictures("wild", shape, bit_depth)
    check("strong", record_of("strong", bands, bit_depth), bands)


@pytest.mark.parametrize("kind", ["wild", "ground"])
def test_strong_reads_beside_a_plane(kind):
    """Hidden are a blot, single pixels, the first ones of the first row and of others, and the last ones."""
    bands = pictures(kind, (6, 24, 20), 12)
    plane = blotted(bands.shape, 0.4)
    plane[0, :3] = plane[3:8, 0] = plane[-1, -2:] = True
    plane[4:, 10:12] = False
    check("strong", record_of("strong", bands, 12, plane), bands, plane)


def test_fitted_strong_reads_as_the_page_says():
    """A tile large enough that predictors and scale models of all bands travel, whole and with a plane."""
    bands = textured((4, 76, 72), 12)
    plane = blotted(bands.shape, 0.1)
    plane[0, 0] = True
    for hidden in (None, plane):
        reader = check("strong", record_of("strong", bands, 12, hidden), bands, hidden)
        at = 0
        for taps in (19, 33, 47, 61):
            assert 8 <= reader.body[at] <= 14
            at += 1 + 2 * taps + 4
        for features in (12, 16, 20, 24):
            assert reader.body[at] == 1
            at += 1 + 2 * features


@pytest.mark.parametrize("size", [9, 300, 32_767])
@pytest.mark.parametrize("bit_depth", [8, 16])
def test_strong_reads_with_any_coefficients(monkeypatch, bit_depth, size):
    """Drawn and not fitted: predictions and scales meet the ends of their ranges, and corrections theirs."""
    rng = np.random.default_rng(size)

    def drawn(samples, band, where, places):  # noqa: ARG001
        taps = places.taps(band)
        coefficients = rng.integers(-size, size + 1, len(taps) + 1)
        coefficients[-1] = rng.integers(-(2**31), 2**31)
        return Predictor(int(rng.integers(8, 15)), taps, coefficients, is_fitted=True)

    def drawn_scale(predictions, planes, errors, band, coded):  # noqa: ARG001
        weights = rng.integers(-size, size + 1, 12 + 4 * min(band, 3))
        weights[:3] = abs(weights[:3])
        found, _ = unpack_scale(b"\1" + weights.astype("<i2").tobytes(), 0, band)
        return found

    bands = pictures("wild", (5, 24, 20), bit_depth)
    monkeypatch.setattr(strong, "fit", drawn)
    monkeypatch.setattr(strong, "fit_scale", drawn_scale)
    check("strong", record_of("strong", bands, bit_depth), bands)


@pytest.mark.parametrize(
    ("level", "off", "end"),
    [(0, 0, (2**14, 2**15, -48)), (0, 1, (64, 64, 48)), (8192, 0, (None, 64, -48))],
    ids=["below the steps", "wide", "narrow"],
)
def test_strong_reads_where_weights_and_corrections_end(monkeypatch, level, off, end):
    """Scales that are always wrong in one way, so that one of the three widths leaves the others the least weights.

    The predictor tells 2000 everywhere, samples are that many beside it; a scale is 1/32 DN or 62.5 DN. Below the
    first step all widths are the same, so that no weight moves.
    """
    bands = 2000 + off * np.random.default_rng(8).choice([-1, 1], (1, 72, 72))
    coefficients = np.append(np.zeros(19, np.int64), 2000 << 8)
    weights = np.zeros(12, "<i2")
    weights[4] = level
    scale, _ = unpack_scale(b"\1" + weights.tobytes(), 0, 0)

    def constant(samples, band, where, places):  # noqa: ARG001
        return Predictor(8, places.taps(band), coefficients, is_fitted=True)

    monkeypatch.setattr(strong, "fit", constant)
    monkeypatch.setattr(strong, "fit_scale", lambda *_: scale)
    record = record_of("strong", bands.astype(np.uint16), 12)
    reader = check("strong", record, bands.astype(np.uint16))
    last = reader.own_class
    assert (last.a if end[0] else None, last.b, last.k) == end


def test_the_page_s_tables_are_those_of_strong():
    assert [power(u) for u in range(385)] == normal_tables.powers().tolist()
    assert [inverse(u) for u in range(385)] == normal_tables.inverses().tolist()
    assert [normal(i) for i in range(8193)] == normal_tables.cumulative().tolist()


@pytest.mark.parametrize("shape", [(6, 9, 11), (6, 40, 41)], ids=["small", "fitted"])
def test_golomb_codes_read_as_the_page_says(shape):
    """Six bands, as the fifth meets what the first left; a spike, as it needs the escape."""
    bands = textured(shape, 12) >> 4
    bands[:, 5, 7] = 4095  # beyond 20 zeros
    plane = blotted(shape, 0.5)
    plane[5, 7] = False
    for hidden in (None, plane):
        reader = check("ls-golomb", record_of("ls-golomb", bands, 12, hidden), bands, hidden)
        assert (reader.body[0] == 0) == (shape[1] < 10)


@pytest.mark.parametrize("share", [0, 0.002, 0.02, 0.2])
def test_runs_of_zeros_and_pairs_read_as_the_page_says(share):
    """`med-aec` of flat tiles of some more than two reference intervals, with spikes in a share of the pixels."""
    bands = np.full((3, 80, 80), 700, np.uint16)
    bands[np.random.default_rng(2).random(bands.shape) < share] += 1
    check("med-aec", record_of("med-aec", bands, 12), bands)


@pytest.mark.parametrize("max_error", [0, 5])
def test_the_header_of_ccsds123_is_as_the_page_says(max_error):
    """Options all unlike each other, read as the page lists them, make of the samples the bits by the literal standard."""
    codec = Ccsds123(
        previous_bands=2,
        local_sums="column-oriented",
        weight_bits=11,
        first_exponent=-3,
        last_exponent=4,
        interval_bits=5,
        fine_bits=3,
        damping=6,
        offset=7,
        unary_limit=17,
        initial_count=2,
        rescaling_count=8,
        initial_k=9,
        block_size=16,
        max_error_dn=max_error,
    )
    bands = textured((4, 24, 20), 12)
    plane = blotted(bands.shape, 0.3)
    plane[0, :2] = True
    tile = tile_of(bands)
    coding = Coding(codec, "ccsds123")
    whole = seal(tile, codec, "ccsds123")
    record = seal_clear(tile, coding, not_coded=plane, whole=whole).record
    reader = Reader(record)
    assert (reader.codec, reader.error, reader.depth) == ("ccsds123", max_error, 12)
    assert reader.hidden == plane.tolist()
    (
        version, depth, coder, sums, p, omega, v_min, v_max, t_inc, theta, phi, psi, m,
        u_max, gamma_0, gamma_star, k_prime, block, count,
    ) = struct.unpack_from("<6B2b4BH5BI", reader.body)  # fmt: skip
    assert (version, coder, block, count) == (1, 0, 16, 4 * len(reader.coded))
    parameters = reference.Parameters(
        D=depth, m=m, P=p, column=sums == 1, omega=omega, v_min=v_min, v_max=v_max, t_inc=2**t_inc, theta=theta,
        phi=phi, psi=psi,
    )  # fmt: skip
    mapped, restored = reference.predict(bands.tolist(), parameters, coded=(~plane).tolist())
    bits = reference.sample_adaptive_bits(
        mapped,
        depth=depth,
        u_max=u_max,
        gamma_0=gamma_0,
        gamma_star=gamma_star,
        k_prime=min(k_prime, depth - 2),
    )
    octets = "".join(f"{octet:08b}" for octet in reader.body[23:])
    assert octets == bits + "0" * (-len(bits) % 8)
    opened = open_record(record, {"ccsds123": codec}).bands
    assert {place: opened[place[0]].flat[place[1]] for place in restored} == restored


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(("bit_depth", "max_error"), [(8, 0), (11, 1), (12, 7), (16, 300)])
def test_records_read_as_the_page_says(name, bit_depth, max_error):
    """Of every codec: with and without loss, with and without a plane; errors are within the bound."""
    bands = textured((3, 30, 41), bit_depth)
    tile = tile_of(bands, bit_depth=bit_depth)
    loss = Loss(max_error=max_error)
    whole = seal(tile, CODECS[name], name, loss=loss)
    assert read_header(whole.record).codec == name
    for share in (0, 0.6, 1):
        plane = np.full((30, 41), share == 1) if share in (0, 1) else blotted(bands.shape, share)
        coding = Coding(CODECS[name], name, loss)
        record = seal_clear(tile, coding, not_coded=plane, whole=whole).record
        is_fallback = record[9] & 1  # flags of the page
        reader = check("raw" if is_fallback else name, record, plane=plane)
        found = np.array(reader.samples())
        assert not found[:, plane].any()
        off = np.abs(found - bands.astype(int))[:, ~plane]
        assert off.max(initial=0) <= max_error
