"""Factors between units. The suffix of a name gives its unit; internally, time is float seconds since the epoch."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

BITS_PER_BYTE = 8
NS_PER_US = 1000.0
S_PER_MIN = 60.0
S_PER_H = 3600.0
S_PER_DAY = 86400.0
PX_PER_MPX = 1_000_000
BPS_PER_MBPS = 1e6
BPS_PER_KBPS = 1e3
BYTES_PER_KB = 1_000
BYTES_PER_MB = 1_000_000
BYTES_PER_GB = 1_000_000_000
J_PER_WH = 3600.0
M_PER_KM = 1000.0


def at(epoch_utc: datetime, time_s: float) -> datetime:
    """The aware UTC instant `time_s` seconds after the epoch."""
    return epoch_utc + timedelta(seconds=time_s)


def iso_utc(instant: datetime) -> str:
    """ISO 8601 with milliseconds and a Z, readable by programs and people."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_utc_of(epoch_utc: datetime, times_s: NDArray[np.float64]) -> list[str]:
    """ISO 8601 to the microsecond, without a Z, of many times [s] since the epoch, shape (N,).

    Rounds as `timedelta` does: whole seconds and fraction separately, to the microsecond, half to even.
    """
    fraction_s, whole_s = np.modf(times_s)
    since_us = (whole_s * 1e6 + np.rint(fraction_s * 1e6)).astype("timedelta64[us]")
    epoch = np.datetime64(epoch_utc.astimezone(UTC).replace(tzinfo=None), "us")
    told: list[str] = np.datetime_as_string(epoch + since_us, unit="us").tolist()
    return told
