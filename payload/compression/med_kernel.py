"""The loop that undoes median prediction, pixel by pixel: `payload.compression.residuals.wavefront`, compiled."""

import numpy as np
from numpy.typing import NDArray

from payload.compression.kernels import compiled


@compiled
def undo(
    residuals: NDArray[np.uint16], not_coded: NDArray[np.bool_], samples: NDArray[np.uint16]
) -> None:
    """Samples from residuals, both of shape (B, H, W).

    Args:
        residuals: Modulo 2**16.
        not_coded: Shape (H, W), True where samples hold their western, in the first column their
            northern neighbour; shape (0, 0) where there is none.
        samples: Written to.
    """
    count, height, width = residuals.shape
    holds = not_coded.size > 0
    for band in range(count):
        for i in range(height):
            west = np.int64(0)
            north_west = np.int64(0)
            for j in range(width):
                north = np.int64(samples[band, i - 1, j]) if i else np.int64(0)
                if holds and not_coded[i, j]:
                    sample = west if j else north
                else:
                    low = min(west, north)
                    high = max(west, north)
                    inner = min(max(north_west, low), high)
                    sample = (np.int64(residuals[band, i, j]) + west + north - inner) & 0xFFFF
                samples[band, i, j] = sample
                west = sample
                north_west = north
