"""What every codec may rely on: the limits of a tile, and the check that its samples respect them."""

import numpy as np
from numpy.typing import NDArray

from payload.errors import CodecError

MAX_BANDS = 256
MAX_BIT_DEPTH = 16
MAX_SIDE_PX = 65_535
MAX_SAMPLES = 2**27  # 256 MiB once decoded: what a damaged or hostile header can make us allocate


def check_shape(shape: tuple[int, ...], *, bit_depth: int) -> None:
    """Refuse a shape or bit depth that no tile can have.

    Args:
        shape: (B, H, W): 1 to 256 bands, sides of 1 to 65,535 px, at most 2**27 samples.
        bit_depth: [bit] of a sample, 1 to 16.

    Raises:
        CodecError: One of these limits is not met.
    """
    if not 1 <= bit_depth <= MAX_BIT_DEPTH:
        raise CodecError(f"bit depth is {bit_depth}; expected 1 to {MAX_BIT_DEPTH}")
    if len(shape) != 3:
        raise CodecError(f"samples have shape {shape}; expected (bands, rows, columns)")
    bands, height, width = shape
    if not 1 <= bands <= MAX_BANDS:
        raise CodecError(f"a tile has {bands} bands; expected 1 to {MAX_BANDS}")
    if not (1 <= height <= MAX_SIDE_PX and 1 <= width <= MAX_SIDE_PX):
        raise CodecError(f"a tile has {height} x {width} px; expected sides of 1 to {MAX_SIDE_PX}")
    if bands * height * width > MAX_SAMPLES:
        raise CodecError(
            f"a tile has {bands} x {height} x {width} samples; expected at most {MAX_SAMPLES}"
        )


def check_samples(
    bands: NDArray[np.uint16], *, bit_depth: int, not_coded: NDArray[np.bool_] | None = None
) -> None:
    """Refuse samples that do not fit their bit depth; those that are not coded may hold anything.

    Args:
        bands: [DN] shape (B, H, W), uint16.
        bit_depth: [bit] of a sample.
        not_coded: Shape (H, W), True where pixels are not coded; None if all are.

    Raises:
        CodecError: Not uint16, not a valid tile, a plane that does not fit, or a sample of 2**bit_depth or more.
    """
    if bands.dtype != np.uint16:
        raise CodecError(f"samples have type {bands.dtype}; expected uint16")
    check_shape(bands.shape, bit_depth=bit_depth)
    check_plane(not_coded, bands.shape)
    highest = int(coded_samples(bands, not_coded).max(initial=0))
    if highest >> bit_depth:
        raise CodecError(f"a sample of {highest} does not fit {bit_depth} bits")


def coded_samples(
    bands: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None
) -> NDArray[np.uint16]:
    """Samples of the coded pixels, shape (B, N), row by row; all of them if there is no plane."""
    flat = bands.reshape(len(bands), -1)
    return flat if not_coded is None else np.compress(~not_coded.reshape(-1), flat, axis=1)


def spread_samples(
    coded: NDArray[np.uint16], shape: tuple[int, int, int], not_coded: NDArray[np.bool_] | None
) -> NDArray[np.uint16]:
    """Undo `coded_samples`: shape (B, H, W), 0 where nothing is coded."""
    if not_coded is None:
        return coded.reshape(shape)
    bands = np.zeros((shape[0], shape[1] * shape[2]), np.uint16)
    bands[:, ~not_coded.reshape(-1)] = coded
    return bands.reshape(shape)


def count_coded(shape: tuple[int, int, int], not_coded: NDArray[np.bool_] | None) -> int:
    """[px] Number of coded pixels of a tile."""
    pixels = shape[1] * shape[2]
    return pixels if not_coded is None else pixels - int(np.count_nonzero(not_coded))


def check_plane(not_coded: NDArray[np.bool_] | None, shape: tuple[int, ...]) -> None:
    """Refuse a plane of pixels that are not coded if it does not fit samples of shape (B, H, W).

    Raises:
        CodecError: It is not bool, or has another shape.
    """
    if not_coded is None:
        return
    if not_coded.dtype != np.bool_ or not_coded.shape != shape[1:]:
        raise CodecError(
            f"the plane of pixels that are not coded has type {not_coded.dtype} and shape"
            f" {not_coded.shape}; expected bool and {shape[1:]}"
        )


def expect_tile(
    shape: tuple[int, int, int], *, bit_depth: int, not_coded: NDArray[np.bool_] | None
) -> int:
    """[px] Number of coded pixels a decoder must restore, after checking that the request describes a tile.

    Raises:
        CodecError: Shape, bit depth or plane are not those of a tile.
    """
    check_shape(shape, bit_depth=bit_depth)
    check_plane(not_coded, shape)
    return count_coded(shape, not_coded)


def coded_plane(shape: tuple[int, ...], not_coded: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Where pixels are coded, shape (H, W), in row-major order."""
    return np.ones(shape[1:], np.bool_) if not_coded is None else ~np.ascontiguousarray(not_coded)


def known_samples(
    bands: NDArray[np.uint16], not_coded: NDArray[np.bool_] | None
) -> NDArray[np.uint16]:
    """The samples with 0 in place of those that are not coded, so that nothing can depend on them."""
    return bands if not_coded is None else np.where(not_coded, np.uint16(0), bands)


def check_fit(bands: NDArray[np.uint16], *, bit_depth: int) -> None:
    """Refuse decoded samples that do not fit their bit depth.

    Raises:
        CodecError: One does not: the payload is that of something else.
    """
    if int(bands.max(initial=0)) >> bit_depth:
        raise CodecError(f"a decoded sample does not fit {bit_depth} bits")


def nothing(payload: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint16]:
    """A tile without a coded pixel, all 0; CodecError if it has a payload nonetheless."""
    if payload:
        raise CodecError(
            f"a tile without coded pixels has a payload of {len(payload)} bytes; expected none"
        )
    return np.zeros(shape, np.uint16)
