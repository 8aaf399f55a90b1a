"""From DN to what a network sees: absolute reflectance, on whole cells. Training shares it.

There is no normalisation per image: that cloud is bright is the best clue there is, and the mean
of an image would take it away.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Channel:
    """One input of a network: reflectance of a band x gain + offset.

    Attributes:
        band: Where the band lies in the samples.
        gain: What the network wants reflectance multiplied by.
        offset: What it wants added then.
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
    """`reflectance`, a network's scaling and `pad_to_multiple` in one pass over the samples.

    Args:
        dn: [DN] Shape (B, H, W), neither side empty.
        radiometry: DN to reflectance.
        channels: What the network wants, in order.
        multiple_px: [px] What its strides multiply to.

    Returns:
        Shape (1, C, H', W'), freshly made.
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
