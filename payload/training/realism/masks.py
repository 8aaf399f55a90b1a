"""Maskers against truth on real and rendered shots; what cloudy tiles hold besides thick cloud."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from payload.masking.onnx_masker import OnnxMasker
from payload.masking.scores import estimate_cover, pool
from payload.training.opinions import Ukis
from payload.training.realism.shots import CAMERA, Shot
from payload.types import CLOUD, SHADOW, CloudMask, CoverEstimate, Patch

_HOLDS = 0.01  # a tile has something in it when that is 1 % of its pixels


@dataclass(frozen=True, slots=True)
class Marks:
    """How a masker did, pixels pooled.

    Attributes:
        images: How many were judged.
        iou: Cloud by both over cloud by either.
        omission: Share of the true cloud that is missed.
        commission: Share of the cloud said that is none.
        false_cloud: Share of the clear pixels that is called cloud.
    """

    images: int
    iou: float
    omission: float
    commission: float
    false_cloud: float


@dataclass(frozen=True, slots=True)
class Contents:
    """What tiles with cloud hold besides it; None where truth does not tell.

    Attributes:
        tiles: With cloud on at least 1 % of their pixels.
        with_thin: Share of them with thin cloud on at least 1 %.
        with_shadow: Share of them with shadow on at least 1 %.
        thin: Share of the cloud that is thin.
        shadow: Share of the pixels that lie in shadow.
        cover: Mean cloud cover of all tiles.
    """

    tiles: int
    with_thin: float | None
    with_shadow: float
    thin: float | None
    shadow: float
    cover: float


def as_flown(masker: OnnxMasker, shots: Iterable[Shot]) -> list[CoverEstimate]:
    """What a network says of the camera's own DN, as on board."""
    return [
        estimate_cover(
            CloudMask(masker.predict_image(shot.dn, CAMERA), masker.threshold),
            Patch(shot.dn, shot.truth),
        )
        for shot in shots
    ]


def by_ukis(ukis: Ukis, shots: Iterable[Shot]) -> list[CoverEstimate]:
    """What ukis-csmask says of reflectance."""
    return [
        estimate_cover(
            CloudMask(ukis.probability(shot.bands), ukis.threshold), Patch(shot.dn, shot.truth)
        )
        for shot in shots
    ]


def marks(estimates: Sequence[CoverEstimate]) -> Marks | None:
    """Pool what was said of images; None where nothing is cloud by truth or by the masker."""
    scores = pool(estimates)
    if scores is None or not (scores.iou and scores.recall and scores.precision):
        return None
    clear = sum(one.clear_px or 0 for one in estimates)
    false = sum(one.false_cloud_px or 0 for one in estimates)
    return Marks(
        len(estimates),
        scores.iou,
        1.0 - scores.recall,
        1.0 - scores.precision,
        false / clear if clear else 0.0,
    )


def contents(tiles: Sequence[Shot]) -> Contents | None:
    """What tiles hold; None where no tile has cloud."""
    cloudy = [tile for tile in tiles if tile.share(CLOUD) >= _HOLDS]
    if not cloudy:
        return None
    cloud = sum(tile.share(CLOUD) for tile in cloudy)
    thin = [float(tile.thin.mean()) for tile in cloudy if tile.thin is not None]
    shadow = [tile.share(SHADOW) for tile in cloudy]
    covers = [cover for tile in tiles if (cover := tile.cover) is not None]
    return Contents(
        len(cloudy),
        float(np.mean([one >= _HOLDS for one in thin])) if thin else None,
        float(np.mean([one >= _HOLDS for one in shadow])),
        sum(thin) / cloud if thin else None,
        float(np.mean(shadow)),
        float(np.mean(covers)),
    )
