"""Pixel work, done once: an image is painted, masked and compressed once for all arms.

The world is a pure function and the stages are pure too, so what one arm has computed another may use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from payload.compression import seal
from payload.imaging.tiling import cut_tiles
from payload.masking.scores import estimate_cover
from payload.rng import key
from payload.sim.assemble import Assembly
from payload.types import Acquisition, CoverEstimate

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What is true of a tile's pixels, whoever asks.

    Attributes:
        estimate: What the scenario's masker says of it.
        perfect: What a perfect masker would say; None where there is no truth.
        encoded_bytes: Length of its record with the scenario's codec.
        record_at: Where the record starts in the spool file; None if it was not spooled.
    """

    tile_id: str
    pixels: int
    raw_bytes: int
    estimate: CoverEstimate
    perfect: CoverEstimate | None
    encoded_bytes: int
    record_at: int | None


@dataclass
class Memo:
    """Facts of tiles by acquisition, and the records themselves in spool files on disk."""

    assembly: Assembly
    spool: Path
    tell: Progress = lambda _: None
    facts_of: dict[str, tuple[TileFacts, ...]] = field(
        default_factory=dict[str, tuple[TileFacts, ...]]
    )

    def develop(
        self, acquisition: Acquisition, *, keep_records: bool = False
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles, in grid order; painted, masked and compressed at the first call."""
        if acquisition.id not in self.facts_of:
            self.tell(acquisition.id)
            self.facts_of[acquisition.id] = self._work(acquisition, keep_records=keep_records)
        return self.facts_of[acquisition.id]

    @property
    def estimates(self) -> dict[str, CoverEstimate]:
        """What the scenario's masker says of every tile worked on so far, by tile id."""
        return {fact.tile_id: fact.estimate for facts in self.facts_of.values() for fact in facts}

    @property
    def has_truth(self) -> bool:
        """Whether every tile worked on so far has truth."""
        return all(fact.perfect is not None for facts in self.facts_of.values() for fact in facts)

    def record(self, acquisition: Acquisition, tile_id: str) -> bytes:
        """The whole record of a tile, as the satellite sends it."""
        facts = self.facts_of[acquisition.id][acquisition.tile_ids.index(tile_id)]
        if facts.record_at is None:
            raise KeyError(f"the record of {tile_id} was not spooled")
        with self._spool_file(acquisition).open("rb") as file:
            file.seek(facts.record_at)
            return file.read(facts.encoded_bytes)

    def _work(self, acquisition: Acquisition, *, keep_records: bool) -> tuple[TileFacts, ...]:
        parts = self.assembly
        scene = parts.source.scene(acquisition.view)
        tiles = cut_tiles(
            scene, acquisition.id, tile_px=parts.tile_px, margin_px=parts.masker.margin_px
        )
        facts: list[TileFacts] = []
        written = 0
        spool = self._spool_file(acquisition).open("wb") if keep_records else None
        try:
            for tile, raw_bytes in zip(tiles, acquisition.tile_raw_bytes, strict=True):
                estimate = estimate_cover(parts.masker.predict(tile), tile.patch)
                encoded = seal(tile, parts.codec, parts.codec_name, cover=estimate.cover)
                facts.append(
                    TileFacts(
                        tile_id=tile.id,
                        pixels=tile.pixels,
                        raw_bytes=raw_bytes,
                        estimate=estimate,
                        perfect=_perfect(estimate),
                        encoded_bytes=len(encoded.record),
                        record_at=None if spool is None else written,
                    )
                )
                if spool is not None:
                    written += spool.write(encoded.record)
        finally:
            if spool is not None:
                spool.close()
        return tuple(facts)

    def _spool_file(self, acquisition: Acquisition) -> Path:
        return self.spool / f"{np.uint64(key(0, acquisition.id)):016x}.records"


def _perfect(estimate: CoverEstimate) -> CoverEstimate | None:
    clear_px, cloudy_px = estimate.clear_px, estimate.cloudy_px
    if clear_px is None or cloudy_px is None:
        return None
    if (
        clear_px + cloudy_px == 0
    ):  # truth is unknown here: a perfect masker has no reason to drop it
        return CoverEstimate(estimate.valid_px, 0, 0, 0, 0, 0, 0.0)
    return CoverEstimate(
        clear_px + cloudy_px, cloudy_px, cloudy_px, 0, 0, clear_px, float(cloudy_px)
    )
