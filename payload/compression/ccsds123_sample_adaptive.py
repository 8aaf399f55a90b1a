"""Kernels of the sample-adaptive entropy coder of CCSDS 123.0-B-2, section 5.4.3.2, band by band.

Each band keeps a counter Gamma and an accumulator Sigma of mapped indices; their ratio determines how many
low bits k of the next index are written verbatim, after the rest of it in unary.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.compression.ccsds123_bits import joined, wide, zeros_ahead
from payload.kernels import compiled


class Adaption(NamedTuple):
    """The parameters of the coder.

    Attributes:
        depth: D, [bit] of a sample.
        unary_limit: U_max, 8 to 32.
        initial_count: gamma_0, 1 to 8.
        rescaling_count: gamma*, from the greater of 4 and gamma_0 + 1 to 11.
        initial_k: k', 0 to D - 2.
    """

    depth: int
    unary_limit: int
    initial_count: int
    rescaling_count: int
    initial_k: int


@compiled
def _start(adaption: Adaption) -> tuple[int, int]:
    """Counter and accumulator before the second sample of a band."""
    counter = 1 << adaption.initial_count
    return counter, ((3 * (1 << (adaption.initial_k + 6)) - 49) * counter) >> 7


@compiled
def _chosen(k: int, counter: int, total: int, highest: int) -> int:
    """The k of the next sample; the search starts at that of the sample before."""
    level = total + ((49 * counter) >> 7)
    while k < highest and counter << (k + 1) <= level:
        k += 1
    while k > 0 and counter << k > level:
        k -= 1
    return k


@compiled
def _counted(counter: int, total: int, value: int, last: int) -> tuple[int, int]:
    """Counter and accumulator after a sample; both are halved when the counter has reached its last value."""
    if counter < last:
        return counter + 1, total + value
    return (counter + 1) >> 1, (total + value + 1) >> 1


@compiled
def band_codes(
    values: NDArray[np.uint16],
    codes: NDArray[np.int32],
    lengths: NDArray[np.int32],
    adaption: Adaption,
) -> None:
    """Find the codes of a band's indices.

    Args:
        values: Mapped indices, shape (N,), N > 0, below 2**depth.
        codes: Filled, shape (N,), as `append_codes` expects them.
        lengths: [bit] Filled, shape (N,).
        adaption: The parameters.
    """
    depth, limit = adaption.depth, adaption.unary_limit
    counter, total = _start(adaption)
    last = (1 << adaption.rescaling_count) - 1
    codes[0] = values[0]
    lengths[0] = depth
    k = 0
    for t in range(1, values.size):
        number = wide(values[t])
        k = _chosen(k, counter, total, depth - 2)
        unary = number >> k
        if unary < limit:
            codes[t] = (1 << k) | (number & ((1 << k) - 1))
            lengths[t] = unary + 1 + k
        else:
            codes[t] = number
            lengths[t] = limit + depth
        counter, total = _counted(counter, total, number, last)


@compiled
def read_band(
    values: NDArray[np.uint16], words: NDArray[np.int64], start: int, end: int, adaption: Adaption
) -> int:
    """Read the indices of a band; return the position [bit] after them, or -1 if the bits do not hold them.

    Args:
        values: Filled, shape (N,), N > 0.
        words: The bits, see `as_words`.
        start: [bit] Where the band begins.
        end: [bit] Where the bits end.
        adaption: The parameters.
    """
    depth, limit = adaption.depth, adaption.unary_limit
    counter, total = _start(adaption)
    last = (1 << adaption.rescaling_count) - 1
    if start + depth > end:
        return -1
    at = start >> 5
    values[0] = joined(wide(words[at]), wide(words[at + 1]), start & 31) >> (32 - depth)
    position = start + depth
    k = 0
    for t in range(1, values.size):
        k = _chosen(k, counter, total, depth - 2)
        at = position >> 5
        ahead = joined(wide(words[at]), wide(words[at + 1]), position & 31)
        unary = zeros_ahead(ahead)
        if unary < limit:
            position += unary + 1
            number, bits = unary << k, k
        else:
            position += limit
            number, bits = 0, depth
        if position + bits > end:
            return -1
        at = position >> 5
        number |= joined(wide(words[at]), wide(words[at + 1]), position & 31) >> (32 - bits)
        position += bits
        if number >> depth:
            return -1
        values[t] = number
        counter, total = _counted(counter, total, number, last)
    return position
