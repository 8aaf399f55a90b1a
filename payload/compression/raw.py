"""`raw`: samples packed at the sensor's bit depth; the baseline for all savings, and the fallback.

Samples follow each other band by band, row by row, each highest bit first and without gaps; those that
are not coded are left out. The last byte is padded with zero bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.samples import (
    check_samples,
    coded_samples,
    expect_tile,
    spread_samples,
)
from payload.errors import CodecError

_CHUNK_SAMPLES = 1 << 16  # a multiple of 8, so that chunks end at whole bytes


@dataclass(frozen=True)
class Raw:
    """Samples packed at the bit depth and nothing else: what a bent pipe would send."""

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Pack samples of shape (B, H, W); CodecError if one does not fit the bit depth."""
        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        return pack(coded_samples(bands, not_coded).reshape(-1), bit_depth)

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """Unpack samples of shape (B, H, W); CodecError for a payload of another length."""
        pixels = expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded)
        count = shape[0] * pixels
        wanted_bytes = packed_bytes(count, bit_depth)
        if len(payload) != wanted_bytes:
            raise CodecError(
                f"the packed samples have {len(payload)} bytes; expected {wanted_bytes}"
            )
        if not count:
            return np.zeros(shape, np.uint16)
        spare_bits = 8 * wanted_bytes - count * bit_depth
        if payload[-1] & ((1 << spare_bits) - 1):
            raise CodecError("the last byte of the packed samples is not padded with zero bits")
        samples = unpack(payload, count, bit_depth)
        return spread_samples(samples.reshape(shape[0], pixels), shape, not_coded)


def packed_bytes(count: int, bit_depth: int) -> int:
    """[byte] Length of `count` packed samples."""
    return -(-count * bit_depth // 8)


def pack(samples: NDArray[np.uint16], bit_depth: int) -> bytes:
    """Pack samples, shape (N,), each below 2**bit_depth."""
    if bit_depth == 16:
        return samples.astype(">u2").tobytes()
    if bit_depth == 12:
        return _pack_pairs(samples)
    if bit_depth == 8:
        return samples.astype(np.uint8).tobytes()
    return pack_bits(samples, bit_depth)


def unpack(payload: bytes, count: int, bit_depth: int) -> NDArray[np.uint16]:
    """Undo `pack`: `count` samples, shape (N,), a new array."""
    if bit_depth == 16:
        return np.frombuffer(payload, ">u2", count).astype(np.uint16)
    if bit_depth == 12:
        return _unpack_pairs(payload, count)
    if bit_depth == 8:
        return np.frombuffer(payload, np.uint8, count).astype(np.uint16)
    return unpack_bits(payload, count, bit_depth)


def pack_bits(samples: NDArray[np.uint16], bit_depth: int) -> bytes:
    """Pack samples of any bit depth, bit by bit; `pack` does the same faster for 8, 12 and 16."""
    pieces: list[bytes] = []
    for start in range(0, samples.size, _CHUNK_SAMPLES):
        octets = samples[start : start + _CHUNK_SAMPLES].astype(">u2").view(np.uint8)
        bits = np.unpackbits(octets).reshape(-1, 16)[:, 16 - bit_depth :]
        pieces.append(np.packbits(bits).tobytes())
    return b"".join(pieces)


def unpack_bits(payload: bytes, count: int, bit_depth: int) -> NDArray[np.uint16]:
    """Undo `pack_bits`."""
    octets = np.frombuffer(payload, np.uint8)
    samples = np.empty(count, np.uint16)
    for start in range(0, count, _CHUNK_SAMPLES):
        some = samples[start : start + _CHUNK_SAMPLES]
        first_byte = start * bit_depth // 8
        piece = octets[first_byte : first_byte + packed_bytes(some.size, bit_depth)]
        bits = np.zeros((some.size, 16), np.uint8)
        bits[:, 16 - bit_depth :] = np.unpackbits(piece, count=some.size * bit_depth).reshape(
            -1, bit_depth
        )
        some[...] = np.packbits(bits).view(">u2")
    return samples


def _pack_pairs(samples: NDArray[np.uint16]) -> bytes:
    """Pack pairs of 12 bit samples into three bytes each."""
    padded = np.zeros(samples.size + samples.size % 2, np.uint16)
    padded[: samples.size] = samples
    first, second = padded[0::2], padded[1::2]
    octets = np.empty((first.size, 3), np.uint8)
    octets[:, 0] = first >> 4
    octets[:, 1] = ((first & 0xF) << 4) | (second >> 8)
    octets[:, 2] = second & 0xFF
    return octets.tobytes()[: packed_bytes(samples.size, 12)]


def _unpack_pairs(payload: bytes, count: int) -> NDArray[np.uint16]:
    octets = np.zeros(-(-count // 2) * 3, np.uint8)
    octets[: len(payload)] = np.frombuffer(payload, np.uint8)
    triples = octets.reshape(-1, 3).astype(np.uint16)
    samples = np.empty(2 * len(triples), np.uint16)
    samples[0::2] = (triples[:, 0] << 4) | (triples[:, 1] >> 4)
    samples[1::2] = ((triples[:, 1] & 0xF) << 8) | triples[:, 2]
    return samples[:count]
