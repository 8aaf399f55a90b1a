"""Which rendered tiles a tile is like: some of its own image, if any there look alike, otherwise some of other images.

Tiles of an image are alike beyond what a glance shows: a masker misses all of an overcast image or nothing, and some ground
compresses better than other ground. So a tile takes after its *kin*, the rendered tiles of its own image and stratum, and
after *strangers* only if there are none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.darkroom.looked_at import Looks
from payload.darkroom.strata import Kind, Stratum, kind_of_stratum, largest_of_kinds

LIKES, FEWEST_LIKES = 8, 3
"""Number of most similar donors from which a tile's donor is drawn; least number of donors in a stratum for strangers to be
taken from it alone. Assumption."""
NO_IMAGE = -1
"""Number that stands for an image without donors."""
_Numbers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Likes:
    """Which donors are like each other and like other tiles; rows of donor numbers, padded with -1 if there are fewer.

    Attributes:
        looks: Of the donors, N of them.
        image: Number of the image of each, shape (N,).
    """

    looks: Looks
    image: _Numbers

    def of(self, looks: Looks, image: _Numbers, those: NDArray[np.bool_]) -> _Numbers:
        """The donors that tiles resemble most, among their kin if they have any; shape (n, LIKES).

        Args:
            looks: Of the tiles.
            image: Number of the image of each, shape (N,).
            those: Mask of the tiles to find donors for, shape (N,).
        """
        found = np.full((those.size, LIKES), -1, np.intp)
        for where, tiles in looks.by_stratum():
            wanted = tiles[those[tiles]]
            self._put(found, looks, wanted, self._strangers(where))
        for (number, where), tiles in _families(looks, image):
            kin = self._kin.get((number, where))
            if kin is not None:
                self._put(found, looks, tiles[those[tiles]], kin)
        return found[those]

    def of_donors(self) -> tuple[_Numbers, _Numbers]:
        """For two or more donors, the others that each resembles most, twice (N, LIKES): as a tile of its image, and of others.

        A donor without kin is treated like tiles of other images.
        """
        kin, strangers = np.full((2, self.image.size, LIKES), -1, np.intp)
        for (number, where), tiles in self._kin.items():
            among = self._strangers(where)
            others = among[self.image[among] != number]
            self._put(strangers, self.looks, tiles, others)
            for tile in tiles:
                alone = np.array([tile])
                if not others.size:  # take those of its own image, then
                    self._put(strangers, self.looks, alone, among[among != tile])
                self._put(kin, self.looks, alone, tiles[tiles != tile])
        return np.where(kin[:, :1] < 0, strangers, kin), strangers

    def _put(self, found: _Numbers, looks: Looks, tiles: _Numbers, among: _Numbers) -> None:
        """Put the nearest of some donors into the rows of some tiles."""
        if not (tiles.size and among.size):
            return
        near = self.looks.likeness.taken(among).nearest_of_all(looks.likeness.taken(tiles), LIKES)
        found[tiles] = -1
        found[tiles, : near.shape[1]] = among[near]

    @cached_property
    def _kin(self) -> dict[tuple[int, Stratum], _Numbers]:
        """The donors of each image and stratum."""
        return dict(_families(self.looks, self.image))

    @cached_property
    def _by_stratum(self) -> dict[Stratum, _Numbers]:
        return dict(self.looks.by_stratum())

    def _strangers(self, where: Stratum) -> _Numbers:
        """The donors that tiles of a stratum may be like, whatever their image.

        Within a stratum all tiles were equally likely to be rendered; donors of strata sampled more densely would be
        over-represented. If it has too few, they come from the largest stratum of its kind, and if that has too few as
        well, from all.
        """
        for each in (where, self._largest.get(kind_of_stratum(where))):
            if each in self._by_stratum and self._by_stratum[each].size >= FEWEST_LIKES:
                return self._by_stratum[each]
        return np.arange(self.image.size)

    @cached_property
    def _largest(self) -> dict[Kind, Stratum]:
        """The stratum with the most donors of each kind."""
        found = largest_of_kinds({where: each.size for where, each in self._by_stratum.items()})
        return {kind_of_stratum(where): where for where in found}


def _families(looks: Looks, image: _Numbers) -> Iterator[tuple[tuple[int, Stratum], _Numbers]]:
    """The numbers of the tiles of each image and stratum, ascending."""
    order = np.lexsort((looks.member, image))
    is_next = (np.diff(image[order]) != 0) | (np.diff(looks.member[order]) != 0)
    for tiles in np.split(order, 1 + np.flatnonzero(is_next)) if order.size else ():
        yield (int(image[tiles[0]]), looks.strata[looks.member[tiles[0]]]), tiles
