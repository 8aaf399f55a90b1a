"""What time, memory and disk are needed for, counted: each is so many bytes, or so many bare events of SimPy."""

from dataclasses import dataclass

from payload.products.czml import MOST_STATES
from payload.sim.arms import ARMS
from payload.sim.flights import MOST_TILES

EVENTS_PER_TILE = 60
"""Bare events that fit into what a tile of an arm takes beyond its facts: story, sums, tables and page. Measured on flights of
15,036 and 16,864 tiles: 90 where a bare event took 0.5 us, 30 to 40 where it took 1.9."""
SUMMED_EVENTS_PER_TILE = 50
"""Of these, what a flight takes that leaves its sums alone: the story and the sums. Measured."""
EVENTS_PER_CONTACT = 120
"""Bare events that fit into a contact of an arm, whatever it carries. Measured: the story 70, its rows the rest."""
SUMMED_EVENTS_PER_CONTACT = 70
"""Of these, the story. Measured."""
EVENTS_PER_STATE = 4.5
"""Bare events that fit into a satellite's state, in words and as a place of the track. Measured."""
EVENTS_PER_SHOWN_STATE = 9
"""Bare events that fit into a state that the animation shows. Measured."""
LOOK_S_IN_EVENTS = 200
"""Bare events that fit into looking at what has changed of a satellite when the ground plans, and what it then plans itself,
where plans are kept. Measured: 110 to 360."""
START_S_IN_EVENTS = 2_300_000
"""Bare events that fit into what any run takes: imports, the checks, an empty report. Measured: 1.1 s."""
BASE_BYTES = 215_000_000
"""[byte] Memory of a process that has loaded what any run needs. Measured."""
COMPILED_S_IN_EVENTS = 1_500_000
"""Bare events that fit into loading the compiler and what it has kept. Measured: 0.7 s."""
COMPILED_BYTES = 120_000_000
"""[byte] Of the compiler, which painting and many glances load where it is installed. Measured."""
PAINTED_BYTES = 400
"""[byte] Memory of a pixel of the tile that is painted and masked, its margin included. Measured at 1,024 px."""
COLUMN_BYTES = 80
"""[byte] Memory of an opportunity as a row of columns. Measured."""
OPPORTUNITY_BYTES = 350
"""[byte] Memory of an opportunity that planners are handed, beside that. Measured."""
FACTS_BYTES = 900
"""[byte] Memory of what is known of a tile, once for all arms. Measured."""
TILE_BYTES = 1_100
"""[byte] Memory of a tile's entries and outcome, in each arm, where the flights are so small that all are kept. Measured."""
LASTING_BYTES = 300
"""[byte] Memory of a tile of a long flight: its delivery, its name, and what the masker says. Measured."""
STATE_BYTES = 50
"""[byte] Memory of a satellite's state. Measured."""
CONTACT_BYTES = 500
"""[byte] Memory of a contact, in each arm. Measured."""
PAGE_BYTES = 5_100_000
"""[byte] On disk: the report, which holds its own drawing library. Measured."""
ROW_BYTES = 30
"""[byte] On disk: a tile's rows in all tables, in each arm, compressed. Measured."""
STATE_TEXT_BYTES, SHOWN_STATE_BYTES = 107, 43
"""[byte] On disk: a satellite's state as a line of its ephemeris and half a place of the track, and one that the animation
shows. Measured."""
CONTACT_TEXT_BYTES = 630
"""[byte] On disk: a contact in plan and tables. Measured."""
IMAGE_TEXT_BYTES = 1_500
"""[byte] On disk: what an image covers, for maps and for the animation. Measured."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is of what a run writes, reads and holds.

    Attributes:
        images: That are taken.
        tiles: Of those images.
        states: Of all satellites, in time.
        contacts: Of all satellites.
        opportunities: Of all satellites.
        looks: At what has changed when the ground plans.
        is_compiled: The compiler is loaded.
        painted_px: [px] That are painted at a time; 0 where nothing is.
        hands_out: Planners are handed all opportunities at once.
    """

    images: int
    tiles: int
    states: int
    contacts: int
    opportunities: int
    looks: float
    is_compiled: bool
    painted_px: int
    hands_out: bool

    @property
    def events(self) -> float:
        """Bare events that fit into all but geometry, plans and pixels."""
        arms = len(ARMS)
        return (
            START_S_IN_EVENTS
            + COMPILED_S_IN_EVENTS * self.is_compiled
            + EVENTS_PER_TILE * self.tiles * arms
            + EVENTS_PER_CONTACT * self.contacts * arms
            + EVENTS_PER_STATE * self.states
            + EVENTS_PER_SHOWN_STATE * self._shown_states
            + LOOK_S_IN_EVENTS * self.looks * arms
        )

    @property
    def summed_events(self) -> float:
        """Of these, what a flight takes that leaves its sums alone, in a process that has flown before."""
        arms = len(ARMS)
        return arms * (
            SUMMED_EVENTS_PER_TILE * self.tiles
            + SUMMED_EVENTS_PER_CONTACT * self.contacts
            + LOOK_S_IN_EVENTS * self.looks
        )

    @property
    def memory_bytes(self) -> int:
        """[byte] At most at a time."""
        arms = len(ARMS)
        return (
            BASE_BYTES
            + COMPILED_BYTES * self.is_compiled
            + PAINTED_BYTES * self.painted_px
            + (COLUMN_BYTES + OPPORTUNITY_BYTES * self.hands_out) * self.opportunities
            + min(self.tiles, MOST_TILES) * (FACTS_BYTES + arms * TILE_BYTES)
            + self.tiles * LASTING_BYTES
            + self.states * STATE_BYTES
            + self.contacts * arms * CONTACT_BYTES
        )

    @property
    def disk_bytes(self) -> int:
        """[byte] Of the results folder, without what comes of pixels."""
        return (
            PAGE_BYTES
            + ROW_BYTES * self.tiles * len(ARMS)
            + STATE_TEXT_BYTES * self.states
            + SHOWN_STATE_BYTES * self._shown_states
            + CONTACT_TEXT_BYTES * self.contacts
            + IMAGE_TEXT_BYTES * self.images
        )

    @property
    def _shown_states(self) -> int:
        return min(self.states, MOST_STATES)
