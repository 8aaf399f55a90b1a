"""CloudSEN12: patches of Sentinel-2, 509 x 509 at 10 m, labelled by experts; three published forms.

Arrays (CloudSEN12-high), one folder per part, or one part alone:

    train/L1C_B2.dat L1C_B3.dat L1C_B4.dat L1C_B8.dat    int16, (N, 512, 512), no header
    train/LABEL_manual_hq.dat                            int8, (N, 512, 512)
    train/metadata.csv                                   N rows: roi_id, land_cover, ...
    val/ test/                                           likewise

GeoTIFF, at any depth (`high/ROI_0001/<Sentinel-2 id>/`):

    ROI_0001/<Sentinel-2 id>/S2L1C.tif                   13 bands, named B1 ... B12
    ROI_0001/<Sentinel-2 id>/labels/manual_hq.tif

CloudSEN12+ extracted from its archive patch by patch, as in its reader's examples:

    <ROI_0001__...>/s2l1c.tif                            13 bands
    <ROI_0001__...>/target.tif

Units: reflectance x 10000 at the top of the atmosphere (level 1C), without offset. Labels: 0 clear,
1 thick cloud, 2 thin cloud (both cloud here), 3 cloud shadow; 99 none. Only high-quality labels are
read. Scribbles use the same numbers with other meanings; a label of 4 to 6 reveals them and is
refused, so keep them out of the folder. Arrays and patches of CloudSEN12+ are padded with zeros to
512 x 512; pixels that are 0 in all bands are unknown. Scene: the region of interest (ROI), seen on
several days.

The surface is the land cover in the arrays' `metadata.csv`; the other forms do not state it.

Sources: https://huggingface.co/datasets/csaybar/CloudSEN12-high (CC-BY-NC-4.0);
https://huggingface.co/datasets/tacofoundation/cloudsen12 (CloudSEN12+, CC0-1.0);
https://github.com/cloudsen12/models (unet_mobilenetv2/cloudsen12_unet.py).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers import surfaces
from payload.training.readers.rasters import (
    as_dn,
    as_truth,
    check_distinct,
    check_same_size,
    open_raster,
    read_raster,
    read_table,
)
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

SIDE_PX = 512

_SOURCE = "CloudSEN12"
_LICENCE = "CC-BY-NC-4.0, https://doi.org/10.1038/s41597-022-01878-2"
_PLUS_SOURCE, _PLUS_LICENCE = "CloudSEN12+", "CC0-1.0, https://cloudsen12.github.io"
_ARRAYS = tuple(f"L1C_B{band}.dat" for band in (2, 3, 4, 8))
_LABELS = "LABEL_manual_hq.dat"
_CODES = {0: CLEAR, 1: CLOUD, 2: CLOUD, 3: SHADOW, 99: UNKNOWN, 255: UNKNOWN}
_NAMES = (("B2", "B02"), ("B3", "B03"), ("B4", "B04"), ("B8", "B08"))
_PLACES = [2, 3, 4, 8]  # of B2, B3, B4, B8 among all 13 bands in their order
_ROI = re.compile(r"ROI_\d+")


def read(folder: Path) -> Iterator[LabelledImage]:
    """Yield all patches with a high-quality label, in order of their ids.

    The id is the part and the row for arrays (`train_00042`), otherwise ROI and Sentinel-2 id.

    Raises:
        ImageryError: No form is found, or a file is missing or not as its form prescribes.
    """
    parts = [
        place
        for place in (folder, *sorted(path for path in folder.iterdir() if path.is_dir()))
        if (place / _LABELS).is_file()
    ]
    if parts:
        for part in sorted(parts, key=lambda part: part.resolve().name):
            yield from _read_arrays(part)
        return
    patches = sorted(_patches(folder), key=lambda patch: patch.id)
    if not patches:
        raise ImageryError(
            f"{folder}: contains neither a {_LABELS} (here or one folder below) nor any "
            "labels/manual_hq.tif or target.tif (at any depth)"
        )
    check_distinct([patch.id for patch in patches], str(folder))
    for patch in patches:
        yield _read_patch(patch)


# --- arrays -----------------------------------------------------------------------------------------


def _read_arrays(part: Path) -> Iterator[LabelledImage]:
    labels = _open_array(part / _LABELS, np.dtype(np.int8))
    bands = [_open_array(part / name, np.dtype("<i2")) for name in _ARRAYS]
    rows = read_table(part / "metadata.csv", ("roi_id",))
    counts = {name: len(band) for name, band in zip(_ARRAYS, bands, strict=True)}
    for name, count in ({"metadata.csv": len(rows)} | counts).items():
        if count != len(labels):
            raise ImageryError(
                f"{part / name}: found {count} patches, but {len(labels)} in {_LABELS}"
            )
    for number, row in enumerate(rows):
        id_ = f"{part.resolve().name}_{number:05}"
        dn = as_dn(np.stack([band[number] for band in bands]), id_)
        yield LabelledImage(
            id=id_,
            scene=row["roi_id"],
            source=_SOURCE,
            licence=_LICENCE,
            is_human=True,
            dn=dn,
            truth=_truth(labels[number].view(np.uint8), dn, f"{part / _LABELS}, patch {number}"),
            surface=surfaces.of_land_cover(row.get("land_cover", "")),
            resolution_m=10.0,
        )


def _open_array(path: Path, dtype: np.dtype[np.generic]) -> NDArray[np.generic]:
    """Map a file of patches, shape (N, 512, 512), without reading it yet."""
    try:
        flat = np.memmap(path, dtype, mode="r")
    except (OSError, ValueError) as error:
        raise ImageryError(f"{path}: the patches cannot be read: {error}") from error
    if flat.size % SIDE_PX**2:
        raise ImageryError(
            f"{path}: {flat.nbytes} bytes are not a whole number of patches of "
            f"{SIDE_PX} x {SIDE_PX} {dtype}"
        )
    return flat.reshape(-1, SIDE_PX, SIDE_PX)


# --- GeoTIFF ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Patch:
    id: str
    roi: str
    image: Path
    label: Path
    is_plus: bool


def _patches(folder: Path) -> Iterator[_Patch]:
    for label in folder.rglob("labels/manual_hq.tif"):
        place = label.parents[1]
        yield _patch(place, place / "S2L1C.tif", label)
    for label in folder.rglob("target.tif"):
        yield _patch(label.parent, label.parent / "s2l1c.tif", label)


def _patch(place: Path, image: Path, label: Path) -> _Patch:
    own, above = place.resolve().name, place.resolve().parent.name
    id_ = own if _ROI.search(own) else f"{above}__{own}"
    roi = _ROI.search(id_)
    if roi is None:
        raise ImageryError(f"{place}: neither this folder nor its parent is named after its ROI")
    return _Patch(id_, roi[0], image, label, is_plus=label.name == "target.tif")


def _read_patch(patch: _Patch) -> LabelledImage:
    dn = as_dn(read_raster(patch.image, _band_numbers(patch.image)), str(patch.image))
    truth = _truth(read_raster(patch.label, [1])[0], dn, str(patch.label))
    return LabelledImage(
        id=patch.id,
        scene=patch.roi,
        source=_PLUS_SOURCE if patch.is_plus else _SOURCE,
        licence=_PLUS_LICENCE if patch.is_plus else _LICENCE,
        is_human=True,
        dn=dn,
        truth=truth,
        resolution_m=10.0,
    )


def _band_numbers(path: Path) -> Sequence[int]:
    """Band numbers of blue, green, red and near infrared: by name, otherwise their usual places."""
    with open_raster(path) as raster:
        names = [str(name).upper() for name in raster.descriptions]
    found = [next((names.index(n) + 1 for n in both if n in names), 0) for both in _NAMES]
    if all(found):
        return found
    if len(names) != 13 or any(found):
        raise ImageryError(
            f"{path}: expected 13 bands of level 1C, or bands named B2, B3, B4 and B8; found "
            f"{len(names)} bands"
        )
    return _PLACES


def _truth(labels: NDArray[np.generic], dn: NDArray[np.uint16], where: str) -> NDArray[np.uint8]:
    truth = as_truth(labels, _CODES, where)
    check_same_size(dn, truth, where)
    truth[(dn == 0).all(axis=0)] = UNKNOWN
    return truth
