"""Slowly varying values: computed at evenly spaced knots of a grid, and linear in between."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from payload.world.quick import loops

Real = TypeVar("Real", np.float32, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Knots:
    """Knots along one side of a piece of a grid, and the position of its points between them.

    Knots are fixed to the grid, so that neighbouring pieces share them.

    Attributes:
        at: Their positions on the grid, shape (K,).
        before: Index of the knot before each point, shape (N,).
        share: How far the point is from that knot to the next, 0 to 1, shape (N,).
        pieces: The points from each knot to the next.
    """

    at: NDArray[np.float64]
    before: NDArray[np.intp]
    share: NDArray[np.float64]
    pieces: tuple[slice, ...]

    @classmethod
    def of(cls, first: int, count: int, step: int) -> "Knots":
        """Knots at all multiples of `step` around `count` points of a grid from `first` on."""
        points = np.arange(first, first + count)
        start, end = first // step, (first + count - 1) // step + 1
        at = np.arange(start, end + 1, dtype=np.float64) * float(step)
        ends = np.clip(np.arange(start, end + 1) * step - first, 0, count).tolist()
        pieces = tuple(slice(*between) for between in pairwise(ends))
        return cls(at, points // step - start, (points % step) / step, pieces)


def spread(values: NDArray[Real], rows: Knots, cols: Knots) -> NDArray[Real]:
    """Interpolate values at the knots, shape (r, c), linearly to all points, shape (H, W)."""
    kind = values.dtype
    wide = spread_across(values, cols)
    down = rows.share.astype(kind)
    found = np.empty((rows.before.size, cols.before.size), kind)
    fast = loops()
    if fast is not None:
        fast.spread_down(wide, rows.before, down, found)
        return found
    for piece, (upper, lower) in zip(rows.pieces, pairwise(wide), strict=True):
        mine = found[piece]
        np.multiply(lower - upper, down[piece, None], out=mine)
        mine += upper
    return found


def spread_across(values: NDArray[Real], cols: Knots) -> NDArray[Real]:
    """Interpolate values at the knots, shape (r, c), linearly along each row of knots, (r, W)."""
    left = values[:, cols.before]
    wide = values[:, cols.before + 1]
    wide -= left
    wide *= cols.share.astype(values.dtype)
    wide += left
    return wide
