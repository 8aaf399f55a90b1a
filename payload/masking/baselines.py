"""Baselines for networks: a threshold on blue as the floor, the truth itself as the ceiling."""

from dataclasses import dataclass

import numpy as np

from payload.errors import MaskerError
from payload.masking.preprocess import reflectance
from payload.registry import option, supplied
from payload.types import CLOUD, CloudMask, MaskerIdentity, Tile

_CERTAIN = 0.5


class _PixelByPixel:
    """A masker that judges each pixel by itself, with a probability of 0 or 1."""

    __slots__ = ()

    @property
    def margin_px(self) -> int:
        """[px] None: each pixel is judged by itself."""
        return 0

    @property
    def multiple_px(self) -> int:
        """[px] Tiles may start anywhere."""
        return 1

    @property
    def threshold(self) -> float:
        """A pixel is cloud at or above this probability; here probabilities are 0 or 1."""
        return _CERTAIN


@dataclass(frozen=True, slots=True)
class BlueThreshold(_PixelByPixel):
    """A threshold on blue reflectance: the baseline that every network has to beat."""

    blue_threshold: float = option(
        0.25,
        ge=0,
        le=2,
        description="A pixel is cloud above this top-of-atmosphere reflectance in blue.",
    )
    bands: tuple[str, ...] = supplied(("blue", "green", "red", "nir"))

    def __post_init__(self) -> None:
        if "blue" not in self.bands:
            raise MaskerError(
                f"the masker 'blue' needs a blue band, but the sensor has {', '.join(self.bands)}"
            )

    @property
    def identity(self) -> MaskerIdentity:
        """Identity of the masker, for reports; the threshold is its one parameter."""
        return MaskerIdentity(f"blue > {self.blue_threshold:g}", None, 1)

    def predict(self, tile: Tile) -> CloudMask:
        """Probability 1 where blue is above the threshold, else 0; shape (H, W)."""
        blue = reflectance(tile.patch.bands[self.bands.index("blue")], tile.radiometry)
        return CloudMask((blue > np.float32(self.blue_threshold)).astype(np.float32), _CERTAIN)


@dataclass(frozen=True, slots=True)
class Oracle(_PixelByPixel):
    """The truth as a mask, which no network can beat. Pixels of unknown truth count as clear."""

    @property
    def identity(self) -> MaskerIdentity:
        """Identity of the masker, for reports."""
        return MaskerIdentity("oracle", None, 0)

    def predict(self, tile: Tile) -> CloudMask:
        """Probability 1 where truth says cloud, else 0; shape (H, W).

        Raises:
            MaskerError: The tile has no truth.
        """
        if tile.patch.truth is None:
            raise MaskerError(f"tile {tile.id} has no truth, which the masker 'oracle' needs")
        return CloudMask((tile.patch.truth == CLOUD).astype(np.float32), _CERTAIN)
