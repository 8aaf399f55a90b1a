"""The loops of `strong` over one band; `payload.compression.strong` describes what is coded and how.

Planes and their margins are described in `payload.compression.prediction_kernels`; when the coding of a row begins,
its left margin holds the first sample of the row above. `planes` holds four bands of samples followed by four of
median predictions, `errors` four bands of |sample - prediction| in 1/64 DN.
"""

import numpy as np
from numpy.typing import NDArray

from payload.compression.least_squares import PLANES
from payload.compression.mixture_kernels import (
    CLASS_STEPS,
    HALF,
    SAMPLE_BITS,
    adapt,
    correct,
    mixed,
    shares,
    step_of,
    widths,
)
from payload.compression.prediction_kernels import finish_row, first_row_prediction, predict_row
from payload.compression.range_kernels import (
    TOTAL_BITS,
    decode_interval,
    decode_target,
    encode_interval,
)
from payload.kernels import Integer, compiled

MARGIN_PX = 3
SEQUENTIAL = 4  # taps: W, W W, W W W and the median
SCALE_BITS = 12  # fractional bits of a coefficient of the scale
LARGEST_SCALE = (1 << 23) - 1
(
    NEAR,
    NEXT,
    FAR,
    FLOOR,
    LEVEL,
    W_NW,
    N_NW,
    N_NE,
    W_WW,
    N_NN,
    N_W,
    NOT_MEDIAN,
) = range(12)
FLOOR_UNIT = 32  # multiplies the coefficient `FLOOR`


@compiled
def begin_row(plane: NDArray[np.int32], row: int) -> None:
    """Fill the left margin of a row with the first number of the row above."""
    above = plane[MARGIN_PX + row - 1, MARGIN_PX]
    for k in range(MARGIN_PX):
        plane[MARGIN_PX + row, k] = above


@compiled
def median(west: Integer, north: Integer, north_west: Integer) -> Integer:
    """The median of W, N and W + N - NW."""
    low, high = min(west, north), max(west, north)
    return west + north - min(max(north_west, low), high)


@compiled
def predict_sample(
    planes: NDArray[np.int32],
    band: int,
    i: int,
    j: int,
    known: Integer,
    coefficients: NDArray[np.int64],
    shift: int,
    top: int,
) -> Integer:
    """The prediction of a sample in 1/64 DN; its median prediction is stored in `planes`."""
    m = MARGIN_PX + j
    medians = planes[PLANES + band % PLANES]
    if i == 0:
        first = min(max(first_row_prediction(planes, band, j, top, MARGIN_PX), 0), top)
        medians[MARGIN_PX, m] = first
        return first << SAMPLE_BITS
    here, above = planes[band % PLANES, MARGIN_PX + i], planes[band % PLANES, MARGIN_PX + i - 1]
    west = np.int64(here[m - 1])
    middle = median(west, np.int64(above[m]), np.int64(above[m - 1]))
    medians[MARGIN_PX + i, m] = middle
    known += coefficients[0] * west + coefficients[1] * here[m - 2] + coefficients[2] * here[m - 3]
    known += coefficients[3] * middle
    return min(max(known >> shift, 0), top << SAMPLE_BITS)


@compiled
def scale_row(
    acc: NDArray[np.int64],
    errors: NDArray[np.int32],
    band: int,
    row: int,
    taps: NDArray[np.int64],
    coefficients: NDArray[np.int64],
    weights: NDArray[np.int64],
) -> None:
    """Compute what `scale_of` can know of a row before it begins, into `acc`, shape (W,)."""
    floor = weights[FLOOR] * FLOOR_UNIT
    predict_row(acc, errors, band, row, taps, 0, coefficients, floor, MARGIN_PX)


@compiled
def hold(
    here: NDArray[np.int32], wrong_here: NDArray[np.int32], m: int, prediction: Integer, top: int
) -> None:
    """Fill in a pixel that is not coded: with its prediction, and the error of the pixel before."""
    here[m] = min((prediction + HALF) >> SAMPLE_BITS, top)
    wrong_here[m] = wrong_here[m - 1]


@compiled
def scale_of(
    planes: NDArray[np.int32],
    wrong: NDArray[np.int32],
    band: int,
    i: int,
    j: int,
    prediction: Integer,
    known: Integer,
    weights: NDArray[np.int64],
    running: Integer,
) -> Integer:
    """The expected mean error of a sample, in 1/64 DN; in the first row the running one."""
    if i == 0:
        return running
    m = MARGIN_PX + j
    own = planes[band % PLANES]
    here, above = own[MARGIN_PX + i], own[MARGIN_PX + i - 1]
    wrong_here = wrong[MARGIN_PX + i]
    west, north, north_west = np.int64(here[m - 1]), np.int64(above[m]), np.int64(above[m - 1])
    steps = (
        weights[W_NW] * abs(west - north_west)
        + weights[N_NW] * abs(north - north_west)
        + weights[N_NE] * abs(north - above[m + 1])
        + weights[W_WW] * abs(west - here[m - 2])
        + weights[N_NN] * abs(north - own[MARGIN_PX + i - 2, m])
        + weights[N_W] * abs(north - west)
    )
    middle = np.int64(planes[PLANES + band % PLANES, MARGIN_PX + i, m]) << SAMPLE_BITS
    scale = (
        known
        + weights[NEAR] * wrong_here[m - 1]
        + weights[NEXT] * wrong_here[m - 2]
        + weights[FAR] * wrong_here[m - 3]
        + weights[LEVEL] * (prediction >> SAMPLE_BITS)
        + (steps << SAMPLE_BITS)
        + weights[NOT_MEDIAN] * abs(prediction - middle)
    )
    return min(max(scale >> SCALE_BITS, 2), LARGEST_SCALE)


@compiled
def predict_band(
    samples: NDArray[np.uint16],
    coded: NDArray[np.bool_],
    planes: NDArray[np.int32],
    errors: NDArray[np.int32],
    band: int,
    taps: NDArray[np.int64],
    coefficients: NDArray[np.int64],
    unit_bits: int,
    top: int,
    predictions: NDArray[np.int32],
) -> None:
    """Predict a band, shape (H, W), into `predictions`, and keep it in `planes` and `errors`."""
    height, width = samples.shape
    start = coefficients[len(taps)]
    shift = unit_bits - SAMPLE_BITS
    acc = np.zeros(width, np.int64)
    own, wrong = planes[band % PLANES], errors[band % PLANES]
    medians = planes[PLANES + band % PLANES]
    for i in range(height):
        if i > 0:
            predict_row(acc, planes, band, i, taps, SEQUENTIAL, coefficients, start, MARGIN_PX)
        begin_row(own, i)
        begin_row(wrong, i)
        here, wrong_here = own[MARGIN_PX + i], wrong[MARGIN_PX + i]
        for j in range(width):
            prediction = predict_sample(planes, band, i, j, acc[j], coefficients, shift, top)
            predictions[i, j] = prediction
            if coded[i, j]:
                sample = np.int64(samples[i, j])
                here[MARGIN_PX + j] = sample
                wrong_here[MARGIN_PX + j] = abs((sample << SAMPLE_BITS) - prediction)
            else:
                hold(here, wrong_here, MARGIN_PX + j, prediction, top)
        finish_row(own, i, height, MARGIN_PX)
        finish_row(wrong, i, height, MARGIN_PX)
        finish_row(medians, i, height, MARGIN_PX)


@compiled
def encode_band(
    predictions: NDArray[np.int32],
    coded: NDArray[np.bool_],
    planes: NDArray[np.int32],
    errors: NDArray[np.int32],
    band: int,
    scale_taps: NDArray[np.int64],
    scale_coefficients: NDArray[np.int64],
    weights: NDArray[np.int64],
    states: NDArray[np.int64],
    tables: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    top: int,
    coder: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Code a band that `predict_band` has predicted, shape (H, W), into `out`.

    `tables` are `cumulative`, `inverses`, `powers` and `steps_of_small`.
    """
    cdf, inverses, powers, small_steps = tables
    height, width = predictions.shape
    acc = np.zeros(width, np.int64)
    own, wrong = planes[band % PLANES], errors[band % PLANES]
    running: Integer = np.int64((top + 1) << (SAMPLE_BITS - 4))
    for i in range(height):
        if i > 0:
            scale_row(acc, errors, band, i, scale_taps, scale_coefficients, weights)
        begin_row(own, i)
        begin_row(wrong, i)
        for j in range(width):
            if not coded[i, j]:
                continue
            prediction = np.int64(predictions[i, j])
            scale = scale_of(planes, wrong, band, i, j, prediction, acc[j], weights, running)
            step = step_of(scale, small_steps)
            state = states[step // CLASS_STEPS]
            inverse = widths(step, state, inverses)
            sample = np.int64(own[MARGIN_PX + i, MARGIN_PX + j])
            below = shares(sample, top, prediction, inverse, cdf)
            above = shares(sample + 1, top, prediction, inverse, cdf)
            low = mixed(sample, top, below, state)
            encode_interval(coder, out, low, mixed(sample + 1, top, above, state) - low)
            error = np.int64(wrong[MARGIN_PX + i, MARGIN_PX + j])
            adapt(state, below, above, error, scale)
            correct(state, powers)
            if i == 0:
                running = (3 * running + error + 3) >> 2  # never 0
        finish_row(own, i, height, MARGIN_PX)
        finish_row(wrong, i, height, MARGIN_PX)


@compiled
def search(
    target: Integer,
    top: int,
    prediction: Integer,
    scale: Integer,
    inverse: tuple[Integer, Integer, Integer],
    state: NDArray[np.int64],
    cdf: NDArray[np.int64],
) -> Integer:
    """The sample whose interval contains a target: searched from the prediction outwards, then by bisection."""
    low = np.int64(0)
    high = np.int64(top + 1)
    centre = min((prediction + HALF) >> SAMPLE_BITS, top)
    stride = 1 + (scale >> SAMPLE_BITS)
    if mixed(centre, top, shares(centre, top, prediction, inverse, cdf), state) <= target:
        low = centre
        while low + stride <= top:
            probe = low + stride
            if mixed(probe, top, shares(probe, top, prediction, inverse, cdf), state) > target:
                high = probe
                break
            low = probe
            stride *= 2
    else:
        high = centre
        while high - stride > 0:
            probe = high - stride
            if mixed(probe, top, shares(probe, top, prediction, inverse, cdf), state) <= target:
                low = probe
                break
            high = probe
            stride *= 2
    while high - low > 1:
        probe = (low + high) >> 1
        if mixed(probe, top, shares(probe, top, prediction, inverse, cdf), state) <= target:
            low = probe
        else:
            high = probe
    return low


@compiled
def decode_band(
    payload: NDArray[np.uint8],
    samples: NDArray[np.uint16],
    coded: NDArray[np.bool_],
    planes: NDArray[np.int32],
    errors: NDArray[np.int32],
    band: int,
    taps: NDArray[np.int64],
    coefficients: NDArray[np.int64],
    unit_bits: int,
    scale_taps: NDArray[np.int64],
    scale_coefficients: NDArray[np.int64],
    weights: NDArray[np.int64],
    states: NDArray[np.int64],
    tables: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    top: int,
    coder: NDArray[np.int64],
) -> bool:
    """Undo `predict_band` and `encode_band`, into `samples`; False if the bytes cannot be theirs."""
    cdf, inverses, powers, small_steps = tables
    height, width = samples.shape
    start = coefficients[len(taps)]
    shift = unit_bits - SAMPLE_BITS
    acc, scale_acc = np.zeros(width, np.int64), np.zeros(width, np.int64)
    own, wrong = planes[band % PLANES], errors[band % PLANES]
    medians = planes[PLANES + band % PLANES]
    running: Integer = np.int64((top + 1) << (SAMPLE_BITS - 4))
    for i in range(height):
        if i > 0:
            predict_row(acc, planes, band, i, taps, SEQUENTIAL, coefficients, start, MARGIN_PX)
            scale_row(scale_acc, errors, band, i, scale_taps, scale_coefficients, weights)
        begin_row(own, i)
        begin_row(wrong, i)
        here, wrong_here = own[MARGIN_PX + i], wrong[MARGIN_PX + i]
        for j in range(width):
            prediction = predict_sample(planes, band, i, j, acc[j], coefficients, shift, top)
            if not coded[i, j]:
                hold(here, wrong_here, MARGIN_PX + j, prediction, top)
                continue
            scale = scale_of(planes, wrong, band, i, j, prediction, scale_acc[j], weights, running)
            step = step_of(scale, small_steps)
            state = states[step // CLASS_STEPS]
            inverse = widths(step, state, inverses)
            target = decode_target(coder)
            if target >> TOTAL_BITS != 0:
                return False
            sample = search(target, top, prediction, scale, inverse, state, cdf)
            below = shares(sample, top, prediction, inverse, cdf)
            above = shares(sample + 1, top, prediction, inverse, cdf)
            low = mixed(sample, top, below, state)
            if not decode_interval(coder, payload, low, mixed(sample + 1, top, above, state) - low):
                return False
            samples[i, j] = sample
            here[MARGIN_PX + j] = sample
            error = abs((sample << SAMPLE_BITS) - prediction)
            wrong_here[MARGIN_PX + j] = error
            adapt(state, below, above, error, scale)
            correct(state, powers)
            if i == 0:
                running = (3 * running + error + 3) >> 2  # never 0
        finish_row(own, i, height, MARGIN_PX)
        finish_row(wrong, i, height, MARGIN_PX)
        finish_row(medians, i, height, MARGIN_PX)
    return True
