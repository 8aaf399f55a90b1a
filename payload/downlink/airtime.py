"""Arithmetic on a rate profile: what fits into a period, and when a number of bytes has been sent."""

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.types import RateProfile
from payload.units import BITS_PER_BYTE


def capacity_bytes(profile: RateProfile, from_s: float, to_s: float) -> int:
    """[byte] Whole bytes of transfer frames that the channel carries between two times [s]."""
    one = _one_rate(profile)
    if one is not None:  # the same sum over a single term, without arrays
        begin_s, end_s, rate_bps = one
        return _whole_bytes(min(end_s, to_s) - max(begin_s, from_s), rate_bps)
    return _whole(_bits(profile, from_s, to_s))


def finish_time(profile: RateProfile, start_s: float, channel_bytes: int) -> float | None:
    """When the last bit has been sent, transmitting without a pause from `start_s`.

    Args:
        profile: The contact.
        start_s: [s] When sending begins; nothing flows before the profile starts.
        channel_bytes: [byte] Length of the frames, 0 or more.

    Returns:
        [s] The time by which `capacity_bytes` since the start is enough, or None if it never is.
    """
    if channel_bytes <= 0:
        return start_s
    one = _one_rate(profile)
    if one is not None:
        return _finish_at_one_rate(one, start_s, channel_bytes)
    end_s = float(profile.time_s[-1])
    bits = _bits(profile, start_s, end_s)
    if channel_bytes > _whole(bits):
        return None
    done = np.cumsum(bits)
    wanted = min(channel_bytes * BITS_PER_BYTE, float(done[-1]))  # rounding may make this less
    piece = int(np.searchsorted(done, wanted))
    before = float(done[piece - 1]) if piece else 0.0
    began_s = max(float(profile.time_s[piece]), start_s)
    finish_s = min(began_s + (wanted - before) / float(profile.rate_bps[piece]), end_s)
    # see _finish_at_one_rate; steps double, as a slow piece or a gap may follow
    step_s = math.ulp(finish_s)
    while capacity_bytes(profile, start_s, finish_s) < channel_bytes:
        finish_s, step_s = min(finish_s + step_s, end_s), 2.0 * step_s
    return finish_s


def _finish_at_one_rate(
    one: tuple[float, float, float], start_s: float, channel_bytes: int
) -> float | None:
    """[s] The same sums over single terms, without arrays.

    A time in seconds as a double is coarser than a bit: it is stepped on until all bytes are through or the contact ends.
    """
    begin_s, end_s, rate_bps = one
    if rate_bps <= 0.0:
        return None
    from_s = max(begin_s, start_s)
    finish_s = min(from_s + channel_bytes * BITS_PER_BYTE / rate_bps, end_s)
    while _whole_bytes(finish_s - from_s, rate_bps) < channel_bytes:
        finish_s = math.nextafter(finish_s, math.inf)
        if finish_s > end_s:
            return None
    return finish_s


def _whole_bytes(seconds: float, rate_bps: float) -> int:
    """[byte] Whole bytes sent in a time at one rate; 0 if the time is not positive."""
    return math.floor(seconds * rate_bps / BITS_PER_BYTE) if seconds > 0.0 else 0


@lru_cache(maxsize=256)
def _one_rate(profile: RateProfile) -> tuple[float, float, float] | None:
    """Begin [s], end [s] and rate [bit/s] of a contact with one rate, else None; cached, as a profile never changes."""
    if profile.time_s.size != 2:
        return None
    begin_s, end_s = profile.time_s.tolist()
    return begin_s, end_s, float(profile.rate_bps[0])


def frames_needed(record_bytes: int, profile: RateProfile) -> int:
    """Number of transfer frames for a record of a given length; the last one is padded."""
    return -(-record_bytes // profile.frame_payload_bytes)


def loss_between(profile: RateProfile, from_s: float, to_s: float) -> float:
    """Probability that a frame sent between two times [s] is lost: the mean over its bits."""
    if profile.extra_loss is None:
        return profile.frame_loss
    bits = _bits(profile, from_s, to_s)
    total = float(bits.sum())
    if total <= 0.0:
        return profile.frame_loss
    kept = (1.0 - profile.frame_loss) * (1.0 - profile.extra_loss[:-1])
    return min(1.0, max(0.0, 1.0 - float(bits @ kept) / total))


def with_loss(profile: RateProfile, loss: float, from_s: float, to_s: float) -> RateProfile:
    """The same contact with an additional loss of frames between two times [s], each frame independently.

    Losses combine as independent probabilities: the share that survives two is the product of each one's share.

    Raises:
        ScenarioError: The loss is not a probability.
    """
    if not 0.0 <= loss <= 1.0:
        raise ScenarioError(f"the frame loss is {loss:g}; expected a probability from 0 to 1")
    first_s, last_s = float(profile.time_s[0]), float(profile.time_s[-1])
    edges = [edge_s for edge_s in (from_s, to_s) if first_s < edge_s < last_s]
    time_s = np.union1d(profile.time_s, edges) if from_s < to_s else profile.time_s
    piece = np.searchsorted(profile.time_s, time_s, side="right") - 1
    before = np.zeros(time_s.size) if profile.extra_loss is None else profile.extra_loss[piece]
    within = (time_s >= from_s) & (time_s < to_s)
    return replace(
        profile,
        time_s=time_s,
        rate_bps=profile.rate_bps[piece],
        extra_loss=np.where(within, 1.0 - (1.0 - before) * (1.0 - loss), before),
    )


def _whole(bits: NDArray[np.float64]) -> int:
    """[byte] Whole bytes in all pieces together."""
    return math.floor(float(bits.sum()) / BITS_PER_BYTE)


def _bits(profile: RateProfile, from_s: float, to_s: float) -> NDArray[np.float64]:
    """[bit] Bits that flow between two times [s] in each piece of the profile, shape (T - 1,)."""
    begin_s = np.maximum(profile.time_s[:-1], from_s)
    seconds = np.maximum(np.minimum(profile.time_s[1:], to_s) - begin_s, 0.0)
    return np.asarray(seconds * profile.rate_bps[:-1], dtype=np.float64)
