"""A battery between an array and its loads, in closed form: time advances from event to event, not in steps.

Over a piece of time the array's power changes linearly and the load is constant. The line is cut where
their difference changes sign, and energy is integrated over each part; the time until a charge is reached
solves a quadratic equation.

Every joule from the array is used, lost on the way into or out of the battery, spilled while it is full, or
adds to its charge; each of the five is integrated on its own, none is derived from the others.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """The properties of a battery.

    Attributes:
        capacity_j: [J] From empty to full.
        charge_efficiency: Share of incoming energy that is stored.
        discharge_efficiency: Share of the energy taken out that reaches the loads.
    """

    capacity_j: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(slots=True)
class Bank:
    """A battery in flight: its charge, and where the energy went so far.

    Attributes:
        charge_j: [J] Stored now.
        harvested_j: [J] Supplied by the array.
        used_j: [J] Delivered to the loads.
        lost_j: [J] Lost in charging and discharging.
        spilled_j: [J] Supplied in excess of the loads while the battery was full.
        unserved_j: [J] Wanted by the loads while the battery was empty, and not delivered.
        lowest_j: [J] Lowest charge so far.
    """

    battery: Battery
    charge_j: float
    harvested_j: float = 0.0
    used_j: float = 0.0
    lost_j: float = 0.0
    spilled_j: float = 0.0
    unserved_j: float = 0.0
    lowest_j: float = math.inf

    def __post_init__(self) -> None:
        self.lowest_j = min(self.lowest_j, self.charge_j)

    @property
    def state_of_charge(self) -> float:
        """Charge as a share of the capacity, from 0 (empty) to 1 (full)."""
        return self.charge_j / self.battery.capacity_j

    def pass_time(self, seconds: float, start_w: float, end_w: float, load_w: float) -> None:
        """Let time pass while the array's power goes linearly from start_w to end_w [W] and the loads want load_w."""
        self.harvested_j += 0.5 * (start_w + end_w) * seconds
        for span_s, first_w, last_w in _of_one_sign(seconds, start_w - load_w, end_w - load_w):
            surplus_j = 0.5 * (first_w + last_w) * span_s
            wanted_j = load_w * span_s
            if surplus_j >= 0:
                self.used_j += wanted_j
                self._take_in(surplus_j)
            else:
                unserved_j = self._give_out(-surplus_j)
                self.used_j += wanted_j - unserved_j
                self.unserved_j += unserved_j
        self.lowest_j = min(self.lowest_j, self.charge_j)

    def _take_in(self, joules: float) -> None:
        stored = joules * self.battery.charge_efficiency
        room = self.battery.capacity_j - self.charge_j
        if stored <= room:
            self.charge_j += stored
            self.lost_j += joules * (1 - self.battery.charge_efficiency)
            return
        taken = room / self.battery.charge_efficiency
        self.charge_j = self.battery.capacity_j
        self.lost_j += taken * (1 - self.battery.charge_efficiency)
        self.spilled_j += joules - taken

    def _give_out(self, joules: float) -> float:
        """Serve energy to the loads; return what could not be served [J]."""
        drained = joules / self.battery.discharge_efficiency
        if drained <= self.charge_j:
            self.charge_j -= drained
            self.lowest_j = min(self.lowest_j, self.charge_j)
            self.lost_j += drained * (1 - self.battery.discharge_efficiency)
            return 0.0
        served = self.charge_j * self.battery.discharge_efficiency
        self.lost_j += self.charge_j * (1 - self.battery.discharge_efficiency)
        self.charge_j = self.lowest_j = 0.0
        return joules - served

    def seconds_until(
        self, wanted_j: float, seconds: float, start_w: float, end_w: float, load_w: float
    ) -> float:
        """[s] From the start of a piece of time until the charge reaches wanted_j; infinite if it does not.

        This does not change the bank.
        """
        charge_j = self.charge_j
        gone_s = 0.0
        for span_s, first_w, last_w in _of_one_sign(seconds, start_w - load_w, end_w - load_w):
            surplus_j = 0.5 * (first_w + last_w) * span_s
            if surplus_j >= 0:
                stored_j = surplus_j * self.battery.charge_efficiency
                if charge_j + stored_j >= wanted_j:
                    flow_j = (wanted_j - charge_j) / self.battery.charge_efficiency
                    return gone_s + _when(flow_j, first_w, (last_w - first_w) / span_s)
                charge_j = min(charge_j + stored_j, self.battery.capacity_j)
            else:
                charge_j = max(charge_j + surplus_j / self.battery.discharge_efficiency, 0.0)
            gone_s += span_s
        return math.inf


def _of_one_sign(
    seconds: float, start_w: float, end_w: float
) -> Iterator[tuple[float, float, float]]:
    """Cut a straight line of power at its zero: seconds, first and last watts of each part."""
    parts = [(seconds, start_w, end_w)]
    if start_w * end_w < 0:
        zero_s = seconds * start_w / (start_w - end_w)
        parts = [(zero_s, start_w, 0.0), (seconds - zero_s, 0.0, end_w)]
    for part in parts:
        if part[0] > 0:  # a zero at the very edge leaves an empty part
            yield part


def _when(joules: float, start_w: float, slope_w_s: float) -> float:
    """[s] Until a non-negative line of power has delivered an amount of energy.

    Source: the numerically stable root of slope/2 t^2 + start t = joules, Numerical Recipes, 3rd ed., section 5.6.
    """
    if joules <= 0:
        return 0.0
    total_w = start_w + math.sqrt(max(start_w * start_w + 2 * slope_w_s * joules, 0.0))
    return 2 * joules / total_w if total_w > 0 else math.inf
