"""The images that the ground has heard of, so kept that a plan looks at few of them, however long the flight."""

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from heapq import merge

from payload.plans import Limits, still_felt
from payload.types import Opportunity


@dataclass
class Heard:
    """Images by satellite in order of their ends, and those that plans could touch.

    Attributes:
        limits: Of every plan; budgets of an orbit are reckoned with even if there are none.
    """

    limits: Limits
    _of: dict[str, list[Opportunity]] = field(default_factory=dict[str, list[Opportunity]])
    _felt: list[Opportunity] = field(default_factory=list[Opportunity])

    def __post_init__(self) -> None:
        self.limits = replace(self.limits, images_per_orbit=0)

    def add(self, item: Opportunity) -> None:
        """The ground hears of an image for the first time."""
        insort(self._of.setdefault(item.satellite, []), item, key=_by_end)
        self._felt.append(item)

    def felt(self, now_s: float) -> list[Opportunity]:
        """All that a plan made now or later could touch."""
        self._felt = still_felt(self._felt, now_s, self.limits)
        return self._felt

    def came_in(self, satellite: str, besides: Iterable[Opportunity]) -> Iterable[Opportunity]:
        """A satellite's images, the last first, with others of which the ground has not heard."""
        others = sorted(besides, key=_by_end, reverse=True)
        return merge(others, reversed(self._of.get(satellite, ())), key=_by_end, reverse=True)


def _by_end(item: Opportunity) -> tuple[float, int]:
    return item.end_s, item.volume_bytes
