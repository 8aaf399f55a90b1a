"""What is known of images, by their ids: the latest in memory, the others in files, which processes may share."""

import os
import pickle
from collections import OrderedDict
from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from payload.ledger import values_of
from payload.rng import key
from payload.sim.facts import ClearPart, Facts, Thumbnail, TileFacts
from payload.types import CoverEstimate, NotCoded

MOST_TILES = 10_000
"""So many are kept in memory."""


@dataclass
class Drawer(MutableMapping[str, Facts]):
    """Facts of images: what is put in is never changed.

    Attributes:
        folder: Where the files go.
        is_shared: Whether other processes read what this one knows, and this one what they know.
    """

    folder: Path
    is_shared: bool = False
    most_tiles: int = field(default_factory=lambda: MOST_TILES)
    _known: dict[str, None] = field(default_factory=dict[str, None])
    _near: OrderedDict[str, Facts] = field(default_factory=OrderedDict[str, Facts])
    _tiles: int = 0

    def __contains__(self, image: object) -> bool:
        if image in self._known:
            return True
        return self.is_shared and isinstance(image, str) and self.file(image).exists()

    def __getitem__(self, image: str) -> Facts:
        if image in self._near:
            self._near.move_to_end(image)
            return self._near[image]
        if image not in self:
            raise KeyError(image)
        with self.file(image).open("rb") as file:
            found = tuple(_facts(row) for row in pickle.load(file))
        self._keep_near(image, found)
        return found

    def __setitem__(self, image: str, facts: Facts) -> None:
        if self.is_shared:
            self._write(image, facts)
        self._keep_near(image, facts)

    def __delitem__(self, image: str) -> None:
        raise TypeError("what is known of an image stays known")

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def keep(self, images: Iterable[str]) -> None:
        """Count these images as known, and no others."""
        self._known = dict.fromkeys(images)

    def file(self, image: str) -> Path:
        """Where the facts of an image lie, if they lie on disk."""
        return self.folder / f"{np.uint64(key(0, image)):016x}.facts"

    def _keep_near(self, image: str, facts: Facts) -> None:
        self._known[image] = None
        self._near[image] = facts
        self._tiles += len(facts)
        while self._tiles > self.most_tiles and len(self._near) > 1:
            oldest, gone = self._near.popitem(last=False)
            self._tiles -= len(gone)
            if not self.file(oldest).exists():
                self._write(oldest, gone)

    def _write(self, image: str, facts: Facts) -> None:
        file = self.file(image)
        partial = file.with_suffix(f".{os.getpid()}")
        partial.write_bytes(pickle.dumps([_plain(fact) for fact in facts], pickle.HIGHEST_PROTOCOL))
        partial.replace(file)


# Plain values take a fifth of the time that their nouns take to be written and read.


def _plain(fact: TileFacts) -> tuple[Any, ...]:
    thumbnail, part = fact.thumbnail, fact.clear_part
    return (
        (fact.tile_id, fact.pixels, fact.raw_bytes),
        values_of(fact.estimate),
        None if fact.perfect is None else values_of(fact.perfect),
        (fact.encoded_bytes, fact.record_at, fact.record_bytes),
        None
        if thumbnail is None
        else (thumbnail.pixels, thumbnail.bytes, thumbnail.record_bytes, thumbnail.record_at),
        None
        if part is None
        else (
            part.encoded_bytes,
            (part.not_coded.bytes, part.not_coded.clear_px, part.not_coded.cloudy_px),
            part.encodings,
        ),
        fact.encodings,
    )


def _facts(plain: tuple[Any, ...]) -> TileFacts:
    tile, estimate, perfect, record, thumbnail, part, encodings = plain
    tile_id, pixels, raw_bytes = tile
    encoded_bytes, record_at, record_bytes = record
    return TileFacts(
        tile_id,
        pixels,
        raw_bytes,
        CoverEstimate(*estimate),
        None if perfect is None else CoverEstimate(*perfect),
        encoded_bytes,
        record_at,
        record_bytes,
        None if thumbnail is None else Thumbnail(*thumbnail),
        None if part is None else ClearPart(part[0], NotCoded(*part[1]), part[2]),
        encodings,
    )
