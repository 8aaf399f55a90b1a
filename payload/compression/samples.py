"""What every codec may count on: the limits of a tile, and the check that its samples keep them."""

import numpy as np
from numpy.typing import NDArray

from payload.errors import CodecError

MAX_BANDS = 256
MAX_BIT_DEPTH = 16
MAX_SIDE_PX = 65_535
MAX_SAMPLES = 2**27  # 256 MiB once decoded: what a damaged or hostile header can make us allocate


def check_shape(shape: tuple[int, ...], *, bit_depth: int) -> None:
    """Refuse what is not a tile.

    Args:
        shape: (B, H, W): 1 to 256 bands, sides of 1 to 65,535 px, at most 2**27 samples.
        bit_depth: [bit] of a sample, 1 to 16.

    Raises:
        CodecError: One of these does not hold.
    """
    if not 1 <= bit_depth <= MAX_BIT_DEPTH:
        raise CodecError(f"samples of {bit_depth} bit; 1 to {MAX_BIT_DEPTH} can be coded")
    if len(shape) != 3:
        raise CodecError(f"samples of shape {shape}; (bands, rows, columns) is wanted")
    bands, height, width = shape
    if not 1 <= bands <= MAX_BANDS:
        raise CodecError(f"a tile of {bands} bands; 1 to {MAX_BANDS} can be coded")
    if not (1 <= height <= MAX_SIDE_PX and 1 <= width <= MAX_SIDE_PX):
        raise CodecError(f"a tile of {height} x {width} px; sides of 1 to {MAX_SIDE_PX} are wanted")
    if bands * height * width > MAX_SAMPLES:
        raise CodecError(f"a tile of {bands} x {height} x {width} samples; {MAX_SAMPLES} at most")


def check_samples(bands: NDArray[np.uint16], *, bit_depth: int) -> None:
    """Refuse samples that do not fit their bit depth.

    Args:
        bands: [DN] shape (B, H, W), uint16.
        bit_depth: [bit] of a sample.

    Raises:
        CodecError: Not uint16, not a tile, or a sample of 2**bit_depth or more.
    """
    if bands.dtype != np.uint16:
        raise CodecError(f"samples of type {bands.dtype}; uint16 is wanted")
    check_shape(bands.shape, bit_depth=bit_depth)
    highest = int(bands.max())
    if highest >> bit_depth:
        raise CodecError(f"a sample of {highest} does not fit {bit_depth} bit")
