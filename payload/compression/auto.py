"""`auto`: picks, for each tile and before coding it, the codec with the lowest estimated cost in bits and nanoseconds.

Only codecs that fit the time budget are considered: in a scenario it follows from the computer's compression speed,
unless `budget_ns` sets it. At 10 Mpx/s and four bands it is 25 ns per sample, enough for `ccsds123` on a processor as
fast as the one below; `ls-golomb` takes 30 ns, `strong` 194. The size is estimated from the entropy of the residuals of
median prediction and inter-band gain, the time from the table below. A record names the codec that was picked, so
opening it does not need `auto`.

Outside a record, the payload is one byte, the codec's index in `ESTIMATES`, followed by the payload of that codec;
empty if no pixel is coded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from payload.compression.guest import PACKAGES, imagecodecs
from payload.compression.median import decorrelate
from payload.compression.samples import check_samples, count_coded, expect_tile, nothing
from payload.errors import CodecError
from payload.ports import Codec
from payload.registry import build, option, supplied


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected size and time of a codec.

    Attributes:
        slope: Bits per sample for each bit of entropy.
        offset: [bit] Added per sample from one bit of entropy up; below that, size and entropy go to 0 together.
        zstd_times: Time to code a sample, as a multiple of what Zstandard at level 3 takes for a raw one.
        is_bounded: Whether it codes these very residuals one by one, so that no sample takes less than their
            entropy.
        least_bits: [bit] The least any sample takes, as each has a code of its own.
    """

    slope: float
    offset: float
    zstd_times: float
    is_bounded: bool = False
    least_bits: float = 0.0

    def bits(self, entropy: float) -> float:
        """[bit] Per sample at a given entropy."""
        if entropy < 1:
            return max((self.slope + self.offset) * entropy, self.least_bits)
        told = self.slope * entropy + self.offset
        return max(told, entropy if self.is_bounded else self.least_bits)


# Source: lines fitted to 127 tiles of Landsat-8 and Sentinel-2 of 256 px, 4 bands and 12 bit; they miss by
# 0.08, 0.14, 0.22, 0.23 and 0.21 bit (rms), the last three by 0.20, 0.23 and 0.28. Times are from results/codecs, on
# one thread. A payload names its codec by its index in this table, so new ones go at the end.
ESTIMATES: Mapping[str, Estimate] = {
    "raw": Estimate(0.0, 0.0, 0.18),
    "med-zstd": Estimate(0.88, 0.84, 0.5, is_bounded=True),
    "med-aec": Estimate(0.98, 0.23, 0.42, is_bounded=True),
    "ls-golomb": Estimate(0.89, 0.22, 3.8, least_bits=1.0),
    "strong": Estimate(0.91, -0.07, 24.5),
    "ccsds123": Estimate(0.99, -0.08, 2.2, least_bits=1.0),
    "jpegls": Estimate(1.17, -0.43, 2.2),
    "jxl": Estimate(0.98, 0.03, 5.2),
    "j2k": Estimate(1.19, -0.54, 10.8),
}
_NEED_IMAGECODECS = frozenset({"med-aec", "jpegls", "jxl", "j2k"})


@dataclass(frozen=True)
class Auto:
    """Picks a codec for each tile by estimated size and time, within the processor's time budget. Lossless."""

    candidates: tuple[str, ...] = option(
        ("raw", "med-zstd", "ccsds123", "ls-golomb", "strong"),
        description="Kinds to choose from: raw, med-zstd, ccsds123, ls-golomb, strong; with the "
        "extra `codecs` med-aec, jpegls, jxl, j2k.",
        min_length=1,
    )
    # Assumption: the yardstick of the machine on which the table was measured, 253 MB/s.
    zstd_ns: float = option(
        7.9,
        description="[ns] Time per raw sample of Zstandard at level 3 on the payload's "
        "processor: the yardstick of its speed.",
        gt=0,
    )
    budget_ns: Annotated[float, Field(gt=0)] | None = option(
        None,
        description="[ns] Longest time per sample; if all candidates are slower, the fastest is "
        "taken. If omitted, what computer.compression_mpx_per_s allows.",
    )
    # Assumption: a second of processor time is worth as much as a second of a 0.5 Mbit/s link.
    bit_worth_ns: float = option(
        2000.0, description="[ns] Time worth spending to send one bit less.", ge=0
    )
    # Assumption: four bands, in a scenario that leaves the computer's speed at its default, 10 Mpx/s.
    sample_ns: float = supplied(25.0)

    def __post_init__(self) -> None:
        """Refuse candidates without an estimate (CodecError) or whose extra is missing (PluginError)."""
        unknown = [kind for kind in self.candidates if kind not in ESTIMATES]
        if unknown or not self.candidates:
            raise CodecError(
                f"auto: candidates are {list(self.candidates)}; expected one or more of"
                f" {', '.join(ESTIMATES)}"
            )
        for kind in self.candidates:
            if kind in _NEED_IMAGECODECS:
                imagecodecs(kind)

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that its candidates depend on."""
        return () if _NEED_IMAGECODECS.isdisjoint(self.candidates) else PACKAGES

    def choose(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> tuple[str, Codec]:
        """Kind and codec for samples of shape (B, H, W); CodecError if a sample does not fit the bit depth."""
        check_samples(bands, bit_depth=bit_depth, not_coded=not_coded)
        entropy = residual_entropy(bands, not_coded)
        times = {kind: ESTIMATES[kind].zstd_times * self.zstd_ns for kind in self.candidates}
        budget_ns = self.sample_ns if self.budget_ns is None else self.budget_ns
        affordable = [kind for kind in self.candidates if times[kind] <= budget_ns]

        def cost(kind: str) -> float:
            bits = float(bit_depth) if kind == "raw" else ESTIMATES[kind].bits(entropy)
            return times[kind] + self.bit_worth_ns * bits

        best = min(affordable, key=cost) if affordable else min(times, key=times.__getitem__)
        return best, _codec(best)

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Code samples of shape (B, H, W) with the codec picked; CodecError if a sample does not fit."""
        kind, codec = self.choose(bands, bit_depth=bit_depth, not_coded=not_coded)
        payload = codec.encode(bands, bit_depth=bit_depth, not_coded=not_coded)
        if not count_coded(bands.shape, not_coded):
            return payload
        return bytes([list(ESTIMATES).index(kind)]) + payload

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The samples, shape (B, H, W); CodecError if the payload cannot be that of such a tile."""
        if not expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded):
            return nothing(payload, shape)
        if not payload or payload[0] >= len(ESTIMATES):
            raise CodecError("auto: the payload does not name a known codec")
        codec = _codec(list(ESTIMATES)[payload[0]])
        return codec.decode(payload[1:], shape, bit_depth=bit_depth, not_coded=not_coded)


def residual_entropy(bands: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None) -> float:
    """[bit] Zero-order entropy of the residuals of median prediction and gains, averaged over the bands.

    Source: C. E. Shannon, Bell System Technical Journal 27, 1948.
    """
    _, numbers = decorrelate(bands, not_coded)
    if not numbers.size:
        return 0.0
    bits = 0.0
    for band in numbers.reshape(len(bands), -1):
        counts = np.bincount(band)
        chances = counts[counts > 0] / band.size
        bits -= float(chances @ np.log2(chances))
    return bits / len(bands)


@cache
def _codec(kind: str) -> Codec:
    codec = build("payload.codec", kind, {})
    if not isinstance(codec, Codec):
        raise CodecError(f"auto: {kind!r} is not a codec")
    return codec
