"""From DN to what a network sees: absolute reflectance, on whole cells. Training shares it.

There is no normalisation per image: that cloud is bright is the best clue there is, and the mean
of an image would take it away.
"""

import numpy as np
from numpy.typing import NDArray

from payload.types import Radiometry


def reflectance(dn: NDArray[np.uint16], radiometry: Radiometry) -> NDArray[np.float32]:
    """Reflectance at the top of the atmosphere.

    Args:
        dn: [DN] Any shape.
        radiometry: DN to reflectance.

    Returns:
        The same shape; 1.0 is a white surface. Bright cloud under a low sun lies above it.
    """
    scaled = dn.astype(np.float32)
    scaled *= np.float32(radiometry.scale)
    scaled += np.float32(radiometry.offset)
    return scaled


def pad_to_multiple(planes: NDArray[np.float32], multiple_px: int) -> NDArray[np.float32]:
    """Repeat the last row and column until both sides are multiples of `multiple_px`.

    Only the bottom and the right grow, so that the cells of the grid keep their origin.

    Args:
        planes: Shape (B, H, W), neither side empty.
        multiple_px: [px] What a network's strides multiply to.

    Returns:
        Shape (B, H', W'); the same array when nothing has to be added.
    """
    height, width = planes.shape[-2:]
    below, right = -height % multiple_px, -width % multiple_px
    if not below and not right:
        return planes
    return np.pad(planes, ((0, 0), (0, below), (0, right)), mode="edge")


def crop_back(plane: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Undo `pad_to_multiple`: the top left `shape` (H, W) of a plane (..., H', W')."""
    return np.ascontiguousarray(plane[..., : shape[0], : shape[1]])
