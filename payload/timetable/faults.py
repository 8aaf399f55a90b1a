"""What breaks, and when: a timetable made before the flight, the same for all arms.

Random faults follow each other at exponential intervals (a Poisson process while nothing is broken), drawn
from a stream keyed by the seed, the kind and what is affected, so that one more fault changes no others. How
long they last is given, or exponential too: an alternating renewal process (Barlow and Proschan, Mathematical
Theory of Reliability, chapter 3), whose long-run availability is between / (between + repair).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.downlink import with_loss
from payload.downlink.outages import Outage
from payload.errors import ScenarioError
from payload.rng import stream
from payload.scenario.faults import FaultKind, FaultModel
from payload.scenario.models import Scenario
from payload.types import ContactWindow, RateProfile
from payload.units import S_PER_H

BOOT_S = 60.0
"""[s] Assumption: time in which a computer boots whose profile does not state it."""
HALF_POWER = 0.5
"""Share of the radiated power that is left; a link that does not know its power carries that share of its rate."""
_MOST_FAULTS = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that breaks.

    Attributes:
        who: The station or the satellite.
        start_s: [s] When it breaks.
        end_s: [s] When it works again; infinite if never.
        frame_loss: Probability with which a frame is lost meanwhile, for `frame_loss`.
        banks: How many banks are left before this one goes, for `memory_bank`.
    """

    kind: FaultKind
    who: str
    start_s: float
    end_s: float
    frame_loss: float = 0.0
    banks: int = 1


def timetable(scenario: Scenario, *, boot_s: float | None) -> tuple[Fault, ...]:
    """All faults of a flight, in time order.

    Args:
        scenario: Says what may break.
        boot_s: [s] Boot time in the computer's profile; None if it gives none.

    Raises:
        ScenarioError: Too many are expected.
    """
    satellites = [craft.name for craft in scenario.fleet]
    stations = [station.name for station in scenario.stations]
    found: list[Fault] = []
    numbers: Counter[FaultKind] = Counter()
    for model in scenario.faults:
        everybody = stations if model.strikes_stations else satellites
        chance = _Chance(scenario.seed, scenario.duration_s, numbers[model.kind])
        numbers[model.kind] += 1
        for who in everybody if model.who is None else [model.who]:
            found += _befalling(model, who, chance, boot_s)
    in_order = sorted(found, key=lambda fault: (fault.start_s, fault.kind, fault.who))
    return tuple(_with_banks_left(in_order))


@dataclass(frozen=True, slots=True)
class _Chance:
    """What random faults need: the seed, the length of the flight, and the number of the model among those of its kind."""

    seed: int
    span_s: float
    number: int

    def spans_s(self, model: FaultModel, who: str, lasts_s: float) -> list[tuple[float, float]]:
        """[s] Begin and end of each fault, the next drawn from the end of the last.

        The draws are in units of the means, so that longer means stretch the same sequence. A lost bank ends
        at once, as it does not keep others from being lost.
        """
        mean_s = (model.mean_between_h or 0.0) * S_PER_H
        if self.span_s > _MOST_FAULTS * mean_s:
            raise ScenarioError(
                f"the fault {model.kind} every {mean_s:g} s is too frequent for this flight:"
                f" expected at most {_MOST_FAULTS:,} of a kind; raise mean_between_h"
            )
        draws = stream(self.seed, "fault", model.kind, who, self.number)
        repair_s = None if model.mean_repair_h is None else model.mean_repair_h * S_PER_H
        spans_s, now_s = list[tuple[float, float]](), mean_s * float(draws.standard_exponential())
        while now_s <= self.span_s:
            if repair_s is not None:
                lasts_s = repair_s * float(draws.standard_exponential())
            spans_s.append((now_s, now_s + lasts_s))
            now_s += lasts_s + mean_s * float(draws.standard_exponential())
        return spans_s


def _befalling(model: FaultModel, who: str, chance: _Chance, boot_s: float | None) -> list[Fault]:
    lasts_s = math.inf if model.lasts_h is None else model.lasts_h * S_PER_H
    if model.kind == "processor_reset" and model.lasts_h is None:
        lasts_s = BOOT_S if boot_s is None else boot_s
    is_bank = model.kind == "memory_bank"
    if model.at_h is not None:
        start_s = model.at_h * S_PER_H
        spans_s = [(start_s, start_s + lasts_s)]
    else:
        spans_s = chance.spans_s(model, who, 0.0 if is_bank else lasts_s)
    return [
        Fault(
            model.kind, who, start_s, math.inf if is_bank else end_s, model.frame_loss, model.banks
        )
        for start_s, end_s in spans_s
        if start_s <= chance.span_s
    ]


def _with_banks_left(faults: Iterable[Fault]) -> Iterator[Fault]:
    """The same faults, with no more banks lost than each satellite has, and in each the number that was left."""
    gone: Counter[str] = Counter()
    for fault in faults:
        if fault.kind != "memory_bank":
            yield fault
        elif gone[fault.who] < fault.banks:
            yield replace(fault, banks=fault.banks - gone[fault.who])
            gone[fault.who] += 1


@dataclass(frozen=True)
class Faults:
    """The timetable of faults, for queries."""

    all: tuple[Fault, ...] = ()

    def aboard(self, satellite: str) -> list[Fault]:
        """Faults of one satellite, in time order; a station may have the same name."""
        return [
            fault for fault in self.all if fault.who == satellite and fault.kind != "station_out"
        ]

    @property
    def outages(self) -> list[Outage]:
        """When stations are out: their contacts are cut before the flight."""
        return [
            Outage(fault.who, fault.start_s, fault.end_s)
            for fault in self.all
            if fault.kind == "station_out"
        ]

    def weakened(
        self,
        profile: RateProfile,
        window: ContactWindow,
        dimmed: Callable[[], RateProfile] | None = None,
    ) -> RateProfile:
        """The rate profile of a contact with faults applied.

        Frames are lost in addition to those that the link loses by itself. Contacts of stations that are out are cut already.

        Args:
            profile: As given by the link.
            window: The contact.
            dimmed: The same contact at half the power; None for a link that does not know its power: half the rate.
        """
        for fault in self._bearing("frame_loss", window.satellite):
            profile = with_loss(profile, fault.frame_loss, fault.start_s, fault.end_s)
        weak = self._bearing("half_power", window.satellite)
        if not weak:
            return profile
        edges = {edge for fault in weak for edge in (fault.start_s, fault.end_s)}
        first_s, last_s = float(profile.time_s[0]), float(profile.time_s[-1])
        inside = sorted(edge for edge in edges if first_s < edge < last_s)
        if not any(fault.end_s > first_s and fault.start_s < last_s for fault in weak):
            return profile
        weaker = dimmed() if dimmed else None
        steps = (
            ()
            if weaker is None
            else weaker.time_s[(weaker.time_s > first_s) & (weaker.time_s < last_s)]
        )
        times_s = np.union1d(np.union1d(profile.time_s, steps), np.array(inside))
        before = np.searchsorted(profile.time_s, times_s, side="right") - 1
        rates = profile.rate_bps[before]
        is_weak = np.array([_at(weak, time_s) for time_s in times_s.tolist()])
        rates = np.where(is_weak, _rates_at(times_s, weaker, rates), rates)
        loss = None if profile.extra_loss is None else profile.extra_loss[before]
        return replace(profile, time_s=times_s, rate_bps=rates, extra_loss=loss)

    def resets(self, satellite: str) -> bool:
        """Whether a satellite's computer is ever reset."""
        return bool(self._bearing("processor_reset", satellite))

    def ready_s(self, satellite: str, now_s: float) -> float:
        """[s] When the computer is ready: now, or after it has booted."""
        for fault in self._bearing("processor_reset", satellite):
            if fault.start_s <= now_s < fault.end_s:
                now_s = fault.end_s
        return now_s

    def next_reset_s(self, satellite: str, now_s: float) -> float:
        """[s] Next reset of the computer after now; infinite if there is none."""
        resets = self._bearing("processor_reset", satellite)
        return min((fault.start_s for fault in resets if fault.start_s > now_s), default=math.inf)

    def _bearing(self, kind: FaultKind, who: str) -> list[Fault]:
        return self._by_bearer.get((kind, who), [])

    @cached_property
    def _by_bearer(self) -> dict[tuple[FaultKind, str], list[Fault]]:
        found = defaultdict[tuple[FaultKind, str], list[Fault]](list)
        for fault in self.all:
            found[fault.kind, fault.who].append(fault)
        return found


def _at(faults: list[Fault], time_s: float) -> bool:
    return any(fault.start_s <= time_s < fault.end_s for fault in faults)


def _rates_at(
    times_s: NDArray[np.float64], weaker: RateProfile | None, rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """[bit/s] Rates at half the power: those of the link, or half of `rates`."""
    if weaker is None:
        return rates * HALF_POWER
    piece = np.searchsorted(weaker.time_s, times_s, side="right") - 1
    return np.where(piece >= 0, weaker.rate_bps[np.maximum(piece, 0)], 0.0)
