"""The synthetic Earth, a pure function of seed, place and time: options, scenes, glances and forecasts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.registry import option, supplied
from payload.types import (
    SURFACES,
    THICK_OPTICAL_DEPTH,
    Foresight,
    Glance,
    Prospects,
    Sensor,
    View,
    Window,
)
from payload.world import quick
from payload.world.clouds import CLOUD_OPTICAL_DEPTH, Pace, Sky, Weather
from payload.world.cover import Edges
from payload.world.forecast import coming, forecast
from payload.world.glance import Peek
from payload.world.globe import seconds_since_2000
from payload.world.grid import SceneGrid
from payload.world.scene import LOWEST_SUN_DEG, SyntheticScene, check_window
from payload.world.spectra import BANDS, sun_glint
from payload.world.surface import Ground

_WIDEST_KM = 3000.0
_YEARS = (1958, 2099)  # as everywhere: from the first satellites on


@dataclass(frozen=True)
class Synthetic:
    """Fractal ground and clouds with exact truth, a pure function of seed, place and time."""

    seed: int = supplied(0)
    cloud_optical_depth: float = option(
        CLOUD_OPTICAL_DEPTH,
        description="Optical depth from which a pixel counts as cloud in the truth; satellites "
        "detect 0.4, people outline only thicker cloud.",
        gt=0.0,
        le=100.0,
    )
    mean_cloud_cover: float | None = option(
        None,
        description="Mean cloud cover everywhere, 0 to 1; by default the climate of the latitude.",
        ge=0.0,
        le=1.0,
    )
    haze_optical_depth: float = option(
        0.12,
        description="Optical depth of the haze in clear air at 0.55 um.",
        ge=0.0,
        le=2.0,
    )
    lifetime_500_km_h: float = option(
        30.0,
        description="[h] Lifetime of weather systems of 500 km.",
        ge=1.0,
        le=1000.0,
    )
    lifetime_10_km_h: float = option(
        1.9,
        description="[h] Lifetime of cloud structures of 10 km; others by the power law through "
        "both.",
        ge=0.05,
        le=1000.0,
    )
    wind_m_s: float = option(
        8.0,
        description="[m/s] Westerlies at 45 deg that carry weather systems; the trades blow the "
        "other way at 0.6 of it.",
        ge=-50.0,
        le=50.0,
    )
    cloud_height_m: float = option(
        1500.0,
        description="[m] Median height from which low clouds cast their shadows.",
        ge=0.0,
        le=15_000.0,
    )
    snr: float = option(
        200.0,
        description="Signal-to-noise ratio of the camera at a reflectance of 0.1.",
        ge=1.0,
        le=100_000.0,
    )
    point_spread_px: float = option(
        0.5,
        description="[px] Standard deviation of the camera's point spread function.",
        ge=0.0,
        le=0.7,
    )
    misregistration_px: float = option(
        0.3,
        description="[px] Largest offset of a band from its true position.",
        ge=0.0,
        le=1.0,
    )
    parallax_deg: float = option(
        0.3,
        description="[deg] Angle between the views of the first and the last band: clouds show "
        "coloured edges.",
        ge=0.0,
        le=2.0,
    )
    striping: float = option(
        0.0,
        description="Standard deviation of the gains of the detector's columns, 0 to 0.2.",
        ge=0.0,
        le=0.2,
    )
    dead_columns: float = option(
        0.0,
        description="Share of the detector's columns that are dead, 0 to 1.",
        ge=0.0,
        le=1.0,
    )

    def scene(self, view: View) -> "SyntheticScene":
        """The scene of a view; nothing is painted before it is read.

        Raises:
            ImageryError: The view is not of this Earth, or asks for bands that it does not have.
        """
        _check(view)
        return SyntheticScene(self, view)

    def glance(self, view: View, windows: Sequence[Window]) -> list[Glance]:
        """Cover and surface of windows of a view's scene; see `payload.world.glance`.

        Raises:
            ImageryError: The view is not of this Earth, or a window does not lie in its scene.
        """
        return self.glance_at_many([view], windows)[0]

    def glance_at_many(
        self, views: Sequence[View], windows: Sequence[Window]
    ) -> list[list[Glance]]:
        """The same for many views, much faster than one after another.

        Raises:
            ImageryError: A view is not of this Earth, or a window does not lie in its scene.
        """
        quick.glance(len(views))
        found = list[list[Glance]]()
        for sensor, group in groupby(views, lambda view: view.sensor):
            alike = list(group)
            for view in alike:
                _check(view)
            for window in windows:
                check_window(window, sensor.height_px, sensor.width_px)
            looks = self._peek(alike, sensor).looks(windows)
            found += [
                _glances(view, windows, *look) for view, look in zip(alike, looks, strict=True)
            ]
        return found

    def _peek(self, views: Sequence[View], sensor: Sensor) -> Peek:
        """The scenes of views taken by one camera."""
        size_px = sensor.height_px, sensor.width_px
        times_s = [seconds_since_2000(view.utc) for view in views]
        depth = self.cloud_optical_depth
        return Peek(
            [SceneGrid(view.lat_deg, view.lon_deg, sensor.gsd_m, *size_px) for view in views],
            [Sky(self.seed, time_s, self.mean_cloud_cover, self.pace) for time_s in times_s],
            [Ground(self.seed, time_s) for time_s in times_s],
            (Edges(depth), Edges(max(depth, THICK_OPTICAL_DEPTH))),
            [sun_glint(max(view.sun_elevation_deg, LOWEST_SUN_DEG)) for view in views],
        )

    @property
    def pace(self) -> Pace:
        """How fast the sky changes."""
        return Pace(self.lifetime_500_km_h, self.lifetime_10_km_h, self.wind_m_s)

    @property
    def weather(self) -> Weather:
        """What drives the clouds, for cover statistics without painting."""
        return Weather(self.seed, self.mean_cloud_cover, self.cloud_optical_depth, self.pace)

    def forecast(
        self, prospects: Prospects, *, issued_s: float, foresight: Foresight
    ) -> NDArray[np.float64]:
        """P(clear) of scenes, shape (N,); see `payload.world.forecast`.

        Raises:
            ImageryError: A prospect is not of this Earth, or the foresight is out of bounds.
        """
        comes = self.coming(prospects)
        return self.forecast_of(comes, prospects, issued_s=issued_s, foresight=foresight)

    def coming(self, prospects: Prospects) -> NDArray[np.float64]:
        """The true state there, on which every forecast is based, shape (6, N).

        Raises:
            ImageryError: A prospect is not of this Earth.
        """
        quick.foresee(prospects.time_s.size)
        return coming(self.weather, prospects)

    def forecast_of(
        self,
        comes: NDArray[np.float64],
        prospects: Prospects,
        *,
        issued_s: float,
        foresight: Foresight,
    ) -> NDArray[np.float64]:
        """`forecast` from the result of `coming`.

        Raises:
            ImageryError: A prospect is not of this Earth, or the foresight is out of bounds.
        """
        quick.foresee(prospects.time_s.size)
        return forecast(self.weather, prospects, comes, issued_s=issued_s, foresight=foresight)


def _glances(
    view: View,
    windows: Sequence[Window],
    covers: NDArray[np.float64],
    surfaces: NDArray[np.intp],
) -> list[Glance]:
    """Glances from total and thick cover, shape (2, W), and indices of surfaces, (W,)."""
    return [
        Glance(cover, SURFACES[surface], view.sun_elevation_deg, thick, window.pixels)
        for cover, thick, surface, window in zip(
            *covers.tolist(), surfaces.tolist(), windows, strict=True
        )
    ]


def _check(view: View) -> None:
    sensor = view.sensor
    if not sensor.bands:
        raise ImageryError(f"no band is requested; the synthetic Earth has {', '.join(BANDS)}")
    for band in sensor.bands:
        if band not in BANDS:
            known = ", ".join(BANDS)
            raise ImageryError(f"the synthetic Earth has no band {band!r}; it has {known}")
    if not (-90.0 <= view.lat_deg <= 90.0 and -360.0 <= view.lon_deg <= 360.0):
        raise ImageryError(
            f"view {view.id} looks at latitude {view.lat_deg}, longitude {view.lon_deg},"
            " which is not a place on the Earth"
        )
    if not 0.0 < sensor.gsd_m <= 1000.0 or min(sensor.height_px, sensor.width_px) < 1:
        raise ImageryError(
            f"a scene of {sensor.height_px} x {sensor.width_px} pixels of {sensor.gsd_m} m cannot"
            " be painted: expected at least one pixel, of more than 0 and at most 1000 m"
        )
    widest_km = max(sensor.height_px, sensor.width_px) * sensor.gsd_m / 1000.0
    if widest_km > _WIDEST_KM:
        raise ImageryError(
            f"a scene of {widest_km:.0f} km is too wide to be painted in one projection: at most"
            f" {_WIDEST_KM:g} km are"
        )
    if view.utc.tzinfo is None:
        raise ImageryError(f"view {view.id} has a time without a time zone: expected UTC")
    if not _YEARS[0] <= view.utc.year <= _YEARS[1]:
        raise ImageryError(
            f"view {view.id} is of the year {view.utc.year}, not between {_YEARS[0]} and {_YEARS[1]}"
        )
    if not -90.0 <= view.sun_elevation_deg <= 90.0:
        raise ImageryError(
            f"view {view.id} has the sun at {view.sun_elevation_deg} deg; expected -90 to 90"
        )
