"""A reader of tile records written from the page FORMAT.md alone: struct, zlib, BLAKE2b, Zstandard, and loops.

Slow, and the judge of what the page says. It shares no code with the codecs. Here are what all records have in
common, `raw` and the pictures; beside it `format_page_median`, `format_page_adaptive` and `format_page_strong`.
"""

import hashlib
import re
import struct
import zlib
from importlib.resources import files

import numpy as np
import zstandard

PAGE = (files("payload") / "compression" / "FORMAT.md").read_text(encoding="utf-8")
UNSIGNED = {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q"}


def section(title):
    """The page's text from a title to the next."""
    return re.split(r"^#+ ", PAGE.split(f"{title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def code(kind):
    """What `struct` calls a type of the page."""
    return UNSIGNED.get(kind) or f"{kind.removeprefix('bytes ')}s"


def table(title):
    """Rows of a section's first table, as lists of texts."""
    rows = re.search(r"(?:^\|.*\n)+", section(title), re.MULTILINE)
    lines = rows[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


class Reader:
    """Header, plane and samples of a record, section `Tile record`; subclasses read payloads."""

    def __init__(self, record):
        self.fields = {}
        for offset, kind, words in table("## Tile record"):
            name = re.split(r"[:;,\[`]| of ", words)[0].strip()
            (self.fields[int(offset)],) = struct.unpack_from("<" + code(kind), record, int(offset))
            assert name
        end = max(self.fields)
        assert self.fields[end] == zlib.crc32(record[:end])
        assert self.fields[4] == len(record)
        self.body = record[end + 4 :]
        assert self.fields[64] == zlib.crc32(self.body)
        self.bands, self.height, self.width = (self.fields[at] for at in (10, 24, 26))
        self.codec = self.fields[28].rstrip(b"\0").decode("ascii")
        self.error, self.bits = self.fields[42], self.fields[46]
        self.step = 1 if self.fields[9] & 4 else 2 * self.error + 1
        lossless = self.step == 1
        self.depth = (
            self.bits if lossless else ((2**self.bits - 1 + self.error) // self.step).bit_length()
        )
        self.top = 2**self.depth - 1
        self.hidden = [[False] * self.width for _ in range(self.height)]
        if self.fields[9] & 2:
            self.cut_plane()
        self.coded = [
            (i, j) for i in range(self.height) for j in range(self.width) if not self.hidden[i][j]
        ]

    def cut_plane(self):
        (length,) = struct.unpack_from("<I", self.body)
        plane, self.body = self.body[4 : 4 + length], self.body[4 + length :]
        rows = zstandard.ZstdDecompressor().decompress(plane) if plane else None
        step = -(-self.width // 8)
        for i in range(self.height):
            for j in range(self.width):
                is_hidden = rows is None or rows[i * step + j // 8] >> (7 - j % 8) & 1 == 1
                self.hidden[i][j] = is_hidden

    def samples(self):
        """Samples as samples[band][row][column], whose hash is that of the header."""
        highest = 2**self.bits - 1
        if self.coded:
            numbers = self.numbers()
        else:
            assert not self.body
            numbers = [[] for _ in range(self.bands)]
        found = [[[0] * self.width for _ in range(self.height)] for _ in range(self.bands)]
        for band in range(self.bands):
            for (i, j), number in zip(self.coded, numbers[band], strict=True):
                found[band][i][j] = min(number * self.step, highest)
        text = struct.pack("<III", self.bands, self.height, self.width)
        text += b"".join(struct.pack("<H", s) for band in found for row in band for s in row)
        assert hashlib.blake2b(text, digest_size=8).digest() == self.fields[56]
        return found

    def numbers(self):
        """The numbers of the coded pixels, a list for each band."""
        raise NotImplementedError


class RawReader(Reader):
    """`raw`."""

    def numbers(self):
        digits = "".join(f"{octet:08b}" for octet in self.body)
        count, depth = self.bands * len(self.coded), self.depth
        assert set(digits[count * depth :]) <= {"0"}
        assert len(self.body) == -(-count * depth // 8)
        all_ = [int(digits[n * depth : (n + 1) * depth], 2) for n in range(count)]
        return [all_[b * len(self.coded) : (b + 1) * len(self.coded)] for b in range(self.bands)]


class PictureReader(Reader):
    """`jpegls`, `j2k` and `jxl`: the pictures themselves are read by the libraries of their standards."""

    def numbers(self):
        import imagecodecs  # noqa: PLC0415 - an extra, and of no other payload

        groups = [[band] for band in range(self.bands)]
        if self.codec == "jxl" and self.bands >= 3:
            groups = [[0, 1, 2], *groups[3:]]
        decode = {
            "jpegls": imagecodecs.jpegls_decode,
            "j2k": imagecodecs.jpeg2k_decode,
            "jxl": imagecodecs.jpegxl_decode,
        }[self.codec]
        lengths = struct.unpack_from(f"<{len(groups)}I", self.body)
        at, found = 4 * len(lengths), [[] for _ in range(self.bands)]
        for group, length in zip(groups, lengths, strict=True):
            picture = np.asarray(decode(self.body[at : at + length]))
            assert picture.shape[:2] == (self.height, self.width)
            for place, band in enumerate(group):
                own = picture.reshape(self.height, self.width, len(group))[..., place].tolist()
                found[band] = [own[i][j] for i, j in self.coded]
            at += length
        assert at == len(self.body)
        return found
