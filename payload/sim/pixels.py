"""Pixel work: an image is painted, its tiles are masked and compressed."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from payload.compression import seal
from payload.imaging.thumbnail import shrink
from payload.imaging.tiling import cut_tiles
from payload.masking.scores import estimate_cover
from payload.ports import Codec, Masker, SceneSource
from payload.sim.facts import Thumbnail, TileFacts, perfect
from payload.types import Acquisition, CoverEstimate, Tile, View


@dataclass(frozen=True)
class Pixels:
    """What paints, masks and compresses: the darkroom of `fidelity: pixels`.

    Attributes:
        thumbnail_factor: [px] Side of the squares that thumbnails average; None where none are made.
    """

    source: SceneSource
    masker: Masker
    codec: Codec
    codec_name: str
    tile_px: int
    thumbnail_factor: int | None = None

    def judged(self, view: View, name: str) -> Iterator[tuple[int, CoverEstimate, bytes]]:
        """Pixels, estimate and record of each tile of a view, in grid order; `name` goes into their ids."""
        for tile, estimate, record in self._judged(view, name):
            yield tile.pixels, estimate, record

    def _judged(self, view: View, name: str) -> Iterator[tuple[Tile, CoverEstimate, bytes]]:
        scene = self.source.scene(view)
        margin_px = self.masker.margin_px
        for tile in cut_tiles(scene, name, tile_px=self.tile_px, margin_px=margin_px):
            estimate = estimate_cover(self.masker.predict(tile), tile.patch)
            encoded = seal(tile, self.codec, self.codec_name, cover=estimate.cover)
            yield tile, estimate, encoded.record

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; each record goes into the spool file, its thumbnail's behind it."""
        facts: list[TileFacts] = []
        written = 0
        with spool.open("wb") if spool else nullcontext() as file:
            names = zip(acquisition.tile_ids, acquisition.tile_raw_bytes, strict=True)
            judged = self._judged(acquisition.view, acquisition.id)
            for (tile_id, raw_bytes), (tile, estimate, record) in zip(names, judged, strict=True):
                thumbnail = self.thumbnail(tile, estimate)
                facts.append(
                    TileFacts(
                        tile_id=tile_id,
                        pixels=tile.pixels,
                        raw_bytes=raw_bytes,
                        estimate=estimate,
                        perfect=perfect(estimate),
                        encoded_bytes=len(record),
                        record_at=None if file is None else written,
                        thumbnail=None
                        if thumbnail is None
                        else Thumbnail(
                            pixels=thumbnail[0].pixels,
                            bytes=len(thumbnail[1]),
                            record_bytes=len(thumbnail[1]),
                            record_at=None if file is None else written + len(record),
                        ),
                    )
                )
                if file is not None:
                    written += file.write(record)
                    written += file.write(b"" if thumbnail is None else thumbnail[1])
        return tuple(facts)

    def thumbnail(self, tile: Tile, estimate: CoverEstimate) -> tuple[Tile, bytes] | None:
        """A tile's thumbnail and its record; None where none are made."""
        if self.thumbnail_factor is None:
            return None
        small = shrink(tile, self.thumbnail_factor)
        return small, seal(small, self.codec, self.codec_name, cover=estimate.cover).record
