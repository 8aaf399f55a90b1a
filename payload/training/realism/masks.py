"""Maskers against truth on real and rendered shots; what cloudy tiles hold besides thick cloud."""

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

_HOLDS = 0.01  # a tile has something in it when that is 1 % of its pixels
_FEW_PX = 200


@dataclass(frozen=True, slots=True)
class Marks:
    """How a masker did, pixels pooled.

    Attributes:
        images: How many were judged.
        iou: Cloud by both over cloud by either.
        omission: Share of the true cloud that is missed.
        commission: Share of the cloud said that is none.
        false_cloud: Share of the clear pixels that is called cloud.
        missed_thin: Share of the thin cloud that is missed; None where nobody knows what is thin.
        missed_thick: The same of the rest.
        false_on: Share of the clear pixels of each ground, by its colour, that is called cloud.
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


def as_flown(masker: OnnxMasker, shots: Iterable[Shot]) -> list[Mask]:
    """What a network calls cloud on the camera's own DN, as on board."""
    return [
        CloudMask(masker.predict_image(shot.dn, CAMERA), masker.threshold).cloud for shot in shots
    ]


def by_ukis(ukis: Ukis, shots: Iterable[Shot]) -> list[Mask]:
    """What ukis-csmask calls cloud."""
    return [CloudMask(ukis.probability(shot.bands), ukis.threshold).cloud for shot in shots]


def marks(shots: Sequence[Shot], said: Sequence[Mask]) -> Marks | None:
    """Compare with truth; None where nothing is cloud by truth, or nothing by the masker.

    Args:
        shots: With truth.
        said: What was called cloud on each of them.
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
    """Some pixels of many."""

    part: int = 0
    whole: int = 0

    def plus(self, chosen: Mask, among: Mask) -> "Share":
        """With the pixels of another image."""
        return Share(self.part + int((chosen & among).sum()), self.whole + int(among.sum()))

    @property
    def value(self) -> float | None:
        """Part of whole; None of too few."""
        return self.part / self.whole if self.whole >= _FEW_PX else None


def contents(tiles: Sequence[Shot]) -> Contents | None:
    """What tiles hold; None where no tile has cloud."""
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
