"""A sample of tiles is painted; every other tile is taken to be like one of them.

Which tiles are painted is drawn by the name of their image, evenly among those of it that look alike, so that it is the same in all
arms, and the tiles of a small fraction are among those of a larger one. A tile that is not painted looks, at a glance, like
some that were, of its own image if there are any: from one of these *donors*, drawn by its name, it takes what the masker says and
what the codec needs, as shares of its size. Its true cover is what the glance says, off by as much as that of its donor was.
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
"""A smaller sample tells too little: then so many are painted, or all that there are. Assumption."""
_ROUNDS = 50
"""Of proportional fitting. Assumption."""
FEWEST_IN_STRATUM = 3
"""So many are painted of each stratum, or all that there are; of tiles that are larger or smaller than most of their kind,
by their weight alone: where those are too few, they are taken to be like the others, as shares of their size. Small tiles
of each size are a kind of their own. Assumption."""
_TINY = 1e-12
Known = dict[tuple[str, str], list[tuple[int, int]]]
"""[byte] and [px] of clear ground that a tile brings down, taken for another one or for what it is, by both their ids; in a list
of arms."""


@dataclass(frozen=True)
class Membership:
    """Who is painted: whose number, drawn by name, is below the share of its stratum.

    Attributes:
        seed: Of the scenario.
        share: Of all tiles, 0 to 1.
        shares: Of the strata that were met; of others it is `share`.
        threshold: Cover from which on tiles are dropped.
    """

    seed: int
    share: float
    shares: Mapping[Stratum, float]
    threshold: float = 0.7

    def painted(self, looked: LookedAt) -> NDArray[np.bool_]:
        """Which tiles are painted, shape (N,)."""
        share = [self.shares.get(where, self.share) for where in looked.looks.strata]
        return looked.lots < np.array(share)[looked.looks.member]


def choose_members(
    seed: int,
    fraction: float,
    drawn_of: Mapping[Stratum, NDArray[np.float64]],
    threshold: float = 0.7,
) -> Membership:
    """Decide which share of each stratum is painted.

    Args:
        seed: Of the scenario.
        fraction: Of all tiles, at least; more of those whose figures spread most, fewer of the others.
        drawn_of: Numbers of the tiles that a flight is expected to take, sorted, by stratum.
        threshold: Cover from which on tiles are dropped.
    """
    count = sum(drawn.size for drawn in drawn_of.values())
    share = 1.0 if count <= FEWEST_TILES else max(fraction, FEWEST_TILES / count)
    tiles = {where: drawn.size for where, drawn in drawn_of.items()}
    if share >= 1.0:
        return Membership(seed, share, dict.fromkeys(tiles, 1.0), threshold)
    shares = _weighed(share * count, tiles, threshold)
    for where in largest_of_kinds(tiles):
        drawn = drawn_of[where]
        is_many = drawn.size > FEWEST_IN_STRATUM  # below this number there are just so many
        least = float(drawn[FEWEST_IN_STRATUM]) if is_many else 1.0
        shares[where] = max(shares[where], least)
    return Membership(seed, share, shares, threshold)


def _weighed(wanted: float, tiles: Mapping[Stratum, int], threshold: float) -> dict[Stratum, float]:
    """Shares of strata, by their weights and 1 at most, that come to so many tiles together."""
    weights = {where: weight(where, threshold) for where in tiles}
    open_weight = sum(tiles[where] * each for where, each in weights.items())
    shares = dict.fromkeys(tiles, 1.0)
    for where in sorted(tiles, key=weights.__getitem__, reverse=True):
        # What is too much for one goes to the others.
        shares[where] = min(wanted * weights[where] / open_weight, 1.0)
        wanted -= shares[where] * tiles[where]
        open_weight -= weights[where] * tiles[where]
    return shares


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """For what donors speak, N of them.

    Attributes:
        times: For so many tiles, each counted as often as it is as large as the donor, shape (N,).
        squares: The sum of squares of these sizes, shape (N,), and what chance adds to the square of the sum where it
            decides which tiles count.
        kin: Share of the former that is of the donor's own image, 0 to 1, shape (N,).
    """

    times: NDArray[np.float64]
    squares: NDArray[np.float64]
    kin: NDArray[np.float64]


@dataclass
class Sampled:
    """What paints some tiles and draws the others: the darkroom of `fidelity: sampled`.

    Attributes:
        painter: Paints, masks and compresses.
        donors: Painted tiles, at least one.
        windows: The tiles of an image, in grid order.
        planned: What was looked at already.
        missed_thin: Of more thin cloud, 0 to 1: what the masker misses of it.
        known: What is told already of painted tiles as they would be taken for others; `sample_error` adds to it.
        drawn: Of each image that was developed the donor of each tile, -1 of those that were painted; shape (T,).
        painted: Ids of tiles that were painted.
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
        """Of the donors."""
        return Looks.of([donor.glance for donor in self.donors])

    @cached_property
    def window_px(self) -> NDArray[np.float64]:
        """[px] Of the tiles of an image, shape (T,)."""
        return np.array([window.pixels for window in self.windows], np.float64)

    @cached_property
    def likes(self) -> Likes:
        """Who is like whom."""
        names = [tile_place(donor.facts.tile_id)[0] for donor in self.donors]
        return Likes(self.looks, np.array([self.number_of[name] for name in names], np.intp))

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each image that was looked at."""
        return {image: number for number, image in enumerate(self.planned.images)}

    @cached_property
    def _blank(self) -> NDArray[np.bool_]:
        """Which of what was looked at is not painted."""
        return ~self.membership.painted(self.planned)

    @cached_property
    def _near(self) -> NDArray[np.intp]:
        """The likes of each of those, shape (n, LIKES)."""
        return self.likes.of(self.planned.looks, self._image, self._blank)

    @cached_property
    def _image(self) -> NDArray[np.intp]:
        """Number of the image of each tile that was looked at, shape (N,)."""
        return np.arange(self._blank.size) // len(self.windows)

    def balance(self) -> None:
        """Weigh donors so that all of a stratum speak for as many tiles: then sums are right in the mean.

        Without it those that stand alone, at the ends of what there is, would speak for more than others, and those are
        not like the others. Weights are found by proportional fitting over the tiles that were looked at.

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
        column = np.where(near < 0, count, near)  # who is nobody comes last, and weighs nothing
        weights = np.append(self.weights, 0.0)
        for _ in range(_ROUNDS):
            share = weights[column]
            share *= (times / share.sum(axis=1))[:, None]
            speaks = np.bincount(column.ravel(), share.ravel(), minlength=count + 1)[:count]
            weights[:count] *= np.where(speaks > 0, wanted / np.maximum(speaks, _TINY), 1.0)
        self.weights = weights[:count]

    def spoken(self) -> Spoken:
        """For what of all that was looked at donors speak."""
        window_px = np.resize(self.window_px, self._blank.size)[self._blank]
        return self.summed(self._of_planned[self._blank], self._image[self._blank], window_px)

    def summed(
        self,
        donors: NDArray[np.intp],
        image: NDArray[np.intp],
        pixels: NDArray[np.float64],
        share: NDArray[np.float64] | None = None,
    ) -> Spoken:
        """For what of some tiles donors speak.

        Where chance s decides whether a tile of size z counts, z counts s times; the square of the sum strays by s (1 - s) z^2,
        and the tile itself adds s z^2.

        Args:
            donors: Of each tile, shape (n,).
            image: Number of the image of each among those that were looked at, shape (n,).
            pixels: [px] Of each, shape (n,).
            share: How likely each is to count, shape (n,); all do if left out.
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
        """[px] Of each donor, shape (N,)."""
        return np.array([donor.facts.pixels for donor in self.donors], np.float64)

    def chances(self, near: NDArray[np.intp]) -> NDArray[np.float64]:
        """How likely each of these donors is to be drawn, 0 for nobody; shape (n, m)."""
        is_one = near >= 0
        weights = np.where(is_one, self.weights[near], 0.0)
        weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, is_one)
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float64)

    def _drawn(
        self, looked: LookedAt, blank: NDArray[np.bool_], near: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """The donor of each tile that was looked at, -1 of those that are painted; shape (N,)."""
        upto = np.cumsum(self.chances(near), axis=1)
        place = (upto < looked.dice[blank, None]).sum(axis=1)
        place = np.minimum(place, (near >= 0).sum(axis=1) - 1)
        found = np.full(blank.size, -1, np.intp)
        found[blank] = near[np.arange(place.size), place]
        return found

    @cached_property
    def _of_planned(self) -> NDArray[np.intp]:
        """The donors of all that was looked at, by the weights that stand now."""
        return self._drawn(self.planned, self._blank, self._near)

    @cached_property
    def _painted(self) -> dict[str, TileFacts]:
        return {donor.facts.tile_id: donor.facts for donor in self.donors}

    def _looked_at(self, acquisition: Acquisition) -> tuple[Sequence[Glance], NDArray[np.intp]]:
        """Glances at an image's tiles, and the donors of these."""
        begin, count = self.planned.images.get(acquisition.id), len(self.windows)
        if begin is not None:
            some = slice(begin, begin + count)
            return self.planned.glances[some], self._of_planned[some]
        glances = self.source.glance(acquisition.view, self.windows)
        looked = look_at(self.membership.seed, {acquisition.id: glances})
        blank = ~self.membership.painted(looked)
        strange = np.full(count, NO_IMAGE, np.intp)  # what is painted of it is no donor
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
