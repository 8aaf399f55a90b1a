"""The camera: an opportunity becomes an acquisition, with its tiles and their raw sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from payload.compression import raw_record_bytes
from payload.geometry.grid import TileGrid, tile_id
from payload.imaging.sensor import counted_bytes
from payload.ports import SceneSource
from payload.types import Acquisition, Opportunity, Sensor, Target, View
from payload.units import at

_MOST_TILES = 50_000
"""Most tiles of images kept for the following arms: some 5 MB, however long the flight. The first images of a flight are
kept, not the latest, because the next arm begins with them."""


@dataclass(frozen=True)
class Camera:
    """Knows an image's place, time and tiles before any pixel of it is rendered.

    Attributes:
        targets: By name.
        tile_px: [px] Side of a tile.
    """

    source: SceneSource
    sensor: Sensor
    targets: Mapping[str, Target]
    epoch_utc: datetime
    tile_px: int
    _grids: dict[tuple[int, int, int, int], "_Grid"] = field(
        default_factory=dict[tuple[int, int, int, int], "_Grid"]
    )
    _taken: dict[str, Acquisition] = field(default_factory=dict[str, Acquisition])

    def expose(self, opportunity: Opportunity) -> Acquisition:
        """Take an image in the middle of its opportunity; it is the same in every arm."""
        found = self._taken.get(opportunity.id)
        if found is None:
            found = self._exposed(opportunity)
            if (1 + len(self._taken)) * len(found.tile_ids) <= _MOST_TILES:
                self._taken[opportunity.id] = found
        return found

    def _exposed(self, opportunity: Opportunity) -> Acquisition:
        view = self.view(opportunity)
        scene = self.source.scene(view)
        grid = self._grid(scene.height_px, scene.width_px, len(scene.bands), scene.bit_depth)
        image = opportunity.id
        return Acquisition(
            id=image,
            satellite=opportunity.satellite,
            opportunity=opportunity,
            time_s=_middle_s(opportunity),
            view=view,
            tile_ids=tuple([image + name for name in grid.names]),
            tile_raw_bytes=grid.raw_bytes,
        )

    def view(self, opportunity: Opportunity) -> View:
        """Where and when an image is taken."""
        target = self.targets[opportunity.target]
        return View(
            id=opportunity.id,
            target=target.name,
            lat_deg=target.lat_deg,
            lon_deg=target.lon_deg,
            utc=at(self.epoch_utc, _middle_s(opportunity)),
            sun_elevation_deg=opportunity.sun_elevation_deg,
            sensor=self.sensor,
        )

    def _grid(self, height_px: int, width_px: int, bands: int, bit_depth: int) -> "_Grid":
        """The tiles of a scene of given size, bands and bit depth; computed once for each kind of scene."""
        key = height_px, width_px, bands, bit_depth
        if key not in self._grids:
            tiles = TileGrid(height_px, width_px, self.tile_px)
            self._grids[key] = _Grid(
                tuple(tile_id("", row, col) for row, col in tiles.places),
                tuple(
                    raw_record_bytes(bands, window.height_px, window.width_px, bit_depth)
                    + counted_bytes(self.sensor, window.pixels)
                    for window in tiles.windows
                ),
            )
        return self._grids[key]


def _middle_s(opportunity: Opportunity) -> float:
    return opportunity.start_s + opportunity.duration_s / 2


@dataclass(frozen=True, slots=True)
class _Grid:
    """Tiles in grid order: the suffixes of their names, and the length [byte] of each raw record."""

    names: tuple[str, ...]
    raw_bytes: tuple[int, ...]
