"""The camera: an opportunity becomes an acquisition, with its tiles and their raw sizes."""

from dataclasses import dataclass
from functools import cache

from payload.compression import raw_record_bytes
from payload.geometry.grid import TileGrid, tile_id
from payload.sim.assemble import Assembly
from payload.sim.counted import counted_bytes
from payload.types import Acquisition, Opportunity, Sensor, View
from payload.units import at


@dataclass(frozen=True)
class Camera:
    """Knows what an image will be before a pixel of it is painted."""

    assembly: Assembly

    def expose(self, opportunity: Opportunity) -> Acquisition:
        """Take an image in the middle of its opportunity."""
        parts = self.assembly
        target = parts.target_named[opportunity.target]
        time_s = opportunity.start_s + opportunity.duration_s / 2
        view = View(
            id=opportunity.id,
            target=target.name,
            lat_deg=target.lat_deg,
            lon_deg=target.lon_deg,
            utc=at(parts.scenario.epoch_utc, time_s),
            sun_elevation_deg=opportunity.sun_elevation_deg,
            sensor=parts.sensor,
        )
        scene = parts.source.scene(view)
        layout = _Layout(
            TileGrid(scene.height_px, scene.width_px, parts.tile_px),
            len(scene.bands),
            scene.bit_depth,
            parts.sensor,
        )
        return Acquisition(
            id=opportunity.id,
            satellite=opportunity.satellite,
            opportunity=opportunity,
            time_s=time_s,
            view=view,
            tile_ids=tuple([f"{opportunity.id}{name}" for name in _names(layout.grid)]),
            tile_raw_bytes=_raw_bytes(layout),
        )


@dataclass(frozen=True, slots=True)
class _Layout:
    """How an image falls into tiles, and of how many bands and bits they are."""

    grid: TileGrid
    bands: int
    bit_depth: int
    sensor: Sensor


@cache
def _names(grid: TileGrid) -> tuple[str, ...]:
    """What the names of tiles end in, in grid order."""
    return tuple(tile_id("", row, col) for row, col in grid.places)


@cache
def _raw_bytes(layout: _Layout) -> tuple[int, ...]:
    """[byte] Of each raw record, in grid order."""
    return tuple(
        raw_record_bytes(layout.bands, window.height_px, window.width_px, layout.bit_depth)
        + counted_bytes(layout.sensor, window.pixels)
        for window in layout.grid.windows
    )
