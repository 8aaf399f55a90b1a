"""Plain folders: `index.csv`, and for each id an image and a mask.

`<id>_img.tif` holds blue, green, red and near infrared as uint16, reflectance x 10000; the first
layer of `<id>_msk.tif` is 0 clear, 1 cloud, 2 shadow, 255 unknown.
"""

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

from payload.errors import ImageryError
from payload.training.images import LabelledImage


def read(folder: Path) -> Iterator[LabelledImage]:
    """All images of a folder, in order of their ids.

    Raises:
        ImageryError: The index or an image is missing, or is not what the index promises.
    """
    index = folder / "index.csv"
    try:
        with index.open(newline="", encoding="utf-8") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: row["id"])
    except OSError as error:
        raise ImageryError(f"{index}: the labelled images cannot be read: {error}") from error
    except KeyError as error:
        raise ImageryError(f"{index}: there is no column {error}") from error
    for row in rows:
        try:
            yield _read_image(folder, row)
        except KeyError as error:
            raise ImageryError(f"{index}: there is no column {error}") from error


def _read_image(folder: Path, row: dict[str, str]) -> LabelledImage:
    id_ = row["id"]
    dn = read_raster(folder / f"{id_}_img.tif")
    truth = read_raster(folder / f"{id_}_msk.tif")[0]
    if dn.dtype != np.uint16 or dn.shape[0] != 4 or dn.shape[1:] != truth.shape:
        raise ImageryError(
            f"{id_}: four uint16 bands and a mask of the same size are wanted, "
            f"not {dn.shape} {dn.dtype} and {truth.shape}"
        )
    return LabelledImage(
        id=id_,
        scene=row["scene"],
        source=row["source"],
        licence=row["licence"],
        is_human=row["label_origin"].startswith("human"),
        dn=dn,
        truth=truth.astype(np.uint8),
        surface=row.get("surface") or "",
        resolution_m=float(row["res_m"]) if row.get("res_m") else None,
    )


def read_raster(path: Path) -> NDArray[np.uint16]:
    """All bands of a raster, shape (B, H, W), georeferenced or not.

    Raises:
        ImageryError: It cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as raster:
                pixels: NDArray[np.uint16] = raster.read()
    except RasterioIOError as error:
        raise ImageryError(f"{path}: the image cannot be read: {error}") from error
    return pixels
