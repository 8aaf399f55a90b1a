"""What to drop when the memory is full: named policies, pure functions of what is on the shelves.

>>> from payload.sim.shelf import Shelf
>>> old, new = Shelf("old", 60, order=1), Shelf("new", 50, order=2)
>>> victims("oldest", new, [old], short_bytes=10)
['old']
>>> victims("newest", new, [old], short_bytes=10) is None
True
"""

from collections.abc import Callable, Iterable

from payload.scenario.storage import WhenFull
from payload.sim.shelf import Shelf

Regret = Callable[[Shelf], tuple[float, ...]]
"""How much a tile is worth keeping: the smallest goes first."""

KEPT_LEAST: dict[WhenFull, Regret] = {
    "newest": lambda shelf: (-shelf.order,),
    "oldest": lambda shelf: (shelf.order,),
    "cloudiest": lambda shelf: (-shelf.expected_cover, -shelf.order),
    "lowest_value_per_byte": lambda shelf: (shelf.value_per_byte, -shelf.order),
}


def victims(
    policy: WhenFull, newcomer: Shelf, shelves: Iterable[Shelf], *, short_bytes: int
) -> list[str] | None:
    """Who has to go so that the newcomer finds room; spare tiles go first, the oldest of them first.

    The newcomer stands in the row as the others do: when its turn comes, it is refused and nobody goes.

    Args:
        policy: Who goes first.
        newcomer: Wants to come in.
        shelves: What shares the room with it.
        short_bytes: [byte] What is missing; more than 0.

    Returns:
        Ids in the order of their going, or None: the newcomer is refused.
    """
    regret = KEPT_LEAST[policy]
    movable = [shelf for shelf in shelves if not shelf.is_pinned]
    spare = sorted((shelf for shelf in movable if shelf.is_spare), key=lambda shelf: shelf.order)
    limit = regret(newcomer)
    worse = sorted(
        (shelf for shelf in movable if not shelf.is_spare and regret(shelf) < limit), key=regret
    )
    gone: list[str] = []
    for shelf in spare + ([] if newcomer.is_spare else worse):
        if short_bytes <= 0:
            break
        gone.append(shelf.tile_id)
        short_bytes -= shelf.bytes
    return None if short_bytes > 0 else gone
