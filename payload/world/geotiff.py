"""A GeoTIFF file as a scene, read window by window.

Unsigned integers are taken as DN unchanged. Signed integers and floats become DN in steps of
1e-4 reflectance; negative values become zero. A pixel has data where every band has; elsewhere
its DN are zero. Files are opened for each window and closed again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader
from rasterio.windows import Window as RasterWindow

from payload.errors import ImageryError
from payload.types import (
    CLEAR,
    CLOUD,
    SHADOW,
    UNKNOWN,
    Georeference,
    Patch,
    Radiometry,
    Window,
)
from payload.world.raster_files import opened

BANDS = ("blue", "green", "red", "nir")
MOST_BANDS = 256
STEP = 1e-4
"""Reflectance of one DN where the file's own values cannot serve as DN."""

_NODATA_DN = 0
_DN_TYPES = {"uint8": 8, "uint16": 16}  # bits of the types that are DN unchanged
_OTHER_TYPES = ("int16", "int32", "float32", "float64")
# Numbers that stand for the same colour on Sentinel-2 and on Landsat 8 and 9.
_COLOURS = {"b2": "blue", "b02": "blue", "b3": "green", "b03": "green", "b4": "red", "b04": "red"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of a file are to be interpreted.

    Attributes:
        bands: Which bands to take, counted from one, in the order blue, green, red, near infrared.
        scale: Reflectance = value x scale + offset; None for what the file states, or else what is customary
            for its type: 1 for floats, 1e-4 for integers, 1/255 for those of 8 bits.
        offset: See scale; the file's own values are used if neither is given.
        nodata: Value that stands for no data; None for what the file states.
        has_all: These are all bands of a file, up to 256, whatever they show; else one to four are taken.

    Raises:
        ImageryError: The bands, the scale or the offset are not valid.
    """

    bands: tuple[int, ...] = (1, 2, 3, 4)
    scale: float | None = None
    offset: float = 0.0
    nodata: float | None = None
    has_all: bool = False

    def __post_init__(self) -> None:
        most = MOST_BANDS if self.has_all else len(BANDS)
        if not 1 <= len(self.bands) <= most or min(self.bands) < 1:
            wanted = f"one to {MOST_BANDS}" if self.has_all else "one to four"
            raise ImageryError(
                f"bands {_few(self.bands)} are not valid: expected {wanted} numbers, counted from 1"
            )
        if not ((self.scale is None or 0 < self.scale < np.inf) and np.isfinite(self.offset)):
            raise ImageryError(
                f"values x {self.scale} + {self.offset} are not reflectance: expected a finite scale above 0"
                " and a finite offset"
            )


@dataclass(frozen=True, slots=True)
class RasterScene:
    """A frame of a GeoTIFF; see `payload.ports.Scene`. Make it with `open_raster`.

    Attributes:
        path: The file.
        reading: How its values are to be interpreted.
        frame: The part of it that is the scene.
        bands: Their names.
        bit_depth: [bit] of a DN.
        radiometry: DN to reflectance.
        meaning: The file's own values to reflectance.
        georeference: Where the frame lies, or None.
        truth: A file with the truth of the same pixels, or None.
        nodata: [DN] What pixels without data are read as; None if the file says that all its pixels have data.
        doubt: What in the file contradicts the assumed order of bands, in words; None if nothing.
    """

    path: Path
    reading: Reading
    frame: Window
    bands: tuple[str, ...]
    bit_depth: int
    radiometry: Radiometry
    meaning: Radiometry
    georeference: Georeference | None
    truth: Path | None
    nodata: int | None = None
    doubt: str | None = None

    @property
    def height_px(self) -> int:
        """[px] Rows."""
        return self.frame.height_px

    @property
    def width_px(self) -> int:
        """[px] Columns."""
        return self.frame.width_px

    def read(self, window: Window) -> Patch:
        """Read the pixels of a window.

        Raises:
            ImageryError: The file cannot be read there or holds a DN beyond the bit depth, or the
                window reaches beyond the scene.
        """
        bottom, right = window.top_px + window.height_px, window.left_px + window.width_px
        inside = min(window.top_px, window.left_px) >= 0 and window.pixels > 0
        if not inside or bottom > self.height_px or right > self.width_px:
            raise ImageryError(
                f"{window} does not lie inside {self.height_px} x {self.width_px} pixels"
                f" of {self.path}"
            )
        place = RasterWindow(
            self.frame.left_px + window.left_px,
            self.frame.top_px + window.top_px,
            window.width_px,
            window.height_px,
        )
        with opened(self.path) as raster:
            values = raster.read(list(self.reading.bands), window=place)
            valid = _has_data(raster, values, self.reading, place)
        truth = None
        if self.truth is not None:
            with opened(self.truth) as raster:
                truth = _as_truth(self.truth, raster.read(1, window=place))
        bands = self._as_dn(values, valid)
        return Patch(bands, truth, None if valid.all() else valid)

    def _as_dn(self, values: NDArray[np.generic], valid: NDArray[np.bool_]) -> NDArray[np.uint16]:
        if values.dtype.name not in _DN_TYPES:
            dn = np.where(valid, values, 0).astype(np.float64)
            dn = np.rint((dn * self.meaning.scale + self.meaning.offset) / STEP)
            dn = np.maximum(dn, 0.0)
        else:
            dn = values.astype(np.uint16)
        dn = np.where(valid, dn, _NODATA_DN)
        highest = float(dn.max())
        if highest > 0xFFFF:
            raise ImageryError(
                f"{self.path} holds a reflectance of {highest * STEP:.6g}, which 16-bit DN cannot"
                f" represent: are the scale {self.meaning.scale} and the offset {self.meaning.offset} right?"
            )
        if highest >= 2**self.bit_depth:
            raise ImageryError(
                f"{self.path} holds the DN {highest:.0f}, which does not fit the {self.bit_depth} bits"
                f" of the sensor: set its bit_depth to {int(highest).bit_length()} or more"
            )
        return dn.astype(np.uint16)


def open_raster(  # noqa: PLR0913 - one keyword for each thing that a file may leave open
    path: Path,
    *,
    bands: tuple[int, ...] | None = (1, 2, 3, 4),
    scale: float | None = None,
    offset: float = 0.0,
    nodata: float | None = None,
    truth: Path | None = None,
    bit_depth: int | None = None,
) -> RasterScene:
    """A whole GeoTIFF as a scene; only its header is read, and no file stays open.

    Args:
        path: A local GeoTIFF or Cloud-Optimised GeoTIFF.
        bands: Which bands to take, counted from one, in the order blue, green, red, near infrared; None
            for all bands.
        scale: Reflectance = value x scale + offset; None for what the file states, or what is customary for its type.
        offset: See scale; the file's own values are used if neither is given.
        nodata: Value that stands for no data; None for what the file states.
        truth: A GeoTIFF of the same size whose first band is 0 clear, 1 cloud, 2 shadow, 255 unknown.
        bit_depth: [bit] of a DN; None for what its type can hold.

    Raises:
        ImageryError: The file is missing, not local or not a GeoTIFF, or lacks what is asked for.
    """
    asked = None if bands is None else Reading(bands, scale, offset, nodata)
    with opened(path) as raster:
        every = tuple(range(1, raster.count + 1))
        reading = asked or Reading(every, scale, offset, nodata, has_all=True)
        kind = _sample_type(path, raster, reading)
        size = (raster.height, raster.width)
        georeference = _georeference(raster)
        is_said = scale is not None or offset != 0.0 or reading.has_all
        own = None if is_said else _own_meaning(path, raster, reading)
        doubt = None if reading.has_all else _other_colours(raster, reading)
        has_gaps = _may_lack_data(raster, reading)
    if truth is not None:
        with opened(truth) as raster:
            if (raster.height, raster.width) != size:
                raise ImageryError(
                    f"{truth} has {raster.height} x {raster.width} pixels, but {path} has"
                    f" {size[0]} x {size[1]}: truth must fit its image"
                )
            if np.dtype(raster.dtypes[0]).kind not in "iuf":
                raise ImageryError(
                    f"{truth} has values of type {raster.dtypes[0]}, which is not that of a mask"
                )
    if scale is None:
        scale = 1.0 if kind.startswith("float") else 1 / 255 if kind == "uint8" else 1e-4
    meaning = own or Radiometry(scale, offset)
    return RasterScene(
        path=path,
        reading=reading,
        frame=Window(0, 0, *size),
        bands=_names(len(reading.bands)),
        bit_depth=bit_depth or _DN_TYPES.get(kind, 16),
        radiometry=meaning if kind in _DN_TYPES else Radiometry(STEP),
        meaning=meaning,
        georeference=georeference,
        truth=truth,
        nodata=_NODATA_DN if has_gaps else None,
        doubt=doubt,
    )


def _names(count: int) -> tuple[str, ...]:
    """Names of bands: the known ones first, then numbers."""
    return (*BANDS, *(f"band-{number}" for number in range(len(BANDS) + 1, count + 1)))[:count]


def _sample_type(path: Path, raster: DatasetReader, reading: Reading) -> str:
    """The common sample type of the bands asked for."""
    if max(reading.bands) > raster.count:
        raise ImageryError(
            f"{path} has {raster.count} bands, but band {max(reading.bands)} is requested: expected blue,"
            f" green, red and near infrared (bands: {list(reading.bands)})"
        )
    found = sorted({raster.dtypes[band - 1] for band in reading.bands})
    if len(found) > 1 or found[0] not in (*_DN_TYPES, *_OTHER_TYPES):
        known = ", ".join((*_DN_TYPES, *_OTHER_TYPES))
        raise ImageryError(
            f"{path} has samples of type {', '.join(found)}: expected one of {known}"
        )
    return str(found[0])


def _own_meaning(path: Path, raster: DatasetReader, reading: Reading) -> Radiometry | None:
    """Scale and offset that the file states for its bands; None where it states none."""
    said = {(raster.scales[band - 1], raster.offsets[band - 1]) for band in reading.bands}
    if said == {(1.0, 0.0)}:
        return None
    for scale, offset in said:
        if not (0 < scale < np.inf and np.isfinite(offset)):
            raise ImageryError(
                f"{path} gives the scale {scale} and offset {offset}, which do not make reflectance: set scale and offset"
            )
    if len(said) > 1:
        told = _few(sorted(said))
        raise ImageryError(
            f"{path} gives its bands different scales or offsets ({told}): set the scale and offset to use"
        )
    return Radiometry(*said.pop())


def _other_colours(raster: DatasetReader, reading: Reading) -> str | None:
    """A band whose stated colour differs from the one assumed, in words; None if there is none."""
    for number, wanted in zip(reading.bands, BANDS, strict=False):
        called = (raster.descriptions[number - 1] or "").strip().lower()
        called = _COLOURS.get(called, called)
        if (
            called not in BANDS and raster.dtypes[number - 1] != "uint8"
        ):  # GDAL calls any four of 8 bits RGBA
            called = raster.colorinterp[number - 1].name
        if called in BANDS and called != wanted:
            return f"band {number} is labelled {called} but is taken as {wanted} (see bands)"
    return None


def _georeference(raster: DatasetReader) -> Georeference | None:
    if raster.crs is None and raster.transform.is_identity:
        return None
    crs = raster.crs.to_wkt() if raster.crs is not None else ""
    return Georeference(crs, raster.transform.to_gdal())


def _may_lack_data(raster: DatasetReader, reading: Reading) -> bool:
    """Whether a value or a mask tells pixels without data; NaN may do so in any file of floats, and does not count."""
    if reading.nodata is not None:
        return True
    has_all = [MaskFlags.all_valid in raster.mask_flag_enums[band - 1] for band in reading.bands]
    return not all(has_all) and not _is_masked_by_itself(raster, reading)


def _has_data(
    raster: DatasetReader, values: NDArray[np.generic], reading: Reading, place: RasterWindow
) -> NDArray[np.bool_]:
    """Where every band has data, shape (H, W)."""
    if reading.nodata is None and _is_masked_by_itself(raster, reading):
        there = np.ones(values.shape, np.bool_)
    elif reading.nodata is None:
        there = raster.read_masks(list(reading.bands), window=place) > 0
    else:
        with np.errstate(over="ignore"):  # a value that the type cannot hold does not occur
            there = values != reading.nodata
    if values.dtype.kind == "f":
        there = there & np.isfinite(values)
    return np.asarray(there.all(axis=0), np.bool_)


def _is_masked_by_itself(raster: DatasetReader, reading: Reading) -> bool:
    """Whether a band asked for is what GDAL takes for an alpha mask, as it does with the last of any four 8-bit bands."""
    colours = {raster.colorinterp[band - 1] for band in reading.bands}
    flags = {flag for band in reading.bands for flag in raster.mask_flag_enums[band - 1]}
    return ColorInterp.alpha in colours and MaskFlags.alpha in flags


def _as_truth(path: Path, values: NDArray[np.generic]) -> NDArray[np.uint8]:
    strangers = values[~np.isin(values, (CLEAR, CLOUD, SHADOW, UNKNOWN))]
    if strangers.size:
        raise ImageryError(
            f"{path} holds the value {strangers[0]}: truth is 0 clear, 1 cloud, 2 shadow, 255 unknown"
        )
    return values.astype(np.uint8)


def _few(numbers: Sequence[object]) -> str:
    """Numbers as text, abbreviated if there are more than a few."""
    told = ", ".join(map(str, numbers[:5]))
    return f"{told}, ... ({len(numbers)} in all)" if len(numbers) > 5 else told
