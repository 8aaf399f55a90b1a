"""Pixel work: an image is painted, its tiles are masked and compressed."""

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
"""A tile is cut into so many parts a side to learn what a record costs of its own. Codecs that learn as they go spend more
on learning in large parts than in any edge: in strips a tenth of a tile wide nine codecs are at worst 14 % off (`j2k`; else 8) by
parts of a fourth of a side, of tiles of 64 and 256 px, 34 by halves, and 44 as shares of the whole."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A tile with what the masker says of it and its record."""

    tile: Tile
    mask: CloudMask
    estimate: CoverEstimate
    encoded: EncodedTile


@dataclass(frozen=True)
class Pixels:
    """What paints, masks and compresses: the darkroom of `fidelity: pixels`.

    Attributes:
        thumbnail_factor: [px] Side of the squares that thumbnails average; None where none are made.
        loss: What may be lost of a sample.
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
        """[byte] What a record costs however small its tile is: so much longer records are in sum for each tile more, cut into sixteen."""
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
        """The facts of an image's tiles; each record goes into the spool file, its thumbnail's behind it."""
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
        """The facts of some of an image's tiles, by their numbers in grid order; only those are painted."""
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
        """A tile's facts, and its record with its thumbnail's behind it, as they go into the spool file there."""
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
        """A tile's thumbnail and its record; None where none are made."""
        if self.thumbnail_factor is None:
            return None
        small = shrink(tile, self.thumbnail_factor)
        return small, self._seal(small, estimate).record

    def _clear_part(self, judged: _Judged) -> ClearPart | None:
        """The tile without what its mask, cleaned, calls cloud; None where it is better sent whole."""
        tile, patch = judged.tile, judged.tile.patch
        not_coded = cleaned(judged.mask.cloud, whole_bytes=len(judged.encoded.record))
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
