"""A scene of the synthetic Earth, painted window by window: ground, clouds, air and camera, with exact truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from payload.errors import ImageryError
from payload.rng import key
from payload.types import (
    CLOUD,
    SHADOW,
    THICK_OPTICAL_DEPTH,
    THIN_CLOUD,
    Georeference,
    GroundTruth,
    Patch,
    Radiometry,
    View,
    Window,
)
from payload.world.air_mass import AirMass, AirMasses
from payload.world.atmosphere import (
    SHADOW_TRANSMISSION,
    SKYLIGHT,
    Air,
    beam_transmission,
    cloud_reflectance,
    through_air,
    under_cloud,
    under_light,
    white_below,
)
from payload.world.camera import FARTHEST_PX, MARGIN_PX, Detector, Optics, beside, steps_px
from payload.world.clouds import TOWERS, Sky, high_depth, ice_depth, low_depth
from payload.world.globe import seconds_since_2000, sun_azimuth_deg
from payload.world.grid import SceneGrid
from payload.world.knots import Knots, Real, spread, spread_across
from payload.world.noise import normal_wave
from payload.world.quick import loops, wake
from payload.world.sight import Deck, Sight, Sun
from payload.world.spectra import BANDS, sun_glint
from payload.world.surface import Ground

if TYPE_CHECKING:
    from payload.world.synthetic import Synthetic

_BLOCK_PX = 512  # side of what is painted at once: small enough for the processor's cache
LOWEST_SUN_DEG = 5.0
_KNOTS_PX = 128  # spacing of the points at which the air is computed
_CLOUD_M = 80.0  # rise of a cloud's top per unit of its field; Assumption
_CARVED = 0.45  # the most by which slopes lighten or darken clouds; Assumption

_NEAR = slice(FARTHEST_PX, -FARTHEST_PX)
"""Of a block with its surroundings: the rows within the camera's point spread."""
_INNER = slice(MARGIN_PX, -MARGIN_PX), slice(MARGIN_PX, -MARGIN_PX)
"""Of `_NEAR`: the block itself."""
_MIDDLE, _LESS = TOWERS[0]
_LOW_DECK = Deck(lambda air: air.cloud_height_m, lambda sky: sky[0])
"""Low cloud, as its field."""
_HIGH_DECKS = (
    Deck(
        lambda air: air.cloud_height_m + _MIDDLE * (air.top_m - air.cloud_height_m),
        lambda sky: low_depth(sky[0] - np.float32(_LESS)),
    ),
    Deck(lambda air: air.top_m, lambda sky: high_depth(sky[0], sky[1])),
)
"""Towers half way up, and the highest clouds (tower tops and ice), as optical depths."""


@dataclass(frozen=True)
class SyntheticScene:
    """What a camera sees of the synthetic Earth; see `payload.ports.Scene`."""

    world: "Synthetic"
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
        """Names of the sensor's bands."""
        return self.view.sensor.bands

    @property
    def bit_depth(self) -> int:
        """[bit] Of a sample."""
        return self.view.sensor.bit_depth

    @property
    def radiometry(self) -> Radiometry:
        """DN to reflectance at the top of the atmosphere."""
        return self.view.sensor.radiometry

    @property
    def georeference(self) -> Georeference:
        """Azimuthal equidistant projection around the target."""
        return self._grid.georeference

    def read(self, window: Window) -> Patch:
        """Paint the pixels of a window, with truth for each of them.

        Raises:
            ImageryError: The window does not lie inside the scene.
        """
        check_window(window, self.height_px, self.width_px)
        wake(window.pixels)
        bands = np.empty((len(self.bands), window.height_px, window.width_px), np.uint16)
        truth = np.empty((window.height_px, window.width_px), np.uint8)
        for block, there in _blocks(window):
            sky = self._overhead(_around(block))
            bands[:, *there] = self._paint(block, sky)
            truth[there] = self._truth(sky)
        return Patch(bands, truth)

    def ground_truth(self, window: Window) -> GroundTruth:
        """All that is known of the pixels of a window.

        Raises:
            ImageryError: The window does not lie inside the scene.
        """
        check_window(window, self.height_px, self.width_px)
        wake(window.pixels)
        shape = window.height_px, window.width_px
        found = GroundTruth(*(np.empty(shape, kind) for kind in (np.uint8, np.uint8, np.float32)))
        for block, there in _blocks(window):
            sky = self._overhead(_around(block))
            depth = sky.depth[_NEAR][_INNER]
            truth = self._truth(sky)
            truth[(truth == CLOUD) & (depth < np.float32(THICK_OPTICAL_DEPTH))] = THIN_CLOUD
            found.sky[there], found.optical_depth[there] = truth, depth
            found.surface[there] = self._sight.surface(block, sun_glint(self._sun.elevation_deg))
        return found

    @cached_property
    def _time_s(self) -> float:
        return seconds_since_2000(self.view.utc)

    @cached_property
    def _grid(self) -> SceneGrid:
        view = self.view
        return SceneGrid(
            view.lat_deg, view.lon_deg, view.sensor.gsd_m, self.height_px, self.width_px
        )

    @cached_property
    def _sun(self) -> Sun:
        """The sun, no lower than the model of the air allows."""
        view = self.view
        return Sun(
            max(view.sun_elevation_deg, LOWEST_SUN_DEG),
            sun_azimuth_deg(view.lat_deg, view.lon_deg, self._time_s),
        )

    @cached_property
    def _sight(self) -> Sight:
        seed, time_s = self.world.seed, self._time_s
        sky = Sky(seed, time_s, self.world.mean_cloud_cover, self.world.pace)
        return Sight(self._grid, Ground(seed, time_s), sky, self.air, self._sun)

    @cached_property
    def air(self) -> AirMasses:
        """Haze, and height and colour of clouds, at the time of the scene."""
        world = self.world
        return AirMasses(world.seed, self._time_s, world.haze_optical_depth, world.cloud_height_m)

    @cached_property
    def _detector(self) -> Detector:
        view, world = self.view, self.world
        lon_deg = round((view.lon_deg + 180.0) % 360.0 - 180.0, 9) % 360.0
        # A place has one name, whatever multiple of 360 is in its longitude; -0.0 becomes 0.0.
        place = (repr(view.lat_deg + 0.0), repr(lon_deg), repr(view.sensor.gsd_m))
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

    def _overhead(self, block: Window) -> "_Overhead":
        """The clouds over a block that already includes its surroundings (see `_around`)."""
        low, high = self._sight.towards_sun(block, _LOW_DECK, _HIGH_DECKS)
        casting = low_depth(low)
        casting += high
        beam = beam_transmission(casting[_NEAR], self._sun.elevation_deg)
        low, ice, slope = self._sight.clouds(block)
        depth = low_depth(low)
        depth += ice_depth(ice)
        return _Overhead(depth, slope, beam)

    def _air_over(self, block: Window) -> "_AirOver":
        rows = Knots.of(block.top_px, block.height_px, _KNOTS_PX)
        cols = Knots.of(block.left_px, block.width_px, _KNOTS_PX)
        places = self._grid.directions(rows.at + 0.5, cols.at + 0.5)
        air = self.air.at(places.reshape(3, -1))
        away_m = air.cloud_height_m * np.tan(np.radians(self.world.parallax_deg))
        return _AirOver(
            rows,
            cols,
            air,
            Air.under(self._sun.elevation_deg, air.haze_optical_depth),
            away_m / self.view.sensor.gsd_m,
        )

    def _truth(self, sky: "_Overhead") -> NDArray[np.uint8]:
        """Clear, shadow or cloud for the block itself, from the sky over the block with its margin."""
        dark = sky.beam[_INNER] < np.float32(SHADOW_TRANSMISSION)
        truth: NDArray[np.uint8] = dark * np.uint8(SHADOW)
        depth = sky.depth[_NEAR][_INNER]
        truth[depth >= np.float32(self.world.cloud_optical_depth)] = CLOUD
        return truth

    def _paint(self, block: Window, sky: "_Overhead") -> NDArray[np.uint16]:
        """The DN of a block, shape (B, H, W), under a sky given with a margin."""
        glint = sun_glint(self._sun.elevation_deg)
        ground = self._sight.reflectance(_around(block), glint)[:, _NEAR]
        cloud = cloud_reflectance(sky.depth)
        carved = cloud * _bounded(sky.slope * np.float32(_CLOUD_M * self._sun.slant))
        air = self._air_over(_widened(block, MARGIN_PX, MARGIN_PX))
        rows = np.arange(block.top_px, block.top_px + block.height_px)
        cols = np.arange(block.left_px, block.left_px + block.width_px)
        painted = np.empty((len(self.bands), rows.size, cols.size), np.uint16)
        chosen = [BANDS.index(name) for name in self.bands]
        fast = loops()
        if fast is not None:
            bits = self._detector.bits(rows, cols)
            for band, dn in zip(chosen, painted, strict=True):
                fast.band(
                    ground[band],
                    (cloud, carved, np.atleast_2d(air.steps_px(band)), FARTHEST_PX),
                    (sky.beam, *under_light(band), _sunny(band)),
                    air.terms(band),
                    (*self._optics.taps(band), *self._detector.response(band, cols).terms),
                    (bits, np.uint64(16 * band), normal_wave()),
                    dn,
                )
            return painted
        noise = self._detector.noise(rows, cols)
        for index, band in enumerate(chosen):
            steps = air.steps_px(band)
            here = beside(cloud, steps)
            lit = beside(carved, steps) * _sunny(band)
            lit += here
            lit *= air.white(band)
            seen = under_cloud(ground[band], band, here, lit, sky.beam)
            seen = self._optics.smear(air.above(seen, band), band)
            painted[index] = self._detector.expose(seen, noise[band], band, cols)
        return painted


@dataclass(frozen=True, slots=True, eq=False)
class _Overhead:
    """Clouds over a block.

    Attributes:
        depth: Optical depth, shape (H + 2 * FARTHEST_PX, W).
        slope: [1/m] Gradient of the low-cloud field towards the sun, same shape.
        beam: Share of the direct solar beam that reaches the ground, shape (H, W).
    """

    depth: NDArray[np.float32]
    slope: NDArray[np.float32]
    beam: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _AirOver:
    """The air over a block, computed at knots.

    Attributes:
        rows: The knots down the block.
        cols: The knots across it.
        mass: The air at the knots, flattened.
        clear: Cloud-free air at the knots.
        parallax_px: [px] Displacement of low cloud between the first and the last band, at the knots.
    """

    rows: Knots
    cols: Knots
    mass: AirMass
    clear: Air
    parallax_px: NDArray[np.float64]

    def above(self, below: NDArray[np.float32], band: int) -> NDArray[np.float32]:
        """Reflectance at the top of the atmosphere from that below the air, each of shape (H, W)."""
        contrast = self._everywhere(self.clear.contrast(band))
        return through_air(below, contrast, self.clear.albedo[band], self.clear.ozone[band])

    def terms(self, band: int) -> tuple[Any, ...]:
        """The inputs of `above` and `white`, as `loops.band` takes them."""
        slow = self.clear.contrast(band), self.mass.cloud[band].astype(np.float32)
        contrast, white = (
            spread_across(each.reshape(self.rows.at.size, self.cols.at.size), self.cols)
            for each in slow
        )
        albedo, ozone = self.clear.albedo[band], self.clear.ozone[band]
        between = self.rows.before, self.rows.share.astype(np.float32)
        return (
            contrast,
            white,
            *between,
            np.float32(white_below(albedo, ozone)),
            np.float32(-albedo),
        )

    def white(self, band: int) -> NDArray[np.float32]:
        """Apparent reflectance of a cloud that sends all light back, shape (H, W)."""
        return self._everywhere(self.mass.cloud[band].astype(np.float32))

    def steps_px(self, band: int) -> NDArray[np.intp]:
        """[px] Rows by which low cloud is displaced in a band relative to the first, (H, W) or (1,)."""
        steps = steps_px(self.parallax_px, band)
        if steps.min() == steps.max():  # between equal knots the values are equal too
            return steps[:1]
        return steps_px(self._everywhere(self.parallax_px), band)

    def _everywhere(self, values: NDArray[Real]) -> NDArray[Real]:
        at_knots = values.reshape(self.rows.at.size, self.cols.at.size)
        return spread(at_knots, self.rows, self.cols)


def _sunny(band: int) -> np.float32:
    """The most by which the slopes of clouds change their brightness in a band."""
    return np.float32(_CARVED * (1.0 - SKYLIGHT[band]))


def _bounded(slope: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more sun a slope gets than level ground, compressed smoothly to -1 to 1."""
    return np.asarray(slope / (np.float32(1.0) + np.abs(slope)), np.float32)


def _widened(block: Window, rows_px: int, cols_px: int) -> Window:
    """A block with this many more rows above and below, and columns left and right."""
    height_px, width_px = block.height_px + 2 * rows_px, block.width_px + 2 * cols_px
    return Window(block.top_px - rows_px, block.left_px - cols_px, height_px, width_px)


def _around(block: Window) -> Window:
    """A block with the margins that the point spread and the parallax of clouds between bands need."""
    return _widened(block, MARGIN_PX + FARTHEST_PX, MARGIN_PX)


def _blocks(window: Window) -> Iterator[tuple[Window, tuple[slice, slice]]]:
    """A window in blocks of about equal size, and where each of them lies in the window."""
    down = max(1, round(window.height_px / _BLOCK_PX))
    across = max(1, round(window.width_px / _BLOCK_PX))
    rows = [window.height_px * i // down for i in range(down + 1)]
    cols = [window.width_px * i // across for i in range(across + 1)]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            block = Window(window.top_px + top, window.left_px + left, bottom - top, right - left)
            yield block, (slice(top, bottom), slice(left, right))


def check_window(window: Window, height_px: int, width_px: int) -> None:
    """Raise an ImageryError unless a window lies inside a scene of this size."""
    bottom, right = window.top_px + window.height_px, window.left_px + window.width_px
    inside = min(window.top_px, window.left_px) >= 0
    if (
        not inside
        or min(window.height_px, window.width_px) < 1
        or bottom > height_px
        or right > width_px
    ):
        size = f"{height_px} x {width_px}"
        raise ImageryError(f"{window} does not lie inside a scene of {size} pixels")
