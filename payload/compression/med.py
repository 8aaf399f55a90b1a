"""`med-zstd`, the default: median prediction, a gain per band, zigzag, byte shuffle, zstd.

The payload, little-endian:

    gains       int16 x (B - 1)     units of 2**-12
    lengths     uint32 x (B + 1)    of the zstd frames
    frames      B of low bytes, one a band, then one of all high bytes

Pixels that are not coded are in none of the frames; for prediction they hold what `residuals.held` gives.

Low bytes of different bands have different statistics, so each band has a frame of its own: 1 % smaller
than a single frame.
"""

import struct
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
import zstandard
from numpy.typing import NDArray

from payload.compression.median import (
    GAIN_BYTES,
    correlate,
    decorrelate,
    pack_gains,
    unpack_gains,
)
from payload.compression.residuals import split
from payload.compression.samples import check_fit, check_samples, expect_tile, nothing
from payload.errors import CodecError
from payload.registry import option

# No level of Zstandard searches less for repeats than level 1 and still entropy-codes bytes; these settings do.
_NO_SEARCH = {
    "strategy": zstandard.STRATEGY_FAST,
    "min_match": 7,
    "hash_log": 6,
    "chain_log": 6,
    "search_log": 1,
    "window_log": 17,
    "write_checksum": False,
}
_LENGTH = struct.Struct("<I")
# The shortest zstd block, 4 bytes, expands to at most 128 KiB.
_MAX_EXPANSION = 1 << 15


@dataclass(frozen=True)
class MedZstd:
    """Median prediction with inter-band gain, coded by Zstandard. Lossless."""

    level: int = option(
        3,
        description="Effort of Zstandard, 1 to 19; higher is far slower and seldom much smaller. "
        "0 hardly searches for repeats, which in prediction residuals are due to chance: "
        "fastest, and smallest for noisy ground.",
        ge=0,
        le=19,
    )

    def __post_init__(self) -> None:
        """Refuse a level that Zstandard does not have."""
        if not 0 <= self.level <= 19:
            raise CodecError(f"med-zstd: level is {self.level}; expected 0 to 19")

    def _compressor(self) -> zstandard.ZstdCompressor:
        if self.level:
            return zstandard.ZstdCompressor(level=self.level, write_checksum=False)
        return zstandard.ZstdCompressor(
            compression_params=zstandard.ZstdCompressionParameters(**_NO_SEARCH)
        )

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W); CodecError if one does not fit the bit depth."""
        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        gains, numbers = decorrelate(bands, not_coded)
        if not numbers.size:
            return b""
        low, high = split(numbers)
        compressor = self._compressor()
        frames = [compressor.compress(plane.data) for plane in [*low, high.reshape(-1)]]
        lengths = [_LENGTH.pack(len(frame)) for frame in frames]
        return b"".join([pack_gains(gains), *lengths, *frames])

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W); CodecError if the payload cannot be that of such a tile."""
        count, pixels = shape[0], expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded)
        if not pixels:
            return nothing(payload, shape)
        gains = unpack_gains(payload, count - 1)
        planes = _planes(payload, GAIN_BYTES * (count - 1), [pixels] * count + [count * pixels])
        numbers = planes.pop().reshape(count, pixels).astype(np.uint16)
        numbers <<= np.uint16(8)
        for band, low in enumerate(planes):
            numbers[band] |= low
        bands = correlate(gains, numbers, shape, not_coded)
        check_fit(bands, bit_depth=bit_depth)
        return bands


def _planes(payload: bytes, start: int, contents: list[int]) -> list[NDArray[np.uint8]]:
    """Decompress the frames that follow the gains; all lengths are checked before anything is allocated.

    Args:
        payload: Payload of a tile.
        start: [byte] Where the frames' lengths begin.
        contents: [byte] How much each frame must hold.
    """
    body = start + _LENGTH.size * len(contents)
    if len(payload) < body:
        raise CodecError(f"med-zstd: a payload of {len(payload)} bytes is too short")
    lengths = [length for (length,) in _LENGTH.iter_unpack(payload[start:body])]
    ends = list(accumulate(lengths, initial=body))
    if ends[-1] != len(payload):
        raise CodecError("med-zstd: the lengths of the frames do not add up to that of the payload")
    frames = [payload[begin:end] for begin, end in pairwise(ends)]
    for frame, wanted in zip(frames, contents, strict=True):
        _check_frame(frame, wanted)
    decompressor = zstandard.ZstdDecompressor()
    return [
        np.frombuffer(_decompress(decompressor, frame, wanted), np.uint8)
        for frame, wanted in zip(frames, contents, strict=True)
    ]


def _check_frame(frame: bytes, wanted: int) -> None:
    try:
        found = zstandard.get_frame_parameters(frame)
    except zstandard.ZstdError as error:
        raise CodecError(f"med-zstd: damaged zstd frame: {error}") from error
    if found.content_size != wanted or wanted > len(frame) * _MAX_EXPANSION:
        raise CodecError(f"med-zstd: a zstd frame does not hold the {wanted} bytes of its plane")


def _decompress(decompressor: zstandard.ZstdDecompressor, frame: bytes, wanted: int) -> bytes:
    try:
        plane = decompressor.decompress(frame, max_output_size=wanted, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CodecError(f"med-zstd: damaged zstd frame: {error}") from error
    if len(plane) != wanted:
        raise CodecError(f"med-zstd: a zstd frame has {len(plane)} bytes; expected {wanted}")
    return plane
