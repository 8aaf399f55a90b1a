"""How certain a score is: several seeds of one masker, and two maskers on the same images."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.rng import stream
from payload.training.judge.judging import Judged

_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Spread:
    """A score over several seeds; `sd` is the sample standard deviation, None for a single seed."""

    mean: float
    low: float
    high: float
    sd: float | None
    seeds: int


@dataclass(frozen=True, slots=True)
class Difference:
    """IoU of one masker minus that of another on the same images.

    Attributes:
        iou: The difference itself.
        low: 2.5 % of the resampled sets of scenes show less.
        high: 2.5 % show more.
        ahead: Share of resampled sets in which the difference is above zero.
    """

    iou: float
    low: float
    high: float
    ahead: float


def spread(values: Sequence[float | None]) -> Spread | None:
    """Mean and spread of a score; None if a seed lacks it."""
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return None
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return Spread(float(np.mean(known)), min(known), max(known), sd, len(known))


def difference(
    ours: Sequence[Judged], theirs: Sequence[Judged], *, seed: int = 0
) -> Difference | None:
    """How much a lead depends on which scenes happened to be chosen: a paired bootstrap over scenes.

    Scenes are resampled with replacement, the same draw for both maskers. Counts of each image are
    averaged over seeds; the spread between seeds is a separate matter (`spread`). None if there is no
    cloud at all, by the maskers or by truth.

    Args:
        ours: One masker, once per seed.
        theirs: Another masker, once per seed.
        seed: Seed of the draws.

    Raises:
        MaskerError: They were not judged on the same images.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13 (percentiles).
    """
    if len({tuple(a.image for a in judged.answers) for judged in (*ours, *theirs)}) != 1:
        raise MaskerError("maskers can only be compared on the same images")
    left, right = (np.mean([_counts(one) for one in seeds], axis=0) for seeds in (ours, theirs))
    scenes, place = np.unique([a.scene for a in ours[0].answers], return_inverse=True)
    draws = stream(seed, "bootstrap").integers(0, len(scenes), size=(_DRAWS, len(scenes)))
    weights = np.stack([np.bincount(draw, minlength=len(scenes)) for draw in draws])[:, place]
    drawn = _iou(weights @ left) - _iou(weights @ right)
    drawn = drawn[np.isfinite(drawn)]
    whole = float(_iou(left.sum(axis=0)[None])[0] - _iou(right.sum(axis=0)[None])[0])
    if not drawn.size or not np.isfinite(whole):
        return None
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Difference(whole, float(low), float(high), float((drawn > 0).mean()))


def _counts(judged: Judged) -> NDArray[np.float64]:
    """Cloud by both and cloud by either, shape (images, 2)."""
    estimates = [answer.estimate for answer in judged.answers]
    both = [e.true_cloud_px or 0 for e in estimates]
    either = [
        (e.true_cloud_px or 0) + (e.missed_cloud_px or 0) + (e.false_cloud_px or 0)
        for e in estimates
    ]
    return np.array([both, either], np.float64).T


def _iou(
    counts: NDArray[np.float64],
) -> NDArray[np.float64]:
    """IoU from counts (N, 2); NaN where there is no cloud at all."""
    both, either = counts[:, 0], counts[:, 1]
    share: NDArray[np.float64] = np.full(len(both), np.nan)
    np.divide(both, either, out=share, where=either > 0)
    return share
