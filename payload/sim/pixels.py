"""Pixel work: an image is painted, its tiles are masked and compressed."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from payload.compression import seal
from payload.imaging.tiling import cut_tiles
from payload.masking.scores import estimate_cover
from payload.ports import Codec, Masker, SceneSource
from payload.sim.facts import TileFacts, perfect
from payload.types import Acquisition, CoverEstimate, View


@dataclass(frozen=True)
class Pixels:
    """What paints, masks and compresses: the darkroom of `fidelity: pixels`."""

    source: SceneSource
    masker: Masker
    codec: Codec
    codec_name: str
    tile_px: int

    def judged(self, view: View, name: str) -> Iterator[tuple[int, CoverEstimate, bytes]]:
        """Pixels, estimate and record of each tile of a view, in grid order; `name` goes into their ids."""
        scene = self.source.scene(view)
        margin_px = self.masker.margin_px
        for tile in cut_tiles(scene, name, tile_px=self.tile_px, margin_px=margin_px):
            estimate = estimate_cover(self.masker.predict(tile), tile.patch)
            encoded = seal(tile, self.codec, self.codec_name, cover=estimate.cover)
            yield tile.pixels, estimate, encoded.record

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; each record goes into the spool file."""
        facts: list[TileFacts] = []
        written = 0
        with spool.open("wb") if spool else nullcontext() as file:
            names = zip(acquisition.tile_ids, acquisition.tile_raw_bytes, strict=True)
            judged = self.judged(acquisition.view, acquisition.id)
            for (tile_id, raw_bytes), (pixels, estimate, record) in zip(names, judged, strict=True):
                facts.append(
                    TileFacts(
                        tile_id=tile_id,
                        pixels=pixels,
                        raw_bytes=raw_bytes,
                        estimate=estimate,
                        perfect=perfect(estimate),
                        encoded_bytes=len(record),
                        record_at=None if file is None else written,
                    )
                )
                if file is not None:
                    written += file.write(record)
        return tuple(facts)
