"""Prediction in integers: the part of a sample that its neighbours and the band before do not predict.

Everything is exact modulo 2**16, so the same arithmetic serves every bit depth and is undone to the last bit
on every machine. Only `fit_gain` makes a choice, and its result is sent with the residuals.

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

from payload.kernels import can_compile

GAIN_BITS = 12
GAIN_LIMIT = 4 << GAIN_BITS  # gain x residual then fits int32


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
    if can_compile():
        from payload.compression.med_kernel import predict  # noqa: PLC0415 - compiles where it is used

        found = np.empty(bands.shape, np.uint16)
        predict(np.ascontiguousarray(bands), found)
        return found
    _, height, width = bands.shape
    padded = np.zeros((height + 1, width + 1), np.uint16)
    west, north, north_west = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    # Three buffers, not one: numpy's fast minimum and maximum need an output distinct from the inputs.
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


def held(bands: NDArray[np.uint16], not_coded: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Samples in which each pixel that is not coded holds the value before it.

    That is its western neighbour's value, itself held or true; in the first column its northern neighbour's;
    0 if there is none. A decoder obtains it in any order that visits these neighbours first.

    Args:
        bands: [DN] shape (B, H, W).
        not_coded: Shape (H, W), True where pixels are not coded; their samples are not used.

    Returns:
        Same shape, a new array.
    """
    count, height, width = bands.shape
    # Source of each pixel's value: the last coded pixel of its row, else of the first column, else none.
    column = np.where(not_coded, 0, np.arange(width))
    np.maximum.accumulate(column, axis=1, out=column)
    row = np.where(not_coded[:, 0], -1, np.arange(height))
    np.maximum.accumulate(row, out=row)
    rows = np.where(column > 0, np.arange(height)[:, np.newaxis], row[:, np.newaxis])
    source = (rows * width + column).reshape(-1)
    filled: NDArray[np.uint16] = np.take(bands.reshape(count, -1), np.maximum(source, 0), axis=1)
    if row[0] < 0:
        filled[:, source < 0] = 0
    return filled.reshape(bands.shape)


def med_samples(
    residuals: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None = None
) -> NDArray[np.uint16]:
    """Undo `med_residuals`: the samples, shape (B, H, W).

    Args:
        residuals: Modulo 2**16, shape (B, H, W).
        not_coded: Shape (H, W), True where residuals are meaningless and the samples are `held`; None if
            all are coded.
    """
    if not can_compile():
        return wavefront(residuals, not_coded)
    from payload.compression.med_kernel import undo  # noqa: PLC0415 - compiles where it is used

    plane = np.zeros((0, 0), np.bool_) if not_coded is None else np.ascontiguousarray(not_coded)
    samples = np.empty(residuals.shape, np.uint16)
    undo(np.ascontiguousarray(residuals), plane, samples)
    return samples


def wavefront(
    residuals: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None = None
) -> NDArray[np.uint16]:
    """What `med_samples` does, without numba.

    A sample needs its neighbours first, but all samples of an anti-diagonal, in all bands, are
    independent: the image is sheared so that anti-diagonals become rows, which are processed in order.
    Zeros beside each row stand for the neighbours beyond the edge.
    """
    height, width = residuals.shape[1:]
    planes: tuple[NDArray[np.bool_], ...] = ()
    if not_coded is not None:
        first = np.zeros_like(not_coded)
        first[:, 0] = not_coded[:, 0]
        planes = (not_coded & ~first, first)
    if height <= width:
        return _wavefront(residuals, planes)
    # The prediction is the same for the transposed image, with west and north swapped; short rows are cheaper.
    turned = tuple(plane.T for plane in reversed(planes))
    return _wavefront(residuals.transpose(0, 2, 1), turned).transpose(0, 2, 1).copy()


def _wavefront(
    residuals: NDArray[np.uint16], planes: tuple[NDArray[np.bool_], ...]
) -> NDArray[np.uint16]:
    """The samples; `planes` mark the pixels that hold their western and their northern neighbours."""
    count, height, width = residuals.shape
    sheared = np.zeros((height + width + 1, (height + 1) * count), np.uint16)
    size, row = sheared.strides[1], sheared.strides[0]
    # Sample (b, i, j) is in row i + j + 2, at index (i + 1) x count + b.
    image = as_strided(sheared[2:, count:], (count, height, width), (size, row + count * size, row))
    image[...] = residuals
    holds = [_sheared(plane, count) for plane in planes]
    own, above = list(sheared[:, count:]), list(sheared[:, :-count])
    low, high, clipped = (np.empty_like(own[0]) for _ in range(3))
    west, north, north_west = own[1], above[1], above[0]
    for diagonal, (samples, above_next) in enumerate(zip(own[2:], above[2:], strict=True)):
        np.minimum(west, north, out=low)
        np.maximum(west, north, out=high)
        np.maximum(low, north_west, out=clipped)
        np.minimum(clipped, high, out=low)
        np.add(samples, west, out=samples)
        np.add(samples, north, out=samples)
        np.subtract(samples, low, out=samples)
        for plane, neighbour in zip(holds, (west, north), strict=False):
            np.copyto(samples, neighbour, where=plane[diagonal])
        west, north, north_west = samples, above_next, north
    return image.copy()


def _sheared(plane: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    """A plane, shape (H, W), with anti-diagonals as rows and each pixel repeated for `count` bands."""
    height, width = plane.shape
    sheared = np.zeros((height + width - 1, height), np.bool_)
    size, row = sheared.strides[1], sheared.strides[0]
    as_strided(sheared, (height, width), (row + size, row))[...] = plane
    return np.repeat(sheared, count, axis=1)


def fit_gain(before: NDArray[np.uint16], own: NDArray[np.uint16]) -> int:
    """How much of a band's residual the band before explains, by least squares.

    Args:
        before: Residuals of the band before, modulo 2**16.
        own: Residuals of the band, same shape.

    Returns:
        The gain in units of 2**-12, for gains from -4 to 4.
    """
    first, second = before.view(np.int16), own.view(np.int16)
    # Integer sums: no rounding, so every machine finds the same gain.
    power = _sum_of_products(first, first)
    if not power:
        return 0
    both = _sum_of_products(first, second)
    gain = ((both << (GAIN_BITS + 1)) + power) // (2 * power)
    return min(max(gain, -GAIN_LIMIT), GAIN_LIMIT)


def explained(before: NDArray[np.uint16], gain: int) -> NDArray[np.uint16]:
    """A band's residuals as predicted from those of the band before by a gain, modulo 2**16."""
    product = np.multiply(before.view(np.int16), np.int32(gain), dtype=np.int32)
    product += np.int32(1 << (GAIN_BITS - 1))
    product >>= np.int32(GAIN_BITS)
    return product.astype(np.int16).view(np.uint16)


def fold(
    before: NDArray[np.uint16] | None, own: NDArray[np.uint16], gain: int
) -> NDArray[np.uint16]:
    """The part of residuals, shape (N,), not explained by the band before, if there is one, as `zigzag` numbers."""
    if not can_compile():
        return zigzag(own if before is None else own - explained(before, gain))
    from payload.compression import med_kernel  # noqa: PLC0415 - compiles where it is used

    numbers = np.empty_like(own)
    first = own if before is None else before
    med_kernel.fold(
        first.view(np.int16), own.view(np.int16), 0 if before is None else gain, numbers
    )
    return numbers


def unfold(
    before: NDArray[np.uint16] | None, numbers: NDArray[np.uint16], gain: int
) -> NDArray[np.uint16]:
    """Undo `fold`: residuals modulo 2**16."""
    if not can_compile():
        own = unzigzag(numbers)
        if before is not None:
            own += explained(before, gain)
        return own
    from payload.compression import med_kernel  # noqa: PLC0415 - compiles where it is used

    own = np.empty_like(numbers)
    first = own if before is None else before
    if before is None:
        own.fill(0)
    med_kernel.unfold(
        first.view(np.int16), numbers, 0 if before is None else gain, own.view(np.int16)
    )
    return own


def split(numbers: NDArray[np.uint16]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Low and high bytes of numbers, same shape."""
    if not can_compile():
        return numbers.astype(np.uint8), (numbers >> np.uint16(8)).astype(np.uint8)
    from payload.compression import med_kernel  # noqa: PLC0415 - compiles where it is used

    low, high = np.empty(numbers.shape, np.uint8), np.empty(numbers.shape, np.uint8)
    med_kernel.split(numbers.reshape(-1), low.reshape(-1), high.reshape(-1))
    return low, high


def zigzag(residuals: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Map small residuals of either sign to small numbers: 0, -1, 1, -2 become 0, 1, 2, 3."""
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
    if can_compile():
        from payload.compression.med_kernel import sum_of_products  # noqa: PLC0415

        return int(sum_of_products(first.reshape(-1), second.reshape(-1)))
    # |residual| <= 2**15: a product fits int32, and 2**27 of them fit int64.
    return int(np.multiply(first, second, dtype=np.int32).sum(dtype=np.int64))
