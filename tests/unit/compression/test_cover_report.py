"""The cover report of an image: what it tells comes back, and damage is noticed."""

import re
import struct
import zlib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.compression.cover_report import (
    Told,
    pack_cover_report,
    read_cover_report,
    report_bytes,
)
from payload.errors import CodecError

CELLS = st.one_of(st.sampled_from(Told), st.floats(0, 1))


@given(rows=st.integers(1, 9), cols=st.integers(1, 9), data=st.data())
def test_what_is_told_comes_back_covers_to_a_400th(rows, cols, data):
    cells = data.draw(st.lists(CELLS, min_size=rows * cols, max_size=rows * cols))
    report = pack_cover_report("image", rows, cols, cells)
    assert len(report) == report_bytes(rows * cols) == 24 + rows * cols
    for told, cell in zip(read_cover_report(report, "image", rows, cols), cells, strict=True):
        assert isinstance(told, Told) == isinstance(cell, Told)
        assert told == (cell if isinstance(cell, Told) else pytest.approx(cell, abs=1 / 399))


def test_every_flipped_bit_and_every_other_image_or_grid_is_noticed():
    report = pack_cover_report("image", 2, 3, [Told.KEPT, 0.5, 1.0, 0.0, Told.UNSEEN, Told.NO_ROOM])
    damaged = bytearray(report)
    for bit in range(8 * len(report)):
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CodecError):
            read_cover_report(bytes(damaged), "image", 2, 3)
        damaged[bit // 8] ^= 1 << bit % 8
    for wrong in [("other", 2, 3), ("image", 3, 2), ("image", 2, 2)]:
        with pytest.raises(CodecError):
            read_cover_report(report, *wrong)
    nonsense = report[:-5] + b"\x09"
    with pytest.raises(CodecError, match="unknown code"):
        read_cover_report(nonsense + struct.pack("<I", zlib.crc32(nonsense)), "image", 2, 3)


@pytest.mark.parametrize("extra", [b"\0", b"\xff" * 6])
def test_cells_beyond_the_grid_are_refused_whatever_the_checksum_says(extra):
    body = pack_cover_report("image", 2, 3, [Told.KEPT] * 6)[:-4] + extra
    with pytest.raises(CodecError, match="not a cover report of 2 x 3"):
        read_cover_report(body + struct.pack("<I", zlib.crc32(body)), "image", 2, 3)


@pytest.mark.parametrize("cells", [[], [Told.KEPT] * 5, [1.01] * 6, [-0.1] * 6, [float("nan")] * 6])
def test_what_is_no_report_is_not_made(cells):
    with pytest.raises(CodecError):
        pack_cover_report("image", 2, 3, cells)


def test_the_page_tells_its_layout():
    """A reader written from FORMAT.md alone: the offsets of its table, one after another."""
    page = (files("payload") / "compression" / "FORMAT.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| (\d+) \| (\S+(?: \d+)?) \|", page.split("## Cover report\n")[1], re.MULTILINE
    )
    report = pack_cover_report("image", 1, 2, [0.25, Told.KEPT])
    end = 0
    for offset, kind in rows:
        assert int(offset) == end
        end += {"uint8": 1, "uint16": 2, "bytes 4": 4, "bytes 3": 3, "bytes 8": 8}[kind]
    assert report[end:-4] == bytes([55 + 50, 0])
    assert struct.unpack("<I", report[-4:]) == (zlib.crc32(report[:-4]),)
