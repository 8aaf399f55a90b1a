"""From ground, cloud and shadow to reflectance at the top of the atmosphere, band by band."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.world.atmosphere import (
    SKYLIGHT,
    WAVELENGTH_UM,
    Air,
    ozone_transmission,
    through_air,
)


@dataclass(frozen=True, slots=True)
class Light:
    """Sun and air over a scene.

    Attributes:
        sun_elevation_deg: [deg] Elevation of the sun above the horizon.
        haze_optical_depth: Optical depth of haze at 0.55 um.
        ozone_atm_cm: [atm cm] Column of ozone.
        vapour: Share of near-infrared light transmitted by water vapour in and above clouds. Assumption.
    """

    sun_elevation_deg: float
    haze_optical_depth: float
    ozone_atm_cm: float
    vapour: float = 1.0

    @classmethod
    def drawn(cls, rng: np.random.Generator, *, sun_deg: tuple[float, float]) -> "Light":
        """Draw a plausible sky: the sine of the sun's elevation is uniform, and haze is mostly thin."""
        sine = rng.uniform(*np.sin(np.radians(sun_deg)))
        return cls(
            sun_elevation_deg=float(np.degrees(np.arcsin(sine))),
            haze_optical_depth=float(rng.gamma(1.5, 0.08)),
            ozone_atm_cm=float(rng.uniform(0.22, 0.45)),
            vapour=float(rng.uniform(0.95, 1.0)),
        )

    def _ozone(self, band: int) -> float:
        return ozone_transmission(band, self.sun_elevation_deg, self.ozone_atm_cm)

    def over_ground(self, ground: NDArray[np.float32]) -> NDArray[np.float32]:
        """Reflectance at the top of a cloudless atmosphere.

        Args:
            ground: Reflectance at the ground, shape (4, H, W).

        Returns:
            Shape (4, H, W); see `through_air`.
        """
        air = Air.under(self.sun_elevation_deg, self.haze_optical_depth, self.ozone_atm_cm)
        top = np.empty_like(ground)
        for band in range(len(WAVELENGTH_UM)):
            top[band] = through_air(
                ground[band], air.contrast(band), air.albedo[band], air.ozone[band]
            )
        return top

    def white_cloud(self) -> tuple[float, ...]:
        """Reflectance from above of a cloud that reflects all light: white except for gas absorption."""
        vapour = (1.0, 1.0, 1.0, self.vapour)
        return tuple(self._ozone(band) * vapour[band] for band in range(len(WAVELENGTH_UM)))

    def shadow_px(self, height_m: float, gsd_m: float) -> float:
        """[px] Distance of a shadow from its cloud, seen from the nadir."""
        return float(height_m / np.tan(np.radians(self.sun_elevation_deg)) / gsd_m)


def under_cloud(
    clear: NDArray[np.float32],
    cloud: NDArray[np.float32],
    beam: NDArray[np.float32],
    white: tuple[float, ...],
) -> NDArray[np.float32]:
    """Put clouds and their shadows over a clear scene.

    Args:
        clear: Reflectance at the top of the atmosphere without cloud, shape (4, H, W).
        cloud: Share of light that the cloud reflects, shape (4, H, W).
        beam: Share of the direct sunlight that reaches the ground, shape (H, W).
        white: From `Light.white_cloud`.

    Returns:
        Shape (4, H, W): light passes the cloud twice, and is reflected repeatedly between cloud and ground.
    """
    top = np.empty_like(clear)
    for band in range(len(clear)):
        sky = np.float32(SKYLIGHT[band])
        ground = clear[band] * (sky + (1 - sky) * beam)
        passed = 1 - np.minimum(cloud[band], 1)
        # Slopes facing the sun exceed 1, but each reflection between ground and cloud must lose light.
        lit = passed * passed * ground / (1 - (1 - passed) * np.minimum(ground, np.float32(0.98)))
        top[band] = np.float32(white[band]) * cloud[band] + lit
    return top
