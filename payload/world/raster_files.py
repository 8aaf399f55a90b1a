"""A GeoTIFF file opened as rasterio has it, and nothing but that file.

Only plain local files are opened: no search for side-car files, nothing from a network.
"""

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError  # GDAL's own errors, which rasterio lets through
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import NodataShadowWarning, NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from payload.errors import ImageryError
from payload.scenario.paths import is_local

# Local GeoTIFF and nothing else: no search for side-car files, no grids from the network.
_GDAL = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "PROJ_NETWORK": "OFF"}
FAILURES = (RasterioError, CPLE_BaseError, SystemError, OSError, ValueError, MemoryError)
"""What rasterio may raise for an unsuitable file; SystemError is a GDAL error that it does not know."""


@dataclass(frozen=True, slots=True)
class GroundControl:
    """What ties pixels to the ground where there is no transform, as GDAL has it.

    Attributes:
        points: Ground control points.
        crs: Their coordinate system, if it is known.
        rpc: Rational polynomial coefficients by GDAL's names; empty if there are none.
    """

    points: tuple[GroundControlPoint, ...] = ()
    crs: CRS | None = None
    rpc: Mapping[str, str] = field(default_factory=dict[str, str])


@contextlib.contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    """Open a file for the length of a block; any failure in it becomes an ImageryError."""
    if not is_local(str(path)):
        raise ImageryError(
            f"{path} is not a plain local path: schemes and /vsi paths are refused, as nothing is"
            " fetched"
        )
    if path.is_dir():
        raise ImageryError(f"{path} is a folder; name its images, as in {path}/*.tif")
    if not path.is_file():
        raise ImageryError(f"there is no file {path}")
    try:
        # Many images rightly have no georeference, or a nodata value beside four bands of 8 bits, which GDAL takes for colours
        # with alpha; rasterio warns about both.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            warnings.simplefilter("ignore", NodataShadowWarning)
            with (
                rasterio.Env(**_GDAL),
                rasterio.open(path.absolute(), driver="GTiff") as raster,
            ):
                yield raster
    except FAILURES as error:
        raise ImageryError(f"{path} cannot be read as a GeoTIFF: {_first_cause(error)}") from error


def _first_cause(error: BaseException) -> str:
    """GDAL's first message, in one line; rasterio's own says only that there was an error."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__


def ground_control(path: Path) -> GroundControl:
    """The ground control of a GeoTIFF; no points if it has a transform, as a GeoTIFF cannot hold both.

    Raises:
        ImageryError: The file cannot be read.
    """
    with opened(path) as raster:
        points, crs = raster.gcps if raster.transform.is_identity else ([], None)
        return GroundControl(tuple(points), crs, raster.tags(ns="RPC"))
