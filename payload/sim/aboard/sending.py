"""What to send next: named policies, pure functions of a tile's shelf label.

Records of equal rank are sent in the order in which they became ready; what has begun is finished first.

>>> from payload.sim.aboard.shelf import Shelf
>>> clear, cloudy = Shelf("clear", 100, cover=0.1), Shelf("cloudy", 100, cover=0.6)
>>> RANKS["clearest_first"](clear) < RANKS["clearest_first"](cloudy)
True
"""

from collections.abc import Callable

from payload.scenario.storage import SendOrder
from payload.sim.aboard.shelf import Shelf

RANKS: dict[SendOrder, Callable[[Shelf], float]] = {
    "first_in": lambda _shelf: 0.0,
    "priority": lambda shelf: -shelf.priority,
    "deadline": lambda shelf: shelf.due_s,
    "clearest_first": lambda shelf: shelf.expected_cover,
    "value_per_byte": lambda shelf: -shelf.value_per_byte,
}
"""The smaller the rank, the sooner the tile is sent."""
