"""The best images of one satellite in a stretch of time: a longest path, found by dynamic programming.

Turns obey the triangle inequality: an image that can follow its neighbour can follow all before it. So of images in time
order only neighbours matter, and the best plan that ends with an image is the best plan that ends with one which leaves
time for it, plus that image. If the number of images is limited, there is a best plan for each number.

Source: the longest path in a directed acyclic graph for one satellite, as in Augenstein et al., ICAPS 2016.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.plans import Limits

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

_NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Images of one satellite in order of start: [s], [s], [deg] and the value of each, above 0; shape (N,) each."""

    start_s: Floats
    end_s: Floats
    roll_deg: Floats
    value: Floats

    def window(self, limits: Limits) -> Indices:
        """How many of the first images leave time for each even after the widest turn, shape (N,)."""
        widest_s = limits.settle_s + np.ptp(self.roll_deg) / limits.slew_deg_per_s
        free_s = np.maximum.accumulate(self.end_s) + widest_s
        found = np.searchsorted(free_s, self.start_s, side="right")
        return np.minimum(found, np.arange(found.size))

    def before(self, index: int, first: int, limits: Limits) -> NDArray[np.bool_]:
        """Which of the images from `first` to `index` leave time for the latter: `Limits.allow`, to the last bit."""
        turn_s = limits.settle_s + (
            np.abs(self.roll_deg[index] - self.roll_deg[first:index]) / limits.slew_deg_per_s
        )
        return np.asarray(self.start_s[index] >= self.end_s[first:index] + turn_s)


def longest_path(row: Row, limits: Limits, most: int | None) -> list[int]:
    """Indices of the images that are worth most together, in time order.

    Args:
        row: The images.
        limits: Of turns.
        most: Most images; None for no limit.
    """
    if most is not None and most <= 0:
        return []
    if most is None or most >= row.value.size:
        return _longest(row, limits)
    return _longest_of(row, limits, most)


def _longest(row: Row, limits: Limits) -> list[int]:
    count = row.value.size
    window = row.window(limits).tolist()
    best, last = np.zeros(count), [_NONE] * count
    top, top_at = [0.0] * (count + 1), [_NONE] * (count + 1)  # of the first images
    for index, worth in enumerate(row.value.tolist()):
        first = window[index]
        most, where = top[first], top_at[first]
        if first < index:
            found = np.where(row.before(index, first, limits), best[first:index], 0.0)
            near = int(found.argmax())
            if found[near] > most:
                most, where = float(found[near]), first + near
        best[index], last[index] = most + worth, where
        is_top = most + worth > top[index]
        top[index + 1] = most + worth if is_top else top[index]
        top_at[index + 1] = index if is_top else top_at[index]
    path, index = [], top_at[count]
    while index != _NONE:
        path.append(index)
        index = last[index]
    return path[::-1]


def _longest_of(row: Row, limits: Limits, most: int) -> list[int]:
    """The same for at most `most` images; each table has a column for each number of images."""
    count, columns = row.value.size, np.arange(most)
    window = row.window(limits).tolist()
    best = np.full((count, most + 1), -np.inf)
    last = np.full((count, most + 1), _NONE, np.intp)
    top = np.full((count + 1, most + 1), -np.inf)
    top[:, 0] = 0.0
    top_at = np.full((count + 1, most + 1), _NONE, np.intp)
    for index in range(count):
        first = window[index]
        found, where = top[first, :most], top_at[first, :most]
        if first < index:
            allowed = row.before(index, first, limits)
            inside = np.where(allowed[:, np.newaxis], best[first:index, :most], -np.inf)
            near = inside.argmax(axis=0)
            inside = inside[near, columns]
            is_more = inside > found
            found, where = np.where(is_more, inside, found), np.where(is_more, first + near, where)
        best[index, 1:], last[index, 1:] = found + row.value[index], where
        is_top = best[index] > top[index]
        top[index + 1] = np.where(is_top, best[index], top[index])
        top_at[index + 1] = np.where(is_top, index, top_at[index])
    number = int(top[count].argmax())
    path, index = list[int](), int(top_at[count, number])
    while index != _NONE:
        path.append(index)
        index, number = int(last[index, number]), number - 1
    return path[::-1]
