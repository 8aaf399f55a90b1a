"""What costs time, memory and disk: each unit cost in bytes, or in bare SimPy events of the same duration."""

from dataclasses import dataclass

from payload.products.czml import MOST_STATES
from payload.sim.arms import ARMS
from payload.sim.flights import MOST_TILES

EVENTS_PER_TILE = 60
"""Bare events per tile and arm beyond the tile's facts: story, sums, tables and page. Measured on flights of
15,036 and 16,864 tiles: 90 where a bare event took 0.5 us, 30 to 40 where it took 1.9."""
SUMMED_EVENTS_PER_TILE = 50
"""The part of these in a flight that produces only its sums: the story and the sums. Measured."""
EVENTS_PER_CONTACT = 120
"""Bare events per contact and arm, whatever it carries. Measured: 70 for the story, the rest for its rows."""
SUMMED_EVENTS_PER_CONTACT = 70
"""The part of these for the story. Measured."""
EVENTS_PER_STATE = 4.5
"""Bare events per satellite state, as text and as a point of the track. Measured."""
EVENTS_PER_SHOWN_STATE = 9
"""Bare events per state that the animation shows. Measured."""
LOOK_S_IN_EVENTS = 200
"""Bare events for checking what has changed for a satellite when the ground plans, and for what it then plans itself,
where plans are cached. Measured: 110 to 360."""
START_S_IN_EVENTS = 2_300_000
"""Bare events for what every run needs: imports, the checks, an empty report. Measured: 1.1 s."""
BASE_BYTES = 215_000_000
"""[byte] Memory of a process that has loaded what every run needs. Measured."""
COMPILED_S_IN_EVENTS = 1_500_000
"""Bare events for loading the compiler and its cached code. Measured: 0.7 s."""
COMPILED_BYTES = 120_000_000
"""[byte] Memory of the compiler, which painting and many glances load if it is installed. Measured."""
PAINTED_BYTES = 400
"""[byte] Memory per pixel of the tile being painted and masked, including its margin. Measured at 1,024 px."""
COLUMN_BYTES = 80
"""[byte] Memory of an opportunity as a row of columns. Measured."""
OPPORTUNITY_BYTES = 350
"""[byte] Further memory of an opportunity that is handed to planners. Measured."""
FACTS_BYTES = 900
"""[byte] Memory of the facts of a tile, once for all arms. Measured."""
TILE_BYTES = 1_100
"""[byte] Memory of a tile's entries and outcome, in each arm, for flights small enough to keep them all. Measured."""
LASTING_BYTES = 300
"""[byte] Memory of a tile in a long flight: its delivery, its name, and the masker's estimate. Measured."""
STATE_BYTES = 50
"""[byte] Memory of a satellite's state. Measured."""
CONTACT_BYTES = 500
"""[byte] Memory of a contact, in each arm. Measured."""
PAGE_BYTES = 5_100_000
"""[byte] On disk: the report, which includes its own plotting library. Measured."""
ROW_BYTES = 30
"""[byte] On disk: a tile's rows in all tables, in each arm, compressed. Measured."""
STATE_TEXT_BYTES, SHOWN_STATE_BYTES = 107, 43
"""[byte] On disk: a satellite's state as a line of its ephemeris and half a point of the track, and one that the animation
shows. Measured."""
CONTACT_TEXT_BYTES = 630
"""[byte] On disk: a contact in plan and tables. Measured."""
IMAGE_TEXT_BYTES = 1_500
"""[byte] On disk: an image's footprint, for maps and for the animation. Measured."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Amounts of everything that a run writes, reads and holds.

    Attributes:
        images: Images taken.
        tiles: Tiles of those images.
        states: States of all satellites over time.
        contacts: Contacts of all satellites.
        opportunities: Opportunities of all satellites.
        looks: Checks of what has changed when the ground plans.
        is_compiled: Whether the compiler is loaded.
        painted_px: [px] Pixels painted at a time; 0 where nothing is painted.
        hands_out: Whether planners are handed all opportunities at once.
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
        """Bare events for everything except geometry, plans and pixels."""
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
        """The part of these for a flight that produces only its sums, in a process that has flown before."""
        arms = len(ARMS)
        return arms * (
            SUMMED_EVENTS_PER_TILE * self.tiles
            + SUMMED_EVENTS_PER_CONTACT * self.contacts
            + LOOK_S_IN_EVENTS * self.looks
        )

    @property
    def memory_bytes(self) -> int:
        """[byte] Peak memory."""
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
        """[byte] Size of the results folder, without products of pixels."""
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
