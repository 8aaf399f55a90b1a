"""The page FORMAT.md tells the truth: a reader written from it alone understands what we write."""

import hashlib
import json
import re
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files

import numpy as np
import pytest
import zstandard
from contracts.codec import blotted, textured, tile_of

from payload.compression import (
    Cell,
    CellFate,
    Coding,
    ContainerHeader,
    ContainerWriter,
    Loss,
    seal,
    seal_clear,
)
from payload.compression.med import MedZstd
from payload.compression.raw import Raw
from payload.compression.record import HEADER_BYTES
from payload.types import Radiometry, Window

PAGE = (files("payload") / "compression" / "FORMAT.md").read_text(encoding="utf-8")
UNSIGNED = {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q"}


def section(title):
    return re.split(r"^#+ ", PAGE.split(f"{title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def code(kind):
    return UNSIGNED.get(kind) or f"{kind.removeprefix('bytes ')}s"


def table(title):
    """Rows of a section's first table, as lists of texts."""
    rows = re.search(r"(?:^\|.*\n)+", section(title), re.MULTILINE)
    lines = rows[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class Reader:
    """Knows nothing but the page: struct, zlib, BLAKE2b, Zstandard, and loops over pixels."""

    def __init__(self, record):
        self.fields = {}
        for offset, kind, words in table("## Tile record"):
            name = re.split(r"[:;,\[`]| of ", words)[0].strip()
            (self.fields[int(offset)],) = struct.unpack_from("<" + code(kind), record, int(offset))
            assert name
        end = max(self.fields)
        assert end + 4 == HEADER_BYTES
        assert self.fields[end] == zlib.crc32(record[:end])
        assert self.fields[4] == len(record)
        self.body = record[end + 4 :]
        assert self.fields[64] == zlib.crc32(self.body)
        self.bands, self.height, self.width = (self.fields[at] for at in (10, 24, 26))
        self.codec = self.fields[28].rstrip(b"\0").decode("ascii")
        self.error, self.bits = self.fields[42], self.fields[46]
        self.hidden = [[False] * self.width for _ in range(self.height)]
        if self.fields[9] & 2:
            (length,) = struct.unpack_from("<I", self.body)
            plane, self.body = self.body[4 : 4 + length], self.body[4 + length :]
            rows = zstandard.ZstdDecompressor().decompress(plane) if plane else None
            step = -(-self.width // 8)
            for i in range(self.height):
                for j in range(self.width):
                    self.hidden[i][j] = (
                        rows is None or rows[i * step + j // 8] >> (7 - j % 8) & 1 == 1
                    )
        self.coded = [
            (i, j) for i in range(self.height) for j in range(self.width) if not self.hidden[i][j]
        ]

    def samples(self):
        highest, step = 2**self.bits - 1, 2 * self.error + 1
        depth = ((highest + self.error) // step).bit_length()
        numbers = self.packed(depth) if self.codec == "raw" else self.predicted()
        found = [[[0] * self.width for _ in range(self.height)] for _ in range(self.bands)]
        for band in range(self.bands):
            for (i, j), number in zip(self.coded, numbers[band], strict=True):
                found[band][i][j] = min(number * step, highest)
        text = struct.pack("<III", self.bands, self.height, self.width)
        text += b"".join(struct.pack("<H", s) for band in found for row in band for s in row)
        assert hashlib.blake2b(text, digest_size=8).digest() == self.fields[56]
        return found

    def packed(self, depth):
        digits = "".join(f"{octet:08b}" for octet in self.body)
        count = self.bands * len(self.coded)
        assert set(digits[count * depth :]) <= {"0"}
        all_ = [int(digits[n * depth : (n + 1) * depth], 2) for n in range(count)]
        return [all_[b * len(self.coded) : (b + 1) * len(self.coded)] for b in range(self.bands)]

    def predicted(self):
        if not self.coded:
            return [[] for _ in range(self.bands)]
        gains = struct.unpack_from(f"<{self.bands - 1}h", self.body)
        start = 2 * len(gains)
        lengths = struct.unpack_from(f"<{self.bands + 1}I", self.body, start)
        at, planes = start + 4 * len(lengths), []
        for length in lengths:
            frame = self.body[at : at + length]
            planes.append(zstandard.ZstdDecompressor().decompress(frame))
            at += length
        assert at == len(self.body)
        before, numbers, count = [0] * len(self.coded), [], len(self.coded)
        for band in range(self.bands):
            own = []
            for n in range(count):
                folded = planes[band][n] + 256 * planes[-1][band * count + n]
                left = folded // 2 if folded % 2 == 0 else -((folded + 1) // 2)
                told = (gains[band - 1] * before[n] + 2048) // 4096 if band else 0
                left = (left + told) % 65_536
                own.append(left - 65_536 if left >= 32_768 else left)
            numbers.append(self.neighbours(own))
            before = own
        return numbers

    def neighbours(self, left):
        grid = {}
        left = iter(left)
        for i in range(self.height):
            for j in range(self.width):
                west, north = grid.get((i, j - 1), 0), grid.get((i - 1, j), 0)
                corner = grid.get((i - 1, j - 1), 0)
                if self.hidden[i][j]:
                    grid[i, j] = west if j else north
                    continue
                inner = min(max(corner, min(west, north)), max(west, north))
                grid[i, j] = (next(left) + west + north - inner) % 65_536
        return [grid[place] for place in self.coded]


def example():
    (block,) = re.findall(r"```\n(.*?)```", section("### Example"), re.DOTALL)
    return bytes.fromhex(block)


def test_the_example_is_what_is_sealed_and_reads_as_told():
    bands = np.array([[[1, 2, 3], [4, 5, 4095]]], np.uint16)
    tile = replace(tile_of(bands, row=0, col=0), window=Window(0, 0, 2, 3))
    assert seal(tile, Raw(), "raw", cover=0.5).record == example()
    assert Reader(example()).samples() == bands.tolist()


@pytest.mark.parametrize("max_error", [0, 1, 7])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", ["raw", "med-zstd"])
def test_a_reader_written_from_the_page_understands_records(name, share, max_error):
    codec = {"raw": Raw(), "med-zstd": MedZstd()}[name]
    bands = textured((3, 30, 41), 11)
    tile = tile_of(bands, bit_depth=11)
    not_coded = blotted(bands.shape, share) if 0 < share < 1 else np.full((30, 41), share == 1)
    loss = Loss(max_error=max_error)
    whole = seal(tile, codec, name, loss=loss)
    record = seal_clear(tile, Coding(codec, name, loss), not_coded=not_coded, whole=whole).record
    reader = Reader(record)
    assert np.array(reader.hidden).tolist() == not_coded.tolist()
    off = np.abs(np.array(reader.samples()) - bands.astype(int))[:, ~not_coded]
    assert off.max(initial=0) <= max_error


def test_the_offsets_of_the_page_leave_no_gap_and_overlap_nowhere():
    end = 0
    for offset, kind, _ in table("## Tile record"):
        assert int(offset) == end
        end += struct.calcsize("<" + code(kind))
    assert end == HEADER_BYTES


def test_a_reader_written_from_the_page_understands_a_container(tmp_path):
    bands = textured((2, 16, 16), 12)
    header = ContainerHeader(
        acquisition_id="image",
        satellite="sat",
        target="place",
        utc=datetime(2026, 6, 21, tzinfo=UTC),
        width_px=40,
        height_px=16,
        tile_px=16,
        bands=("red", "nir"),
        bit_depth=12,
        radiometry=Radiometry(1e-4),
    )
    tile = replace(tile_of(bands, row=0, col=1), window=Window(0, 16, 16, 16))
    record = seal(tile, MedZstd(), "med-zstd").record
    writer = ContainerWriter(tmp_path / "x.tiles", header)
    writer.append(record)
    fates = [CellFate.NO_DATA, CellFate.DELIVERED, CellFate.LOST]
    writer.close([Cell(0, col, fate) for col, fate in enumerate(fates)])

    data = (tmp_path / "x.tiles").read_bytes()
    rows = {name: (kind, words) for name, kind, words in table("## Container")}
    assert data[:8] == bytes.fromhex("89 54 49 4c 45 53 0d 0a")
    assert "89 54 49 4c 45 53 0d 0a" in PAGE
    version, length = struct.unpack_from("<II", data, 8)
    assert str(version) == rows["version"][1]
    told = json.loads(data[16 : 16 + length])
    assert list(told) == [
        "acquisition_id", "satellite", "target", "utc", "width_px", "height_px", "tile_px", "bands", "bit_depth",
        "radiometry", "georeference", "nodata",
    ]  # fmt: skip
    assert all(name in rows["header"][1] for name in told)
    (checksum,) = struct.unpack_from("<I", data, 16 + length)
    assert checksum == zlib.crc32(data[: 16 + length])
    checksum, index_bytes, magic = struct.unpack("<IQ8s", data[-20:])
    assert magic == b"ENDTILES"
    text = data[-20 - index_bytes : -20]
    assert zlib.crc32(text) == checksum
    cells = json.loads(text)["cells"]
    assert [cell["fate"] for cell in cells] == ["no_data", "delivered", "lost"]
    offset, size = cells[1]["offset"], cells[1]["record_bytes"]
    assert data[offset : offset + size] == record
    assert Reader(record).samples() == bands.tolist()
    fates = re.findall(r"^\| `(\w+)` \|", section("## Container"), re.MULTILINE)
    assert set(fates) == set(CellFate)
