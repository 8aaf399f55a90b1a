"""38-Cloud and 95-Cloud: patches of Landsat 8, 384 x 384 at 30 m, one file per band.

    38-Cloud_training/
      train_red/red_patch_1_1_by_1_LC08_L1TP_002053_20160520_20170324_01_T1.TIF    uint16
      train_green/ train_blue/ train_nir/                                          likewise
      train_gt/gt_patch_1_1_by_1_LC08_..._T1.TIF                    0 no cloud, 255 cloud
    95-cloud_training_only_additional_to38-cloud/
      train_red_additional_to38cloud/red_patch_...TIF               and so on
    38-Cloud_Training_Metadata_Files/.../LC08_..._T1_MTL.txt        some downloads

The folder is one of the first two, or the one that holds them. The patches of the test set have no
labels of their own and are not read; nor are the tables of patch names, which add nothing.

Units: the patches hold the digital numbers of Collection 1, level 1. They are converted to reflectance
x 10000 at the top of the atmosphere using the scene's `_MTL.txt`, if there is one in a folder named
`*etadata*` inside or beside. Otherwise the scale of all such products is used (2e-5, -0.1), and the sun
elevation is estimated from the scene's day and row (`landsat.estimate_sun_elevation_deg`), with an
error of some tenths of a degree: under 1 % of reflectance with a high sun, 2 % at 15 deg.

Scene: path and row of the product in the patch's name, so that patches of one place stay together
whenever they were taken. Thin cloud and haze count as cloud; shadow is not labelled and counts as
no cloud. Pixels of the black margins are unknown, and patches without other pixels are left out.

Sources: https://github.com/SorourMo/38-Cloud-A-Cloud-Segmentation-Dataset;
https://github.com/SorourMo/95-Cloud-An-Extension-to-38-Cloud-Dataset.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers.landsat import (
    RESOLUTION_M,
    Calibration,
    Product,
    assumed_calibration,
    find_product,
    hide_fill,
    read_mtl,
)
from payload.training.readers.rasters import (
    as_truth,
    check_distinct,
    check_same_size,
    read_bands,
    read_raster,
)
from payload.types import CLEAR, CLOUD

_COLOURS = ("blue", "green", "red", "nir")
_ENDINGS = ("", "_additional_to38cloud")
_SOURCES = {"": "38-Cloud", "_additional_to38cloud": "95-Cloud"}
_CODES = {0: CLEAR, 255: CLOUD}


@dataclass(frozen=True, slots=True)
class _Patch:
    id: str
    product: Product
    folder: Path
    ending: str

    def file(self, kind: str) -> Path:
        return self.folder / f"train_{kind}{self.ending}" / f"{kind}_{self.id}.TIF"


def read(folder: Path, *, sun_elevation: float | None = None) -> Iterator[LabelledImage]:
    """Yield all patches with data, in order of their names.

    Args:
        folder: See above.
        sun_elevation: [deg] Sun elevation of scenes without metadata; None estimates it for each.

    Raises:
        ImageryError: There are no labels, a name contains no product, or a band is missing or of
            another size.
    """
    parts = _parts(folder)
    patches = sorted(_patches(parts), key=lambda patch: patch.id)
    if not patches:
        raise ImageryError(
            f"{folder}: there is no train_gt containing patches (gt_patch_...TIF), here or one "
            "folder below"
        )
    check_distinct([patch.id for patch in patches], str(folder))
    metadata = _metadata({folder, *parts, *(part.parent for part in parts)})
    calibrations: dict[str, Calibration] = {}
    for patch in patches:
        name = patch.product.name
        if name not in calibrations:
            calibrations[name] = (
                read_mtl(metadata[name])
                if name in metadata
                else assumed_calibration(patch.product, sun_elevation)
            )
        image = _read_patch(patch, calibrations[name])
        if image.unknown_fraction < 1.0:
            yield image


def _parts(folder: Path) -> list[Path]:
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    return [
        place
        for place in places
        if any((place / f"train_gt{ending}").is_dir() for ending in _ENDINGS)
    ]


def _patches(parts: list[Path]) -> Iterator[_Patch]:
    for part in parts:
        for ending in _ENDINGS:
            for path in (part / f"train_gt{ending}").glob("gt_patch_*.TIF"):
                product = find_product(path.stem)
                if product is None:
                    raise ImageryError(f"{path}: the name contains no Landsat 8 product id")
                yield _Patch(path.stem.removeprefix("gt_"), product, part, ending)


def _metadata(places: set[Path]) -> Mapping[str, Path]:
    """The metadata files found, by product."""
    found: dict[str, Path] = {}
    for place in sorted(places):
        for folder in sorted(path for path in place.glob("*etadata*") if path.is_dir()):
            for path in sorted(folder.rglob("*_MTL.txt")):
                found.setdefault(path.name.removesuffix("_MTL.txt"), path)
    return found


def _read_patch(patch: _Patch, calibration: Calibration) -> LabelledImage:
    level1 = read_bands([patch.file(colour) for colour in _COLOURS])
    labels = patch.file("gt")
    truth = as_truth(read_raster(labels, [1])[0], _CODES, str(labels))
    check_same_size(level1, truth, patch.id)
    return LabelledImage(
        id=patch.id,
        scene=patch.product.place,
        source=_SOURCES[patch.ending],
        licence="the authors ask to cite arXiv:1901.10077; images: USGS, public domain",
        is_human=True,
        dn=calibration.to_dn(level1),
        truth=hide_fill(truth, level1),
        resolution_m=RESOLUTION_M,
    )
