"""Estimated cloud cover of a tile, and how accurate it is. Only evaluation sees the truth; this is evaluation."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from payload.errors import MaskerError
from payload.types import CLOUD, UNKNOWN, CloudMask, CoverEstimate, Patch


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores for cloud against the rest over pooled pixels; None where a denominator is zero.

    Attributes:
        iou: Cloud by both / cloud by either: the Jaccard index.
        f1: Harmonic mean of precision and recall.
        precision: Cloud by both / cloud by the masker.
        recall: Cloud by both / cloud by truth.
    """

    iou: float | None
    f1: float | None
    precision: float | None
    recall: float | None


def estimate_cover(mask: CloudMask, patch: Patch) -> CoverEstimate:
    """Count what the masker calls cloud in a tile and, where truth is known, how often it is wrong.

    Pixels without data are not counted; pixels of unknown truth count towards cover but not towards
    scores; shadow is clear ground.

    Raises:
        MaskerError: Mask and pixels differ in size.
    """
    if mask.probability.shape != patch.bands.shape[1:]:
        raise MaskerError(
            f"a mask of shape {mask.probability.shape} does not fit pixels of shape"
            f" {patch.bands.shape[1:]}"
        )
    cloud = mask.cloud
    valid = np.ones(cloud.shape, np.bool_) if patch.valid is None else patch.valid
    valid_px, cloud_px = _count(valid), _count(cloud & valid)
    said = mask.probability if patch.valid is None else mask.probability[valid]
    expected_cloud_px = float(said.sum(dtype=np.float64))
    if patch.truth is None:
        return CoverEstimate(valid_px, cloud_px, expected_cloud_px=expected_cloud_px)
    known = valid & (patch.truth != UNKNOWN)
    truth = patch.truth == CLOUD
    return CoverEstimate(
        valid_px,
        cloud_px,
        true_cloud_px=_count(known & truth & cloud),
        missed_cloud_px=_count(known & truth & ~cloud),
        false_cloud_px=_count(known & ~truth & cloud),
        true_clear_px=_count(known & ~truth & ~cloud),
        expected_cloud_px=expected_cloud_px,
    )


def score(*, true_cloud_px: int, missed_cloud_px: int, false_cloud_px: int) -> Scores:
    """Scores of pooled counts, named as in `CoverEstimate`."""
    said, real = true_cloud_px + false_cloud_px, true_cloud_px + missed_cloud_px
    return Scores(
        iou=_share(true_cloud_px, said + missed_cloud_px),
        f1=_share(2 * true_cloud_px, said + real),
        precision=_share(true_cloud_px, said),
        recall=_share(true_cloud_px, real),
    )


def pool(estimates: Iterable[CoverEstimate]) -> Scores | None:
    """Scores of many tiles, pixels pooled; None if no tile has truth."""
    judged = [estimate for estimate in estimates if estimate.true_cloud_px is not None]
    if not judged:
        return None
    return score(
        true_cloud_px=sum(estimate.true_cloud_px or 0 for estimate in judged),
        missed_cloud_px=sum(estimate.missed_cloud_px or 0 for estimate in judged),
        false_cloud_px=sum(estimate.false_cloud_px or 0 for estimate in judged),
    )


def _count(pixels: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    return int(np.count_nonzero(pixels))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
