"""From DN to network input: absolute reflectance, padded to whole cells. Shared with training.

Images are not normalised one by one: the best clue to cloud is that it is bright, and subtracting
the mean of an image would remove it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.types import Radiometry


def reflectance(dn: NDArray[np.uint16], radiometry: Radiometry) -> NDArray[np.float32]:
    """Top-of-atmosphere reflectance.

    Args:
        dn: [DN] Any shape.
        radiometry: DN to reflectance.

    Returns:
        The same shape; 1.0 is a white surface, and bright cloud under a low sun exceeds it.
    """
    scaled = dn.astype(np.float32)
    scaled *= np.float32(radiometry.scale)
    scaled += np.float32(radiometry.offset)
    return scaled


@dataclass(frozen=True, slots=True)
class Channel:
    """One input channel of a network: reflectance of a band x gain + offset.

    Attributes:
        band: Index of the band in the samples.
        gain: Factor on reflectance.
        offset: What is added to the product.
    """

    band: int
    gain: float = 1.0
    offset: float = 0.0


def network_input(
    dn: NDArray[np.uint16],
    radiometry: Radiometry,
    channels: Sequence[Channel],
    *,
    multiple_px: int,
) -> NDArray[np.float32]:
    """Do `reflectance`, a network's scaling and `pad_to_multiple` in one pass over the samples.

    Args:
        dn: [DN] Shape (B, H, W), neither side empty.
        radiometry: DN to reflectance.
        channels: The network's input channels, in order.
        multiple_px: [px] Product of the network's strides.

    Returns:
        A new array of shape (1, C, H', W').
    """
    height, width = dn.shape[1:]
    below, right = -height % multiple_px, -width % multiple_px
    made = np.empty((1, len(channels), height + below, width + right), np.float32)
    for plane, channel in zip(made[0], channels, strict=True):
        inside = plane[:height, :width]
        np.copyto(inside, dn[channel.band])
        inside *= np.float32(radiometry.scale * channel.gain)
        constant = np.float32(radiometry.offset * channel.gain + channel.offset)
        if constant:
            inside += constant
        if right:
            plane[:height, width:] = plane[:height, width - 1 : width]
        if below:
            plane[height:] = plane[height - 1]
    return made


def pad_to_multiple(planes: NDArray[np.float32], multiple_px: int) -> NDArray[np.float32]:
    """Repeat the last row and column until both sides are multiples of `multiple_px`.

    Padding goes to the bottom and right only, so that the grid of cells keeps its origin.

    Args:
        planes: Shape (B, H, W), neither side empty.
        multiple_px: [px] Product of a network's strides.

    Returns:
        Shape (B, H', W'); the same array if nothing has to be added.
    """
    height, width = planes.shape[-2:]
    below, right = -height % multiple_px, -width % multiple_px
    if not below and not right:
        return planes
    return np.pad(planes, ((0, 0), (0, below), (0, right)), mode="edge")


def crop_back(plane: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Undo `pad_to_multiple`: the top left `shape` (H, W) of a plane (..., H', W')."""
    return np.ascontiguousarray(plane[..., : shape[0], : shape[1]])
