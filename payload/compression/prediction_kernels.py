"""Loops that the codecs with least squares share.

Planes are kept with a margin of samples around them: left and right repeat the edge, above the first row lie
copies of it, below the last row copies of that. Only four bands are kept, band b in plane b modulo 4.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.compression.least_squares import PLANES
from payload.kernels import Integer, compiled


@compiled
def predict_row(
    acc: NDArray[np.int64],
    planes: NDArray[Any],
    band: int,
    row: int,
    taps: NDArray[np.int64],
    first: int,
    coefficients: NDArray[np.int64],
    start: Integer,
    margin: int,
) -> None:
    """Sum up into `acc`, shape (W,), `start` and what the taps from `first` on tell of a row.

    These are all that can be told before the row begins. `planes` holds band b in plane b modulo `PLANES`, and
    behind those its median predictions if there are taps that look at them.
    """
    width = len(acc)
    for j in range(width):
        acc[j] = start
    for t in range(first, len(taps)):
        coefficient = coefficients[t]
        if coefficient != 0:
            plane = (band - taps[t, 0]) % PLANES
            if taps[t, 0] >= PLANES:
                plane += PLANES
            left = margin + taps[t, 2]
            some = planes[plane, margin + row + taps[t, 1]][left : left + width]
            for j in range(width):
                acc[j] += coefficient * some[j]


@compiled
def first_row_prediction(planes: NDArray[Any], band: int, j: int, top: int, margin: int) -> Integer:
    """Of a sample of the first row: the one to its left, moved as the band before moves there."""
    own, left = planes[band % PLANES, margin], margin + j
    if band == 0:
        return np.int64((top + 1) >> 1) if j == 0 else np.int64(own[left - 1])
    before = planes[(band - 1) % PLANES, margin]
    if j == 0:
        return np.int64(before[left])
    return np.int64(own[left - 1]) + np.int64(before[left]) - np.int64(before[left - 1])


@compiled
def finish_row(plane: NDArray[Any], row: int, height: int, margin: int) -> None:
    """Fill the margins of a row, and those above the first and below the last."""
    samples = plane[margin + row]
    last = len(samples) - margin - 1
    for k in range(1, margin + 1):
        samples[margin - k] = samples[margin]
        samples[last + k] = samples[last]
    for k in range(1, margin + 1):
        if row == 0:
            plane[margin - k] = samples
        if row == height - 1:
            plane[margin + row + k] = samples
