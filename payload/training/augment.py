"""Crops to learn from: drawn by seed and step, so that a training can be told again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from payload.masking.preprocess import reflectance
from payload.rng import stream
from payload.training.images import RADIOMETRY, LabelledImage
from payload.types import CLOUD, UNKNOWN


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a crop may stray from its image.

    Attributes:
        crop_px: [px] Side of a crop as the network sees it.
        zoom: Largest factor by which ground sample distance shrinks or grows.
        gain: Largest relative change of brightness, all bands alike.
        band_gain: Largest further relative change, each band for itself.
        offset: Largest shift in reflectance, all bands alike: haze, or an adjacent dark scene.
        human_weight: How many times more often than any other a human-labelled image is drawn.
    """

    crop_px: int = 128
    zoom: float = 1.5
    gain: float = 0.2
    band_gain: float = 0.05
    offset: float = 0.02
    human_weight: float = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops: reflectance (N, 4, S, S); cloud and known (N, 1, S, S), 0 or 1; all float32."""

    bands: Tensor
    cloud: Tensor
    known: Tensor


def draw_batch(
    images: Sequence[LabelledImage], how: Augmentation, size: int, *, seed: int, step: int
) -> Batch:
    """The batch of one step: the same for the same images, seed and step."""
    rng = stream(seed, "crops", step)
    weights = np.array(
        [(how.human_weight if i.is_human else 1.0) * (1.0 - i.unknown_fraction) for i in images]
    )
    chosen = rng.choice(len(images), size=size, p=weights / weights.sum())
    crops = [_crop(images[place], how, rng) for place in chosen]
    truth = torch.stack([crop[1] for crop in crops])
    return Batch(
        bands=torch.stack([crop[0] for crop in crops]),
        cloud=(truth == CLOUD).float(),
        known=(truth != UNKNOWN).float(),
    )


def _crop(
    image: LabelledImage, how: Augmentation, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    height, width = image.truth.shape
    wanted = how.crop_px * float(np.exp(rng.uniform(-1, 1) * np.log(how.zoom)))
    side = min(round(wanted), height, width)
    top, left = (int(rng.integers(0, length - side + 1)) for length in (height, width))
    here = (..., slice(top, top + side), slice(left, left + side))
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

    bands = reflectance(image.dn[here], RADIOMETRY)
    gain = 1 + how.gain * rng.uniform(-1, 1) + how.band_gain * rng.uniform(-1, 1, size=(4, 1, 1))
    bands = bands * gain.astype(np.float32) + np.float32(how.offset * rng.uniform(-1, 1))
    pixels = torch.from_numpy(_turn(bands, turns, mirrored=mirrored))[None]
    truth = torch.from_numpy(_turn(image.truth[here], turns, mirrored=mirrored).astype(np.float32))[
        None, None
    ]

    target = (how.crop_px, how.crop_px)
    pixels = interpolate(pixels, size=target, mode="bilinear", align_corners=False)
    return pixels[0], interpolate(truth, size=target, mode="nearest")[0]


def _turn(planes: NDArray[np.generic], turns: int, *, mirrored: bool) -> NDArray[np.generic]:
    turned = np.rot90(planes, turns, axes=(-2, -1))
    return np.ascontiguousarray(turned[..., ::-1] if mirrored else turned)
