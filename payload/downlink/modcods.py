"""The MODCODs of DVB-S2: how many bits a symbol carries, and the Es/N0 this requires.

Normal frames (64,800 bits), as high-rate downlinks use them.

Source: ETSI EN 302 307-1 V1.4.1: K_bch from table 5a, framing from section 5.5, thresholds (quasi
error free, a packet error rate of 1e-7 over white noise, ideal demodulator) from table 13.
"""

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError

FRAME_BITS = 64_800
"""[bit] A coded frame (FECFRAME)."""
BASEBAND_HEADER_BITS = 80
SLOT_SYMBOLS = 90
"""[symbol] A slot; the frame's header fills one."""
PILOT_SYMBOLS, SLOTS_BETWEEN_PILOTS = 36, 16
QUASI_ERROR_FREE = 1e-7
"""Share of packets lost at the threshold itself."""


@dataclass(frozen=True)
class Modcod:
    """A modulation and code rate.

    Attributes:
        name: As in the standard, such as "8PSK 3/5".
        bits_per_symbol: Of the constellation: 2, 3, 4 or 5.
        bch_bits: [bit] K_bch: what a frame holds before coding.
        es_n0_db: [dB] Symbol energy over noise density at which it is quasi error free. Not Eb/N0.
    """

    name: str
    bits_per_symbol: int
    bch_bits: int
    es_n0_db: float

    def frame_symbols(self, *, pilots: bool) -> int:
        """[symbol] Length of a physical-layer frame; pilots follow every 16 slots, but not at its end."""
        symbols = FRAME_BITS // self.bits_per_symbol
        blocks = (symbols // SLOT_SYMBOLS - 1) // SLOTS_BETWEEN_PILOTS if pilots else 0
        return SLOT_SYMBOLS + symbols + PILOT_SYMBOLS * blocks

    def efficiency(self, *, pilots: bool) -> float:
        """[bit/symbol] Bits of the data field per symbol, after coding, headers and pilots."""
        return (self.bch_bits - BASEBAND_HEADER_BITS) / self.frame_symbols(pilots=pilots)


_THRESHOLDS_DB = {
    "QPSK": {"1/4": -2.35, "1/3": -1.24, "2/5": -0.30, "1/2": 1.00, "3/5": 2.23, "2/3": 3.10,
             "3/4": 4.03, "4/5": 4.68, "5/6": 5.18, "8/9": 6.20, "9/10": 6.42},
    "8PSK": {"3/5": 5.50, "2/3": 6.62, "3/4": 7.91, "5/6": 9.35, "8/9": 10.69, "9/10": 10.98},
    "16APSK": {"2/3": 8.97, "3/4": 10.21, "4/5": 11.03, "5/6": 11.61, "8/9": 12.89, "9/10": 13.13},
    "32APSK": {"3/4": 12.73, "4/5": 13.64, "5/6": 14.28, "8/9": 15.69, "9/10": 16.05},
}  # fmt: skip
_BITS_PER_SYMBOL = {"QPSK": 2, "8PSK": 3, "16APSK": 4, "32APSK": 5}
_BCH_BITS = {"1/4": 16008, "1/3": 21408, "2/5": 25728, "1/2": 32208, "3/5": 38688, "2/3": 43040,
             "3/4": 48408, "4/5": 51648, "5/6": 53840, "8/9": 57472, "9/10": 58192}  # fmt: skip

MODCODS = tuple(
    Modcod(f"{modulation} {code}", _BITS_PER_SYMBOL[modulation], _BCH_BITS[code], es_n0_db)
    for modulation, codes in _THRESHOLDS_DB.items()
    for code, es_n0_db in codes.items()
)
"""All 28, in the order of the standard, which is not the order of their thresholds."""


def modcod(name: str) -> Modcod:
    """A MODCOD by its name.

    Raises:
        ScenarioError: The standard has no such MODCOD.
    """
    known = {item.name: item for item in MODCODS}
    if name not in known:
        close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.5)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ScenarioError(
            f"DVB-S2 has no MODCOD {name!r}; {hint}There are 28, from {MODCODS[0].name!r}"
            f" to {MODCODS[-1].name!r}"
        )
    return known[name]


@dataclass(frozen=True)
class Ladder:
    """The MODCODs worth choosing: each needs more Es/N0 than the one below and carries more.

    Attributes:
        steps: Ascending in threshold and in efficiency; at least one.
    """

    steps: tuple[Modcod, ...]

    @classmethod
    def of(cls, modcods: Iterable[Modcod]) -> "Ladder":
        """Sort by threshold and keep those that carry more than all before them."""
        steps: list[Modcod] = []
        for item in sorted(modcods, key=lambda each: each.es_n0_db):
            if not steps or item.efficiency(pilots=False) > steps[-1].efficiency(pilots=False):
                steps.append(item)
        return cls(tuple(steps))

    @classmethod
    def up_to(cls, highest: Modcod) -> "Ladder":
        """The ladder of a modem whose most efficient MODCOD is this one."""
        most = highest.efficiency(pilots=False)
        return cls.of(item for item in MODCODS if item.efficiency(pilots=False) <= most)

    @cached_property
    def thresholds_db(self) -> NDArray[np.float64]:
        """[dB] Es/N0 of each step, shape (N,), ascending."""
        return np.array([item.es_n0_db for item in self.steps])

    def choose(self, es_n0_db: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of the highest step for which an Es/N0 [dB] suffices, -1 if there is none; same shape."""
        return np.searchsorted(self.thresholds_db, es_n0_db, side="right").astype(np.int64) - 1


def frame_loss(margin_db: float) -> float:
    """Probability that a frame is lost when Es/N0 is `margin_db` [dB] above the threshold.

    1e-7 at the threshold, by the standard. Assumption: it falls by a decade per 0.1 dB, typical of such long
    codes, so everything is lost from 0.7 dB below the threshold; the error floor far above is not modelled.
    """
    return min(1.0, QUASI_ERROR_FREE * math.pow(10.0, -margin_db / 0.1))
