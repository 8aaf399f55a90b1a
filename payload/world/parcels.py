"""Farmland and towns as people lay them out: parcels and blocks, in regions with a bearing of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.world.lattice import FACE_KM, Footprint
from payload.world.noise import hash_grid, hash_pixels

_REGION_LEVEL = 10  # regions are 10 km wide
_REGION_M = FACE_KM * 1000.0 / 2**_REGION_LEVEL
_WARP = 0.05  # of a region: how far borders follow the lie of the land
_PARCEL_M = (80.0, 700.0)  # from smallholdings to estates; Assumption
_SLENDER = 3.0  # parcels are at most so many times as long as they are wide; Assumption
_TRACK_M = 6.0  # tracks and hedges along two sides of a parcel; Assumption
_PLOT_M = 25.0  # a house and its garden; Assumption
_SHARE = np.float32(2.0**-24)

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """What people made of the land, at pixels.

    Attributes:
        bits: 64 of them for the parcel of each pixel, shape (H, W).
        along_m: [m] From the parcel's corner to the pixel, along the parcel, shape (H, W).
        beside_m: [m] The same at right angles.
    """

    bits: NDArray[np.uint64]
    along_m: Field
    beside_m: Field

    @classmethod
    def at(cls, seed: int, footprint: Footprint, warp: Field) -> "Parcels":
        """The parcels of a footprint.

        Args:
            seed: Of the world.
            footprint: Where the pixels lie.
            warp: What bends borders, about standard normal, shape (H, W).
        """
        scale = 2.0 ** (_REGION_LEVEL - 1)
        bend = warp * np.float32(_WARP)
        up, across = footprint.up * scale, footprint.across * scale
        up += bend
        across -= bend
        row, col = np.floor(up), np.floor(across)
        regions = _Regions.around(key(seed, "parcels", footprint.face), row, col)
        up -= row + 0.5
        across -= col + 0.5
        cos, sin = regions.of(0), regions.of(1)
        bits, distances_m = regions.names, []
        north, east = up.astype(np.float32), across.astype(np.float32)
        places = cos * north + sin * east, cos * east - sin * north
        cells = []
        for place, side_m in zip(places, (regions.of(2), regions.of(3)), strict=True):
            at = place * (np.float32(_REGION_M) / side_m)
            cell = np.floor(at)
            distances_m.append((at - cell) * side_m)
            cells.append(cell.astype(np.int64).view(np.uint64))
        return cls(hash_pixels(bits, *cells), *distances_m)

    def crop(self) -> Field:
        """What grows on the parcel: evenly spread over -1 to 1, shape (H, W)."""
        return (self.bits >> np.uint64(40)).astype(np.float32) * (2 * _SHARE) - np.float32(1.0)

    def track(self) -> Field:
        """1 on tracks, hedges and streets, else 0, shape (H, W)."""
        near = np.minimum(self.along_m, self.beside_m) < np.float32(_TRACK_M)
        return near.astype(np.float32)

    def house(self) -> Field:
        """What stands on the plot in a town: evenly spread over 0 to 1, shape (H, W)."""
        plots = (
            (part * np.float32(1.0 / _PLOT_M)).astype(np.uint64)
            for part in (self.along_m, self.beside_m)
        )
        return (hash_pixels(self.bits, *plots) >> np.uint64(40)).astype(np.float32) * _SHARE


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    """Bearing and sizes of the parcels of regions, and the region of each pixel if there are several."""

    keys: NDArray[np.uint64]
    table: Field
    index: NDArray[np.intp] | None

    @classmethod
    def around(cls, name: int, row: NDArray[np.float64], col: NDArray[np.float64]) -> "_Regions":
        first, last = ((int(f(row)), int(f(col))) for f in (np.min, np.max))
        rows, cols = (np.arange(a, b + 1, dtype=np.int64) for a, b in zip(first, last, strict=True))
        keys = hash_grid(name, rows, cols).ravel()
        turn, size, slender = (
            ((keys >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) / 65536.0
            for shift in (0, 16, 32)
        )
        side_m = _PARCEL_M[0] * (_PARCEL_M[1] / _PARCEL_M[0]) ** size
        aspect = np.sqrt(_SLENDER**slender)
        angle = turn * (np.pi / 2)
        table = np.stack([np.cos(angle), np.sin(angle), side_m * aspect, side_m / aspect])
        index = None
        if keys.size > 1:
            index = ((row - first[0]) * cols.size + (col - first[1])).astype(np.intp)
        return cls(keys, table.astype(np.float32), index)

    def of(self, entry: int) -> Field | np.float32:
        """An entry of the table for each pixel, or the only one."""
        values: Field = self.table[entry]
        return np.float32(values[0]) if self.index is None else values.take(self.index)

    @property
    def names(self) -> NDArray[np.uint64]:
        """The key of each pixel's region."""
        return self.keys[0] if self.index is None else self.keys.take(self.index)
