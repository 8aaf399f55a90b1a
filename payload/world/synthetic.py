"""Scenes painted from a synthetic Earth: a pure function of seed, place and time, with exact truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.registry import option, supplied
from payload.rng import key
from payload.types import CLOUD, SHADOW, Georeference, Patch, Radiometry, View, Window
from payload.world.atmosphere import (
    SHADOW_TRANSMISSION,
    Air,
    beam_transmission,
    cloud_reflectance,
    top_of_atmosphere,
)
from payload.world.camera import FARTHEST_PX, MARGIN_PX, Detector, Optics, beside
from payload.world.clouds import CLOUD_OPTICAL_DEPTH, Sky, ice_depth, low_depth
from payload.world.globe import seconds_since_2000, sun_azimuth_deg
from payload.world.grid import SceneGrid
from payload.world.lattice import (
    COARSEST_LEVEL,
    Footprint,
    Stencil,
    chart_coordinates,
    climb,
    finest_level,
    rise,
)
from payload.world.parcels import Parcels
from payload.world.spectra import BANDS, reflectance
from payload.world.surface import Ground, LandCover, mountain_m
from payload.world.weather import Weather

Layers = tuple[NDArray[np.float32], NDArray[np.float32] | None]
"""What a chart says of pixels, and how much it counts at each; None for 1 everywhere."""

_BLOCK_PX = 384  # painted at once: small enough for the processor's cache
_LOWEST_SUN_DEG = 5.0
_SHADOW_COARSER = 2  # levels by which the cloud that throws a shadow is coarser than the one seen
_STEP_M = 1.0  # towards the sun, for slopes
_CLOUD_M = 80.0  # how much higher a cloud's top stands where its field is one unit up; Assumption
_CARVED = 0.35  # slopes lighten or darken clouds by so much at most; Assumption
_STEEPEST = 2.5  # a slope towards the sun gets at most so many times the light of level ground


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
        description="[m] Median height from which low clouds throw their shadows.",
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
        0.25,
        description="[px] How far a band looks beside where it should, at most.",
        ge=0.0,
        le=1.0,
    )
    parallax_deg: float = option(
        0.15,
        description="[deg] Between the looks of the first and the last band: clouds show coloured edges.",
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
        description="Share of the detector's columns that say nothing, 0 to 1.",
        ge=0.0,
        le=1.0,
    )

    def scene(self, view: View) -> "SyntheticScene":
        """The scene of a view; nothing is painted before it is read.

        Raises:
            ImageryError: The view is not of this Earth, or asks for bands that it has not.
        """
        _check(view)
        return SyntheticScene(self, view)


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
        view, world = self.view, self.world
        place = (repr(view.lat_deg), repr(view.lon_deg), repr(view.sensor.gsd_m))
        return Detector(
            self.radiometry,
            self.bit_depth,
            world.snr,
            name=key(world.seed, "exposure", repr(self._time_s), *place),
            camera=key(world.seed, "camera"),
            striping=world.striping,
            dead=world.dead_columns,
        )

    @cached_property
    def _optics(self) -> Optics:
        world = self.world
        return Optics.of(
            self._detector.name, world.point_spread_px, world.misregistration_px, len(BANDS)
        )

    @cached_property
    def _sky(self) -> Sky:
        return Sky(self.world.seed, self._time_s, self.world.mean_cloud_cover)

    @cached_property
    def _weather(self) -> Weather:
        return Weather.at(
            self.world.seed,
            self._centre,
            self._time_s,
            mean_haze=self.world.haze_optical_depth,
            usual_height_m=self.world.cloud_height_m,
        )

    @cached_property
    def _centre(self) -> NDArray[np.float64]:
        """The middle of the scene as a unit vector, shape (3, 1)."""
        rows, cols = np.array([self.height_px / 2]), np.array([self.width_px / 2])
        return self._grid.directions(rows, cols)[:, :, 0]

    @property
    def _sun_deg(self) -> float:
        """[deg] Height of the sun; a lower one would shine through more air than is modelled."""
        return max(self.view.sun_elevation_deg, _LOWEST_SUN_DEG)

    @cached_property
    def _sunwards_px(self) -> tuple[float, float]:
        """[px] Rows and columns of a step of one metre towards the sun."""
        view = self.view
        azimuth = np.radians(sun_azimuth_deg(view.lat_deg, view.lon_deg, self._time_s))
        gsd_m = view.sensor.gsd_m
        return float(-np.cos(azimuth)) / gsd_m, float(np.sin(azimuth)) / gsd_m

    @property
    def _parallax_px(self) -> float:
        """[px] By how far the last band sees low cloud beside where the first one does."""
        away_m = self._weather.cloud_height_m * np.tan(np.radians(self.world.parallax_deg))
        return float(min(away_m / self.view.sensor.gsd_m, FARTHEST_PX - 1))

    @cached_property
    def _slant(self) -> float:
        """[m] How far a shadow falls for each metre of height."""
        return float(1.0 / np.tan(np.radians(self._sun_deg)))

    def _paint(self, block: Window, bands: NDArray[np.uint16], truth: NDArray[np.uint8]) -> None:
        wide = _widened(block, MARGIN_PX)
        ground = self._look_down(wide)
        sky = self._look_up(_widened(wide, FARTHEST_PX))
        depth = low_depth(sky[0])
        depth += ice_depth(sky[1])
        casting = low_depth(self._look_sunwards(wide))
        beam = beam_transmission(casting, self._sun_deg)
        inner = np.s_[MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]
        far = FARTHEST_PX
        truth[...] = (beam[inner] < np.float32(SHADOW_TRANSMISSION)) * np.uint8(SHADOW)
        truth[depth[far:-far, far:-far][inner] >= np.float32(self.world.cloud_optical_depth)] = CLOUD

        cloud = cloud_reflectance(depth)[:, far:-far]
        lit = sky[2][:, far:-far] * np.float32(_CLOUD_M * self._slant)
        lit = cloud * (np.float32(1.0) + np.float32(_CARVED) * (lit / (np.float32(1.0) + np.abs(lit))))
        air = Air.under(self._sun_deg, self._weather.haze_optical_depth)
        rows = np.arange(block.top_px, block.top_px + block.height_px)
        cols = np.arange(block.left_px, block.left_px + block.width_px)
        noise = self._detector.noise(rows, cols)
        for index, name in enumerate(self.bands):
            band = BANDS.index(name)
            seen = top_of_atmosphere(
                ground[band],
                band,
                cloud=beside(cloud, band, self._parallax_px),
                lit=beside(lit, band, self._parallax_px) * np.float32(self._weather.cloud[band]),
                beam=beam,
                air=air,
            )
            seen = self._optics.smear(seen, band)
            bands[index] = self._detector.expose(seen, noise[band], band, cols)

    def _look_down(self, block: Window) -> NDArray[np.float32]:
        """Reflectance at the ground, shape (4, H, W)."""
        return _blend([self._ground(footprint) for footprint in self._grid.footprints(block)])

    def _look_up(self, block: Window) -> NDArray[np.float32]:
        """Fields of low and ice cloud, and by how much the low one grows towards the sun, (3, H, W)."""
        return _blend([self._clouds(footprint) for footprint in self._grid.footprints(block)])

    def _ground(self, footprint: Footprint) -> Layers:
        ground = Ground(self.world.seed, self._time_s)
        finest = finest_level(self.view.sensor.gsd_m)
        stencil = Stencil.of(footprint, finest + 1)
        nodes = climb(stencil.nodes.widened, ground.start, ground.refine, finest)
        step = self._step(footprint.face)
        slope = rise(nodes[0], step, finest + 1) * np.float32(self._slant)
        fields = np.empty((len(nodes) + 1, *footprint.up.shape), np.float32)
        for field, layer in zip((*nodes[:, 1:-1, 1:-1], slope), fields, strict=True):
            stencil.sample(np.ascontiguousarray(field), layer)
        texture = fields[3]
        parcels = Parcels.at(self.world.seed, footprint, fields[0])
        cover = LandCover.of(fields[:5], parcels)
        lit = np.clip(1.0 + fields[5] * mountain_m(fields), 0.15, _STEEPEST)
        return np.stack(reflectance(cover, parcels, texture, lit, 0.0)), footprint.weight

    def _clouds(self, footprint: Footprint) -> Layers:
        finest = finest_level(self.view.sensor.gsd_m)
        stencil = Stencil.of(footprint, finest + 1)
        nodes = climb(stencil.nodes.widened, self._sky.start, self._sky.refine, finest)
        slope = rise(nodes[0], self._step(footprint.face), finest + 1)
        layers = np.empty((3, *footprint.up.shape), np.float32)
        for field, layer in zip((*nodes[:2, 1:-1, 1:-1], slope), layers, strict=True):
            stencil.sample(np.ascontiguousarray(field), layer)
        return layers, footprint.weight

    def _step(self, face: int) -> tuple[float, float]:
        """A step of one metre towards the sun, upwards and across on a face."""
        rows, cols = np.array([self.height_px / 2]), np.array([self.width_px / 2])
        down, right = self._sunwards_px
        here = chart_coordinates(self._grid.directions(rows, cols), face)
        there = chart_coordinates(self._grid.directions(rows + 100 * down, cols + 100 * right), face)
        return tuple(float((b - a)[0, 0]) / 100 for a, b in zip(here[:2], there[:2], strict=True))

    def _look_sunwards(self, block: Window) -> NDArray[np.float32]:
        """The field of low cloud between the sun and the ground of the pixels, shape (H, W)."""
        finest = max(finest_level(self.view.sensor.gsd_m) - _SHADOW_COARSER, COARSEST_LEVEL)
        away_m = self._weather.cloud_height_m * self._slant
        shift_px = tuple(part * away_m for part in self._sunwards_px)
        parts = []
        for footprint in self._grid.footprints(block, shift_px):
            stencil = Stencil.of(footprint, finest + 1)
            clouds = climb(stencil.nodes, self._sky.start, self._sky.refine, finest)
            layer = np.empty((block.height_px, block.width_px), np.float32)
            stencil.sample(clouds[0], layer)
            parts.append((layer, footprint.weight))
        return _blend(parts)


def _blend(parts: list[Layers]) -> NDArray[np.float32]:
    """What several charts say, each by its weight."""
    if len(parts) == 1:
        return parts[0][0]
    total = sum(values * weight for values, weight in parts if weight is not None)
    share = sum(weight for _, weight in parts if weight is not None)
    return np.asarray(total / share, np.float32)


def _widened(block: Window, margin_px: int) -> Window:
    """A block with the pixels around it."""
    height_px, width_px = (side + 2 * margin_px for side in (block.height_px, block.width_px))
    return Window(block.top_px - margin_px, block.left_px - margin_px, height_px, width_px)


def _blocks(window: Window) -> Iterator[Window]:
    """A window in pieces of about equal size."""
    down = max(1, round(window.height_px / _BLOCK_PX))
    across = max(1, round(window.width_px / _BLOCK_PX))
    rows = [window.height_px * i // down for i in range(down + 1)]
    cols = [window.width_px * i // across for i in range(across + 1)]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            yield Window(window.top_px + top, window.left_px + left, bottom - top, right - left)


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
