"""On Cloud N, the cloud cover challenge of DrivenData: chips of Sentinel-2, 512 x 512 at 10 m.

    train_metadata.csv                       chip_id, location, datetime, cloudpath
    train_features/<chip_id>/B02.tif ...     B02, B03, B04, B08, uint16
    train_labels/<chip_id>.tif               0 no cloud, 1 cloud

The folder may also hold these in parts, as in the later release (`public/train_features`,
`private/test_features` and so on); both parts are read.

Units: reflectance x 10000, as on the Planetary Computer. The chips date from 2018 to 2020 and were
published in 2021, before processing baseline 04.00 (25 January 2022) added 1000 to every number, so
no offset is subtracted. They are **level 2A**: surface reflectance, from which haze and Rayleigh
scattering are partly removed. All other sets read here are at the top of the atmosphere; mixing them
asks the student to cope with both.

Scene: the location, as there are several passes over one place. Shadow is not labelled and counts
as no cloud. The labels were drawn by a crowd and checked by experts.

Sources: https://www.drivendata.org/competitions/83/cloud-cover/;
https://github.com/drivendataorg/cloud-cover-runtime (benchmark_src/cloud_dataset.py);
https://github.com/drivendataorg/cloud-cover-winners (3rd place/folds.csv);
https://github.com/torchgeo/torchgeo (torchgeo/datasets/cloud_cover.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers.rasters import (
    as_truth,
    check_distinct,
    check_same_size,
    read_bands,
    read_raster,
    read_table,
)
from payload.types import CLEAR, CLOUD, UNKNOWN

_BANDS = ("B02", "B03", "B04", "B08")
_PARTS = ("train", "test")
_CODES = {0: CLEAR, 1: CLOUD, 255: UNKNOWN}


@dataclass(frozen=True, slots=True)
class _Chip:
    id: str
    location: str
    features: Path
    label: Path


def read(folder: Path) -> Iterator[LabelledImage]:
    """Yield all chips of a folder, in order of their ids.

    Raises:
        ImageryError: There is no table of chips, a chip occurs twice, or a band or label is
            missing or of another size.
    """
    chips = sorted(_chips(folder), key=lambda chip: chip.id)
    if not chips:
        raise ImageryError(
            f"{folder}: there is no train_metadata.csv listing chips, here or one folder below"
        )
    check_distinct([chip.id for chip in chips], str(folder))
    for chip in chips:
        yield _read_chip(chip)


def _chips(folder: Path) -> Iterator[_Chip]:
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    for place in places:
        for part in _PARTS:
            table = place / f"{part}_metadata.csv"
            if table.is_file():
                for row in read_table(table, ("chip_id", "location")):
                    id_ = row["chip_id"]
                    features = place / f"{part}_features" / id_
                    label = place / f"{part}_labels" / f"{id_}.tif"
                    yield _Chip(id_, row["location"], features, label)


def _read_chip(chip: _Chip) -> LabelledImage:
    dn = read_bands([chip.features / f"{band}.tif" for band in _BANDS])
    truth = as_truth(read_raster(chip.label, [1])[0], _CODES, str(chip.label))
    check_same_size(dn, truth, chip.id)
    truth[(dn == 0).all(axis=0)] = UNKNOWN
    return LabelledImage(
        id=chip.id,
        scene=chip.location,
        source="On Cloud N",
        licence="CC-BY-4.0, https://doi.org/10.34911/RDNT.HFQ6M7",
        is_human=True,
        dn=dn,
        truth=truth,
        resolution_m=10.0,
    )
