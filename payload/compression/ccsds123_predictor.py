"""Kernels of `ccsds123` that turn samples into mapped quantizer indices, and these into samples again.

One loop serves both directions, so that encoder and decoder cannot differ. Names and equations are those of
CCSDS 123.0-B-2, chapter 4, with s_min = 0: s is a sample, s' its quantised value, s'' its representative,
sigma a local sum, d a local difference, omega a weight, e the double-resolution prediction error. The
register size R is 64, which 16 bit samples never fill, so mod*_R has no effect here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from payload.compression.ccsds123_bits import wide
from payload.kernels import compiled

# x // d as x * reciprocal >> 40, reciprocal = ceil(2**40 / d). Exact for x < 2**18 and d < 2**17, as then
# x * (reciprocal * d - 2**40) < 2**18 * 2**17 < 2**40; and the product stays below 2**59.
_RECIPROCAL_BITS = 40


class Predictor(NamedTuple):
    """The parameters of a predictor.

    Attributes:
        depth: D, [bit] of a sample, 2 to 16.
        limit: m, the absolute error limit, 0 to 2**(D - 1) - 1.
        previous: P, number of previous bands used, 0 to 15.
        is_column_oriented: Whether local sums are wide column-oriented rather than wide neighbour-oriented.
        weight_bits: Omega, 4 to 19.
        first_exponent: v_min, -6 to 9.
        last_exponent: v_max, v_min to 9.
        interval_bits: log2 of t_inc, 4 to 11.
        fine_bits: Theta, the resolution of damping and offset, 0 to 4.
        damping: phi, 0 to 2**Theta - 1.
        offset: psi, 0 to 2**Theta - 1.
    """

    depth: int
    limit: int
    previous: int
    is_column_oriented: bool
    weight_bits: int
    first_exponent: int
    last_exponent: int
    interval_bits: int
    fine_bits: int
    damping: int
    offset: int


class Planes(NamedTuple):
    """The arrays of a tile.

    Attributes:
        bands: Samples, shape (B, H, W); read where clear when encoding, written there when decoding.
        mapped: Mapped indices of the clear pixels in order, shape (B, N); written, or read, accordingly.
        clear: Which pixels are coded, shape (H, W); at least one.
        central: Initially zero, shape (K + 1, H, W) with K = min(P, B - 1) + 1: central local differences of
            the latest K bands; the last plane stays zero.
    """

    bands: NDArray[np.uint16]
    mapped: NDArray[np.uint16]
    clear: NDArray[np.bool_]
    central: NDArray[np.int32]


@compiled
def _indexed(
    residual: int, limit: int, reciprocal: int, steps: tuple[int, int], parity: int
) -> tuple[int, int]:
    """Quantise and map a residual: the index q, and its mapped index delta.

    Args:
        residual: Delta, sample minus prediction.
        limit: m.
        reciprocal: Of 2 m + 1.
        steps: Quantizer steps from the prediction down to 0 and up to the top; theta is the lesser.
        parity: 0, or -1 where the double-resolution prediction is odd.
    """
    index = residual
    if limit:
        size = ((abs(residual) + limit) * reciprocal) >> _RECIPROCAL_BITS
        index = size if residual >= 0 else -size
    theta = min(steps[0], steps[1])
    if abs(index) > theta:
        return index, abs(index) + theta
    turned = (index ^ parity) - parity
    return index, (turned << 1) ^ (turned >> 63)


@compiled
def _unmapped(mapped: int, steps: tuple[int, int], parity: int) -> int:
    """Undo the mapping of `_indexed`: the index q, which an invalid mapped index puts out of range."""
    low, high = steps
    theta = min(low, high)
    if mapped > 2 * theta:
        return mapped - theta if low == theta else theta - mapped
    turned = (mapped >> 1) ^ -(mapped & 1)
    return (turned ^ parity) - parity


@compiled
def _representative(predictor: Predictor, sample: int, index: int, high: int) -> int:
    """The sample representative s'' of a quantised sample s', from q and the high-resolution prediction."""
    omega, fine, damping = predictor.weight_bits, predictor.fine_bits, predictor.damping
    sign = min(max(index, -1), 1)
    shifted = (sample << omega) - ((sign * predictor.limit * predictor.offset) << (omega - fine))
    double = 4 * ((1 << fine) - damping) * shifted + damping * high - (damping << (omega + 1))
    return ((double >> (omega + fine + 1)) + 1) >> 1


@compiled
def _adapted(weight: int, difference: int, sign: int, scale: tuple[int, int], omega: int) -> int:
    """A weight updated after a sample, clipped to its range.

    Args:
        weight: Its value before.
        difference: The local difference that belongs to it.
        sign: 0, or -1 where the prediction was too high.
        scale: Bits to shift left, and then, with rounding, right.
        omega: Weight resolution.
    """
    left, right = scale
    turned = (difference ^ sign) - sign
    changed = weight + (((turned << left) + (1 << (right - 1))) >> right)
    return min(max(changed, -(1 << (omega + 2))), (1 << (omega + 2)) - 1)


@compiled
def _scale(predictor: Predictor, late: int) -> tuple[int, int, int]:
    """The weight exponent `late` samples after the first row, and the `scale` for `_adapted` that follows from it."""
    grown = predictor.first_exponent + (late >> predictor.interval_bits)
    exponent = min(max(grown, predictor.first_exponent), predictor.last_exponent)
    shift = exponent + predictor.depth - predictor.weight_bits
    return exponent, max(-shift, 0), max(shift, 0) + 1


@compiled
def _first(
    planes: Planes, predictor: Predictor, place: tuple[int, int, int], is_decoding: bool
) -> int:
    """Code the first sample of a band, always lossless; return the sample, or -1 if its index is impossible."""
    z, y, x = place
    top = (1 << predictor.depth) - 1
    predicted = wide(planes.bands[z - 1, y, x]) if z and predictor.previous else (top >> 1) + 1
    steps = (predicted, top - predicted)
    if is_decoding:
        sample = predicted + _unmapped(wide(planes.mapped[z, 0]), steps, 0)
        if sample < 0 or sample > top:
            return -1
        planes.bands[z, y, x] = sample
        return sample
    sample = wide(planes.bands[z, y, x])
    planes.mapped[z, 0] = _indexed(sample - predicted, 0, 0, steps, 0)[1]
    return sample


@compiled
def predict(planes: Planes, predictor: Predictor, is_decoding: bool) -> bool:
    """Turn samples into mapped quantizer indices, or the reverse.

    A pixel that is not clear is not coded: its representative is its prediction, and weights do not learn
    from it. Pixels before the first clear one take its value.

    Returns:
        False if an index cannot be one of this tile.
    """
    width = planes.clear.shape[1]
    start = 0
    while not planes.clear[start // width, start % width]:
        start += 1
    for z in range(planes.bands.shape[0]):
        place = (z, start // width, start % width)
        sample = _first(planes, predictor, place, is_decoding)
        if sample < 0 or not _predict_band(planes, predictor, place, sample, is_decoding):
            return False
    return True


@compiled
def _predict_band(  # noqa: PLR0912, PLR0915 - one loop, so that both ways are the same and it is fast
    planes: Planes,
    predictor: Predictor,
    place: tuple[int, int, int],
    first_sample: int,
    is_decoding: bool,
) -> bool:
    """Continue after the first sample of a band; False if an index cannot be one of this tile."""
    bands, mapped, clear, central = planes
    z, start_y, start_x = place
    height, width = clear.shape
    rings = central.shape[0] - 1
    limit, omega = predictor.limit, predictor.weight_bits
    top, half = (1 << predictor.depth) - 1, 1 << (omega + 1)
    reciprocal = ((1 << _RECIPROCAL_BITS) + 2 * limit) // (2 * limit + 1)
    is_plain = predictor.damping == 0 and (predictor.offset == 0 or limit == 0)
    used = min(z, predictor.previous)
    own = central[z % rings]
    first_back = central[(z - 1) % rings if used > 0 else rings]
    second_back = central[(z - 2) % rings if used > 1 else rings]
    third_back = central[(z - 3) % rings if used > 2 else rings]
    weight_n, weight_w, weight_nw = 0, 0, 0
    weight_1 = (7 << omega) >> 3
    weights = np.zeros(predictor.previous + 1, np.int64)
    weight_2, weight_3 = weight_1 >> 3, weight_1 >> 6
    for i in range(3, used):
        weights[i] = weight_1 >> (3 * i)
    exponent, scale = predictor.first_exponent - 1, (0, 1)
    w = first_sample
    above, row = np.full(width, w, np.int64), np.full(width, w, np.int64)
    coded = 1
    for y in range(start_y, height):
        begin = 0
        if y == start_y:
            begin = start_x + 1
        else:
            above, row = row, above
        n = ne = above[max(begin - 1, 0)]
        if begin < width:
            ne = above[begin]
        for x in range(begin, width):
            nw, n = n, ne
            if x + 1 < width:
                ne = above[x + 1]
            across = w
            if y == 0:
                nw, n, ne = w, w, w
            elif x == 0:
                nw, across = n, n
                w = ne
            total = 4 * n if predictor.is_column_oriented else w + nw + n + ne
            d_n, d_w, d_nw = 4 * n - total, 4 * across - total, 4 * nw - total
            d_1 = wide(first_back[y, x])
            d_2 = wide(second_back[y, x])
            d_3 = wide(third_back[y, x])
            estimate = weight_n * d_n + weight_w * d_w + weight_nw * d_nw
            estimate += weight_1 * d_1 + weight_2 * d_2 + weight_3 * d_3
            for i in range(3, used):
                estimate += weights[i] * central[(z - 1 - i) % rings, y, x]
            high = estimate + (total << omega) + half
            high = min(max(high, 0), (top << (omega + 2)) + half)
            double = high >> (omega + 1)
            predicted = double >> 1
            if not clear[y, x]:
                w = predicted
                row[x] = w
                own[y, x] = 4 * w - total
                continue
            parity = -(double & 1)
            steps_down, steps_up = predicted, top - predicted
            if limit:
                steps_down = ((steps_down + limit) * reciprocal) >> _RECIPROCAL_BITS
                steps_up = ((steps_up + limit) * reciprocal) >> _RECIPROCAL_BITS
            if is_decoding:
                index = _unmapped(wide(mapped[z, coded]), (steps_down, steps_up), parity)
                if index < -steps_down or index > steps_up:
                    return False
                sample = predicted + index
            else:
                sample = wide(bands[z, y, x])
                steps = (steps_down, steps_up)
                index, turned = _indexed(sample - predicted, limit, reciprocal, steps, parity)
                mapped[z, coded] = turned
            coded += 1
            if limit:
                sample = min(max(predicted + index * (2 * limit + 1), 0), top)
            if is_decoding:
                bands[z, y, x] = sample
            w = sample
            if not is_plain:
                w = _representative(predictor, sample, index, high)
            row[x] = w
            own[y, x] = 4 * w - total
            if exponent < predictor.last_exponent:
                exponent, left, right = _scale(predictor, (y - 1) * width + x)
                scale = (left, right)
            sign = (2 * sample - double) >> 63
            weight_n = _adapted(weight_n, d_n, sign, scale, omega)
            weight_w = _adapted(weight_w, d_w, sign, scale, omega)
            weight_nw = _adapted(weight_nw, d_nw, sign, scale, omega)
            weight_1 = _adapted(weight_1, d_1, sign, scale, omega)
            weight_2 = _adapted(weight_2, d_2, sign, scale, omega)
            weight_3 = _adapted(weight_3, d_3, sign, scale, omega)
            for i in range(3, used):
                difference = wide(central[(z - 1 - i) % rings, y, x])
                weights[i] = _adapted(weights[i], difference, sign, scale, omega)

    return True
