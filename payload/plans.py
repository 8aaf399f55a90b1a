"""The nouns of planning: what a planner may know, which limits it must respect, and what it returns."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from payload.types import Opportunity
from payload.units import S_PER_DAY

WIDEST_TURN_DEG = 360.0
"""[deg] No turn in roll is larger."""


@dataclass(frozen=True, slots=True)
class Room:
    """Mass memory as a planner sees it.

    An image occupies memory from its end on; a contact frees memory at its end, never beyond the capacity.

    Attributes:
        free_bytes: [byte] Free now.
        contacts: End of each coming contact [s], ascending, and the most bytes that it frees.
        capacity_bytes: [byte] Most that can be free; None if that is `free_bytes`.
    """

    free_bytes: int
    contacts: tuple[tuple[float, int], ...] = ()
    capacity_bytes: int | None = None

    @property
    def most_bytes(self) -> int:
        """[byte] Most that can be free."""
        return self.free_bytes if self.capacity_bytes is None else self.capacity_bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What every plan must respect; the defaults limit nothing.

    Orbits of a satellite are counted from the epoch: number floor(start_s / orbit_s). Budgets apply to
    each orbit, for all images that start in it.

    Attributes:
        settle_s: [s] Between two images, besides the turn.
        slew_deg_per_s: [deg/s] Of a turn in roll from image to image.
        orbit_s: [s] Length of an orbit, by satellite; if missing, all time is one orbit.
        images_per_orbit: Most images in an orbit; None for no limit.
        imaging_s_per_orbit: [s] Longest total imaging time in an orbit.
        joules_per_image: [J] Energy that an image takes.
        joules_per_orbit: [J] Energy that all images of an orbit may take.
        rooms: Mass memory by satellite; a satellite that is missing has no memory limit.
    """

    settle_s: float = 0.0
    slew_deg_per_s: float = math.inf
    orbit_s: Mapping[str, float] = field(default_factory=dict[str, float])
    images_per_orbit: int | None = None
    imaging_s_per_orbit: float = math.inf
    joules_per_image: float = 0.0
    joules_per_orbit: float = math.inf
    rooms: Mapping[str, Room] = field(default_factory=dict[str, Room])

    def turn_s(self, first: Opportunity, second: Opportunity) -> float:
        """[s] From the end of one image to the start of another: settling, and the turn between them."""
        return self.settle_s + abs(second.roll_deg - first.roll_deg) / self.slew_deg_per_s

    def allow(self, first: Opportunity, second: Opportunity) -> bool:
        """Whether one satellite can take the second image after the first."""
        return second.start_s >= first.end_s + self.turn_s(first, second)

    def orbit_of(self, item: Opportunity) -> int:
        """Number of the orbit in which an image starts."""
        return self.orbit_at(item.satellite, item.start_s)

    def orbit_at(self, satellite: str, time_s: float) -> int:
        """Number of a satellite's orbit at a time."""
        return math.floor(time_s / self.orbit_s.get(satellite, math.inf))

    @property
    def most_images(self) -> int | None:
        """Most images in an orbit that count and energy limits allow; None for no limit."""
        if self.joules_per_image <= 0.0 or math.isinf(self.joules_per_orbit):
            return self.images_per_orbit
        by_energy = math.floor(self.joules_per_orbit / self.joules_per_image)
        return by_energy if self.images_per_orbit is None else min(by_energy, self.images_per_orbit)


@dataclass(frozen=True, slots=True)
class PlanContext:
    """All that a planner may know at `now_s`: pending targets and their remaining opportunities.

    Attributes:
        now_s: [s] Nothing starts earlier.
        opportunities: In any order; their ids are unique.
        pending: Targets that are wanted; each is taken at most once.
        priorities: By target; 1 where missing.
        busy_until_s: [s] By satellite: when its last image ended.
        limits: What every plan must respect.
        p_clear: Probability that an image will be clear, by opportunity; 1 where missing.
        climate_clear: The same from the climate alone; as `p_clear` where missing.
        deadlines_s: [s] By target: an image must end by then; no deadline where missing.
        not_before_s: [s] By target: no image starts earlier; at any time where missing.
        missed: How often a target's opportunities went by, by target.
        committed: Images that no plan may disturb, flown or to be flown, feasible together. They count
            towards the limits, and the targets of those that have not ended are not taken again. Of those
            flown, it has at least all of the current day, all of the current orbit, and those after which
            a satellite may still be turning.
    """

    now_s: float
    opportunities: Sequence[Opportunity]
    pending: frozenset[str]
    priorities: Mapping[str, float]
    busy_until_s: Mapping[str, float]
    limits: Limits = field(default_factory=Limits)
    p_clear: Mapping[str, float] = field(default_factory=dict[str, float])
    climate_clear: Mapping[str, float] = field(default_factory=dict[str, float])
    deadlines_s: Mapping[str, float] = field(default_factory=dict[str, float])
    not_before_s: Mapping[str, float] = field(default_factory=dict[str, float])
    missed: Mapping[str, int] = field(default_factory=dict[str, int])
    committed: Sequence[Opportunity] = ()

    def value(self, item: Opportunity) -> float:
        """What an image is expected to be worth: priority times P(clear)."""
        return self.priorities.get(item.target, 1.0) * self.p_clear.get(item.id, 1.0)

    def values(self, items: Iterable[Opportunity]) -> list[float]:
        """The same for each of several images."""
        priority, p_clear = self.priorities.get, self.p_clear.get
        return [priority(item.target, 1.0) * p_clear(item.id, 1.0) for item in items]

    @property
    def to_come(self) -> list[Opportunity]:
        """The commitments that have not ended yet."""
        return [item for item in self.committed if item.end_s > self.now_s]

    def open_items(self) -> list[Opportunity]:
        """Opportunities that may be planned, each considered alone, by start, then id.

        The target is pending and not committed; the image does not start before now, before its target
        allows it, or before its satellite has settled; it ends by its target's deadline.
        """
        wanted = self.pending - {item.target for item in self.to_come}
        ready_s = {name: end_s + self.limits.settle_s for name, end_s in self.busy_until_s.items()}
        early, late, now_s = self.not_before_s, self.deadlines_s, self.now_s
        found = [
            item
            for item in self.opportunities
            if item.target in wanted
            and item.start_s >= now_s
            and (not ready_s or item.start_s >= ready_s.get(item.satellite, -math.inf))
            and (not early or item.start_s >= early.get(item.target, -math.inf))
            and (not late or item.end_s <= late.get(item.target, math.inf))
        ]
        found.sort(key=attrgetter("start_s", "id"))
        return found


def still_felt(committed: Sequence[Opportunity], now_s: float, limits: Limits) -> list[Opportunity]:
    """Commitments that can still affect a plan made now: of this day and this orbit, just ended, or still to come."""
    day_s = math.floor(now_s / S_PER_DAY) * S_PER_DAY
    turned_s = limits.settle_s + WIDEST_TURN_DEG / limits.slew_deg_per_s
    has_budget = limits.most_images is not None or limits.imaging_s_per_orbit < math.inf
    return [
        item
        for item in committed
        if item.start_s >= day_s
        or item.end_s + turned_s >= now_s
        or (has_budget and limits.orbit_of(item) >= limits.orbit_at(item.satellite, now_s))
    ]


@dataclass(frozen=True, slots=True)
class Plan:
    """Opportunity ids in time order, their value, and an upper bound on any plan's value where known.

    The value is the expected one: the sum of priority times P(clear).
    """

    opportunity_ids: tuple[str, ...]
    value: float
    bound: float | None = None
