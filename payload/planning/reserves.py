"""Places assigned to other satellites: the odds that one is still open when a satellite sees it clear.

A satellite that skips a cloudy place reports this to the ground in its next contact, and others learn of it with the plan
after that. Until then, satellites that pass over the place know what came up with the last plan: until when the ground had
heard of each satellite, and the opportunities of all, as orbits are known. Together with a forecast, or else the share of
clear places among those they have looked at, this gives the probability that the place was cloudy whenever another satellite
could have taken it, given that it is clear now. A satellite that has seen no cloud takes no place of others.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from payload.planning.draft import Draft
from payload.types import Opportunity


def odds_all_cloudy(
    clear_s: float, earlier: Iterable[tuple[float, float]], *, memory_s: float
) -> float:
    """Probability that a place that is clear at one time was cloudy at all of some earlier times.

    The sky over the place is modelled as a time-reversible two-state Markov chain: its memory decays as exp(-time / memory),
    towards the P(clear) of each time.

    Args:
        clear_s: [s] When it is clear.
        earlier: Times [s] and their P(clear), the latest first.
        memory_s: [s] Of the sky.
    """
    odds, later_s, was_clear = 1.0, clear_s, True
    for time_s, p_clear in earlier:
        kept = math.exp((time_s - later_s) / memory_s)
        odds *= (1.0 - p_clear) * (1.0 - kept) + (0.0 if was_clear else kept)
        later_s, was_clear = time_s, False
    return odds


@dataclass
class Reserves:
    """The odds of all places, as satellites can compute them from a draft.

    Every opportunity of another satellite counts as one that it would have used if it was clear; so the odds are, if
    anything, too small. Assumption.

    Attributes:
        opportunities: Of all satellites.
        memory_s: [s] Decay time of the sky over a place.
        least: Below these odds a place is left to others; None leaves all to others.
    """

    opportunities: Iterable[Opportunity]
    memory_s: float
    least: float | None
    _of: dict[str, list[Opportunity]] = field(init=False)
    _starts_s: dict[str, list[float]] = field(init=False)
    _looks: dict[str, tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        found: defaultdict[str, list[Opportunity]] = defaultdict(list)
        for item in sorted(self.opportunities, key=lambda item: (item.start_s, item.id)):
            found[item.target].append(item)
        self._of = dict(found)
        self._starts_s = {name: [item.start_s for item in own] for name, own in found.items()}
        self._looks = {}

    def names(self, draft: Draft) -> frozenset[str]:
        """Targets that no satellite is known to have taken and that the first to pass may take."""
        if self.least is None:
            return frozenset()
        return frozenset(name for name, from_s in draft.open_from_s.items() if from_s < math.inf)

    def look(self, satellite: str, *, is_clear: bool) -> None:
        """Record that a satellite has looked at a place."""
        clear, all_looks = self._looks.get(satellite, (0, 0))
        self._looks[satellite] = clear + is_clear, all_looks + 1

    def usual(self, satellite: str) -> float:
        """The share of clear places among those that a satellite has looked at; 1 before the first."""
        clear, all_looks = self._looks.get(satellite, (1, 1))
        return clear / all_looks

    def odds(self, item: Opportunity, draft: Draft) -> float:
        """Odds that no other satellite has taken the target, given that it is seen clear; 0 if below `least`."""
        found = odds_all_cloudy(item.start_s, self._earlier(item, draft), memory_s=self.memory_s)
        return found if self.least is not None and found >= self.least else 0.0

    def _earlier(self, item: Opportunity, draft: Draft) -> Sequence[tuple[float, float]]:
        """Opportunities of others for the same target whose outcome the draft could not know, the latest first."""
        from_s, usual = draft.open_from_s.get(item.target, math.inf), self.usual(item.satellite)
        starts_s = self._starts_s[item.target]
        before = self._of[item.target][
            bisect_left(starts_s, from_s) : bisect_left(starts_s, item.start_s)
        ]
        return [
            (other.start_s, draft.p_clear.get(other.id, usual))
            for other in reversed(before)
            if other.satellite != item.satellite
            and other.start_s >= draft.told_until_s[other.satellite]
        ]
