"""Find the records of an image in bytes that may be damaged, cut short or mixed with others."""

import mmap
import zlib

from payload.compression.image_index import Cell, CellFate, ContainerHeader
from payload.compression.record import (
    HEADER_BYTES,
    SYNC,
    TileHeader,
    acquisition_tag,
    read_header,
)
from payload.errors import CodecError


class Scan:
    """Finds the records of an image by sync word, length and checksums."""

    def __init__(self, header: ContainerHeader) -> None:
        self.places: dict[tuple[int, int], tuple[int, TileHeader]] = {}
        self._damaged: dict[tuple[int, int], tuple[int, TileHeader]] = {}
        self._header = header
        self._tag = acquisition_tag(header.acquisition_id)
        self._stray_bytes = 0
        self._foreign = 0

    def run(self, data: mmap.mmap, start: int, end: int) -> None:
        """Walk from record to record; after damage, skip to the next sync word."""
        # Only files made to waste time have damaged payloads summed over and over; the budget bounds that.
        budget = 16 * len(data)
        position = start
        while position < end:
            found = data.find(SYNC, position, end)
            if found < 0:
                break
            self._stray_bytes += found - position
            header = _peek(data, found, end)
            if header is None:
                self._stray_bytes += len(SYNC)
                position = found + len(SYNC)
                continue
            budget -= min(header.record_bytes, end - found)
            position = found + self._take(data, found, header, is_trusted=budget > 0)
        self._stray_bytes += max(end - position, 0)
        for place, record in self._damaged.items():
            self.places.setdefault(place, record)

    def cell(self, place: tuple[int, int]) -> Cell:
        """What the records alone tell about a cell."""
        if place not in self.places:
            return Cell(*place, CellFate.UNKNOWN)
        offset, header = self.places[place]
        hashed = header.pixel_hash.hex()
        return Cell(
            *place, CellFate.DELIVERED, header.cover, "", offset, header.record_bytes, hashed
        )

    @property
    def notes(self) -> list[str]:
        """What else was found between the records."""
        notes = []
        if self._stray_bytes:
            notes.append(f"{self._stray_bytes} bytes between the records belong to no record")
        if self._foreign:
            notes.append(f"{self._foreign} records belong to other images")
        return notes

    def _take(self, data: mmap.mmap, offset: int, header: TileHeader, *, is_trusted: bool) -> int:
        """Note a record; returns how far to move on, past it only if it is whole."""
        place = (header.row, header.col)
        body = data[offset + HEADER_BYTES : offset + header.record_bytes] if is_trusted else b""
        is_whole = len(body) == header.body_bytes and zlib.crc32(body) == header.body_crc
        if not belongs(header, self._header, self._tag):
            self._foreign += 1
        else:
            (self.places if is_whole else self._damaged).setdefault(place, (offset, header))
        return header.record_bytes if is_whole else HEADER_BYTES


def _peek(data: mmap.mmap, offset: int, end: int) -> TileHeader | None:
    try:
        return read_header(data[offset : min(offset + HEADER_BYTES, end)])
    except CodecError:
        return None


def belongs(tile: TileHeader, image: ContainerHeader, tag: bytes) -> bool:
    """Whether a record belongs to this image: its acquisition, a cell of its grid, its bands and bit depth."""
    inside = tile.row < image.grid.rows and tile.col < image.grid.cols
    return (
        inside
        and tile.acquisition_tag == tag
        and tile.window == image.grid.window(tile.row, tile.col)
        and (tile.bands, tile.bit_depth) == (len(image.bands), image.bit_depth)
    )
