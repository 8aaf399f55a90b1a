"""What was planned and what was known: the log of plans, of refusals and of facts."""

from collections.abc import Iterator
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
    """A plan as it was made, or as it flies from an uplink on: what changed against the one before at that place.

    Attributes:
        time_s: [s] When it was made; for one that was uplinked, when its last byte was up.
        place: Where: `ground`, or a satellite.
        why: What it was made upon.
        added: What is new, or foreseen anew, in order of time.
        dropped: Opportunities still to come that are not in it any more.
    """

    number: int
    time_s: float
    place: str
    why: str
    added: tuple[PlanItem, ...]
    dropped: tuple[str, ...] = ()


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

    def in_full(self) -> Iterator[tuple[PlanVersion, tuple[PlanItem, ...]]]:
        """Each version with all that was in it, in order of time."""
        standing: dict[str, dict[str, PlanItem]] = {}
        for version in self.versions:
            before = standing.get(version.place, {})
            gone = set(version.dropped)
            kept = {
                name: item
                for name, item in before.items()
                if name not in gone and item.start_s >= version.time_s
            }
            plan = kept | {item.opportunity: item for item in version.added}
            standing[version.place] = plan
            yield (
                version,
                tuple(sorted(plan.values(), key=lambda item: (item.start_s, item.opportunity))),
            )
