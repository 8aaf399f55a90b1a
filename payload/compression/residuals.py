"""Prediction in integers: what neighbours and the band before cannot tell of a sample.

All is exact modulo 2**16, so the same arithmetic serves every bit depth and is undone to the last bit
on every machine. Only `fit_gain` chooses anything, and what it chose travels with the residuals.

>>> import numpy as np
>>> bands = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
>>> blue, green = med_residuals(bands)
>>> gain = fit_gain(blue, green)
>>> coded = zigzag(green - explained(blue, gain))
>>> decoded = unzigzag(coded) + explained(blue, gain)
>>> bool((med_samples(np.stack([blue, decoded])) == bands).all())
True
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

GAIN_BITS = 12
GAIN_LIMIT = 4 << GAIN_BITS  # gain x residual then stays inside of int32


def med_residuals(bands: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Samples minus their median prediction, modulo 2**16.

    The prediction is the median of W, N and W + N - NW, the neighbours to the left, above, and above
    to the left; beyond the edge they are 0. It equals W + N less NW clipped between W and N, and that
    never leaves the range of the samples.

    Args:
        bands: [DN] shape (B, H, W).

    Returns:
        Residuals, same shape, a new array.

    Source: LOCO-I, M. Weinberger, G. Seroussi, G. Sapiro, IEEE Trans. Image Processing 9(8), 2000.
    """
    _, height, width = bands.shape
    padded = np.zeros((height + 1, width + 1), np.uint16)
    west, north, north_west = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    # Three buffers and not one: numpy's fast minimum and maximum want an output apart from the inputs.
    low, high, clipped = (np.empty((height, width), np.uint16) for _ in range(3))
    residuals = np.empty(bands.shape, np.uint16)
    for samples, residual in zip(bands, residuals, strict=True):
        padded[1:, 1:] = samples
        np.minimum(west, north, out=low)
        np.maximum(west, north, out=high)
        np.maximum(low, north_west, out=clipped)
        np.minimum(clipped, high, out=low)
        np.subtract(samples, west, out=residual)
        np.subtract(residual, north, out=residual)
        np.add(residual, low, out=residual)
    return residuals


def med_samples(residuals: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Undo `med_residuals`: the samples, shape (B, H, W).

    A sample needs its neighbours first, but all samples of an anti-diagonal, in all bands, are
    independent: the image is sheared so that anti-diagonals are rows, and rows are done in order.
    Beside each of them lies a column of zeros, the neighbours beyond the edge.
    """
    count, height, width = residuals.shape
    if (
        height > width
    ):  # the prediction is the same for the transposed image; short rows are cheaper
        return med_samples(residuals.transpose(0, 2, 1)).transpose(0, 2, 1).copy()
    sheared = np.zeros((height + width + 1, (height + 1) * count), np.uint16)
    size, row = sheared.strides[1], sheared.strides[0]
    # Sample (b, i, j) lies in row i + j + 2, at place (i + 1) x count + b.
    image = as_strided(sheared[2:, count:], (count, height, width), (size, row + count * size, row))
    image[...] = residuals
    own, above = list(sheared[:, count:]), list(sheared[:, :-count])
    low, high, clipped = (np.empty_like(own[0]) for _ in range(3))
    west, north, north_west = own[1], above[1], above[0]
    for samples, above_next in zip(own[2:], above[2:], strict=True):
        np.minimum(west, north, out=low)
        np.maximum(west, north, out=high)
        np.maximum(low, north_west, out=clipped)
        np.minimum(clipped, high, out=low)
        np.add(samples, west, out=samples)
        np.add(samples, north, out=samples)
        np.subtract(samples, low, out=samples)
        west, north, north_west = samples, above_next, north
    return image.copy()


def fit_gain(before: NDArray[np.uint16], own: NDArray[np.uint16]) -> int:
    """How much of a band's residual the band before explains, by least squares.

    Args:
        before: Residuals of the band before, modulo 2**16.
        own: Residuals of the band, same shape.

    Returns:
        The gain in units of 2**-12, from -4 to 4 times that.
    """
    first, second = before.view(np.int16), own.view(np.int16)
    # Sums of integers: no rounding, so every machine finds the same gain.
    power = _sum_of_products(first, first)
    if not power:
        return 0
    both = _sum_of_products(first, second)
    gain = ((both << (GAIN_BITS + 1)) + power) // (2 * power)
    return min(max(gain, -GAIN_LIMIT), GAIN_LIMIT)


def explained(before: NDArray[np.uint16], gain: int) -> NDArray[np.uint16]:
    """What a gain tells of a band's residuals from those of the band before, modulo 2**16."""
    product = np.multiply(before.view(np.int16), np.int32(gain), dtype=np.int32)
    product += np.int32(1 << (GAIN_BITS - 1))
    product >>= np.int32(GAIN_BITS)
    return product.astype(np.int16).view(np.uint16)


def zigzag(residuals: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Small residuals of either sign become small numbers: 0, -1, 1, -2 turn into 0, 1, 2, 3."""
    signs = (residuals.view(np.int16) >> 15).view(np.uint16)
    doubled = residuals << np.uint16(1)
    doubled ^= signs
    return doubled


def unzigzag(numbers: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Undo `zigzag`: residuals modulo 2**16."""
    signs = numbers & np.uint16(1)
    np.negative(signs, out=signs)
    signs ^= numbers >> np.uint16(1)
    return signs


def _sum_of_products(first: NDArray[np.int16], second: NDArray[np.int16]) -> int:
    # |residual| <= 2**15: a product fits int32, and 2**27 of them fit int64.
    return int(np.multiply(first, second, dtype=np.int32).sum(dtype=np.int64))
