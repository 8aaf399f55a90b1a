"""Glances at tiles as arrays: everything that is planned, or an image outside the plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.darkroom.strata import Stratum, stratum
from payload.rng import stream
from payload.surrogate import Likeness, likeness
from payload.types import Glance

COVER_STEP = 0.05
"""Difference in cover that counts as much as 10 degrees of sun. Assumption."""


@dataclass(frozen=True, eq=False)
class Looks:
    """What glances show of N tiles, one array per figure.

    Attributes:
        strata: The strata that occur, in order of occurrence.
        member: Index of each tile's stratum, shape (N,).
        likeness: Cover, ground and sun of each.
    """

    strata: tuple[Stratum, ...]
    member: NDArray[np.intp]
    likeness: Likeness

    @classmethod
    def of(cls, glances: Sequence[Glance]) -> "Looks":
        """Looks from glances."""
        places: dict[Stratum, int] = {}
        member = [places.setdefault(stratum(glance), len(places)) for glance in glances]
        return cls(tuple(places), np.array(member, np.intp), likeness(glances, step=COVER_STEP))

    @cached_property
    def tiles(self) -> NDArray[np.intp]:
        """Number of tiles in each stratum, shape (S,)."""
        return np.bincount(self.member, minlength=len(self.strata))

    def by_stratum(self) -> Iterable[tuple[Stratum, NDArray[np.intp]]]:
        """The numbers of the tiles of each stratum, ascending."""
        order = np.argsort(self.member, kind="stable")
        each = np.split(order, np.cumsum(self.tiles))[: len(self.strata)]
        return zip(self.strata, each, strict=True)


@dataclass(frozen=True, eq=False)
class LookedAt:
    """Images of one grid that were glanced at, and the draws for each of their tiles; N tiles in all.

    Attributes:
        images: Index of the first tile of each image.
        glances: Of the tiles, image by image in grid order.
        looks: The same as arrays.
        lots: 0 to 1: decides whether a tile is rendered, shape (N,).
        dice: 0 to 1: decides which donor it takes its figures from if it is not, shape (N,).
    """

    images: Mapping[str, int]
    glances: Sequence[Glance]
    looks: Looks
    lots: NDArray[np.float64]
    dice: NDArray[np.float64]

    @property
    def lots_by_stratum(self) -> dict[Stratum, NDArray[np.float64]]:
        """The lots of all tiles, sorted in each stratum."""
        return {where: np.sort(self.lots[those]) for where, those in self.looks.by_stratum()}


def look_at(seed: int, glances: Mapping[str, Sequence[Glance]]) -> LookedAt:
    """Turn glances at images, by acquisition id, into arrays, and draw for each tile.

    Args:
        seed: Of the scenario.
        glances: In grid order, equally many for each image.
    """
    begins: dict[str, int] = {}
    all_glances: list[Glance] = []
    for image, tiles in glances.items():
        begins[image] = len(all_glances)
        all_glances += tiles
    looks = Looks.of(all_glances)
    lots, dice = np.zeros(len(all_glances)), np.zeros(len(all_glances))
    place = {where: number for number, where in enumerate(sorted(looks.strata))}
    ordered = np.array([place[where] for where in looks.strata], np.intp)[looks.member]
    for image, begin in begins.items():
        some = slice(begin, begin + len(glances[image]))
        member = ordered[some]  # the same whatever else is looked at
        lots[some] = evenly(stream(seed, "sampled", image), member)
        dice[some] = evenly(stream(seed, "sampled donor", image), member)
    return LookedAt(begins, all_glances, looks, lots, dice)


def evenly(draws: np.random.Generator, member: NDArray[np.intp]) -> NDArray[np.float64]:
    """Numbers from 0 to 1 for the tiles of an image, each by itself uniform, those of a stratum evenly spaced; shape (T,).

    Thus, with a share s, n s of an image's n tiles in a stratum are rendered, rounded up or down. Tiles of an image are
    alike beyond what a glance shows: if they were drawn one by one, a sample would hold many of an unusual image or none,
    and a sample that holds none would claim to be certain.

    Source: systematic sampling, Cochran, Sampling Techniques (3rd ed., 1977), sections 8.1 and 8.3.

    Args:
        draws: Random generator of the image.
        member: Stratum of each tile, shape (T,).
    """
    order = draws.permutation(member.size)
    order = order[np.argsort(member[order], kind="stable")]
    _, count = np.unique(member, return_counts=True)
    begin = np.cumsum(count) - count
    rank = np.arange(member.size) - np.repeat(begin, count)
    found = np.empty(member.size)
    found[order] = (rank + np.repeat(draws.random(count.size), count)) / np.repeat(count, count)
    return found
