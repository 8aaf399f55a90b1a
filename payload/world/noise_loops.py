"""The loops of noise, compiled by numba; see `payload.world.loops`."""

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled
from payload.world.hashes import SCRAMBLE

Field = NDArray[np.float32]
Places = NDArray[np.float64]
Bits = NDArray[np.uint64]


@compiled
def mixed_bits(bits: np.uint64) -> np.uint64:
    """`noise.scramble` of one number."""
    high, factor, middle, other, low = SCRAMBLE
    bits = (bits ^ (bits >> high)) * factor
    bits = (bits ^ (bits >> middle)) * other
    return bits ^ (bits >> low)


@compiled
def scramble(values: Bits) -> Bits:
    """`noise.scramble`: 64 bits for each of the values, shape (N,)."""
    found = np.empty_like(values)
    for i in range(values.size):
        found[i] = mixed_bits(values[i])
    return found


@compiled
def hash_points(down: Bits, across: Bits, bits: Bits) -> None:
    """The last step of `noise.hash_grid`: 64 bits for each point, shape (H, W)."""
    height, width = bits.shape
    for i in range(height):
        for j in range(width):
            bits[i, j] = mixed_bits(down[i] ^ across[j])


@compiled
def _ask_corners(
    base: np.uint64,
    axes: tuple[np.uint64, np.uint64, np.uint64],
    moved: np.uint32,
    wave: Field,
    said: Field,
) -> None:
    """Write the values at the corners of a lattice cell into `said`, shape (8, F)."""
    low_half, middle = np.uint32(0xFFFF), np.uint32(32768)
    count = said.shape[1]
    for corner in range(8):
        bits = base
        if corner & 1:
            bits += axes[0]
        if corner >> 1 & 1:
            bits += axes[1]
        if corner >> 2:
            bits += axes[2]
        bits = mixed_bits(mixed_bits(bits))
        for field in range(count):
            if count == 4:
                lane = np.int64((bits >> np.uint64(16 * field)) & np.uint64(0xFFFF))
            else:
                half = np.uint32(bits >> np.uint64(32 * field))
                rate = np.uint32(np.uint32((half & low_half) - middle) * moved)
                lane = np.int64(np.uint32(rate + half) >> np.uint32(16))
            said[corner, field] = wave[lane]


@compiled
def sphere_noise(
    places: tuple[Places, Places, Places],
    scaled: NDArray[np.float64],
    names: Bits,
    axes: tuple[np.uint64, np.uint64, np.uint64],
    tick: NDArray[np.uint32],
    wave: Field,
    total: NDArray[np.float64],
) -> None:
    """`noise.SphereNoise.values`: add the weighted values at the corners of lattice cells to fields (F, O, N), in place.

    Four fields are static, and `tick` is not used; two evolve, and `tick` has the shape (O, N) or (O, 1). Neighbouring
    places mostly share a cell, whose corners are then computed once.
    """
    count, octaves, size = total.shape
    ticks = tick.shape[1]
    one = 1.0
    cells = np.empty((3, size))
    near, far = np.empty((3, size)), np.empty((3, size))  # weights of corners after and before
    said = np.empty((8, count), np.float32)  # values at the corners of the previous place's cell
    for octave in range(octaves):
        for axis in range(3):
            turned = scaled[octave, axis]
            for place in range(size):
                at = turned[0] * places[0][place] + turned[1] * places[1][place]
                at = at + turned[2] * places[2][place] + 0.5
                cell = np.floor(at)
                cells[axis, place] = cell
                share = at - cell
                share = share * share * share * (share * (share * 6.0 - 15.0) + 10.0)
                length = np.sqrt((one - share) * (one - share) + share * share)
                far[axis, place], near[axis, place] = (one - share) / length, share / length
        before, then = np.uint64(0), np.uint32(0)
        for place in range(size):
            base = names[octave]
            for axis in range(3):
                base += np.uint64(np.int64(cells[axis, place])) * axes[axis]
            moved = tick[octave, place if ticks > 1 else 0]
            if place == 0 or base != before or moved != then:
                before, then = base, moved
                _ask_corners(base, axes, moved, wave, said)
            first = far[0, place] * far[1, place], near[0, place] * far[1, place]
            second = far[0, place] * near[1, place], near[0, place] * near[1, place]
            for field in range(count):
                value = total[field, octave, place]
                for weight, corners in ((far[2, place], 0), (near[2, place], 4)):
                    value += first[0] * weight * said[corners, field]
                    value += first[1] * weight * said[corners + 1, field]
                    value += second[0] * weight * said[corners + 2, field]
                    value += second[1] * weight * said[corners + 3, field]
                total[field, octave, place] = value


@compiled
def looked_up(at: float, first: float, scale: float, table: NDArray[np.float64]) -> float:
    """`noise.interpolated` of one number."""
    none, last = np.float64(0.0), np.float64(table.size - 1)
    place = min(max((at - first) * scale, none), last)
    index = np.int64(min(place, last - 1.0))
    left = table[index]
    found: float = (place - index) * (table[index + 1] - left) + left
    return found


@compiled
def interpolated(
    at: Places, first: float, scale: float, table: NDArray[np.float64], found: Places
) -> None:
    """`noise.interpolated`, shape (N,)."""
    for i in range(at.size):
        found[i] = looked_up(at[i], first, scale, table)
