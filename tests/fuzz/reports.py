"""Cover reports: damaged on the link, damaged with a right checksum, and read as those of another image or grid."""

import hashlib
import random
import struct
import zlib
from dataclasses import dataclass

from fuzz.mutations import mutated

from payload.compression.cover_report import Told, pack_cover_report, read_cover_report

GRIDS = [(1, 1), (1, 7), (6, 6), (3, 40), (17, 9)]


@dataclass(frozen=True, eq=False)
class Report:
    """A report and what it tells of which image and grid."""

    asked: tuple
    cells: list
    packed: bytes


@dataclass(frozen=True, eq=False)
class Reports:
    """All that is mutated."""

    made: list
    digest: str
    name = "cover-report"

    @property
    def stages(self):
        return {"link": _link, "mended": _mended, "asked": _asked}


def make_reports():
    """A few images on each grid: all kept, all pruned, and a mixture."""
    draw, made = random.Random("cover reports"), []
    for number, (rows, cols) in enumerate(GRIDS):
        kinds = [lambda: Told.KEPT, draw.random, lambda: draw.choice([*Told, 0.0, 1.0, 0.5])]
        for kind in kinds:
            cells = [kind() for _ in range(rows * cols)]
            asked = (f"image {number}", rows, cols)
            packed = pack_cover_report(*asked, cells)
            made.append(Report(asked, read_cover_report(packed, *asked), packed))
    digest = hashlib.blake2b(b"".join(one.packed for one in made), digest_size=8).hexdigest()
    return Reports(made, digest)


def _link(reports, draw):
    one, other = draw.choice(reports.made), draw.choice(reports.made)
    damaged, way = mutated(one.packed, draw, other.packed)

    def attempt():
        if damaged in {one.packed, other.packed}:
            return "unchanged"
        read_cover_report(damaged, *one.asked)
        raise AssertionError("damage was not noticed")

    return way, len(one.cells), attempt


def _mended(reports, draw):
    """Nothing but the checksum tells of a cell: each must still be one of those that can be told."""
    one, other = draw.choice(reports.made), draw.choice(reports.made)
    body, way = mutated(one.packed[:-4], draw, other.packed[:-4])

    def attempt():
        found = read_cover_report(body + struct.pack("<I", zlib.crc32(body)), *one.asked)
        if len(found) != len(one.cells):
            raise AssertionError(f"{len(found)} cells")
        if not all(isinstance(cell, Told) or 0 <= cell <= 1 for cell in found):
            raise AssertionError("a cell is nothing that can be told")
        return "same cells" if found == one.cells else "other cells"

    return way, len(one.cells), attempt


def _asked(reports, draw):
    one, other = draw.choice(reports.made), draw.choice(reports.made)

    def attempt():
        found = read_cover_report(one.packed, *other.asked)
        if one.asked != other.asked:
            raise AssertionError("the report of another image was taken")
        if found != one.cells:
            raise AssertionError("other cells")
        return "same cells"

    return "exchange", len(one.cells), attempt
