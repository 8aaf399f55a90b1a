"""The gallery's pictures, reduced in size if the page would grow too large."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.png import png_gray, png_rgb
from payload.report.data import GalleryTile

MOST_HALVINGS = 2
MOST_FILE_BYTES = 20_000_000
MOST_SIDE_PX = 4096
"""[px] Limit for pictures that are reduced: no tile is wider. A small file may claim to be far wider."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3}


@dataclass(frozen=True, slots=True)
class Picture:
    """A tile and its PNG files; truth is None if there is none."""

    tile: GalleryTile
    image: bytes
    mask: bytes
    truth: bytes | None

    @property
    def weight_bytes(self) -> int:
        """[byte] Size of its files."""
        return len(self.image) + len(self.mask) + len(self.truth or b"")


def pictures(folder: Path, gallery: Sequence[GalleryTile], room_bytes: int) -> tuple[Picture, ...]:
    """Pictures of a gallery, in order, that take no more than `room_bytes`.

    Images (masks are small) are halved in size until all fit; if they still do not, the last ones are
    left out.

    Raises:
        ScenarioError: A picture is missing, is not a PNG, or lies outside the gallery.
    """
    found = [_load(folder / "gallery", tile) for tile in gallery]
    for _ in range(MOST_HALVINGS):
        if sum(picture.weight_bytes for picture in found) <= room_bytes:
            break
        found = [replace(picture, image=halved(picture.image)) for picture in found]
    fitting = []
    for picture in found:
        room_bytes -= picture.weight_bytes
        if room_bytes < 0:
            break
        fitting.append(picture)
    return tuple(fitting)


def halved(png: bytes) -> bytes:
    """A PNG of half the size, each pixel the mean of four; one not written by `payload.png` is left as it is."""
    pixels = _pixels(png)
    if pixels is None or min(pixels.shape[:2]) < 2:
        return png
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    fours = pixels[: height * 2, : width * 2].reshape(height, 2, width, 2, -1).astype(np.uint16)
    means = ((fours.sum(axis=(1, 3)) + 2) // 4).astype(np.uint8)
    smaller = png_gray(means[..., 0]) if means.shape[2] == 1 else png_rgb(means)
    return min(smaller, png, key=len)


def _pixels(png: bytes) -> NDArray[np.uint8] | None:
    """Samples (H, W, S) of an 8-bit grey or colour PNG without filters; None for any other.

    Source: W3C Portable Network Graphics (PNG) Specification, third edition, chapters 5 and 11.
    """
    chunks = dict(_chunks(png))
    try:
        width, height, *how = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
        if how[0] != 8 or how[1] not in _SAMPLES or how[2:] != [0, 0, 0]:
            return None
        if max(width, height) > MOST_SIDE_PX:
            return None
        row_bytes = 1 + width * _SAMPLES[how[1]]
        # One byte more than needed, so that a file that holds more is not taken for a picture of this size.
        flat = zlib.decompressobj().decompress(chunks[b"IDAT"], height * row_bytes + 1)
        rows = np.frombuffer(flat, np.uint8).reshape(height, row_bytes)
    except (KeyError, ValueError, struct.error, zlib.error):
        return None
    return None if rows[:, 0].any() else rows[:, 1:].reshape(height, width, -1)


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_SIGNATURE)
    while at + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def _load(folder: Path, tile: GalleryTile) -> Picture:
    files = tile.files
    return Picture(
        tile,
        _read(folder, files.image),
        _read(folder, files.mask),
        None if files.truth is None else _read(folder, files.truth),
    )


def _read(folder: Path, name: str) -> bytes:
    if Path(name).name != name or "\0" in name:
        raise ScenarioError(f"{folder}: the picture name {name!r} points outside the gallery")
    path = folder / name
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            raise ScenarioError(f"{path}: too large for a picture of a tile")
        png = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    if not png.startswith(_SIGNATURE):
        raise ScenarioError(f"{path}: damaged: not a PNG file")
    return png
