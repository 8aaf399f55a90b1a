"""A sample of tiles is rendered; every other tile is taken to be like one of them.

The tiles to render are drawn by the name of their image, evenly among those that look alike, so that they are the same in all
arms, and those of a small fraction are among those of a larger one. A tile that is not rendered looks, at a glance, like some
that were, in its own image if there are any: from one of these *donors*, drawn by name, it takes the masker's estimate and the
coded size, scaled by size. Its true cover is that of the glance, plus the error that the glance made for its donor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.darkroom.donors import Blank, Donor, like
from payload.darkroom.facts import TileDarkroom, TileFacts
from payload.darkroom.likes import NO_IMAGE, Likes
from payload.darkroom.looked_at import LookedAt, Looks, look_at
from payload.darkroom.strata import Stratum, largest_of_kinds, weight
from payload.geometry.grid import tile_place
from payload.imaging.sensor import counted_bytes
from payload.ports import Glancing
from payload.types import Acquisition, Glance, Window

FEWEST_TILES = 200
"""Least number of tiles rendered, or all if there are fewer: a smaller sample says too little. Assumption."""
_ROUNDS = 50
"""Rounds of proportional fitting. Assumption."""
FEWEST_IN_STRATUM = 3
"""Least number rendered in each stratum, or all if there are fewer; tiles larger or smaller than most of their kind are
sampled by weight alone: if too few are rendered, they are taken to be like the others, scaled by size. Small tiles
of each size are a kind of their own. Assumption."""
_TINY = 1e-12
Known = dict[tuple[str, str], list[tuple[int, int]]]
"""[byte] and [px] of clear ground that a tile brings down with the figures of another, or with its own, by both their ids;
one pair per arm."""


@dataclass(frozen=True)
class Membership:
    """Which tiles are rendered: those whose lot, drawn by name, is below the share of their stratum.

    Attributes:
        seed: Of the scenario.
        share: Share of all tiles, 0 to 1.
        shares: Shares of the strata seen so far; for others it is `share`.
        threshold: Cover above which tiles are dropped.
    """

    seed: int
    share: float
    shares: Mapping[Stratum, float]
    threshold: float = 0.7

    def painted(self, looked: LookedAt) -> NDArray[np.bool_]:
        """Which tiles are rendered, shape (N,)."""
        share = [self.shares.get(where, self.share) for where in looked.looks.strata]
        return looked.lots < np.array(share)[looked.looks.member]


def choose_members(
    seed: int,
    fraction: float,
    drawn_of: Mapping[Stratum, NDArray[np.float64]],
    threshold: float = 0.7,
) -> Membership:
    """Decide which share of each stratum is rendered.

    Args:
        seed: Of the scenario.
        fraction: Least share of all tiles; more of those whose figures spread most, fewer of the others.
        drawn_of: Lots of the tiles that a flight is expected to take, sorted, by stratum.
        threshold: Cover above which tiles are dropped.
    """
    count = sum(drawn.size for drawn in drawn_of.values())
    share = 1.0 if count <= FEWEST_TILES else max(fraction, FEWEST_TILES / count)
    tiles = {where: drawn.size for where, drawn in drawn_of.items()}
    if share >= 1.0:
        return Membership(seed, share, dict.fromkeys(tiles, 1.0), threshold)
    shares = _weighed(share * count, tiles, threshold)
    for where in largest_of_kinds(tiles):
        drawn = drawn_of[where]
        is_many = drawn.size > FEWEST_IN_STRATUM  # exactly that many lots lie below this one
        least = float(drawn[FEWEST_IN_STRATUM]) if is_many else 1.0
        shares[where] = max(shares[where], least)
    return Membership(seed, share, shares, threshold)


def _weighed(wanted: float, tiles: Mapping[Stratum, int], threshold: float) -> dict[Stratum, float]:
    """Shares of strata, proportional to their weights and at most 1, that add up to `wanted` tiles."""
    weights = {where: weight(where, threshold) for where in tiles}
    open_weight = sum(tiles[where] * each for where, each in weights.items())
    shares = dict.fromkeys(tiles, 1.0)
    for where in sorted(tiles, key=weights.__getitem__, reverse=True):
        # What exceeds one stratum goes to the others.
        shares[where] = min(wanted * weights[where] / open_weight, 1.0)
        wanted -= shares[where] * tiles[where]
        open_weight -= weights[where] * tiles[where]
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """What each of N donors stands for.

    Attributes:
        times: Number of tiles, each counted by its size relative to the donor, shape (N,).
        squares: Sum of squares of these sizes, shape (N,), including the variance of the sum if chance decides which
            tiles count.
        kin: Share of `times` that is in the donor's own image, 0 to 1, shape (N,).
    """

    times: NDArray[np.float64]
    squares: NDArray[np.float64]
    kin: NDArray[np.float64]


@dataclass
class Sampled:
    """Renders some tiles and draws the others: the darkroom of `fidelity: sampled`.

    Attributes:
        painter: Renders, masks and compresses.
        donors: Rendered tiles, at least one.
        windows: The tiles of an image, in grid order.
        planned: The images that were looked at beforehand.
        missed_thin: Share, 0 to 1, that the masker misses of additional thin cloud.
        known: What rendered tiles bring down with the figures of others, so far; filled by `sample_error`.
        drawn: For each developed image, the donor of each tile, -1 for those that were rendered; shape (T,).
        painted: Ids of tiles that were rendered.
    """

    source: Glancing
    painter: TileDarkroom
    membership: Membership
    donors: Sequence[Donor]
    windows: Sequence[Window]
    planned: LookedAt
    missed_thin: float
    known: Known = field(default_factory=Known)
    drawn: dict[str, NDArray[np.intp]] = field(default_factory=dict[str, NDArray[np.intp]])
    painted: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.weights = np.ones(len(self.donors))

    @cached_property
    def looks(self) -> Looks:
        """Looks of the donors."""
        return Looks.of([donor.glance for donor in self.donors])

    @cached_property
    def window_px(self) -> NDArray[np.float64]:
        """[px] Pixels of the tiles of an image, shape (T,)."""
        return np.array([window.pixels for window in self.windows], np.float64)

    @cached_property
    def likes(self) -> Likes:
        """Which donors tiles are like."""
        names = [tile_place(donor.facts.tile_id)[0] for donor in self.donors]
        return Likes(self.looks, np.array([self.number_of[name] for name in names], np.intp))

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each image that was looked at."""
        return {image: number for number, image in enumerate(self.planned.images)}

    @cached_property
    def _blank(self) -> NDArray[np.bool_]:
        """Which of the tiles looked at are not rendered."""
        return ~self.membership.painted(self.planned)

    @cached_property
    def _near(self) -> NDArray[np.intp]:
        """The likes of each tile that is not rendered, shape (n, LIKES)."""
        return self.likes.of(self.planned.looks, self._image, self._blank)

    @cached_property
    def _image(self) -> NDArray[np.intp]:
        """Number of the image of each tile that was looked at, shape (N,)."""
        return np.arange(self._blank.size) // len(self.windows)

    def balance(self) -> None:
        """Weight donors so that all of a stratum stand for equally many tiles, which makes sums right on average.

        Otherwise isolated donors, at the extremes of what there is, would stand for more tiles than others, and they
        are unlike the others. Weights are found by proportional fitting over the tiles that were looked at.

        Source: Deming and Stephan (1940), Annals of Mathematical Statistics 11(4), 427-444.
        """
        count, strata = len(self.donors), self.planned.looks.strata
        place = {where: number for number, where in enumerate(self.looks.strata)}
        of_tile = np.array([place.get(where, -1) for where in strata], np.intp)
        of_tile = of_tile[self.planned.looks.member[self._blank]]
        near = self._near
        own = of_tile == self.looks.member[near[:, 0]]
        near = near[own]
        if not near.size:
            return
        speakers = self.looks.tiles
        drawn = np.bincount(of_tile[own], minlength=speakers.size)
        wanted = (drawn / speakers)[self.looks.member]
        near, times = np.unique(near, axis=0, return_counts=True)  # many tiles have the same likes
        column = np.where(near < 0, count, near)  # missing donors come last, with weight zero
        weights = np.append(self.weights, 0.0)
        for _ in range(_ROUNDS):
            share = weights[column]
            share *= (times / share.sum(axis=1))[:, None]
            speaks = np.bincount(column.ravel(), share.ravel(), minlength=count + 1)[:count]
            weights[:count] *= np.where(speaks > 0, wanted / np.maximum(speaks, _TINY), 1.0)
        self.weights = weights[:count]

    def spoken(self) -> Spoken:
        """What donors stand for among all tiles looked at."""
        window_px = np.resize(self.window_px, self._blank.size)[self._blank]
        return self.summed(self._of_planned[self._blank], self._image[self._blank], window_px)

    def summed(
        self,
        donors: NDArray[np.intp],
        image: NDArray[np.intp],
        pixels: NDArray[np.float64],
        share: NDArray[np.float64] | None = None,
    ) -> Spoken:
        """What donors stand for among some tiles.

        If a tile of size z counts with probability s, it adds s times z to the sum; chance adds s (1 - s) z^2 to the square
        of the sum, and the tile itself adds s z^2.

        Args:
            donors: Donor of each tile, shape (n,).
            image: Number of the image of each among those that were looked at, shape (n,).
            pixels: [px] Size of each, shape (n,).
            share: Probability that each counts, shape (n,); by default all count.
        """
        size, count = pixels / self.donor_px[donors], len(self.donors)
        share = np.ones(size.size) if share is None else share
        is_kin = self.likes.image[donors] == image
        times, kin, squares = (
            np.bincount(donors, each, minlength=count).astype(np.float64)
            for each in (share * size, share * size * is_kin, share * (2.0 - share) * size * size)
        )
        return Spoken(times, squares, kin / np.maximum(times, _TINY))

    @cached_property
    def donor_px(self) -> NDArray[np.float64]:
        """[px] Pixels of each donor, shape (N,)."""
        return np.array([donor.facts.pixels for donor in self.donors], np.float64)

    def chances(self, near: NDArray[np.intp]) -> NDArray[np.float64]:
        """Probability of each of these donors being drawn, 0 for missing ones; shape (n, m)."""
        is_one = near >= 0
        weights = np.where(is_one, self.weights[near], 0.0)
        weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, is_one)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)

    def _drawn(
        self, looked: LookedAt, blank: NDArray[np.bool_], near: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """The donor of each tile that was looked at, -1 for those that are rendered; shape (N,)."""
        upto = np.cumsum(self.chances(near), axis=1)
        place = (upto < looked.dice[blank, None]).sum(axis=1)
        place = np.minimum(place, (near >= 0).sum(axis=1) - 1)
        found = np.full(blank.size, -1, np.intp)
        found[blank] = near[np.arange(place.size), place]
        return found

    @cached_property
    def _of_planned(self) -> NDArray[np.intp]:
        """The donors of all tiles looked at, by the weights when first used."""
        return self._drawn(self.planned, self._blank, self._near)

    @cached_property
    def _painted(self) -> dict[str, TileFacts]:
        return {donor.facts.tile_id: donor.facts for donor in self.donors}

    def _looked_at(self, acquisition: Acquisition) -> tuple[Sequence[Glance], NDArray[np.intp]]:
        """Glances at an image's tiles, and the donors of these tiles."""
        begin, count = self.planned.images.get(acquisition.id), len(self.windows)
        if begin is not None:
            some = slice(begin, begin + count)
            return self.planned.glances[some], self._of_planned[some]
        glances = self.source.glance(acquisition.view, self.windows)
        looked = look_at(self.membership.seed, {acquisition.id: glances})
        blank = ~self.membership.painted(looked)
        strange = np.full(count, NO_IMAGE, np.intp)  # its rendered tiles are no donors
        return glances, self._drawn(looked, blank, self.likes.of(looked.looks, strange, blank))

    def develop(
        self,
        acquisition: Acquisition,
        spool: Path | None,  # noqa: ARG002 - most tiles have no record, so none is kept
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; there are no records."""
        sensor, names = acquisition.view.sensor, acquisition.tile_ids
        glances, donors = self._looked_at(acquisition)
        self.drawn[acquisition.id] = donors
        unknown = [
            number
            for number in np.flatnonzero(donors < 0).tolist()
            if names[number] not in self._painted
        ]
        fresh = dict(zip(unknown, self.painter.develop_some(acquisition, unknown), strict=True))
        found: list[TileFacts] = []
        for number, donor in enumerate(donors.tolist()):
            name, raw_bytes = names[number], acquisition.tile_raw_bytes[number]
            if donor < 0:
                self.painted.add(name)
                found.append(fresh[number] if number in fresh else self._painted[name])
                continue
            pixels = self.windows[number].pixels
            painted_bytes = raw_bytes - counted_bytes(sensor, pixels)
            tile = Blank(name, glances[number], pixels, raw_bytes, painted_bytes)
            found.append(like(self.donors[donor], tile, self.missed_thin))
        return tuple(found)
