"""Labelled images, and their splits into what is learned from and what is held out.

Splits are by scene and region, never by patch: both images of a pair, and all patches of one pass,
lie on the same side.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.types import UNKNOWN, Radiometry

RADIOMETRY = Radiometry(scale=1e-4)
MAX_UNKNOWN_FRACTION = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """An image with its mask.

    Attributes:
        id: Name, unique within its data set.
        scene: Images of one scene show the same place or the same pass.
        source: The collection that it comes from.
        licence: The licence stated by the collection.
        is_human: Whether people drew the mask; otherwise models did.
        dn: [DN] shape (4, H, W): blue, green, red, near infrared; reflectance x 10000.
        truth: Shape (H, W), as in `payload.types`.
        surface: Type of surface in one word (`snow`, `urban`, ...); empty if not stated.
        resolution_m: [m] Ground sample distance, or None if not stated.
    """

    id: str
    scene: str
    source: str
    licence: str
    is_human: bool
    dn: NDArray[np.uint16]
    truth: NDArray[np.uint8]
    surface: str = ""
    resolution_m: float | None = None

    @property
    def unknown_fraction(self) -> float:
        """Share of pixels without a label."""
        return float((self.truth == UNKNOWN).mean())


def usable(images: Sequence[LabelledImage]) -> list[LabelledImage]:
    """Images with enough labels: hazy ones are mostly unknown, and all cloud where they are labelled."""
    return [image for image in images if image.unknown_fraction <= MAX_UNKNOWN_FRACTION]


def folds(images: Sequence[LabelledImage], count: int) -> list[list[str]]:
    """Deal the human-labelled images into folds in order of their ids, so that no scene is in two folds.

    Returns:
        `count` lists of image ids, each image once.
    """
    human = sorted((image for image in images if image.is_human), key=lambda image: image.id)
    scenes = list(dict.fromkeys(image.scene for image in human))
    dealt = {scene: place % count for place, scene in enumerate(scenes)}
    return [[image.id for image in human if dealt[image.scene] == fold] for fold in range(count)]


def without_scenes_of(
    images: Sequence[LabelledImage], held_out: Collection[str]
) -> list[LabelledImage]:
    """The images that share no scene with a held-out image."""
    hidden = {image.scene for image in images if image.id in held_out}
    return [image for image in images if image.scene not in hidden]
