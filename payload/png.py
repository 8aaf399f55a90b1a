r"""Arrays to PNG, with nothing but zlib, and reflectance to pictures.

>>> import numpy as np
>>> png_gray(np.zeros((2, 3), np.uint8))[:8]
b'\x89PNG\r\n\x1a\n'
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def png_rgb(rgb: NDArray[np.uint8]) -> bytes:
    """A colour PNG of an array (H, W, 3)."""
    height, width, samples = rgb.shape
    if samples != 3:
        raise ValueError(f"a pixel has {samples} samples; expected three")
    return _png(rgb.reshape(height, width * 3), width, colour_type=2)


def png_gray(gray: NDArray[np.uint8]) -> bytes:
    """A grey PNG of an array (H, W)."""
    return _png(gray, gray.shape[1], colour_type=0)


def true_colour(
    blue: NDArray[np.floating],
    green: NDArray[np.floating],
    red: NDArray[np.floating],
    *,
    darkest: float = 0.02,
    brightest: float = 0.6,
) -> NDArray[np.uint8]:
    """A picture (H, W, 3) of reflectances (H, W), with the same stretch for all pictures.

    Args:
        blue: Reflectance, like the others. NaN becomes black.
        green: The same.
        red: The same.
        darkest: Reflectance shown as black.
        brightest: Reflectance shown as white; between them brightness follows the square root,
            roughly as the eye does.
    """
    stacked = np.stack([red, green, blue], axis=-1).astype(np.float32)
    share = np.clip((stacked - darkest) / (brightest - darkest), 0.0, 1.0)
    picture: NDArray[np.uint8] = np.rint(np.sqrt(np.nan_to_num(share)) * 255.0).astype(np.uint8)
    return picture


def _png(rows: NDArray[np.uint8], width: int, *, colour_type: int) -> bytes:
    """Source: W3C Portable Network Graphics (PNG) Specification, third edition, chapter 11."""
    if rows.dtype != np.uint8:
        raise ValueError(f"samples have type {rows.dtype}; expected uint8")
    height = rows.shape[0]
    if height < 1 or width < 1:
        raise ValueError("expected a picture of at least one pixel")
    # Each row begins with its filter: 0, none.
    filtered = np.zeros((height, rows.shape[1] + 1), np.uint8)
    filtered[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(filtered.tobytes(), 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
