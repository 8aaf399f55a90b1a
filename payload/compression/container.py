"""The container: one image as the ground has received it, suffix `.tiles`.

It holds a header, the records as received, and an index; `FORMAT.md` beside this module gives the layout.

Records are found by their sync words and checksums, never by offsets alone, so a container that was cut
short or damaged in the middle still yields what is intact. Only the index tells why a tile is missing.
"""

import contextlib
import mmap
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from payload.compression.image_index import Cell, CellFate, ContainerHeader, Index
from payload.compression.record import TileHeader, acquisition_tag, read_header
from payload.compression.scan import Scan, belongs
from payload.compression.sealing import OpenedTile, open_record
from payload.errors import CodecError
from payload.ports import Codec

SUFFIX = ".tiles"
_MAGIC = b"\x89TILES\r\n"
_END = b"ENDTILES"
_VERSION = 1
_PREFIX = struct.Struct("<8sII")
_CHECKSUM = struct.Struct("<I")
_TRAILER = struct.Struct("<IQ8s")
_MAX_HEADER_BYTES = 1 << 20
_MAX_TRAILERS = 8
_HEADER_JSON = TypeAdapter(ContainerHeader)
_INDEX_JSON = TypeAdapter(Index)


class ContainerWriter:
    """Writes a container record by record; between calls it holds neither an open file nor a record.

    A file that was never closed can still be read; it just cannot tell why tiles are missing.
    """

    def __init__(self, path: Path, header: ContainerHeader) -> None:
        """Write the header; an existing file is replaced.

        Raises:
            CodecError: The file cannot be written.
        """
        self.path = path
        self.header = header
        text = _HEADER_JSON.dump_json(header)
        start = _PREFIX.pack(_MAGIC, _VERSION, len(text)) + text
        if len(text) > _MAX_HEADER_BYTES:
            raise CodecError(f"{path}: a header of {len(text)} bytes")
        self._tag = acquisition_tag(header.acquisition_id)
        self._delivered: dict[tuple[int, int], Cell] = {}
        self._is_closed = False
        self._length = self._write("wb", start + _CHECKSUM.pack(zlib.crc32(start)))

    def append(self, record: bytes) -> None:
        """Add a record as received.

        Raises:
            CodecError: It is not a record, or belongs to another image; its cell already has one; or
                the file is closed or cannot be written.
        """
        header = read_header(record)
        place = (header.row, header.col)
        if self._is_closed:
            raise CodecError(f"{self.path} is closed; no record can be added")
        if len(record) != header.record_bytes or not belongs(header, self.header, self._tag):
            raise CodecError(f"{self.path}: the record of tile {place} belongs to another image")
        if place in self._delivered:
            raise CodecError(f"{self.path}: tile {place} already has a record")
        cell = Cell(
            *place,
            CellFate.DELIVERED,
            cover=header.cover,
            offset=self._length,
            record_bytes=len(record),
            pixel_hash=header.pixel_hash.hex(),
        )
        self._length += self._write("ab", record)
        self._delivered[place] = cell

    def close(self, cells: Sequence[Cell]) -> None:
        """Write the index.

        Args:
            cells: One for each cell of the grid, in any order. The location of its record is filled in, as
                is the cover of a delivered cell if it is None.

        Raises:
            CodecError: A cell is missing or duplicated, or "delivered" does not agree with the records.
        """
        if self._is_closed:
            raise CodecError(f"{self.path} is already closed")
        by_place = {(cell.row, cell.col): cell for cell in cells}
        grid = self.header.grid.places
        if len(by_place) != len(cells) or by_place.keys() != set(grid):
            raise CodecError(
                f"{self.path}: expected one cell for each of the {len(grid)} places of the grid"
            )
        for place, cell in by_place.items():
            if (cell.fate is CellFate.DELIVERED) != (place in self._delivered):
                raise CodecError(
                    f"{self.path}: tile {place} is listed as {cell.fate}, which contradicts the"
                    " records"
                )
        text = _INDEX_JSON.dump_json(
            Index(
                self.header.acquisition_id, tuple(self._placed(by_place[place]) for place in grid)
            )
        )
        trailer = _TRAILER.pack(zlib.crc32(text), len(text), _END)
        self._write("ab", text + trailer)
        self._is_closed = True

    def _placed(self, cell: Cell) -> Cell:
        found = self._delivered.get((cell.row, cell.col))
        if found is None:
            return replace(cell, offset=None, record_bytes=None, pixel_hash=None)
        return replace(
            found, reason=cell.reason, cover=found.cover if cell.cover is None else cell.cover
        )

    def _write(self, mode: str, data: bytes) -> int:
        try:
            with self.path.open(mode) as file:
                file.write(data)
        except OSError as error:
            raise CodecError(f"{self.path} cannot be written: {error.strerror}") from error
        return len(data)


@dataclass(frozen=True, slots=True)
class Container:
    """A container as read.

    Attributes:
        path: The file.
        header: What the image is.
        cells: One for each cell of the grid, row by row.
        has_index: Whether the fates come from its index; otherwise a cell is either delivered or unknown.
        notes: What is wrong with the file as a whole, in sentences; empty if nothing is.
    """

    path: Path
    header: ContainerHeader
    cells: tuple[Cell, ...]
    has_index: bool
    notes: tuple[str, ...]
    _places: Mapping[tuple[int, int], tuple[int, TileHeader]] = field(repr=False)

    @property
    def delivered(self) -> list[Cell]:
        """The cells whose records were received, row by row."""
        return [cell for cell in self.cells if cell.fate is CellFate.DELIVERED]

    def tiles(
        self, codecs: Mapping[str, Codec], cells: Iterable[Cell] | None = None
    ) -> Iterator[tuple[Cell, OpenedTile | CodecError]]:
        """Open delivered tiles one after another; a damaged one yields its error instead of pixels.

        Args:
            codecs: By kind, as for `open_record`.
            cells: Which of the delivered cells; all if left out.
        """
        with _opened(self.path) as data:
            for cell in self.delivered if cells is None else cells:
                yield cell, self._open(cell, data, codecs)

    def _open(
        self, cell: Cell, data: mmap.mmap, codecs: Mapping[str, Codec]
    ) -> OpenedTile | CodecError:
        where = f"tile {cell.row},{cell.col}"
        found = self._places.get((cell.row, cell.col))
        if found is None:
            return CodecError(f"{where}: its record is damaged or missing")
        offset, header = found
        if cell.pixel_hash not in {None, header.pixel_hash.hex()}:
            return CodecError(f"{where}: its record is not the one listed in the index")
        try:
            return open_record(data[offset : offset + header.record_bytes], codecs)
        except CodecError as error:
            return error


def read_container(path: Path) -> Container:
    """Read a container's header and index, and find its records; pixels are decoded later.

    Raises:
        CodecError: The file cannot be read, is not a container, or its header is damaged.
    """
    with _opened(path) as data:
        header, start = _read_header(path, data)
        cells, end, notes = _read_index(header, data, start)
        scan = Scan(header)
        scan.run(data, start, end)
    if cells is None:
        cells = tuple(scan.cell(place) for place in header.grid.places)
        return Container(path, header, cells, False, (*notes, *scan.notes), scan.places)
    return Container(path, header, cells, True, (*notes, *scan.notes), scan.places)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap]:
    """The bytes of a file, memory-mapped rather than loaded, so that memory use does not depend on its size."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise CodecError(f"{path} cannot be read: {error.strerror}") from error
    with file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file cannot be mapped
            raise CodecError(f"{path} is not a container: {error}") from error
        with mapped:
            yield mapped


def _read_header(path: Path, data: mmap.mmap) -> tuple[ContainerHeader, int]:
    if len(data) < _PREFIX.size or data[: len(_MAGIC)] != _MAGIC:
        raise CodecError(f"{path} is not a container: it does not begin with the signature of one")
    _, version, length = _PREFIX.unpack(data[: _PREFIX.size])
    if version != _VERSION:
        raise CodecError(f"{path}: the container has version {version}; expected {_VERSION}")
    end = _PREFIX.size + length
    if length > _MAX_HEADER_BYTES or end + _CHECKSUM.size > len(data):
        raise CodecError(f"{path}: the header is cut short or damaged")
    (checksum,) = _CHECKSUM.unpack(data[end : end + _CHECKSUM.size])
    if zlib.crc32(data[:end]) != checksum:
        raise CodecError(f"{path}: the header is damaged: its checksum does not match")
    try:
        header = _HEADER_JSON.validate_json(data[_PREFIX.size : end], strict=True)
    except ValidationError as error:
        raise CodecError(f"{path}: the header is not valid: {_first(error)}") from error
    return header, end + _CHECKSUM.size


def _read_index(
    header: ContainerHeader, data: mmap.mmap, start: int
) -> tuple[tuple[Cell, ...] | None, int, list[str]]:
    """The cells, where the records end, and what is wrong; None for the cells if there is no good index."""
    problem = "the file has no index: it was cut short or never closed"
    other = data.find(_MAGIC, start)  # if files were concatenated, each has its own end
    for end in (len(data), other) if other >= 0 else (len(data),):
        magic = end
        for _ in range(_MAX_TRAILERS):  # bytes after the end may look like another end
            magic = data.rfind(_END, start, magic)
            if magic < 0:
                break
            try:
                cells, begin = _parse_index(header, data, start, magic)
            except CodecError as error:
                problem = str(error)
                continue
            return cells, begin, _behind(data, magic + len(_END))
    return None, len(data), [problem, *_joined(other)]


def _behind(data: mmap.mmap, end: int) -> list[str]:
    """Notes on what follows the end of a container: none if all is well; another one if files were joined."""
    extra = len(data) - end
    notes = [f"{extra} bytes follow the end of the container"] if extra else []
    return [*notes, *_joined(data.find(_MAGIC, end))]


def _joined(other: int) -> list[str]:
    """A note on where another container begins; none for a negative position."""
    if other < 0:
        return []
    return [
        f"another container begins at byte {other}: split the file there and unpack the rest too"
    ]


def _parse_index(
    header: ContainerHeader, data: mmap.mmap, start: int, magic: int
) -> tuple[tuple[Cell, ...], int]:
    trailer = magic + len(_END) - _TRAILER.size
    if trailer < start:
        raise CodecError("the index is damaged")
    checksum, length, _ = _TRAILER.unpack(data[trailer : trailer + _TRAILER.size])
    begin = trailer - length
    if begin < start or zlib.crc32(data[begin:trailer]) != checksum:
        raise CodecError("the index is damaged")
    try:
        index = _INDEX_JSON.validate_json(data[begin:trailer], strict=True)
    except ValidationError as error:
        raise CodecError(f"the index is not valid: {_first(error)}") from error
    if index.acquisition_id != header.acquisition_id:
        raise CodecError(f"the index belongs to another image: {index.acquisition_id}")
    if [(cell.row, cell.col) for cell in index.cells] != header.grid.places:
        raise CodecError("the index does not list each cell of the grid exactly once")
    return index.cells, begin


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
