"""The facts of a tile, the same in every arm, and the interface for computing them: from pixels or by draws."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from payload.types import Acquisition, CoverEstimate, NotCoded, View


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The size of a tile's thumbnail, if it were made.

    Attributes:
        pixels: Number of its pixels.
        bytes: [byte] Length of its record, including counted bands.
        record_bytes: [byte] Length of the record itself.
        record_at: Where the record starts in the spool file; None if it was not spooled.
    """

    pixels: int
    bytes: int
    record_bytes: int
    record_at: int | None = None


@dataclass(frozen=True, slots=True)
class ClearPart:
    """A tile without its cloudy pixels, if it were sent like that.

    Attributes:
        encoded_bytes: [byte] Length of its record with the scenario's codec.
        not_coded: What is not sent.
        encodings: How often it is compressed until it meets the rate.
    """

    encoded_bytes: int
    not_coded: NotCoded
    encodings: int = 1


@dataclass(frozen=True, slots=True)
class TileFacts:
    """The facts of a tile, the same in every arm.

    Attributes:
        estimate: Cover according to the scenario's masker.
        perfect: Cover according to a perfect masker; None without truth.
        encoded_bytes: Length of its record with the scenario's codec.
        record_at: Where the record starts in the spool file; None if it was not spooled.
        record_bytes: Length of the record itself, if `encoded_bytes` includes more; None otherwise.
        thumbnail: Of the tile; None if the scenario makes none.
        clear_part: The tile without its cloudy pixels; None if it is better sent whole.
        encodings: How often it is compressed until it meets the rate.
        surface: The commonest class of its ground, one of `SURFACES`; None if unknown.
        donor: Number of the surrogate's donor whose figures it takes; None if not drawn from one.
    """

    tile_id: str
    pixels: int
    raw_bytes: int
    estimate: CoverEstimate
    perfect: CoverEstimate | None
    encoded_bytes: int
    record_at: int | None
    record_bytes: int | None = None
    thumbnail: Thumbnail | None = None
    clear_part: ClearPart | None = None
    encodings: int = 1
    surface: str | None = None
    donor: int | None = None

    @property
    def without_records(self) -> "TileFacts":
        """The same facts for a tile whose records were not spooled."""
        small = self.thumbnail
        thumbnail = None if small is None else replace(small, record_at=None)
        return replace(self, record_at=None, thumbnail=thumbnail)


Facts = tuple[TileFacts, ...]
"""Facts of the tiles of an image, in grid order."""


class Darkroom(Protocol):
    """Turns images into facts."""

    def develop(self, acquisition: Acquisition, spool: Path | None) -> Facts:
        """The facts of an image's tiles, in grid order; records go into the file `spool`, if there are any."""
        ...


Coming = Callable[[], Iterable[View]]
"""Returns the images that are likely to be developed soon, the next ones first."""


@runtime_checkable
class Preparing(Protocol):
    """A darkroom that saves time by preparing several images together."""

    def prepare(self, acquisition: Acquisition, coming: Coming) -> None:
        """Do joint work for an image about to be developed and others that follow soon; no fact depends on it."""
        ...


class TileDarkroom(Darkroom, Protocol):
    """A darkroom that also develops single tiles."""

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """The facts of some of an image's tiles, by their numbers in grid order, without records."""
        ...


def perfect(estimate: CoverEstimate) -> CoverEstimate | None:
    """The estimate of a perfect masker; None without truth."""
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
