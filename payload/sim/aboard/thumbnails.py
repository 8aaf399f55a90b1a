"""Thumbnails of pruned tiles that are kept: on their shelves, on their way down, in an account of their own."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import simpy

from payload.ledger import Fate, Ledger
from payload.sim.aboard.memory import MassMemory
from payload.sim.aboard.shelf import Shelf
from payload.sim.aboard.transmitter import Transmitter

FIRST = -math.inf
"""Rank of a thumbnail: before any tile."""


@dataclass
class Thumbnails:
    """Those of one satellite.

    Each lies in spare room beside its tile, and goes with it. One that is begun makes no room for others.

    Attributes:
        room: Drops what has to go for a shelf; False if that finds no room.
        on_board: Tiles by the ids of the thumbnails that lie in memory.
        settled: Happens when no thumbnail is left to be sent.
    """

    env: simpy.Environment
    ledger: Ledger
    memory: MassMemory
    transmitter: Transmitter
    room: Callable[[Shelf], bool]
    on_board: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.settled = self.env.event()

    def make(self, tile_id: str, count_bytes: int) -> None:
        """A tile is pruned and kept: its thumbnail is ready to be sent, if it finds room in memory."""
        self.ledger.make_thumbnail(tile_id, count_bytes, self.env.now)
        tile = self.memory.items[tile_id]
        thumbnail_id = f"{tile_id}/thumbnail"
        shelf = replace(
            tile,
            tile_id=thumbnail_id,
            bytes=count_bytes,
            raw_bytes=count_bytes,
            is_pinned=False,
            is_spare=True,
        )
        if not (self.room(shelf) and self.memory.put(shelf)):
            self.ledger.end_thumbnail(tile_id, Fate.OVERFLOWED, count_bytes, self.env.now)
            return
        self.on_board[thumbnail_id] = tile_id
        self.transmitter.enqueue(thumbnail_id, count_bytes, FIRST)

    def release(self, thumbnail_id: str) -> int:
        """It is no longer on board; [byte] what lay there."""
        del self.on_board[thumbnail_id]
        if not self.on_board:
            previous, self.settled = self.settled, self.env.event()
            previous.succeed()
        return self.memory.release(thumbnail_id)

    def drop(self, thumbnail_id: str, end: Fate) -> int:
        """It goes without having arrived; [byte] what lay there."""
        self.transmitter.withdraw(thumbnail_id)
        tile_id = self.on_board[thumbnail_id]
        held_bytes = self.release(thumbnail_id)
        self.ledger.end_thumbnail(tile_id, end, held_bytes, self.env.now)
        return held_bytes

    def go_with(self, tile_id: str) -> None:
        """A pruned tile goes: nobody needs its thumbnail any more."""
        thumbnail_id = f"{tile_id}/thumbnail"
        if thumbnail_id in self.on_board:
            self.drop(thumbnail_id, Fate.PRUNED)
