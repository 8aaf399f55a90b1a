"""From the pixels of a scene to places on the Earth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import WGS84_ECCENTRICITY2, WGS84_RADIUS_KM
from payload.types import Georeference, Window
from payload.units import M_PER_KM
from payload.world.charts import chart_coordinates, faces_near
from payload.world.knots import Knots, spread
from payload.world.lattice import Footprint

_STEP_PX = (
    32  # places are exact at knots this far apart, linear in between: within 0.1 m at 60 m a pixel
)


@dataclass(frozen=True)
class SceneGrid:
    """Square pixels around a place, in the azimuthal equidistant projection of that place.

    Attributes:
        lat_deg: [deg] Geodetic, of the centre.
        lon_deg: [deg] of the centre.
        gsd_m: [m] Side of a pixel.
        height_px: [px] Rows, the first in the north.
        width_px: [px] Columns, the first in the west.
    """

    lat_deg: float
    lon_deg: float
    gsd_m: float
    height_px: int
    width_px: int

    @property
    def georeference(self) -> Georeference:
        """The projection, and the position of the pixels in it."""
        gsd_m = self.gsd_m
        west_m, north_m = -self.width_px * gsd_m / 2, self.height_px * gsd_m / 2
        crs = f"+proj=aeqd +lat_0={self.lat_deg!r} +lon_0={self.lon_deg!r} +datum=WGS84 +units=m"
        return Georeference(crs, (west_m, gsd_m, 0.0, north_m, 0.0, -gsd_m))

    @property
    def centre(self) -> NDArray[np.float64]:
        """The centre of the grid as a unit vector, shape (3, 1)."""
        rows, cols = np.array([self.height_px / 2]), np.array([self.width_px / 2])
        return self.directions(rows, cols)[:, :, 0]

    @cached_property
    def _frame(self) -> tuple[NDArray[np.float64], NDArray[np.float64], tuple[float, float]]:
        lat, lon = np.radians(self.lat_deg), np.radians(self.lon_deg)
        sin, cos = np.sin(lat), np.cos(lat)
        east = np.array([-np.sin(lon), np.cos(lon), 0.0])
        north = np.array([-sin * np.cos(lon), -sin * np.sin(lon), cos])
        up = np.array([cos * np.cos(lon), cos * np.sin(lon), sin])
        prime_m = WGS84_RADIUS_KM * M_PER_KM / np.sqrt(1.0 - WGS84_ECCENTRICITY2 * sin**2)
        meridian_m = prime_m * (1.0 - WGS84_ECCENTRICITY2) / (1.0 - WGS84_ECCENTRICITY2 * sin**2)
        centre = prime_m * up - np.array([0.0, 0.0, WGS84_ECCENTRICITY2 * prime_m * sin])
        return np.stack([east, north, up]), centre, (float(prime_m), float(meridian_m))

    def directions(
        self, rows: NDArray[np.float64], cols: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Unit vectors from the Earth's centre, shape (3, R, C), of points of the grid.

        Args:
            rows: [px] from the upper edge of the scene, shape (R,).
            cols: [px] from the left edge, shape (C,).
        """
        return self.points(rows[:, None], cols[None, :])

    def points(self, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.float64]:
        """Unit vectors from the Earth's centre, shape (3, ...), of single points of the grid.

        Args:
            rows: [px] from the upper edge of the scene; broadcast against `cols`.
            cols: [px] from the left edge.

        Source: Euler's radius of curvature along each azimuth; third order in distance over radius.
        """
        return points_of_each((self,), rows, cols)[:, 0]

    def footprints(self, window: Window) -> list[Footprint]:
        """Where the pixels of a window lie on the charts that have weight there; recent results are cached."""
        return _footprints(self, window)


def points_of_each(
    grids: Sequence[SceneGrid], rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`SceneGrid.points` for each of P grids of one size: shape (3, P, ...)."""
    first, spread_out = grids[0], (len(grids), *[1] * np.broadcast(rows, cols).ndim)
    frames, centres, radii_m = (
        np.array(parts) for parts in zip(*(grid._frame for grid in grids), strict=True)
    )
    east, north, up = (
        [frames[:, axis, i].reshape(spread_out) for i in range(3)] for axis in range(3)
    )
    prime_m, meridian_m = (radii_m[:, i].reshape(spread_out) for i in range(2))
    y_m = (first.height_px / 2 - rows) * first.gsd_m
    x_m = (cols - first.width_px / 2) * first.gsd_m
    square = np.maximum(x_m * x_m + y_m * y_m, 1e-12)
    radius_m = square / (x_m * x_m / prime_m + y_m * y_m / meridian_m + 1e-18)
    angle = np.sqrt(square) / radius_m
    along = np.sinc(angle / np.pi)  # sin(angle) / angle
    sag_m = radius_m * (1.0 - np.cos(angle))
    place = [
        centres[:, i].reshape(spread_out) + along * (x_m * east[i] + y_m * north[i]) - sag_m * up[i]
        for i in range(3)
    ]
    length = np.sqrt(place[0] ** 2 + place[1] ** 2 + place[2] ** 2)
    return np.stack([part / length for part in place])


@lru_cache(maxsize=4)
def _footprints(grid: SceneGrid, window: Window) -> list[Footprint]:
    rows = Knots.of(window.top_px, window.height_px, _STEP_PX)
    cols = Knots.of(window.left_px, window.width_px, _STEP_PX)
    direction = grid.directions(rows.at + 0.5, cols.at + 0.5)
    found = []
    for face in faces_near(direction):
        up, across, weight = chart_coordinates(direction, face)
        if not weight.any():
            continue
        alone = bool((weight == 1.0).all())
        found.append(
            Footprint(
                face,
                spread(up, rows, cols),
                spread(across, rows, cols),
                None if alone else spread(weight, rows, cols).astype(np.float32),
            )
        )
    return found
