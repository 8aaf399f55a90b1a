"""What `payload.compression.residuals` does in numpy, as loops compiled by numba: 5 to 20 times as fast.

All arithmetic is in 32 and 64 bits, so nothing overflows before it is reduced to 16.
"""

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled

_ROUND, _SHIFT = 1 << 11, 12  # of a gain in units of 2**-12, as in `residuals.explained`


@compiled
def predict(bands: NDArray[np.uint16], residuals: NDArray[np.uint16]) -> None:
    """`med_residuals`: both arrays of shape (B, H, W); the second is written to."""
    count, height, width = bands.shape
    nothing = np.zeros(width, np.uint16)
    for band in range(count):
        for i in range(height):
            own = bands[band, i]
            above = bands[band, i - 1] if i else nothing
            residuals[band, i, 0] = np.uint16(np.int32(own[0]) - np.int32(above[0]))
            for j in range(1, width):
                west = np.int32(own[j - 1])
                north = np.int32(above[j])
                low = min(west, north)
                high = max(west, north)
                inner = min(max(np.int32(above[j - 1]), low), high)
                residuals[band, i, j] = np.uint16(np.int32(own[j]) - west - north + inner)


@compiled
def undo(
    residuals: NDArray[np.uint16], not_coded: NDArray[np.bool_], samples: NDArray[np.uint16]
) -> None:
    """`wavefront`, pixel by pixel: samples from residuals, both of shape (B, H, W).

    Args:
        residuals: Modulo 2**16.
        not_coded: Shape (H, W), True where samples hold their western neighbour, in the first column
            their northern one; shape (0, 0) if all are coded.
        samples: Written to.
    """
    count, height, width = residuals.shape
    holds = not_coded.size > 0
    for band in range(count):
        for i in range(height):
            west = np.int64(0)
            north_west = np.int64(0)
            for j in range(width):
                north = np.int64(samples[band, i - 1, j]) if i else np.int64(0)
                if holds and not_coded[i, j]:
                    sample = west if j else north
                else:
                    low = min(west, north)
                    high = max(west, north)
                    inner = min(max(north_west, low), high)
                    sample = (np.int64(residuals[band, i, j]) + west + north - inner) & 0xFFFF
                samples[band, i, j] = sample
                west = sample
                north_west = north


@compiled
def sum_of_products(first: NDArray[np.int16], second: NDArray[np.int16]) -> int:
    """The exact sum of products of two arrays of shape (N,)."""
    total = np.int64(0)
    for i in range(first.size):
        total += np.int64(first[i]) * np.int64(second[i])
    return int(total)


@compiled
def fold(
    before: NDArray[np.int16], own: NDArray[np.int16], gain: int, numbers: NDArray[np.uint16]
) -> None:
    """`zigzag(own - explained(before, gain))`; all arrays of shape (N,), `numbers` is written to."""
    for i in range(own.size):
        told = (np.int32(before[i]) * np.int32(gain) + np.int32(_ROUND)) >> np.int32(_SHIFT)
        left = np.int32(np.int16(np.int32(own[i]) - told))
        numbers[i] = np.uint16((left << np.int32(1)) ^ (left >> np.int32(31)))


@compiled
def unfold(
    before: NDArray[np.int16], numbers: NDArray[np.uint16], gain: int, own: NDArray[np.int16]
) -> None:
    """Undo `fold`; `own` is written to."""
    for i in range(own.size):
        told = (np.int32(before[i]) * np.int32(gain) + np.int32(_ROUND)) >> np.int32(_SHIFT)
        number = np.int32(numbers[i])
        left = (number >> np.int32(1)) ^ -(number & np.int32(1))
        own[i] = np.int16(left + told)


@compiled
def split(numbers: NDArray[np.uint16], low: NDArray[np.uint8], high: NDArray[np.uint8]) -> None:
    """Low and high bytes; all arrays of shape (N,), the last two are written to."""
    for i in range(numbers.size):
        low[i] = np.uint8(numbers[i])
        high[i] = np.uint8(numbers[i] >> np.uint16(8))
