"""What was planned and what was known: the log of plans, of refusals and of facts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fact:
    """What one place knows of an image that was taken.

    Attributes:
        image: Id of its opportunity.
        taken_s: [s] When it was taken.
        known_s: [s] Since when the place has known this.
        cover: By the masker, never by truth; None if not known yet.
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
    """A plan as made, or as flown from an uplink on: its changes from the previous one at that place.

    Attributes:
        time_s: [s] When it was made; for one that was uplinked, when its last byte was up.
        place: Where: `ground`, or a satellite.
        why: What prompted it.
        added: What is new or has a new forecast, in order of time.
        dropped: Opportunities still to come that are no longer in it.
    """

    number: int
    time_s: float
    place: str
    why: str
    added: tuple[PlanItem, ...]
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An image that was planned but not taken, and why."""

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
