"""What to drop when the memory is full: named policies that judge by shelf labels alone.

>>> from payload.sim.aboard.shelf import Shelf
>>> old, new = Shelf("old", 60, order=1), Shelf("new", 50, order=2)
>>> DropOrder("oldest", [old]).victims(new, short_bytes=10)
['old']
>>> DropOrder("newest", [old]).victims(new, short_bytes=10) is None
True
"""

import heapq
from collections.abc import Callable, Iterable

from payload.scenario.storage import WhenFull
from payload.sim.aboard.shelf import Shelf

Regret = Callable[[Shelf], tuple[float, ...]]
"""How much a tile is worth keeping: the one with the smallest value is dropped first."""

KEPT_LEAST: dict[WhenFull, Regret] = {
    "newest": lambda shelf: (-shelf.order,),
    "oldest": lambda shelf: (shelf.order,),
    "cloudiest": lambda shelf: (-shelf.expected_cover, -shelf.order),
    "lowest_value_per_byte": lambda shelf: (shelf.value_per_byte, -shelf.order),
}

_Place = tuple[tuple[float, ...], str, int, Shelf]
"""Entry of a tile in a heap: its regret, its id, a running number, its shelf."""


class DropOrder:
    """Shelves that share room, in the order in which they would be dropped.

    Spare tiles go before all others, oldest first; pinned ones never go. A full memory asks for every new tile, so the
    order is maintained in heaps instead of being sorted each time: obsolete entries stay until they reach the top, or until
    they outnumber the valid ones.

    Source: Python's documentation of `heapq`, "Priority Queue Implementation Notes".
    """

    def __init__(self, policy: WhenFull, shelves: Iterable[Shelf]) -> None:
        self._regret = KEPT_LEAST[policy]
        self._spare: list[_Place] = []
        self._others: list[_Place] = []
        self._at: dict[str, _Place] = {}
        self._given = 0
        for shelf in shelves:
            self.label(shelf)

    def label(self, shelf: Shelf) -> None:
        """Enter a new shelf, or one whose label has changed."""
        self.leave(shelf.tile_id)
        if shelf.is_pinned:
            return
        regret = (shelf.order,) if shelf.is_spare else self._regret(shelf)
        self._given += 1
        place = self._at[shelf.tile_id] = (regret, shelf.tile_id, self._given, shelf)
        heapq.heappush(self._spare if shelf.is_spare else self._others, place)

    def leave(self, tile_id: str) -> None:
        """Remove a tile."""
        self._at.pop(tile_id, None)
        if len(self) > 2 * len(self._at) + 1:
            for row in (self._spare, self._others):
                row[:] = filter(self._counts, row)
                heapq.heapify(row)

    def victims(self, newcomer: Shelf, *, short_bytes: int) -> list[str] | None:
        """Tiles that have to be dropped to make room for a newcomer; nothing is dropped yet.

        The newcomer is ranked like the others: if its own turn comes first, it is refused and nothing is dropped.

        Args:
            newcomer: The tile to be stored.
            short_bytes: [byte] How much room is missing; more than 0.

        Returns:
            Ids in the order in which to drop them, or None if the newcomer is refused.
        """
        limit = self._regret(newcomer)
        going: list[tuple[list[_Place], _Place]] = []
        for row in (self._spare,) if newcomer.is_spare else (self._spare, self._others):
            while short_bytes > 0 and row and (row is self._spare or row[0][0] < limit):
                place = heapq.heappop(row)
                if self._counts(place):
                    going.append((row, place))
                    short_bytes -= place[3].bytes
        for row, place in going:
            heapq.heappush(row, place)
        return None if short_bytes > 0 else [place[1] for _, place in going]

    def __len__(self) -> int:
        """Number of entries, including obsolete ones."""
        return len(self._spare) + len(self._others)

    def _counts(self, place: _Place) -> bool:
        """Whether an entry is its tile's current one."""
        return self._at.get(place[1]) is place
