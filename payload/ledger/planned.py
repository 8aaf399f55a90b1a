"""What was planned and what was known: the log of plans, of refusals and of facts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """What one place knows of an image that was taken.

    Attributes:
        image: Its opportunity.
        taken_s: [s] When it was taken.
        known_s: [s] Since when the place knows this.
        cover: By the masker, never by truth; None while nobody has told.
    """

    place: str
    image: str
    target: str
    satellite: str
    taken_s: float
    known_s: float
    cover: float | None


@dataclass(frozen=True, slots=True)
class PlanItem:
    """An opportunity in a plan."""

    satellite: str
    target: str
    opportunity: str
    start_s: float
    p_clear: float | None


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A plan as it was made, or as it flies from an uplink on.

    Attributes:
        time_s: [s] When it was made; for one that was uplinked, when its last byte was up.
        place: Where: `ground`, or a satellite.
        why: What it was made upon.
        items: In order of time.
    """

    number: int
    time_s: float
    place: str
    why: str
    items: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An image that was planned and not taken, and why."""

    time_s: float
    satellite: str
    target: str
    opportunity: str
    why: str


@dataclass(frozen=True, slots=True)
class LoopLog:
    """Planning and knowledge of one flight, each in order of time."""

    versions: tuple[PlanVersion, ...] = ()
    not_taken: tuple[NotTaken, ...] = ()
    facts: tuple[Fact, ...] = ()
