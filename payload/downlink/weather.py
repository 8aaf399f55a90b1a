"""Rain over time: how rarely the fade of a moment is exceeded, a pure function of seed, station and time.

A normal variable with decaying correlation is mapped through the normal distribution: at each moment that gives
the percentage of time in which the fade is deeper, uniformly distributed. The atmosphere's table turns it into a
fade, so that in the long run each fade is exceeded as often as the table says.

Source: ITU-R P.1853-2, section 2: rain attenuation as low-pass noise through a memoryless function, with
a bandwidth of 2e-4 rad/s, that is a correlation time of 5,000 s. Assumption: cloud and scintillation
follow rain; stations are independent; seasons and hours of the day are alike.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream
from payload.units import S_PER_DAY

CORRELATION_S = 5000.0
"""[s] Time in which the variable's autocorrelation falls to 1/e. Source: ITU-R P.1853-2, beta = 2e-4 1/s."""
_STEP_S = 30.0
_STEPS = round(S_PER_DAY / _STEP_S)

Floats = NDArray[np.float64]


def exceeded_percent(seed: int, station: str, times_s: Floats) -> Floats:
    """[%] Share of time in which the station's fade is deeper than at these times [s], shape (T,)."""
    rain = gaussian(seed, station, times_s)
    return np.array([50.0 * math.erfc(z / math.sqrt(2.0)) for z in rain.tolist()])


def gaussian(seed: int, station: str, times_s: Floats) -> Floats:
    """The underlying normal variable, mean 0 and variance 1 at every time [s], shape (T,); high values mean rain."""
    days = np.floor(times_s / S_PER_DAY).astype(np.int64)
    found = np.empty(times_s.shape)
    for day in np.unique(days).tolist():
        here = days == day
        place = (times_s[here] - day * S_PER_DAY) / _STEP_S
        index = np.minimum(place.astype(np.int64), _STEPS - 1)
        share = place - index
        knots = _day(seed, station, day)
        mixed = (1.0 - share) * knots[index] + share * knots[index + 1]
        # A weighted mean of two knots varies less than they do: restore unit variance.
        variance = (1.0 - share) ** 2 + share**2 + 2.0 * share * (1.0 - share) * _memory(_STEP_S)
        found[here] = mixed / np.sqrt(variance)
    return found


@lru_cache(maxsize=64)
def _day(seed: int, station: str, day: int) -> Floats:
    """Knots of a day, both midnights included: an Ornstein-Uhlenbeck bridge between two normal draws.

    Midnights are drawn independently: over a day the correlation falls to 3e-8. Source: conditioning of a
    normal process, Rasmussen and Williams, Gaussian Processes for Machine Learning, equation 2.19.
    """
    first, last = _midnight(seed, station, day), _midnight(seed, station, day + 1)
    memory = _memory(_STEP_S)
    steps = math.sqrt(1.0 - memory**2) * stream(seed, "fade", station, day).standard_normal(_STEPS)
    time_s = np.arange(_STEPS + 1) * _STEP_S
    # Each knot is the one before times the memory, plus a step; divided by the decay, this is a running sum.
    forgotten = np.exp(-time_s / CORRELATION_S)
    knots = forgotten * np.cumsum(np.append(first, steps) / forgotten)
    whole = _memory(S_PER_DAY)
    pull = np.exp((time_s - S_PER_DAY) / CORRELATION_S) - forgotten * whole
    return np.asarray(knots + pull / (1.0 - whole**2) * (last - knots[-1]))


def _midnight(seed: int, station: str, day: int) -> float:
    return float(stream(seed, "fade at midnight", station, day).standard_normal())


def _memory(after_s: float) -> float:
    return math.exp(-after_s / CORRELATION_S)
