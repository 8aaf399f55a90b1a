"""What is true of a tile, whoever asks, and who finds it out: by its pixels or by a draw."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

from payload.types import Acquisition, CoverEstimate, NotCoded, View


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """What a thumbnail weighs, were it made.

    Attributes:
        pixels: It has.
        bytes: [byte] Length of its record, with what is counted of other bands.
        record_bytes: [byte] Length of the record itself.
        record_at: Where the record starts in the spool file; None if it was not spooled.
    """

    pixels: int
    bytes: int
    record_bytes: int
    record_at: int | None = None


@dataclass(frozen=True, slots=True)
class ClearPart:
    """A tile without its cloudy pixels, were it sent so.

    Attributes:
        encoded_bytes: [byte] Length of its record with the scenario's codec.
        not_coded: What stays on board.
        encodings: How often it is compressed until it meets the rate.
    """

    encoded_bytes: int
    not_coded: NotCoded
    encodings: int = 1


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What is true of a tile, whoever asks.

    Attributes:
        estimate: What the scenario's masker says of it.
        perfect: What a perfect masker would say; None where there is no truth.
        encoded_bytes: Length of its record with the scenario's codec.
        record_at: Where the record starts in the spool file; None if it was not spooled.
        record_bytes: Length of the record itself, where `encoded_bytes` counts more; None where not.
        thumbnail: Of the tile; None where the scenario makes none.
        clear_part: The tile without its cloudy pixels; None where it is better sent whole.
        encodings: How often it is compressed until it meets the rate.
        surface: The commonest class of its ground, one of `SURFACES`; None where nobody has looked.
        donor: Number of the surrogate's donor that it takes after; None where it was not drawn from one.
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
        """The same of a tile whose records were not spooled."""
        small = self.thumbnail
        thumbnail = None if small is None else replace(small, record_at=None)
        return replace(self, record_at=None, thumbnail=thumbnail)


Facts = tuple[TileFacts, ...]
"""Of the tiles of an image, in grid order."""


class Darkroom(Protocol):
    """Where an image becomes facts."""

    def develop(self, acquisition: Acquisition, spool: Path | None) -> Facts:
        """The facts of an image's tiles, in grid order; records go into the file `spool`, if there are any."""
        ...


Coming = Callable[[], Iterable[View]]
"""Which images are likely to be developed soon, the next ones first."""


@runtime_checkable
class Preparing(Protocol):
    """A darkroom that begins with several images in less time than with one after another."""

    def prepare(self, acquisition: Acquisition, coming: Coming) -> None:
        """An image is about to be developed, others soon: what is done together is done now; no fact depends on it."""
        ...


class TileDarkroom(Darkroom, Protocol):
    """A darkroom that also develops single tiles."""

    def develop_some(
        self, acquisition: Acquisition, numbers: Sequence[int]
    ) -> tuple[TileFacts, ...]:
        """The facts of some of an image's tiles, by their numbers in grid order, without records."""
        ...


def perfect(estimate: CoverEstimate) -> CoverEstimate | None:
    """What a perfect masker would have said; None where there is no truth."""
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
