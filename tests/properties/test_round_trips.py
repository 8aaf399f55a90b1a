"""Laws of codecs, records and containers, on whatever Hypothesis thinks of."""

import struct
import tracemalloc
import zlib
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from payload.compression import (
    Cell,
    CellFate,
    ContainerHeader,
    ContainerWriter,
    OpenedTile,
    open_record,
    raw_record_bytes,
    read_container,
    seal,
)
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.errors import CodecError
from payload.products.ground_segment import unpack
from payload.types import Patch, Radiometry, Tile, Window

CODECS = {"raw": Raw(), "med-zstd": MedZstd()}
KINDS = st.sampled_from(sorted(CODECS))
# What a small input may make us allocate; a header can speak of 256 MiB of samples.
MEMORY_BOUND_BYTES = 8_000_000


@st.composite
def tiles(draw):
    bit_depth = draw(st.integers(1, 16))
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 24), st.integers(1, 24)))
    samples = st.integers(0, 2**bit_depth - 1)
    filler = draw(st.sampled_from(["same", "ramp", "noise"]))
    if filler == "noise":
        seed = draw(st.integers(0, 2**32 - 1))
        bands = np.random.default_rng(seed).integers(0, 2**bit_depth, shape).astype(np.uint16)
    elif filler == "ramp":
        step = draw(samples)
        bands = (np.arange(np.prod(shape)).reshape(shape) * step % 2**bit_depth).astype(np.uint16)
    else:
        bands = draw(npst.arrays(np.uint16, shape, elements=samples, fill=samples))
    row, col = draw(st.integers(0, 65_535)), draw(st.integers(0, 65_535))
    return Tile(
        id=f"image#{row},{col}",
        row=row,
        col=col,
        window=Window(row * 24, col * 24, shape[1], shape[2]),
        patch=Patch(bands),
        surroundings=bands,
        inset=(slice(0, shape[1]), slice(0, shape[2])),
        radiometry=Radiometry(1e-4),
        bit_depth=bit_depth,
    )


def peak_bytes(action):
    """What an action allocates at its height; a CodecError is an answer like another."""
    tracemalloc.start()
    try:
        action()
    except CodecError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


@given(tile=tiles(), kind=KINDS)
def test_what_is_encoded_is_decoded(tile, kind):
    codec, bands = CODECS[kind], tile.patch.bands
    payload = codec.encode(bands, bit_depth=tile.bit_depth)
    decoded = codec.decode(payload, bands.shape, bit_depth=tile.bit_depth)
    np.testing.assert_array_equal(decoded, bands)


@given(tile=tiles(), kind=KINDS, cover=st.none() | st.floats(0, 1))
def test_what_is_sealed_is_opened_and_never_longer_than_raw(tile, kind, cover):
    sealed = seal(tile, CODECS[kind], kind, cover=cover)
    assert len(sealed.record) <= raw_record_bytes(*tile.patch.bands.shape, tile.bit_depth)
    opened = open_record(sealed.record, CODECS)
    np.testing.assert_array_equal(opened.bands, tile.patch.bands)
    assert (opened.header.row, opened.header.col) == (tile.row, tile.col)
    assert opened.header.window == tile.window
    if cover is None:
        assert opened.header.cover is None
    else:
        assert opened.header.cover == pytest.approx(cover, abs=0.51 / 65_534)


@given(tile=tiles(), kind=KINDS, data=st.data())
def test_a_changed_record_never_passes(tile, kind, data):
    record = seal(tile, CODECS[kind], kind).record
    changed = bytearray(record)
    begin = data.draw(st.integers(0, len(record) - 1))
    insert = data.draw(st.binary(max_size=8))
    changed[begin : begin + data.draw(st.integers(0, 8))] = insert
    if bytes(changed) != record:
        with pytest.raises(CodecError):
            open_record(bytes(changed), CODECS)


@given(
    payload=st.binary(max_size=300),
    shape=st.tuples(st.integers(-1, 300), st.integers(-1, 70_000), st.integers(-1, 70_000)),
    bit_depth=st.integers(-1, 20),
    kind=KINDS,
)
def test_bytes_of_any_kind_are_refused_without_allocating_what_they_speak_of(
    payload, shape, bit_depth, kind
):
    def decode():
        decoded = CODECS[kind].decode(payload, shape, bit_depth=bit_depth)
        assert decoded.shape == shape

    assert peak_bytes(decode) < MEMORY_BOUND_BYTES


@settings(max_examples=300)
@given(tile=tiles(), data=st.data())
def test_a_mutated_payload_is_decoded_to_its_shape_or_refused(tile, data):
    bands = tile.patch.bands
    payload = bytearray(MedZstd().encode(bands, bit_depth=tile.bit_depth))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))

    def decode():
        decoded = MedZstd().decode(bytes(payload), bands.shape, bit_depth=tile.bit_depth)
        assert decoded.shape == bands.shape
        assert int(decoded.max()) < 2**tile.bit_depth

    assert peak_bytes(decode) < MEMORY_BOUND_BYTES


@given(tile=tiles(), kind=KINDS, data=st.data())
def test_a_header_with_good_checksums_and_any_content_is_refused_cheaply(tile, kind, data):
    record = bytearray(seal(tile, CODECS[kind], kind).record)
    for _ in range(data.draw(st.integers(1, 6))):
        record[data.draw(st.integers(4, 67))] = data.draw(st.integers(0, 255))
    record[68:72] = struct.pack("<I", zlib.crc32(bytes(record[:68])))
    assert peak_bytes(lambda: open_record(bytes(record), CODECS)) < MEMORY_BOUND_BYTES


HEADER = ContainerHeader(
    acquisition_id="image",
    satellite="sat",
    target="target",
    utc=datetime(2026, 1, 1, tzinfo=UTC),
    width_px=37,
    height_px=29,
    tile_px=16,
    bands=("a", "b"),
    bit_depth=10,
    radiometry=Radiometry(1e-3),
)


def cell_tile(place, seed):
    window = HEADER.grid.window(*place)
    shape = (2, window.height_px, window.width_px)
    bands = np.random.default_rng([seed, *place]).integers(0, 40, shape).astype(np.uint16)
    inset = (slice(0, shape[1]), slice(0, shape[2]))
    name = f"image#{place[0]},{place[1]}"
    return Tile(name, *place, window, Patch(bands), bands, inset, HEADER.radiometry, 10)


def write(path, fates, seed):
    """A container of random tiles; those delivered, by place."""
    writer = ContainerWriter(path, HEADER)
    sent = {}
    for place, fate in zip(HEADER.grid.places, fates, strict=True):
        if fate is CellFate.DELIVERED:
            sent[place] = cell_tile(place, seed)
            writer.append(seal(sent[place], MedZstd(), "med-zstd").record)
    writer.close(
        [Cell(*place, fate) for place, fate in zip(HEADER.grid.places, fates, strict=True)]
    )
    return sent


FATES = st.lists(st.sampled_from(list(CellFate)), min_size=6, max_size=6)


@given(fates=FATES, seed=st.integers(0, 99))
def test_a_container_gives_back_every_fate_and_every_pixel(tmp_path_factory, fates, seed):
    path = tmp_path_factory.mktemp("round") / "image.tiles"
    sent = write(path, fates, seed)
    container = read_container(path)
    assert [cell.fate for cell in container.cells] == fates
    found = {(cell.row, cell.col): tile for cell, tile in container.tiles(CODECS)}
    assert found.keys() == sent.keys()
    for place, tile in found.items():
        assert isinstance(tile, OpenedTile)
        np.testing.assert_array_equal(tile.bands, sent[place].patch.bands)


@settings(deadline=None)
@given(fates=FATES, seed=st.integers(0, 99), data=st.data())
def test_a_damaged_container_never_gives_a_wrong_pixel_and_never_crashes(
    tmp_path_factory, fates, seed, data
):
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "image.tiles"
    sent = write(path, fates, seed)
    damaged = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(damaged)))
        damaged[begin : begin + data.draw(st.integers(0, 50))] = data.draw(st.binary(max_size=50))
    path.write_bytes(bytes(damaged))
    try:
        container = read_container(path)
    except CodecError:
        return
    good = 0
    for cell, tile in container.tiles(CODECS):
        if isinstance(tile, OpenedTile):
            good += 1
            expected = sent[cell.row, cell.col].patch.bands
            np.testing.assert_array_equal(tile.bands, expected)
        else:
            assert isinstance(tile, CodecError)
    assert unpack(path, folder).restored_tiles == good
