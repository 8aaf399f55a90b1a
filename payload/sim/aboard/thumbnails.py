"""Thumbnails of pruned tiles that are kept: in memory, on their way down, and in an account of their own."""

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
    """The thumbnails of one satellite.

    Each is kept in spare room beside its tile and removed with it. One whose transmission has begun is not dropped for
    others.

    Attributes:
        room: Drops what has to go for a new shelf; False if there is no room for it.
        on_board: Tile ids by the ids of the thumbnails in memory.
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
        """Queue the thumbnail of a tile that is pruned but kept, if there is room for it in memory."""
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
        """Remove a thumbnail from memory; return how many bytes [byte] it held."""
        del self.on_board[thumbnail_id]
        if not self.on_board:
            previous, self.settled = self.settled, self.env.event()
            previous.succeed()
        return self.memory.release(thumbnail_id)

    def drop(self, thumbnail_id: str, end: Fate) -> int:
        """Drop a thumbnail that has not arrived; return how many bytes [byte] it held."""
        self.transmitter.withdraw(thumbnail_id)
        tile_id = self.on_board[thumbnail_id]
        held_bytes = self.release(thumbnail_id)
        self.ledger.end_thumbnail(tile_id, end, held_bytes, self.env.now)
        return held_bytes

    def go_with(self, tile_id: str) -> None:
        """Drop the thumbnail of a pruned tile that is removed."""
        thumbnail_id = f"{tile_id}/thumbnail"
        if thumbnail_id in self.on_board:
            self.drop(thumbnail_id, Fate.PRUNED)
