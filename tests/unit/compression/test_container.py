import struct
import zlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest

from payload.compression import (
    Cell,
    CellFate,
    ContainerHeader,
    ContainerWriter,
    OpenedTile,
    read_container,
    seal,
)
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.errors import CodecError
from payload.types import Georeference, Patch, Radiometry, Tile, Window

CODECS = {"raw": Raw(), "med-zstd": MedZstd()}
HEADER = ContainerHeader(
    acquisition_id="sat-a@rome@00600",
    satellite="sat-a",
    target="Rome, è bella",
    utc=datetime(2026, 3, 1, 10, 30, 0, 250_000, tzinfo=UTC),
    width_px=70,
    height_px=50,
    tile_px=32,
    bands=("blue", "green", "red", "nir"),
    bit_depth=12,
    radiometry=Radiometry(1 / 3, -0.1),
    georeference=Georeference("EPSG:32633", (1e5, 10.0, 0.0, 4.6e6, 0.0, -10.1)),
    nodata=0,
)


def tile_at(row, col, header=HEADER):
    """A tile of its own pixels in the grid of a header."""
    window = header.grid.window(row, col)
    shape = (len(header.bands), window.height_px, window.width_px)
    rng = np.random.default_rng([row, col])
    bands = (1000 + rng.normal(0, 30, shape)).astype(np.uint16)
    inset = (slice(0, shape[1]), slice(0, shape[2]))
    name = f"{header.acquisition_id}#{row},{col}"
    patch = Patch(bands)
    return Tile(name, row, col, window, patch, bands, inset, header.radiometry, header.bit_depth)


def record_at(row, col, header=HEADER):
    return seal(tile_at(row, col, header), MedZstd(), "med-zstd", cover=0.125).record


FATES = {
    (0, 0): CellFate.DELIVERED,
    (0, 1): CellFate.PRUNED,
    (0, 2): CellFate.DELIVERED,
    (1, 0): CellFate.LOST,
    (1, 1): CellFate.DELIVERED,
    (1, 2): CellFate.ON_BOARD,
}
DELIVERED = [place for place, fate in FATES.items() if fate is CellFate.DELIVERED]


def write(path, *, is_closed=True):
    writer = ContainerWriter(path, HEADER)
    for place in reversed(DELIVERED):
        writer.append(record_at(*place))
    if is_closed:
        cells = [Cell(*place, fate, reason=f"why {fate}") for place, fate in FATES.items()]
        writer.close(list(reversed(cells)))
    return path


def opened(container):
    """Places by whether their pixels came back right."""
    good, bad = [], {}
    for cell, tile in container.tiles(CODECS):
        if isinstance(tile, OpenedTile):
            expected = tile_at(cell.row, cell.col).patch.bands
            np.testing.assert_array_equal(tile.bands, expected)
            good.append((cell.row, cell.col))
        else:
            assert isinstance(tile, CodecError)
            bad[cell.row, cell.col] = str(tile)
    return good, bad


def test_a_container_gives_back_header_fates_and_pixels(tmp_path):
    path = write(tmp_path / "a.tiles")
    container = read_container(path)
    assert container.header == HEADER
    assert container.has_index
    assert container.notes == ()
    assert {(cell.row, cell.col): cell.fate for cell in container.cells} == FATES
    assert opened(container) == (DELIVERED, {})
    for cell in container.cells:
        assert cell.reason == f"why {cell.fate}"
        is_here = cell.fate is CellFate.DELIVERED
        assert (cell.offset is not None) == is_here
        if is_here:
            record = record_at(cell.row, cell.col)
            data = path.read_bytes()
            assert data[cell.offset : cell.offset + cell.record_bytes] == record
            assert cell.cover == pytest.approx(0.125, abs=1e-4)
            assert cell.pixel_hash == record[56:64].hex()


def test_pruned_lost_and_waiting_tell_apart(tmp_path):
    container = read_container(write(tmp_path / "a.tiles"))
    assert Counter(cell.fate.value for cell in container.cells) == {
        "delivered": 3,
        "pruned": 1,
        "lost": 1,
        "on_board": 1,
    }


def test_a_container_cut_anywhere_gives_every_record_that_is_still_whole(tmp_path):
    path = write(tmp_path / "a.tiles")
    data = path.read_bytes()
    ends = {
        (cell.row, cell.col): cell.offset + cell.record_bytes
        for cell in read_container(path).cells
        if cell.offset is not None
    }
    first = min(cell.offset for cell in read_container(path).cells if cell.offset is not None)
    cut = tmp_path / "cut.tiles"
    for length in [*range(0, first, 37), *range(first, len(data), 211), len(data) - 1]:
        cut.write_bytes(data[:length])
        if length < first:
            with pytest.raises(CodecError):
                read_container(cut)
            continue
        container = read_container(cut)
        assert not container.has_index
        assert "no index" in container.notes[0]
        good, bad = opened(container)
        assert set(good) == {place for place, end in ends.items() if end <= length}
        for cell in container.cells:
            known = (cell.row, cell.col) in {*good, *bad}
            assert (cell.fate is CellFate.UNKNOWN) != known


def test_an_unclosed_container_is_readable(tmp_path):
    container = read_container(write(tmp_path / "a.tiles", is_closed=False))
    assert opened(container) == (DELIVERED, {})
    unknown = {(cell.row, cell.col) for cell in container.cells if cell.fate is CellFate.UNKNOWN}
    assert unknown == FATES.keys() - set(DELIVERED)


@pytest.mark.parametrize(
    "garbage", [b"\0", b"til\xe5" * 50, b"ENDTILES", b"x" * 5000 + b"ENDTILES"]
)
def test_garbage_behind_the_end_changes_nothing(tmp_path, garbage):
    path = write(tmp_path / "a.tiles")
    path.write_bytes(path.read_bytes() + garbage)
    container = read_container(path)
    assert container.has_index
    assert opened(container) == (DELIVERED, {})
    assert container.notes == (f"{len(garbage)} bytes follow the end of the container",)


@pytest.mark.parametrize("where", [0, 5, 30, 71, 72, 500])
def test_one_damaged_record_leaves_the_others_whole(tmp_path, where):
    path = write(tmp_path / "a.tiles")
    cell = read_container(path).cells[4]
    data = bytearray(path.read_bytes())
    data[cell.offset + where] ^= 0x10
    path.write_bytes(data)
    container = read_container(path)
    assert {(cell.row, cell.col): cell.fate for cell in container.cells} == FATES
    good, bad = opened(container)
    assert good == [(0, 0), (0, 2)]
    assert list(bad) == [(1, 1)]
    assert bad[1, 1].startswith("tile 1,1: ")


def test_a_damaged_index_leaves_the_records(tmp_path):
    path = write(tmp_path / "a.tiles")
    data = bytearray(path.read_bytes())
    data[-60] ^= 1
    path.write_bytes(data)
    container = read_container(path)
    assert not container.has_index
    assert "the index is damaged" in container.notes
    assert opened(container) == (DELIVERED, {})


def test_bytes_missing_in_the_middle_cost_only_the_record_they_are_from(tmp_path):
    path = write(tmp_path / "a.tiles")
    cell = read_container(path).cells[4]
    data = path.read_bytes()
    hole = cell.offset + cell.record_bytes // 2
    path.write_bytes(data[:hole] + data[hole + 100 :])
    good, bad = opened(read_container(path))
    assert good == [(0, 0), (0, 2)]
    assert list(bad) == [(1, 1)]


def test_the_record_of_another_image_is_not_taken_for_ours(tmp_path):
    other = replace(HEADER, acquisition_id="sat-b@rome@00600")
    path = write(tmp_path / "a.tiles", is_closed=False)
    path.write_bytes(path.read_bytes() + record_at(0, 1, other))
    container = read_container(path)
    assert opened(container) == (DELIVERED, {})
    assert "1 records belong to other images" in container.notes
    with pytest.raises(CodecError, match="belongs to another image"):
        ContainerWriter(tmp_path / "b.tiles", HEADER).append(record_at(0, 1, other))


@pytest.mark.parametrize(
    "changes",
    [{"window": Window(0, 33, 32, 32)}, {"bit_depth": 13}, {"row": 2}, {"col": 3}],
)
def test_a_record_of_another_grid_or_camera_is_not_taken_for_ours(tmp_path, changes):
    """The same image by its name, but its tile lies elsewhere or has other bits."""
    tile = replace(tile_at(0, 1), **changes)
    record = seal(tile, MedZstd(), "med-zstd").record
    path = write(tmp_path / "a.tiles", is_closed=False)
    path.write_bytes(path.read_bytes() + record)
    container = read_container(path)
    assert opened(container) == (DELIVERED, {})
    assert "1 records belong to other images" in container.notes
    with pytest.raises(CodecError, match="belongs to another image"):
        ContainerWriter(tmp_path / "b.tiles", HEADER).append(record)


def test_the_index_of_another_image_is_not_taken_for_ours(tmp_path):
    ours = write(tmp_path / "a.tiles", is_closed=False)
    other = tmp_path / "b.tiles"
    writer = ContainerWriter(other, replace(HEADER, acquisition_id="b"))
    writer.close([Cell(*place, CellFate.PRUNED) for place in FATES])
    ours.write_bytes(ours.read_bytes() + other.read_bytes())
    container = read_container(ours)
    assert not container.has_index
    assert opened(container) == (DELIVERED, {})


@pytest.mark.parametrize(
    "content",
    [b"", b"x", b"\x89TILES\r\n", b"II*\0" + b"\0" * 500, b"\x89TILES\r\n" + b"\xff" * 200],
)
def test_what_is_no_container_is_refused(tmp_path, content):
    path = tmp_path / "a.tiles"
    path.write_bytes(content)
    with pytest.raises(CodecError, match=r"a\.tiles"):
        read_container(path)


def test_what_is_not_there_or_a_folder_is_refused(tmp_path):
    with pytest.raises(CodecError, match="cannot be read"):
        read_container(tmp_path / "none.tiles")
    with pytest.raises(CodecError, match="cannot be read"):
        read_container(tmp_path)
    with pytest.raises(CodecError, match="cannot be written"):
        ContainerWriter(tmp_path / "none" / "a.tiles", HEADER)


def test_every_flipped_bit_of_the_header_is_noticed(tmp_path):
    path = tmp_path / "a.tiles"
    ContainerWriter(path, replace(HEADER, georeference=None))
    data = bytearray(path.read_bytes())
    for bit in range(8 * len(data)):
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        with pytest.raises(CodecError):
            read_container(path)
        data[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize(
    "largest",
    [
        {"width_px": 1024, "height_px": 1024, "tile_px": 1},
        {"width_px": 2**17, "height_px": 2**17, "tile_px": 1024, "bands": ("x",)},
    ],
    ids=["cells", "samples"],
)
def test_the_largest_image_is_taken_and_one_row_more_is_not(largest):
    """FORMAT.md: at most 2^20 cells and 2^34 samples."""
    replace(HEADER, **largest)
    with pytest.raises(CodecError, match="at most"):
        replace(HEADER, **largest | {"height_px": largest["height_px"] + 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"width_px": 0},
        {"height_px": -1},
        {"tile_px": 0},
        {"bands": ()},
        {"bands": ("x",) * 257},
        {"bit_depth": 17},
        {"width_px": 10**6, "height_px": 10**6},
        {"width_px": 1025, "height_px": 1025, "tile_px": 1},
        {"utc": datetime(2026, 3, 1)},  # noqa: DTZ001
        {"radiometry": Radiometry(float("nan"))},
        {"georeference": Georeference("", (0.0, float("inf"), 0.0, 0.0, 0.0, 1.0))},
    ],
)
def test_a_header_that_makes_no_sense_is_refused(changes):
    with pytest.raises(CodecError):
        replace(HEADER, **changes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"width_px":70', b'"width_px":-7'),
        (b'"width_px":70,"height_px":50', b'"width_px":9999999,"height_px":999999'),
        (b'"width_px":70', b'"width_px":7.5'),
        (b'"width_px":70', b'"width_px":NaN'),
        (b'"width_px":70', b'"width_px":' + b"9" * 5000),
        (b'"bands":[', b'"bands":[1,'),
        (b'"bands":[', b'"bands":' + b"[" * 5000),
        (b'"utc":"2026', b'"utc":"year'),
        (b'"tile_px"', b'"tile_pixels"'),
        (b"}", b""),
        (b"blue", b"bl\xff\xfe"),
    ],
)
def test_a_header_written_by_a_stranger_is_checked(tmp_path, old, new):
    path = tmp_path / "a.tiles"
    ContainerWriter(path, replace(HEADER, georeference=None))
    text = path.read_bytes()[16:-4]
    assert old in text
    text = text.replace(old, new)
    start = b"\x89TILES\r\n" + struct.pack("<II", 1, len(text)) + text
    path.write_bytes(start + struct.pack("<I", zlib.crc32(start)))
    with pytest.raises(CodecError):
        read_container(path)


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"[" * 9999, b'{"acquisition_id":"sat-a@rome@00600","cells":[]}', b"\xff"],
)
def test_an_index_written_by_a_stranger_is_checked(tmp_path, text):
    path = write(tmp_path / "a.tiles", is_closed=False)
    trailer = struct.pack("<IQ8s", zlib.crc32(text), len(text), b"ENDTILES")
    path.write_bytes(path.read_bytes() + text + trailer)
    container = read_container(path)
    assert not container.has_index
    assert opened(container) == (DELIVERED, {})


def test_a_record_that_is_not_the_one_of_the_index_is_told_of(tmp_path):
    """A good record in the place of another good one: only the index knows."""
    path = write(tmp_path / "a.tiles")
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[-16:-8])
    start = len(data) - 20 - length
    hashed = read_container(path).cells[0].pixel_hash.encode()
    text = data[start:-20].replace(hashed, b"0123456789abcdef")
    trailer = struct.pack("<IQ8s", zlib.crc32(text), len(text), b"ENDTILES")
    path.write_bytes(data[:start] + text + trailer)
    good, bad = opened(read_container(path))
    assert good == [(0, 2), (1, 1)]
    assert bad == {(0, 0): "tile 0,0: its record is not the one listed in the index"}


def test_a_file_of_nothing_but_damaged_records_is_read_in_a_moment(tmp_path, monkeypatch):
    """Each record claims all that follows; what is summed up for them stays within 17 times the file."""
    summed = []
    counting = SimpleNamespace(crc32=lambda data: summed.append(len(data)) or zlib.crc32(data))
    monkeypatch.setattr("payload.compression.scan.zlib", counting)
    path = write(tmp_path / "a.tiles", is_closed=False)
    header, headers = bytearray(record_at(0, 1)[:72]), []
    for left in range(5000, 0, -1):  # no more than there is: what is cut short is not summed
        header[4:8] = struct.pack("<I", 72 * left)
        header[68:72] = struct.pack("<I", zlib.crc32(bytes(header[:68])))
        headers.append(bytes(header))
    path.write_bytes(path.read_bytes() + b"".join(headers))
    good, bad = opened(read_container(path))
    assert path.stat().st_size < sum(summed) <= 17 * path.stat().st_size
    assert good == DELIVERED
    assert list(bad) == [(0, 1)]


def test_the_writer_accepts_no_contradiction(tmp_path):
    writer = ContainerWriter(tmp_path / "a.tiles", HEADER)
    writer.append(record_at(0, 0))
    with pytest.raises(CodecError, match="already has a record"):
        writer.append(record_at(0, 0))
    with pytest.raises(CodecError):
        writer.append(record_at(0, 1)[:-1])
    with pytest.raises(CodecError):
        writer.append(b"no record")
    cells = [Cell(*place, CellFate.PRUNED) for place in FATES]
    for wrong in (
        cells,
        cells[:-1],
        [*cells, cells[0]],
        [Cell(0, 0, CellFate.DELIVERED), Cell(0, 1, CellFate.DELIVERED), *cells[2:]],
    ):
        with pytest.raises(CodecError):
            writer.close(wrong)
    writer.close([Cell(0, 0, CellFate.DELIVERED), *cells[1:]])
    with pytest.raises(CodecError, match="closed"):
        writer.append(record_at(0, 1))
    with pytest.raises(CodecError, match="closed"):
        writer.close(cells)


def test_a_header_longer_than_a_mebibyte_is_neither_written_nor_read(tmp_path):
    path = tmp_path / "a.tiles"
    with pytest.raises(CodecError, match="a header of"):
        ContainerWriter(path, replace(HEADER, bands=tuple(f"{n} {'x' * 4200}" for n in range(256))))
    assert not path.exists()
    ContainerWriter(path, HEADER)
    text = path.read_bytes()[16:-4]
    for length, is_read in ((2**20, True), (2**20 + 1, False)):
        start = b"\x89TILES\r\n" + struct.pack("<II", 1, length) + text.ljust(length)
        path.write_bytes(start + struct.pack("<I", zlib.crc32(start)))
        if is_read:
            assert read_container(path).header == HEADER
        else:
            with pytest.raises(CodecError, match="cut short or damaged"):
                read_container(path)


def test_an_image_of_which_nothing_came_down_has_its_fates_all_the_same(tmp_path):
    path = tmp_path / "a.tiles"
    ContainerWriter(path, HEADER).close([Cell(*place, CellFate.PRUNED) for place in FATES])
    container = read_container(path)
    assert {cell.fate for cell in container.cells} == {CellFate.PRUNED}
    assert list(container.tiles(CODECS)) == []


def test_the_same_records_give_the_same_file(tmp_path):
    first, second = write(tmp_path / "a.tiles"), write(tmp_path / "b.tiles")
    assert first.read_bytes() == second.read_bytes()


def many_joined(folder, cut):
    """A container, cut so many bytes before its end, and ten more behind it."""
    parts = []
    for number in range(11):
        header = replace(HEADER, acquisition_id=f"image {number}")
        path = folder / f"{number}.tiles"
        ContainerWriter(path, header).close([Cell(*p, CellFate.LOST) for p in header.grid.places])
        parts.append(path.read_bytes())
    joined = folder / "joined.tiles"
    joined.write_bytes(parts[0][: len(parts[0]) - cut] + b"".join(parts[1:]))
    return joined, len(parts[0]) - cut


@pytest.mark.parametrize("cut", [0, 9])
def test_the_first_of_many_that_are_joined_is_read_as_if_alone(tmp_path, cut):
    joined, begins = many_joined(tmp_path, cut)
    found = read_container(joined)
    assert found.has_index == (not cut)
    assert {cell.fate for cell in found.cells} == {CellFate.UNKNOWN if cut else CellFate.LOST}
    assert any(f"another container begins at byte {begins}:" in note for note in found.notes)


def test_a_file_joined_to_another_tells_where_the_other_begins(tmp_path):
    first, second = tmp_path / "1.tiles", tmp_path / "2.tiles"
    for path, name in ((first, HEADER.acquisition_id), (second, "another")):
        header = replace(HEADER, acquisition_id=name)
        ContainerWriter(path, header).close([Cell(*p, CellFate.LOST) for p in header.grid.places])
    joined = tmp_path / "joined.tiles"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    found = read_container(joined)
    assert found.has_index
    assert found.header == HEADER
    (note,) = [note for note in found.notes if "another container" in note]
    offset = int(note.split("byte ")[1].split(":")[0])
    rest = tmp_path / "rest.tiles"
    rest.write_bytes(joined.read_bytes()[offset:])
    assert read_container(rest).header.acquisition_id == "another"
    assert read_container(rest).notes == ()
