"""Farmland and towns as people lay them out: parcels and plots, in regions each with its own bearing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.world.lattice import FACE_KM, Footprint
from payload.world.noise import hash_grid, hash_pixels
from payload.world.quick import loops

_REGION_LEVEL = 10  # regions are 10 km wide
_REGION_M = FACE_KM * 1000.0 / 2**_REGION_LEVEL
_WARP = 0.05  # of a region: how much borders bend with the terrain
_PARCEL_M = (80.0, 700.0)  # from smallholdings to estates; Assumption
_SLENDER = 3.0  # greatest ratio of a parcel's length to its width; Assumption
_TRACK_M = 6.0  # tracks and hedges along two sides of a parcel; Assumption
_PLOT_M = 25.0  # a house and its garden; Assumption
_SHARE = np.float32(2.0**-24)

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """Parcels of land, tracks and plots, at pixels.

    Attributes:
        bits: 32 random bits of the parcel of each pixel, shape (H, W).
        along_m: [m] From the parcel's corner to the pixel, along the parcel, shape (H, W).
        beside_m: [m] The same at right angles.
    """

    bits: NDArray[np.uint32]
    along_m: Field
    beside_m: Field

    @classmethod
    def at(cls, seed: int, footprint: Footprint, warp: Field) -> "Parcels":
        """The parcels of a footprint.

        Args:
            seed: Of the world.
            footprint: Where the pixels lie.
            warp: Field that bends borders, about standard normal, shape (H, W).
        """
        scale = 2.0 ** (_REGION_LEVEL - 1)
        regions = _Regions.around(key(seed, "parcels", footprint.face), footprint, scale)
        fast = loops()
        if fast is not None:
            bits = np.empty(warp.shape, np.uint32)
            metres = np.empty((2, *warp.shape), np.float32)
            fast.parcels(
                footprint.up,
                footprint.across,
                warp,
                scale,
                np.float32(_WARP),
                regions.mixed,
                np.float32(_REGION_M),
                bits,
                *metres,
            )
            return cls(bits, *metres)
        (row, up), (col, across) = (_split(at, scale) for at in (footprint.up, footprint.across))
        if regions.keys.size > 1:
            regions = regions.at(row, col)
        bend = warp * np.float32(_WARP)
        up += bend
        across -= bend
        cos, sin = regions.of(0), regions.of(1)
        along = _split32(cos * up + sin * across, regions.of(2))
        beside = _split32(cos * across - sin * up, regions.of(3))
        return cls(hash_pixels(regions.names, along[0], beside[0]), along[1], beside[1])

    def crop(self) -> Field:
        """What grows on the parcel: uniform over -1 to 1, shape (H, W)."""
        return (self.bits >> np.uint32(8)).astype(np.float32) * (2 * _SHARE) - np.float32(1.0)

    def track(self) -> Field:
        """1 on tracks, hedges and streets, else 0, shape (H, W)."""
        near = np.minimum(self.along_m, self.beside_m) < np.float32(_TRACK_M)
        return near.astype(np.float32)

    def house(self) -> Field:
        """What stands on the plot in a town: uniform over 0 to 1, shape (H, W)."""
        plots = (
            (part * np.float32(1.0 / _PLOT_M)).astype(np.uint32)
            for part in (self.along_m, self.beside_m)
        )
        return (hash_pixels(self.bits, *plots) >> np.uint32(8)).astype(np.float32) * _SHARE


def _split(at: NDArray[np.float64], scale: float) -> tuple[NDArray[np.float64], Field]:
    """Regions that coordinates of a face lie in, and the offset from their centre, in units of a region."""
    scaled = at * scale
    region = np.floor(scaled)
    scaled -= region
    local = scaled.astype(np.float32)
    local -= np.float32(0.5)
    return region, local


def _split32(place: Field, side_m: Field | np.float32) -> tuple[NDArray[np.uint32], Field]:
    """Parcels that places lie in, and the distance from their edge [m]; places are in units of a region."""
    place *= np.float32(_REGION_M) / side_m
    cell = np.floor(place)
    place -= cell
    place *= side_m
    return cell.astype(np.int32).view(np.uint32), place


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    """Bearing and sizes of the parcels of regions, and the region of each pixel if there are several."""

    keys: NDArray[np.uint64]
    table: Field
    first: tuple[int, int]
    cols: int
    index: NDArray[np.intp] | None = None

    @classmethod
    def around(cls, name: int, footprint: Footprint, scale: float) -> "_Regions":
        """The regions that a footprint touches, `scale` of them to a unit of its coordinates."""
        rows, cols = (
            np.arange(np.floor(at.min() * scale), np.floor(at.max() * scale) + 1).astype(np.int64)
            for at in (footprint.up, footprint.across)
        )
        keys = hash_grid(name, rows, cols).ravel()
        turn, size, slender = (
            ((keys >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.float64) / 65536.0
            for shift in (0, 16, 32)
        )
        side_m = _PARCEL_M[0] * (_PARCEL_M[1] / _PARCEL_M[0]) ** size
        aspect = np.sqrt(_SLENDER**slender)
        angle = turn * (np.pi / 2)
        table = np.stack([np.cos(angle), np.sin(angle), side_m * aspect, side_m / aspect])
        return cls(keys, table.astype(np.float32), (int(rows[0]), int(cols[0])), cols.size)

    def at(self, row: NDArray[np.float64], col: NDArray[np.float64]) -> "_Regions":
        """The same, with the region of each pixel from its row and column, each of shape (H, W)."""
        index = (row - self.first[0]) * self.cols + (col - self.first[1])
        return replace(self, index=index.astype(np.intp))

    @property
    def mixed(self) -> tuple[Field, NDArray[np.uint32], int, int, int]:
        """All regions, as `loops.parcels` takes them."""
        return self.table, self._names, *self.first, self.cols

    def of(self, entry: int) -> Field | np.float32:
        """An entry of the table for each pixel, or one for all if there is a single region."""
        values: Field = self.table[entry]
        return np.float32(values[0]) if self.index is None else values.take(self.index, mode="wrap")

    @property
    def names(self) -> NDArray[np.uint32]:
        """The key of each pixel's region, or one for all if there is a single region."""
        return self._names[0] if self.index is None else self._names.take(self.index, mode="wrap")

    @property
    def _names(self) -> NDArray[np.uint32]:
        return (self.keys >> np.uint64(16)).astype(np.uint32)
