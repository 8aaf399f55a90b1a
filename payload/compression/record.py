"""The tile record: one tile as it goes down, every bit of it under a check.

Little-endian, 72 bytes, then the payload to the end of the record:

    0   sync word           4 bytes 74 69 6C E5, to find records again after damage
    4   record length       uint32, header included
    8   version             uint8, 1
    9   flags               uint8; bit 0: raw, because the codec would have made it longer
    10  bands, row, column  uint16 each
    16  top, left           uint32 each [px] of the tile in the image
    24  height, width       uint16 each [px]
    28  codec               16 bytes ASCII, filled up with zeros
    44  cloud cover         uint16, in 1/65534; 65535 if unknown
    46  bit depth           uint8
    47  spare               0
    48  acquisition         8 bytes, BLAKE2b of its id
    56  pixels              8 bytes, BLAKE2b of shape and samples
    64  payload checksum    uint32, CRC-32
    68  header checksum     uint32, CRC-32 of the 68 bytes before
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from payload.compression.raw import Raw, packed_bytes
from payload.compression.samples import check_samples, check_shape
from payload.errors import CodecError
from payload.geometry.grid import tile_place
from payload.ports import Codec
from payload.types import EncodedTile, Tile, Window

SYNC = b"til\xe5"
HEADER_BYTES = 72
RAW = "raw"
_VERSION = 1
_FALLBACK = 1
_COVER_STEPS = 65_534
_COVER_UNKNOWN = 65_535
_FIELDS = struct.Struct("<4sIBBHHHIIHH16sHBx8s8sI")
_CHECKSUM = struct.Struct("<I")
_SHAPE = struct.Struct("<3I")
_CODEC_NAME = re.compile(r"[!-~]{1,16}")


@dataclass(frozen=True, slots=True)
class TileHeader:
    """What a record says of itself.

    Attributes:
        codec: Kind of the codec that made the payload.
        is_fallback: Packed as `raw` because the codec asked for would have made it longer.
        row: Row of the cell in the grid.
        col: Column of the cell in the grid.
        window: Where the tile lies in the image.
        bands: Number of bands.
        bit_depth: [bit] of a sample.
        cover: Estimated cloud cover, good to 1/65534; None if unknown.
        acquisition_tag: `acquisition_tag` of the image it belongs to.
        pixel_hash: `pixel_hash` of its samples.
        payload_bytes: [byte] Length of what follows the header.
        payload_crc: CRC-32 of that.
    """

    codec: str
    is_fallback: bool
    row: int
    col: int
    window: Window
    bands: int
    bit_depth: int
    cover: float | None
    acquisition_tag: bytes
    pixel_hash: bytes
    payload_bytes: int
    payload_crc: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Bands, rows and columns of the samples."""
        return self.bands, self.window.height_px, self.window.width_px

    @property
    def record_bytes(self) -> int:
        """[byte] Length of the whole record."""
        return HEADER_BYTES + self.payload_bytes


@dataclass(frozen=True, slots=True, eq=False)
class OpenedTile:
    """A record opened and verified: its header, and its samples, shape (B, H, W), uint16."""

    header: TileHeader
    bands: NDArray[np.uint16]


def seal(tile: Tile, codec: Codec, codec_name: str, *, cover: float | None = None) -> EncodedTile:
    """Make the record of a tile.

    Args:
        tile: Its own pixels are coded.
        codec: Codes them; if that comes out no shorter than `raw`, the tile goes as `raw`.
        codec_name: Kind of the codec, 1 to 16 visible ASCII characters.
        cover: Estimated cloud cover, 0 to 1, or None.

    Returns:
        A record of at most `raw_record_bytes`.

    Raises:
        CodecError: Samples do not fit the bit depth, or something does not fit the header.
    """
    bands = tile.patch.bands
    check_samples(bands, bit_depth=tile.bit_depth)
    payload = codec.encode(bands, bit_depth=tile.bit_depth)
    is_fallback = codec_name != RAW and len(payload) >= packed_bytes(bands.size, tile.bit_depth)
    if is_fallback:
        payload = Raw().encode(bands, bit_depth=tile.bit_depth)
    header = TileHeader(
        codec=RAW if is_fallback else codec_name,
        is_fallback=is_fallback,
        row=tile.row,
        col=tile.col,
        window=tile.window,
        bands=len(bands),
        bit_depth=tile.bit_depth,
        cover=cover,
        acquisition_tag=acquisition_tag(tile_place(tile.id)[0]),
        pixel_hash=pixel_hash(bands),
        payload_bytes=len(payload),
        payload_crc=zlib.crc32(payload),
    )
    if header.shape != bands.shape:
        raise CodecError(f"tile {tile.id}: samples of shape {bands.shape} in {tile.window}")
    return EncodedTile(tile.id, header.codec, _pack_header(header) + payload)


def without_cover(record: bytes) -> bytes:
    """The same record, as long, that claims no cloud cover: of a tile that nobody masked.

    Raises:
        CodecError: It is no record, or its header is damaged.
    """
    return _pack_header(replace(read_header(record), cover=None)) + record[HEADER_BYTES:]


def raw_record_bytes(bands: int, height: int, width: int, bit_depth: int) -> int:
    """[byte] Exact length of the record of a tile sent as `raw`, which no record exceeds."""
    check_shape((bands, height, width), bit_depth=bit_depth)
    return HEADER_BYTES + packed_bytes(bands * height * width, bit_depth)


def read_header(record: bytes) -> TileHeader:
    """Read the first 72 bytes of a record; what follows may be missing.

    Raises:
        CodecError: It is no record, or its header is damaged.
    """
    if len(record) < HEADER_BYTES or record[: len(SYNC)] != SYNC:
        raise CodecError("this is not a tile record: it does not begin with a header")
    fields = record[: _FIELDS.size]
    (checksum,) = _CHECKSUM.unpack_from(record, _FIELDS.size)
    if zlib.crc32(fields) != checksum:
        raise CodecError("the header of the tile record is damaged: its checksum does not match")
    return _unpack_header(fields)


def open_record(record: bytes, codecs: Mapping[str, Codec]) -> OpenedTile:
    """Decode a record and verify all of it.

    Args:
        record: A whole record and nothing else.
        codecs: By kind; `raw` need not be among them.

    Raises:
        CodecError: Any bit of it is damaged, or its codec is not among `codecs`.
    """
    header = read_header(record)
    where = f"tile {header.row},{header.col}"
    if len(record) != header.record_bytes:
        raise CodecError(f"{where}: a record of {header.record_bytes} bytes has {len(record)}")
    payload = record[HEADER_BYTES:]
    if zlib.crc32(payload) != header.payload_crc:
        raise CodecError(f"{where}: the record is damaged: the payload's checksum does not match")
    codec = codecs.get(header.codec, Raw() if header.codec == RAW else None)
    if codec is None:
        raise CodecError(f"{where}: there is no codec {header.codec!r} here to decode it")
    try:
        bands = codec.decode(payload, header.shape, bit_depth=header.bit_depth)
    except CodecError as error:
        raise CodecError(f"{where}: {error}") from error
    if bands.shape != header.shape or pixel_hash(bands) != header.pixel_hash:
        raise CodecError(f"{where}: the decoded samples are not those that were sealed")
    return OpenedTile(header, bands)


def acquisition_tag(acquisition_id: str) -> bytes:
    """Eight bytes that tell the records of one image from those of another."""
    return hashlib.blake2b(acquisition_id.encode(), digest_size=8).digest()


def pixel_hash(bands: NDArray[np.uint16]) -> bytes:
    """Eight bytes of BLAKE2b over the shape (three uint32) and the samples, both little-endian."""
    samples = np.ascontiguousarray(bands, dtype="<u2")
    digest = hashlib.blake2b(_SHAPE.pack(*samples.shape), digest_size=8)
    digest.update(samples.reshape(-1).view(np.uint8).data)
    return digest.digest()


def _pack_header(header: TileHeader) -> bytes:
    if not _CODEC_NAME.fullmatch(header.codec):
        raise CodecError(f"a codec named {header.codec!r}; 1 to 16 visible ASCII characters fit")
    if header.cover is not None and not 0.0 <= header.cover <= 1.0:
        raise CodecError(f"a cloud cover of {header.cover}; 0 to 1 is wanted")
    steps = _COVER_UNKNOWN if header.cover is None else round(header.cover * _COVER_STEPS)
    try:
        fields = _FIELDS.pack(
            SYNC,
            header.record_bytes,
            _VERSION,
            _FALLBACK if header.is_fallback else 0,
            header.bands,
            header.row,
            header.col,
            header.window.top_px,
            header.window.left_px,
            header.window.height_px,
            header.window.width_px,
            header.codec.encode("ascii"),
            steps,
            header.bit_depth,
            header.acquisition_tag,
            header.pixel_hash,
            header.payload_crc,
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
        steps,
        bit_depth,
        tag,
        hashed,
        payload_crc,
    ) = _FIELDS.unpack(fields)
    if version != _VERSION:
        raise CodecError(f"a tile record of version {version}; this program knows {_VERSION}")
    codec = name.rstrip(b"\0").decode("ascii", errors="replace")
    if not _CODEC_NAME.fullmatch(codec) or record_bytes < HEADER_BYTES:
        raise CodecError("the header of the tile record makes no sense")
    check_shape((bands, height_px, width_px), bit_depth=bit_depth)
    return TileHeader(
        codec=codec,
        is_fallback=bool(flags & _FALLBACK),
        row=row,
        col=col,
        window=Window(top_px, left_px, height_px, width_px),
        bands=bands,
        bit_depth=bit_depth,
        cover=None if steps == _COVER_UNKNOWN else steps / _COVER_STEPS,
        acquisition_tag=tag,
        pixel_hash=hashed,
        payload_bytes=record_bytes - HEADER_BYTES,
        payload_crc=payload_crc,
    )
