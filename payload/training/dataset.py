"""The labelled images of a folder, and who may learn from whom.

A folder holds `index.csv` and, for each id, `<id>_img.tif` (blue, green, red, near infrared;
reflectance x 10000) and `<id>_msk.tif` (first layer: 0 clear, 1 cloud, 2 shadow, 255 unknown).
"""

import csv
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from payload.errors import ImageryError
from payload.types import Radiometry

RADIOMETRY = Radiometry(scale=1e-4)
MAX_UNKNOWN_FRACTION = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImage:
    """An image with its mask.

    Attributes:
        id: Its name in the index.
        scene: Images of one scene show the same place or the same pass.
        source: The collection that it comes from.
        licence: What the index says of it.
        is_human: Whether people drew the mask; else models did.
        unknown_fraction: Share of pixels without a label.
        dn: [DN] shape (4, H, W).
        truth: Shape (H, W), as in `payload.types`.
    """

    id: str
    scene: str
    source: str
    licence: str
    is_human: bool
    unknown_fraction: float
    dn: NDArray[np.uint16]
    truth: NDArray[np.uint8]


def read_images(folder: Path) -> list[LabelledImage]:
    """All images of a folder, sorted by id.

    Raises:
        ImageryError: The index or an image is missing, or is not what the index promises.
    """
    index = folder / "index.csv"
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["id"])
        return [_read_image(folder, row) for row in rows]
    except OSError as error:
        raise ImageryError(f"{index}: the labelled images cannot be read: {error}") from error
    except KeyError as error:
        raise ImageryError(f"{index}: there is no column {error}") from error


def usable(images: Sequence[LabelledImage]) -> list[LabelledImage]:
    """Images with labels enough: hazy ones are mostly unknown and claim to be all cloud."""
    return [image for image in images if image.unknown_fraction <= MAX_UNKNOWN_FRACTION]


def folds(images: Sequence[LabelledImage], count: int) -> list[list[str]]:
    """Deal the human-labelled images out in order of their ids, so that no scene is in two folds.

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
    """The images whose scene shows up in none of the held-out ids."""
    hidden = {image.scene for image in images if image.id in held_out}
    return [image for image in images if image.scene not in hidden]


def _read_image(folder: Path, row: dict[str, str]) -> LabelledImage:
    dn = _read(folder / f"{row['id']}_img.tif")
    truth = _read(folder / f"{row['id']}_msk.tif")[0]
    if dn.dtype != np.uint16 or dn.shape[0] != 4 or dn.shape[1:] != truth.shape:
        raise ImageryError(
            f"{row['id']}: four uint16 bands and a mask of the same size are wanted, "
            f"not {dn.shape} {dn.dtype} and {truth.shape}"
        )
    return LabelledImage(
        id=row["id"],
        scene=row["scene"],
        source=row["source"],
        licence=row["licence"],
        is_human=row["label_origin"].startswith("human"),
        unknown_fraction=float(row["unknown_fraction"]),
        dn=dn,
        truth=truth.astype(np.uint8),
    )


def _read(path: Path) -> NDArray[np.uint16]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                pixels: NDArray[np.uint16] = raster.read()
    except RasterioIOError as error:
        raise ImageryError(f"{path}: the image cannot be read: {error}") from error
    return pixels
