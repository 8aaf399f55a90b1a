"""Pixel work: an image is rendered, and its tiles are masked and compressed."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from payload.compression import LOSSLESS, Coding, Loss, cleaned, seal, seal_clear
from payload.darkroom.facts import ClearPart, Thumbnail, TileFacts, perfect
from payload.geometry.grid import TileGrid
from payload.imaging.painted import Painted
from payload.imaging.thumbnail import shrink
from payload.imaging.tiling import cut_tile, cut_tiles
from payload.masking.scores import estimate_cover
from payload.ports import Codec, Masker, SceneSource
from payload.types import (
    Acquisition,
    CloudMask,
    CoverEstimate,
    EncodedTile,
    NotCoded,
    Tile,
    View,
)

_CUT = 4
"""Parts per side into which a tile is cut to measure the fixed cost of a record. Adaptive codecs spend more on learning in
large parts than on any edge: for strips a tenth of a tile wide, of tiles of 64 and 256 px, nine codecs are at worst 14 % off
(`j2k`; the others 8) by parts of a fourth of a side, 34 by halves, and 44 if taken as shares of the whole."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A tile with its mask, the masker's estimate and its record."""

    tile: Tile
    mask: CloudMask
    estimate: CoverEstimate
    encoded: EncodedTile


@dataclass(frozen=True)
class Pixels:
    """Renders, masks and compresses: the darkroom of `fidelity: pixels`.

    Attributes:
        thumbnail_factor: [px] Side of the squares that thumbnails average; None if none are made.
        loss: How much loss in a sample is allowed.
    """

    source: SceneSource
    masker: Masker
    codec: Codec
    codec_name: str
    tile_px: int
    thumbnail_factor: int | None = None
    loss: Loss = LOSSLESS

    def judged(self, view: View, name: str) -> Iterator[tuple[int, CoverEstimate, bytes]]:
        """Pixels, estimate and record of each tile of a view, in grid order; `name` goes into their ids."""
        for judged in self._judged(view, name):
            yield judged.tile.pixels, judged.estimate, judged.encoded.record

    def own_bytes(self, view: View) -> float:
        """[byte] Fixed cost of a record, however small its tile: growth in total length per record more if cut in sixteen."""
        scene = Painted.whole(self.source.scene(view))
        whole, cut = (
            [
                len(seal(tile, self.codec, self.codec_name, cover=None, loss=self.loss).record)
                for tile in cut_tiles(scene, view.id, tile_px=side_px, margin_px=0)
            ]
            for side_px in (self.tile_px, max(1, self.tile_px // _CUT))
        )
        return (sum(cut) - sum(whole)) / (len(cut) - len(whole))

    def _judged(self, view: View, name: str) -> Iterator[_Judged]:
        scene = self.source.scene(view)
        margin_px = self.masker.margin_px
        for tile in cut_tiles(scene, name, tile_px=self.tile_px, margin_px=margin_px):
            yield self._judge(tile)

    def _judge(self, tile: Tile) -> _Judged:
        mask = self.masker.predict(tile)
        estimate = estimate_cover(mask, tile.patch)
        return _Judged(tile, mask, estimate, self._seal(tile, estimate))

    def _seal(self, tile: Tile, estimate: CoverEstimate) -> EncodedTile:
        return seal(tile, self.codec, self.codec_name, cover=estimate.cover, loss=self.loss)

    def develop(self, acquisition: Acquisition, spool: Path | None) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles; each record goes into the spool file, followed by that of its thumbnail."""
        facts: list[TileFacts] = []
        written = 0
        with spool.open("wb") if spool else nullcontext() as file:
            found = self._judged(acquisition.view, acquisition.id)
            for raw_bytes, judged in zip(acquisition.tile_raw_bytes, found, strict=True):
                fact, records = self._facts(judged, raw_bytes, None if file is None else written)
                facts.append(fact)
                if file is not None:
                    written += file.write(records)
        return tuple(facts)

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """The facts of some of an image's tiles, by their numbers in grid order; only those are rendered."""
        if not numbers:
            return ()
        scene = self.source.scene(acquisition.view)
        places = TileGrid(scene.height_px, scene.width_px, self.tile_px).places
        margin_px = self.masker.margin_px
        return tuple(
            self._facts(
                self._judge(
                    cut_tile(
                        scene,
                        acquisition.id,
                        places[number],
                        tile_px=self.tile_px,
                        margin_px=margin_px,
                    )
                ),
                acquisition.tile_raw_bytes[number],
                None,
            )[0]
            for number in numbers
        )

    def _facts(
        self, judged: _Judged, raw_bytes: int, record_at: int | None
    ) -> tuple[TileFacts, bytes]:
        """A tile's facts, and its record followed by its thumbnail's, as they go into the spool file at `record_at`."""
        tile, estimate, record = judged.tile, judged.estimate, judged.encoded.record
        thumbnail = self.thumbnail(tile, estimate)
        small, small_record = (None, b"") if thumbnail is None else thumbnail
        fact = TileFacts(
            tile_id=tile.id,
            pixels=tile.pixels,
            raw_bytes=raw_bytes,
            estimate=estimate,
            perfect=perfect(estimate),
            encoded_bytes=len(record),
            record_at=record_at,
            thumbnail=None
            if small is None
            else Thumbnail(
                pixels=small.pixels,
                bytes=len(small_record),
                record_bytes=len(small_record),
                record_at=None if record_at is None else record_at + len(record),
            ),
            clear_part=self._clear_part(judged),
            encodings=judged.encoded.encodings,
        )
        return fact, record + small_record

    def thumbnail(self, tile: Tile, estimate: CoverEstimate) -> tuple[Tile, bytes] | None:
        """A tile's thumbnail and its record; None if none are made."""
        if self.thumbnail_factor is None:
            return None
        small = shrink(tile, self.thumbnail_factor)
        return small, self._seal(small, estimate).record

    def _clear_part(self, judged: _Judged) -> ClearPart | None:
        """The tile without what its cleaned mask calls cloud; None if it is better sent whole."""
        tile, patch = judged.tile, judged.tile.patch
        cloud, whole_bytes = judged.mask.cloud, len(judged.encoded.record)
        if patch.valid is not None:  # pixels without data are left out in any case
            cloud = cloud | ~patch.valid
            whole_bytes = whole_bytes * tile.pixels // max(judged.estimate.valid_px, 1)
        not_coded = cleaned(cloud, whole_bytes=whole_bytes)
        coding = Coding(self.codec, self.codec_name, self.loss)
        encoded = seal_clear(tile, coding, not_coded=not_coded, whole=judged.encoded)
        if encoded is judged.encoded:
            return None
        left_out = estimate_cover(CloudMask(not_coded.astype(np.float32), 0.5), patch)
        knows = left_out.clear_px is not None
        return ClearPart(
            len(encoded.record),
            NotCoded(
                encoded.not_coded_bytes,
                clear_px=left_out.false_cloud_px if knows else None,
                cloudy_px=left_out.true_cloud_px if knows else None,
            ),
            encoded.encodings,
        )
