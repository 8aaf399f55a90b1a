"""Loops shared by the least squares codecs.

Planes are kept with a margin around them: left and right repeat the edge samples, the margins above and below
repeat the first and last row. Only four bands are kept, band b in plane b modulo 4.
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
    """Sum `start` and the weighted taps from `first` on into `acc`, shape (W,), for a row.

    These are the taps that are known before the row begins. `planes` holds band b in plane b modulo `PLANES`, followed
    by the planes of median predictions if there are taps that use them.
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
    """Predict a sample of the first row: the one to its left, plus the band before's change from there."""
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
