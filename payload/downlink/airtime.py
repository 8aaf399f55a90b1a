"""Arithmetic on a rate profile: what fits into a time, and when a number of bytes has gone."""

import math

import numpy as np
from numpy.typing import NDArray

from payload.types import RateProfile
from payload.units import BITS_PER_BYTE


def capacity_bytes(profile: RateProfile, from_s: float, to_s: float) -> int:
    """[byte] Whole bytes of transfer frames that the channel carries between two times [s]."""
    return math.floor(float(_bits(profile, from_s, to_s).sum()) / BITS_PER_BYTE)


def finish_time(profile: RateProfile, start_s: float, channel_bytes: int) -> float | None:
    """When the last bit has gone, sending without a pause from `start_s`.

    Args:
        profile: The contact.
        start_s: [s] When sending begins; before the profile nothing flows.
        channel_bytes: [byte] Length of the frames, 0 or more.

    Returns:
        [s] The time by which `capacity_bytes` since the start is enough, or None if it never is.
    """
    if channel_bytes <= 0:
        return start_s
    end_s = float(profile.time_s[-1])
    if channel_bytes > capacity_bytes(profile, start_s, end_s):
        return None
    bits = _bits(profile, start_s, end_s)
    done = np.cumsum(bits)
    wanted = channel_bytes * BITS_PER_BYTE
    piece = min(int(np.searchsorted(done, wanted)), bits.size - 1)
    before = float(done[piece - 1]) if piece else 0.0
    began_s = max(float(profile.time_s[piece]), start_s)
    finish_s = min(began_s + (wanted - before) / float(profile.rate_bps[piece]), end_s)
    # A double of seconds is coarser than a bit; step on until all bytes are through.
    while capacity_bytes(profile, start_s, finish_s) < channel_bytes:
        finish_s = math.nextafter(finish_s, math.inf)
    return finish_s


def frames_needed(record_bytes: int, profile: RateProfile) -> int:
    """Transfer frames for a record of so many bytes; the last one is filled up."""
    return -(-record_bytes // profile.frame_payload_bytes)


def _bits(profile: RateProfile, from_s: float, to_s: float) -> NDArray[np.float64]:
    """[bit] That flow between two times in each piece of the profile, shape (T - 1,)."""
    begin_s = np.maximum(profile.time_s[:-1], from_s)
    seconds = np.maximum(np.minimum(profile.time_s[1:], to_s) - begin_s, 0.0)
    return np.asarray(seconds * profile.rate_bps[:-1], dtype=np.float64)
