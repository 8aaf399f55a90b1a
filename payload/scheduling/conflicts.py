"""Which images exclude each other, and the total weight that each excludes, without looking at all pairs.

Two images of one satellite are compatible if the second starts after the first has ended and the satellite
has settled and turned. With u = start - roll / rate and v = start + roll / rate, and D the duration of the
first plus settling, this means u2 >= u1 + D and v2 >= v1 + D: an order of points in a plane. Sums over all
points compatible with one are sums over quadrants, which are found by sorting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import lt

import numpy as np
from numpy.typing import NDArray

from payload.plans import Limits
from payload.types import Opportunity

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def conflicts(opportunities: Sequence[Opportunity], limits: Limits) -> NDArray[np.intp]:
    """Pairs of images of one satellite with no time to turn between them, found by a sorted sliding window.

    Returns:
        Indices into the opportunities, shape (P, 2): the earlier first. Pairs of the same target are
        included only if time is too short.
    """
    found = [_pairs(each, limits) for each in by_satellite(tuple(opportunities))]
    return np.concatenate(found) if found else np.empty((0, 2), np.intp)


def window_pairs(opportunities: Sequence[Opportunity], limits: Limits) -> int:
    """How many pairs the sliding window would examine."""
    sides = [_window(each, limits) for each in by_satellite(tuple(opportunities))]
    return sum(int(count.sum()) for _, count in sides)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The images of one satellite in time order: their indices among all images, and their times and rolls."""

    satellite: str
    index: Indices
    start_s: Floats
    end_s: Floats
    roll_deg: Floats


def by_satellite(items: tuple[Opportunity, ...]) -> list[Column]:
    """The images of each satellite, by name."""
    where: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        where.setdefault(item.satellite, []).append(index)
    found = []
    for name in sorted(where):
        own, starts_s = where[name], [items[i].start_s for i in where[name]]
        if not all(map(lt, starts_s, starts_s[1:])):  # usually they are in order
            own = sorted(own, key=lambda i: (items[i].start_s, items[i].end_s, items[i].id))
            starts_s = [items[i].start_s for i in own]
        start_s = np.array(starts_s)
        found.append(
            Column(
                name,
                np.array(own, np.intp),
                start_s,
                start_s + np.array([items[i].duration_s for i in own]),
                np.array([items[i].roll_deg for i in own]),
            )
        )
    return found


def _window(column: Column, limits: Limits) -> tuple[Indices, Indices]:
    """For each image, the next one and how many after it may be too close, allowing for the widest turn."""
    widest_s = limits.settle_s + np.ptp(column.roll_deg) / limits.slew_deg_per_s
    first = np.arange(1, column.index.size + 1)
    beyond = np.searchsorted(column.start_s, column.end_s + widest_s, side="left")
    return first, np.maximum(beyond - first, 0)


def _pairs(column: Column, limits: Limits) -> NDArray[np.intp]:
    first, count = _window(column, limits)
    one = np.repeat(np.arange(first.size), count)
    other = np.arange(one.size) - np.repeat(np.cumsum(count) - count - first, count)
    turn_s = limits.settle_s + (
        np.abs(column.roll_deg[other] - column.roll_deg[one]) / limits.slew_deg_per_s
    )
    short = column.start_s[other] < column.end_s[one] + turn_s
    return np.column_stack((column.index[one[short]], column.index[other[short]]))


class Opposition:
    """Opposition to each of some images: the total weight of those that it excludes.

    The images are sorted once; further calls with other weights only sum.
    """

    def __init__(self, items: tuple[Opportunity, ...], limits: Limits) -> None:
        self._sides = [
            (column.index, *_quadrants(column, limits)) for column in by_satellite(items)
        ]

    def weights(self, weight: Floats) -> Floats:
        """Total weight of the images that each image excludes, without itself, shape (N,)."""
        found = np.zeros(weight.size)
        for index, after, before in self._sides:
            own = weight[index]
            agreeing = after.sums(own) + before.sums(own)
            found[index] = np.maximum(own.sum() - own - agreeing, 0.0)
        return found


@lru_cache(maxsize=8)
def opposition(
    items: tuple[Opportunity, ...], settle_s: float, slew_deg_per_s: float
) -> Opposition:
    """The `Opposition` of some images, cached for the next plan: it depends on the arguments alone."""
    return Opposition(items, Limits(settle_s=settle_s, slew_deg_per_s=slew_deg_per_s))


def _quadrants(column: Column, limits: Limits) -> "tuple[_Quadrant, _Quadrant]":
    turn_s = column.roll_deg / limits.slew_deg_per_s
    u, v = column.start_s - turn_s, column.start_s + turn_s
    busy_s = column.end_s - column.start_s + limits.settle_s
    end_u, end_v = u + busy_s, v + busy_s
    return _Quadrant(-u, -v, -end_u, -end_v), _Quadrant(end_u, end_v, u, v)


class _Quadrant:
    """Sums of weights over points (x, y) with x <= a and y <= b, for many (a, b) at once.

    Points are sorted by x. On level k they are cut into blocks of 2^k, each sorted by y; the points with
    x <= a are a prefix, which is composed of at most one block of each level. All levels together take
    O(n log^2 n) once, and O(n log n) for each set of weights.
    """

    def __init__(self, x: Floats, y: Floats, a: Floats, b: Floats) -> None:
        by_x = np.argsort(x, kind="stable")
        stretch = np.searchsorted(x[by_x], a, side="right")
        by_y = np.sort(y)
        rank = np.searchsorted(by_y, y[by_x], side="left")
        top = np.searchsorted(by_y, b, side="right")  # ranks below this have y <= b
        count = x.size
        self._levels: list[tuple[Indices, Indices, Indices, Indices]] = []
        for level in range(count.bit_length()):
            asks = np.flatnonzero((stretch >> level) & 1)
            if not asks.size:
                continue
            block = np.arange(count) >> level
            key = block * (count + 1) + rank
            order = np.argsort(key, kind="stable")
            mine = ((stretch[asks] >> (level + 1)) << 1).astype(np.intp)
            end = np.searchsorted(key[order], mine * (count + 1) + top[asks], side="left")
            self._levels.append((asks, by_x[order], mine << level, end))

    def sums(self, weight: Floats) -> Floats:
        """One sum for each (a, b)."""
        found = np.zeros(weight.size)
        for asks, order, begin, end in self._levels:
            running = np.concatenate(([0.0], np.cumsum(weight[order])))
            found[asks] += running[end] - running[begin]
        return found
