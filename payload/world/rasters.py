"""Scenes from the user's own GeoTIFF files: which image serves a target, and which part of it."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio.warp
from rasterio.crs import CRS
from rasterio.io import DatasetReader

from payload.errors import ImageryError
from payload.geometry.earth import site
from payload.registry import option, supplied
from payload.rng import stream
from payload.scenario.paths import InputPath
from payload.types import Georeference, Radiometry, Sensor, View, Window
from payload.units import M_PER_KM, iso_utc
from payload.world.brightness import Brightness
from payload.world.geotiff import RasterScene, Reading, open_raster
from payload.world.raster_files import FAILURES, opened

GLIMPSED_IMAGES, GLIMPSES, GLIMPSE_PX = 8, 3, 32
"""Before a flight: most images sampled, squares sampled along each side of an image, and pixels along a square's side."""
ODD_SIZE = 1.25
"""A pixel this many times larger or smaller than the camera's is worth a note."""
_SUFFIXES = (".tif", ".tiff")
_MASK_ENDINGS = ("_msk", "_mask", "_truth")


@dataclass(frozen=True)
class Rasters:
    """Your own GeoTIFF images, read window by window, with the truth masks beside them if there are any."""

    seed: int = supplied(0)
    path: InputPath = option(
        description="A GeoTIFF, or a folder of them (*.tif, *.tiff; not *_msk, *_mask, *_truth)."
    )
    bands: tuple[int, ...] = option(
        (1, 2, 3, 4),
        description="Which bands to take, counted from 1: blue, green, red, near infrared.",
        min_length=1,
        max_length=4,
    )
    scale: float | None = option(
        None,
        description="Reflectance = value x scale + offset; if omitted, what the file states, "
        "else 1 for floats, 1e-4 for integers, 1/255 for 8-bit integers.",
        gt=0.0,
        le=1e6,
    )
    offset: float = option(
        0.0, description="Reflectance = value x scale + offset.", ge=-1e6, le=1e6
    )
    nodata: float | None = option(
        None, description="Value that stands for no data; by default what the file states."
    )
    truth_suffix: str | None = option(
        "_msk",
        description="The truth of x.tif or x_img.tif is read from x<suffix>.tif if it exists; "
        "null for no truth.",
        min_length=1,
        pattern=r"^[A-Za-z0-9_.-]+$",
    )
    place: Literal["covering", "drawn"] = option(
        "covering",
        description="Which image a target gets: the first that covers it, or one drawn by target and"
        " time, at a place drawn likewise.",
    )

    def __post_init__(self) -> None:
        """Refuse unusable options, and a folder without images."""
        self._reading()
        if not self._images():
            raise ImageryError(f"there is no image in {self.path}: expected *.tif or *.tiff")

    def examine(self, sensor: Sensor) -> None:
        """Check the headers of all images, before anything flies.

        Raises:
            ImageryError: One cannot be read, or lacks what the sensor needs.
        """
        self._check_bands(sensor)
        for path in self._images():
            self._open(path, sensor.bit_depth)

    def doubts(self, sensor: Sensor) -> list[str]:
        """Doubts about pixel size, band order and meaning of values, from headers and a few small squares of some images."""
        images, seen = self._images(), dict[Radiometry, Brightness]()
        orders, sizes_m = dict[str, None](), list[float]()
        for number in range(count := min(GLIMPSED_IMAGES, len(images))):
            path = images[number * len(images) // count]
            with contextlib.suppress(ImageryError):  # reported when the image is needed
                scene = self._open(path)
                orders |= dict.fromkeys(filter(None, [scene.doubt]))
                sizes_m += _pixel_m(path)
                for window in _glimpses(scene):
                    seen.setdefault(scene.radiometry, Brightness()).add(scene.read(window))
        values = (doubt for meant, each in seen.items() for doubt in each.doubts(meant))
        found = (*_odd_size(sizes_m, sensor.gsd_m), *orders, *values)
        return [f"scene.path: in {self.path}, {doubt}" for doubt in found]

    def scene(self, view: View) -> RasterScene:
        """The part of an image that serves a view: as large as the sensor's frame, or as the image if smaller.

        Raises:
            ImageryError: No image covers the view, its file cannot be read, or the numbers of bands
                differ.
        """
        self._check_bands(view.sensor)
        path, frame = self._covering(view) if self.place == "covering" else self._drawn(view)
        whole = self._open(path, view.sensor.bit_depth)
        return RasterScene(
            path=path,
            reading=whole.reading,
            frame=frame,
            bands=view.sensor.bands,
            bit_depth=whole.bit_depth,
            radiometry=whole.radiometry,
            meaning=whole.meaning,
            georeference=_shifted(whole.georeference, frame),
            truth=whole.truth,
            nodata=whole.nodata,
        )

    def _open(self, path: Path, bit_depth: int | None = None) -> RasterScene:
        """A whole image, with its truth if it has one."""
        return open_raster(
            path,
            bands=self.bands,
            scale=self.scale,
            offset=self.offset,
            nodata=self.nodata,
            truth=self._truth_of(path),
            bit_depth=bit_depth,
        )

    def _check_bands(self, sensor: Sensor) -> None:
        if len(sensor.bands) != len(self.bands):
            raise ImageryError(
                f"the sensor has {len(sensor.bands)} bands ({', '.join(sensor.bands)}), but"
                f" {len(self.bands)} bands of the rasters are named"
            )

    def _reading(self) -> Reading:
        return Reading(self.bands, self.scale, self.offset, self.nodata)

    def _images(self) -> list[Path]:
        """The images, sorted by name."""
        if not self.path.is_dir():
            return [self.path]
        masks = _MASK_ENDINGS if self.truth_suffix is None else (*_MASK_ENDINGS, self.truth_suffix)
        return sorted(
            item
            for item in self.path.iterdir()
            if item.suffix.lower() in _SUFFIXES
            and not item.name.startswith(".")
            and not item.stem.endswith(masks)
            and item.is_file()
        )

    @property
    def files_beside(self) -> tuple[Path, ...]:
        """The truth of a single image; a folder already contains that of its images."""
        truth = None if self.path.is_dir() else self._truth_of(self.path)
        return () if truth is None else (truth,)

    def _truth_of(self, image: Path) -> Path | None:
        if self.truth_suffix is None:
            return None
        stem = image.stem.removesuffix("_img") + self.truth_suffix
        beside = [image.with_name(stem + suffix) for suffix in (image.suffix, *_SUFFIXES)]
        return next((path for path in beside if path.is_file()), None)

    def _covering(self, view: View) -> tuple[Path, Window]:
        for path in self._images():
            with opened(path) as raster:
                centre = _pixel_of(raster, view.lat_deg, view.lon_deg)
                if centre is None:
                    continue
                height_px, width_px = _frame_size(raster, view)
                top_px = round(centre[0] - height_px / 2)
                left_px = round(centre[1] - width_px / 2)
                return path, Window(
                    min(max(top_px, 0), raster.height - height_px),
                    min(max(left_px, 0), raster.width - width_px),
                    height_px,
                    width_px,
                )
        raise ImageryError(
            f"no image in {self.path} covers latitude {view.lat_deg}, longitude {view.lon_deg} of"
            f" target {view.target}; with place: drawn any image will do"
        )

    def _drawn(self, view: View) -> tuple[Path, Window]:
        draw = stream(self.seed, "raster", view.target, iso_utc(view.utc))
        images = self._images()
        path = images[int(draw.integers(len(images)))]
        with opened(path) as raster:
            height_px, width_px = _frame_size(raster, view)
            top_px = int(draw.integers(raster.height - height_px + 1))
            left_px = int(draw.integers(raster.width - width_px + 1))
        return path, Window(top_px, left_px, height_px, width_px)


def _odd_size(sizes_m: list[float], gsd_m: float) -> Iterator[str]:
    """The size of pixels on the ground, in words, if it differs from the camera's."""
    odd = [size_m for size_m in sizes_m if not 1 / ODD_SIZE < size_m / gsd_m < ODD_SIZE]
    if odd:
        told = {f"{size_m:.3g}": None for size_m in (min(odd), max(odd))}
        yield f"pixels are {' to '.join(told)} m wide on the ground, and camera.gsd_m says {gsd_m:g}"


def _pixel_m(path: Path) -> list[float]:
    """[m] Square root of a pixel's area on the ground, in the middle of an image; empty if unknown."""
    with opened(path) as raster:
        if raster.crs is None:
            return []
        step, row, col = raster.transform, raster.height / 2, raster.width / 2
        x, y = step.c + step.a * col + step.b * row, step.f + step.d * col + step.e * row
        xs, ys = [x, x + step.a, x + step.b], [y, y + step.d, y + step.e]
        lon_deg, lat_deg = rasterio.warp.transform(raster.crs, CRS.from_epsg(4326), xs, ys)
    corner, right, below = site(np.array(lat_deg), np.array(lon_deg)).position_km
    area = float(np.linalg.norm(np.cross(right - corner, below - corner)))  # at the poles, too
    return [M_PER_KM * math.sqrt(area)] if math.isfinite(area) else []


def _glimpses(scene: RasterScene) -> Iterator[Window]:
    """Small squares, spread evenly over a scene."""
    height_px, width_px = min(GLIMPSE_PX, scene.height_px), min(GLIMPSE_PX, scene.width_px)
    for down in range(GLIMPSES):
        for across in range(GLIMPSES):
            yield Window(
                (scene.height_px - height_px) * down // (GLIMPSES - 1),
                (scene.width_px - width_px) * across // (GLIMPSES - 1),
                height_px,
                width_px,
            )


def _shifted(georeference: Georeference | None, frame: Window) -> Georeference | None:
    """The georeference of a frame of an image."""
    if georeference is None:
        return None
    x, across, x_down, y, y_across, down = georeference.transform
    x += frame.left_px * across + frame.top_px * x_down
    y += frame.left_px * y_across + frame.top_px * down
    return Georeference(georeference.crs, (x, across, x_down, y, y_across, down))


def _frame_size(raster: DatasetReader, view: View) -> tuple[int, int]:
    return min(view.sensor.height_px, raster.height), min(view.sensor.width_px, raster.width)


def _pixel_of(raster: DatasetReader, lat_deg: float, lon_deg: float) -> tuple[float, float] | None:
    """Row and column of a place, or None where the raster does not cover it or has no georeference."""
    if raster.crs is None or raster.transform.determinant == 0:
        return None
    try:
        xs, ys = rasterio.warp.transform(CRS.from_epsg(4326), raster.crs, [lon_deg], [lat_deg])
    except FAILURES:
        return None  # a place outside the domain of the projection is not covered
    back = ~raster.transform
    # A raster in degrees may reach beyond 180: from 0 to 360, or across the date line.
    for turn_deg in (0.0, 360.0, -360.0) if raster.crs.is_geographic else (0.0,):
        x, y = xs[0] + turn_deg, ys[0]
        row, col = back.d * x + back.e * y + back.f, back.a * x + back.b * y + back.c
        if 0 <= row < raster.height and 0 <= col < raster.width:
            return row, col
    return None
