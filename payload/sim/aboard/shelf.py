"""What a shelf of the mass memory says of the tile on it: all that a policy may know."""

import math
from dataclasses import dataclass

UNKNOWN_COVER = 0.5
"""Assumption: of a tile that nobody has judged, half is taken to be cloud."""


@dataclass(slots=True)
class Shelf:
    """A tile as it lies on board; the label is written anew as it changes.

    Attributes:
        bytes: [byte] What lies there: the raw record, or the coded one.
        order: Number of its coming into memory: the smaller, the older.
        priority: Of its target.
        due_s: [s] When it should be on the ground; infinite if nobody waits.
        cover: Expected cloud cover by the arm's masker; None while it is not judged.
        raw_bytes: [byte] Length of its raw record, as a measure of its ground.
        is_pinned: It is worked on, or frames of it have gone down: it may not be dropped.
        is_spare: A pruned tile that is kept only while nobody needs the room.
    """

    tile_id: str
    bytes: int
    order: int = 0
    priority: float = 1.0
    due_s: float = math.inf
    cover: float | None = None
    raw_bytes: int = 0
    is_pinned: bool = False
    is_spare: bool = False

    @property
    def expected_cover(self) -> float:
        """Expected cloud cover; half where nobody knows."""
        return UNKNOWN_COVER if self.cover is None else self.cover

    @property
    def value_per_byte(self) -> float:
        """Bytes of clear ground that are expected in each byte held, times the target's priority."""
        return self.priority * (1.0 - self.expected_cover) * self.raw_bytes / self.bytes
