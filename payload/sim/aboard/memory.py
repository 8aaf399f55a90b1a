"""Mass memory: labelled shelves, and the capacity they share, undivided or in partitions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from payload.scenario.storage import WhenFull
from payload.sim.aboard.dropping import DropOrder
from payload.sim.aboard.shelf import Shelf


@dataclass(slots=True)
class Partition:
    """A part of the memory for targets of at least a given priority.

    Attributes:
        drop_order: Order in which its tiles would be dropped; None until the partition first overflows.
    """

    min_priority: float
    capacity_bytes: int
    used_bytes: int = 0
    drop_order: DropOrder | None = None


@dataclass
class MassMemory:
    """What is stored on board, counted in whole bytes.

    Attributes:
        capacity_bytes: [byte] Of all partitions together.
        partitions: Least priority and capacity [byte] of each; if empty, there is one for everything.
        when_full: What is dropped when there is no room for something new.
    """

    capacity_bytes: int
    partitions: Sequence[tuple[float, int]] = ()
    when_full: WhenFull = "newest"
    items: dict[str, Shelf] = field(default_factory=dict[str, Shelf])
    peak_bytes: int = 0

    def __post_init__(self) -> None:
        wanted = self.partitions or ((0.0, self.capacity_bytes),)
        self.parts = [Partition(*each) for each in sorted(wanted, reverse=True)]
        self._whole = None if self.partitions else self.parts[0]

    @property
    def used_bytes(self) -> int:
        """[byte] In use, in all partitions."""
        return sum([part.used_bytes for part in self.parts])

    def part_of(self, shelf: Shelf) -> Partition:
        """The partition of a tile: the highest that its priority reaches, otherwise the lowest."""
        if self._whole is not None:
            return self._whole
        reached = (part for part in self.parts if shelf.priority >= part.min_priority)
        return next(reached, self.parts[-1])

    def who_goes(self, newcomer: Shelf) -> list[str] | None:
        """Tiles that have to be dropped to let a new one in, usually none; None if the new one itself is refused."""
        part = self.part_of(newcomer)
        short_bytes = part.used_bytes + newcomer.bytes - part.capacity_bytes
        if short_bytes <= 0:
            return []
        if newcomer.bytes > part.capacity_bytes:
            return None
        if part.drop_order is None:
            beside = (item for item in self.items.values() if self.part_of(item) is part)
            part.drop_order = DropOrder(self.when_full, beside)
        return part.drop_order.victims(newcomer, short_bytes=short_bytes)

    def put(self, *shelves: Shelf) -> bool:
        """Store a tile, or all tiles of an image; False, with nothing changed, if there is no room for all of them."""
        part = self.part_of(shelves[0])
        more_bytes = sum([shelf.bytes for shelf in shelves])
        if part.used_bytes + more_bytes > part.capacity_bytes:
            return False
        self.items |= {shelf.tile_id: shelf for shelf in shelves}
        self._take(part, more_bytes)
        if part.drop_order is not None:
            for shelf in shelves:
                part.drop_order.label(shelf)
        return True

    def relabel(self, shelf: Shelf) -> None:
        """Update the drop order after the label of a shelf has changed."""
        order = (self._whole or self.part_of(shelf)).drop_order
        if order is not None:
            order.label(shelf)

    def shrink_to(self, shelf: Shelf, count_bytes: int) -> None:
        """Change the size [byte] of what lies on a shelf."""
        self._take(self._whole or self.part_of(shelf), count_bytes - shelf.bytes)
        shelf.bytes = count_bytes

    def release(self, tile_id: str) -> int:
        """Clear a tile's shelf; return how many bytes [byte] it held."""
        shelf = self.items.pop(tile_id)
        part = self._whole or self.part_of(shelf)
        part.used_bytes -= shelf.bytes
        if part.drop_order is not None:
            part.drop_order.leave(tile_id)
        return shelf.bytes

    def shrink(self, kept_share: float) -> None:
        """Reduce every partition to a share of its capacity; the caller has to release what was in the lost part."""
        for part in self.parts:
            part.capacity_bytes = int(part.capacity_bytes * kept_share)

    def _take(self, part: Partition, more_bytes: int) -> None:
        part.used_bytes += more_bytes
        if more_bytes > 0:
            self.peak_bytes = max(self.peak_bytes, self.used_bytes)
