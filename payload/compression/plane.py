"""The plane of pixels that are not coded: which part of a cloud mask is worth sending, and how it is packed.

Packed, it is a Zstandard frame of rows of bits, 1 where a pixel is not coded, highest bit first, each row padded
with zeros to a whole byte. A plane that marks every pixel takes no bytes; one that marks none is not sent.
"""

from functools import lru_cache

import numpy as np
import zstandard
from numpy.typing import NDArray

from payload.errors import CodecError

SPECKS_PX = (2, 3, 4)
"""[px] Sides of squares: clouds too small or thin to contain one may be coded after all. Assumption: at most 4 px;
on 44 real tiles with 3 to 90 % cloud and hand-drawn masks, no codec gained from any of these sides."""
_LEVEL = 19  # planes are small
# The shortest zstd block, 4 bytes, expands to at most 128 KiB.
_MAX_EXPANSION = 1 << 15


def cleaned(cloud: NDArray[np.bool_], *, whole_bytes: int) -> NDArray[np.bool_]:
    """A mask without the small and thin clouds whose outlines cost more than they save.

    It is opened (in the morphological sense) by the squares of `SPECKS_PX`, one after another, as long as that makes
    plane and coded pixels together shorter; a coded pixel is assumed to cost the mean over the whole tile. What is
    not cloud stays so: no clear pixel is given up.

    Args:
        cloud: Shape (H, W), True where there is cloud.
        whole_bytes: [byte] What all pixels take when coded.

    Returns:
        Same shape, a new array.
    """
    best, least = cloud.copy(), _price(cloud, whole_bytes)
    for side in SPECKS_PX:
        if min(cloud.shape) < side or not best.any():
            break
        opened = _grown(_shrunk(cloud, side), side)
        price = _price(opened, whole_bytes)
        if price >= least:
            break
        best, least = opened, price
    return best


def _price(not_coded: NDArray[np.bool_], whole_bytes: int) -> int:
    """Length of plane and coded pixels, in bytes times the tile's number of pixels."""
    coded_px = not_coded.size - int(np.count_nonzero(not_coded))
    plane_bytes = len(pack_plane(not_coded)) if coded_px < not_coded.size else 0
    return plane_bytes * not_coded.size + coded_px * whole_bytes


def _shrunk(plane: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Upper left corners of the squares wholly inside a plane; `side` - 1 fewer rows and columns."""
    height, width = plane.shape[0] - side + 1, plane.shape[1] - side + 1
    rows = np.logical_and.reduce([plane[i : i + height] for i in range(side)])
    shrunk: NDArray[np.bool_] = np.logical_and.reduce([rows[:, j : j + width] for j in range(side)])
    return shrunk


def _grown(plane: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """The union of the squares with these upper left corners; `side` - 1 more rows and columns."""
    height, width = plane.shape
    grown = np.zeros((height + side - 1, width + side - 1), np.bool_)
    rows = np.zeros((height, width + side - 1), np.bool_)
    for j in range(side):
        rows[:, j : j + width] |= plane
    for i in range(side):
        grown[i : i + height] |= rows
    return grown


def pack_plane(not_coded: NDArray[np.bool_]) -> bytes:
    """A plane, shape (H, W), as bytes; empty if it marks every pixel."""
    if not_coded.all():
        return b""
    return _shortened(np.packbits(not_coded, axis=1).tobytes())


@lru_cache(maxsize=2 + len(SPECKS_PX))  # what `cleaned` has weighed is packed again into the record
def _shortened(rows: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False).compress(rows)


def unpack_plane(packed: bytes, height: int, width: int) -> NDArray[np.bool_]:
    """Undo `pack_plane`: shape (H, W).

    Raises:
        CodecError: The bytes are not a plane of that shape; nothing larger is allocated to find out.
    """
    if not packed:
        return np.ones((height, width), np.bool_)
    row_bytes = -(-width // 8)
    wanted = height * row_bytes
    try:
        found = zstandard.get_frame_parameters(packed)
        if found.content_size != wanted or wanted > len(packed) * _MAX_EXPANSION:
            raise CodecError(f"the plane of pixels that are not coded does not hold {wanted} bytes")
        rows = zstandard.ZstdDecompressor().decompress(
            packed, max_output_size=wanted, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        raise CodecError(f"the plane of pixels that are not coded is damaged: {error}") from error
    if len(rows) != wanted:
        raise CodecError(
            f"the plane of pixels that are not coded has {len(rows)} bytes; expected {wanted}"
        )
    bits = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(height, row_bytes), axis=1)
    if bits[:, width:].any():
        raise CodecError("a row of the plane of pixels that are not coded is not padded with zeros")
    return bits[:, :width].astype(np.bool_)
