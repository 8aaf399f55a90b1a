"""Writing rasters: GeoTIFF window by window, and Cloud-Optimised GeoTIFF in one go.

A raster appears under its name only once it is complete: until then it is `<name>.part` in the same folder.
"""

import contextlib
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import rasterio
from numpy.typing import DTypeLike, NDArray
from rasterio._err import (
    CPLE_BaseError,
)  # GDAL's own errors, which rasterio lets through on closing
from rasterio.crs import CRS
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetWriter
from rasterio.transform import Affine
from rasterio.warp import transform as warp
from rasterio.windows import Window as RasterWindow

from payload.errors import ImageryError
from payload.types import Georeference, Radiometry, Window
from payload.world.raster_files import GroundControl

BLOCK_PX = 256
_PROBE_BYTES = 1 << 16  # more than any file-system block has left where a raster found no room
# SystemError: what rasterio raises for a GDAL error that it does not know.
_FAILURES = (RasterioError, CPLE_BaseError, SystemError, OSError, ValueError, TypeError)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Suppress rasterio's warning about rasters without a georeference: many of ours rightly have none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


@dataclass(kw_only=True, eq=False)
class RasterWriter:
    """A GeoTIFF that is filled window by window; a context manager.

    On a normal end of the `with` block the file gets its name; on an exception nothing is left. Pixels that
    were not written are `nodata`, or 0 if there is none. Deflate with a predictor, tiled in blocks.
    The file is read back before it gets its name, as GDAL may not report a full disk. For that, windows
    must not overlap, though the same window may be written twice.

        with RasterWriter(path, width=1300, height=1000, count=1, dtype="uint8", nodata=255) as raster:
            raster.write(cloud[np.newaxis], window)

    Attributes:
        path: Its final name; the folder must exist. A file of that name is replaced.
        width: [px] Columns.
        height: [px] Rows.
        count: Number of bands.
        dtype: Of the samples.
        georeference: Coordinate system (WKT, PROJ or EPSG text; empty for none) and transform.
        ground_control: Points, which take the place of the georeference, and coefficients.
        nodata: Value of samples without data.
        descriptions: Names of the bands, all or none.
        tags: Metadata of the file.
        radiometry: Scale and offset of all bands.
        has_mask: Carry a mask of valid pixels in the file; pixels that are not written are not valid.
        block_px: [px] Side of a block, a multiple of 16.
        driver: GTiff, or COG, which holds the raster in memory until the end.
    """

    path: Path = field(kw_only=False)
    width: int
    height: int
    count: int
    dtype: DTypeLike
    georeference: Georeference | None = None
    ground_control: GroundControl = field(default_factory=GroundControl)
    nodata: float | None = None
    descriptions: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    radiometry: Radiometry | None = None
    has_mask: bool = False
    block_px: int = BLOCK_PX
    driver: Literal["GTiff", "COG"] = "GTiff"
    _raster: DatasetWriter = field(init=False, repr=False)
    _checksums: dict[Window, int] = field(init=False, repr=False, default_factory=dict[Window, int])

    def __post_init__(self) -> None:
        """Reject impossible rasters with an ImageryError; nothing is written yet."""
        if min(self.count, self.height, self.width) < 1:
            size = f"{self.count} bands of {self.height} x {self.width} pixels"
            raise ImageryError(f"{self.path}: cannot be written: {size}")
        if self.descriptions and len(self.descriptions) != self.count:
            raise ImageryError(
                f"{self.path}: found {len(self.descriptions)} band names for {self.count} bands"
            )
        if self.block_px < 16 or self.block_px % 16:
            raise ImageryError(
                f"{self.path}: blocks of {self.block_px} px; expected a multiple of 16"
            )

    def __enter__(self) -> Self:
        """Create `<name>.part` beside the final name."""
        if not self.path.parent.is_dir():
            raise ImageryError(
                f"{self.path}: cannot be written: there is no folder {self.path.parent}"
            )
        place = self._place()
        try:
            with _silent(), contextlib.ExitStack() as opened:
                self._raster = rasterio.open(
                    self._part.absolute(),
                    "w",
                    driver=self.driver,
                    count=self.count,
                    height=self.height,
                    width=self.width,
                    dtype=self._sample_type.name,
                    nodata=self.nodata,
                    **place,
                    **self._creation_options(),
                )
                opened.callback(self._raster.close)
                self._describe()
                if self.has_mask:  # the mask must exist even if no pixel is ever written
                    self._write_mask(np.zeros((1, 1), np.bool_), RasterWindow(0, 0, 1, 1))
                opened.pop_all()
        except _FAILURES as error:
            refused = self._refused(error)
            self._discard()
            raise refused from error
        return self

    def write(
        self, array: NDArray[np.generic], window: Window, *, valid: NDArray[np.bool_] | None = None
    ) -> None:
        """Fill a window.

        Args:
            array: Samples, shape (B, h, w), of the raster's dtype; h and w are the window's.
            window: Where they lie.
            valid: Shape (h, w); which pixels have data, for rasters with a mask (default: all).

        Raises:
            ImageryError: Shape or dtype do not match, the window extends outside, or the disk is full.
        """
        shape = (self.count, window.height_px, window.width_px)
        if array.shape != shape or array.dtype != self._sample_type:
            raise ImageryError(
                f"{self.path}: found samples of shape {array.shape}, {array.dtype}; expected {shape}, "
                f"{self._sample_type}"
            )
        bottom_px, right_px = window.top_px + window.height_px, window.left_px + window.width_px
        if (
            min(window.top_px, window.left_px) < 0
            or bottom_px > self.height
            or right_px > self.width
        ):
            raise ImageryError(
                f"{self.path}: {window} reaches beyond {self.height} x {self.width} px"
            )
        pixels = np.ones(shape[1:], dtype=np.bool_) if valid is None else valid
        try:
            self._raster.write(array, window=_there(window))
            if self.has_mask:
                self._write_mask(pixels, _there(window))
        except _FAILURES as error:
            raise self._refused(error) from error
        self._checksums[window] = _checksum(array, pixels if self.has_mask else None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the file its final name, or remove it."""
        try:
            with _silent():
                self._raster.close()
            if kind is None:
                self._verify()
                self._part.replace(self.path)
        except _FAILURES as failure:
            if kind is None:
                raise self._refused(failure) from failure
        finally:
            self._discard()

    def _refused(self, error: Exception) -> ImageryError:
        """Why the file cannot be written. GDAL prints the system's error but passes on less, so the system is asked again."""
        why: object = error
        probe = self.path.with_name(f"{self.path.name}.probe")
        try:
            probe.write_bytes(bytes(_PROBE_BYTES))
        except OSError as found:
            why = found.strerror
        probe.unlink(missing_ok=True)
        return ImageryError(f"{self.path}: cannot be written: {why}")

    @property
    def _part(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def _sample_type(self) -> np.dtype[np.generic]:
        return np.dtype(self.dtype)

    def _verify(self) -> None:
        with _silent(), rasterio.open(self._part.absolute()) as raster:
            for window, checksum in self._checksums.items():
                valid = raster.dataset_mask(window=_there(window)) > 0 if self.has_mask else None
                if _checksum(raster.read(window=_there(window)), valid) != checksum:
                    raise OSError("what was written cannot be read back; is the disk full?")

    def _place(self) -> dict[str, object]:
        if self.ground_control.points:
            crs = self.ground_control.crs or CRS()
            return {"crs": crs, "gcps": list(self.ground_control.points)}
        if self.georeference is None:
            return {}
        text = self.georeference.crs.strip()
        try:
            crs = CRS.from_string(text) if text else None
        except CRSError as error:
            raise ImageryError(
                f"{self.path}: cannot read a coordinate system from {text!r}"
            ) from error
        return {"crs": crs, "transform": Affine.from_gdal(*self.georeference.transform)}

    def _creation_options(self) -> dict[str, str | int]:
        options: dict[str, str | int] = {"compress": "deflate", "bigtiff": "if_safer"}
        options["predictor"] = 3 if self._sample_type.kind == "f" else 2
        if self.driver == "COG":
            return {**options, "blocksize": self.block_px}
        options |= {"tiled": "yes", "blockxsize": self.block_px, "blockysize": self.block_px}
        return {**options, "interleave": "band"}

    def _describe(self) -> None:
        if self.descriptions:
            self._raster.descriptions = tuple(self.descriptions)
        if self.radiometry is not None:
            self._raster.scales = (self.radiometry.scale,) * self.count
            self._raster.offsets = (self.radiometry.offset,) * self.count
        if self.ground_control.rpc:
            self._raster.update_tags(ns="RPC", **self.ground_control.rpc)
        if self.tags:
            self._raster.update_tags(**self.tags)

    def _write_mask(self, valid: NDArray[np.bool_], there: RasterWindow) -> None:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            self._raster.write_mask(valid, window=there)

    def _discard(self) -> None:
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


def _there(window: Window) -> RasterWindow:
    return RasterWindow(window.left_px, window.top_px, window.width_px, window.height_px)


def _checksum(array: NDArray[np.generic], valid: NDArray[np.bool_] | None) -> int:
    checksum = zlib.crc32(np.ascontiguousarray(array).data)
    return checksum if valid is None else zlib.crc32(np.ascontiguousarray(valid).data, checksum)


def write_cog(
    path: Path,
    bands: NDArray[np.uint16],
    *,
    georeference: Georeference | None = None,
    radiometry: Radiometry | None = None,
    nodata: float | None = None,
    valid: NDArray[np.bool_] | None = None,
    descriptions: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write a small image as a Cloud-Optimised GeoTIFF.

    Args:
        path: Its final name; the folder must exist.
        bands: [DN] shape (B, H, W).
        georeference: Where the pixels lie, or None.
        radiometry: DN to reflectance, as scale and offset of the bands.
        nodata: Value of samples without data, or None.
        valid: Shape (H, W); which pixels have data, for a mask in the file, or None for no mask.
        descriptions: Names of the bands.
        tags: Metadata of the file, such as the verdicts of masker and pruner.

    Raises:
        ImageryError: It cannot be written.
    """
    count, height, width = bands.shape
    with RasterWriter(
        path,
        width=width,
        height=height,
        count=count,
        dtype=bands.dtype,
        georeference=georeference,
        nodata=nodata,
        descriptions=descriptions,
        tags=tags or {},
        radiometry=radiometry,
        has_mask=valid is not None,
        driver="COG",
    ) as raster:
        window = Window(top_px=0, left_px=0, height_px=height, width_px=width)
        raster.write(bands, window, valid=valid)


def edge_deg(
    place: Georeference, col: NDArray[np.float64], row: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Latitude and longitude [deg, WGS 84] of points of a raster, given in pixels from its upper left, (N,) each.

    None if there is no coordinate system, or one that cannot be converted to WGS 84.
    """
    if not place.crs.strip():
        return None
    x, x_col, x_row, y, y_col, y_row = place.transform
    easting, northing = x + col * x_col + row * x_row, y + col * y_col + row * y_row
    try:
        crs = CRS.from_string(place.crs)
        lon, lat = warp(crs, CRS.from_epsg(4326), easting.tolist(), northing.tolist())
    except _FAILURES:
        return None
    found = np.asarray(lat), np.asarray(lon)
    return found if all(np.isfinite(each).all() for each in found) else None


def crs_terms(place: Georeference) -> dict[str, object]:
    """A coordinate system in terms of STAC's extension `projection` 2.0: a code, or WKT2 if there is none."""
    try:
        crs = CRS.from_string(place.crs)
        code = crs.to_authority()
        text = crs.to_wkt(version="WKT2_2018")
    except _FAILURES:
        return {}
    return {"proj:wkt2": text} if code is None else {"proj:code": ":".join(code)}
