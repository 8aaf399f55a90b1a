"""The images that the ground has heard of, stored so that a plan examines few of them, however long the flight."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import merge

from payload.plans import Limits, still_felt
from payload.types import Opportunity


@dataclass
class Heard:
    """Images by satellite in order of their ends, and those that can still affect plans.

    Attributes:
        limits: Of every plan; treated as having a budget per orbit even if there is none.
    """

    limits: Limits
    _of: dict[str, list[Opportunity]] = field(default_factory=dict[str, list[Opportunity]])
    _felt: list[Opportunity] = field(default_factory=list[Opportunity])

    def __post_init__(self) -> None:
        self.limits = replace(self.limits, images_per_orbit=0)

    def add(self, item: Opportunity) -> None:
        """Add an image of which the ground hears for the first time."""
        insort(self._of.setdefault(item.satellite, []), item, key=_by_end)
        self._felt.append(item)

    def felt(self, now_s: float) -> list[Opportunity]:
        """Images that can affect a plan made now or later."""
        self._felt = still_felt(self._felt, now_s, self.limits)
        return self._felt

    def came_in(self, satellite: str, besides: Iterable[Opportunity]) -> Iterable[Opportunity]:
        """A satellite's images, the latest first, merged with others of which the ground has not heard."""
        others = sorted(besides, key=_by_end, reverse=True)
        return merge(others, reversed(self._of.get(satellite, ())), key=_by_end, reverse=True)


def _by_end(item: Opportunity) -> tuple[float, int]:
    return item.end_s, item.volume_bytes
