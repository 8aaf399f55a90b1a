"""The air from place to place: haze, and height, brightness and colour of clouds.

All of it varies over a hundred kilometres and more, so it is computed at the points of a lattice 10 km
apart and interpolated linearly.
"""

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from payload.world.charts import chart_coordinates, chart_direction, faces_near
from payload.world.lattice import Footprint, Stencil, start_all
from payload.world.noise import SphereNoise
from payload.world.quilt import Quilt

Values = NDArray[np.float64]

_LEVEL = 10  # of the lattice
_SPACING_KM = (900.0, 350.0, 140.0)
_LIFETIME_S = (200_000.0, 90_000.0, 40_000.0)
_HAZE_SPREAD = 1.1  # of the logarithm; Assumption
# Logarithm of clouds in images relative to white, ozone removed: mean, and spread from scene to scene.
# Source: medians of bright clouds in labelled Landsat-8 and Sentinel-2 images.
_COLOUR = np.array([-0.02, 0.01, 0.03, 0.075])
_COLOUR_SPREAD = np.array([0.0, 0.01, 0.035, 0.06])
_TOP_M = (11_000.0, 7_000.0)  # of ice cloud at the equator and at the poles; Assumption
_HEIGHT_SPREAD = 0.5  # of the logarithm of cloud heights; Assumption
_BRIGHT, _BRIGHT_SPREAD = 0.0, 0.10  # logarithm of clouds over isotropic ones; Assumption


@dataclass(frozen=True, slots=True, eq=False)
class AirMass:
    """The air over places.

    Attributes:
        haze_optical_depth: At 0.55 um, shape (N,).
        cloud_height_m: [m] Height of the tops of low clouds above the ground, shape (N,).
        top_m: [m] Height of ice cloud and of the tops of towers, never below low clouds, shape (N,).
        cloud: Apparent reflectance of a cloud that sends all light back, in each band, without ozone, shape (4, N).
    """

    haze_optical_depth: Values
    cloud_height_m: Values
    top_m: Values
    cloud: Values


@dataclass(frozen=True)
class AirMasses:
    """The air of a world at a time.

    Attributes:
        seed: Of the world.
        time_s: [s] since 2000-01-01.
        mean_haze: Mean optical depth of haze.
        usual_height_m: [m] Median height of low clouds.
    """

    seed: int
    time_s: float
    mean_haze: float
    usual_height_m: float

    def at(self, direction: Values) -> AirMass:
        """The air over places, unit vectors of shape (3, N)."""
        parts = []
        for face in faces_near(direction):
            up, across, weight = chart_coordinates(direction, face)
            if weight.any():
                parts.append((self._fields(up, across, face), weight))
        total = sum(weight for _, weight in parts)
        return self._of(
            np.sum([part * (weight / total) for part, weight in parts], axis=0), direction
        )

    def on_face(self, upwards: Values, across: Values, face: int) -> AirMass:
        """The air over places given by their coordinates on a face, each of shape (N,)."""
        direction = chart_direction(upwards, across, face)
        return self._of(self._fields(upwards, across, face), direction)

    def _of(self, fields: Values, direction: Values) -> AirMass:
        haze, colour, bright, height = fields
        height_m = self.usual_height_m * np.exp(_HEIGHT_SPREAD * height)
        tropics_m, poles_m = _TOP_M
        colours = _COLOUR[:, None] + _COLOUR_SPREAD[:, None] * colour
        return AirMass(
            self.mean_haze * np.exp(_HAZE_SPREAD * haze - _HAZE_SPREAD**2 / 2),
            height_m,
            np.maximum(height_m, tropics_m + (poles_m - tropics_m) * direction[2] ** 2),
            np.exp(_BRIGHT + _BRIGHT_SPREAD * bright + colours),
        )

    def _fields(self, upwards: Values, across: Values, face: int) -> Values:
        """Standard normal fields of haze, colour, brightness and height, shape (4, N)."""
        stencil = Stencil.of(Footprint(face, upwards, across, None), _LEVEL)
        return stencil.sample_all(self._quilt(stencil.nodes)).astype(np.float64)

    @cached_property
    def _quilt(self) -> Quilt:
        return Quilt(partial(start_all, self._fields_at))

    def _fields_at(self, direction: Values) -> NDArray[np.float32]:
        """The same at unit vectors of shape (3, N)."""
        octaves = [
            SphereNoise(self.seed, name, _SPACING_KM, _LIFETIME_S).values(direction, self.time_s)
            for name in ("weather", "brightness")
        ]
        fields = np.concatenate(octaves).sum(axis=1) / np.float32(np.sqrt(len(_SPACING_KM)))
        return np.asarray(fields, np.float32)
