"""How far a total over drawn tiles may be off: as far as donors are, were they drawn from donors of other scenes.

What is true of a drawn tile nobody knows; of the donor that it takes after it is known. So each third of the donors is drawn
like tiles from the other two, and kept or dropped by the rule that flies. A flight is then as far off as if its tiles were
donors that resemble theirs and lie on such ground, those of one image of one scene, as they are drawn: it has its own mix of ground, sky
and sun, its own threshold and its own size of images, and so has its error.

The variance of a total is that of its images, which err independently of each other, and that with which a mean error is known
from the scenes of the fit. Few scenes may stand behind either, so that degrees of freedom are told with it.

Source: Stone 1974, Journal of the Royal Statistical Society B 36(2), 111-147, for judging by what was left out; Cochran 1977,
Sampling Techniques, section 9A.3, for means whose parts come in clusters; Satterthwaite 1946, Biometrics Bulletin 2(6), 110-114.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream
from payload.surrogate.likeness import NEIGHBOURS, ground_of
from payload.surrogate.model import Surrogate, TileSize, as_donor, of_one_scene
from payload.types import CoverEstimate

Keeps = Callable[[Sequence[CoverEstimate]], Sequence[bool]]
"""Which tiles are kept, by what the masker says of them."""
_Seen = Sequence[tuple[CoverEstimate, int]]  # and [byte] the length of the record

_TURNS = 3  # each third of the donors is judged by the other two
_DRAWS = 4  # of each donor
_REPLICAS, _IMAGES = 16, 4096
"""An image is drawn again so many times to learn how it spreads; of many images each less often, so many in all."""
_TILES_AT_ONCE = 2**14


@dataclass(frozen=True, slots=True)
class Taken:
    """Tiles that were drawn, one row a tile.

    Attributes:
        donor: Number of the donor that it takes after, shape (T,).
        surface: Of its own ground, index into `SURFACES`, shape (T,).
        image: Number of its image, from 0, ascending, shape (T,).
        sizes: [byte] Length of its raw record, [px] its area; shape (T, 2).
    """

    donor: NDArray[np.intp]
    surface: NDArray[np.intp]
    image: NDArray[np.intp]
    sizes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Error of a total: drawn less painted.

    Attributes:
        bias: Expected, as far as it is known.
        deviation: Standard deviation around that.
        freedom: Degrees of freedom of the deviation.
    """

    bias: float
    deviation: float
    freedom: float


def doubts(surrogate: Surrogate, taken: Taken, keeps: Keeps) -> tuple[Doubt, Doubt]:
    """How far totals over tiles may be off: of bytes of kept tiles, and of clear pixels in them."""
    crossed = _crossed_of(surrogate)
    errors = crossed.errors(keeps)
    likes = _likes(surrogate, taken)
    of_images = _variance_of_images(surrogate, taken, errors, likes)
    found = [
        _doubt(
            surrogate, taken.sizes[:, figure], errors[:, :, figure], likes, float(of_images[figure])
        )
        for figure in range(2)
    ]
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class _Likes:
    """Donors that stand for tiles.

    Attributes:
        row: Which row is a tile's, shape (T,).
        donors: The donors that are as likely, shape (U, M).
    """

    row: NDArray[np.intp]
    donors: NDArray[np.intp]


def _likes(surrogate: Surrogate, taken: Taken) -> _Likes:
    """Donors that resemble a tile's own, and lie on such ground as the tile does: its own may be of another, for want of a better."""
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


def _doubt(
    surrogate: Surrogate,
    sizes: NDArray[np.float64],
    errors: NDArray[np.float64],
    likes: _Likes,
    of_images: float,
) -> Doubt:
    """Of one figure: `sizes` of tiles, `errors` of donors, shape (draws, N), and the variance of its images."""
    mean = errors.mean(axis=0)
    weights = _weights(likes, sizes, mean.size)
    bias = float((weights * mean).sum())
    apart = weights * (mean - bias / max(float(weights.sum()), 1.0))
    of_scenes = np.bincount(surrogate.scene_of, apart) ** 2
    known = float(of_scenes.sum())
    squares = _weights(likes, sizes**2, mean.size) * (errors**2).mean(axis=0)
    theirs = np.bincount(surrogate.scene_of, squares)
    from_scenes = theirs * of_images / max(float(theirs.sum()), 1e-9)
    variance = of_images + known
    parts = float(((from_scenes + of_scenes) ** 2).sum())
    # Assumption: the bias is believed as far as its square exceeds its variance, after Efron and Morris 1973, Journal of
    # the American Statistical Association 68, 117-130: tiles of the fit are seldom biased, and what a few donors tell of it is noise.
    believed = max(0.0, 1.0 - known / bias**2) if bias else 0.0
    return Doubt(believed * bias, variance**0.5, variance**2 / parts if parts else 1e9)


def _weights(likes: _Likes, sizes: NDArray[np.float64], donors: int) -> NDArray[np.float64]:
    """How much of the tiles is expected to err as each donor does, shape (N,)."""
    rows, each = likes.donors.shape
    of_rows = np.bincount(likes.row, sizes, rows) / each
    return np.asarray(
        np.bincount(likes.donors.ravel(), np.repeat(of_rows, each), donors), np.float64
    )


def _variance_of_images(
    surrogate: Surrogate,
    taken: Taken,
    errors: NDArray[np.float64],
    likes: _Likes,
) -> NDArray[np.float64]:
    """Of the sum over images of their errors, were each drawn again, shape (2,)."""
    images = int(taken.image.max(initial=-1)) + 1
    replicas = min(_REPLICAS, max(2, _IMAGES // max(images, 1)))
    ends = np.searchsorted(taken.image, np.arange(images + 1))
    together = max(1, _TILES_AT_ONCE * images // max(taken.donor.size, 1))
    variance = np.zeros(2)
    for first in range(0, images, together):
        last = min(first + together, images)
        tiles = slice(ends[first], ends[last])
        image, nears = taken.image[tiles] - first, likes.donors[likes.row[tiles]]
        scenes = surrogate.scene_of[nears]
        sums = np.zeros((replicas, last - first, 2))
        for replica in range(replicas):
            dice = stream(0, "doubt", first, replica)
            moods = dice.random((last - first, surrogate.scenes))[image[:, None], scenes]
            like = of_one_scene(nears, scenes, moods, dice.random(image.size))
            found = errors[replica % _DRAWS, like] * taken.sizes[tiles]
            for figure in range(2):
                sums[replica, :, figure] = np.bincount(image, found[:, figure], last - first)
        variance += sums.var(axis=0, ddof=1).sum(axis=0)
    return variance


@dataclass(frozen=True, slots=True)
class _Crossed:
    """Donors as they are, and as they would be drawn from donors of other scenes.

    Attributes:
        sizes: [byte] Of their raw records, [px] their area; shape (N, 2).
        painted: What they are.
        drawn: What they would be, some times.
    """

    sizes: NDArray[np.float64]
    painted: _Seen
    drawn: Sequence[_Seen]

    def errors(self, keeps: Keeps) -> NDArray[np.float64]:
        """Drawn less painted as shares of a tile's size: kept bytes and clear pixels, shape (draws, N, 2)."""
        painted = _brought_down(self.painted, keeps)
        drawn = np.array([_brought_down(seen, keeps) for seen in self.drawn])
        return np.asarray((drawn - painted) / self.sizes, np.float64)


def _brought_down(seen: _Seen, keeps: Keeps) -> NDArray[np.float64]:
    """[byte], [px] Of each tile, shape (N, 2)."""
    kept = np.array(keeps([estimate for estimate, _ in seen]), np.float64)
    found = [(encoded_bytes, estimate.clear_px or 0) for estimate, encoded_bytes in seen]
    return np.asarray(np.array(found, np.float64) * kept[:, None], np.float64)


_known: dict[str, _Crossed] = {}  # a sweep flies one surrogate many times


def _crossed_of(surrogate: Surrogate) -> _Crossed:
    if surrogate.digest not in _known:
        _known[surrogate.digest] = _cross(surrogate)
    return _known[surrogate.digest]


def _cross(surrogate: Surrogate) -> _Crossed:
    turns = surrogate.scene_of % _TURNS
    donors = np.tile(np.arange(turns.size), (_DRAWS, 1))  # alone, they are what they are
    for turn in range(_TURNS):
        judged, others = np.flatnonzero(turns == turn), np.flatnonzero(turns != turn)
        if not judged.size or not others.size:
            continue
        near = others[surrogate.looks.taken(others).nearest_of_all(surrogate.looks.taken(judged))]
        scenes = surrogate.scene_of[near]
        mine = surrogate.scene_of[judged]
        for number in range(_DRAWS):
            dice = stream(0, "crossed", turn, number)
            moods = dice.random((surrogate.scenes, surrogate.scenes))[mine[:, None], scenes]
            donors[number, judged] = of_one_scene(near, scenes, moods, dice.random(judged.size))
    raw_bytes = surrogate.donors.raw_bytes
    sizes = [
        TileSize(int(pixels), raw) for pixels, raw in zip(surrogate.pixels, raw_bytes, strict=True)
    ]
    return _Crossed(
        sizes=np.stack([np.array(raw_bytes, np.float64), surrogate.pixels], axis=1),
        painted=_painted(surrogate),
        drawn=[
            [
                as_donor(surrogate.shares[donor], cover, size)
                for donor, cover, size in zip(row, surrogate.donors.cover, sizes, strict=True)
            ]
            for row in donors.tolist()
        ],
    )


def _painted(surrogate: Surrogate) -> _Seen:
    """What was found in donors, and the lengths of their records."""
    at = surrogate.donors
    columns = (
        at.true_cloud_px,
        at.missed_cloud_px,
        at.false_cloud_px,
        at.true_clear_px,
        at.expected_cloud_px,
        at.encoded_bytes,
    )
    return [
        (
            CoverEstimate(
                true_px + missed_px + false_px + clear_px,
                true_px + false_px,
                true_px,
                missed_px,
                false_px,
                clear_px,
                float(expected_px),
            ),
            encoded_bytes,
        )
        for true_px, missed_px, false_px, clear_px, expected_px, encoded_bytes in zip(
            *columns, strict=True
        )
    ]
