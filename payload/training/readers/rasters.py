"""Read pixels from files, check them, and convert them to the package's units and codes."""

import csv
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.io import DatasetReader

from payload.errors import ImageryError
from payload.types import UNKNOWN


@contextmanager
def open_raster(path: Path) -> Iterator[DatasetReader]:
    """Open a raster, georeferenced or not; read errors within the block become `ImageryError`s.

    Raises:
        ImageryError: The raster cannot be opened or read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            raster = rasterio.open(path)
        with raster:
            yield raster
    except (RasterioIOError, RasterioError) as error:
        raise ImageryError(f"{path}: the image cannot be read: {error}") from error


def read_raster(path: Path, indexes: Sequence[int] | None = None) -> NDArray[np.generic]:
    """Read bands of a raster, shape (B, H, W): all, or those with the given numbers, counted from 1.

    Raises:
        ImageryError: The raster cannot be read, or has no such band.
    """
    with open_raster(path) as raster:
        if indexes is not None and max(indexes) > raster.count:
            raise ImageryError(
                f"{path}: found {raster.count} bands; expected at least {max(indexes)}"
            )
        pixels: NDArray[np.generic] = raster.read(None if indexes is None else list(indexes))
    return pixels


def read_bands(paths: Sequence[Path]) -> NDArray[np.uint16]:
    """Read one band from each file and stack them, shape (B, H, W).

    Raises:
        ImageryError: A file cannot be read, or the bands differ in size.
    """
    bands = [read_raster(path, [1])[0] for path in paths]
    for path, band in zip(paths, bands, strict=True):
        if band.shape != bands[0].shape:
            raise ImageryError(
                f"{path}: its size is {_size(band)}, but that of {paths[0].name} is "
                f"{_size(bands[0])}; all bands of an image need the same size"
            )
    return as_dn(np.stack(bands), str(paths[0].parent))


def as_dn(pixels: NDArray[np.generic], where: str) -> NDArray[np.uint16]:
    """Convert integer pixels to uint16, clipping what is out of range.

    Raises:
        ImageryError: The pixels are not integers, so their unit is not that of the layout.
    """
    if pixels.dtype == np.uint16:
        return pixels.view(np.uint16)
    if not np.issubdtype(pixels.dtype, np.integer):
        raise ImageryError(f"{where}: expected pixels of an integer type, found {pixels.dtype}")
    return np.clip(pixels.astype(np.int64), 0, 65535).astype(np.uint16)


def as_truth(
    labels: NDArray[np.generic], meaning: Mapping[int, int], where: str
) -> NDArray[np.uint8]:
    """Convert labels from a set's own codes to those of `payload.types`.

    Raises:
        ImageryError: A label is not one of the set's codes.
    """
    truth = np.full(labels.shape, UNKNOWN, np.uint8)
    is_known = np.zeros(labels.shape, np.bool_)
    for code, mark in meaning.items():
        matches = labels == code
        truth[matches] = mark
        is_known |= matches
    if not is_known.all():
        raise ImageryError(
            f"{where}: found label {labels[~is_known].flat[0]}; this layout has the labels "
            f"{sorted(meaning)}"
        )
    return truth


def check_same_size(dn: NDArray[np.uint16], truth: NDArray[np.uint8], where: str) -> None:
    """Raise `ImageryError` unless the truth, (H, W), has the size of the image, (4, H, W)."""
    if dn.shape[1:] != truth.shape:
        raise ImageryError(f"{where}: the image is {_size(dn)}, but its labels are {_size(truth)}")


def check_distinct(ids: Sequence[str], where: str) -> None:
    """Raise `ImageryError` if an id occurs twice among sorted ids."""
    for id_, following in pairwise(ids):
        if id_ == following:
            raise ImageryError(f"{where}: {id_!r} appears twice; ids must be unique")


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read the rows of a CSV table with a header.

    Raises:
        ImageryError: The table cannot be read, or a required column is missing.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, restval="")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImageryError(f"{path}: the table of images cannot be read: {error}") from error
    for column in columns:
        if column not in (reader.fieldnames or ()):
            raise ImageryError(f"{path}: there is no column {column!r}")
    return rows


def _size(pixels: NDArray[np.generic]) -> str:
    return f"{pixels.shape[-2]} x {pixels.shape[-1]}"
