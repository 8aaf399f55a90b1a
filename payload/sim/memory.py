"""Mass memory: shelves with a label and a size each, and a capacity that they share."""

from dataclasses import dataclass, field


@dataclass
class MassMemory:
    """What lies on board, counted in whole bytes. When it is full, what is newest finds no place."""

    capacity_bytes: int
    shelves: dict[str, int] = field(default_factory=dict[str, int])
    used_bytes: int = 0
    peak_bytes: int = 0

    def admit(self, tile_id: str, count_bytes: int) -> bool:
        """Put a tile on a shelf; False, and nothing changed, if there is no room."""
        if self.used_bytes + count_bytes > self.capacity_bytes:
            return False
        self.shelves[tile_id] = count_bytes
        self.used_bytes += count_bytes
        self.peak_bytes = max(self.peak_bytes, self.used_bytes)
        return True

    def release(self, tile_id: str) -> int:
        """Clear a tile's shelf; [byte] what lay there."""
        count_bytes = self.shelves.pop(tile_id)
        self.used_bytes -= count_bytes
        return count_bytes
