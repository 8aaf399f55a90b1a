"""Which of the pruned tiles still on board the ground asks for: a pure function of what it was told."""

from collections.abc import Mapping
from typing import Literal


def choose(
    policy: Literal["none", "least_sure", "clearest"],
    covers: Mapping[str, float],
    *,
    limit: float,
    most: int,
) -> list[str]:
    """Ids of the tiles to ask for, the most wanted first.

    Args:
        policy: What makes a tile wanted.
        covers: Expected cloud cover by tile, as reported from on board.
        limit: The cover above which tiles were pruned.
        most: Largest number of tiles to ask for.
    """
    if policy == "none":
        return []
    doubt = {
        tile_id: abs(cover - limit) if policy == "least_sure" else cover
        for tile_id, cover in covers.items()
    }
    return sorted(doubt, key=lambda tile_id: (doubt[tile_id], tile_id))[:most]
