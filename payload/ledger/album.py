"""The images of a flight: some in memory, the others on disk, each read when it is looked at."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

from payload.types import Acquisition, CoverEstimate, Decision, NotCoded, TileOutcome

MOST_TILES = 6_000
"""So many are kept in memory."""


@dataclass(frozen=True, slots=True)
class Image:
    """An acquisition and the outcomes of those of its tiles that were judged on board, in grid order."""

    acquisition: Acquisition
    outcomes: tuple[TileOutcome, ...]
    is_retake: bool


@dataclass
class Album(Sequence[Image]):
    """Images, put in as they are over, in order of time once they are `arranged`.

    Attributes:
        file: Where images go for which there is no room in memory, a file that is there for them alone; None to
            keep all in memory.
    """

    file: Path | None = None
    most_tiles: int = field(default_factory=lambda: MOST_TILES)
    _at: list[tuple[float, str, Image | int]] = field(
        default_factory=list[tuple[float, str, Image | int]]
    )
    _tiles: int = 0

    def put(self, image: Image) -> None:
        """Put in an image that nobody changes any more."""
        taken = image.acquisition
        self._tiles += len(taken.tile_ids)
        place = image if self._tiles <= self.most_tiles else self._written(image)
        self._at.append((taken.time_s, taken.id, place))

    def arrange(self) -> None:
        """In order of the time when they were taken."""
        self._at.sort(key=lambda each: each[:2])

    @property
    def ids(self) -> list[str]:
        """Of the acquisitions, in their order."""
        return [image for _, image, _ in self._at]

    def _written(self, image: Image) -> Image | int:
        if self.file is None:
            return image
        with self.file.open("ab") as file:
            offset = file.tell()
            pickle.dump(_plain(image), file, pickle.HIGHEST_PROTOCOL)
        return offset

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
                    file.seek(place)
                    yield _image(*pickle.load(file))

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> "Album": ...
    def __getitem__(self, index: int | slice) -> "Image | Album":
        at = self._at[index]
        if isinstance(at, list):
            return Album(self.file, self.most_tiles, at)
        return next(iter(Album(self.file, self.most_tiles, [at])))


# Plain values take a fifth of the time that their nouns take to be written and read.

Plain = tuple[Acquisition, list[tuple[Any, ...]], bool]


def _plain(image: Image) -> Plain:
    rows = []
    for outcome in image.outcomes:
        decision, cover, part = outcome.decision, outcome.cover, outcome.not_coded
        rows.append(
            (
                outcome.tile_id,
                outcome.raw_bytes,
                outcome.encoded_bytes,
                (decision.keep, decision.reason),
                None if cover is None else values_of(cover),
                outcome.busy_s,
                outcome.energy_j,
                None if part is None else (part.bytes, part.clear_px, part.cloudy_px),
            )
        )
    return image.acquisition, rows, image.is_retake


def values_of(cover: CoverEstimate) -> tuple[Any, ...]:
    """The fields of an estimate, in their order."""
    return (
        cover.valid_px,
        cover.cloud_px,
        cover.true_cloud_px,
        cover.missed_cloud_px,
        cover.false_cloud_px,
        cover.true_clear_px,
        cover.expected_cloud_px,
    )


def _image(acquisition: Acquisition, rows: list[tuple[Any, ...]], is_retake: bool) -> Image:
    return Image(
        acquisition,
        tuple(
            TileOutcome(
                tile_id,
                raw_bytes,
                encoded_bytes,
                Decision(*decision),
                None if cover is None else CoverEstimate(*cover),
                busy_s,
                energy_j,
                None if part is None else NotCoded(*part),
            )
            for tile_id, raw_bytes, encoded_bytes, decision, cover, busy_s, energy_j, part in rows
        ),
        is_retake,
    )
