"""The camera: an opportunity becomes an acquisition, with its tiles and their raw sizes."""

from dataclasses import dataclass

from payload.compression import raw_record_bytes
from payload.geometry.grid import TileGrid, tile_id
from payload.sim.assemble import Assembly
from payload.sim.counted import counted_bytes
from payload.types import Acquisition, Opportunity, View
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
        grid = TileGrid(scene.height_px, scene.width_px, parts.tile_px)
        return Acquisition(
            id=opportunity.id,
            satellite=opportunity.satellite,
            opportunity=opportunity,
            time_s=time_s,
            view=view,
            tile_ids=tuple(tile_id(opportunity.id, row, col) for row, col in grid.places),
            tile_raw_bytes=tuple(
                raw_record_bytes(
                    len(scene.bands), window.height_px, window.width_px, scene.bit_depth
                )
                + counted_bytes(parts.sensor, window.pixels)
                for window in grid.windows
            ),
        )
