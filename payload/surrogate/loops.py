"""The search for similar tiles, compiled by numba; defined by `likeness.Likeness.nearest_of_all`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from payload.kernels import compiled

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@compiled
def nearest(
    shelves: Indices,
    tiles: tuple[Any, ...],
    seen: tuple[Floats, Floats, Floats],
    classes: tuple[Indices, Indices, Indices],
    steps: tuple[float, float, float, float, float],
    found: Indices,
) -> None:
    """Write the indices of the tiles most similar to each of those seen, ascending, into `found`, shape (N, count).

    Tiles of one kind and one group of surfaces form a shelf; a shelf is skipped if all of its tiles must be less
    similar than those already found. Terms are rounded and added in the same order as by numpy.

    Args:
        shelves: See `Likeness._shelves`.
        tiles: See `Likeness._ordered`.
        seen: Cover, thick cover or NaN, and sun, each of shape (N,).
        classes: Surface, group and kind, each of shape (N,).
        steps: Units of cover and of sun; penalties for another surface, group and kind.
        found: The result.
    """
    index, surface, cover, thick, sun, later = tiles
    step, sun_step, other_surface, other_group, other_kind = steps
    size, count = found.shape
    best, who = np.empty(count), np.empty(count, np.int64)
    for number in range(size):
        best[:] = np.inf
        here, cloudy, light = seen[0][number], seen[1][number], seen[2][number]
        mine, group, kind = classes[0][number], classes[1][number], classes[2][number]
        says_thick = cloudy == cloudy
        for turn in range(2):  # its own shelf first
            for shelf in range(len(shelves)):
                is_own = shelves[shelf, 0] == kind and shelves[shelf, 1] == group
                if is_own != (turn == 0):
                    continue
                strange = 0.0
                if shelves[shelf, 1] != group:
                    strange += other_surface
                    strange += other_group
                if shelves[shelf, 0] != kind:
                    strange += other_kind
                if strange > best[count - 1]:
                    continue
                for tile in range(shelves[shelf, 2], shelves[shelf, 3]):
                    unlike = abs(cover[tile] - here) / step
                    if says_thick:
                        thinner = abs(thick[tile] - cloudy)
                        if thinner == thinner:
                            unlike += thinner / step
                    unlike += abs(sun[tile] - light) / sun_step
                    if shelves[shelf, 1] == group and surface[tile] != mine:
                        unlike += (other_surface + strange) + later[tile]
                    else:
                        unlike += strange + later[tile]
                    if unlike >= best[count - 1]:
                        continue
                    place = count - 1
                    while place > 0 and best[place - 1] > unlike:
                        best[place], who[place] = best[place - 1], who[place - 1]
                        place -= 1
                    best[place], who[place] = unlike, index[tile]
        found[number] = np.sort(who)
