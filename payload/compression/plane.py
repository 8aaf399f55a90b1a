"""The plane of pixels that are not coded: what is fit to be sent of a cloud mask, and how it travels.

Packed, it is a Zstandard frame of rows of bits, 1 where a pixel is not coded, the highest bit first, each row
filled up with zeros to a whole byte. A plane that marks every pixel takes no byte; one that marks none is not
sent.
"""

from functools import lru_cache

import numpy as np
import zstandard
from numpy.typing import NDArray

from payload.errors import CodecError

SPECKS_PX = (2, 3, 4)
"""[px] Sides of squares: clouds that hold none may be left to be coded. Assumption: 4 px at the most; on 44 real
tiles with 3 to 90 % of cloud, masks drawn by people, no codec gained by any of them."""
_LEVEL = 19  # planes are small
# A zstd block of 4 bytes, at the shortest, stands for 128 KiB at the most.
_MAX_EXPANSION = 1 << 15


def cleaned(cloud: NDArray[np.bool_], *, whole_bytes: int) -> NDArray[np.bool_]:
    """A mask without the small and thin clouds whose outlines take more than they save.

    It is opened by the squares of `SPECKS_PX`, one after another, as long as that makes plane and coded pixels
    together shorter; a coded pixel is taken to cost what one of the whole tile does in the mean. What is not
    cloud stays so: no clear pixel is given up.

    Args:
        cloud: Shape (H, W), True where there is cloud.
        whole_bytes: [byte] What all pixels take.

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
    """Length of plane and coded pixels, in bytes times the number of pixels."""
    coded_px = not_coded.size - int(np.count_nonzero(not_coded))
    plane_bytes = len(pack_plane(not_coded)) if coded_px < not_coded.size else 0
    return plane_bytes * not_coded.size + coded_px * whole_bytes


def _shrunk(plane: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """Which squares lie wholly in a plane, by their upper left corners: less rows and columns by `side` - 1."""
    height, width = plane.shape[0] - side + 1, plane.shape[1] - side + 1
    rows = np.logical_and.reduce([plane[i : i + height] for i in range(side)])
    shrunk: NDArray[np.bool_] = np.logical_and.reduce([rows[:, j : j + width] for j in range(side)])
    return shrunk


def _grown(plane: NDArray[np.bool_], side: int) -> NDArray[np.bool_]:
    """The union of squares by their upper left corners: more rows and columns by `side` - 1."""
    height, width = plane.shape
    grown = np.zeros((height + side - 1, width + side - 1), np.bool_)
    rows = np.zeros((height, width + side - 1), np.bool_)
    for j in range(side):
        rows[:, j : j + width] |= plane
    for i in range(side):
        grown[i : i + height] |= rows
    return grown


def pack_plane(not_coded: NDArray[np.bool_]) -> bytes:
    """A plane, shape (H, W), as bytes; none if it marks every pixel."""
    if not_coded.all():
        return b""
    return _shortened(np.packbits(not_coded, axis=1).tobytes())


@lru_cache(maxsize=2 + len(SPECKS_PX))  # what `cleaned` has weighed is packed again into the record
def _shortened(rows: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False).compress(rows)


def unpack_plane(packed: bytes, height: int, width: int) -> NDArray[np.bool_]:
    """Undo `pack_plane`: shape (H, W).

    Raises:
        CodecError: The bytes are no plane of that shape; nothing larger is allocated to find out.
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
        raise CodecError(f"the plane of pixels that are not coded has {len(rows)} bytes")
    bits = np.unpackbits(np.frombuffer(rows, np.uint8).reshape(height, row_bytes), axis=1)
    if bits[:, width:].any():
        raise CodecError("a row of the plane of pixels that are not coded is not filled with zeros")
    return bits[:, :width].astype(np.bool_)
