"""`auto`: for each tile the codec whose bits and nanoseconds together cost least, told before anything is coded.

Only those that the processor has the time for are asked: in a scenario each sample has what the computer's speed of
compression leaves it, unless `budget_ns` says otherwise. At 10 Mpx/s and four bands that is 25 ns, enough for
`ccsds123` on a processor as fast as the one below; `ls-golomb` wants 30 ns, `strong` 194. The size is told from the entropy of what median prediction and the gain between bands leave, the time from the
table below. A record names the codec that was picked, so whoever opens it needs no `auto`.

By itself, outside of a record, the payload is one byte, the place of the codec in `ESTIMATES`, and the payload
of that codec; empty where no pixel is coded.
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
    """What a codec is expected to make of a tile.

    Attributes:
        slope: Bits a sample for each bit of entropy.
        offset: [bit] a sample besides, from one bit of entropy on; below, the two go to 0 together.
        zstd_times: Time to code a sample, in times of what Zstandard at level 3 takes for a raw one.
        is_bounded: Whether it codes just these residuals, one by one, so that no sample takes less than their
            entropy.
        least_bits: [bit] That any sample takes, as each has a code of its own.
    """

    slope: float
    offset: float
    zstd_times: float
    is_bounded: bool = False
    least_bits: float = 0.0

    def bits(self, entropy: float) -> float:
        """[bit] a sample of that entropy."""
        if entropy < 1:
            return max((self.slope + self.offset) * entropy, self.least_bits)
        told = self.slope * entropy + self.offset
        return max(told, entropy if self.is_bounded else self.least_bits)


# Source: lines fitted to 127 tiles of Landsat-8 and Sentinel-2 of 256 px, 4 bands and 12 bit; they miss by
# 0.08, 0.14, 0.22, 0.23 and 0.21 bit (rms), the last three by 0.20, 0.23 and 0.28. Times of results/codecs, on one
# thread; a payload names its codec by the place in this table, so new ones stand at its end.
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
    """Picks a codec for each tile by an estimate of its size and time under the processor's budget. Lossless."""

    candidates: tuple[str, ...] = option(
        ("raw", "med-zstd", "ccsds123", "ls-golomb", "strong"),
        description="Kinds to pick from: raw, med-zstd, ccsds123, ls-golomb, strong; with the extra `codecs`"
        " med-aec, jpegls, jxl, j2k.",
        min_length=1,
    )
    # Assumption: the yardstick of the machine on which the table was measured, 253 MB/s.
    zstd_ns: float = option(
        7.9,
        description="[ns] What Zstandard at level 3 takes for a raw sample on the payload's processor: the "
        "yardstick of its speed.",
        gt=0,
    )
    budget_ns: Annotated[float, Field(gt=0)] | None = option(
        None,
        description="[ns] Longest time to spend on a sample; of candidates that are all slower the fastest "
        "is taken. If left out, what computer.compression_mpx_per_s leaves it.",
    )
    # Assumption: as if a second of the processor were as dear as one of a link of 0.5 Mbit/s.
    bit_worth_ns: float = option(
        2000.0, description="[ns] Time to give for one bit less to send.", ge=0
    )
    # Assumption: four bands of a scenario that leaves the computer's speed at its default, 10 Mpx/s.
    sample_ns: float = supplied(25.0)

    def __post_init__(self) -> None:
        """Refuse candidates that nothing is known of, or whose extra is missing (PluginError)."""
        unknown = [kind for kind in self.candidates if kind not in ESTIMATES]
        if unknown or not self.candidates:
            raise CodecError(
                f"auto: cannot pick from {list(self.candidates)}; it knows {', '.join(ESTIMATES)}"
            )
        for kind in self.candidates:
            if kind in _NEED_IMAGECODECS:
                imagecodecs(kind)

    @property
    def packages(self) -> tuple[str, ...]:
        """What its candidates lean on."""
        return () if _NEED_IMAGECODECS.isdisjoint(self.candidates) else PACKAGES

    def choose(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> tuple[str, Codec]:
        """Kind and codec for samples of shape (B, H, W); CodecError if one does not fit the bit depth."""
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
        """Code samples of shape (B, H, W) with the codec picked; CodecError if one does not fit."""
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
        """The samples, shape (B, H, W); CodecError for a payload that cannot be theirs."""
        if not expect_tile(shape, bit_depth=bit_depth, not_coded=not_coded):
            return nothing(payload, shape)
        if not payload or payload[0] >= len(ESTIMATES):
            raise CodecError("auto: the payload does not say which codec made it")
        codec = _codec(list(ESTIMATES)[payload[0]])
        return codec.decode(payload[1:], shape, bit_depth=bit_depth, not_coded=not_coded)


def residual_entropy(bands: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None) -> float:
    """[bit] Entropy of order 0, in the mean of the bands, of what median prediction and gains leave.

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
        raise CodecError(f"auto: {kind!r} is no codec")
    return codec
