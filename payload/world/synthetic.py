"""Scenes painted from a synthetic Earth: a pure function of seed, place and time, with exact truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.registry import option, supplied
from payload.rng import key
from payload.types import (
    CLOUD,
    SHADOW,
    SURFACES,
    THICK_OPTICAL_DEPTH,
    Georeference,
    Glance,
    Patch,
    Radiometry,
    View,
    Window,
)
from payload.world.atmosphere import (
    SHADOW_TRANSMISSION,
    Air,
    Detector,
    beam_transmission,
    cloud_reflectance,
    top_of_atmosphere,
)
from payload.world.clouds import CLOUD_OPTICAL_DEPTH, Sky, ice_depth, low_depth
from payload.world.globe import seconds_since_2000, sun_azimuth_deg
from payload.world.grid import SceneGrid
from payload.world.lattice import COARSEST_LEVEL, Stencil, climb, finest_level
from payload.world.surface import BANDS, Ground, reflectance

_BLOCK_PX = 384  # painted at once: small enough for the processor's cache
_LOWEST_SUN_DEG = 5.0
_SHADOW_COARSER = 2  # levels by which the cloud that throws a shadow is coarser than the one seen


@dataclass(frozen=True)
class Synthetic:
    """Fractal ground and clouds with exact truth, a pure function of seed, place and time."""

    seed: int = supplied(0)
    cloud_optical_depth: float = option(
        CLOUD_OPTICAL_DEPTH,
        description="Truth calls cloud what has at least this optical depth.",
        gt=0.0,
        le=100.0,
    )
    mean_cloud_cover: float | None = option(
        None,
        description="Mean share of cloud everywhere, 0 to 1; by default the climate of the latitude.",
        ge=0.0,
        le=1.0,
    )
    haze_optical_depth: float = option(
        0.1,
        description="Optical depth of the haze in clear air at 0.55 um.",
        ge=0.0,
        le=2.0,
    )
    cloud_height_m: float = option(
        1500.0,
        description="[m] Height from which low clouds throw their shadows.",
        ge=0.0,
        le=15_000.0,
    )
    snr: float = option(
        150.0,
        description="Signal-to-noise ratio of the camera at a reflectance of 0.1.",
        ge=1.0,
        le=100_000.0,
    )

    def scene(self, view: View) -> "SyntheticScene":
        """The scene of a view; nothing is painted before it is read.

        Raises:
            ImageryError: The view is not of this Earth, or asks for bands that it has not.
        """
        _check(view)
        return SyntheticScene(self, view)

    def glance(self, view: View, windows: Sequence[Window]) -> list[Glance]:
        """What windows of a view's scene hold, from the fields at every few pixels.

        Raises:
            ImageryError: The view is not of this Earth.
        """
        _check(view)
        step = max(1, min(8, *(min(item.height_px, item.width_px) // 16 for item in windows)))
        sensor = replace(
            view.sensor,
            gsd_m=min(view.sensor.gsd_m * step, 1000.0),
            height_px=-(-view.sensor.height_px // step),
            width_px=-(-view.sensor.width_px // step),
        )
        return SyntheticScene(self, replace(view, sensor=sensor)).glances(windows, step)


@dataclass(frozen=True)
class SyntheticScene:
    """What a camera sees of the synthetic Earth; see `payload.ports.Scene`."""

    world: Synthetic
    view: View

    @property
    def height_px(self) -> int:
        """[px] Rows."""
        return self.view.sensor.height_px

    @property
    def width_px(self) -> int:
        """[px] Columns."""
        return self.view.sensor.width_px

    @property
    def bands(self) -> tuple[str, ...]:
        """Those of the sensor."""
        return self.view.sensor.bands

    @property
    def bit_depth(self) -> int:
        """[bit] of a sample."""
        return self.view.sensor.bit_depth

    @property
    def radiometry(self) -> Radiometry:
        """DN to reflectance at the top of the atmosphere."""
        return self.view.sensor.radiometry

    @property
    def georeference(self) -> Georeference:
        """Azimuthal equidistant around the target."""
        return self._grid.georeference

    def read(self, window: Window) -> Patch:
        """The pixels of a window, with truth for each of them.

        Raises:
            ImageryError: The window does not lie inside the scene.
        """
        bottom, right = window.top_px + window.height_px, window.left_px + window.width_px
        inside = min(window.top_px, window.left_px) >= 0 and window.pixels > 0
        if not inside or bottom > self.height_px or right > self.width_px:
            size = f"{self.height_px} x {self.width_px}"
            raise ImageryError(f"{window} does not lie inside a scene of {size} pixels")
        bands = np.empty((len(self.bands), window.height_px, window.width_px), np.uint16)
        truth = np.empty((window.height_px, window.width_px), np.uint8)
        for block in _blocks(window):
            top, left = block.top_px - window.top_px, block.left_px - window.left_px
            there = np.s_[top : top + block.height_px, left : left + block.width_px]
            self._paint(block, bands[:, *there], truth[there])
        return Patch(bands, truth)

    def glances(self, windows: Sequence[Window], step: int) -> list[Glance]:
        """Cover and commonest ground of windows of a scene that is `step` times finer."""
        land, low, ice, parcels = self._look(Window(0, 0, self.height_px, self.width_px))
        depth = low_depth(low) + ice_depth(ice)
        cloud = depth >= np.float32(self.world.cloud_optical_depth)
        thick = cloud & (depth >= np.float32(THICK_OPTICAL_DEPTH))
        ground = _classes(land, parcels)
        found = []
        for item in windows:
            top, left = item.top_px // step, item.left_px // step
            down, across = max(1, item.height_px // step), max(1, item.width_px // step)
            here = np.s_[top : top + down, left : left + across]
            commonest = int(np.bincount(ground[here].ravel(), minlength=len(SURFACES)).argmax())
            found.append(
                Glance(
                    float(cloud[here].mean()),
                    SURFACES[commonest],
                    self.view.sun_elevation_deg,
                    float(thick[here].mean()),
                )
            )
        return found

    @cached_property
    def _grid(self) -> SceneGrid:
        view = self.view
        return SceneGrid(
            view.lat_deg, view.lon_deg, view.sensor.gsd_m, self.height_px, self.width_px
        )

    @cached_property
    def _time_s(self) -> float:
        return seconds_since_2000(self.view.utc)

    @cached_property
    def _detector(self) -> Detector:
        view = self.view
        place = (repr(view.lat_deg), repr(view.lon_deg), repr(view.sensor.gsd_m))
        name = key(self.world.seed, "exposure", repr(self._time_s), *place)
        return Detector(self.radiometry, self.bit_depth, self.world.snr, name)

    @cached_property
    def _sky(self) -> Sky:
        return Sky(self.world.seed, self._time_s, self.world.mean_cloud_cover)

    @property
    def _sun_deg(self) -> float:
        """[deg] Height of the sun; a lower one would shine through more air than is modelled."""
        return max(self.view.sun_elevation_deg, _LOWEST_SUN_DEG)

    @cached_property
    def _shadow_px(self) -> tuple[float, float]:
        """[px] From a place on the ground to the cloud between it and the sun: rows, columns."""
        view = self.view
        away_m = self.world.cloud_height_m / np.tan(np.radians(self._sun_deg))
        azimuth = np.radians(sun_azimuth_deg(view.lat_deg, view.lon_deg, self._time_s))
        away_px = float(away_m / view.sensor.gsd_m)
        return float(-np.cos(azimuth)) * away_px, float(np.sin(azimuth)) * away_px

    def _paint(self, block: Window, bands: NDArray[np.uint16], truth: NDArray[np.uint8]) -> None:
        land, low, ice, parcels = self._look(block)
        depth = low_depth(low)
        depth += ice_depth(ice)
        casting = low_depth(self._look_sunwards(block))
        beam = beam_transmission(casting, self._sun_deg)
        truth[...] = (beam < np.float32(SHADOW_TRANSMISSION)) * np.uint8(SHADOW)
        truth[depth >= np.float32(self.world.cloud_optical_depth)] = CLOUD

        cloud = cloud_reflectance(depth)
        air = Air.under(self._sun_deg, self.world.haze_optical_depth)
        colours = reflectance(land, parcels)
        rows = np.arange(block.top_px, block.top_px + block.height_px)
        cols = np.arange(block.left_px, block.left_px + block.width_px)
        noise = self._detector.noise(rows, cols)
        for index, name in enumerate(self.bands):
            band = BANDS.index(name)
            seen = top_of_atmosphere(colours[band], band, cloud=cloud, beam=beam, air=air)
            bands[index] = self._detector.expose(seen, noise[band])

    def _look(
        self, block: Window
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Fields of the ground (F, H, W), of low and ice cloud and parcels (H, W), at the pixels."""
        ground = Ground(self.world.seed, self._time_s)
        finest = finest_level(self.view.sensor.gsd_m)
        parts = []
        for footprint in self._grid.footprints(block):
            stencil = Stencil.of(footprint, finest + 1)
            land = climb(stencil.nodes, ground.start, ground.refine, finest)
            clouds = climb(stencil.nodes, self._sky.start, self._sky.refine, finest)
            layers = np.empty((len(land) + 3, block.height_px, block.width_px), np.float32)
            for layer, field in zip(layers[:-1], (*land, *clouds[:2]), strict=True):
                stencil.sample(field, layer)
            layers[-1] = ground.parcels(footprint)
            parts.append((layers, footprint.weight))
        fields = _blend(parts)
        return fields[:-3], fields[-3], fields[-2], fields[-1]

    def _look_sunwards(self, block: Window) -> NDArray[np.float32]:
        """The field of low cloud between the sun and the ground of the pixels, shape (H, W)."""
        finest = max(finest_level(self.view.sensor.gsd_m) - _SHADOW_COARSER, COARSEST_LEVEL)
        parts = []
        for footprint in self._grid.footprints(block, self._shadow_px):
            stencil = Stencil.of(footprint, finest + 1)
            clouds = climb(stencil.nodes, self._sky.start, self._sky.refine, finest)
            layer = np.empty((block.height_px, block.width_px), np.float32)
            stencil.sample(clouds[0], layer)
            parts.append((layer, footprint.weight))
        return _blend(parts)


def _blend(
    parts: list[tuple[NDArray[np.float32], NDArray[np.float32] | None]],
) -> NDArray[np.float32]:
    """What several charts say, each by its weight."""
    if len(parts) == 1:
        return parts[0][0]
    total = sum(values * weight for values, weight in parts if weight is not None)
    share = sum(weight for _, weight in parts if weight is not None)
    return np.asarray(total / share, np.float32)


def _blocks(window: Window) -> Iterator[Window]:
    """A window in pieces of about equal size."""
    down = max(1, round(window.height_px / _BLOCK_PX))
    across = max(1, round(window.width_px / _BLOCK_PX))
    rows = [window.height_px * i // down for i in range(down + 1)]
    cols = [window.width_px * i // across for i in range(across + 1)]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            yield Window(window.top_px + top, window.left_px + left, bottom - top, right - left)


def _classes(fields: NDArray[np.float32], parcels: NDArray[np.float32]) -> NDArray[np.intp]:
    """Index of the class of ground at each pixel."""
    height, moisture, warmth, _ = fields
    wet = moisture + parcels * 0.7 * (np.abs(moisture - 0.2) < 0.8) * (warmth > 0.25)
    farmed = (np.abs(moisture - 0.2) < 0.8) & (warmth > 0.25)
    conditions = (
        (height < 0.0) & (warmth < -0.5),
        height < 0.0,
        warmth < 0.0,
        wet > 1.1,
        farmed & (wet > 0.0),
        wet > 0.0,
        wet < -0.9,
    )
    names = ("sea ice", "water", "snow", "forest", "crops", "grass", "sand")
    indices = [np.intp(SURFACES.index(name)) for name in names]
    return np.select(conditions, indices, np.intp(SURFACES.index("soil")))


def _check(view: View) -> None:
    sensor, known = view.sensor, ", ".join(BANDS)
    if not sensor.bands:
        raise ImageryError(f"no band is asked for; the synthetic Earth has {known}")
    for band in sensor.bands:
        if band not in BANDS:
            raise ImageryError(f"the synthetic Earth has no band {band!r}; it has {known}")
    if not (-90.0 <= view.lat_deg <= 90.0 and -360.0 <= view.lon_deg <= 360.0):
        raise ImageryError(
            f"view {view.id} looks at latitude {view.lat_deg}, longitude {view.lon_deg},"
            " which is not a place on the Earth"
        )
    if not 0.0 < sensor.gsd_m <= 1000.0 or min(sensor.height_px, sensor.width_px) < 1:
        raise ImageryError(
            f"a scene of {sensor.height_px} x {sensor.width_px} pixels of {sensor.gsd_m} m cannot"
            " be painted: at least one pixel, of more than 0 and at most 1000 m, is wanted"
        )
    if view.utc.tzinfo is None:
        raise ImageryError(f"view {view.id} has a time without a zone: UTC is wanted")
