"""Turn a tile into a record, and a record back into a tile, verified to the last bit."""

import hashlib
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from payload.compression.plane import pack_plane, unpack_plane
from payload.compression.quantise import (
    LOSSLESS,
    Loss,
    coded_depth,
    largest_error,
    quantised,
    restored,
    smallest_error,
    worst,
)
from payload.compression.raw import Raw, packed_bytes
from payload.compression.record import (
    HEADER_BYTES,
    RAW,
    TileHeader,
    acquisition_tag,
    pack_header,
    raw_record_bytes,
    read_header,
)
from payload.compression.samples import (
    check_plane,
    check_samples,
    coded_samples,
    count_coded,
)
from payload.errors import CodecError, PluginError
from payload.geometry.grid import tile_place
from payload.ports import Choosing, Codec, InLoop
from payload.types import EncodedTile, Tile
from payload.units import BITS_PER_BYTE

_PLANE_LENGTH = struct.Struct("<I")
_SHAPE = struct.Struct("<3I")


@dataclass(frozen=True, slots=True, eq=False)
class OpenedTile:
    """An opened and verified record.

    Attributes:
        header: Its header.
        bands: [DN] shape (B, H, W), 0 where nothing was coded.
        not_coded: Shape (H, W), True where pixels were not coded; None if all were.
    """

    header: TileHeader
    bands: NDArray[np.uint16]
    not_coded: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Coding:
    """How a payload codes its tiles.

    Attributes:
        codec: The codec; a payload no shorter than `raw` is sent as `raw`.
        name: Kind of the codec, 1 to 14 visible ASCII characters; a `Choosing` codec names another.
        loss: What may be lost of a sample ahead of the codec; nothing if the codec itself is lossy.
    """

    codec: Codec
    name: str
    loss: Loss = LOSSLESS


def seal(
    tile: Tile,
    codec: Codec,
    codec_name: str,
    *,
    cover: float | None = None,
    loss: Loss = LOSSLESS,
) -> EncodedTile:
    """Make the record of a tile, coding all its pixels that have data.

    The plane also marks those without; if it would make the record longer than `raw`, they are coded like others.

    Args:
        tile: Its own pixels, `patch`, are coded.
        codec: As in `Coding`, like `codec_name` and `loss`.
        codec_name: Kind of the codec.
        cover: Estimated cloud cover, 0 to 1, or None.
        loss: What may be lost of a sample.

    Returns:
        A record of at most `raw_record_bytes`.

    Raises:
        CodecError: Samples do not fit the bit depth, or something does not fit the header.
    """
    coding, valid, encodings = Coding(codec, codec_name, loss), tile.patch.valid, 0
    if valid is not None and not valid.all():
        found = _Sealing(tile, coding, cover, ~valid).seal()
        bands, height, width = tile.patch.bands.shape
        if len(found.record) <= raw_record_bytes(bands, height, width, tile.bit_depth):
            return found
        encodings = found.encodings
    whole = _Sealing(tile, coding, cover).seal()
    return replace(whole, encodings=encodings + whole.encodings)


def seal_clear(
    tile: Tile, coding: Coding, *, not_coded: NDArray[np.bool_], whole: EncodedTile
) -> EncodedTile:
    """Make the record of a tile whose cloudy pixels are not coded, if that saves more than the plane costs.

    Args:
        tile: Its own pixels, `patch`, are coded.
        coding: How to code.
        not_coded: Shape (H, W), True where pixels are not coded; their samples are not used. Nor are those of pixels
            without data.
        whole: The record that `seal` made of the tile; the cloud cover is taken from it.

    Returns:
        A record that is shorter than `whole` and would also be if coded as `raw`; otherwise `whole` itself.

    Raises:
        CodecError: As for `seal`, or the plane does not fit the tile.
    """
    check_plane(not_coded, tile.patch.bands.shape)
    valid = tile.patch.valid
    if not (not_coded if valid is None else not_coded & valid).any():
        return whole
    plane = not_coded if valid is None else not_coded | ~valid
    found = _Sealing(tile, coding, read_header(whole.record).cover, plane).seal()
    saved_bytes = found.not_coded_bytes - max(whole.not_coded_bytes, 0)
    is_worth_it = len(found.record) < len(whole.record) and saved_bytes > 0
    return replace(found, not_coded_bytes=saved_bytes) if is_worth_it else whole


@dataclass(frozen=True)
class _Sealing:
    """A tile on its way into a record."""

    tile: Tile
    coding: Coding
    cover: float | None
    not_coded: NDArray[np.bool_] | None = None

    def seal(self) -> EncodedTile:
        loss = self.coding.loss
        tile, bands, depth = self.tile, self.tile.patch.bands, self.tile.bit_depth
        if bands.shape[1:] != (tile.window.height_px, tile.window.width_px):
            raise CodecError(
                f"tile {tile.id}: samples have shape {bands.shape}, which does not fit"
                f" {tile.window}"
            )
        check_samples(bands, bit_depth=depth, not_coded=self.not_coded)
        coded = len(bands) * count_coded(bands.shape, self.not_coded)
        if loss.bits_per_sample is None or not coded:
            return self._record(loss.max_error or 0)
        limit_bytes = loss.bits_per_sample * coded / BITS_PER_BYTE
        most = largest_error(depth)
        most = most if loss.max_error is None else min(loss.max_error, most)
        made = cache(self._record)
        found = made(smallest_error(lambda m: len(made(m).record) <= limit_bytes, most))
        return replace(found, encodings=made.cache_info().misses)

    def _record(self, max_error: int) -> EncodedTile:
        tile, bands, not_coded = self.tile, self.tile.patch.bands, self.not_coded
        depth = coded_depth(tile.bit_depth, max_error)
        steps = quantised(bands, max_error)
        codec, name = self.coding.codec, self.coding.name
        if isinstance(codec, Choosing):
            name, codec = codec.choose(steps, bit_depth=depth, not_coded=not_coded)
        own_error = self._own_error(codec)
        payload = codec.encode(steps, bit_depth=depth, not_coded=not_coded)
        coded = len(bands) * count_coded(bands.shape, not_coded)
        is_fallback = name != RAW and coded > 0
        is_fallback = is_fallback and len(payload) >= packed_bytes(coded, depth)
        if is_fallback:
            payload, own_error = Raw().encode(steps, bit_depth=depth, not_coded=not_coded), 0
        if own_error:
            steps = codec.decode(payload, bands.shape, bit_depth=depth, not_coded=not_coded)
        samples = restored(steps, max_error, bit_depth=tile.bit_depth)
        self._verify(samples, max_error or own_error)
        plane = b""
        if not_coded is not None:
            packed = pack_plane(not_coded)
            plane = _PLANE_LENGTH.pack(len(packed)) + packed
            samples = np.where(not_coded, np.uint16(0), samples)
        body = plane + payload
        header = TileHeader(
            codec=RAW if is_fallback else name,
            is_fallback=is_fallback,
            has_plane=not_coded is not None,
            max_error=max_error or own_error,
            row=tile.row,
            col=tile.col,
            window=tile.window,
            bands=len(bands),
            bit_depth=tile.bit_depth,
            cover=self.cover,
            acquisition_tag=acquisition_tag(tile_place(tile.id)[0]),
            pixel_hash=pixel_hash(samples),
            body_bytes=len(body),
            body_crc=zlib.crc32(body),
            is_in_loop=own_error > 0,
        )
        left_out = packed_bytes(bands.size, tile.bit_depth) - packed_bytes(coded, tile.bit_depth)
        return EncodedTile(tile.id, header.codec, pack_header(header) + body, left_out - len(plane))

    def _own_error(self, codec: Codec) -> int:
        """[DN] What the codec itself may lose; if it does, nothing may be lost ahead of it."""
        found = codec.max_error_dn if isinstance(codec, InLoop) else 0
        if not found:
            return 0
        coded_depth(self.tile.bit_depth, found)
        if self.coding.loss.max_error or self.coding.loss.bits_per_sample is not None:
            raise CodecError(
                f"tile {self.tile.id}: {self.coding.name} itself loses up to {found} DN a sample,"
                " and a loss before it is requested too: use only one of the two"
            )
        return found

    def _verify(self, samples: NDArray[np.uint16], max_error: int) -> None:
        """Check that the error bound of near-lossless coding holds for this very tile."""
        if not max_error:
            return
        bands = self.tile.patch.bands
        if samples.shape != bands.shape:
            raise CodecError(
                f"tile {self.tile.id}: the decoded samples have shape {samples.shape}; expected"
                f" {bands.shape}"
            )
        found = worst(coded_samples(bands, self.not_coded), coded_samples(samples, self.not_coded))
        if found > max_error:
            raise CodecError(
                f"tile {self.tile.id}: a decoded sample is off by {found} DN; expected at most"
                f" {max_error}"
            )


def open_record(record: bytes, codecs: Mapping[str, Codec]) -> OpenedTile:
    """Decode a record and verify every part of it.

    Args:
        record: One whole record and nothing else.
        codecs: By kind; `raw` need not be among them.

    Raises:
        CodecError: Any bit of it is damaged, or its codec is not among `codecs`.
    """
    header = read_header(record)
    where = f"tile {header.row},{header.col}"
    if len(record) != header.record_bytes:
        raise CodecError(
            f"{where}: the record has {len(record)} bytes; expected {header.record_bytes}"
        )
    body = record[HEADER_BYTES:]
    if zlib.crc32(body) != header.body_crc:
        raise CodecError(f"{where}: the record is damaged: the checksum of its body does not match")
    codec = codecs.get(header.codec, Raw() if header.codec == RAW else None)
    if codec is None:
        raise CodecError(f"{where}: no codec {header.codec!r} is available here to decode it")
    try:
        not_coded, payload = _cut(header, body)
        max_error = 0 if header.is_in_loop else header.max_error
        depth = coded_depth(header.bit_depth, max_error)
        steps = codec.decode(payload, header.shape, bit_depth=depth, not_coded=not_coded)
    except (CodecError, PluginError) as error:  # its extra may be missing here
        raise CodecError(f"{where}: {error}") from error
    bands = restored(steps, max_error, bit_depth=header.bit_depth)
    if bands.shape != header.shape or pixel_hash(bands) != header.pixel_hash:
        raise CodecError(f"{where}: the decoded samples differ from those that were sealed")
    return OpenedTile(header, bands, not_coded)


def _cut(header: TileHeader, body: bytes) -> tuple[NDArray[np.bool_] | None, bytes]:
    """Split a body into the plane of pixels that are not coded, if there is one, and the payload."""
    if not header.has_plane:
        return None, body
    if len(body) < _PLANE_LENGTH.size:
        raise CodecError("the plane of pixels that are not coded is cut short")
    (length,) = _PLANE_LENGTH.unpack_from(body)
    end = _PLANE_LENGTH.size + length
    if end > len(body):
        raise CodecError("the plane of pixels that are not coded is cut short")
    _, height, width = header.shape
    return unpack_plane(body[_PLANE_LENGTH.size : end], height, width), body[end:]


def pixel_hash(bands: NDArray[np.uint16]) -> bytes:
    """Eight bytes of BLAKE2b over the shape (three uint32) and the samples, both little-endian."""
    samples = np.ascontiguousarray(bands, dtype="<u2")
    digest = hashlib.blake2b(_SHAPE.pack(*samples.shape), digest_size=8)
    digest.update(samples.reshape(-1).view(np.uint8).data)
    return digest.digest()
