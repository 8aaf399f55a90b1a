"""Processing of tiles: before their deadline, while battery, heat and duty allow, and with the processor on."""

import math
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from typing import Any

import simpy

from payload.ledger import Late, Ledger
from payload.sim.aboard.power import COMPUTER, Power
from payload.sim.aboard.processor import Processor
from payload.sim.arms import Arm
from payload.sim.assemble import Assembly
from payload.sim.ground import Story
from payload.sim.log import Log
from payload.sim.turns import Turns
from payload.types import Acquisition, TileOutcome

Begun = Generator[simpy.Event, Any, TileOutcome]
"""A SimPy process that returns the outcome to work towards."""
Computed = Generator[simpy.Event, Any, bool]
"""A process that returns whether the work was completed."""
Works = Generator[simpy.Event, Any, list[TileOutcome]]
"""A process that returns the outcomes of several tiles."""


def _nobody(_outcome: TileOutcome) -> None:
    """Do nothing."""


@dataclass
class Workbench:
    """The processor's time and joules, tile by tile.

    Attributes:
        pin: Keeps a tile from being dropped while it is worked on; False if it has already been dropped.
        computed_s: [s] Time spent on completed tiles.
        extra_j: [J] Energy spent on anything else: starts, and tiles that a reset or the flight's end cut short.
    """

    env: simpy.Environment
    satellite: str
    assembly: Assembly
    arm: Arm
    processor: Processor
    power: Power
    ledger: Ledger
    log: Log
    pin: Callable[[str], bool]
    computed_s: float = 0.0
    extra_j: float = 0.0
    _busy_s_in_orbit: dict[int, float] = field(default_factory=dict[int, float])
    _working_since: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        self.rules, self.profile = self.assembly.scenario.computer, self.assembly.profile
        self.faults = self.assembly.faults
        self.contacts = self.assembly.contacts[self.satellite]
        self.orbit_s = self.assembly.limits.orbit_s[self.satellite]
        self.is_reset = self.faults.resets(self.satellite)
        self._has_deadline = self.rules.deadline is not None and self.arm.sees_cloud
        self._keeps_late = self.rules.deadline is not None and self.rules.deadline.policy == "kept"
        self._rations = self.profile.max_duty is not None
        self._is_steady = not (
            self._has_deadline or self._rations or self.power.is_limited or self.is_reset
        )
        self._turns = Turns(self.env)
        self._is_on = False
        if self.rules.power_on == "always":
            self._turn(is_on=True)

    def work(
        self,
        acquisition: Acquisition,
        planned: Iterable[TileOutcome],
        *,
        done: Callable[[TileOutcome], None] = _nobody,
        has_deadline: bool = True,
    ) -> Works:
        """Mask and compress tiles of an image, each in its turn; outcomes of those not dropped in the meantime.

        Args:
            acquisition: The image.
            planned: The planned outcome of each tile.
            done: Called at once with the actual outcome of a tile, which may differ from the planned one.
            has_deadline: Whether a tile can be too late.
        """
        outcomes: list[TileOutcome] = []
        timeout = self.env.timeout
        for outcome in planned:
            tile_id, deadline_s = outcome.tile_id, math.inf
            if not self._turns.take():
                yield self._turns.ask()
            if not self.pin(tile_id):
                self._turns.end()
                continue
            if not outcome.busy_s:
                yield timeout(0.0)  # nothing to compute
            elif self._is_steady and self._is_on:
                yield timeout(outcome.busy_s)
            else:
                if has_deadline and self._has_deadline:
                    deadline_s = self.deadline_s(acquisition)
                outcome = yield from self._work(acquisition, outcome, deadline_s)  # noqa: PLW2901
            self._end(outcome, deadline_s)
            outcomes.append(outcome)
            done(outcome)
        return outcomes

    def _work(self, acquisition: Acquisition, outcome: TileOutcome, deadline_s: float) -> Begun:
        """Work on a tile in the general case, in which work can be forbidden, slowed down, cut short or metered."""
        while True:
            begun = yield from self._begin(acquisition, outcome, deadline_s)
            if begun is not outcome:  # it was too late: what remains to be done has no deadline
                outcome, deadline_s = begun, math.inf
            if not outcome.busy_s or (yield from self._compute(outcome.tile_id, outcome.busy_s)):
                return outcome

    def _compute(self, tile_id: str, busy_s: float) -> Computed:
        """Spend the time of a tile; False if a reset cuts it short, so that it has to be started again."""
        speed = self.power.speed  # if throttled, power drops in proportion
        watts = (self.profile.active_w or 0.0) * speed
        needed_s = busy_s / speed
        works_s = min(needed_s, self._spared_s) if self.is_reset else needed_s
        yield from self._draw(watts, works_s, is_slow=speed < 1.0)
        if self._rations:
            self._note_duty(works_s)
        if works_s < needed_s:
            self._spend(tile_id, watts * works_s)
        return works_s >= needed_s

    def _end(self, outcome: TileOutcome, deadline_s: float) -> None:
        """Book a finished tile and free the processor for others."""
        now_s = self.env.now
        if self._keeps_late and now_s > deadline_s:
            self._miss(outcome, Late.KEPT)
        self._turns.end()
        self.computed_s += outcome.busy_s
        self.ledger.spend(COMPUTER, outcome.tile_id, outcome.energy_j, now_s)

    def _note_duty(self, works_s: float) -> None:
        """Add to the time that the processor has worked in the current orbit."""
        orbit = int(self.env.now // self.orbit_s)
        self._busy_s_in_orbit[orbit] = self._busy_s_in_orbit.get(orbit, 0.0) + works_s

    def _begin(self, acquisition: Acquisition, outcome: TileOutcome, deadline_s: float) -> Begun:
        """Wait until a tile may be worked on and the processor is on; its outcome, as it may be too late by then.

        Duty is checked before power, because charge and heat soon change, and waiting for them uses up no duty.
        """
        waits_until_s = math.inf if self._keeps_late else deadline_s
        if self.profile.max_duty is not None:
            yield from self._rest(self.profile.max_duty, waits_until_s)
        if self.power.is_limited:
            yield from self.power.hold_back("processing", outcome.tile_id, waits_until_s)
        if not self._is_on:
            yield from self._start(acquisition.id)
        if self.is_reset:
            yield from self._boot_after_reset()
        if waits_until_s < math.inf:  # it has a deadline and would not be kept after it
            done_s = self.env.now + outcome.busy_s / self.power.speed
            if done_s > waits_until_s:
                outcome = self._give_up(acquisition, outcome)
        return outcome

    def rest(self) -> None:
        """Turn off a processor that is on for images only, unless other work is under way or waiting."""
        if self.rules.power_on == "per_image" and not self._turns.any:
            self._turn(is_on=False)

    def come_to_rest(self) -> None:
        """Book work cut short by the end of the flight, if there is a battery, and read the meter."""
        if self._working_since is not None and self.power.is_limited:
            since_s, watts = self._working_since
            self._spend("unfinished", watts * (self.env.now - since_s))
        spent_j = self.profile.energy_j(self.computed_s) + self.extra_j
        self.ledger.meter(COMPUTER, self.ledger.metered_j.get(COMPUTER, 0.0) + spent_j)

    def deadline_s(self, acquisition: Acquisition) -> float:
        """[s] Until when the tiles of an image have to be masked; infinite without a deadline."""
        rules = self.rules.deadline
        if rules is None or not self.arm.sees_cloud:
            return math.inf
        if rules.after_exposure_s is not None:
            return acquisition.time_s + rules.after_exposure_s
        ahead = (item.aos_s for item in self.contacts if item.aos_s > acquisition.time_s)
        return next(ahead, math.inf)

    def _give_up(self, acquisition: Acquisition, outcome: TileOutcome) -> TileOutcome:
        """The outcome that the policy gives a tile that cannot be masked in time."""
        assert self.rules.deadline is not None  # there is no deadline to miss otherwise
        late = Late(self.rules.deadline.policy)
        found = self.processor.unmasked(
            acquisition, outcome.tile_id, keep=late is Late.SENT_UNMASKED
        )
        self._miss(found, late)
        return found

    def _miss(self, outcome: TileOutcome, late: Late) -> None:
        self.ledger.miss(outcome.tile_id, late, outcome.raw_bytes, self.env.now)
        self.log.note(self.satellite, "late", outcome.tile_id, outcome.raw_bytes, str(late))

    def _boot_after_reset(self) -> Story:
        """Wait until the processor is up again after a reset."""
        while (ready_s := self.faults.ready_s(self.satellite, self.env.now)) > self.env.now:
            yield self.env.timeout(ready_s - self.env.now)

    @property
    def _spared_s(self) -> float:
        """[s] Time until the next reset."""
        now_s = self.env.now
        return self.faults.next_reset_s(self.satellite, now_s) - now_s

    def _rest(self, max_duty: float, until_s: float) -> Story:
        """Wait for the next orbit if the duty of this one is used up."""
        orbit = int(self.env.now // self.orbit_s)
        if self._busy_s_in_orbit.get(orbit, 0.0) >= max_duty * self.orbit_s:
            self.log.note(self.satellite, "refused", "computer", detail="processing: duty used up")
            wake_s = min((orbit + 1) * self.orbit_s, until_s)
            yield self.env.timeout(max(wake_s - self.env.now, 0.0))

    def _start(self, subject: str) -> Story:
        """Boot, which takes seconds and joules."""
        boot_s = self.profile.boot_s or 0.0
        watts = self.profile.start_j / boot_s if boot_s else 0.0
        yield from self._draw(watts, boot_s)
        self._spend(f"start for {subject}", self.profile.start_j)
        self._turn(is_on=True)

    def _draw(self, watts: float, seconds: float, *, is_slow: bool = False) -> Story:
        """Work for a given time, drawing from the battery if there is one."""
        with self.power.compute(watts, is_slow=is_slow):
            self._working_since = (self.env.now, watts)
            yield self.env.timeout(seconds)
            self._working_since = None

    def _turn(self, *, is_on: bool) -> None:
        if is_on != self._is_on:
            self._is_on = is_on
            self.power.wake(is_on=is_on)

    def _spend(self, subject: str, joules: float) -> None:
        if joules:
            self.extra_j += joules
            self.ledger.spend(COMPUTER, subject, joules, self.env.now)
