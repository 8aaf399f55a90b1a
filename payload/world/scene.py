"""A scene of the synthetic Earth, painted window by window: ground, clouds, air, camera; with exact truth."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

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
from payload.world.air_mass import AirMass
from payload.world.atmosphere import (
    SHADOW_TRANSMISSION,
    SKYLIGHT,
    Air,
    beam_transmission,
    cloud_reflectance,
    through_air,
    under_cloud,
)
from payload.world.camera import FARTHEST_PX, MARGIN_PX, Detector, Optics, beside
from payload.world.clouds import TOWERS, Sky, high_depth, ice_depth, low_depth
from payload.world.globe import seconds_since_2000, sun_azimuth_deg
from payload.world.grid import SceneGrid
from payload.world.sight import Deck, Sight, Sun
from payload.world.spectra import BANDS, sun_glint
from payload.world.surface import Ground

if TYPE_CHECKING:
    from payload.world.synthetic import Synthetic

_BLOCK_PX = 384  # painted at once: small enough for the processor's cache
LOWEST_SUN_DEG = 5.0
_CLOUD_M = 80.0  # how much higher a cloud's top stands where its field is one unit up; Assumption
_CARVED = 0.45  # slopes lighten or darken clouds by so much at most; Assumption


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
        check_window(window, self.height_px, self.width_px)
        bands = np.empty((len(self.bands), window.height_px, window.width_px), np.uint16)
        truth = np.empty((window.height_px, window.width_px), np.uint8)
        for block, there in _blocks(window):
            sky = self._overhead(_widened(block, MARGIN_PX, MARGIN_PX))
            bands[:, *there] = self._paint(block, sky)
            truth[there] = self._truth(sky)
        return Patch(bands, truth)

    def ground_truth(self, window: Window) -> GroundTruth:
        """All that is known of the pixels of a window.

        Raises:
            ImageryError: The window does not lie inside the scene.
        """
        check_window(window, self.height_px, self.width_px)
        shape = window.height_px, window.width_px
        found = GroundTruth(*(np.empty(shape, kind) for kind in (np.uint8, np.uint8, np.float32)))
        for block, there in _blocks(window):
            sky = self._overhead(_widened(block, MARGIN_PX, MARGIN_PX))
            depth = sky.depth[FARTHEST_PX:-FARTHEST_PX][_inner(MARGIN_PX)]
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
        """A sun no lower than the air is modelled for."""
        view = self.view
        return Sun(
            max(view.sun_elevation_deg, LOWEST_SUN_DEG),
            sun_azimuth_deg(view.lat_deg, view.lon_deg, self._time_s),
        )

    @cached_property
    def _sight(self) -> Sight:
        seed, time_s = self.world.seed, self._time_s
        sky = Sky(seed, time_s, self.world.mean_cloud_cover, self.world.pace)
        return Sight(self._grid, Ground(seed, time_s), sky, self._sun)

    @cached_property
    def air_mass(self) -> AirMass:
        """The air over the scene, as at its centre."""
        return AirMass.at(
            self.world.seed,
            self._grid.centre,
            self._time_s,
            mean_haze=self.world.haze_optical_depth,
            usual_height_m=self.world.cloud_height_m,
        )

    @cached_property
    def _detector(self) -> Detector:
        view, world = self.view, self.world
        lon_deg = round((view.lon_deg + 180.0) % 360.0 - 180.0, 9) % 360.0
        # A place has one name, however often its longitude goes around; -0.0 is 0.0 as well.
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

    @property
    def _parallax_px(self) -> float:
        """[px] By how far the last band sees low cloud beside where the first one does."""
        away_m = self.air_mass.cloud_height_m * np.tan(np.radians(self.world.parallax_deg))
        return float(min(away_m / self.view.sensor.gsd_m, FARTHEST_PX))

    def _overhead(self, block: Window) -> "_Overhead":
        """The clouds over a block, and as far around it as bands see them beside each other."""
        low, ice, slope = self._sight.clouds(_widened(block, FARTHEST_PX, 0))
        depth = low_depth(low)
        depth += ice_depth(ice)
        low, high = self._sight.towards_sun(block, self._low_deck, self._high_decks)
        casting = low_depth(low)
        casting += high
        return _Overhead(depth, slope, beam_transmission(casting, self._sun.elevation_deg))

    @property
    def _low_deck(self) -> Deck:
        """Low cloud, by its field."""
        return Deck(self.air_mass.cloud_height_m, lambda sky: sky[0])

    @property
    def _high_decks(self) -> tuple[Deck, Deck]:
        """Towers half way up, and what is highest, by their optical depth."""
        air, (share, less) = self.air_mass, TOWERS[0]
        middle_m = air.cloud_height_m + share * (air.top_m - air.cloud_height_m)
        return (
            Deck(middle_m, lambda sky: low_depth(sky[0] - np.float32(less))),
            Deck(air.top_m, lambda sky: high_depth(sky[0], sky[1])),
        )

    def _truth(self, sky: "_Overhead") -> NDArray[np.uint8]:
        """Clear, shadow or cloud, by what is over a block with a margin: of the block alone."""
        dark = sky.beam[_inner(MARGIN_PX)] < np.float32(SHADOW_TRANSMISSION)
        truth: NDArray[np.uint8] = dark * np.uint8(SHADOW)
        depth = sky.depth[FARTHEST_PX:-FARTHEST_PX][_inner(MARGIN_PX)]
        truth[depth >= np.float32(self.world.cloud_optical_depth)] = CLOUD
        return truth

    def _paint(self, block: Window, sky: "_Overhead") -> NDArray[np.uint16]:
        """The DN of a block, shape (B, H, W), under a sky with a margin."""
        glint = sun_glint(self._sun.elevation_deg)
        ground = self._sight.reflectance(_widened(block, MARGIN_PX, MARGIN_PX), glint)
        cloud = cloud_reflectance(sky.depth)
        carved = cloud * _bounded(sky.slope * np.float32(_CLOUD_M * self._sun.slant))
        air = Air.under(self._sun.elevation_deg, self.air_mass.haze_optical_depth)
        rows = np.arange(block.top_px, block.top_px + block.height_px)
        cols = np.arange(block.left_px, block.left_px + block.width_px)
        noise = self._detector.noise(rows, cols)
        painted = np.empty((len(self.bands), rows.size, cols.size), np.uint16)
        for index, name in enumerate(self.bands):
            band = BANDS.index(name)
            white = np.float32(self.air_mass.cloud[band])
            lit = cloud + carved * np.float32(_CARVED * (1.0 - SKYLIGHT[band]))
            seen = under_cloud(
                ground[band],
                band,
                cloud=beside(cloud, band, self._parallax_px),
                lit=beside(lit, band, self._parallax_px) * white,
                beam=sky.beam,
            )
            seen = through_air(seen, air.path[band], air.albedo[band], air.ozone[band])
            seen = self._optics.smear(seen, band)
            painted[index] = self._detector.expose(seen, noise[band], band, cols)
        return painted


@dataclass(frozen=True, slots=True, eq=False)
class _Overhead:
    """Clouds over a block.

    Attributes:
        depth: Optical depth, shape (H + 2 * FARTHEST_PX, W).
        slope: [1/m] By how much the field of low cloud grows towards the sun, in the same shape.
        beam: Share of the sun's beam that reaches the ground, shape (H, W).
    """

    depth: NDArray[np.float32]
    slope: NDArray[np.float32]
    beam: NDArray[np.float32]


def _bounded(slope: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much more sun a slope gets than level ground, from -1 to 1."""
    return np.asarray(slope / (np.float32(1.0) + np.abs(slope)), np.float32)


def _inner(margin_px: int) -> tuple[slice, slice]:
    return slice(margin_px, -margin_px), slice(margin_px, -margin_px)


def _widened(block: Window, rows_px: int, cols_px: int) -> Window:
    """A block with so many more rows above and below, and columns left and right."""
    height_px, width_px = block.height_px + 2 * rows_px, block.width_px + 2 * cols_px
    return Window(block.top_px - rows_px, block.left_px - cols_px, height_px, width_px)


def _blocks(window: Window) -> Iterator[tuple[Window, tuple[slice, slice]]]:
    """A window in pieces of about equal size, and where each of them lies in the window."""
    down = max(1, round(window.height_px / _BLOCK_PX))
    across = max(1, round(window.width_px / _BLOCK_PX))
    rows = [window.height_px * i // down for i in range(down + 1)]
    cols = [window.width_px * i // across for i in range(across + 1)]
    for top, bottom in pairwise(rows):
        for left, right in pairwise(cols):
            block = Window(window.top_px + top, window.left_px + left, bottom - top, right - left)
            yield block, (slice(top, bottom), slice(left, right))


def check_window(window: Window, height_px: int, width_px: int) -> None:
    """Refuse a window that does not lie inside a scene of a size, with an ImageryError."""
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
