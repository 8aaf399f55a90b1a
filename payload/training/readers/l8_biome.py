"""L8 Biome, the cloud cover assessment validation data of USGS: 96 whole scenes of Landsat 8, 30 m.

    <biome>/<scene>/<scene>_B2.TIF ... _B5.TIF    uint16, about 7800 x 7700
    <biome>/<scene>/<scene>_MTL.txt               scale and sun
    <biome>/<scene>/<scene>_fixedmask.img, .hdr   ENVI: 0 fill, 64 cloud shadow, 128 clear,
                                                  192 thin cloud, 255 cloud

A redistribution with all bands in one file, `<scene>.TIF`, and the mask as `_fixedmask.TIF` is read
too. The folder is any that holds scenes, at any depth. The biome is the nearest folder above a scene,
up to the given one, that is named after one (`SnowIce`, `snow_ice`, ...); USGS's own archives unpack
to `BC`, which names none.

A scene is too large for the memory of a small machine and is yielded in blocks of 512 x 512, smaller
at its right and lower edges; blocks without any data are left out. Units: reflectance x 10000 at the
top of the atmosphere, from the scene's metadata. Thin cloud counts as cloud. Shadow was labelled in
some scenes only: elsewhere it counts as clear, as shadow does in scores anyway.

Scene: path and row. Beware: collections of patches made from this set show the same places under
other names.

Sources: https://doi.org/10.5066/F7251GDH; https://github.com/torchgeo/torchgeo
(torchgeo/datasets/l8biome.py); the meaning of the mask as in https://github.com/IPL-UV/DL-L8S2-UV.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product as pairs
from pathlib import Path

import numpy as np
from rasterio.io import DatasetReader
from rasterio.windows import Window

from payload.errors import ImageryError
from payload.training.images import LabelledImage
from payload.training.readers import surfaces
from payload.training.readers.landsat import (
    BANDS,
    RESOLUTION_M,
    Product,
    find_product,
    hide_fill,
    read_mtl,
)
from payload.training.readers.rasters import as_dn, as_truth, check_distinct, open_raster
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

BLOCK_PX = 512

_CODES = {0: UNKNOWN, 64: SHADOW, 128: CLEAR, 192: CLOUD, 255: CLOUD}
_MASKS = ("*_fixedmask.img", "*_fixedmask.TIF")


@dataclass(frozen=True, slots=True)
class _Scene:
    product: Product
    mask: Path
    surface: str

    @property
    def stem(self) -> Path:
        return self.mask.parent / self.product.name


def read(folder: Path) -> Iterator[LabelledImage]:
    """Yield all blocks with data, in order of their ids: scene, row and column of the upper left pixel.

    Raises:
        ImageryError: There are no scenes, a scene occurs twice, or one of its files is missing or
            of another size.
    """
    scenes = sorted(_scenes(folder), key=lambda scene: scene.product.name)
    if not scenes:
        raise ImageryError(f"{folder}: there is no <scene>_fixedmask.img, here or below")
    check_distinct([scene.product.name for scene in scenes], str(folder))
    for scene in scenes:
        yield from _read_scene(scene)


def _scenes(folder: Path) -> Iterator[_Scene]:
    for pattern in _MASKS:
        for mask in folder.rglob(pattern):
            product = find_product(mask.name)
            if product is None:
                raise ImageryError(f"{mask}: the name contains no Landsat 8 scene id")
            above = (folder.resolve().name, *mask.relative_to(folder).parent.parts)
            biomes = (surfaces.of_biome(name) for name in reversed(above))
            yield _Scene(product, mask, next(filter(None, biomes), ""))


def _read_scene(scene: _Scene) -> Iterator[LabelledImage]:
    name = scene.product.name
    calibration = read_mtl(scene.stem.with_name(f"{name}_MTL.txt"))
    with ExitStack() as stack:
        mask = stack.enter_context(open_raster(scene.mask))
        bands = _open_bands(scene, stack)
        for band, _ in bands:
            if band.shape != mask.shape:
                raise ImageryError(
                    f"{band.name}: its size is {band.height} x {band.width}, but that of the mask "
                    f"is {mask.height} x {mask.width}"
                )
        tops, lefts = range(0, mask.height, BLOCK_PX), range(0, mask.width, BLOCK_PX)
        for top, left in pairs(tops, lefts):
            height, width = min(BLOCK_PX, mask.height - top), min(BLOCK_PX, mask.width - left)
            window = Window(left, top, width, height)
            labels = mask.read(1, window=window)
            if not labels.any():
                continue
            pixels = np.stack([band.read(index, window=window) for band, index in bands])
            level1 = as_dn(pixels, name)
            truth = hide_fill(as_truth(labels, _CODES, str(scene.mask)), level1)
            if (truth == UNKNOWN).all():
                continue
            yield LabelledImage(
                id=f"{name}_{top:05}_{left:05}",
                scene=scene.product.place,
                source="USGS L8 Biome",
                licence="USGS, public domain",
                is_human=True,
                dn=calibration.to_dn(level1),
                truth=truth,
                surface=scene.surface,
                resolution_m=RESOLUTION_M,
            )


def _open_bands(scene: _Scene, stack: ExitStack) -> list[tuple[DatasetReader, int]]:
    """The four bands as rasters and band numbers: one file per band, or one file with all."""
    name = scene.product.name
    together = scene.stem.with_name(f"{name}.TIF")
    if together.is_file():
        raster = stack.enter_context(open_raster(together))
        if raster.count < max(BANDS):
            raise ImageryError(
                f"{together}: found {raster.count} bands; expected at least {max(BANDS)}"
            )
        return [(raster, band) for band in BANDS]
    files = [scene.stem.with_name(f"{name}_B{band}.TIF") for band in BANDS]
    return [(stack.enter_context(open_raster(file)), 1) for file in files]
