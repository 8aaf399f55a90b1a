"""Radiative transfer: air, haze, clouds and their shadows to reflectance at the top of the atmosphere."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WAVELENGTH_UM = (0.49, 0.56, 0.665, 0.842)
"""[um] Centres of blue, green, red and near infrared. Source: Sentinel-2 MSI bands 2, 3, 4 and 8."""

_ONE_MINUS_ASYMMETRY = 0.15  # clouds scatter forward: g = 0.85, Hansen and Travis 1974
_DELTA = 1.0 - 0.85**2  # share of the beam's optical depth that remains without the forward peak
_ANGSTROM = 1.2  # haze is bluish; Assumption
_HAZE_BACK = 0.08  # share of haze that is scattered back to space; Assumption
SKYLIGHT = (0.30, 0.24, 0.18, 0.13)
"""Share of light that is diffuse, and remains in a shadow. Assumption."""
_OZONE = (0.021, 0.103, 0.053, 0.0)
"""[1/(atm cm)] Absorption of ozone at `WAVELENGTH_UM`. Source: Leckner 1978, Solar Energy 20, 143, as
tabulated by Bird and Riordan 1984 (SERI/TR-215-2436), table 2-1."""
OZONE_ATM_CM = 0.3
"""[atm cm] A typical column. Assumption."""
_BRIGHTEST = 0.98  # greatest reflectance of ground that lights clouds, so that the series converges
SHADOW_TRANSMISSION = 0.7
"""Truth counts as shadow what gets less than this share of the direct solar beam. Assumption."""


def cloud_reflectance(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Reflectance of a cloud of an optical depth; it absorbs nothing.

    Source: two-stream solution for conservative scattering, Bohren 1987, Am. J. Phys. 55, 524.
    """
    scaled = depth * np.float32(_ONE_MINUS_ASYMMETRY / 2.0)
    return scaled / (scaled + np.float32(1.0))


def beam_transmission(depth: NDArray[np.float32], sun_elevation_deg: float) -> NDArray[np.float32]:
    """Share of the direct solar beam that passes through a cloud of an optical depth."""
    slant = _DELTA / np.sin(np.radians(sun_elevation_deg))
    share: NDArray[np.float32] = np.exp(depth * np.float32(-slant))
    return share


def under_cloud(
    ground: NDArray[np.float32],
    band: int,
    cloud: NDArray[np.float32],
    lit: NDArray[np.float32],
    beam: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Reflectance of ground, cloud and shadow, below the air above them.

    Args:
        ground: Reflectance at the ground, shape (H, W).
        band: 0 blue to 3 near infrared.
        cloud: Reflectance of the clouds over each pixel, less than 1.
        lit: Their apparent reflectance: higher where they face the sun.
        beam: Share of the direct solar beam that reaches the ground.
    """
    sun, sky, brightest = under_light(band)
    light = beam * sun
    light += sky
    light *= ground
    # Multiple reflection between ground and cloud: a geometric series.
    other = np.float32(1.0) - cloud
    light *= other
    light *= other
    np.minimum(ground, brightest, out=other)
    other *= cloud
    light /= np.subtract(np.float32(1.0), other, out=other)
    light += lit
    return light


def under_light(band: int) -> tuple[np.float32, np.float32, np.float32]:
    """Shares of direct and of diffuse light, and the greatest ground reflectance that lights clouds."""
    return np.float32(1.0 - SKYLIGHT[band]), np.float32(SKYLIGHT[band]), np.float32(_BRIGHTEST)


def through_air(
    below: NDArray[np.float32], contrast: NDArray[np.float32], albedo: float, ozone: float
) -> NDArray[np.float32]:
    """Reflectance at the top of the atmosphere, from that below the air.

    Air that only scatters loses nothing over a white surface, which fixes its transmission; clouds are
    therefore white, less the absorption of ozone, as real ones are.

    Args:
        below: Reflectance below the air in one band.
        contrast: See `Air.contrast`, shape (H, W) or ().
        albedo: Share of light from below that the air sends back down.
        ozone: Transmission of ozone, down and up.

    Source: path and multiple reflection between ground and air, Chandrasekhar 1960.
    """
    seen = below - np.float32(1.0)
    seen *= contrast
    seen += np.float32(white_below(albedo, ozone))
    again = below * np.float32(-albedo)
    again += np.float32(1.0)
    seen /= again
    return seen


def white_below(albedo: float, ozone: float) -> float:
    """Reflectance of a white surface seen from above the air, before multiple reflection; see `through_air`."""
    return ozone * (1.0 - albedo)


def air_optical_depth(wavelength_um: float) -> float:
    """Optical depth of the air above sea level, by Rayleigh scattering.

    Source: Hansen and Travis 1974, Space Sci. Rev. 16, equation 2.30.
    """
    square = wavelength_um**-2
    return 0.008569 * square**2 * (1.0 + 0.0113 * square + 0.00013 * square**2)


def air_albedo(depth: float) -> float:
    """Share of light from below that air of an optical depth sends back down.

    Source: 0.92 tau exp(-tau) for thin air, Tanre et al. 1979, Appl. Opt. 18, 3587.
    """
    return float(0.92 * depth * np.exp(-depth))


def ozone_transmission(band: int, sun_elevation_deg: float, column_atm_cm: float) -> float:
    """Transmission of a column of ozone, down along the sun's slant path and straight up."""
    mass = 1 + 1 / np.sin(np.radians(sun_elevation_deg))
    return float(np.exp(-_OZONE[band] * column_atm_cm * mass))


@dataclass(frozen=True, slots=True)
class Air:
    """Clear air, seen from above.

    Attributes:
        path: Reflectance of the air itself in each band, shape (4, ...), the trailing shape that of the haze.
        albedo: Share of light from below that the air sends back down in each band.
        ozone: Transmission of ozone, down and up, in each band.
    """

    path: NDArray[np.float32]
    albedo: tuple[float, ...]
    ozone: tuple[float, ...]

    @classmethod
    def under(
        cls,
        sun_elevation_deg: float,
        haze_optical_depth: NDArray[np.float64] | float,
        ozone_atm_cm: float = OZONE_ATM_CM,
    ) -> "Air":
        """Air and haze by single scattering.

        Args:
            sun_elevation_deg: [deg] Above the horizon, at least a few degrees.
            haze_optical_depth: At 0.55 um, of any shape.
            ozone_atm_cm: [atm cm] Column of ozone.

        Source: single scattering by molecules, Chandrasekhar 1960; for haze: Assumption.
        """
        sun = float(np.sin(np.radians(sun_elevation_deg)))
        path, albedo = [], []
        for wavelength in WAVELENGTH_UM:
            air = air_optical_depth(wavelength)
            haze = haze_optical_depth * (wavelength / 0.55) ** -_ANGSTROM
            back = 0.75 * (1.0 + sun * sun) * air / 4.0 + _HAZE_BACK * haze
            path.append(back / sun / (1.0 + back / sun))
            albedo.append(air_albedo(air))
        ozone = [
            ozone_transmission(band, sun_elevation_deg, ozone_atm_cm)
            for band in range(len(WAVELENGTH_UM))
        ]
        return cls(np.asarray(path, np.float32), tuple(albedo), tuple(ozone))

    def contrast(self, band: int) -> NDArray[np.float32]:
        """Difference between white and black ground seen from above, before multiple reflection."""
        white = white_below(self.albedo[band], self.ozone[band])
        return np.asarray(white - self.ozone[band] * self.path[band], np.float32)
