"""The facts of tiles, computed once for all arms.

The world and the processing stages are pure functions, so what one arm has computed another may use;
draws are keyed by names, so this holds for them as well.
"""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from payload.darkroom.drawer import Drawer
from payload.darkroom.facts import Coming, Darkroom, Facts, Preparing, TileFacts
from payload.rng import key
from payload.types import Acquisition, CoverEstimate, View

Progress = Callable[[str], None]


@dataclass
class Memo:
    """Facts of tiles by acquisition, and the records themselves in spool files on disk.

    Attributes:
        keeps_records: Whether the records of the scenario's own flight will be needed.
        facts_of: Facts by acquisition.
        truthless: Acquisitions without truth, among those looked at.
        looked_at: Acquisitions whose facts were requested in this process.
    """

    darkroom: Darkroom
    spool: Path
    tell: Progress = lambda _: None
    keeps_records: bool = True
    truthless: set[str] = field(default_factory=set[str])
    looked_at: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.facts_of = Drawer(self.spool)
        self._coming: Coming = tuple

    @contextmanager
    def looking_ahead(self, coming: Coming) -> Iterator[None]:
        """Tell the darkroom, within this context, which images are likely to be developed soon."""
        self._coming, before = coming, self._coming
        try:
            yield
        finally:
            self._coming = before

    def develop(self, acquisition: Acquisition, *, keep_records: bool = False) -> Facts:
        """The facts of an image's tiles, in grid order; the work is done at the first call."""
        found = self.facts_of.get(acquisition.id)
        if found is None:
            self.tell(acquisition.id)
            keeps = self.keeps_records and keep_records
            found = self._work_on(acquisition, self._spool_file(acquisition) if keeps else None)
            self.facts_of[acquisition.id] = found
        if acquisition.id not in self.looked_at:
            self.looked_at.add(acquisition.id)
            if any(fact.perfect is None for fact in found):
                self.truthless.add(acquisition.id)
        return found

    def _work_on(self, acquisition: Acquisition, spool: Path | None) -> Facts:
        """Compute the facts; records are written to a temporary file and renamed, as other processes may look for them."""
        if isinstance(self.darkroom, Preparing):
            self.darkroom.prepare(acquisition, self._unknown)
        if spool is None:
            return self.darkroom.develop(acquisition, None)
        partial = spool.with_suffix(f".{os.getpid()}")
        found = self.darkroom.develop(acquisition, partial)
        if partial.exists():
            partial.replace(spool)
        return found

    def _unknown(self) -> Iterator[View]:
        """Upcoming images that have not been worked on yet."""
        return (view for view in self._coming() if view.id not in self.facts_of)

    def settle(self, images: Iterable[str], truthless: Iterable[str]) -> None:
        """After all flights, count these images as known, whichever process worked on them."""
        self.facts_of.keep(images)
        self.truthless = set(truthless)

    @cached_property
    def estimates(self) -> "Estimates":
        """The scenario's masker's estimate of every tile worked on so far, by tile id."""
        return Estimates(self.facts_of)

    def record_bytes(self, acquisition: Acquisition, tile_id: str) -> int:
        """[byte] Length of a tile's record."""
        facts = self.facts(acquisition, tile_id)
        return facts.encoded_bytes if facts.record_bytes is None else facts.record_bytes

    def thumbnail(self, acquisition: Acquisition, tile_id: str) -> bytes | None:
        """The complete record of a tile's thumbnail, as the satellite sends it; None if there is none on disk."""
        thumbnail = self.facts(acquisition, tile_id).thumbnail
        if thumbnail is None or thumbnail.record_at is None:
            return None
        with self._spool_file(acquisition).open("rb") as file:
            file.seek(thumbnail.record_at)
            return file.read(thumbnail.record_bytes)

    def record(self, acquisition: Acquisition, tile_id: str) -> bytes:
        """The complete record of a tile, as the satellite sends it."""
        facts = self.facts(acquisition, tile_id)
        if facts.record_at is None:
            raise KeyError(f"the record of {tile_id} was not spooled")
        with self._spool_file(acquisition).open("rb") as file:
            file.seek(facts.record_at)
            return file.read(self.record_bytes(acquisition, tile_id))

    def facts(self, acquisition: Acquisition, tile_id: str) -> TileFacts:
        """The facts of a tile that has been developed."""
        return self.facts_of[acquisition.id][acquisition.tile_ids.index(tile_id)]

    def _spool_file(self, acquisition: Acquisition) -> Path:
        return self.spool / f"{np.uint64(key(0, acquisition.id)):016x}.records"


_NEAR = 256
"""Number of images whose estimates are cached."""


@dataclass(eq=False)  # equality by content, as with any mapping
class Estimates(Mapping[str, CoverEstimate]):
    """The scenario's masker's estimates of tiles, by tile id, looked up image by image."""

    facts_of: Drawer
    _near: OrderedDict[str, dict[str, CoverEstimate]] = field(
        default_factory=OrderedDict[str, dict[str, CoverEstimate]]
    )

    def __getitem__(self, tile_id: str) -> CoverEstimate:
        image = tile_id.rpartition("#")[0]
        tiles = self._near.get(image)
        if tiles is None:
            tiles = self.facts_of.estimates(image)
            self._near[image] = tiles
            if len(self._near) > _NEAR:
                self._near.popitem(last=False)
        return tiles[tile_id]

    def __iter__(self) -> Iterator[str]:
        return (tile_id for image in self.facts_of for tile_id in self.facts_of.estimates(image))

    def __len__(self) -> int:
        return sum(len(self.facts_of.estimates(image)) for image in self.facts_of)
