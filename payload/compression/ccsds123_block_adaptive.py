"""Kernels of the block-adaptive entropy coder: CCSDS 123.0-B-2, section 5.4.3.4, which is that of 121.0-B.

The indices of all bands form one sequence, cut into blocks of J; each block takes the shortest of the code
options. No preprocessor and no reference samples; segments of 64 blocks; the last block is padded with
zeros.

    identifier, 3 bit for samples of up to 8 bit, else 4
    0           then bit 0: a run of zero blocks; bit 1: second extension, pairs in unary
    k + 1       sample splitting: the high parts in unary, then k low bits of each
    all ones    no compression: D bits each
"""

import numpy as np
from numpy.typing import NDArray

from payload.compression.ccsds123_bits import Tail, append_codes, joined, wide, zeros_ahead
from payload.kernels import compiled

SEGMENT_BLOCKS = 64
_REST_OF_SEGMENT = 5  # this many zero blocks or more, up to the segment's end, share one code


@compiled
def _split_bits(block: NDArray[np.uint16], k: int) -> int:
    """[bit] Length of a block with the k low bits of each value split off."""
    bits = block.size * (k + 1)
    for value in block:
        bits += wide(value) >> k
    return bits


@compiled
def _valley(block: NDArray[np.uint16], k: int, highest: int) -> int:
    """The k that makes a block shortest; the length is convex in k, so a local minimum is the global one."""
    bits = _split_bits(block, k)
    while k < highest:
        other = _split_bits(block, k + 1)
        if other >= bits:
            break
        k, bits = k + 1, other
    while k > 0:
        other = _split_bits(block, k - 1)
        if other > bits:
            break
        k, bits = k - 1, other
    return k


@compiled
def _pair_bits(block: NDArray[np.uint16], most: int) -> int:
    """[bit] Length of a block in second extension, with its extra bit; some value above `most` if it is longer."""
    bits = 1
    for i in range(0, block.size, 2):
        both = wide(block[i]) + wide(block[i + 1])
        bits += ((both * (both + 1)) >> 1) + wide(block[i + 1]) + 1
        if bits > most:
            break
    return bits


@compiled
def _run_code(run: int, is_rest: bool) -> int:
    """The number that, in unary, codes a run of zero blocks."""
    if run < _REST_OF_SEGMENT:
        return run - 1
    return 4 if is_rest else run


@compiled
def _block_codes(
    block: NDArray[np.uint16],
    codes: NDArray[np.int32],
    lengths: NDArray[np.int32],
    k: int,
    form: tuple[int, int],
) -> int:
    """Find the codes of a block that is not all zero and return their number.

    Args:
        block: Shape (J,).
        codes: Filled, shape (2 J + 2,).
        lengths: [bit] Filled, shape (2 J + 2,).
        k: The best k for sample splitting.
        form: Length of an identifier [bit], and D.
    """
    id_bits, depth = form
    size = block.size
    split, plain = _split_bits(block, k), size * depth
    pairs = _pair_bits(block, min(split, plain))
    lengths[0] = id_bits
    if split < plain and split < pairs:
        codes[0] = k + 1
        for i in range(size):
            number = wide(block[i])
            codes[1 + i], lengths[1 + i] = 1, (number >> k) + 1
            codes[1 + size + i], lengths[1 + size + i] = number & ((1 << k) - 1), k
        return 1 + 2 * size
    if plain <= pairs:
        codes[0] = (1 << id_bits) - 1
        for i in range(size):
            codes[1 + i], lengths[1 + i] = block[i], depth
        return 1 + size
    codes[0], lengths[0] = 1, id_bits + 1
    for i in range(size >> 1):
        second = wide(block[2 * i + 1])
        both = wide(block[2 * i]) + second
        codes[1 + i], lengths[1 + i] = 1, ((both * (both + 1)) >> 1) + second + 1
    return 1 + (size >> 1)


@compiled
def write_blocks(
    values: NDArray[np.uint16], words: NDArray[np.uint32], size: int, depth: int
) -> Tail:
    """Code a sequence of indices and return the tail.

    Args:
        values: Mapped indices, shape (N,), N > 0 a multiple of J, below 2**depth.
        words: Room for N * D bits and another 8 per block.
        size: J, indices per block.
        depth: D, [bit] of a sample.
    """
    id_bits, highest = (3, 5) if depth <= 8 else (4, 13)
    codes, lengths = np.zeros(2 * size + 2, np.int32), np.zeros(2 * size + 2, np.int32)
    tail = (0, 0, 0)
    blocks = values.size // size
    run, k = 0, 0
    for number in range(blocks):
        block = values[number * size : (number + 1) * size]
        is_zero = not block.any()
        is_last = number + 1 == blocks or (number + 1) % SEGMENT_BLOCKS == 0
        run += is_zero
        if run and (is_last or not is_zero):
            codes[0], lengths[0] = 0, id_bits + 1
            codes[1], lengths[1] = 1, _run_code(run, is_zero) + 1
            tail = append_codes(words, tail, codes[:2], lengths[:2])
            run = 0
        if not is_zero:
            k = _valley(block, k, highest)
            filled = _block_codes(block, codes, lengths, k, (id_bits, depth))
            tail = append_codes(words, tail, codes[:filled], lengths[:filled])
    return tail


@compiled
def _read_unary(words: NDArray[np.int64], position: int, end: int, most: int) -> tuple[int, int]:
    """A number in unary and the position after it; the number is -1 if it is above `most` or cut off."""
    number = 0
    while position < end and number <= most:
        at = position >> 5
        zeros = zeros_ahead(joined(wide(words[at]), wide(words[at + 1]), position & 31))
        number += zeros
        position += zeros
        if zeros < 32:
            position += 1
            return (number if number <= most and position <= end else -1), position
    return -1, position


@compiled
def _read_numbers(
    block: NDArray[np.uint16], words: NDArray[np.int64], position: int, end: int, bits: int
) -> int:
    """Read low bits, 1 to 16, into the values of a block; return the position after them, or -1 on failure."""
    if position + bits * block.size > end:
        return -1
    for i in range(block.size):
        at = position >> 5
        block[i] |= joined(wide(words[at]), wide(words[at + 1]), position & 31) >> (32 - bits)
        position += bits
    return position


@compiled
def _read_split(
    block: NDArray[np.uint16], words: NDArray[np.int64], span: tuple[int, int], k: int, depth: int
) -> int:
    """Read a block split at k from a span (position, end); return the position after it, or -1 on failure."""
    position, end = span
    for i in range(block.size):
        number, position = _read_unary(words, position, end, ((1 << depth) - 1) >> k)
        if number < 0:
            return -1
        block[i] = number << k
    return _read_numbers(block, words, position, end, k) if k else position


@compiled
def _read_pairs(
    block: NDArray[np.uint16], words: NDArray[np.int64], span: tuple[int, int], depth: int
) -> int:
    """Read a block in second extension; return the position after it, or -1 on failure."""
    position, end = span
    for i in range(0, block.size, 2):
        # A longer code would exceed the uncompressed block.
        number, position = _read_unary(words, position, end, block.size * depth)
        if number < 0:
            return -1
        both = 0
        while ((both + 1) * (both + 2)) >> 1 <= number:
            both += 1
        second = number - ((both * (both + 1)) >> 1)
        if max(both - second, second) >> depth:
            return -1
        block[i], block[i + 1] = both - second, second
    return position


@compiled
def read_blocks(
    values: NDArray[np.uint16], words: NDArray[np.int64], end: int, size: int, depth: int
) -> int:
    """Read a sequence of indices; return the position [bit] after it, or -1 if the bits do not hold one.

    Args:
        values: Zeros, shape (N,), to be filled; N a multiple of J.
        words: The bits, see `as_words`.
        end: [bit] Where the bits end.
        size: J, indices per block.
        depth: D, [bit] of a sample.
    """
    id_bits = 3 if depth <= 8 else 4
    blocks = values.size // size
    position, number = 0, 0
    while number < blocks:
        at = position >> 5
        ahead = joined(wide(words[at]), wide(words[at + 1]), position & 31)
        option = ahead >> (32 - id_bits)
        position += id_bits
        block = values[number * size : (number + 1) * size]
        if option == 0:
            position += 1
            if (ahead >> (31 - id_bits)) & 1:
                position = _read_pairs(block, words, (position, end), depth)
                number += 1
            else:
                left = min(SEGMENT_BLOCKS - number % SEGMENT_BLOCKS, blocks - number)
                run, position = _read_unary(words, position, end, SEGMENT_BLOCKS)
                if run == 4:
                    run = left
                elif 0 <= run < 4:
                    run += 1
                if run < 0 or run > left:
                    return -1
                number += run
        elif option == (1 << id_bits) - 1:
            position = _read_numbers(block, words, position, end, depth)
            number += 1
        else:
            position = _read_split(block, words, (position, end), option - 1, depth)
            number += 1
        if position < 0:
            return -1
    return position
