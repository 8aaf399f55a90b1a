"""Atmospheric attenuation: gas at all times, rain and cloud by the percentage of time they exceed a fade.

A packaged global table, made with the package `itur` by `tests/conformance/make_attenuation.py` and
checked against it there. It assumes sea level, circular polarisation and a dish of 5 m. A station at altitude sees less
than it states: what is exceeded 1 % of the time is 5 to 13 % too high for Svalbard (450 m) and 13 to 47 % at 1,300 to
1,550 m, median gas 13 and 41 to 60 %.

Source: ITU-R P.618-13 section 2.5, P.676, P.838, P.840; see `payload/data/ORIGINS.md`.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

FREQUENCIES_GHZ = (2.0, 27.5)
"""The table covers S, X and Ka band at 2.25, 8.2 and 26 GHz; values between them are interpolated.

At these three the median error at sea level is at most 3, 6 and 7 %, by elevation and percentage; nine values of ten are
within 4, 9 and 11 %. The worst are where rain changes within a cell, as at Bangalore, by 0.2, 0.5 and 0.7. Far from the three, as
at 4 GHz, the error is up to half."""
LOWEST_ELEVATION_DEG = 1.0
"""Below this the path through the air is taken as here. Assumption: the cosecant has no meaning at the horizon."""
_LEAST_DB, _LN_STEP = 1e-3, 0.05

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Climate:
    """The table at one place and frequency.

    Attributes:
        gas_zenith_db: [dB] Median attenuation by gas at the zenith.
        ln_exceeded: ln of the percentage of time exceeded, shape (P,), ascending.
        ln_sine: ln of the sine of the elevation, shape (E,), ascending.
        ln_fade: ln of the fade [dB], shape (P, E).
    """

    gas_zenith_db: float
    ln_exceeded: Floats
    ln_sine: Floats
    ln_fade: Floats

    def gas_db(self, elevation_deg: float | Floats) -> Floats:
        """[dB] Median attenuation by dry air and vapour, scaled by the cosecant of the elevation, same shape.

        Source: ITU-R P.676-12 annex 2, equation 28.
        """
        return np.asarray(self.gas_zenith_db / np.exp(_ln_sine(elevation_deg)))

    def fade_db(self, elevation_deg: float | Floats, exceeded_percent: float | Floats) -> Floats:
        """[dB] Attenuation beyond median gas, exceeded for a percentage of the time; shapes broadcast.

        Interpolated in logarithms; below 5 degrees the last slope is extrapolated. From 50 % up it keeps its
        value at 50 %, and below 0.01 % that at 0.01 %.
        """
        low, below = _place(self.ln_exceeded, np.log(np.maximum(exceeded_percent, 1e-9)))
        below = np.clip(below, 0.0, 1.0)
        left, right = _place(self.ln_sine, _ln_sine(elevation_deg))
        table = self.ln_fade
        return np.asarray(
            np.exp(
                (1.0 - below) * ((1.0 - right) * table[low, left] + right * table[low, left + 1])
                + below * ((1.0 - right) * table[low + 1, left] + right * table[low + 1, left + 1])
            )
        )


@cache
def climate(lat_deg: float, lon_deg: float, frequency_ghz: float) -> Climate:
    """The table at a place [deg] and a frequency, 2 to 27.5 GHz.

    Bilinear in position, on logarithms of attenuation and of frequency.
    """
    table = _table()
    row, down = _place(table.lat_deg, np.asarray(lat_deg))
    col, right = _place(table.lon_deg, np.asarray(lon_deg))
    band, up = _place(np.log(table.frequency_ghz), np.log(np.asarray(frequency_ghz)))

    def at(values: Floats) -> Floats:
        """Interpolate an array (F, ..., lat, lon) to this place and frequency, shape (...)."""
        mixed = (1.0 - up) * values[band] + up * values[band + 1]
        rows = (1.0 - down) * mixed[..., row, :] + down * mixed[..., row + 1, :]
        return np.asarray((1.0 - right) * rows[..., col] + right * rows[..., col + 1])

    return Climate(
        gas_zenith_db=float(np.exp(at(table.ln_gas))),
        ln_exceeded=np.log(table.exceeded_percent),
        ln_sine=_ln_sine(table.elevation_deg),
        ln_fade=at(table.ln_fade),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """The packaged file: axes, ln of gas (F, lat, lon) and ln of fade (F, P, E, lat, lon)."""

    lat_deg: Floats
    lon_deg: Floats
    frequency_ghz: Floats
    exceeded_percent: Floats
    elevation_deg: Floats
    ln_gas: Floats
    ln_fade: Floats


@cache
def _table() -> _Table:
    with (
        (files("payload.data") / "attenuation.npz").open("rb") as file,
        np.load(file) as found,
    ):
        return _Table(
            lat_deg=found["lat_deg"],
            lon_deg=found["lon_deg"],
            frequency_ghz=found["frequency_ghz"],
            exceeded_percent=found["exceeded_percent"],
            elevation_deg=found["elevation_deg"],
            ln_gas=np.log(found["gas_zenith_db"].astype(np.float64)),
            ln_fade=np.log(_LEAST_DB) + _LN_STEP * found["fade_steps"].astype(np.float64),
        )


def _ln_sine(elevation_deg: float | Floats) -> Floats:
    return np.log(np.sin(np.radians(np.maximum(elevation_deg, LOWEST_ELEVATION_DEG))))


def _place(axis: Floats, value: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The interval of an ascending axis that a value lies in or nearest to, and its fraction along it."""
    index = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, axis.size - 2)
    return index, np.asarray((value - axis[index]) / (axis[index + 1] - axis[index]))
