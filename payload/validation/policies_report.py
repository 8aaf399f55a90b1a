"""Results of all policies' flights together: means, paired differences, and the answer in a sentence."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from payload.validation.pairs import Interval, interval, paired
from payload.validation.policies import POLICIES, SEEDS, Flight
from payload.validation.reference_study import StudyRow

MEASURES = {
    "clear": "requests clear in time",
    "value": "value",
    "images": "images taken",
    "megabytes": "MB delivered",
    "latency_h": "median h to clear delivery",
}
CONTRASTS = (
    ("next_opportunity", "none"),
    ("ground_loop", "none"),
    ("on_board", "ground_loop"),
    ("look_ahead", "on_board"),
    ("look_ahead", "ground_loop"),
    ("look_ahead", "next_opportunity"),
)
"""Which policy is compared with which."""
Case = tuple[int, bool]
"""Number of satellites, and whether there are deadlines."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """The difference of two policies in one measure, paired by sky."""

    satellites: int
    deadlines: bool
    policy: str
    other: str
    measure: str
    difference: Interval
    share: float

    @property
    def words(self) -> str:
        """The difference and its interval, and a note if it is not resolved."""
        one = self.difference
        text = f"{one.mean:+.1f} ({one.low:+.1f} to {one.high:+.1f})"
        return text if one.is_resolved else f"{text}, not resolved"


@dataclass(frozen=True, slots=True)
class PoliciesReport:
    """All flights of the study, and the reference study on bare opportunities if it was made."""

    scenario: str
    flights: tuple[Flight, ...]
    study: tuple[StudyRow, ...] = ()

    @property
    def cases(self) -> list[Case]:
        """Cases flown without pixels: small fleets first, each first with deadlines."""
        return sorted(
            {(one.satellites, one.deadlines) for one in self.of("surrogate")},
            key=lambda case: (case[0], not case[1]),
        )

    def of(self, fidelity: str) -> list[Flight]:
        """The flights of one fidelity."""
        return [one for one in self.flights if one.fidelity == fidelity]

    def seeds(self, case: Case, fidelity: str = "surrogate") -> int:
        """Number of skies under which a case was flown."""
        return len({one.seed for one in self._case(case, fidelity)})

    def mean(
        self, case: Case, policy: str, measure: str, fidelity: str = "surrogate"
    ) -> Interval | None:
        """Mean and interval of a measure; None if fewer than two flights have it."""
        found = [
            value for value in self._values(case, policy, measure, fidelity) if value is not None
        ]
        return interval(found) if len(found) > 1 else None

    def contrast(self, case: Case, policy: str, other: str, measure: str) -> Contrast:
        """One policy against another."""
        ours, theirs = self._values(case, policy, measure), self._values(case, other, measure)
        pairs = [
            (one, two)
            for one, two in zip(ours, theirs, strict=True)
            if one is not None and two is not None
        ]
        base = math.fsum(two for _, two in pairs)
        share = (math.fsum(one for one, _ in pairs) - base) / base if base else 0.0
        difference = paired([one for one, _ in pairs], [two for _, two in pairs])
        return Contrast(*case, policy, other, measure, difference, share)

    def contrasts(self) -> list[Contrast]:
        """All reported contrasts, case by case."""
        return [
            self.contrast(case, policy, other, measure)
            for case in self.cases
            for policy, other in CONTRASTS
            for measure in ("value", "clear", "images", "megabytes")
        ]

    def ranking(self, case: Case) -> list[str]:
        """Policies by mean value, the best first."""
        return sorted(POLICIES, key=lambda name: -statistics.fmean(self._value_of(case, name)))

    def best(self, case: Case) -> Contrast:
        """The best policy of a case against the next best, in value."""
        first, second = self.ranking(case)[:2]
        return self.contrast(case, first, second, "value")

    def answer(self) -> str:
        """When it pays to know on board, in one sentence."""
        images = [self.contrast(case, "look_ahead", "ground_loop", "images") for case in self.cases]
        sent = [
            self.contrast(case, "look_ahead", "ground_loop", "megabytes") for case in self.cases
        ]
        value = [self.contrast(case, "look_ahead", "ground_loop", "value") for case in self.cases]
        after = [self.contrast(case, "on_board", "ground_loop", "value") for case in self.cases]
        return (
            f"Detecting clouds before an image is taken pays: compared with planning through the ground, a satellite that "
            f"looks ahead takes {_span(images)} images, sends {_span(sent)} bytes and changes the value by "
            f"{_span(value, more=True)} ({_count(value)}); detecting them on board after an image changes the value by "
            f"{_span(after, more=True)} ({_count(after)})."
        )

    def lines(self) -> list[str]:
        """The answer, and the best policy of each case, for a person."""
        found = [self.answer()]
        for case in self.cases:
            one = self.best(case)
            found.append(
                f"{case_words(case)}: {one.policy} has the highest value; against {one.other} {one.words}"
            )
        return found

    def notes(self) -> list[str]:
        """Cases flown under too few skies, and cases in which `look_ahead` falls short of `next_opportunity`."""
        found = [
            f"{case_words(case)}: {self.seeds(case)} skies, fewer than {SEEDS}; run the command again to continue"
            for case in self.cases
            if self.seeds(case) < SEEDS
        ]
        for case in self.cases:
            one = self.contrast(case, "look_ahead", "next_opportunity", "value")
            if one.difference.high < 0.0:
                found.append(
                    f"{case_words(case)}: look_ahead has less value than next_opportunity, {one.words}"
                )
        return found

    def _case(self, case: Case, fidelity: str) -> list[Flight]:
        return [one for one in self.of(fidelity) if (one.satellites, one.deadlines) == case]

    def _values(
        self, case: Case, policy: str, measure: str, fidelity: str = "surrogate"
    ) -> list[float | None]:
        own = [one for one in self._case(case, fidelity) if one.policy == policy]
        return [getattr(one, measure) for one in sorted(own, key=lambda one: one.seed)]

    def _value_of(self, case: Case, policy: str) -> list[float]:
        return [value for value in self._values(case, policy, "value") if value is not None]


def case_words(case: Case) -> str:
    """A case in words."""
    satellites, deadlines = case
    fleet = "1 satellite" if satellites == 1 else f"{satellites} satellites"
    return f"{fleet}, {'with' if deadlines else 'without'} deadlines"


def _span(found: Sequence[Contrast], *, more: bool = False) -> str:
    """Least and greatest share, as `40 to 60 % fewer`, `5 % fewer to 8 % more` or, signed, `-3 to +8 %`."""
    shares = sorted(round(100.0 * one.share) for one in found)
    least, most = shares[0], shares[-1]
    if more:
        return f"{least:+} to {most:+} %"
    if most <= 0.0:
        return f"{-most} to {-least} % fewer"
    if least < 0.0:
        return f"{-least} % fewer to {most} % more"
    return f"{least} to {most} % more"


def _count(found: Sequence[Contrast]) -> str:
    up = sum(one.difference.low > 0.0 for one in found)
    down = sum(one.difference.high < 0.0 for one in found)
    parts = [f"more in {up} of {len(found)} cases"]
    parts += [f"less in {down}"] if down else []
    parts += [f"not resolved in {len(found) - up - down}"] if up + down < len(found) else []
    return ", ".join(parts)
