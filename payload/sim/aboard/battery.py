"""Power in flight: the array charges, loads draw, and work is refused while the battery is low or the board is hot.

There is no time step. Whenever a load is switched or a question is asked, the state is brought up to date in closed
form from knot to knot of the sunlight; whatever has to wait is woken when the charge will have risen.
"""

import copy
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import simpy

from payload.energy import Bank, Battery, Body, ComputeProfile, Node, Supply
from payload.energy.heat import ZERO_C_K
from payload.ledger import Ledger, PowerBalance
from payload.scenario.power import PowerModel
from payload.sim.aboard.power import (
    BUS,
    CAMERA,
    COMPUTER,
    IDLE_COMPUTER,
    RADIO,
    Activity,
    Power,
    Unlimited,
)
from payload.sim.assemble import Assembly
from payload.sim.ground import Story
from payload.sim.log import Log
from payload.sim.soonest import Soonest
from payload.units import S_PER_DAY, S_PER_H

_CHARGE_SLACK = 1e-9  # of the capacity: rounding tolerance for reaching a charge waited for
MOST_LEVELS = 480
"""Levels of charge recorded per flight, however much happens in it; about as many as a figure can show."""
_LEAST_CHARGE = 1e-6  # of the capacity: for an empty battery if floor and margin are zero
_HEAT_SLACK_K = 1e-6
_SHORTEST_WAIT_S = 1e-3
_LOOK_AHEAD_S = S_PER_DAY


@dataclass
class _Load:
    """What a consumer draws now, since when and for what; if not `is_booked`, its energy is booked elsewhere."""

    watts: float
    since_s: float
    subject: str
    is_booked: bool = True


@dataclass
class PowerSystem:
    """Array, battery, loads and heat of one satellite."""

    env: simpy.Environment
    satellite: str
    rules: PowerModel
    profile: ComputeProfile
    supply: Supply
    ledger: Ledger
    log: Log
    loads: dict[str, _Load] = field(default_factory=dict[str, _Load])
    drawn_j: dict[str, float] = field(default_factory=dict[str, float])
    refused: Counter[str] = field(default_factory=Counter[str])
    waited_s: dict[str, float] = field(default_factory=dict[str, float])
    throttled_s: float = 0.0
    is_limited: bool = True
    levels: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def __post_init__(self) -> None:
        rules, capacity_j = self.rules, self.rules.battery_wh * S_PER_H
        battery = Battery(capacity_j, rules.charge_efficiency, rules.discharge_efficiency)
        self.start_j = rules.initial_charge * capacity_j
        self.bank = Bank(battery, self.start_j)
        self.levels.append((self.env.now, self.start_j))
        self._level_step_s = float(self.supply.time_s[-1]) / MOST_LEVELS
        self._next_level_s = self.env.now
        self.node = self._node()
        self.changed = self.env.event()
        self._now_s = self.env.now
        self._is_hot = False
        self._images_read = 0
        self._since_waiting: dict[str, float] = {}
        self._held_back: dict[str, tuple[str, float]] = {}
        self._switch(BUS, rules.bus_w, "bus")
        self._switch(RADIO, rules.radio_idle_w, "idle")
        self._switch(IDLE_COMPUTER, 0.0, "off")

    # --- asking -------------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """Share of its full speed at which the processor may work now."""
        self._catch_up()
        limit_c = self._limit_c("throttle_temp_c")
        if self.node is None or self.rules.thermal is None or limit_c is None:
            return 1.0
        is_warm = self.node.temperature_c >= limit_c
        return self.rules.thermal.throttle_speed if is_warm else 1.0

    def allows(self, activity: Activity, subject: str) -> bool:
        """Whether an activity may begin now; a refusal is logged."""
        why_not = self._why_not(activity, is_waiting=False)
        if why_not is None:
            return True
        self._refuse(activity, subject, why_not)
        return False

    def may(self, activity: Activity) -> bool:
        """Whether an activity may begin now; nothing is logged."""
        return self._why_not(activity, is_waiting=False) is None

    def hold_back(self, activity: Activity, subject: str, until_s: float = math.inf) -> Story:
        """Wait until an activity may begin, at most until a given time.

        A subject that is held back again until the same time, like a contact between bursts, counts as refused only once.
        """
        why_not = self._why_not(activity, is_waiting=False)
        if why_not is None:
            return
        is_known = self._held_back.get(activity) == (subject, until_s)
        if not is_known:
            self._held_back[activity] = (subject, until_s)
            self._refuse(activity, subject, why_not)
        self._since_waiting[activity] = self.env.now
        while why_not is not None and self.env.now < until_s:
            wait_s = max(self._when_allowed(activity) - self.env.now, _SHORTEST_WAIT_S)
            waited = self.env.timeout(min(wait_s, until_s - self.env.now))
            yield Soonest(self.env, waited, self.changed)
            why_not = self._why_not(activity, is_waiting=True)
        self._end_wait(activity)
        if not is_known:
            end = "resumed" if why_not is None else "gave_up"
            self.log.note(self.satellite, end, subject, detail=activity)

    # --- drawing ------------------------------------------------------------------------------------

    def use_camera(self, subject: str) -> None:
        """Keep the camera on while an image that was taken is read out."""
        self.env.process(self._read_out(subject))

    def _read_out(self, subject: str) -> Story:
        self._images_read += 1
        self._switch(CAMERA, self._images_read * self.rules.camera_w, subject)
        yield self.env.timeout(self.rules.camera_on_s)
        self._images_read -= 1
        self._switch(CAMERA, self._images_read * self.rules.camera_w, subject)

    @contextmanager
    def transmit(self, subject: str) -> Iterator[None]:
        """Draw transmission power instead of idle power while the radio sends frames."""
        self._switch(RADIO, self.rules.radio_tx_w, subject)
        yield
        self._switch(RADIO, self.rules.radio_idle_w, "idle")

    @contextmanager
    def compute(self, watts: float, *, is_slow: bool = False) -> Iterator[None]:
        """Draw working power instead of idle power while the processor works."""
        started_s, idle_w = self.env.now, self.loads[IDLE_COMPUTER].watts
        self._switch(IDLE_COMPUTER, 0.0, "working")
        self._switch(COMPUTER, watts, "work", is_booked=False)
        yield
        self._switch(COMPUTER, 0.0, "work", is_booked=False)
        self._switch(IDLE_COMPUTER, idle_w, "idle")
        self.throttled_s += (self.env.now - started_s) * is_slow

    def wake(self, *, is_on: bool) -> None:
        """Switch the processor on, so that it draws its idle power, or off."""
        self._switch(IDLE_COMPUTER, (self.profile.idle_w or 0.0) * is_on, "idle")

    def _switch(self, consumer: str, watts: float, subject: str, *, is_booked: bool = True) -> None:
        self._catch_up()
        self._book(consumer)
        self.loads[consumer] = _Load(watts, self.env.now, subject, is_booked)
        previous, self.changed = self.changed, self.env.event()
        previous.succeed()

    def _book(self, consumer: str) -> None:
        """Book the energy that a consumer took since it was last switched."""
        load = self.loads.get(consumer)
        if load is not None and load.is_booked and load.watts and self.env.now > load.since_s:
            joules = load.watts * (self.env.now - load.since_s)
            self.ledger.spend(consumer, load.subject, joules, self.env.now)

    # --- the passing of time ------------------------------------------------------------------------

    def _catch_up(self) -> None:
        now_s = self.env.now
        if now_s <= self._now_s:
            return
        for consumer, load in self.loads.items():
            joules = load.watts * (now_s - self._now_s)
            self.drawn_j[consumer] = self.drawn_j.get(consumer, 0.0) + joules
        here_s = self._now_s
        for seconds, start_w, end_w, lit in self.supply.pieces(here_s, now_s):
            if seconds > self._level_step_s:
                self._note_levels(here_s, seconds, start_w, end_w)
            self._pass_time(self.bank, self.node, (seconds, start_w, end_w, lit))
            here_s += seconds
            if here_s >= self._next_level_s:
                self.levels.append((here_s, self.bank.charge_j))
                self._next_level_s = here_s + self._level_step_s
        self._now_s = now_s

    def _note_levels(self, here_s: float, seconds: float, start_w: float, end_w: float) -> None:
        """Record levels within a long piece, on a copy of the bank, so that recording does not change it in the least."""
        bank, load_w = copy.copy(self.bank), self._load_w
        steps = math.ceil(seconds / self._level_step_s)
        slope_w = (end_w - start_w) / steps
        for step in range(steps - 1):
            first_w = start_w + step * slope_w
            bank.pass_time(seconds / steps, first_w, first_w + slope_w, load_w)
            self.levels.append((here_s + (step + 1) * seconds / steps, bank.charge_j))

    def _pass_time(
        self, bank: Bank, node: Node | None, piece: tuple[float, float, float, float]
    ) -> None:
        seconds, start_w, end_w, lit = piece
        used_j = bank.used_j
        bank.pass_time(seconds, start_w, end_w, self._load_w)
        if node is not None and seconds > 0:
            node.pass_time(seconds, (bank.used_j - used_j) / seconds + self._absorbed_w(lit))

    @property
    def _load_w(self) -> float:
        return math.fsum(load.watts for load in self.loads.values())

    def _absorbed_w(self, lit: float) -> float:
        thermal = self.rules.thermal
        return 0.0 if thermal is None else thermal.absorbed_sun_w * lit + thermal.absorbed_earth_w

    # --- refusing -----------------------------------------------------------------------------------

    def _why_not(self, activity: Activity, *, is_waiting: bool) -> str | None:
        self._catch_up()
        wanted = self._wanted_charge(activity, is_waiting=is_waiting)
        charge = self.bank.state_of_charge
        if charge <= _CHARGE_SLACK:
            return "charge 0.000: the battery is empty"
        if charge < wanted - _CHARGE_SLACK:
            return f"charge {charge:.3f} below {wanted:.3f}"
        if activity == "processing" and self._is_too_hot():
            assert self.node is not None
            return f"{self.node.temperature_c:.1f} deg C"
        return None

    def _wanted_charge(self, activity: Activity, *, is_waiting: bool) -> float:
        """The charge from which an activity may begin: its floor, plus the margin if it has been waiting."""
        floors = self.rules.lowest_charge
        floor: float = getattr(floors, activity)
        if not is_waiting:
            return floor
        return min(max(floor + floors.resume_margin, _LEAST_CHARGE), 1.0)

    def _is_too_hot(self) -> bool:
        """Whether the processor is too hot: from the stop temperature on, until it has cooled by the margin."""
        stop_c = self._limit_c("stop_temp_c")
        if self.node is None or self.rules.thermal is None or stop_c is None:
            return False
        cool_c = stop_c - self.rules.thermal.resume_below_stop_k
        limit_c = cool_c + _HEAT_SLACK_K if self._is_hot else stop_c
        self._is_hot = self.node.temperature_c >= limit_c
        return self._is_hot

    def _limit_c(self, which: Literal["throttle_temp_c", "stop_temp_c"]) -> float | None:
        own: float | None = getattr(self.rules.thermal, which, None)
        profiles: float | None = getattr(self.profile, which)
        return profiles if own is None else own

    def _refuse(self, activity: Activity, subject: str, why_not: str) -> None:
        self.refused[activity] += 1
        self.log.note(self.satellite, "refused", subject, detail=f"{activity}: {why_not}")

    def _end_wait(self, activity: str) -> None:
        waited_s = self.env.now - self._since_waiting.pop(activity)
        self.waited_s[activity] = self.waited_s.get(activity, 0.0) + waited_s

    def _when_allowed(self, activity: Activity) -> float:
        """[s] When charge and temperature will suffice if no load is switched, looking at most a day ahead."""
        wanted_j = self._wanted_charge(activity, is_waiting=True) * self.bank.battery.capacity_j
        goal_k = -math.inf
        if activity == "processing" and self._is_hot and self.rules.thermal is not None:
            stop_c = self._limit_c("stop_temp_c") or 0.0
            goal_k = stop_c - self.rules.thermal.resume_below_stop_k + ZERO_C_K
        return max(self._when_charged(wanted_j), self._when_cool(goal_k))

    def _when_charged(self, wanted_j: float) -> float:
        if self.bank.charge_j >= wanted_j:
            return self.env.now
        bank, here_s = copy.copy(self.bank), self.env.now
        horizon_s = here_s + _LOOK_AHEAD_S
        for seconds, start_w, end_w, _ in self.supply.pieces(here_s, horizon_s):
            found_s = bank.seconds_until(wanted_j, seconds, start_w, end_w, self._load_w)
            if found_s < math.inf:
                return here_s + found_s
            bank.pass_time(seconds, start_w, end_w, self._load_w)
            here_s += seconds
        return horizon_s

    def _when_cool(self, goal_k: float) -> float:
        if self.node is None or goal_k == -math.inf or self.node.temperature_k <= goal_k:
            return self.env.now
        bank, node, here_s = copy.copy(self.bank), copy.copy(self.node), self.env.now
        horizon_s = here_s + _LOOK_AHEAD_S
        for piece in self.supply.pieces(here_s, horizon_s):
            before_k, used_j = node.temperature_k, bank.used_j
            self._pass_time(bank, node, piece)
            if node.temperature_k <= goal_k:
                heat_w = (bank.used_j - used_j) / piece[0] + self._absorbed_w(piece[3])
                return here_s + node.body.seconds_between(before_k, goal_k, heat_w)
            here_s += piece[0]
        return horizon_s

    # --- the end ------------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """Book what is still on, and enter the balance in the ledger."""
        self._catch_up()
        for consumer in self.loads:
            self._book(consumer)
        for activity in list(self._since_waiting):
            self._end_wait(activity)
        for consumer in self.drawn_j.keys() - {COMPUTER}:
            self.ledger.meter(
                consumer, self.ledger.metered_j.get(consumer, 0.0) + self.drawn_j[consumer]
            )
        self.ledger.balance(
            PowerBalance(
                satellite=self.satellite,
                harvested_j=self.bank.harvested_j,
                drawn_j=dict(sorted(self.drawn_j.items())),
                used_j=self.bank.used_j,
                unserved_j=self.bank.unserved_j,
                lost_j=self.bank.lost_j,
                spilled_j=self.bank.spilled_j,
                start_j=self.start_j,
                end_j=self.bank.charge_j,
                lowest_j=self.bank.lowest_j,
                capacity_j=self.bank.battery.capacity_j,
                refused=dict(sorted(self.refused.items())),
                waited_s=dict(sorted(self.waited_s.items())),
                hottest_c=None if self.node is None else self.node.hottest_k - ZERO_C_K,
                throttled_s=self.throttled_s,
                levels=(*self.levels, (self.env.now, self.bank.charge_j)),
            )
        )

    def _node(self) -> Node | None:
        thermal = self.rules.thermal
        if thermal is None:
            return None
        body = Body(thermal.heat_capacity_j_k, thermal.radiator_m2, thermal.emissivity)
        return Node(body, thermal.initial_c + ZERO_C_K)


def make_power(
    assembly: Assembly, satellite: str, env: simpy.Environment, ledger: Ledger, log: Log
) -> Power:
    """The power system of a satellite for one flight; unlimited if the scenario has no section `power`."""
    rules = assembly.scenario.power
    if rules is None:
        return Unlimited()
    supply = assembly.supplies[satellite]
    return PowerSystem(env, satellite, rules, assembly.profile, supply, ledger, log)
