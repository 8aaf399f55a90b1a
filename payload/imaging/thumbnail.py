"""Thumbnails: the bands of a tile averaged over squares, to judge pruned tiles by eye."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from payload.types import Patch, Tile, Window


def binned(bands: NDArray[np.uint16], factor: int) -> NDArray[np.uint16]:
    """Means over squares of samples, halves rounded up; squares at the far edges may be incomplete.

    Args:
        bands: [DN] Shape (B, H, W).
        factor: [px] Side of a square, 1 or more.

    Returns:
        [DN] Shape (B, ceil(H / factor), ceil(W / factor)).
    """
    _, height_px, width_px = bands.shape
    rows, cols = (np.arange(0, side, factor) for side in (height_px, width_px))
    sums = np.add.reduceat(np.add.reduceat(bands.astype(np.int64), rows, axis=1), cols, axis=2)
    tall = np.diff(rows, append=height_px)
    wide = np.diff(cols, append=width_px)
    counts = tall[:, None] * wide[None, :]
    means: NDArray[np.int64] = (2 * sums + counts) // (2 * counts)
    return means.astype(np.uint16)


def thumbnail_window(window: Window, factor: int) -> Window:
    """The window of a tile in units of squares; exact if tiles consist of whole squares."""
    return Window(
        window.top_px // factor,
        window.left_px // factor,
        -(-window.height_px // factor),
        -(-window.width_px // factor),
    )


def shrink(tile: Tile, factor: int) -> Tile:
    """A tile's thumbnail, itself a tile of the same name; samples without data are averaged like any others."""
    bands = binned(tile.patch.bands, factor)
    _, height_px, width_px = bands.shape
    return replace(
        tile,
        window=thumbnail_window(tile.window, factor),
        patch=Patch(bands),
        surroundings=bands,
        inset=(slice(0, height_px), slice(0, width_px)),
    )
