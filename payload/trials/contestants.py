"""What is measured: codecs by name, each at the maximum error permitted."""

import inspect
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from payload.compression.quantise import coded_depth, quantised, restored
from payload.compression.yardstick import PlainZstd
from payload.errors import CodecError, PluginError, ScenarioError
from payload.ports import Codec
from payload.registry import build, kinds

SOCKET = "payload.codec"
YARDSTICK = "zstd-3"
"""Name of Zstandard, level 3, on unprocessed samples: speeds are given relative to its encoding speed."""
DEFAULT = "med-zstd"
"""Sizes are also given relative to this codec."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Contestant:
    """A codec to be measured.

    Attributes:
        name: Its kind.
        codec: The codec itself.
        max_error: [DN] Most by which a restored sample may be off; 0 is lossless.
    """

    name: str
    codec: Codec
    max_error: int = 0

    @property
    def takes_planes(self) -> bool:
        """Whether it can leave out pixels: its methods have the argument `not_coded` and accept a plane."""
        verbs = (self.codec.encode, self.codec.decode)
        if not all("not_coded" in inspect.signature(verb).parameters for verb in verbs):
            return False
        plane = np.eye(8, dtype=np.bool_)
        try:
            self.encode(np.zeros((1, 8, 8), np.uint16), bit_depth=12, not_coded=plane)
        except CodecError:
            return False
        return True

    def encode(
        self,
        bands: NDArray[np.uint16],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> bytes:
        """Encode samples (B, H, W); `not_coded` (H, W) marks pixels to leave out, if the codec takes planes."""
        depth = coded_depth(bit_depth, self.max_error)
        plane = {} if not_coded is None else {"not_coded": not_coded}
        return self.codec.encode(quantised(bands, self.max_error), bit_depth=depth, **plane)

    def decode(
        self,
        payload: bytes,
        shape: tuple[int, int, int],
        *,
        bit_depth: int,
        not_coded: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.uint16]:
        """The restored samples, shape (B, H, W), each within `max_error`."""
        depth = coded_depth(bit_depth, self.max_error)
        plane = {} if not_coded is None else {"not_coded": not_coded}
        steps = self.codec.decode(payload, shape, bit_depth=depth, **plane)
        return restored(steps, self.max_error, bit_depth=bit_depth)


@dataclass(frozen=True, slots=True)
class Terms:
    """How codecs are measured.

    Attributes:
        codecs: `all`, or kinds separated by commas.
        max_error: [DN] How far off a restored sample may be; 0 is lossless.
        rounds: How often each tile is coded; the best counts for speed.
    """

    codecs: str = ALL
    max_error: int = 0
    rounds: int = 3

    def __post_init__(self) -> None:
        """Raise ScenarioError for a missing or repeated name, or numbers out of range."""
        names = self.names
        if not all(names) or len(set(names)) < len(names):
            raise ScenarioError(
                f"--codec {self.codecs!r}: expected {ALL}, or different names separated by commas"
            )
        if not 0 <= self.max_error < 1 << 15:
            raise ScenarioError(f"--max-error {self.max_error}: expected 0 to 32767 DN")
        if not 1 <= self.rounds <= 1000:
            raise ScenarioError(f"--rounds {self.rounds}: expected 1 to 1000")

    @property
    def is_open(self) -> bool:
        """Whether a codec that cannot take part is left out with a note instead of raising an error."""
        return self.codecs.strip() == ALL

    @property
    def names(self) -> list[str]:
        """The codecs' kinds."""
        return kinds(SOCKET) if self.is_open else [one.strip() for one in self.codecs.split(",")]


def contestants(terms: Terms) -> tuple[list[Contestant], list[str]]:
    """The codecs to be measured, the yardstick first, and a note for each that is left out.

    Raises:
        PluginError: There is no codec of a given name, or its package is missing.
        CodecError: A codec that was named does not work here.
    """
    found = [Contestant(YARDSTICK, PlainZstd(3))]
    notes: list[str] = []
    for name in terms.names:
        try:
            codec = cast(Codec, build(SOCKET, name, {}))
            warm_up(codec)
        except (PluginError, CodecError) as error:
            if not terms.is_open:
                raise
            notes.append(f"skipped {name}: {error}")
        else:
            found.append(Contestant(name, codec, terms.max_error))
    return found, notes


def warm_up(codec: Codec) -> None:
    """Code a small tile, so that a codec compiles and loads what it needs."""
    bands = np.arange(4 * 16 * 16, dtype=np.uint16).reshape(4, 16, 16)
    codec.decode(codec.encode(bands, bit_depth=12), bands.shape, bit_depth=12)
