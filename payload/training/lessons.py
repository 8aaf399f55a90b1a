"""What a student learns from: images, teachers' opinions of them, and crops drawn by seed and step."""

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
from payload.training.store import probability
from payload.types import CLOUD, UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """An image with its labels and, perhaps, a teacher's opinion.

    Attributes:
        image: Pixels and labels.
        soft: The teacher's cloud probability in steps of 1/250, shape (H, W); None without a teacher.
        trust: Weight of labels against the teacher's opinion where there are both, 0 to 1.
        share: How often it is drawn, relative to others.
    """

    image: LabelledImage
    soft: NDArray[np.uint8] | None
    trust: float
    share: float


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far a crop may deviate from its image.

    Attributes:
        crop_px: [px] Side of a crop as the network sees it.
        zoom: Largest factor by which ground sample distance shrinks or grows.
        gain: Largest relative change of brightness, all bands alike.
        band_gain: Largest further relative change, independently for each band.
        offset: Largest shift in reflectance, all bands alike: haze, or an adjacent dark scene.
        noise: Largest standard deviation of noise in reflectance, drawn for each crop.
        coarse_share: Share of crops rounded to 8 bits of reflectance 0 to 1.3.
        shifted_share: Share of crops with one band shifted by a pixel against the others.
    """

    crop_px: int = 128
    zoom: float = 1.7
    gain: float = 0.12
    band_gain: float = 0.01
    offset: float = 0.015
    noise: float = 0.006
    coarse_share: float = 0.1
    shifted_share: float = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Crops, all float32.

    Attributes:
        bands: Reflectance, shape (N, 4, S, S).
        cloud: Labels, 0 or 1, shape (N, 1, S, S).
        label_weight: Weight of each pixel's label, 0 where it is unknown; same shape.
        soft: The teacher's cloud probability; same shape.
        soft_weight: Weight of the teacher's opinion; same shape.
    """

    bands: Tensor
    cloud: Tensor
    label_weight: Tensor
    soft: Tensor
    soft_weight: Tensor


def draw_batch(
    lessons: Sequence[Lesson], how: Augmentation, size: int, *, seed: int, step: int
) -> Batch:
    """The batch of one step: the same for the same lessons, seed and step."""
    rng = stream(seed, "crops", step)
    shares = np.array([lesson.share for lesson in lessons])
    chosen = [
        lessons[place] for place in rng.choice(len(lessons), size=size, p=shares / shares.sum())
    ]
    crops = [_crop(lesson, how, rng) for lesson in chosen]
    bands, planes = (torch.stack(parts) for parts in zip(*crops, strict=True))
    truth, soft = planes[:, :1], planes[:, 1:]
    known = (truth != UNKNOWN).float()
    trust = torch.tensor([lesson.trust for lesson in chosen])[:, None, None, None]
    taught = torch.tensor([float(lesson.soft is not None) for lesson in chosen])
    taught = taught[:, None, None, None]
    return Batch(
        bands=bands,
        cloud=(truth == CLOUD).float(),
        label_weight=known * (1 - taught * (1 - trust)),
        soft=soft,
        soft_weight=taught * (1 - known * trust),
    )


def _crop(lesson: Lesson, how: Augmentation, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """An augmented crop: reflectance (4, S, S), and truth and soft labels (2, S, S)."""
    image = lesson.image
    height, width = image.truth.shape
    wanted = how.crop_px * float(np.exp(rng.uniform(-1, 1) * np.log(how.zoom)))
    side = min(round(wanted), height, width)
    top, left = (int(rng.integers(0, length - side + 1)) for length in (height, width))
    here = (..., slice(top, top + side), slice(left, left + side))
    turns, mirrored = int(rng.integers(4)), bool(rng.integers(2))

    bands = reflectance(image.dn[here], RADIOMETRY)
    gain = 1 + how.gain * rng.uniform(-1, 1) + how.band_gain * rng.uniform(-1, 1, size=(4, 1, 1))
    bands = bands * gain.astype(np.float32) + np.float32(how.offset * rng.uniform(-1, 1))
    truth = image.truth[here].astype(np.float32)
    soft = np.zeros_like(truth) if lesson.soft is None else probability(lesson.soft[here])

    target = (how.crop_px, how.crop_px)
    pixels = interpolate(
        _turned(bands, turns, mirrored=mirrored)[None],
        size=target,
        mode="bilinear",
        align_corners=False,
        antialias=side > how.crop_px,
    )[0]
    planes = interpolate(
        _turned(np.stack([truth, soft]), turns, mirrored=mirrored)[None],
        size=target,
        mode="nearest",
    )[0]
    return _seen(pixels, how, rng), planes


def _seen(pixels: Tensor, how: Augmentation, rng: np.random.Generator) -> Tensor:
    deviation = how.noise * rng.uniform() ** 2
    noise = torch.from_numpy(rng.standard_normal(tuple(pixels.shape), dtype=np.float32))
    pixels = pixels + deviation * noise
    if rng.random() < how.coarse_share:
        step = 1.3 / 255
        pixels = torch.round(pixels.clamp(0, 1.3) / step) * step
    if rng.random() < how.shifted_share:
        band, along = int(rng.integers(len(pixels))), int(rng.choice([-2, -1]))
        moved = torch.roll(pixels[band], int(rng.choice([-1, 1])), dims=along)
        pixels = torch.cat([pixels[:band], moved[None], pixels[band + 1 :]])
    return pixels


def _turned(planes: NDArray[np.float32], turns: int, *, mirrored: bool) -> Tensor:
    turned = np.rot90(planes, turns, axes=(-2, -1))
    return torch.from_numpy(np.ascontiguousarray(turned[..., ::-1] if mirrored else turned))
