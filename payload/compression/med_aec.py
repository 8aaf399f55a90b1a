"""`med-aec`: the residuals of `med-zstd`, coded by the adaptive entropy coder of CCSDS 121.0-B-2.

The payload, little-endian; empty if nothing is coded:

    gains       int16 x (B - 1)     units of 2**-12
    length      uint32              [byte] of the stream
    samples     uint32              coded in it
    block       uint8               samples that share a code: 8, 16, 32 or 64
    stream      all bands one after another as 16-bit samples, no preprocessor, basic options; reference
                interval 128 blocks

Libaec does the coding: each block takes the best of a set of Rice codes, so variation within a tile costs
less than with one code for all, at similar speed.
"""

import struct
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from payload.compression.guest import FAILURES, PACKAGES, imagecodecs
from payload.compression.median import (
    GAIN_BYTES,
    correlate,
    decorrelate,
    pack_gains,
    unpack_gains,
)
from payload.compression.samples import check_fit, check_samples, expect_tile, nothing
from payload.errors import CodecError
from payload.registry import option

_SIZES = struct.Struct("<IIB")
_BLOCKS = (8, 16, 32, 64)  # CCSDS 121.0-B-2, section 3.1.2
# 64 blocks of zeros, 64 x 64 samples, take at least 6 bits; CCSDS 121.0-B-2, section 3.4.3.
_MAX_SAMPLES_A_BYTE = 8 * 64 * 64 // 6


@dataclass(frozen=True)
class MedAec:
    """Median prediction with inter-band gain, coded by CCSDS 121 (extra `codecs`). Lossless."""

    packages: ClassVar[tuple[str, ...]] = PACKAGES
    block: int = option(
        64,
        description="Samples that share a Rice code: 8, 16, 32 or 64.",
        ge=8,
        le=64,
    )

    def __post_init__(self) -> None:
        """Refuse a block size that the standard does not have."""
        if self.block not in _BLOCKS:
            raise CodecError(f"med-aec: block is {self.block} samples; expected one of {_BLOCKS}")

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W); CodecError if one does not fit the bit depth."""
        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        guest = imagecodecs("med-aec")
        gains, numbers = decorrelate(bands, not_coded)
        if not numbers.size:
            return b""
        stream: bytes = guest.aec_encode(numbers.reshape(-1), **_settings(self.block))
        return pack_gains(gains) + _SIZES.pack(len(stream), numbers.size, self.block) + stream

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W); CodecError if the payload cannot be that of such a tile."""
        pixels = expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded)
        guest = imagecodecs("med-aec")
        if not pixels:
            return nothing(payload, shape)
        count, start = shape[0] * pixels, GAIN_BYTES * (shape[0] - 1)
        gains = unpack_gains(payload, shape[0] - 1)
        body = start + _SIZES.size
        if len(payload) < body:
            raise CodecError(f"med-aec: a payload of {len(payload)} bytes is too short")
        length, coded, block = _SIZES.unpack_from(payload, start)
        if (length, coded) != (len(payload) - body, count) or block not in _BLOCKS:
            raise CodecError(f"med-aec: {len(payload)} bytes cannot be the payload of this tile")
        if count > (len(payload) - body) * _MAX_SAMPLES_A_BYTE:
            raise CodecError(f"med-aec: {len(payload)} bytes cannot hold {count} samples")
        whole_blocks = -(-count // block) * block
        try:
            numbers: NDArray[np.uint16] = guest.aec_decode(
                payload[body:], out=np.zeros(whole_blocks, np.uint16), **_settings(block)
            )
        except (guest.AecError, *FAILURES) as error:
            raise CodecError(f"med-aec: damaged stream: {error}") from error
        if numbers.size != whole_blocks:
            raise CodecError(
                f"med-aec: damaged stream: {numbers.size} samples; expected {whole_blocks}"
            )
        bands = correlate(gains, numbers[:count].reshape(shape[0], pixels), shape, not_coded)
        check_fit(bands, bit_depth=bit_depth)
        return bands


def _settings(block: int) -> dict[str, Any]:
    return {"bitspersample": 16, "flags": 0, "blocksize": block, "rsi": 128}
