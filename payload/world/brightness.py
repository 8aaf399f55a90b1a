"""Whether the values of images can be the reflectance they are taken for, from a histogram of brightness."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from payload.types import Patch, Radiometry

_VALUES = 1 << 16
HARDLY_DARK = 0.5
"""Reflectance that all bands of a pixel exceed only over thick cloud, fresh snow and salt. Of 177 labelled satellite
images, 5 exceed it in 99 % of their pixels, all of them overcast; raw DN of Landsat 8 (reflectance = DN x 2e-5 - 0.1,
USGS LSDS-1574) taken for reflectance x 10,000 always do, as its DN for no light is 5,000."""
HARDLY_LIT = 0.03
"""Reflectance that a pixel stays below in all bands only over deep water, and only after atmospheric correction;
without it blue is 0.06 or more. None of the same images stays below 0.08 in its brightest hundredth. 8-bit samples
taken for reflectance x 10,000 end at 0.0255."""
HARDLY_EMPTY = 0.01
"""Greatest plausible share of pixels that are 0 in every band: no ground is, but the fill around a scene often is,
declared or not. One of the same images has such pixels, 13 % of it, all of them fill, and its file does not declare
them as no data."""
_PART = 0.99


@dataclass
class Brightness:
    """Histograms of the darkest and of the brightest band of each pixel.

    Attributes:
        darkest: Number of pixels by the DN of their darkest band, shape (65536,).
        brightest: The same for their brightest band.
    """

    darkest: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_VALUES, np.int64))
    brightest: NDArray[np.int64] = field(default_factory=lambda: np.zeros(_VALUES, np.int64))

    def add(self, patch: Patch) -> None:
        """Count the pixels of a patch that have data."""
        bands = patch.bands if patch.valid is None else patch.bands[:, patch.valid]
        flat = bands.reshape(bands.shape[0], -1)
        self.darkest += np.bincount(flat.min(axis=0), minlength=_VALUES)
        self.brightest += np.bincount(flat.max(axis=0), minlength=_VALUES)

    def doubts(self, radiometry: Radiometry) -> list[str]:
        """What contradicts this radiometry of the DN, in words."""
        pixels, empty_px = int(self.darkest.sum()), int(self.brightest[0])
        said = []
        if empty_px > HARDLY_EMPTY * pixels:
            said.append(
                f"{empty_px / pixels:.0%} of the pixels are 0 in every band and count as dark"
                " ground: are they missing data (see nodata)?"
            )
        lit_px = pixels - empty_px
        if not lit_px:
            return said
        low_dn = _exceeded_by(self.darkest, _PART * lit_px)
        high_dn = _reached_by(self.brightest, empty_px + _PART * lit_px)
        low, high = (dn * radiometry.scale + radiometry.offset for dn in (low_dn, high_dn))
        if low > HARDLY_DARK:
            said.append(
                f"99 % of the pixels are brighter than a reflectance of {low:.2f} in every band: there is nothing but cloud or snow, or"
                " the values were wrongly read as reflectance (see scale and offset)"
            )
        elif high < HARDLY_LIT:
            said.append(
                f"99 % of the pixels are darker than a reflectance of {high:.4f} in every band:"
                " there is hardly any light, or the values were wrongly read as reflectance (see"
                " scale and offset)"
            )
        return said


def _reached_by(counts: NDArray[np.int64], pixels: float) -> int:
    """The smallest DN that this many pixels do not exceed."""
    return int(np.searchsorted(np.cumsum(counts), pixels))


def _exceeded_by(counts: NDArray[np.int64], pixels: float) -> int:
    """The largest DN that this many pixels reach or exceed."""
    above = np.cumsum(counts[::-1])
    return counts.size - 1 - int(np.searchsorted(above, pixels))
