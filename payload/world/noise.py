"""Randomness by place: hashes of lattice coordinates, never draws in sequence.

A lattice point gives 64 bits. Four lanes of 16 bits make four static fields; two lanes of 32 bits make
two fields that evolve in time: each point has its own phase and its own rate, and a triangle wave of the
phase gives a value that is continuous in time, keeps its distribution at every moment and decorrelates
after about one lifetime.
"""

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from payload.rng import key
from payload.world.hashes import PIXEL_AXES, PIXEL_MIX, SCRAMBLE
from payload.world.quick import loops

EARTH_RADIUS_KM = 6371.0
"""[km] Mean radius. Source: IUGG, Moritz 2000, Geodetic Reference System 1980."""

_U64 = np.uint64
Places = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
_TOGETHER = 4_096
"""Places whose noise is made at once: enough to amortise calls, few enough to fit into some megabytes."""
# Odd multipliers, one for each axis. Source: Weyl increments of the golden ratio and of the plastic
# number's powers, rounded to odd.
_AXES = (_U64(0x9E3779B97F4A7C15), _U64(0xC13FA9A902A6328F), _U64(0x91E10DA5C79E7B1D))


def scramble(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix 64 bits so that each bit of the result depends on all bits given.

    Source: finaliser of SplitMix64, Steele, Lea and Flood 2014, in the variant 13 of D. Stafford.
    """
    fast = loops()
    if fast is not None:
        return np.asarray(fast.scramble(values.reshape(-1)).reshape(values.shape), _U64)
    high, factor, middle, other, low = SCRAMBLE
    mixed = values >> high
    mixed ^= values
    mixed *= factor
    shifted = mixed >> middle
    mixed ^= shifted
    mixed *= other
    np.right_shift(mixed, low, out=shifted)
    mixed ^= shifted
    return mixed


def hash_grid(name: int, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.uint64]:
    """64 bits for each point of a plane lattice.

    Args:
        name: 64-bit key of the lattice, see `payload.rng.key`.
        rows: Indices, shape (H,).
        cols: Indices, shape (W,).

    Returns:
        Shape (H, W); a point's bits depend on its indices and the key alone.
    """
    down, across = hash_axes(name, rows, cols)
    return scramble(down[:, None] ^ across[None, :])


def hash_axes(
    name: int, rows: NDArray[np.int64], cols: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The inputs of `hash_grid`: 64 bits for each row, shape (H,), and for each column, (W,)."""
    down = scramble(rows.astype(_U64) * _AXES[0] + _U64(name))
    return down, scramble(cols.astype(_U64) * _AXES[1] + _U64(name ^ 0x5851F42D4C957F2D))


def hash_pixels(
    names: NDArray[np.uint32], rows: NDArray[np.uint32], cols: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """32 bits for each pixel, from the lattice that it lies on and its indices there.

    Args:
        names: Well mixed keys, shape (H, W) or ().
        rows: Indices on the lattice of each pixel, shape (H, W).
        cols: The same across.

    Source: finaliser of MurmurHash3, A. Appleby 2011.
    """
    high, factor, middle, other, low = PIXEL_MIX
    mixed = rows * PIXEL_AXES[0]
    mixed += cols * PIXEL_AXES[1]
    mixed ^= names
    mixed ^= mixed >> high
    mixed *= factor
    mixed ^= mixed >> middle
    mixed *= other
    mixed ^= mixed >> low
    return mixed


def interpolated(
    at: NDArray[np.float64], first: float, last: float, table: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Linear interpolation in a table of even steps from `first` to `last`, constant beyond its ends.

    The result of `numpy.interp`, without a search.
    """
    scale = (table.size - 1) / (last - first)
    fast = loops()
    if fast is not None:
        flat = np.ascontiguousarray(at, np.float64).reshape(-1)
        found = np.empty_like(flat)
        fast.interpolated(flat, first, scale, table, found)
        return found.reshape(at.shape)
    place = np.clip((at - first) * scale, 0.0, table.size - 1.0)
    index = np.minimum(place.astype(np.intp), table.size - 2)
    place -= index
    left = table.take(index)
    place *= table[1:].take(index) - left
    place += left
    return place


@dataclass(frozen=True, eq=False)
class Table:
    """A function tabulated at even steps from `first` to `last`."""

    first: float
    last: float
    values: NDArray[np.float64]

    def at(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Linear interpolation, constant beyond the ends."""
        return interpolated(places, self.first, self.last, self.values)

    @property
    def steps(self) -> tuple[float, float, NDArray[np.float64]]:
        """As compiled loops take it: first place, steps per unit, values."""
        return self.first, (self.values.size - 1) / (self.last - self.first), self.values


@cache
def quantiles() -> Table:
    """Quantiles of a standard normal variable, clipped at 3.7 sigma."""
    normal, shares = NormalDist(), (np.arange(4096) + 0.5) / 4096
    values = np.array([normal.inv_cdf(share) for share in shares.tolist()])
    return Table(0.5 / 4096, 4095.5 / 4096, values)


def normal_quantile(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quantile of a standard normal variable for a probability, clipped at 3.7 sigma."""
    return quantiles().at(share)


@cache
def shares() -> Table:
    """The distribution function of a standard normal variable, to 1e-6."""
    normal = NormalDist()
    values = np.array([normal.cdf(value) for value in np.linspace(-6.0, 6.0, 3001).tolist()])
    return Table(-6.0, 6.0, values)


def normal_share(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a standard normal variable lies below a value, to 1e-6; the inverse of a quantile."""
    return shares().at(value)


@cache
def normal_wave() -> NDArray[np.float32]:
    """Standard normal values for phases of 16 bits, shape (65536,): up and down once per turn."""
    phase = (np.arange(65536) + 0.5) / 65536
    return normal_quantile(1.0 - np.abs(2.0 * phase - 1.0)).astype(np.float32)


def ticks(time_s: float, lifetime_s: float) -> np.uint32:
    """How far the phases have advanced at a time, for `phases`; wraps around harmlessly."""
    return np.uint32(round(time_s / lifetime_s * 65536.0) % 2**32)


def many_ticks(time_s: NDArray[np.float64], lifetime_s: NDArray[np.float64]) -> NDArray[np.uint32]:
    """`ticks` of many times and lifetimes, broadcast against each other."""
    moved = np.rint(time_s / lifetime_s * 65536.0).astype(np.int64)
    return (moved & 0xFFFFFFFF).astype(np.uint32)


def phases(bits: NDArray[np.uint32], tick: NDArray[np.uint32] | np.uint32) -> NDArray[np.uint32]:
    """Phases at a time, in units of 2**-32 turns; the low half of the bits is a point's own rate.

    Rates are uniform up to half a turn per lifetime in either direction, so that the correlation
    falls roughly as sinc(lag / lifetime).
    """
    rate = (bits & np.uint32(0xFFFF)) - np.uint32(32768)
    rate *= tick
    rate += bits
    return rate


@dataclass(frozen=True)
class SphereNoise:
    """Octaves of smooth noise on the globe, without seam or pole: lattices in three dimensions.

    Attributes:
        seed: Of the world.
        name: Of the field.
        spacing_km: [km] Lattice spacing of each octave, shape (O,).
        lifetime_s: [s] How long an octave lives, shape (O,); None for static noise.
        wind_rad_s: [rad/s] Rate at which all of it is carried eastwards around the globe.
    """

    seed: int
    name: str
    spacing_km: tuple[float, ...]
    lifetime_s: tuple[float, ...] | None = None
    wind_rad_s: float = 0.0

    @property
    def fields(self) -> int:
        """How many independent fields the noise has: four that are static, or two that evolve."""
        return 4 if self.lifetime_s is None else 2

    def values(
        self, direction: NDArray[np.float64], time_s: float | NDArray[np.float64] = 0.0
    ) -> NDArray[np.float32]:
        """Standard normal values at places.

        Args:
            direction: Unit vectors from the Earth's centre, shape (3, N).
            time_s: [s] since 2000-01-01: one for all, or one for each place, shape (N,).

        Returns:
            Shape (fields, O, N). The variance is one at every place, on and between lattice points.
        """
        times_s, count = np.atleast_1d(time_s), direction.shape[1]
        found = np.empty((self.fields, len(self.spacing_km), count), np.float32)
        for first in range(0, count, _TOGETHER):
            some = slice(first, first + _TOGETHER)
            found[:, :, some] = self._values(
                direction[:, some], times_s[some] if times_s.size > 1 else times_s
            )
        return found

    def _values(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The same for a few places."""
        places, scaled = self._turned(direction, time_s)
        names, _ = _octaves(self.seed, self.name, len(self.spacing_km))
        total = np.zeros((self.fields, names.size, direction.shape[1]))
        fast = loops()
        if fast is not None:
            fast.sphere_noise(
                places, scaled, names, _AXES, self._ticks(time_s), normal_wave(), total
            )
            return total
        at = _lattice(places, scaled)
        cell = np.floor(at)
        near = at - cell
        near = near * near * near * (near * (near * 6.0 - 15.0) + 10.0)
        weights = np.stack([1.0 - near, near])
        weights /= np.sqrt(weights[0] * weights[0] + weights[1] * weights[1])
        first = cell.astype(np.int64).astype(_U64)
        base = names[:, None] + first[0] * _AXES[0] + first[1] * _AXES[1] + first[2] * _AXES[2]
        for corner in range(8):
            step = (corner & 1, corner >> 1 & 1, corner >> 2)
            bits = base
            for axis in range(3):
                bits = bits + _AXES[axis] if step[axis] else bits
            weight = weights[step[0], 0] * weights[step[1], 1] * weights[step[2], 2]
            for field, lane in enumerate(self._lanes(scramble(scramble(bits)), time_s)):
                total[field] += weight * normal_wave()[lane]
        return total

    def _turned(
        self, direction: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> tuple[Places, NDArray[np.float64]]:
        """Places moved back along the wind, each of shape (N,), and the rotations that also scale them, (O, 3, 3)."""
        spacing = np.array(self.spacing_km)
        _, turns = _octaves(self.seed, self.name, spacing.size)
        x, y, z = direction
        if self.wind_rad_s:
            turned = self.wind_rad_s * time_s
            cos, sin = np.cos(turned), np.sin(turned)
            x, y = x * cos + y * sin, y * cos - x * sin
        return (x, y, z), turns * (EARTH_RADIUS_KM / spacing)[:, None, None]

    def _ticks(self, time_s: NDArray[np.float64]) -> NDArray[np.uint32]:
        """How far the phases of each octave have advanced, shape (O, 1) or (O, N); 0 for static noise."""
        if self.lifetime_s is None:
            return np.zeros((len(self.spacing_km), 1), np.uint32)
        return many_ticks(time_s, np.array(self.lifetime_s)[:, None])

    def _lanes(
        self, bits: NDArray[np.uint64], time_s: NDArray[np.float64]
    ) -> list[NDArray[np.int64]]:
        if self.lifetime_s is None:
            return [((bits >> _U64(16 * i)) & _U64(0xFFFF)).astype(np.int64) for i in range(4)]
        tick = self._ticks(time_s)
        lanes = [(bits >> _U64(32 * i)).astype(np.uint32) for i in range(2)]
        return [(phases(lane, tick) >> np.uint32(16)).astype(np.int64) for lane in lanes]


def _lattice(places: Places, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lattice coordinates, shape (3, O, N), each octave in its own rotation."""
    x, y, z = places
    rows = [
        scaled[:, i, 0, None] * x + scaled[:, i, 1, None] * y + scaled[:, i, 2, None] * z + 0.5
        for i in range(3)
    ]
    return np.stack(rows)


@cache
def _octaves(seed: int, name: str, count: int) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
    """Keys (O,) and rotations (O, 3, 3) of the octaves of a field."""
    names = np.array([key(seed, name, octave) for octave in range(count)], _U64)
    return names, np.stack([_turn(key(seed, name, "turn", octave)) for octave in range(count)])


def _turn(name: int) -> NDArray[np.float64]:
    """A random rotation matrix determined by a key, from a unit quaternion.

    Source: Shoemake 1992, Uniform random rotations, Graphics Gems III.
    """
    shares = [(name >> shift & 0xFFFF) / 65536.0 for shift in (0, 16, 32)]
    inner, outer = np.sqrt(1.0 - shares[0]), np.sqrt(shares[0])
    one, two = 2.0 * np.pi * shares[1], 2.0 * np.pi * shares[2]
    w, x = outer * np.cos(two), inner * np.sin(one)
    y, z = inner * np.cos(one), outer * np.sin(two)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
