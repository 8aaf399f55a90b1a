"""What the pixels of a block see: ground with slopes and parcels, clouds above, and clouds towards the sun."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from payload.types import Window
from payload.world.air_mass import AirMass, AirMasses
from payload.world.charts import chart_coordinates
from payload.world.clouds import Sky
from payload.world.grid import SceneGrid
from payload.world.knots import Knots, spread
from payload.world.lattice import (
    COARSEST_LEVEL,
    Footprint,
    Nodes,
    Stencil,
    climb,
    finest_level,
    on_face,
    rise,
    start_all,
)
from payload.world.parcels import Parcels
from payload.world.quilt import Quilt
from payload.world.spectra import reflectance
from payload.world.surface import Ground, LandCover, mountain_m

_STEEPEST = (
    0.15,
    2.5,
)  # light on slopes facing away from and towards the sun, as a share of that on level ground
_SOFTER = (
    2  # levels by which clouds casting shadows are coarser than those seen: the sun is no point
)
_KEPT_LEVELS, _KEPT_SIDE = 3, 16  # points 150 m apart, in squares of 2.4 km
_COARSE_SIDE = 4  # of the coarsest level, 1.2 km apart: a tile painted alone needs few of them
_KNOTS = 16  # lattice points between those at which the height of clouds is computed
_BASE_M = 100.0  # baseline of a direction: longer is less local, shorter suffers from rounding

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Deck:
    """Clouds at a height.

    Attributes:
        height_m: [m] Above the ground, from the air over N places, shape (N,).
        see: From the fields of the sky, shape (3, h, w), to the quantity wanted, (h, w).
    """

    height_m: Callable[[AirMass], NDArray[np.float64]]
    see: Callable[[Field], Field]


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands over a scene.

    Attributes:
        elevation_deg: [deg] Above the horizon, more than 0.
        azimuth_deg: [deg] Clockwise from north.
    """

    elevation_deg: float
    azimuth_deg: float

    @property
    def slant(self) -> float:
        """[m] Length of a shadow for each metre of height."""
        return float(1.0 / np.tan(np.radians(self.elevation_deg)))

    @property
    def towards(self) -> tuple[float, float]:
        """[m] A metre towards the sun as components down and right on a north-up image."""
        azimuth = np.radians(self.azimuth_deg)
        return float(-np.cos(azimuth)), float(np.sin(azimuth))


@dataclass(frozen=True)
class Sight:
    """The ground and the sky of a world as seen through the pixels of a scene.

    Attributes:
        grid: The pixels.
        ground: The ground there.
        sky: The clouds above it.
        air: Height of the clouds, from place to place.
        sun: Position of the sun.
    """

    grid: SceneGrid
    ground: Ground
    sky: Sky
    air: AirMasses
    sun: Sun

    def reflectance(self, block: Window, glint: float) -> Field:
        """Of the ground in blue, green, red and near infrared, shape (4, H, W)."""

        def look(footprint: Footprint) -> Field:
            fields, cover, parcels = self._land(footprint)
            low, high = _STEEPEST
            lit = np.clip(1.0 + fields[-1] * mountain_m(fields[0]), low, high)
            return reflectance(cover, parcels, fields[3], lit, glint)

        return self._through(block, look)

    def surface(self, block: Window, glint: float) -> NDArray[np.uint8]:
        """Class of the ground of each pixel, an index into `payload.types.SURFACES`, shape (H, W)."""
        footprints = self.grid.footprints(block)
        found = self._land(footprints[0])[1].surface(glint)
        for footprint in footprints[1:]:
            counts = footprint.weight
            if counts is not None:
                mine = counts > 0.5  # of three charts none may: then the first decides
                found[mine] = self._land(footprint)[1].surface(glint)[mine]
        return found

    def clouds(self, block: Window) -> Field:
        """Fields of low and ice cloud, and the slope of the low one towards the sun, (3, H, W).

        The slope is in units of the field per metre.
        """

        def look(footprint: Footprint) -> Field:
            stencil = _stencil(footprint, self._finest)
            nodes = self._sky_at(stencil.nodes, self._finest)
            slope = rise(nodes[0], self._steps(footprint.face), self._finest)
            return stencil.sample_all(nodes[:2], slope[None])

        return self._through(block, look)

    def towards_sun(self, block: Window, low: Deck, higher: Sequence[Deck]) -> Field:
        """What the solar beam passes through on its way to the pixels: of the low deck, and summed over the others, (2, H, W)."""
        finest = max(self._finest - _SOFTER, COARSEST_LEVEL)

        def look(footprint: Footprint) -> Field:
            stencil = Stencil.of(footprint, finest)
            heights_m = self._heights_m(stencil.nodes)
            up, across = (step * self.sun.slant for step in self._steps(footprint.face))
            beside_up, beside = stencil.nodes.coordinates

            def clouds_of(deck: Deck) -> Stencil:
                away_m = heights_m(deck)
                there = Footprint(
                    footprint.face, beside_up + up * away_m, beside + across * away_m, None
                )
                return Stencil.of(there, finest)

            def seen(deck: Deck, clouds: Stencil) -> Field:
                nodes = self._sky_at(clouds.nodes, finest)
                return clouds.sample_all(deck.see(nodes)[None])

            under, *over = map(clouds_of, (low, *higher))
            # `clouds` will need fields too: make what both need in one go.
            overhead = _stencil(footprint, self._finest)
            self._sky_start.ready(
                [each.nodes.ancestors(self._kept) for each in (overhead, under, *over)]
            )
            total = seen(higher[0], over[0])
            for deck, clouds in zip(higher[1:], over[1:], strict=True):
                total += seen(deck, clouds)
            return stencil.sample_all(seen(low, under), total)

        return self._through(block, look)

    def _heights_m(self, nodes: Nodes) -> Callable[[Deck], NDArray[np.float64]]:
        """[m] A function that gives the height of a deck over lattice points, shape (H, W)."""
        rows, cols = (
            Knots.of(span.first, span.last - span.first + 1, _KNOTS)
            for span in (nodes.rows, nodes.cols)
        )
        up, across = on_face(rows.at, nodes.level), on_face(cols.at, nodes.level)
        places = np.meshgrid(up, across, indexing="ij")
        air = self.air.on_face(places[0].ravel(), places[1].ravel(), nodes.face)
        return lambda deck: spread(deck.height_m(air).reshape(up.size, across.size), rows, cols)

    def _through(self, block: Window, look: Callable[[Footprint], Field]) -> Field:
        """Look at a block through each chart and average the results by the charts' weights."""
        parts = [(look(each), each.weight) for each in self.grid.footprints(block)]
        if len(parts) == 1:
            return parts[0][0]
        total = sum(values * weight for values, weight in parts if weight is not None)
        share = sum(weight for _, weight in parts if weight is not None)
        return np.asarray(total / share, np.float32)

    def _land(self, footprint: Footprint) -> tuple[Field, LandCover, Parcels]:
        """Fields of the ground with the slope towards the sun, and the land cover and parcels derived from them."""
        stencil = _stencil(footprint, self._finest)
        nodes = climb(
            stencil.nodes, self._ground_start, self.ground.refine, self._finest, self._kept
        )
        slope = rise(nodes[0], self._steps(footprint.face), self._finest)
        fields = stencil.sample_all(nodes, slope[None])
        fields[-1] *= np.float32(self.sun.slant)
        parcels = Parcels.at(self.ground.seed, footprint, fields[0])
        return fields, LandCover.of(fields[:-1], parcels.crop()), parcels

    @cached_property
    def _sky_start(self) -> Quilt:
        return self._quilt(self.sky)

    @cached_property
    def _ground_start(self) -> Quilt:
        return self._quilt(self.ground)

    def _sky_at(self, nodes: Nodes, finest: int) -> Field:
        """Fields of the sky on lattice points, shape (3, h, w)."""
        return climb(nodes, self._sky_start, self.sky.refine, finest, self._kept)

    def _quilt(self, of: Sky | Ground) -> Quilt:
        """Fields with their noise up to the cached level, shared by neighbouring blocks."""
        start = Quilt(partial(start_all, of.at), _COARSE_SIDE)
        if self._kept == COARSEST_LEVEL:
            return start

        def climb_all(wanted: Sequence[Nodes]) -> list[Field]:
            start.ready([nodes.ancestors(COARSEST_LEVEL) for nodes in wanted])
            return [climb(nodes, start, of.refine, self._kept) for nodes in wanted]

        return Quilt(climb_all, _KEPT_SIDE)

    @cached_property
    def _kept(self) -> int:
        """The level up to which fields are cached: every look at them includes its noise."""
        return max(min(COARSEST_LEVEL + _KEPT_LEVELS, self._finest - _SOFTER), COARSEST_LEVEL)

    @cached_property
    def _finest(self) -> int:
        return finest_level(self.grid.gsd_m)

    def _step_px(self, length_m: float) -> tuple[float, float]:
        """[px] Rows and columns of a step towards the sun."""
        down, right = self.sun.towards
        return down * length_m / self.grid.gsd_m, right * length_m / self.grid.gsd_m

    @cached_property
    def _steps(self) -> Callable[[int], tuple[float, float]]:
        """`_step`, computed once for each face."""
        return cache(self._step)

    def _step(self, face: int) -> tuple[float, float]:
        """A metre towards the sun from the middle of the scene, in face coordinates upwards and across."""
        down, right = self._step_px(_BASE_M)
        rows = np.array([self.grid.height_px / 2])
        cols = np.array([self.grid.width_px / 2])
        here = chart_coordinates(self.grid.directions(rows, cols), face)
        there = chart_coordinates(self.grid.directions(rows + down, cols + right), face)
        up, across = (
            float((b - a)[0, 0]) / _BASE_M for a, b in zip(here[:2], there[:2], strict=True)
        )
        return up, across


@lru_cache(maxsize=2)
def _stencil(footprint: Footprint, level: int) -> Stencil:
    """The stencil of a block with a margin for slopes, shared by its ground and sky; kept for two charts."""
    return Stencil.of(footprint, level, margin=1)
