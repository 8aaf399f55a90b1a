"""Tables of the normal distribution and of powers of two, computed entirely in integers.

No floating-point function of the machine is involved, so all machines code with the same probabilities.
"""

from functools import cache
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

STEPS_AN_OCTAVE = 16  # of scales
OCTAVES = 24
CDF_STEPS = 512  # per standard deviation
CDF_REACH = 8  # [standard deviations] on either side; less than 2**-49 lies beyond
CDF_BITS = 26
INVERSE_BITS = 31  # of `inverses`
_PRECISION = 128


@cache
def cumulative() -> NDArray[np.int64]:
    """The normal distribution function at -8, -8 + 1/512, ... 8, in units of 2**-26, from 0 to 1 exactly.

    Sums of the density by the trapezoidal rule with the first correction of Euler and Maclaurin; the density by
    recursion, since exp(-(i + 1)^2 / 2) / exp(-i^2 / 2) falls by a constant factor from step to step.
    """
    one = 1 << _PRECISION
    # exp(-1 / (2 * steps^2)) by its series, exp(-1 / steps^2) as its square
    half = _exp_of_minus(1, 2 * CDF_STEPS**2)
    falling = half * half >> _PRECISION
    density, ratio = [one], half
    for _ in range(CDF_REACH * CDF_STEPS):
        density.append(density[-1] * ratio >> _PRECISION)
        ratio = ratio * falling >> _PRECISION
    symmetric = density[:0:-1] + density
    sums, total = [0], 0
    for index, (left, right) in enumerate(pairwise(symmetric), 1 - CDF_REACH * CDF_STEPS):
        total += left + right
        sums.append(total + index * right // (6 * CDF_STEPS**2))
    sums[-1] = total
    scale = 1 << CDF_BITS
    return np.array([(2 * each * scale + total) // (2 * total) for each in sums], np.int64)


@cache
def powers() -> NDArray[np.int64]:
    """2**(u / 16) for u from 0 to 16 x 24, rounded, in units of 2**-8."""
    found = [1 << _PRECISION]
    root = 1 << (_PRECISION + 1)
    for _ in range(STEPS_AN_OCTAVE.bit_length() - 1):
        root = isqrt(root << _PRECISION)
    for _ in range(STEPS_AN_OCTAVE * OCTAVES):
        found.append(found[-1] * root >> _PRECISION)
    rest = _PRECISION - 8
    return np.array([(each + (1 << (rest - 1))) >> rest for each in found], np.int64)


@cache
def inverses() -> NDArray[np.int64]:
    """Factors that turn a distance into units of 2**-31 standard deviations, one for each of `powers`.

    The power is the mean absolute error, which is sqrt(2 / pi) times the standard deviation.
    """
    # sqrt(2 / pi) = 0.79788456...; Source: mean of the half-normal distribution.
    mean_over_deviation = 797_884_561
    return np.array(
        [
            ((mean_over_deviation << (INVERSE_BITS + 8)) // (10**9 * power))
            for power in powers().tolist()
        ],
        np.int64,
    )


@cache
def steps_of_small() -> NDArray[np.int64]:
    """The highest u whose power does not exceed a number, for all numbers below 2**13; 0 for 0."""
    return np.maximum(
        np.searchsorted(powers(), np.arange(1 << 13, dtype=np.int64) << 8, side="right") - 1, 0
    ).astype(np.int64)


def _exp_of_minus(numerator: int, denominator: int) -> int:
    """exp(-numerator / denominator) in units of 2**-128, by its series."""
    term, total, order = 1 << _PRECISION, 0, 0
    while term:
        total += -term if order % 2 else term
        order += 1
        term = term * numerator // (denominator * order)
    return total
