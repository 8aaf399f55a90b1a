"""Median prediction with an inter-band gain: what `med-zstd` and `med-aec` code.

>>> import numpy as np
>>> bands = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
>>> gains, numbers = decorrelate(bands, None)
>>> bool((correlate(gains, numbers, (2, 3, 4), None) == bands).all())
True
"""

import struct
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from payload.compression.residuals import (
    GAIN_LIMIT,
    fit_gain,
    fold,
    held,
    med_residuals,
    med_samples,
    unfold,
)
from payload.compression.samples import coded_samples, spread_samples
from payload.errors import CodecError

_GAIN = struct.Struct("<h")
GAIN_BYTES = _GAIN.size


def decorrelate(
    bands: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None
) -> tuple[list[int], NDArray[np.uint16]]:
    """Residuals that neighbours and the band before do not predict.

    Args:
        bands: [DN] shape (B, H, W).
        not_coded: Shape (H, W), True where pixels are not coded; their samples are not used.

    Returns:
        B - 1 gains in units of 2**-12, and the residuals of the N coded pixels, folded so that small ones of
        either sign become small unsigned numbers: shape (B, N), a new array.
    """
    residuals = coded_samples(
        med_residuals(bands if not_coded is None else held(bands, not_coded)), not_coded
    )
    gains = [fit_gain(before, own) for before, own in pairwise(residuals)]
    numbers = np.empty_like(residuals)
    for band, own in enumerate(residuals):
        before, gain = (residuals[band - 1], gains[band - 1]) if band else (None, 0)
        numbers[band] = fold(before, own, gain)
    return gains, numbers


def correlate(
    gains: Sequence[int],
    numbers: NDArray[np.uint16],
    shape: tuple[int, int, int],
    not_coded: NDArray[np.bool_] | None,
) -> NDArray[np.uint16]:
    """Undo `decorrelate`: the samples, shape (B, H, W), 0 where nothing is coded."""
    residuals = np.empty_like(numbers)
    for band, own in enumerate(numbers):
        before, gain = (residuals[band - 1], gains[band - 1]) if band else (None, 0)
        residuals[band] = unfold(before, own, gain)
    bands = med_samples(spread_samples(residuals, shape, not_coded), not_coded)
    if not_coded is not None:
        bands[:, not_coded] = 0
    return bands


def pack_gains(gains: Sequence[int]) -> bytes:
    """Gains as they stand at the start of a payload: int16 each."""
    return b"".join(map(_GAIN.pack, gains))


def unpack_gains(payload: bytes, count: int) -> list[int]:
    """The gains at the start of a payload.

    Raises:
        CodecError: The payload is too short for them, or one is out of range.
    """
    if len(payload) < GAIN_BYTES * count:
        raise CodecError(f"a payload of {len(payload)} bytes is too short for its gains")
    gains = [gain for (gain,) in _GAIN.iter_unpack(payload[: GAIN_BYTES * count])]
    if any(abs(gain) > GAIN_LIMIT for gain in gains):
        raise CodecError("a gain between bands is out of range")
    return gains
