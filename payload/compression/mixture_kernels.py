"""How probable each sample is: a mixture of three normal distributions around the prediction, in integers.

Predictions, errors and scales are in units of 1/64 DN. The scale, a mean absolute error, is estimated beforehand;
each class of scales learns how far off that is and how to weight the three widths.
"""

import numpy as np
from numpy.typing import NDArray

from payload.compression.normal_tables import (
    CDF_BITS,
    CDF_REACH,
    CDF_STEPS,
    INVERSE_BITS,
    OCTAVES,
    STEPS_AN_OCTAVE,
)
from payload.compression.range_kernels import TOTAL_BITS
from payload.kernels import Integer, compiled

SAMPLE_BITS = 6  # fractional bits of a prediction
HALF = 1 << (SAMPLE_BITS - 1)
NARROW, MIDDLE, ERRORS, SCALES, STEPS, COUNT = range(6)
WEIGHT_BITS = 16
LARGEST_STEP = STEPS_AN_OCTAVE * OCTAVES
CLASS_STEPS = 8  # a class of scales is half an octave wide
CLASSES = LARGEST_STEP // CLASS_STEPS + 1
# Assumption: widths of 0.6, 1 and 1.8 times the scale, in sixteenths of an octave; five widths gave the same result.
_NARROWER, _WIDER = -12, 14
_RATE_BITS = 7
_LEAST_WEIGHT = 64
_MOST_STEPS = 3 * STEPS_AN_OCTAVE  # largest correction of a scale
_BEFOREHAND = 8
_FORGET = 256  # count at which a class's count and sums are halved
_FRACTION_BITS = 8  # between two steps of the table
_TABLE_SHIFT = INVERSE_BITS - 9 - _FRACTION_BITS  # 2**9 steps per standard deviation
_REACH = CDF_REACH * CDF_STEPS << _FRACTION_BITS
_WHOLE = 1 << TOTAL_BITS
_SURE = 1 << CDF_BITS


@compiled
def step_of(scale: Integer, small_steps: NDArray[np.int64]) -> Integer:
    """The step, in sixteenths of an octave, of a scale of 1 to 2**23 - 1."""
    if scale < 8192:
        return small_steps[scale]
    return small_steps[scale >> 10] + 10 * STEPS_AN_OCTAVE


@compiled
def share_below(distance: Integer, inverse: Integer, cdf: NDArray[np.int64]) -> Integer:
    """The normal distribution function at a distance from its centre, in units of 2**-26."""
    place = ((distance * inverse) >> _TABLE_SHIFT) + _REACH
    if place <= 0:
        return np.int64(0)
    if place >= 2 * _REACH:
        return np.int64(_SURE)
    index = place >> _FRACTION_BITS
    fraction = place & ((1 << _FRACTION_BITS) - 1)
    return cdf[index] + (((cdf[index + 1] - cdf[index]) * fraction) >> _FRACTION_BITS)


@compiled
def widths(
    step: Integer, state: NDArray[np.int64], inverses: NDArray[np.int64]
) -> tuple[Integer, Integer, Integer]:
    """Inverses of the three widths at a step of the scale."""
    middle = min(max(step + state[STEPS], 0), LARGEST_STEP)
    narrow, wide = max(middle + _NARROWER, 0), min(middle + _WIDER, LARGEST_STEP)
    return inverses[narrow], inverses[middle], inverses[wide]


@compiled
def shares(
    sample: Integer,
    top: int,
    prediction: Integer,
    inverse: tuple[Integer, Integer, Integer],
    cdf: NDArray[np.int64],
) -> tuple[Integer, Integer, Integer]:
    """The probability each of the three distributions gives to samples below this one (0 to top + 1), of 2**26."""
    if sample <= 0:
        return np.int64(0), np.int64(0), np.int64(0)
    if sample > top:
        return np.int64(_SURE), np.int64(_SURE), np.int64(_SURE)
    distance = (sample << SAMPLE_BITS) - HALF - prediction
    return (
        share_below(distance, inverse[0], cdf),
        share_below(distance, inverse[1], cdf),
        share_below(distance, inverse[2], cdf),
    )


@compiled
def mixed(
    sample: Integer,
    top: int,
    share: tuple[Integer, Integer, Integer],
    state: NDArray[np.int64],
) -> Integer:
    """The frequency the mixture gives to samples below this one, of 2**24; at least 1 for each."""
    narrow, middle = state[NARROW], state[MIDDLE]
    wide = (1 << WEIGHT_BITS) - narrow - middle
    below = narrow * share[0] + middle * share[1] + wide * share[2]
    return sample + (
        ((below >> (WEIGHT_BITS + CDF_BITS - TOTAL_BITS)) * (_WHOLE - top - 1)) >> TOTAL_BITS
    )


@compiled
def adapt(
    state: NDArray[np.int64],
    below: tuple[Integer, Integer, Integer],
    above: tuple[Integer, Integer, Integer],
    error: Integer,
    scale: Integer,
) -> None:
    """Let a class learn from a sample: from the probability each distribution gave it, and from its error.

    Source of the weights' rule: online expectation maximisation, O. Cappe, E. Moulines, J. R. Stat. Soc. B 71(3), 2009.
    """
    narrow, middle = state[NARROW], state[MIDDLE]
    first = narrow * (above[0] - below[0])
    second = middle * (above[1] - below[1])
    third = ((1 << WEIGHT_BITS) - narrow - middle) * (above[2] - below[2])
    total = first + second + third
    if total > 0:
        narrow += ((first << WEIGHT_BITS) // total - narrow) >> _RATE_BITS
        middle += ((second << WEIGHT_BITS) // total - middle) >> _RATE_BITS
        narrow = max(narrow, _LEAST_WEIGHT)
        middle = max(middle, _LEAST_WEIGHT)
        excess = narrow + middle + _LEAST_WEIGHT - (1 << WEIGHT_BITS)
        if excess > 0:
            if narrow > middle:
                narrow -= excess
            else:
                middle -= excess
        state[NARROW], state[MIDDLE] = narrow, middle
    state[ERRORS] += error
    state[SCALES] += scale


@compiled
def correct(state: NDArray[np.int64], powers: NDArray[np.int64]) -> None:
    """Move a class's correction of the scale by at most one step towards what its errors suggest."""
    step = state[STEPS]
    # powers[16 k] is 2**k in units of 2**-8, so that powers[step + 128] is 2**(step / 16) in units of 2**-16.
    wanted = state[ERRORS] << 16
    now = state[SCALES] * powers[step + 8 * STEPS_AN_OCTAVE]
    if step < _MOST_STEPS and wanted > now + (now >> 5):
        state[STEPS] += 1
    elif step > -_MOST_STEPS and wanted < now - (now >> 5):
        state[STEPS] -= 1
    state[COUNT] += 1
    if state[COUNT] >= _FORGET:
        state[COUNT] >>= 1
        state[ERRORS] >>= 1
        state[SCALES] >>= 1


def fresh_states() -> NDArray[np.int64]:
    """States of classes that have learnt nothing yet, shape (`CLASSES`, 6)."""
    states = np.zeros((CLASSES, 6), np.int64)
    states[:, NARROW] = 1 << (WEIGHT_BITS - 2)
    states[:, MIDDLE] = 1 << (WEIGHT_BITS - 1)
    # A class starts as if it had seen a few samples with correct scales.
    states[:, COUNT] = _BEFOREHAND
    scales = 2 ** (np.arange(CLASSES) * CLASS_STEPS // STEPS_AN_OCTAVE)
    states[:, ERRORS] = states[:, SCALES] = _BEFOREHAND * scales
    return states
