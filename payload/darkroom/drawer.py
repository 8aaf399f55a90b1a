"""The known facts of images, by id: the latest in memory, the others in a file that other processes may read."""

import os
import pickle
from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from math import isnan, nan
from pathlib import Path
from typing import IO, Any

from payload.darkroom.facts import ClearPart, Facts, Thumbnail, TileFacts
from payload.types import CoverEstimate, NotCoded

Names = tuple[str, ...]
"""Suffixes of the ids of an image's tiles."""
Mark = tuple[Path, int]
"""Where the facts of an image are written: a file, and the byte offset in it."""

MOST_TILES = 60_000
"""Most tiles whose facts are kept in memory."""
_FIELDS = 7  # fields of an estimate


@dataclass(eq=False)  # equality by content, as with any mapping
class Drawer(MutableMapping[str, Facts]):
    """Facts of images, never changed once put in. The masker's estimates always stay in memory, as plain numbers.

    Attributes:
        folder: Where the file goes.
        marks: Where the facts of images on disk are, whichever process wrote them.
    """

    folder: Path
    most_tiles: int = field(default_factory=lambda: MOST_TILES)
    marks: dict[str, Mark] = field(default_factory=dict[str, Mark])
    _known: dict[str, None] = field(default_factory=dict[str, None])
    _near: OrderedDict[str, Facts] = field(default_factory=OrderedDict[str, Facts])
    _numbers: dict[str, tuple[Names, "array[float]"]] = field(
        default_factory=dict[str, tuple[Names, "array[float]"]]
    )
    _grids: dict[Names, Names] = field(default_factory=dict[Names, Names])
    _tiles: int = 0

    def __contains__(self, image: object) -> bool:
        return image in self._near or image in self.marks

    def __getitem__(self, image: str) -> Facts:
        if image in self._near:
            self._known[image] = None
            self._near.move_to_end(image)
            return self._near[image]
        path, offset = self.marks[image]
        self._known[image] = None
        with path.open("rb") as file:
            file.seek(offset)
            found = tuple(_facts(row) for row in pickle.load(file))
        self._keep_near(image, found)
        return found

    def __setitem__(self, image: str, facts: Facts) -> None:
        self._known[image] = None
        self._keep_near(image, facts)

    def __delitem__(self, image: str) -> None:
        raise TypeError("the facts of an image cannot be deleted")

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def keep(self, images: Iterable[str]) -> None:
        """Count these images as known, and no others."""
        self._known = dict.fromkeys(images)

    def estimates(self, image: str) -> dict[str, CoverEstimate]:
        """The masker's estimates of the tiles of an image, by tile id, in grid order."""
        near = self._near.get(image)
        if near is None and image not in self._numbers:
            near = self[image]
        if near is not None:
            return {fact.tile_id: fact.estimate for fact in near}
        names, numbers = self._numbers[image]
        columns = [numbers[column::_FIELDS] for column in range(_FIELDS)]
        return {
            image + name: _estimate(of_tile) for name, *of_tile in zip(names, *columns, strict=True)
        }

    def write_all(self, images: Collection[str]) -> Mapping[str, Mark]:
        """Make sure that the facts of images are on disk; return where they are."""
        with self._file.open("ab") as file:
            for image in images:
                if image not in self.marks:
                    self._write(image, self._near[image], file)
        return {image: self.marks[image] for image in images}

    @property
    def _file(self) -> Path:
        return self.folder / f"facts-{os.getpid()}"

    def _keep_near(self, image: str, facts: Facts) -> None:
        self._near[image] = facts
        if image not in self._numbers:
            names = tuple(fact.tile_id[len(image) :] for fact in facts)
            numbers = array("d", [_number(n) for fact in facts for n in fact.estimate])
            self._numbers[image] = self._grids.setdefault(names, names), numbers
        self._tiles += len(facts)
        if self._tiles <= self.most_tiles:
            return
        with self._file.open("ab") as file:
            while self._tiles > self.most_tiles // 2 and len(self._near) > 1:
                oldest, gone = self._near.popitem(last=False)
                self._tiles -= len(gone)
                if oldest not in self.marks:
                    self._write(oldest, gone, file)

    def _write(self, image: str, facts: Facts, file: IO[bytes]) -> None:
        self.marks[image] = self._file, file.tell()
        pickle.dump([_plain(fact) for fact in facts], file, pickle.HIGHEST_PROTOCOL)


def _number(value: float | None) -> float:
    return nan if value is None else value


def _estimate(numbers: Sequence[float]) -> CoverEstimate:
    valid, cloud, true, missed, false, clear, expected = numbers
    return CoverEstimate(
        int(valid),
        int(cloud),
        None if isnan(true) else int(true),
        None if isnan(missed) else int(missed),
        None if isnan(false) else int(false),
        None if isnan(clear) else int(clear),
        None if isnan(expected) else expected,
    )


# Plain values take a fifth of the time to write and read that their classes take.


def _plain(fact: TileFacts) -> tuple[Any, ...]:
    thumbnail, part = fact.thumbnail, fact.clear_part
    return (
        (fact.tile_id, fact.pixels, fact.raw_bytes),
        tuple(fact.estimate),
        None if fact.perfect is None else tuple(fact.perfect),
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
        (fact.encodings, fact.surface, fact.donor),
    )


def _facts(plain: tuple[Any, ...]) -> TileFacts:
    tile, estimate, perfect, record, thumbnail, part, more = plain
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
        *more,
    )
