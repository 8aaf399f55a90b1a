"""What to drop when the memory is full: named policies that judge by what the shelves say alone.

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
"""How much a tile is worth keeping: the smallest goes first."""

KEPT_LEAST: dict[WhenFull, Regret] = {
    "newest": lambda shelf: (-shelf.order,),
    "oldest": lambda shelf: (shelf.order,),
    "cloudiest": lambda shelf: (-shelf.expected_cover, -shelf.order),
    "lowest_value_per_byte": lambda shelf: (shelf.value_per_byte, -shelf.order),
}

_Place = tuple[tuple[float, ...], str, int, Shelf]
"""Regret and id of a tile in a row, how many places were given before, its shelf."""


class DropOrder:
    """Shelves that share room, in the order in which they would have to go.

    Spare tiles go before all others, the oldest of them first; pinned ones never. A full memory asks for each
    tile that comes, so the order is kept and not sought each time: places that no longer count stay in their row until
    they come up, or are as many as those that do.

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
        """A shelf is new, or says something else than before."""
        self.leave(shelf.tile_id)
        if shelf.is_pinned:
            return
        regret = (shelf.order,) if shelf.is_spare else self._regret(shelf)
        self._given += 1
        place = self._at[shelf.tile_id] = (regret, shelf.tile_id, self._given, shelf)
        heapq.heappush(self._spare if shelf.is_spare else self._others, place)

    def leave(self, tile_id: str) -> None:
        """A tile is gone."""
        self._at.pop(tile_id, None)
        if len(self) > 2 * len(self._at) + 1:
            for row in (self._spare, self._others):
                row[:] = filter(self._counts, row)
                heapq.heapify(row)

    def victims(self, newcomer: Shelf, *, short_bytes: int) -> list[str] | None:
        """Who has to go so that the newcomer finds room; nobody goes yet.

        The newcomer stands in the row as the others do: when its turn comes, it is refused and nobody goes.

        Args:
            newcomer: Wants to come in.
            short_bytes: [byte] What is missing; more than 0.

        Returns:
            Ids in the order of their going, or None: the newcomer is refused.
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
        """How many places there are, those included that no longer count."""
        return len(self._spare) + len(self._others)

    def _counts(self, place: _Place) -> bool:
        """Whether a tile still stands there."""
        return self._at.get(place[1]) is place
