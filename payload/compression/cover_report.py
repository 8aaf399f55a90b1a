"""The cover report of an image: what became of each of its cells on board; it is sent ahead of the tiles.

Without it the ground could not tell a tile that was pruned from one that was lost. One byte per cell; `FORMAT.md`
beside this module gives the layout.

>>> from payload.compression.cover_report import Told, pack_cover_report, read_cover_report
>>> report = pack_cover_report("image", 1, 3, [Told.KEPT, 0.75, Told.NO_DATA])
>>> len(report), read_cover_report(report, "image", 1, 3)
(27, [<Told.KEPT: 0>, 0.75, <Told.NO_DATA: 1>])
"""

import struct
import zlib
from collections.abc import Sequence
from enum import IntEnum

from payload.compression.record import acquisition_tag
from payload.errors import CodecError

SYNC = b"til\xe6"
_VERSION = 1
_FIELDS = struct.Struct("<4sB3xHH8s")
_CHECKSUM = struct.Struct("<I")
_COVER_STEPS = 200
_COVER_FIRST = 55


class Told(IntEnum):
    """What the report says of a cell that was not pruned for its cloud cover."""

    KEPT = 0
    NO_DATA = 1
    NO_ROOM = 2
    UNSEEN = 3


KEPT = Told.KEPT
"""For code that uses it once per tile: looking it up on its class takes as long as three calls."""
TOLD_WORDS = {
    Told.NO_DATA: "no data",
    Told.NO_ROOM: "no room in memory",
    Told.UNSEEN: "dropped unseen",
}


def report_bytes(cells: int) -> int:
    """[byte] Length of the report on a number of cells."""
    return _FIELDS.size + cells + _CHECKSUM.size


def pack_cover_report(
    acquisition_id: str, rows: int, cols: int, cells: Sequence[Told | float]
) -> bytes:
    """Make a report.

    Args:
        acquisition_id: Name of the image.
        rows: Of its grid.
        cols: Of its grid.
        cells: Row by row; for cells pruned for their cloud cover, that cover, 0 to 1, stored to 1/200.

    Raises:
        CodecError: The number of cells is not that of the grid, the grid does not fit, or a cover is invalid.
    """
    if len(cells) != rows * cols:
        raise CodecError(f"found {len(cells)} cells; expected those of a grid of {rows} x {cols}")
    try:
        fields = _FIELDS.pack(SYNC, _VERSION, rows, cols, acquisition_tag(acquisition_id))
    except struct.error as error:
        raise CodecError(f"a grid of {rows} x {cols} does not fit a report: {error}") from error
    body = fields + bytes([cell if isinstance(cell, Told) else _code(cell) for cell in cells])
    return body + _CHECKSUM.pack(zlib.crc32(body))


def read_cover_report(
    report: bytes, acquisition_id: str, rows: int, cols: int
) -> list[Told | float]:
    """Undo `pack_cover_report`.

    Raises:
        CodecError: The report is damaged, or of another version, image or grid.
    """
    if len(report) != report_bytes(rows * cols) or report[: len(SYNC)] != SYNC:
        raise CodecError(f"this is not a cover report of {rows} x {cols} cells")
    body = report[: -_CHECKSUM.size]
    if _CHECKSUM.unpack_from(report, len(body))[0] != zlib.crc32(body):
        raise CodecError("the cover report is damaged: its checksum does not match")
    fields = (SYNC, _VERSION, rows, cols, acquisition_tag(acquisition_id))
    if _FIELDS.unpack_from(body) != fields:
        raise CodecError("the cover report has another version, image or grid")
    return [_told(code) for code in body[_FIELDS.size :]]


def _code(cell: float) -> int:
    if not 0.0 <= cell <= 1.0:
        raise CodecError(f"cloud cover is {cell}; expected 0 to 1")
    return _COVER_FIRST + round(cell * _COVER_STEPS)


def _told(code: int) -> Told | float:
    if code >= _COVER_FIRST:
        return (code - _COVER_FIRST) / _COVER_STEPS
    try:
        return Told(code)
    except ValueError as error:
        raise CodecError(f"the cover report gives a cell the unknown code {code}") from error
