"""Kernels that write and read bits, highest first, for the entropy coders of `ccsds123`.

Bits are held in 32-bit words. Loops over samples pass single words to these functions, not arrays: an array
costs numba an atomic update of its reference count at each call.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled

Tail = tuple[int, int, int]  # words written, pending bits of the next word, their number (below 32)


@compiled
def wide(element: np.integer[Any]) -> int:
    """An element of an array as the 64-bit integer that kernels count in."""
    return np.int64(element)  # type: ignore[return-value]  # numba's int


@compiled
def append_codes(
    words: NDArray[np.uint32], tail: Tail, codes: NDArray[np.int32], lengths: NDArray[np.int32]
) -> Tail:
    """Append codes to a tail and return the new tail.

    Args:
        words: Room for all whole words.
        tail: (0, 0, 0) at the start.
        codes: Shape (N,), not negative.
        lengths: [bit] Shape (N,); a code shorter than its length is preceded by zeros.
    """
    size, waiting, count = tail
    for i in range(codes.size):
        length = wide(lengths[i])
        while length > 0:
            # All bits before the last 31 are zeros.
            step = length if length < 32 else min(length - 31, 31)
            length -= step
            waiting <<= step
            count += step
            if length == 0:
                waiting |= wide(codes[i])
            if count >= 32:
                count -= 32
                words[size] = waiting >> count
                size += 1
                waiting &= (1 << count) - 1
    return size, waiting, count


@compiled
def joined(word: int, following: int, offset: int) -> int:
    """The 32 bits that begin at an offset, 0 to 31, into a word."""
    return ((word << offset) & 0xFFFFFFFF) | (following >> (32 - offset))


@compiled
def zeros_ahead(word: int) -> int:
    """Number of leading zeros of a 32-bit word; 32 if it is 0."""
    if word == 0:
        return 32
    zeros = 0
    for width in (16, 8, 4, 2, 1):
        if word < 1 << (32 - width):
            zeros += width
            word <<= width
    return zeros


def written(words: NDArray[np.uint32], tail: Tail) -> bytes:
    """The bytes written so far, the last one padded with zeros."""
    size, waiting, count = map(int, tail)
    spare = -count % 8
    rest = (waiting << spare).to_bytes((count + spare) // 8, "big")
    return words[:size].astype(">u4").tobytes() + rest


def as_words(payload: bytes) -> NDArray[np.int64]:
    """Bits as words, shape (N,), followed by at least two words of zeros, so that reading ahead stays inside."""
    padded = payload + bytes(12 - len(payload) % 4)
    return np.frombuffer(padded, ">u4").astype(np.int64)
