"""Real and rendered images made comparable: seen by the same camera, in the same 12 bits."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from payload.masking.preprocess import reflectance
from payload.training.images import RADIOMETRY, LabelledImage
from payload.types import CLOUD, SHADOW, UNKNOWN, Radiometry

BIT_DEPTH = 12
CAMERA = Radiometry(scale=1.6 / (2**BIT_DEPTH - 1))
"""Radiometry of a scenario's default camera: 12 bits up to a reflectance of 1.6."""
TILE_PX = 128
CLASSES_M = (10.0, 30.0)
"""[m] Sentinel-2 and Landsat 8: real images with other pixel sizes have no counterpart."""
CLEAR, CLOUDY = "clear", "cloudy"
_CLEAR_COVER, _CLOUDY_COVER = 0.01, 0.3
_MIN_KNOWN = 0.5


@dataclass(frozen=True, eq=False)
class Shot:
    """An image with its truth, real or rendered.

    Attributes:
        id: Its name.
        place: Its place; shots of one place are not independent evidence.
        gsd_m: [m] Ground sample distance, one of `CLASSES_M`.
        is_rendered: Whether it shows the synthetic Earth.
        is_human: Whether people drew the truth.
        dn: [DN] in `CAMERA`, shape (4, H, W): blue, green, red, near infrared.
        truth: Shape (H, W), as in `payload.types`.
        thin: Where cloud is thin, shape (H, W); None if unknown.
    """

    id: str
    place: str
    gsd_m: float
    is_rendered: bool
    is_human: bool
    dn: NDArray[np.uint16]
    truth: NDArray[np.uint8]
    thin: NDArray[np.bool_] | None = None

    @cached_property
    def bands(self) -> NDArray[np.float32]:
        """Reflectance at the top of the atmosphere, shape (4, H, W)."""
        return reflectance(self.dn, CAMERA)

    @property
    def kind(self) -> str:
        """Name of its class in tables."""
        return kind_of(self.gsd_m)

    def tiles(self) -> Iterator["Shot"]:
        """Its complete tiles, row by row; remainders at the far edges are left out."""
        height, width = self.truth.shape
        corners = product(
            range(0, height - TILE_PX + 1, TILE_PX), range(0, width - TILE_PX + 1, TILE_PX)
        )
        for top, left in corners:
            cell = np.s_[top : top + TILE_PX, left : left + TILE_PX]
            yield Shot(
                f"{self.id}#{top // TILE_PX},{left // TILE_PX}",
                self.place,
                self.gsd_m,
                self.is_rendered,
                self.is_human,
                self.dn[:, *cell],
                self.truth[cell],
                None if self.thin is None else self.thin[cell],
            )

    @property
    def cover(self) -> float | None:
        """Cloudy share of the labelled pixels; None if fewer than half are labelled."""
        known = self.truth != UNKNOWN
        if known.mean() < _MIN_KNOWN:
            return None
        return float((self.truth == CLOUD).sum() / known.sum())

    @property
    def weather(self) -> str | None:
        """`CLEAR` up to 1 % cloud, `CLOUDY` from 30 % on; None in between, or if unknown."""
        cover = self.cover
        if cover is None or _CLEAR_COVER < cover < _CLOUDY_COVER:
            return None
        return CLEAR if cover <= _CLEAR_COVER else CLOUDY

    def share(self, code: int = SHADOW) -> float:
        """Share of the pixels whose truth has a code."""
        return float((self.truth == code).mean())


def kind_of(gsd_m: float) -> str:
    """Name of a class of images in tables."""
    return f"{gsd_m:g} m"


def requantise(
    dn: NDArray[np.uint16], made: Radiometry, wanted: Radiometry, *, bit_depth: int
) -> NDArray[np.uint16]:
    """Convert DN to those of a camera with another radiometry: nearest DN, saturating.

    Args:
        dn: [DN] Any shape.
        made: Radiometry of these DN.
        wanted: Radiometry of the DN returned.
        bit_depth: [bit] Depth of the DN returned, 1 to 16.
    """
    seen = dn.astype(np.float64) * made.scale + (made.offset - wanted.offset)
    return np.clip(np.rint(seen / wanted.scale), 0, 2**bit_depth - 1).astype(np.uint16)


def real_shots(
    images: Iterable[LabelledImage], thin: Mapping[str, NDArray[np.bool_] | None] | None = None
) -> list[Shot]:
    """Real images of the two classes, as seen by `CAMERA`.

    Args:
        images: Images of any class; those of other pixel sizes are left out.
        thin: Where cloud is thin, by image id, as far as known.
    """
    return [
        Shot(
            image.id,
            image.scene,
            image.resolution_m,
            is_rendered=False,
            is_human=image.is_human,
            dn=requantise(image.dn, RADIOMETRY, CAMERA, bit_depth=BIT_DEPTH),
            truth=np.array(image.truth),
            thin=None if thin is None else thin.get(image.id),
        )
        for image in images
        if image.resolution_m in CLASSES_M
    ]
