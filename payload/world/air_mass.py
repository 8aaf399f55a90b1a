"""What the air over a whole scene is like: haze, and how bright and of which colour clouds are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.world.noise import SphereNoise

_SPACING_KM = (900.0, 350.0, 140.0)
_LIFETIME_S = (200_000.0, 90_000.0, 40_000.0)
_HAZE_SPREAD = 1.1  # of the logarithm; Assumption
# Logarithm of what images show of clouds over white, less ozone: mean, and spread from scene to scene.
# Source: medians of bright clouds in labelled Landsat-8 and Sentinel-2 images.
_COLOUR = (-0.02, 0.01, 0.03, 0.075)
_COLOUR_SPREAD = (0.0, 0.01, 0.035, 0.06)
_TOP_M = (11_000.0, 7_000.0)  # of ice cloud at the equator and at the poles; Assumption
_HEIGHT_SPREAD = 0.5  # of the logarithm of cloud heights; Assumption
_BRIGHT, _BRIGHT_SPREAD = 0.0, 0.10  # clouds send more straight up than evenly; Assumption


@dataclass(frozen=True, slots=True)
class AirMass:
    """The air over a scene, as at its centre.

    Attributes:
        haze_optical_depth: At 0.55 um.
        cloud_height_m: [m] Height of the tops of low clouds above the ground.
        top_m: [m] Height of ice cloud and of the tops of towers, never below low clouds.
        cloud: What a cloud that sends all light back looks like in each band, less the ozone.
    """

    haze_optical_depth: float
    cloud_height_m: float
    top_m: float
    cloud: tuple[float, ...]

    @classmethod
    def at(
        cls,
        seed: int,
        direction: NDArray[np.float64],
        time_s: float,
        *,
        mean_haze: float,
        usual_height_m: float,
    ) -> "AirMass":
        """The air mass at a place.

        Args:
            seed: Of the world.
            direction: Unit vector, shape (3, 1).
            time_s: [s] since 2000-01-01.
            mean_haze: Optical depth of haze in the mean.
            usual_height_m: [m] Median height of low clouds.
        """
        noise = SphereNoise(seed, "weather", _SPACING_KM, _LIFETIME_S).values(direction, time_s)
        haze, colour = (noise[:, :, 0].sum(axis=1) / np.sqrt(len(_SPACING_KM))).tolist()
        tones = SphereNoise(seed, "brightness", _SPACING_KM, _LIFETIME_S).values(direction, time_s)
        bright, height = (tones[:, :, 0].sum(axis=1) / np.sqrt(len(_SPACING_KM))).tolist()
        level = _BRIGHT + _BRIGHT_SPREAD * bright
        height_m = usual_height_m * float(np.exp(_HEIGHT_SPREAD * height))
        away = float(np.abs(direction[2]).mean())
        return cls(
            mean_haze * float(np.exp(_HAZE_SPREAD * haze - _HAZE_SPREAD**2 / 2)),
            height_m,
            max(height_m, _TOP_M[0] + (_TOP_M[1] - _TOP_M[0]) * away * away),
            tuple(
                float(np.exp(level + mean + spread * colour))
                for mean, spread in zip(_COLOUR, _COLOUR_SPREAD, strict=True)
            ),
        )
