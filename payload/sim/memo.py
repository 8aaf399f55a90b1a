"""The facts of tiles, found out once for all arms.

The world is a pure function and the stages are pure too, so what one arm has computed another may use;
what is drawn is keyed by names, so that holds for draws as well.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from payload.rng import key
from payload.sim.facts import Darkroom, TileFacts
from payload.types import Acquisition, CoverEstimate

Progress = Callable[[str], None]


@dataclass
class Memo:
    """Facts of tiles by acquisition, and the records themselves in spool files on disk.

    Attributes:
        keeps_records: Whether somebody will want the records of the scenario's own flight.
    """

    darkroom: Darkroom
    spool: Path
    tell: Progress = lambda _: None
    facts_of: dict[str, tuple[TileFacts, ...]] = field(
        default_factory=dict[str, tuple[TileFacts, ...]]
    )
    keeps_records: bool = True

    def develop(
        self, acquisition: Acquisition, *, keep_records: bool = False
    ) -> tuple[TileFacts, ...]:
        """The facts of an image's tiles, in grid order; the work is done at the first call."""
        if acquisition.id not in self.facts_of:
            self.tell(acquisition.id)
            spool = self._spool_file(acquisition) if keep_records and self.keeps_records else None
            self.facts_of[acquisition.id] = self.darkroom.develop(acquisition, spool)
        return self.facts_of[acquisition.id]

    @property
    def estimates(self) -> dict[str, CoverEstimate]:
        """What the scenario's masker says of every tile worked on so far, by tile id."""
        return {fact.tile_id: fact.estimate for facts in self.facts_of.values() for fact in facts}

    @property
    def has_truth(self) -> bool:
        """Whether every tile worked on so far has truth."""
        return all(fact.perfect is not None for facts in self.facts_of.values() for fact in facts)

    def record_bytes(self, acquisition: Acquisition, tile_id: str) -> int:
        """[byte] How long the record of a tile should be."""
        facts = self.facts(acquisition, tile_id)
        return facts.encoded_bytes if facts.record_bytes is None else facts.record_bytes

    def thumbnail(self, acquisition: Acquisition, tile_id: str) -> bytes | None:
        """The whole record of a tile's thumbnail, as the satellite sends it; None if there is none on disk."""
        thumbnail = self.facts(acquisition, tile_id).thumbnail
        if thumbnail is None or thumbnail.record_at is None:
            return None
        with self._spool_file(acquisition).open("rb") as file:
            file.seek(thumbnail.record_at)
            return file.read(thumbnail.record_bytes)

    def record(self, acquisition: Acquisition, tile_id: str) -> bytes:
        """The whole record of a tile, as the satellite sends it."""
        facts = self.facts(acquisition, tile_id)
        if facts.record_at is None:
            raise KeyError(f"the record of {tile_id} was not spooled")
        with self._spool_file(acquisition).open("rb") as file:
            file.seek(facts.record_at)
            return file.read(self.record_bytes(acquisition, tile_id))

    def facts(self, acquisition: Acquisition, tile_id: str) -> TileFacts:
        """The facts of a tile that is developed."""
        return self.facts_of[acquisition.id][acquisition.tile_ids.index(tile_id)]

    def _spool_file(self, acquisition: Acquisition) -> Path:
        return self.spool / f"{np.uint64(key(0, acquisition.id)):016x}.records"
