"""What the label of a shelf says about the tile on it: all that a policy may know."""

import math
from dataclasses import dataclass

UNKNOWN_COVER = 0.5
"""Assumption: a tile that has not been judged is taken to be half cloud."""


@dataclass(slots=True)
class Shelf:
    """A tile stored on board; its label is updated as the tile changes.

    Attributes:
        bytes: [byte] Size of what is stored: the raw record, or the coded one.
        order: Number in order of arrival in memory: the smaller, the older.
        priority: Of its target.
        due_s: [s] When it should be on the ground; infinite without a deadline.
        cover: Expected cloud cover by the arm's masker; None until it is judged.
        raw_bytes: [byte] Length of its raw record, as a measure of the ground it shows.
        is_pinned: Whether it may not be dropped because it is being worked on or has been partly sent.
        is_spare: Whether it is a pruned tile, kept only while the room is not needed.
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
        """Expected cloud cover; half if it is unknown."""
        return UNKNOWN_COVER if self.cover is None else self.cover

    @property
    def value_per_byte(self) -> float:
        """Expected raw bytes of clear ground per byte held, times the target's priority."""
        return self.priority * (1.0 - self.expected_cover) * self.raw_bytes / self.bytes
