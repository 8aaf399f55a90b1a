"""Totals over a flight's tiles and images, each read only once, since large ledgers lie on disk."""

from collections.abc import Mapping
from dataclasses import dataclass

from payload.ledger import Fate, FlightRecord
from payload.types import CoverEstimate


@dataclass(slots=True)
class Tally:
    """The tiles of a flight with one end: their number, and their pixels [px] by truth, 0 where that is unknown."""

    tiles: int = 0
    clear_px: int = 0
    cloudy_px: int = 0


@dataclass(frozen=True, slots=True)
class Tallies:
    """Tiles by their end.

    Attributes:
        leaves_out: Whether pixels of any kept tile were not coded.
    """

    by_end: Mapping[Fate, Tally]
    leaves_out: bool

    def __getitem__(self, end: Fate) -> Tally:
        """The tally of tiles with this end."""
        return self.by_end[end]

    @property
    def clear_px(self) -> int:
        """[px] Of all tiles: each has exactly one end."""
        return sum(tally.clear_px for tally in self.by_end.values())

    @property
    def cloudy_px(self) -> int:
        """[px] Of all tiles."""
        return sum(tally.cloudy_px for tally in self.by_end.values())


def tally_tiles(record: FlightRecord, estimates: Mapping[str, CoverEstimate]) -> Tallies:
    """Count tiles and their pixels by end.

    Args:
        record: The flight.
        estimates: The masker's estimate for every tile, with its truth where known, by tile id.
    """
    found, leaves_out = {fate: Tally() for fate in Fate}, False
    for tile_id, end, _, left_out_bytes in record.ledger.tiles.rows():
        tally, estimate = found[end], estimates[tile_id]
        tally.tiles += 1
        tally.clear_px += estimate.clear_px or 0
        tally.cloudy_px += estimate.cloudy_px or 0
        leaves_out = leaves_out or left_out_bytes > 0
    return Tallies(found, leaves_out)


@dataclass(frozen=True, slots=True)
class Shot:
    """What an image as flown contributes to the counts.

    Attributes:
        time_s: [s] When it was taken.
        valid_px: [px] Pixels with data.
        clear_down_px: [px] Pixels clear by truth in the tiles that came down.
    """

    image: str
    target: str
    time_s: float
    is_retake: bool
    valid_px: int
    clear_down_px: int


def shots_of(record: FlightRecord, estimates: Mapping[str, CoverEstimate]) -> list[Shot]:
    """The images of a flight, in order."""
    found = []
    for image in record.images:
        taken, valid_px, clear_down_px = image.acquisition, 0, 0
        for tile_id in taken.tile_ids:
            estimate = estimates[tile_id]
            valid_px += estimate.valid_px
            if tile_id in record.delivered_s:
                clear_down_px += estimate.clear_px or 0
        found.append(
            Shot(
                taken.id,
                taken.opportunity.target,
                taken.time_s,
                image.is_retake,
                valid_px,
                clear_down_px,
            )
        )
    return found
