"""Maskers against truth on real and rendered shots; contents of cloudy tiles besides thick cloud."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.masking.onnx_masker import OnnxMasker
from payload.masking.scores import score
from payload.training.opinions import Ukis
from payload.training.realism.colours import ground
from payload.training.realism.shots import CAMERA, Shot
from payload.types import CLOUD, SHADOW, UNKNOWN, CloudMask

Mask = NDArray[np.bool_]

_HOLDS = 0.01  # a tile contains something if that is at least 1 % of its pixels
_FEW_PX = 200


@dataclass(frozen=True, slots=True)
class Marks:
    """A masker's scores, pixels pooled.

    Attributes:
        images: Number of images judged.
        iou: Cloud by both masker and truth over cloud by either.
        omission: Share of the true cloud that is missed.
        commission: Share of the pixels called cloud that are not cloud.
        false_cloud: Share of the clear pixels that are called cloud.
        missed_thin: Share of the thin cloud that is missed; None where thin cloud is not known.
        missed_thick: The same for the other cloud.
        false_on: Share of the clear pixels of each ground, by its colour, that are called cloud.
    """

    images: int
    iou: float
    omission: float
    commission: float
    false_cloud: float
    missed_thin: float | None
    missed_thick: float | None
    false_on: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Contents:
    """What cloudy tiles contain; None where truth does not say.

    Attributes:
        tiles: Number of tiles with cloud on at least 1 % of their pixels.
        with_thin: Share of them with thin cloud on at least 1 %.
        with_shadow: Share of them with shadow on at least 1 %.
        thin: Share of the cloud that is thin.
        shadow: Share of their pixels that lie in shadow.
        cover: Mean cloud cover of all tiles, cloudy or not.
    """

    tiles: int
    with_thin: float | None
    with_shadow: float
    thin: float | None
    shadow: float
    cover: float


def as_flown(masker: OnnxMasker, shots: Iterable[Shot]) -> list[Mask]:
    """Cloud masks of a network applied to the camera's own DN, as on board."""
    return [
        CloudMask(masker.predict_image(shot.dn, CAMERA), masker.threshold).cloud for shot in shots
    ]


def by_ukis(ukis: Ukis, shots: Iterable[Shot]) -> list[Mask]:
    """Cloud masks of ukis-csmask."""
    return [CloudMask(ukis.probability(shot.bands), ukis.threshold).cloud for shot in shots]


def marks(shots: Sequence[Shot], said: Sequence[Mask]) -> Marks | None:
    """Compare masks with truth; None if nothing is cloud by truth, or nothing by the masker.

    Args:
        shots: Shots with truth.
        said: The cloud mask of each shot.
    """
    hit = missed = false = right = 0
    thin, thick = Share(), Share()
    false_on: dict[str, Share] = {}
    for shot, mask in zip(shots, said, strict=True):
        cloud, clear = shot.truth == CLOUD, ~np.isin(shot.truth, (CLOUD, UNKNOWN))
        hit += int((cloud & mask).sum())
        missed += int((cloud & ~mask).sum())
        false += int((clear & mask).sum())
        right += int((clear & ~mask).sum())
        if shot.thin is not None:
            thin = thin.plus(~mask, cloud & shot.thin)
            thick = thick.plus(~mask, cloud & ~shot.thin)
        for name, there in ground(shot.bands).items():
            false_on[name] = false_on.get(name, Share()).plus(mask, there & clear)
    scores = score(true_cloud_px=hit, missed_cloud_px=missed, false_cloud_px=false)
    if scores.iou is None or scores.recall is None or scores.precision is None:
        return None
    return Marks(
        len(shots),
        scores.iou,
        1.0 - scores.recall,
        1.0 - scores.precision,
        false / (false + right) if false + right else 0.0,
        thin.value,
        thick.value,
        {name: one.value for name, one in false_on.items() if one.value is not None},
    )


@dataclass(frozen=True, slots=True)
class Share:
    """A share of pixels."""

    part: int = 0
    whole: int = 0

    def plus(self, chosen: Mask, among: Mask) -> "Share":
        """Add the pixels of another image."""
        return Share(self.part + int((chosen & among).sum()), self.whole + int(among.sum()))

    @property
    def value(self) -> float | None:
        """Part divided by whole; None if there are too few pixels."""
        return self.part / self.whole if self.whole >= _FEW_PX else None


def contents(tiles: Sequence[Shot]) -> Contents | None:
    """What cloudy tiles contain; None if no tile is cloudy."""
    cloudy = [tile for tile in tiles if tile.share(CLOUD) >= _HOLDS]
    if not cloudy:
        return None
    cloud = sum(tile.share(CLOUD) for tile in cloudy if tile.thin is not None)
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
