"""The page FORMAT.md tells the truth: a reader written from it alone understands what we write."""

import hashlib
import json
import re
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from itertools import product

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
from payload.compression.ls_golomb import LsGolomb
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


class GolombReader(Reader):
    """The section `ls-golomb` of the page, word by word, with dictionaries and loops."""

    def predicted(self):
        self.top = 2**self.bits - 1
        self.at = 0
        models = [self.model(band) for band in range(self.bands)]
        self.number, self.error_of = (
            [{} for _ in range(self.bands)],
            [{} for _ in range(self.bands)],
        )
        for band in range(self.bands):
            self.digits = "".join(f"{octet:08b}" for octet in self.body[self.at :])
            used = self.band(band, models[band])
            assert set(self.digits[used : -(-used // 8) * 8]) <= {"0"}
            self.at += -(-used // 8)
        assert self.at == len(self.body)
        return [[self.number[band][place] for place in self.coded] for band in range(self.bands)]

    def model(self, band):
        earlier = range(1, min(band, 3) + 1)
        own = "(0,-1) (0,-2) (-1,0) (-1,-1) (-1,1) (-2,0) (-1,2) (-1,-2) (-2,-1) (-2,1)"
        assert own in section("### Predictors of `ls-golomb` and `strong`")
        taps = [(0, *map(int, place.strip("()").split(","))) for place in own.split()]
        taps += [(e, *place) for e in earlier for place in product((0, -1, 1), repeat=2)]
        units = self.body[self.at]
        self.at += 1
        if not units:
            quarters = {(0, 0, -1): 3, (0, -1, 0): 3, (0, -1, -1): -2}
            quarters |= {(1, 0, 0): 4, (1, 0, -1): -3, (1, -1, 0): -3, (1, -1, -1): 2}
            return 14, {tap: quarters.get(tap, 0) << 12 for tap in taps}, 0
        *weights, constant = struct.unpack_from(f"<{len(taps)}hi", self.body, self.at)
        self.at += 2 * len(taps) + 4
        return units, dict(zip(taps, weights, strict=True)), constant

    def beyond(self, plane, i, j):
        return plane[min(max(i, 0), self.height - 1), min(max(j, 0), self.width - 1)]

    def to_the_left(self, band, i, j, back):
        if j == 0:
            return self.number[band][i - 1, 0]
        return self.number[band][i, max(j - back, 0)]

    def told(self, band, i, j, model):
        units, weights, constant = model
        own = self.number[band]
        if i == 0:
            if band == 0:
                return own[0, j - 1] if j else 2 ** (self.bits - 1)
            before = self.number[band - 1]
            return own[0, j - 1] + before[0, j] - before[0, j - 1] if j else before[0, 0]
        total = constant + (1 << (units - 1))
        for (e, dy, dx), weight in weights.items():
            if e == 0 and dy == 0:
                total += weight * self.to_the_left(band, i, j, -dx)
            else:
                total += weight * self.beyond(self.number[band - e], i + dy, j + dx)
        return total >> units

    def activity(self, band, i, j):
        if i == 0:
            return 0
        own = self.error_of[band]
        places = [(-1, 0, 2), (-1, -1, 1), (-1, 1, 1), (-2, 0, 1)]
        found = sum(share * self.beyond(own, i + dy, j + dx) for dy, dx, share in places)
        if band:
            places = [(0, 0, 2), (0, -1, 1), (0, 1, 1), (-1, 0, 1), (1, 0, 1)]
            before = self.error_of[band - 1]
            found += sum(share * self.beyond(before, i + dy, j + dx) for dy, dx, share in places)
        return found

    def band(self, band, model):
        contexts = [
            {"sum": int(2 ** (c / 2) / 2 + 1), "n": 1, "k": 0, "bias": 0, "b": 0, "bn": 0}
            for c in range(24)
        ]
        own, errors, position = self.number[band], self.error_of[band], 0
        for i in range(self.height):
            first = errors[i - 1, 0] if i else self.error_of[band - 4][0, 0] if band >= 4 else 0
            near, next_ = first, 0
            for j in range(self.width):
                level = self.activity(band, i, j) + 2 * near + next_
                level = min(level >> (2 + max(0, self.bits - 12)), 4095)
                context = contexts[min(((level + 1) ** 2).bit_length() - 1, 23)]
                told = min(max(self.told(band, i, j, model) + context["bias"], 0), self.top)
                next_ = near
                if self.hidden[i][j]:
                    own[i, j], errors[i, j] = told, near
                    continue
                mapped, position = self.mapped(position, context["k"])
                room = min(told, self.top - told)
                if mapped > 2 * room:
                    residual = mapped - room if told == room else room - mapped
                else:
                    residual = -(mapped + 1) // 2 if mapped % 2 else mapped // 2
                own[i, j] = told + residual
                near = errors[i, j] = abs(residual)
                self.learn(context, residual, mapped)
        return position

    def mapped(self, position, k):
        zeros = 0
        while zeros < 20 and self.digits[position + zeros] == "0":
            zeros += 1
        if zeros == 20:
            end = position + 20 + self.bits
            return int(self.digits[position + 20 : end], 2), end
        end = position + zeros + 1 + k
        return (zeros << k) + int("0" + self.digits[position + zeros + 1 : end], 2), end

    def learn(self, context, residual, mapped):
        context["sum"] += mapped
        context["n"] += 1
        if context["n"] == 128:
            context["sum"], context["n"] = (context["sum"] + 1) >> 1, 64
        context["k"] = 0
        while 235 * context["n"] << context["k"] < 128 * context["sum"]:
            context["k"] += 1
        context["b"] += residual
        context["bn"] += 1
        if 2 * context["b"] > context["bn"]:
            context["bias"] += 1
            context["b"] -= context["bn"]
        elif 2 * context["b"] < -context["bn"]:
            context["bias"] -= 1
            context["b"] += context["bn"]
        if context["bn"] == 256:
            context["b"], context["bn"] = context["b"] >> 1, 128


@pytest.mark.parametrize("shape", [(6, 9, 11), (6, 40, 41)], ids=["small", "fitted"])
def test_a_reader_written_from_the_page_understands_golomb_codes(shape):
    """Six bands, as the fifth meets what the first left; a spike, as it needs the escape."""
    bands = textured(shape, 12) >> 4
    bands[:, 5, 7] = 4095  # beyond 20 zeros
    plane = blotted(shape, 0.5)
    plane[5, 7] = False
    for not_coded in (None, plane):
        tile = tile_of(bands)
        whole = seal(tile, LsGolomb(), "ls-golomb")
        coding = Coding(LsGolomb(), "ls-golomb")
        found = (
            whole if not_coded is None else seal_clear(tile, coding, not_coded=plane, whole=whole)
        )
        reader = GolombReader(found.record)
        assert reader.codec == "ls-golomb"
        assert (reader.body[0] == 0) == (shape[1] < 10)
        assert np.array(reader.hidden).any() == (not_coded is not None)
        expected = bands if not_coded is None else np.where(plane, 0, bands)
        assert reader.samples() == expected.tolist()


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
