"""The error of a total over drawn tiles, from the errors of donors when they are drawn from donors of other scenes.

The truth about a drawn tile is unknown, but that about its donor is known. So each third of the donors is drawn, like tiles,
from the other two. The tiles of a flight are then replaced by donors that resemble their own and lie on similar ground, those
of one image by donors of one scene; the error is the difference between these as drawn and as painted, with the tile's own
cover, which decides how near it lies to the threshold, and kept or dropped by the flight's own rule. So the error reflects the
flight's own mix of ground, sky and sun, its own rule and its own size of images.

The variance of a total is that of its images, which err independently of each other, plus that of the mean error as known from
the scenes of the fit. Either may rest on few scenes, so degrees of freedom are given with it.

Source: Stone 1974, Journal of the Royal Statistical Society B 36(2), 111-147, for cross-validation; Cochran 1977, Sampling
Techniques, section 9A.3, for means over clusters; Satterthwaite 1946, Biometrics Bulletin 2(6), 110-114.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream
from payload.surrogate.likeness import NEIGHBOURS, ground_of
from payload.surrogate.model import Surrogate, of_one_scene

Real = NDArray[np.float64]

_TURNS = 3  # each third of the donors is judged by the other two
_DRAWS = 4  # draws for each donor
_REPLICAS, _IMAGES = 16, 4096
"""Times that an image is redrawn to estimate its variance; fewer if there are many images, this many redraws in all."""
_TILES_AT_ONCE = 2**14


@dataclass(frozen=True, slots=True)
class Rule:
    """Which tiles are kept: those whose cover is not above a threshold.

    Attributes:
        max_cover: The threshold.
        is_expected: Whether the cover is the expected one from probabilities, rather than that of the mask.
    """

    max_cover: float
    is_expected: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """Tiles that were drawn, one row for each.

    Attributes:
        donor: Number of its donor, shape (T,).
        surface: Of the tile itself, index into `SURFACES`, shape (T,).
        cover: Of the tile itself, by a glance, 0 to 1, shape (T,).
        image: Number of its image, from 0, ascending, shape (T,).
        sizes: [byte] Length of its raw record, [px] its area; shape (T, 2).
    """

    donor: NDArray[np.intp]
    surface: NDArray[np.intp]
    cover: Real
    image: NDArray[np.intp]
    sizes: Real


@dataclass(frozen=True, slots=True)
class Doubt:
    """Error of a total: drawn less painted.

    Attributes:
        bias: Expected error, as far as it is known.
        deviation: Standard deviation around that.
        freedom: Degrees of freedom of the deviation.
    """

    bias: float
    deviation: float
    freedom: float


def doubts(surrogate: Surrogate, taken: Taken, rule: Rule) -> tuple[Doubt, Doubt]:
    """The errors of totals over tiles: of bytes of kept tiles, and of clear pixels in them."""
    crossed, likes = _crossed_of(surrogate), _likes(surrogate, taken)
    crossed.know(np.unique(likes.donors))
    whole_px = surrogate.fitted_on.tile_px**2
    of_bytes, of_clear = _Sums.of(surrogate.scenes), _Sums.of(surrogate.scenes)
    for images, tiles in _blocks(taken):
        nears = likes.donors[likes.row[tiles]]
        scenes = surrogate.scene_of[nears]
        turns = _turns(surrogate.scenes, images, taken.image[tiles] - images.start, scenes)
        larger = whole_px / taken.sizes[tiles, 1]
        found = crossed.errors(nears, (taken.cover[tiles], larger), rule)
        for figure, sums in enumerate((of_bytes, of_clear)):
            errors = found[figure] * taken.sizes[tiles, figure, None]
            sums.add(errors, scenes, taken.sizes[tiles, figure])
            sums.of_images += _variance(errors, turns, taken.image[tiles] - images.start)
    return of_bytes.doubt, of_clear.doubt


@dataclass
class _Sums:
    """Sums for the error of one total, by scene of the fit, each of shape (scenes,).

    Attributes:
        errors: Expected error from the scene's donors.
        sizes: Size of the tiles that they stand for.
        squares: Squared errors of tiles.
        of_images: Variance of the images' errors, a number.
    """

    errors: Real
    sizes: Real
    squares: Real
    of_images: float = 0.0

    @classmethod
    def of(cls, scenes: int) -> "_Sums":
        """Empty sums."""
        return cls(np.zeros(scenes), np.zeros(scenes), np.zeros(scenes))

    def add(self, errors: Real, scenes: NDArray[np.intp], sizes: Real) -> None:
        """Add the errors of tiles, shape (draws, T, M), whose donors are of scenes, shape (T, M)."""
        each, flat, count = scenes.shape[1], scenes.ravel(), self.sizes.size
        self.errors += np.bincount(flat, errors.mean(axis=0).ravel(), count) / each
        self.squares += np.bincount(flat, (errors**2).mean(axis=0).ravel(), count) / each
        self.sizes += np.bincount(flat, np.repeat(sizes, each), count) / each

    @property
    def doubt(self) -> Doubt:
        """The resulting error of the total."""
        bias = float(self.errors.sum())
        apart = self.errors - self.sizes * (bias / max(float(self.sizes.sum()), 1.0))
        of_scenes = apart**2
        known = float(of_scenes.sum())
        from_scenes = self.squares * (self.of_images / max(float(self.squares.sum()), 1e-9))
        variance = self.of_images + known
        parts = float(((from_scenes + of_scenes) ** 2).sum())
        # Assumption: the bias is trusted as far as its square exceeds its variance, after Efron and Morris 1973, Journal of the
        # American Statistical Association 68, 117-130: the fit is seldom biased, and a bias from a few donors is noise.
        believed = max(0.0, 1.0 - known / bias**2) if bias else 0.0
        return Doubt(believed * bias, variance**0.5, variance**2 / parts if parts else 1e9)


@dataclass(frozen=True, slots=True)
class _Likes:
    """Donors that stand for tiles.

    Attributes:
        row: Each tile's row in `donors`, shape (T,).
        donors: The equally likely donors, shape (U, M).
    """

    row: NDArray[np.intp]
    donors: NDArray[np.intp]


def _likes(surrogate: Surrogate, taken: Taken) -> _Likes:
    """Donors that resemble a tile's own and lie on the tile's group of ground, which its own, if no better was found, may not."""
    looks = surrogate.looks
    met, row = np.unique(
        np.stack([taken.donor, taken.surface], axis=1), axis=0, return_inverse=True
    )
    count = min(NEIGHBOURS, looks.surface.size)
    donors = np.empty((len(met), count), np.intp)
    grounds = ground_of(met[:, 1])
    for ground in np.unique(grounds):
        such = np.flatnonzero(ground_of(looks.surface) == ground)
        such = such if such.size else np.arange(looks.surface.size)
        those = np.flatnonzero(grounds == ground)
        near = such[looks.taken(such).nearest_of_all(looks.taken(met[those, 0]))]
        donors[those] = near[:, np.arange(count) % near.shape[1]]
    return _Likes(row.ravel(), donors)


def _blocks(taken: Taken) -> Iterator[tuple[range, slice]]:
    """Batches of images, each with the slice of its tiles."""
    images = int(taken.image.max(initial=-1)) + 1
    ends = np.searchsorted(taken.image, np.arange(images + 1)).tolist()
    together = max(1, _TILES_AT_ONCE * images // max(taken.donor.size, 1))
    for first in range(0, images, together):
        last = min(first + together, images)
        yield range(first, last), slice(ends[first], ends[last])


def _turns(
    count: int, images: range, image: NDArray[np.intp], scenes: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Which of its donors a tile gets each time its image is redrawn, shape (replicas, T).

    Args:
        count: Number of scenes of the fit.
        images: Numbers of the images.
        image: Image of each tile, counted from the first of them, shape (T,).
        scenes: Scenes of the donors of each tile, shape (T, M).
    """
    replicas = min(_REPLICAS, max(2, _IMAGES // len(images)))
    places = np.broadcast_to(np.arange(scenes.shape[1]), scenes.shape)
    found = np.empty((replicas, image.size), np.intp)
    for replica in range(replicas):
        dice = stream(0, "doubt", images.start, replica)
        moods = dice.random((len(images), count))[image[:, None], scenes]
        found[replica] = of_one_scene(places, scenes, moods, dice.random(image.size))
    return found


def _variance(errors: Real, turns: NDArray[np.intp], image: NDArray[np.intp]) -> float:
    """Variance of the summed errors of images under redrawing, from errors of tiles, shape (draws, T, M)."""
    tiles = np.arange(image.size)
    sums = [
        np.bincount(image, errors[replica % _DRAWS, tiles, turn])
        for replica, turn in enumerate(turns)
    ]
    return float(np.var(sums, axis=0, ddof=1).sum())


@dataclass(frozen=True, slots=True)
class _Crossed:
    """Donors as they are, and as they would be drawn from donors of other scenes.

    Attributes:
        surrogate: The surrogate that has these donors.
        shares: Cloud found, clear called cloud, expected minus called cloud, and `Surrogate.lengths`; shape (N, 5).
        unseen: True cover minus cover at a glance, shape (N,).
        drawn: Numbers of the donors whose shares each would take, shape (draws, N); negative until drawn.
    """

    surrogate: Surrogate
    shares: Real
    unseen: Real
    drawn: NDArray[np.intp]

    @classmethod
    def of(cls, surrogate: Surrogate) -> "_Crossed":
        """Donors for which nothing has been drawn yet."""
        unseen = surrogate.true_cover - surrogate.looks.cover
        unknown = np.full((_DRAWS, unseen.size), -1, np.intp)
        shares = np.hstack([np.array(surrogate.shares)[:, :3], surrogate.lengths])
        return cls(surrogate, shares, unseen, unknown)

    def know(self, wanted: NDArray[np.intp]) -> None:
        """Draw for those of the donors that lack it; a draw does not depend on which others are wanted."""
        donors = self.surrogate
        turns = donors.scene_of % _TURNS
        unknown = np.zeros(turns.size, np.bool_)
        unknown[wanted] = self.drawn[0, wanted] < 0
        for turn in range(_TURNS):
            judged, others = np.flatnonzero(turns == turn), np.flatnonzero(turns != turn)
            places = np.flatnonzero(unknown[judged])
            asked = judged[places]
            if not others.size:  # nothing to draw from: each stands for itself
                self.drawn[:, asked] = asked
            elif asked.size:
                looks = donors.looks
                near = others[looks.taken(others).nearest_of_all(looks.taken(asked))]
                scenes, mine = donors.scene_of[near], donors.scene_of[asked]
                for number in range(_DRAWS):
                    dice = stream(0, "crossed", turn, number)
                    moods = dice.random((donors.scenes, donors.scenes))[mine[:, None], scenes]
                    lots = dice.random(judged.size)[places]
                    self.drawn[number, asked] = of_one_scene(near, scenes, moods, lots)

    def errors(
        self, nears: NDArray[np.intp], tiles: tuple[Real, Real], rule: Rule
    ) -> tuple[Real, Real]:
        """Drawn minus painted, of kept bytes and of clear pixels, as shares of a tile: each of shape (draws, T, M).

        Args:
            nears: Donors that stand for each tile, shape (T, M).
            tiles: Their covers at a glance, and the area of a whole tile over theirs; each of shape (T,).
            rule: Which tiles are kept.
        """
        cover, larger = (column[:, None] for column in tiles)
        drawn = _brought_down(self.shares[self.drawn[:, nears]], (cover, larger), rule)
        true_cover = np.clip(cover + self.unseen[nears], 0.0, 1.0)
        painted = _brought_down(self.shares[nears], (true_cover, larger), rule)
        return drawn[0] - painted[0], drawn[1] - painted[1]


def _brought_down(shares: Real, tiles: tuple[Real, Real], rule: Rule) -> tuple[Real, Real]:
    """Bytes and clear pixels, as shares of a tile, of tiles with these covers and sizes and donors' shares; 0 if dropped."""
    cover, larger = tiles
    found, wrong, surplus, length, own_cost = np.moveaxis(shares, -1, 0)
    length = np.minimum(length + own_cost * (larger - 1.0), 1.0)  # at most the raw record
    told = found * cover + wrong * (1.0 - cover)
    if rule.is_expected:
        told = told + surplus
    kept = np.clip(told, 0.0, 1.0) <= rule.max_cover
    return kept * length, kept * (1.0 - cover)


_known: dict[str, _Crossed] = {}  # a sweep flies one surrogate many times


def _crossed_of(surrogate: Surrogate) -> _Crossed:
    if surrogate.digest not in _known:
        _known[surrogate.digest] = _Crossed.of(surrogate)
    return _known[surrogate.digest]
