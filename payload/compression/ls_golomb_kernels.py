"""The loops of `ls-golomb` over one band; `payload.compression.ls_golomb` describes its layout and adaptation.

Planes and their margins are described in `payload.compression.prediction_kernels`.
"""

import numpy as np
from numpy.typing import NDArray

from payload.compression.least_squares import PLANES
from payload.compression.prediction_kernels import finish_row, first_row_prediction, predict_row
from payload.kernels import Integer, compiled

MARGIN_PX = 2

CONTEXTS = 24
MAX_UNARY = 20
_WEST = 2  # taps to the left of the sample; they come first
_RESCALE = 128  # count at which a context's sum and count are halved
_BIAS_RESCALE = 256
# Assumption: 128/235 of the mean mapped residual is the best power of two, found on real tiles.
_RICE_NUMERATOR, _RICE_DENOMINATOR = 128, 235
SUM, COUNT, SHIFT, BIAS_SUM, BIAS_COUNT, BIAS = range(6)


@compiled
def activity_row(
    activity: NDArray[np.int64], errors: NDArray[np.uint16], band: int, row: int
) -> None:
    """How wrong the predictions around each sample of a row were, except those to its left."""
    width = len(activity)
    own = errors[band % PLANES]
    north, far = own[MARGIN_PX + row - 1], own[MARGIN_PX + row - 2]
    m = MARGIN_PX
    a, b, c, d = north[m : m + width], north[m - 1 :], north[m + 1 :], far[m : m + width]
    for j in range(width):
        activity[j] = 2 * np.int64(a[j]) + b[j] + c[j] + d[j]
    if band > 0:
        before = errors[(band - 1) % PLANES]
        middle, up, down = before[m + row], before[m + row - 1], before[m + row + 1]
        e, f, g = middle[m : m + width], middle[m - 1 :], middle[m + 1 :]
        h, k = up[m : m + width], down[m : m + width]
        for j in range(width):
            activity[j] += 2 * np.int64(e[j]) + f[j] + g[j] + h[j] + k[j]


@compiled
def west(samples: NDArray[np.uint16], above: NDArray[np.uint16], j: int) -> tuple[Integer, Integer]:
    """The two samples to the left of column `j`; beyond the edge, the row above or the first sample fills in."""
    if j == 0:
        return np.int64(above[MARGIN_PX]), np.int64(above[MARGIN_PX])
    if j == 1:
        return np.int64(samples[MARGIN_PX]), np.int64(samples[MARGIN_PX])
    return np.int64(samples[MARGIN_PX + j - 1]), np.int64(samples[MARGIN_PX + j - 2])


@compiled
def folded(residual: Integer, prediction: Integer, top: int) -> Integer:
    """A residual as a number from 0 to `top`: signs alternate as far as there is room for both."""
    size = abs(residual)
    room = min(prediction, top - prediction)
    if size > room:
        return room + size
    return 2 * residual if residual >= 0 else -2 * residual - 1


@compiled
def unfolded(mapped: Integer, prediction: Integer, top: int) -> Integer:
    """Undo `folded`."""
    room = min(prediction, top - prediction)
    if mapped > 2 * room:
        return mapped - room if prediction == room else room - mapped
    return (mapped >> 1) if mapped & 1 == 0 else -((mapped + 1) >> 1)


@compiled
def learn(states: NDArray[np.int64], context: Integer, residual: Integer, mapped: Integer) -> None:
    """Adapt a context to a residual: its Rice parameter and its bias."""
    state = states[context]
    state[SUM] += mapped
    state[COUNT] += 1
    if state[COUNT] >= _RESCALE:
        state[SUM] = (state[SUM] + 1) >> 1
        state[COUNT] >>= 1
    wanted = state[SUM] * _RICE_NUMERATOR
    have = state[COUNT] * _RICE_DENOMINATOR
    shift = 0
    while (have << shift) < wanted:
        shift += 1
    state[SHIFT] = shift
    state[BIAS_SUM] += residual
    state[BIAS_COUNT] += 1
    if 2 * state[BIAS_SUM] > state[BIAS_COUNT]:
        state[BIAS] += 1
        state[BIAS_SUM] -= state[BIAS_COUNT]
    elif 2 * state[BIAS_SUM] < -state[BIAS_COUNT]:
        state[BIAS] -= 1
        state[BIAS_SUM] += state[BIAS_COUNT]
    if state[BIAS_COUNT] >= _BIAS_RESCALE:
        state[BIAS_SUM] >>= 1
        state[BIAS_COUNT] >>= 1


@compiled
def encode_band(
    samples: NDArray[np.uint16],
    coded: NDArray[np.bool_],
    planes: NDArray[np.uint16],
    errors: NDArray[np.uint16],
    band: int,
    taps: NDArray[np.int64],
    coefficients: NDArray[np.int64],
    unit_bits: int,
    states: NDArray[np.int64],
    classes: NDArray[np.uint8],
    activity_shift: int,
    top: int,
    escape_bits: int,
    out: NDArray[np.uint8],
) -> Integer:
    """Code a band, shape (H, W), into `out`; returns the number of bytes written.

    `planes` and `errors`, shape (4, H + 4, W + 4), hold what is kept of this band and those before; `states`, shape
    (`CONTEXTS`, 6), what the contexts have learnt; `classes` maps an activity to its context; `top` is the largest
    sample.
    """
    height, width = samples.shape
    start = coefficients[len(taps)] + (1 << (unit_bits - 1))
    acc, activity = np.zeros(width, np.int64), np.zeros(width, np.int64)
    own, wrong = planes[band % PLANES], errors[band % PLANES]
    pending, filled, position = 0, 0, 0
    for i in range(height):
        here, wrong_here = own[MARGIN_PX + i], wrong[MARGIN_PX + i]
        above = own[MARGIN_PX + i - 1]
        if i > 0:
            predict_row(acc, planes, band, i, taps, _WEST, coefficients, start, MARGIN_PX)
            activity_row(activity, errors, band, i)
        error_1, error_2 = np.int64(wrong[MARGIN_PX + i - 1, MARGIN_PX]), np.int64(0)
        for j in range(width):
            if i > 0:
                west_1, west_2 = west(here, above, j)
                raw = (acc[j] + coefficients[0] * west_1 + coefficients[1] * west_2) >> unit_bits
            else:
                raw = first_row_prediction(planes, band, j, top, MARGIN_PX)
            level = (activity[j] + 2 * error_1 + error_2) >> activity_shift
            context = np.int64(classes[min(level, len(classes) - 1)])
            prediction = min(max(raw + states[context, BIAS], 0), top)
            error_2 = error_1
            if not coded[i, j]:
                here[MARGIN_PX + j] = prediction
                wrong_here[MARGIN_PX + j] = error_1
                continue
            sample = np.int64(samples[i, j])
            here[MARGIN_PX + j] = sample
            residual = sample - prediction
            error_1 = abs(residual)
            wrong_here[MARGIN_PX + j] = error_1
            mapped = folded(residual, prediction, top)
            shift = states[context, SHIFT]
            unary = mapped >> shift
            if unary < MAX_UNARY:
                pending = (pending << (unary + 1)) | 1
                pending = (pending << shift) | (mapped & ((1 << shift) - 1))
                filled += unary + 1 + shift
            else:
                pending = (pending << (MAX_UNARY + escape_bits)) | mapped
                filled += MAX_UNARY + escape_bits
            while filled >= 8:
                filled -= 8
                out[position] = (pending >> filled) & 255
                position += 1
            pending &= 255
            learn(states, context, residual, mapped)
        finish_row(own, i, height, MARGIN_PX)
        finish_row(wrong, i, height, MARGIN_PX)
    if filled > 0:
        out[position] = (pending << (8 - filled)) & 255
        position += 1
    return position


@compiled
def decode_band(
    payload: NDArray[np.uint8],
    begin: int,
    samples: NDArray[np.uint16],
    coded: NDArray[np.bool_],
    planes: NDArray[np.uint16],
    errors: NDArray[np.uint16],
    band: int,
    taps: NDArray[np.int64],
    coefficients: NDArray[np.int64],
    unit_bits: int,
    states: NDArray[np.int64],
    classes: NDArray[np.uint8],
    activity_shift: int,
    top: int,
    escape_bits: int,
) -> Integer:
    """Undo `encode_band` from byte `begin`, into `samples`; returns where its bytes end, or -1 if they are invalid."""
    height, width = samples.shape
    start = coefficients[len(taps)] + (1 << (unit_bits - 1))
    acc, activity = np.zeros(width, np.int64), np.zeros(width, np.int64)
    own, wrong = planes[band % PLANES], errors[band % PLANES]
    pending, filled, position, end = np.int64(0), np.int64(0), np.int64(begin), len(payload)
    for i in range(height):
        here, wrong_here = own[MARGIN_PX + i], wrong[MARGIN_PX + i]
        above = own[MARGIN_PX + i - 1]
        if i > 0:
            predict_row(acc, planes, band, i, taps, _WEST, coefficients, start, MARGIN_PX)
            activity_row(activity, errors, band, i)
        error_1, error_2 = np.int64(wrong[MARGIN_PX + i - 1, MARGIN_PX]), np.int64(0)
        for j in range(width):
            if i > 0:
                west_1, west_2 = west(here, above, j)
                raw = (acc[j] + coefficients[0] * west_1 + coefficients[1] * west_2) >> unit_bits
            else:
                raw = first_row_prediction(planes, band, j, top, MARGIN_PX)
            level = (activity[j] + 2 * error_1 + error_2) >> activity_shift
            context = np.int64(classes[min(level, len(classes) - 1)])
            prediction = min(max(raw + states[context, BIAS], 0), top)
            error_2 = error_1
            if not coded[i, j]:
                here[MARGIN_PX + j] = prediction
                wrong_here[MARGIN_PX + j] = error_1
                continue
            while filled < 40:  # no code is longer than MAX_UNARY + escape_bits
                octet = np.int64(0)
                if position < end:
                    octet = np.int64(payload[position])
                pending = (pending << 8) | octet
                position += 1
                filled += 8
            unary = 0
            while unary < MAX_UNARY and (pending >> (filled - 1 - unary)) & 1 == 0:
                unary += 1
            if unary < MAX_UNARY:
                shift = states[context, SHIFT]
                filled -= unary + 1 + shift
                mapped = (unary << shift) | ((pending >> filled) & ((1 << shift) - 1))
            else:
                filled -= MAX_UNARY + escape_bits
                mapped = (pending >> filled) & ((1 << escape_bits) - 1)
            pending &= (1 << filled) - 1
            if mapped > top or position - (filled >> 3) > end:
                return -1
            residual = unfolded(mapped, prediction, top)
            sample = prediction + residual
            samples[i, j] = sample
            here[MARGIN_PX + j] = sample
            error_1 = abs(residual)
            wrong_here[MARGIN_PX + j] = error_1
            learn(states, context, residual, mapped)
        finish_row(own, i, height, MARGIN_PX)
        finish_row(wrong, i, height, MARGIN_PX)
    spare = filled & 7
    if (pending >> (filled - spare)) & ((1 << spare) - 1) != 0:
        return -1
    return position - (filled >> 3)
