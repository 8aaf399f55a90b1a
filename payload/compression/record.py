"""The tile record: one tile as it is sent, every bit of it covered by a checksum.

A header of 72 bytes, laid out in `FORMAT.md` beside this module, then the body: the payload, preceded by the
plane of pixels that are not coded, if there are any. `payload.compression.sealing` makes records.
"""

import hashlib
import re
import struct
import zlib
from dataclasses import dataclass, replace

from payload.compression.quantise import coded_depth
from payload.compression.raw import packed_bytes
from payload.compression.samples import check_shape
from payload.errors import CodecError
from payload.types import Window

SYNC = b"til\xe5"
HEADER_BYTES = 72
RAW = "raw"
_VERSION = 2
_FALLBACK = 1
_HAS_PLANE = 2
_IN_LOOP = 4
_COVER_STEPS = 65_534
_COVER_UNKNOWN = 65_535
_FIELDS = struct.Struct("<4sIBBHHHIIHH14sHHBx8s8sI")
_CHECKSUM = struct.Struct("<I")
_CODEC_NAME = re.compile(r"[!-~]{1,14}")


@dataclass(frozen=True, slots=True)
class TileHeader:
    """What a record says about itself.

    Attributes:
        codec: Kind of the codec that made the payload.
        is_fallback: Whether it is packed as `raw` because the codec asked for would have made it longer.
        has_plane: Whether some pixels are not coded.
        max_error: [DN] Bound of the error of a sample; 0 where nothing is lost.
        row: Row of the cell in the grid.
        col: Column of the cell in the grid.
        window: Where the tile lies in the image.
        bands: Number of bands.
        bit_depth: [bit] of a sample.
        cover: Estimated cloud cover, to 1/65534; None if unknown.
        acquisition_tag: `acquisition_tag` of the image it belongs to.
        pixel_hash: `pixel_hash` of its samples, as decoded.
        body_bytes: [byte] Length of what follows the header.
        body_crc: CRC-32 of that.
        is_in_loop: Whether the loss is the codec's own, so that it decodes to samples rather than step numbers.
    """

    codec: str
    is_fallback: bool
    has_plane: bool
    max_error: int
    row: int
    col: int
    window: Window
    bands: int
    bit_depth: int
    cover: float | None
    acquisition_tag: bytes
    pixel_hash: bytes
    body_bytes: int
    body_crc: int
    is_in_loop: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Bands, rows and columns of the samples."""
        return self.bands, self.window.height_px, self.window.width_px

    @property
    def record_bytes(self) -> int:
        """[byte] Length of the whole record."""
        return HEADER_BYTES + self.body_bytes


def without_cover(record: bytes) -> bytes:
    """The same record, of the same length, with unknown cloud cover: for a tile that was not masked.

    Raises:
        CodecError: It is not a record, or its header is damaged.
    """
    return pack_header(replace(read_header(record), cover=None)) + record[HEADER_BYTES:]


def raw_record_bytes(bands: int, height: int, width: int, bit_depth: int) -> int:
    """[byte] Exact length of the record of a tile sent as `raw`, which no record exceeds."""
    check_shape((bands, height, width), bit_depth=bit_depth)
    return HEADER_BYTES + packed_bytes(bands * height * width, bit_depth)


def read_header(record: bytes) -> TileHeader:
    """Read the first 72 bytes of a record; what follows may be missing.

    Raises:
        CodecError: It is not a record, or its header is damaged.
    """
    if len(record) < HEADER_BYTES or record[: len(SYNC)] != SYNC:
        raise CodecError("this is not a tile record: it does not begin with a header")
    fields = record[: _FIELDS.size]
    (checksum,) = _CHECKSUM.unpack_from(record, _FIELDS.size)
    if zlib.crc32(fields) != checksum:
        raise CodecError("the header of the tile record is damaged: its checksum does not match")
    return _unpack_header(fields)


def acquisition_tag(acquisition_id: str) -> bytes:
    """Eight bytes that tell the records of one image from those of another."""
    return hashlib.blake2b(acquisition_id.encode(), digest_size=8).digest()


def pack_header(header: TileHeader) -> bytes:
    """The first 72 bytes of a record; CodecError if something does not fit."""
    if not _CODEC_NAME.fullmatch(header.codec):
        raise CodecError(
            f"the codec is named {header.codec!r}; expected 1 to 14 visible ASCII characters"
        )
    if header.cover is not None and not 0.0 <= header.cover <= 1.0:
        raise CodecError(f"cloud cover is {header.cover}; expected 0 to 1")
    steps = _COVER_UNKNOWN if header.cover is None else round(header.cover * _COVER_STEPS)
    try:
        fields = _FIELDS.pack(
            SYNC,
            header.record_bytes,
            _VERSION,
            _FALLBACK * header.is_fallback
            | _HAS_PLANE * header.has_plane
            | _IN_LOOP * header.is_in_loop,
            header.bands,
            header.row,
            header.col,
            header.window.top_px,
            header.window.left_px,
            header.window.height_px,
            header.window.width_px,
            header.codec.encode("ascii"),
            header.max_error,
            steps,
            header.bit_depth,
            header.acquisition_tag,
            header.pixel_hash,
            header.body_crc,
        )
    except struct.error as error:
        raise CodecError(
            f"tile {header.row},{header.col} at {header.window} does not fit a record: {error}"
        ) from error
    return fields + _CHECKSUM.pack(zlib.crc32(fields))


def _unpack_header(fields: bytes) -> TileHeader:
    (
        _,
        record_bytes,
        version,
        flags,
        bands,
        row,
        col,
        top_px,
        left_px,
        height_px,
        width_px,
        name,
        max_error,
        steps,
        bit_depth,
        tag,
        hashed,
        body_crc,
    ) = _FIELDS.unpack(fields)
    if version != _VERSION:
        raise CodecError(f"the tile record has version {version}; expected {_VERSION}")
    codec = name.rstrip(b"\0").decode("ascii", errors="replace")
    if not _CODEC_NAME.fullmatch(codec) or record_bytes < HEADER_BYTES:
        raise CodecError("the header of the tile record is not valid")
    check_shape((bands, height_px, width_px), bit_depth=bit_depth)
    coded_depth(bit_depth, max_error)
    if flags & ~(_FALLBACK | _HAS_PLANE | _IN_LOOP):
        raise CodecError(f"the header of the tile record has unknown flags: {flags:#x}")
    if flags & _IN_LOOP and (flags & _FALLBACK or not max_error):
        raise CodecError(
            "the tile record is marked as lossy in the codec, but its error limit is 0 or its"
            " samples are raw"
        )
    return TileHeader(
        codec=codec,
        is_fallback=bool(flags & _FALLBACK),
        has_plane=bool(flags & _HAS_PLANE),
        max_error=max_error,
        row=row,
        col=col,
        window=Window(top_px, left_px, height_px, width_px),
        bands=bands,
        bit_depth=bit_depth,
        cover=None if steps == _COVER_UNKNOWN else steps / _COVER_STEPS,
        acquisition_tag=tag,
        pixel_hash=hashed,
        body_bytes=record_bytes - HEADER_BYTES,
        body_crc=body_crc,
        is_in_loop=bool(flags & _IN_LOOP),
    )
