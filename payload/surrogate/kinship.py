"""From scenes to images: how alike tiles of one scene err, and so how much wider the error of a smaller image is.

The error of a scene has a part that its tiles share, as they share haze, ground and sun, and one that each has of its
own. Of an image of n tiles the variance of the relative error is r + (1 - r) / n of a tile's, r being the correlation of the errors
of two of its tiles: the components of variance of a one-way layout. An image of more tiles than a scene is told no surer than a
scene, which is true of it whatever r is: what large errors a few scenes showed need not even out within an image.

Source: Kish 1965, Survey Sampling, chapter 5, for r and its effect, and section 11.7 for tiles of unequal size; Cochran 1977,
Sampling Techniques, chapter 6, for the deviation of a ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from payload.rng import stream
from payload.surrogate.fitting import brought_down
from payload.surrogate.model import Z_95, Donors, Surrogate, TileSize, as_donor, of_one_scene
from payload.types import CoverEstimate

_TURNS = 3  # each third of the donors is judged by the other two


@dataclass(frozen=True, slots=True)
class Kinship:
    """How alike two tiles of one scene err.

    Attributes:
        correlation: Of their errors; 1 where scenes have one tile, of which nobody can tell.
        deviation: Standard deviation of that.
    """

    correlation: float
    deviation: float

    def width(self, tiles: float, scene_tiles: float) -> float:
        """Standard deviation of an image's relative error over that of a scene's, no less than 1.

        The correlation is taken at the lower end of its own 95 % interval, where it is wider. Assumption: part
        of a tile is to a tile as a tile is to a scene, area for area, as clouds look alike at any scale.

        Args:
            tiles: Of an image, of the size of those of a scene: see `even_tiles`.
            scene_tiles: Of a scene.
        """
        if tiles < 1.0:
            of_one = self.width(1.0, scene_tiles)
            return of_one if scene_tiles <= 1.0 else of_one ** (1.0 - log(tiles, scene_tiles))
        shared = min(max(self.correlation - Z_95 * self.deviation, 0.0), 1.0)
        own = 1.0 - shared
        fewer = min(tiles, scene_tiles)
        return float(((shared + own / fewer) / (shared + own / scene_tiles)) ** 0.5)


def even_tiles(areas_px: Sequence[int], tile_px: int) -> float:
    """How many tiles of one size even out as much as those of an image, whose far edges have smaller ones.

    Args:
        areas_px: [px] Of the image's tiles, each.
        tile_px: [px] Side of a whole tile; where the image has none, its tiles count for less than one.
    """
    return sum(areas_px) ** 2 / sum(area**2 for area in areas_px) * max(areas_px) / tile_px**2


def widths(surrogate: Surrogate, tiles: float) -> tuple[float, float]:
    """How much wider the error of an image is than that of a scene, of kept bytes and of kept clear pixels.

    Args:
        surrogate: Of its scenes kept out the file tells the error alone, of donors each tile. The interval takes
            its width from the former; how that changes with the size of an image is learnt from donors.
        tiles: Of an image: see `even_tiles`.
    """
    held_out = surrogate.held_out
    if not held_out.scenes or tiles * held_out.scenes >= held_out.tiles:
        return 1.0, 1.0
    if surrogate.digest not in _known:
        _known[surrogate.digest] = tuple(
            kinship(surrogate.scene_of, column) for column in _errors(surrogate).T
        )
    of_bytes, of_clear = _known[surrogate.digest]
    scene_tiles = held_out.tiles / held_out.scenes
    return of_bytes.width(tiles, scene_tiles), of_clear.width(tiles, scene_tiles)


_known: dict[str, tuple[Kinship, ...]] = {}  # a sweep flies one surrogate many times


def kinship(scenes: NDArray[np.intp], errors: NDArray[np.float64]) -> Kinship:
    """How alike errors of tiles are within scenes: the mean product of two over the mean square.

    Args:
        scenes: Of which a tile is, shape (N,).
        errors: Of tiles, shape (N,).
    """
    apart = errors - errors.mean()
    tiles = np.bincount(scenes)
    squares = np.bincount(scenes, apart**2)
    products = np.bincount(scenes, apart) ** 2 - squares  # of all pairs, each twice
    weights = squares * (tiles - 1)
    if not weights.any():
        return Kinship(1.0, 0.0)
    found = float(products.sum() / weights.sum())
    deviation = np.sum((products - found * weights) ** 2) ** 0.5 / weights.sum()
    return Kinship(found, float(deviation))


def _errors(surrogate: Surrogate) -> NDArray[np.float64]:
    """Drawn less painted, kept bytes and kept clear pixels of each donor, shape (N, 2)."""
    turns = surrogate.scene_of % _TURNS
    errors = np.zeros((turns.size, 2))
    for turn in range(_TURNS):
        judged, others = np.flatnonzero(turns == turn), np.flatnonzero(turns != turn)
        if not others.size:
            continue
        drawn = others[_drawn(surrogate, judged, others, turn)]
        for tile, donor in zip(judged.tolist(), drawn.tolist(), strict=True):
            estimate, raw_bytes, encoded_bytes = _painted(surrogate.donors, tile)
            size = TileSize(estimate.valid_px, raw_bytes)
            got = brought_down(
                *as_donor(surrogate.shares[donor], surrogate.donors.cover[tile], size)
            )
            errors[tile] = np.subtract(got, brought_down(estimate, encoded_bytes))
    return errors


def _drawn(
    surrogate: Surrogate, judged: NDArray[np.intp], others: NDArray[np.intp], turn: int
) -> NDArray[np.intp]:
    """For each donor that is judged one of the others, as `draw_each` draws them, by number among these."""
    dice = stream(turn, "kinship")
    near = surrogate.looks.taken(others).nearest_of_all(surrogate.looks.taken(judged))
    met, theirs = np.unique(surrogate.scene_of[others], return_inverse=True)
    seen, mine = np.unique(surrogate.scene_of[judged], return_inverse=True)
    scenes = theirs[near]
    moods = dice.random((seen.size, met.size))[mine[:, None], scenes]
    return of_one_scene(near, scenes, moods, dice.random(judged.size))


def _painted(donors: Donors, tile: int) -> tuple[CoverEstimate, int, int]:
    """What was found in a donor, and the lengths of its raw record and of its record [byte]."""
    true_px, missed_px = donors.true_cloud_px[tile], donors.missed_cloud_px[tile]
    false_px, clear_px = donors.false_cloud_px[tile], donors.true_clear_px[tile]
    estimate = CoverEstimate(
        true_px + missed_px + false_px + clear_px,
        true_px + false_px,
        true_px,
        missed_px,
        false_px,
        clear_px,
    )
    return estimate, donors.raw_bytes[tile], donors.encoded_bytes[tile]
