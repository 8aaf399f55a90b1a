"""No pixel work: an image is only glanced at, and its facts are drawn from a surrogate.

Draws are keyed by the names of image and tile, so all arms, and all scenarios that take the same image
with one seed, meet the same ones.
"""

from dataclasses import dataclass
from pathlib import Path

from payload.geometry.grid import TileGrid
from payload.ports import Glancing
from payload.rng import stream
from payload.sim.counted import counted_bytes
from payload.sim.facts import TileFacts, perfect
from payload.surrogate import Surrogate, TileSize, draw
from payload.types import Acquisition


@dataclass(frozen=True)
class Draws:
    """What glances and draws: the darkroom of `fidelity: surrogate`."""

    source: Glancing
    surrogate: Surrogate
    tile_px: int
    seed: int

    def develop(
        self,
        acquisition: Acquisition,
        spool: Path | None,  # noqa: ARG002 - there are no records
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; there are no records."""
        sensor = acquisition.view.sensor
        windows = TileGrid(sensor.height_px, sensor.width_px, self.tile_px).windows
        glances = self.source.glance(acquisition.view, windows)
        mood = stream(self.seed, "surrogate", acquisition.id).random(self.surrogate.scenes)
        facts = []
        tiles = zip(acquisition.tile_ids, acquisition.tile_raw_bytes, windows, glances, strict=True)
        for tile_id, raw_bytes, window, glance in tiles:
            rng = stream(self.seed, "surrogate", tile_id)
            painted_bytes = raw_bytes - counted_bytes(sensor, window.pixels)
            size = TileSize(window.pixels, painted_bytes)
            estimate, encoded_bytes = draw(self.surrogate, glance, rng, size, mood=mood)
            facts.append(
                TileFacts(
                    tile_id=tile_id,
                    pixels=window.pixels,
                    raw_bytes=raw_bytes,
                    estimate=estimate,
                    perfect=perfect(estimate),
                    encoded_bytes=encoded_bytes,
                    record_at=None,
                )
            )
        return tuple(facts)
