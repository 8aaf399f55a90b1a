"""How large clouds are: the connected parts of a mask, and the power law of their areas."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FEWEST = 24  # least number of clouds in a bin that counts
_SMALLEST_PX = 8  # below, a cloud's area is an artefact of the pixels


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The connected parts of a mask.

    Attributes:
        area_px: [px] of each, shape (P,).
        is_cut: Whether the border of the mask cuts each, shape (P,).
    """

    area_px: NDArray[np.int64]
    is_cut: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """Number of clouds by area, n(a) da proportional to a ** -exponent da, between two areas.

    Attributes:
        exponent: Exponent of the law.
        smallest: Area from which it was fitted, in the unit of the areas.
        largest: Area up to which it was fitted.
        count: Number of clouds in between.
    """

    exponent: float
    smallest: float
    largest: float
    count: int


def connected_parts(mask: NDArray[np.bool_]) -> Parts:
    """The connected parts of a mask, shape (H, W), whose pixels touch by their sides.

    Each pixel follows the lowest neighbour it can reach, by hooking and pointer jumping. Source: Shiloach and
    Vishkin 1982, An O(log n) parallel connectivity algorithm.
    """
    size = mask.size
    index = np.arange(size).reshape(mask.shape)
    beside, below = mask[:, :-1] & mask[:, 1:], mask[:-1] & mask[1:]
    one = np.concatenate([index[:, :-1][beside], index[:-1][below]])
    other = np.concatenate([index[:, 1:][beside], index[1:][below]])
    root = index.ravel().copy()
    while (apart := root[one] != root[other]).any():
        one, other = one[apart], other[apart]
        high, low = np.maximum(root[one], root[other]), np.minimum(root[one], root[other])
        np.minimum.at(root, high, low)
        while (root != (further := root[root])).any():
            root = further
    area = np.bincount(root[mask.ravel()], minlength=size)
    border = np.zeros(mask.shape, np.bool_)
    border[[0, -1]], border[:, [0, -1]] = True, True
    cut = np.bincount(root[(mask & border).ravel()], minlength=size) > 0
    found = area > 0
    return Parts(area[found], cut[found])


def area_law(parts: Sequence[Parts], pixel_area: float) -> PowerLaw | None:
    """The power law of the areas of parts of many masks; None if there are too few.

    A straight line fitted to the logarithms of counts in doubling bins of at least 24 parts each, up to
    the first bin half of whose parts are cut by a border: cut clouds are larger than they look, and
    leaving them out would bias against large ones. Source: DeWitt and Garrett 2024, Atmos. Chem. Phys. 24, 8457.

    Args:
        parts: Of the masks.
        pixel_area: Area of a pixel; the unit is the caller's.
    """
    area_px = np.concatenate([item.area_px for item in parts])
    is_cut = np.concatenate([item.is_cut for item in parts])
    edges = _SMALLEST_PX * 2.0 ** np.arange(33)
    counts = np.histogram(area_px, edges)[0]
    cut = np.histogram(area_px[is_cut], edges)[0]
    bad = (counts < _FEWEST) | (2 * cut >= counts)
    last = int(np.argmax(bad))
    if last < 3:
        return None
    middles = np.sqrt(edges[:last] * edges[1 : last + 1])
    density = np.log(counts[:last] / np.diff(edges[: last + 1]))
    steepness, _ = np.polyfit(np.log(middles), density, 1)
    smallest, largest = _SMALLEST_PX * pixel_area, float(edges[last]) * pixel_area
    return PowerLaw(float(-steepness), smallest, largest, int(counts[:last].sum()))
