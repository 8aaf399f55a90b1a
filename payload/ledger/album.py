"""The images of a flight: some in memory, the others on disk, each read when needed."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import tzinfo
from operator import attrgetter
from pathlib import Path
from typing import Any, overload

from payload.types import (
    Acquisition,
    CoverEstimate,
    Decision,
    NotCoded,
    Opportunity,
    Sensor,
    TileOutcome,
    View,
)

MOST_TILES = 6_000
"""Most tiles of images kept in memory."""
_chance = attrgetter(*[item.name for item in fields(Opportunity)])
_noun = tuple.__new__
"""Builds a named tuple from its class and values in a quarter of the time of the class's own constructor."""


@dataclass(frozen=True, slots=True)
class Image:
    """An acquisition, with the outcomes of its tiles that were judged on board, in grid order."""

    acquisition: Acquisition
    outcomes: tuple[TileOutcome, ...]
    is_retake: bool


@dataclass(frozen=True, slots=True)
class _Cut:
    """What images of the same camera and grid share.

    Attributes:
        zone: Time zone of their times.
        names: Suffixes of the tile names.
        raw_bytes: [byte] Length of each raw record.
    """

    sensor: Sensor
    zone: tzinfo | None
    names: tuple[str, ...]
    raw_bytes: tuple[int, ...]


_Place = Image | tuple[int, _Cut]
"""An image, or its byte offset in the file and what it shares with others."""


@dataclass
class Album(Sequence[Image]):
    """Images, added as they are completed, and in order of time after `arrange`.

    Attributes:
        file: A file, used for nothing else, for images that do not fit in memory; None to keep all in memory.
    """

    file: Path | None = None
    most_tiles: int = field(default_factory=lambda: MOST_TILES)
    _at: list[tuple[float, str, _Place]] = field(default_factory=list[tuple[float, str, _Place]])
    _tiles: int = 0
    _cuts: dict[_Cut, _Cut] = field(default_factory=dict[_Cut, _Cut])

    def put(self, image: Image) -> None:
        """Add an image that will not change any more."""
        taken = image.acquisition
        self._tiles += len(taken.tile_ids)
        place = image if self._tiles <= self.most_tiles else self._written(image)
        self._at.append((taken.time_s, taken.id, place))

    def arrange(self) -> None:
        """Sort the images by the time when they were taken."""
        self._at.sort(key=lambda each: each[:2])

    @property
    def ids(self) -> list[str]:
        """Ids of the acquisitions, in order."""
        return [image for _, image, _ in self._at]

    def _written(self, image: Image) -> _Place:
        if self.file is None:
            return image
        cut = _cut_of(image.acquisition)
        plain = pickle.dumps(_plain(image), pickle.HIGHEST_PROTOCOL)
        with self.file.open("ab") as file:
            offset = file.tell()
            file.write(plain)
        return offset, self._cuts.setdefault(cut, cut)

    def __len__(self) -> int:
        return len(self._at)

    def __iter__(self) -> Iterator[Image]:
        if self.file is None or not self.file.exists():
            yield from (place for _, _, place in self._at if isinstance(place, Image))
            return
        with self.file.open("rb") as file:
            for _, _, place in self._at:
                if isinstance(place, Image):
                    yield place
                else:
                    offset, cut = place
                    file.seek(offset)
                    yield _image(cut, pickle.load(file))

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> "Album": ...
    def __getitem__(self, index: int | slice) -> "Image | Album":
        at = self._at[index]
        if isinstance(at, list):
            return Album(self.file, self.most_tiles, at)
        return next(iter(Album(self.file, self.most_tiles, [at])))


# Plain values take a fifth of the time to write and read that their classes take. What many images share, having the same
# camera and grid, stays in memory once for all of them.


def _cut_of(taken: Acquisition) -> _Cut:
    names = tuple([tile_id.removeprefix(taken.id) for tile_id in taken.tile_ids])
    return _Cut(taken.view.sensor, taken.view.utc.tzinfo, names, taken.tile_raw_bytes)


def _plain(image: Image) -> tuple[Any, ...]:
    taken = image.acquisition
    chance, view = taken.opportunity, taken.view
    numbers = {tile_id: number for number, tile_id in enumerate(taken.tile_ids)}
    return (
        (taken.id, taken.satellite, taken.time_s),
        _chance(chance),
        (
            view.id,
            view.target,
            view.lat_deg,
            view.lon_deg,
            view.utc.replace(tzinfo=None),
            view.sun_elevation_deg,
        ),
        [_row(outcome, numbers[outcome.tile_id]) for outcome in image.outcomes],
        image.is_retake,
    )


def _row(outcome: TileOutcome, number: int) -> tuple[Any, ...]:
    cover, part = outcome.cover, outcome.not_coded
    return (
        number,
        outcome.raw_bytes,
        outcome.encoded_bytes,
        tuple(outcome.decision),
        None if cover is None else tuple(cover),
        outcome.busy_s,
        outcome.energy_j,
        None if part is None else (part.bytes, part.clear_px, part.cloudy_px),
    )


def _image(cut: _Cut, plain: tuple[Any, ...]) -> Image:
    (name, satellite, time_s), chance, seen, rows, is_retake = plain
    view_id, target, lat_deg, lon_deg, utc, sun_deg = seen
    when = utc.replace(tzinfo=cut.zone)
    tile_ids = tuple([name + each for each in cut.names])
    taken = Acquisition(
        name,
        satellite,
        Opportunity(*chance),
        time_s,
        View(view_id, target, lat_deg, lon_deg, when, sun_deg, cut.sensor),
        tile_ids,
        cut.raw_bytes,
    )
    outcomes = tuple(
        [
            _noun(
                TileOutcome,
                (
                    tile_ids[number],
                    raw_bytes,
                    encoded_bytes,
                    _noun(Decision, decision),
                    None if cover is None else _noun(CoverEstimate, cover),
                    busy_s,
                    energy_j,
                    None if part is None else NotCoded(*part),
                ),
            )
            for number, raw_bytes, encoded_bytes, decision, cover, busy_s, energy_j, part in rows
        ]
    )
    return Image(taken, outcomes, is_retake)
