"""What breaks, and when: a timetable made before the flight, equal for all arms.

Faults by chance follow each other by exponential times (a Poisson process while nothing is broken), drawn
from a stream of the seed, the kind and whom it befalls, so that one more fault changes nobody else's.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from payload.downlink import with_loss
from payload.rng import stream
from payload.scenario.faults import FaultKind, FaultModel
from payload.scenario.models import Scenario
from payload.types import ContactWindow, RateProfile
from payload.units import S_PER_H

BOOT_S = 60.0
"""[s] Assumption: a computer whose profile does not say so starts in this time."""
HALF_POWER = 0.5
"""Share of the radiated power, and by `weakened_rate` of the rate, that is left."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that breaks.

    Attributes:
        who: The station or the satellite.
        start_s: [s] When it breaks.
        end_s: [s] When it works again; infinite if never.
        frame_loss: What a frame is lost with meanwhile, for `frame_loss`.
        banks: How many banks are left before this one goes, for `memory_bank`.
    """

    kind: FaultKind
    who: str
    start_s: float
    end_s: float
    frame_loss: float = 0.0
    banks: int = 1


def timetable(scenario: Scenario, *, boot_s: float | None) -> tuple[Fault, ...]:
    """All faults of a flight, in order of time; `boot_s` is what the computer's profile says."""
    satellites = [satellite.name for satellite in scenario.satellites]
    stations = [station.name for station in scenario.stations]
    found: list[Fault] = []
    for model in scenario.faults:
        everybody = stations if model.strikes_stations else satellites
        for who in everybody if model.who is None else [model.who]:
            found += _befalling(
                model, who, span_s=scenario.duration_s, boot_s=boot_s, seed=scenario.seed
            )
    return tuple(sorted(found, key=lambda fault: (fault.start_s, fault.kind, fault.who)))


def _befalling(
    model: FaultModel, who: str, *, span_s: float, boot_s: float | None, seed: int
) -> list[Fault]:
    lasts_s = math.inf if model.lasts_h is None else model.lasts_h * S_PER_H
    if model.kind == "processor_reset" and model.lasts_h is None:
        lasts_s = BOOT_S if boot_s is None else boot_s
    if model.at_h is not None:
        starts_s = [model.at_h * S_PER_H]
    else:
        draws = stream(seed, "fault", model.kind, who, str(model.mean_between_h))
        mean_s = (model.mean_between_h or 0.0) * S_PER_H
        starts_s, now_s = [], float(draws.exponential(mean_s))
        pause_s = 0.0 if model.kind == "memory_bank" else lasts_s
        while now_s <= span_s:
            starts_s.append(now_s)
            now_s += pause_s + float(draws.exponential(mean_s))
    if model.kind == "memory_bank":
        starts_s, lasts_s = starts_s[: model.banks], math.inf
    return [
        Fault(model.kind, who, start_s, start_s + lasts_s, model.frame_loss, model.banks - number)
        for number, start_s in enumerate(starts_s)
        if start_s <= span_s
    ]


def weakened_rate(rate_bps: float, power_share: float) -> float:
    """[bit/s] With a share of the radiated power.

    At a given energy a bit the rate goes with the power. A link that knows its EIRP may lower that instead
    (-3 dB for the half) and find its own rate; this is the place.
    """
    return rate_bps * power_share


@dataclass(frozen=True, slots=True)
class Faults:
    """The timetable, asked by those whom it befalls."""

    all: tuple[Fault, ...] = ()

    def of(self, who: str) -> list[Fault]:
        """What befalls one station or satellite, in order of time."""
        return [fault for fault in self.all if fault.who == who]

    def is_out(self, window: ContactWindow) -> bool:
        """Whether the station hears nothing in all of a contact."""
        return any(
            fault.start_s <= window.aos_s and window.los_s <= fault.end_s
            for fault in self._bearing("station_out", window.station)
        )

    def heard(self, window: ContactWindow, start_s: float) -> list[tuple[float, float]]:
        """[s] From when and until when the station works in a contact that is taken up at a moment."""
        parts: list[tuple[float, float]] = []
        for fault in sorted(
            self._bearing("station_out", window.station), key=lambda fault: fault.start_s
        ):
            if fault.start_s > start_s:
                parts.append((start_s, min(fault.start_s, window.los_s)))
            start_s = max(start_s, fault.end_s)
            if start_s >= window.los_s:
                return parts
        return [*parts, (start_s, window.los_s)]

    def weakened(self, profile: RateProfile, window: ContactWindow) -> RateProfile:
        """The profile of a contact as the faults leave it.

        No rate while the station is out, half of it at half power; frames are lost beside those that the link
        loses by itself.
        """
        for fault in self._bearing("frame_loss", window.satellite):
            profile = with_loss(profile, fault.frame_loss, fault.start_s, fault.end_s)
        out = self._bearing("station_out", window.station)
        weak = self._bearing("half_power", window.satellite)
        edges = {edge for fault in out + weak for edge in (fault.start_s, fault.end_s)}
        first_s, last_s = float(profile.time_s[0]), float(profile.time_s[-1])
        inside = sorted(edge for edge in edges if first_s < edge < last_s)
        if not any(fault.end_s > first_s and fault.start_s < last_s for fault in out + weak):
            return profile
        times_s = np.union1d(profile.time_s, np.array(inside))
        before = np.searchsorted(profile.time_s, times_s, side="right") - 1
        rates = [
            0.0 if _at(out, time_s) else weakened_rate(rate_bps, HALF_POWER) if _at(weak, time_s) else rate_bps
            for time_s, rate_bps in zip(times_s.tolist(), profile.rate_bps[before].tolist(), strict=True)
        ]  # fmt: skip
        loss = None if profile.extra_loss is None else profile.extra_loss[before]
        return replace(profile, time_s=times_s, rate_bps=np.array(rates), extra_loss=loss)

    def ready_s(self, satellite: str, now_s: float) -> float:
        """[s] When the computer works: now, or after its boot."""
        for fault in self._bearing("processor_reset", satellite):
            if fault.start_s <= now_s < fault.end_s:
                now_s = fault.end_s
        return now_s

    def next_reset_s(self, satellite: str, now_s: float) -> float:
        """[s] When the computer is reset next, after now; infinite if never."""
        resets = self._bearing("processor_reset", satellite)
        return min((fault.start_s for fault in resets if fault.start_s > now_s), default=math.inf)

    def _bearing(self, kind: FaultKind, who: str) -> list[Fault]:
        return [fault for fault in self.all if fault.kind == kind and fault.who == who]


def _at(faults: list[Fault], time_s: float) -> bool:
    return any(fault.start_s <= time_s < fault.end_s for fault in faults)
