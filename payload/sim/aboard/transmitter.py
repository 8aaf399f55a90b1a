"""The radio: in a contact, records are sent frame by frame; a tile leaves the memory after its last bit."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import simpy

from payload.downlink import capacity_bytes, finish_time, frames_needed, loss_between
from payload.downlink.duty_cycle import DutyCycle
from payload.ledger import ContactLog
from payload.rng import stream
from payload.sim.aboard.power import Power, Unlimited
from payload.sim.ground import Story
from payload.sim.soonest import Soonest
from payload.timetable.rates import Rates
from payload.types import ContactWindow, RateProfile
from payload.units import BITS_PER_BYTE

Opening = Callable[[float], tuple[float, float]]
"""[s] From a given time on, when the antenna next points at the station, and until when."""


@dataclass(slots=True, eq=False)
class Parcel:
    """A record being sent in rounds: first all its frames, then those requested again.

    Attributes:
        frames_unsent: Frames of this round still to be sent; None before the first.
        frames_missing: Frames sent in this round that did not arrive.
        rounds: Number of completed rounds.
        bursts: Number of bursts sent of it; part of the key of its random draws.
        due_s: [s] From when it may be sent: a request for missing frames takes time.
    """

    tile_id: str
    record_bytes: int
    frames_unsent: int | None = None
    frames_missing: int = 0
    rounds: int = 0
    bursts: int = 0
    due_s: float = 0.0


def _nobody(_tile_id: str) -> None:
    """Do nothing."""


@dataclass
class Transmitter:
    """Sends what is ready, by rank; what has begun is finished first.

    Frames that the channel loses are requested again, `nak_delay_s` after the last of a round, in the same
    contact or in the next, at most `link.max_resends` times; then the record is given up as lost.

    Attributes:
        locks_anew: Whether the link has to lock again in a contact that is joined after it began.
        sending: Station and end [s] of the latest burst.
    """

    env: simpy.Environment
    rates: Rates
    seed: int
    arrived: Callable[[str], None]
    given_up: Callable[[str], None]
    begun: Callable[[str], object] = _nobody
    nak_delay_s: float = 0.0
    locks_anew: bool = False
    duty: DutyCycle = field(default_factory=lambda: DutyCycle(math.inf, math.inf))
    power: Power = field(default_factory=Unlimited)
    contacts: list[ContactLog] = field(default_factory=list[ContactLog])
    sending: tuple[str, float] = ("", -math.inf)

    def __post_init__(self) -> None:
        self._more: simpy.Event | None = None
        self._has_duty = not math.isinf(self.duty.limit_s)
        self._ready: list[tuple[float, int, Parcel]] = []
        self._begun: list[Parcel] = []
        self._number_of: dict[str, int] = {}  # of what is ready
        self._gone: set[int] = set()
        self._number = 0
        self._offered: dict[int, tuple[RateProfile, list[tuple[float, float]]]] = {}

    @property
    def queue(self) -> list[Parcel]:
        """What is waiting, begun or not, in no particular order."""
        return self._begun + [
            parcel for _, number, parcel in self._ready if number not in self._gone
        ]

    def enqueue(self, tile_id: str, record_bytes: int, rank: float = 0.0) -> None:
        """Queue a record that is ready: the smaller its rank, the sooner it is sent."""
        heapq.heappush(self._ready, (rank, self._number, Parcel(tile_id, record_bytes)))
        self._number_of[tile_id] = self._number
        self._number += 1
        if self._more is not None:
            self._more.succeed()
            self._more = None

    def withdraw(self, tile_id: str) -> None:
        """Withdraw a record that is no longer on board; frames already in transmission do not count."""
        self._begun = [parcel for parcel in self._begun if parcel.tile_id != tile_id]
        number = self._number_of.pop(tile_id, None)
        if number is not None:
            self._gone.add(number)

    def serve(self, window: ContactWindow, opening: Opening | None = None) -> Story:
        """Use a contact from now to its end, whenever the antenna points at the station and power allows."""
        profile, power, is_limited = self._profile(window), self.power, self.power.is_limited
        lock_s = float(profile.time_s[0])  # frames flow from here on
        frame_bytes, is_whole = profile.frame_bytes, opening is None and not self._has_duty
        frame_s = 0.0 if is_whole else _longest_frame_s(profile)  # where a burst may have to wait
        now_s = start_s = self.env.now
        los, los_s = self.env.timeout(window.los_s - now_s), window.los_s
        used_bytes = 0
        while not los.processed:
            now_s = self.env.now
            opens_s, closes_s = now_s, math.inf
            if not is_whole:
                opens_s, closes_s = self._may_send(now_s, opening, frame_s)
            parcel = self._next(now_s)
            if parcel is None:
                yield self._news(los)
            elif opens_s > now_s:
                yield self.env.timeout(min(opens_s, los_s) - now_s)
            elif is_limited and now_s < los_s and not power.may("transmitting"):
                yield from power.hold_back("transmitting", window.station, los_s)
            elif burst := self._burst(parcel, profile, now_s, min(closes_s, los_s)):
                frames, done_s = burst
                used_bytes += frames * frame_bytes
                from_s, until_s = max(now_s, lock_s), los_s if done_s is None else done_s
                self._begin_burst(parcel, window.station, from_s, until_s)
                if is_limited:
                    yield from self._radiate(window.station, profile, from_s, until_s)
                else:
                    yield self.env.timeout(max(0.0, until_s - now_s))
                if parcel in self._begun:
                    self._account(parcel, frames, loss_between(profile, from_s, until_s))
            elif closes_s < los_s:
                yield self.env.timeout(max(closes_s - now_s, frame_s))
            else:
                yield los
        openings = _openings(start_s, los_s, opening)
        if self._has_duty:
            self._offered[len(self.contacts)] = (profile, openings)
        self.contacts.append(
            ContactLog(
                window=window,
                start_s=start_s,
                capacity_bytes=_carried_bytes(profile, openings),
                used_bytes=used_bytes,
                left_waiting=self._is_waiting,
            )
        )

    def come_to_rest(self) -> None:
        """At the end, subtract from the capacity of contacts what the duty cycle forbade."""
        if not self._has_duty:
            return
        usable = [
            opening
            for profile, openings in self._offered.values()
            for opening in openings
            if _longest_frame_s(profile) <= self.duty.limit_s
        ]
        silent = self.duty.silences(usable)
        for number, (profile, openings) in self._offered.items():
            if _longest_frame_s(profile) <= self.duty.limit_s:
                first_s, last_s = openings[0][0], openings[-1][1]
                openings = [part for part in silent if first_s <= part[0] < last_s]  # noqa: PLW2901
            log, forbidden_bytes = self.contacts[number], _carried_bytes(profile, openings)
            self.contacts[number] = replace(
                log, capacity_bytes=log.capacity_bytes - forbidden_bytes
            )

    def _profile(self, window: ContactWindow) -> RateProfile:
        """The rate profile of a contact, given by the link and reduced by faults."""
        if self.locks_anew and self.env.now > window.aos_s:
            window = replace(window, aos_s=self.env.now)
        return self.rates.profile(window)

    @property
    def _is_waiting(self) -> bool:
        return bool(self._begun) or len(self._ready) > len(self._gone)

    def _next(self, now_s: float) -> Parcel | None:
        """The record to send next: one that has begun and is due, otherwise the first in rank."""
        for parcel in self._begun:
            if parcel.due_s <= now_s:
                return parcel
        while self._ready and self._ready[0][1] in self._gone:
            self._gone.discard(heapq.heappop(self._ready)[1])
        return self._ready[0][2] if self._ready else None

    def _news(self, los: simpy.Event) -> simpy.Event:
        """An event that happens when a record becomes ready, frames are due for resending, or the contact ends."""
        if self._more is None:
            self._more = self.env.event()
        news = Soonest(self.env, self._more, los)
        due_s = min([parcel.due_s for parcel in self._begun], default=math.inf)
        if math.isinf(due_s):
            return news
        return Soonest(self.env, news, self.env.timeout(due_s - self.env.now))

    def _may_send(
        self, now_s: float, opening: Opening | None, frame_s: float
    ) -> tuple[float, float]:
        """[s] From when, and until when, pointing and duty cycle allow transmission."""
        opens_s, closes_s = opening(now_s) if opening else (now_s, math.inf)
        if not self._has_duty:
            return opens_s, closes_s
        opens_s = max(opens_s, self.duty.opens_s(now_s, frame_s))
        return opens_s, min(closes_s, now_s + self.duty.room_s(now_s))

    def _burst(
        self, parcel: Parcel, profile: RateProfile, now_s: float, until_s: float
    ) -> tuple[int, float | None] | None:
        """How many of a parcel's unsent frames go out before the radio has to stop, and when [s] the last is sent.

        None if not one fits; the time is None if they fill the contact to its end.
        """
        if parcel.frames_unsent is None:
            parcel.frames_unsent = frames_needed(parcel.record_bytes, profile)
        frames, frame_bytes = parcel.frames_unsent, profile.frame_bytes
        done_s = finish_time(profile, now_s, frames * frame_bytes)
        if done_s is None or done_s > until_s:  # not all of them
            frames = min(capacity_bytes(profile, now_s, until_s) // frame_bytes, frames)
            done_s = finish_time(profile, now_s, frames * frame_bytes)
        return (frames, done_s) if frames else None

    def _begin_burst(self, parcel: Parcel, station: str, start_s: float, end_s: float) -> None:
        """Note a burst of frames sent without a pause, from `start_s` to `end_s` [s]; losses are accounted for after it."""
        if parcel not in self._begun:
            heapq.heappop(self._ready)
            del self._number_of[parcel.tile_id]
            self._begun.append(parcel)
            self.begun(parcel.tile_id)
        if self._has_duty:
            self.duty.note(start_s, end_s)
        self.sending = (station, end_s)

    def _radiate(self, station: str, profile: RateProfile, start_s: float, end_s: float) -> Story:
        """Draw transmission power while frames are on the air, but not while a burst is interrupted."""
        end = self.env.timeout(max(0.0, end_s - self.env.now))
        for on_s, off_s in _on_air(profile, start_s, end_s):
            if on_s > self.env.now:
                yield self.env.timeout(on_s - self.env.now)
            with self.power.transmit(station):
                yield end if off_s >= end_s else self.env.timeout(off_s - self.env.now)
        if not end.processed:
            yield end

    def _account(self, parcel: Parcel, frames: int, frame_loss: float) -> None:
        parcel.frames_unsent = (parcel.frames_unsent or 0) - frames
        if frame_loss:
            parcel.frames_missing += self._lost(parcel, frames, frame_loss)
        parcel.bursts += 1
        if parcel.frames_unsent:
            return  # the radio had to stop within the round; the rest is sent when it may transmit again
        parcel.rounds += 1
        if not parcel.frames_missing:
            self._begun.remove(parcel)
            self.arrived(parcel.tile_id)
        elif parcel.rounds > self.rates.link.max_resends:
            self._begun.remove(parcel)
            self.given_up(parcel.tile_id)
        else:
            parcel.frames_unsent, parcel.frames_missing = parcel.frames_missing, 0
            parcel.due_s = self.env.now + self.nak_delay_s

    def _lost(self, parcel: Parcel, frames: int, frame_loss: float) -> int:
        draws = stream(self.seed, "frame loss", parcel.tile_id, parcel.bursts)
        return int(draws.binomial(frames, frame_loss))

    def miss(self, window: ContactWindow) -> None:
        """Log a contact that could not be used: the radio or all antennas were busy until its end."""
        self.contacts.append(ContactLog(window, window.los_s, 0, 0, left_waiting=False))


def _openings(start_s: float, los_s: float, opening: Opening | None) -> list[tuple[float, float]]:
    """[s] Intervals in which the antenna points at the station of a contact, from a given time to its end."""
    if opening is None:
        return [(start_s, los_s)]
    found, now_s = list[tuple[float, float]](), start_s
    while now_s < los_s:
        opens_s, closes_s = opening(now_s)
        found.append((min(opens_s, los_s), min(closes_s, los_s)))
        now_s = closes_s
    return found


def _carried_bytes(profile: RateProfile, stretches: list[tuple[float, float]]) -> int:
    """[byte] What the channel carries in the given intervals."""
    return sum(capacity_bytes(profile, from_s, to_s) for from_s, to_s in stretches)


def _longest_frame_s(profile: RateProfile) -> float:
    """[s] Duration of a frame at the lowest rate above zero."""
    lowest_bps = min((rate for rate in profile.rate_bps.tolist() if rate > 0), default=0.0)
    return profile.frame_bytes * BITS_PER_BYTE / lowest_bps if lowest_bps else math.inf


def _on_air(profile: RateProfile, from_s: float, to_s: float) -> list[tuple[float, float]]:
    """[s] The intervals between two times in which frames flow, in order."""
    first = max(int(np.searchsorted(profile.time_s, from_s, side="right")) - 1, 0)
    last = int(np.searchsorted(profile.time_s, to_s, side="left"))
    edges_s = [*profile.time_s[first:last].tolist(), to_s]
    found: list[tuple[float, float]] = []
    for (begin_s, off_s), rate_bps in zip(
        pairwise(edges_s), profile.rate_bps[first:last].tolist(), strict=True
    ):
        on_s = max(begin_s, from_s)
        if rate_bps <= 0.0 or off_s <= on_s:
            continue
        if found and found[-1][1] == on_s:
            found[-1] = (found[-1][0], off_s)
        else:
            found.append((on_s, off_s))
    return found
