"""The vicinity of a chance: which chances of a satellite exclude each other, by their places in a calendar."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from payload.planning.calendar import Columns
from payload.plans import Limits
from payload.types import Opportunity

Key = tuple[float, float, float, int]
"""Start, end, roll, place: the order of plans."""
_ROUNDING_S = 1e-6  # more than the rounding error of any sum of seconds in a flight


class Vicinity:
    """The chances of a fleet, and the turns between them.

    Attributes:
        target: Number of each target.
        satellite: Number of each satellite.
    """

    def __init__(self, columns: Columns, limits: Limits) -> None:
        self._columns, self._limits = columns, limits
        self._start_s, self._end_s = columns.start_s, columns.end_s
        self.target = {name: number for number, name in enumerate(columns.targets)}
        self.satellite = {name: number for number, name in enumerate(columns.satellites)}
        self._reach_s = (
            max(columns.duration_s, default=0.0)
            + limits.settle_s
            + (max(columns.roll_deg, default=0.0) - min(columns.roll_deg, default=0.0))
            / limits.slew_deg_per_s
            + _ROUNDING_S
        )

    def key(self, place: int) -> Key:
        """Sort key of plans."""
        return self._start_s[place], self._end_s[place], self._columns.roll_deg[place], place

    def place_of(self, item: Opportunity) -> int:
        """Place of an image in the calendar."""
        columns, satellite = self._columns, self.satellite[item.satellite]
        chances = columns.of_target[self.target[item.target]]
        at = bisect_left(chances, item.start_s, key=self._start_s.__getitem__)
        while columns.satellite[chances[at]] != satellite:  # two may pass at the same time
            at += 1
        return chances[at]

    def near(self, places: Sequence[int], place: int, from_s: float) -> Sequence[int]:
        """Those of a satellite's places, in time order, from a time on [s], that `place` could exclude; without itself."""
        first_s, last_s = self._start_s[place] - self._reach_s, self._end_s[place] + self._reach_s
        start_of = self._start_s.__getitem__
        first = bisect_left(places, max(first_s, from_s), key=start_of)
        last = bisect_right(places, last_s, lo=first, key=start_of)
        return [other for other in places[first:last] if other != place]

    def clash(self, one: int, other: int) -> bool:
        """Whether there is no time to turn between two chances of a satellite; `Limits.allow`, to the last bit."""
        first, second = (one, other) if one < other else (other, one)
        roll_deg, limits = self._columns.roll_deg, self._limits
        turn_s = limits.settle_s + abs(roll_deg[second] - roll_deg[first]) / limits.slew_deg_per_s
        return not self._start_s[second] >= self._end_s[first] + turn_s
