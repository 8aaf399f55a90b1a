"""Bits per sample of a tile after the default codec has removed what is predictable."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.compression.med import MedZstd
from payload.training.realism.shots import BIT_DEPTH, Shot

_CODEC = MedZstd()


def bits_per_sample(dn: NDArray[np.uint16], *, bit_depth: int = BIT_DEPTH) -> float:
    """[bit] Length of a tile (B, H, W) encoded with `med-zstd`, divided by its number of samples."""
    return 8.0 * len(_CODEC.encode(dn, bit_depth=bit_depth)) / dn.size


@dataclass(frozen=True, slots=True)
class Spread:
    """Distribution of numbers: count, median, and first and last decile."""

    count: int
    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """The spread of numbers; None if there are none."""
        listed = list(values)
        if not listed:
            return None
        low, median, high = (float(q) for q in np.quantile(listed, (0.1, 0.5, 0.9)))
        return cls(len(listed), low, median, high)


def coded(tiles: Iterable[Shot]) -> dict[tuple[str, str], Spread]:
    """Bits per sample of tiles, by class and weather; tiles between clear and cloudy are left out."""
    found: dict[tuple[str, str], list[float]] = {}
    for tile in tiles:
        if tile.weather is not None:
            dn = np.ascontiguousarray(tile.dn)
            found.setdefault((tile.kind, tile.weather), []).append(bits_per_sample(dn))
    spreads = {key: Spread.of(values) for key, values in sorted(found.items())}
    return {key: spread for key, spread in spreads.items() if spread is not None}
