"""Plain folders: for each id an image and a mask, and optionally an `index.csv`.

`<id>_img.tif` holds blue, green, red and near infrared as uint16, reflectance x 10000; the first
layer of `<id>_msk.tif` is 0 clear, 1 cloud, 2 shadow, 255 unknown.

`index.csv` has the columns id, scene, source, licence and label_origin (people drew the mask if it
begins with `human`), and may have surface and res_m [m]; other columns are ignored.

Without an index every `<id>_img.tif` is read, and the scene is derived from the id: endings such as
`_cloudy`, `_clear` and `_p139` are cut off, so that both images of a pair and all patches of a
region share a scene, and an id that names a scene of the L8 Biome set (`l8biome_Forest_01_2715`) is
cut after it. The source is the folder's name, and masks do not count as drawn by people.

If no column gives the surface, the name of an L8 Biome scene does (`SnowIce_00`: snow).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers import surfaces
from payload.training.readers.rasters import (
    as_truth,
    check_distinct,
    check_same_size,
    read_raster,
    read_table,
)
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

_COLUMNS = ("id", "scene", "source", "licence", "label_origin")
_CODES = {code: code for code in (CLEAR, CLOUD, SHADOW, UNKNOWN)}
_ENDING = re.compile(r"(?:_p\d+|_cloudy|_clear)+$")


def read(folder: Path) -> Iterator[LabelledImage]:
    """Yield all images of a folder, in order of their ids.

    Raises:
        ImageryError: The index, an image or a mask is missing, or is not as described above.
    """
    index = folder / "index.csv"
    rows = read_table(index, _COLUMNS) if index.is_file() else _rows_of_names(folder)
    rows.sort(key=lambda row: row["id"])
    check_distinct([row["id"] for row in rows], str(index))
    for row in rows:
        yield _read_image(folder, row)


def scene_of(id_: str) -> str:
    """Derive the scene from an id, as described above."""
    biome = surfaces.find_biome_scene(id_)
    return id_[: biome.end()] if biome else _ENDING.sub("", id_)


def _rows_of_names(folder: Path) -> list[dict[str, str]]:
    ids = [path.name.removesuffix("_img.tif") for path in folder.glob("*_img.tif")]
    if not ids:
        raise ImageryError(f"{folder}: contains neither an index.csv nor any <id>_img.tif")
    return [
        {
            "id": id_,
            "scene": scene_of(id_),
            "source": folder.resolve().name,
            "licence": "",
            "label_origin": "",
        }
        for id_ in ids
    ]


def _read_image(folder: Path, row: dict[str, str]) -> LabelledImage:
    id_ = row["id"]
    dn = read_raster(folder / f"{id_}_img.tif")
    mask = folder / f"{id_}_msk.tif"
    truth = as_truth(read_raster(mask, [1])[0], _CODES, str(mask))
    if dn.dtype != np.uint16 or dn.shape[0] != 4:
        raise ImageryError(
            f"{folder / id_}_img.tif: expected four bands of uint16, found {dn.shape[0]} of {dn.dtype}"
        )
    check_same_size(dn.view(np.uint16), truth, id_)
    return LabelledImage(
        id=id_,
        scene=row["scene"],
        source=row["source"],
        licence=row["licence"],
        is_human=row["label_origin"].startswith("human"),
        dn=dn.view(np.uint16),
        truth=truth,
        surface=row.get("surface") or surfaces.of_name(row["scene"]),
        resolution_m=_resolution_m(row.get("res_m", ""), id_),
    )


def _resolution_m(text: str, id_: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ImageryError(f"{id_}: index.csv: res_m is {text!r}; expected a number") from error
