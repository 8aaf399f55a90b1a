"""A byte-oriented range coder with carries, in integers below 2**57.

The state: LOW and RANGE, and POSITION, the next byte. When decoding, LOW is how far the code lies above the low end.

Source: G. Martin, "Range encoding: an algorithm for removing redundancy from a digitised message", 1979; carries
as in M. Schindler's range coder of 1999.
"""

import numpy as np
from numpy.typing import NDArray

from payload.kernels import Integer, compiled

LOW, RANGE, POSITION = range(3)
TOTAL_BITS = 24  # of frequencies: they add up to 2**24
CODE_BYTES = 6
_CODE_BITS = 8 * CODE_BYTES
_LEAST_RANGE = 1 << (_CODE_BITS - 8)
WHOLE_RANGE = 1 << _CODE_BITS


@compiled
def encode_interval(
    state: NDArray[np.int64], out: NDArray[np.uint8], below: Integer, frequency: Integer
) -> None:
    """Code a symbol of `frequency` out of 2**24, with cumulative frequency `below` before it."""
    unit = state[RANGE] >> TOTAL_BITS
    low = state[LOW] + unit * below
    width = unit * frequency
    position = state[POSITION]
    if low >= WHOLE_RANGE:
        low -= WHOLE_RANGE
        back = position - 1
        while out[back] == 255:
            out[back] = 0
            back -= 1
        out[back] += 1
    while width < _LEAST_RANGE:
        out[position] = low >> (_CODE_BITS - 8)
        position += 1
        low = (low & (_LEAST_RANGE - 1)) << 8
        width <<= 8
    state[LOW], state[RANGE], state[POSITION] = low, width, position


@compiled
def finish(state: NDArray[np.int64], out: NDArray[np.uint8]) -> None:
    """Write what is left of the code."""
    low = state[LOW]
    for _ in range(CODE_BYTES):
        out[state[POSITION]] = low >> (_CODE_BITS - 8)
        state[POSITION] += 1
        low = (low & (_LEAST_RANGE - 1)) << 8


@compiled
def begin_decoding(state: NDArray[np.int64], payload: NDArray[np.uint8]) -> None:
    """Read the first bytes of the code from POSITION on; there must be at least `CODE_BYTES`."""
    code = np.int64(0)
    for _ in range(CODE_BYTES):
        code = (code << 8) | np.int64(payload[state[POSITION]])
        state[POSITION] += 1
    state[LOW], state[RANGE] = code, WHOLE_RANGE


@compiled
def decode_target(state: NDArray[np.int64]) -> Integer:
    """Where in 2**24 the code lies; 2**24 or more if it is damaged."""
    return state[LOW] // (state[RANGE] >> TOTAL_BITS)


@compiled
def decode_interval(
    state: NDArray[np.int64], payload: NDArray[np.uint8], below: Integer, frequency: Integer
) -> bool:
    """Remove the symbol found at the target; False if the bytes run out."""
    unit = state[RANGE] >> TOTAL_BITS
    state[LOW] -= unit * below
    state[RANGE] = unit * frequency
    while state[RANGE] < _LEAST_RANGE:
        if state[POSITION] >= len(payload):
            return False
        state[LOW] = (state[LOW] << 8) | np.int64(payload[state[POSITION]])
        state[POSITION] += 1
        state[RANGE] <<= 8
    return True
