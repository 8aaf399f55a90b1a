"""The radio: in a contact, records go down frame by frame; a tile leaves its shelf after its last bit."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import simpy

from payload.downlink import capacity_bytes, finish_time, frames_needed, loss_between
from payload.ledger import ContactLog
from payload.ports import Link
from payload.rng import stream
from payload.sim.ground import Story
from payload.types import ContactWindow, Ephemeris, RateProfile


@dataclass
class Parcel:
    """A record on its way, in rounds: all its frames first, then those that were asked for again.

    Attributes:
        frames_unsent: Of this round; None before the first.
        frames_missing: Sent in this round, and not arrived.
        rounds: How many are over.
        bursts: How often something was sent of it: names the draws of chance.
    """

    tile_id: str
    record_bytes: int
    frames_unsent: int | None = None
    frames_missing: int = 0
    rounds: int = 0
    bursts: int = 0


@dataclass
class Transmitter:
    """Sends what is ready, first in, first out.

    Frames that the channel loses are asked for again, in the same contact or in the next, at most
    `link.max_resends` times; then the record is given up as lost.
    """

    env: simpy.Environment
    link: Link
    ephemeris: Ephemeris
    seed: int
    arrived: Callable[[str], None]
    given_up: Callable[[str], None]
    queue: deque[Parcel] = field(default_factory=deque[Parcel])
    contacts: list[ContactLog] = field(default_factory=list[ContactLog])

    def __post_init__(self) -> None:
        self.more = self.env.event()

    def enqueue(self, tile_id: str, record_bytes: int) -> None:
        """A record is ready to be sent."""
        self.queue.append(Parcel(tile_id, record_bytes))
        previous, self.more = self.more, self.env.event()
        previous.succeed()

    def serve(self, window: ContactWindow) -> Story:
        """Use a contact from now to its end."""
        profile = self.link.profile(window, self.ephemeris)
        start_s, los = self.env.now, self.env.timeout(window.los_s - self.env.now)
        used_bytes = 0
        while not los.processed:
            frames = self._frames_that_fit(profile, window.los_s)
            if not self.queue:
                yield self.more | los
            elif frames:
                used_bytes += frames * profile.frame_bytes
                began_s = self.env.now
                done_s = finish_time(profile, began_s, frames * profile.frame_bytes)
                yield self.env.timeout(max(0.0, (done_s or window.los_s) - began_s))
                self._account(frames, loss_between(profile, began_s, self.env.now))
            else:
                yield los
        self.contacts.append(
            ContactLog(
                window=window,
                start_s=start_s,
                capacity_bytes=capacity_bytes(profile, start_s, window.los_s),
                used_bytes=used_bytes,
                left_waiting=bool(self.queue),
            )
        )

    def _frames_that_fit(self, profile: RateProfile, los_s: float) -> int:
        """How many of the first parcel's unsent frames go out before the contact ends."""
        if not self.queue:
            return 0
        parcel = self.queue[0]
        if parcel.frames_unsent is None:
            parcel.frames_unsent = frames_needed(parcel.record_bytes, profile)
        room = capacity_bytes(profile, self.env.now, los_s) // profile.frame_bytes
        return min(parcel.frames_unsent, room)

    def _account(self, frames: int, frame_loss: float) -> None:
        parcel = self.queue[0]
        parcel.frames_unsent = (parcel.frames_unsent or 0) - frames
        parcel.frames_missing += self._lost(parcel, frames, frame_loss)
        parcel.bursts += 1
        if parcel.frames_unsent:
            return  # the contact ends within the round; the rest goes with the next
        parcel.rounds += 1
        if not parcel.frames_missing:
            self.queue.popleft()
            self.arrived(parcel.tile_id)
        elif parcel.rounds > self.link.max_resends:
            self.queue.popleft()
            self.given_up(parcel.tile_id)
        else:
            parcel.frames_unsent, parcel.frames_missing = parcel.frames_missing, 0

    def _lost(self, parcel: Parcel, frames: int, frame_loss: float) -> int:
        if frame_loss == 0:
            return 0
        draws = stream(self.seed, "frame loss", parcel.tile_id, parcel.bursts)
        return int(draws.binomial(frames, frame_loss))

    def miss(self, window: ContactWindow) -> None:
        """A contact could not be used: the radio or all antennas were busy until its end."""
        self.contacts.append(ContactLog(window, window.los_s, 0, 0, left_waiting=False))
