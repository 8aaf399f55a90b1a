"""A battery between an array and its loads, in closed form: time passes from event to event, not by steps.

Over a piece of time the array gives power along a straight line and the load is constant. The line is cut
where their difference changes sign, and where the battery is full or empty: quadratic equations.

Every joule that the array gives is used, lost on the way into or out of the battery, spilled while it is
full, or adds to its charge; each of the five is integrated for itself, none is a difference of others.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Battery:
    """What a battery is.

    Attributes:
        capacity_j: [J] From empty to full.
        charge_efficiency: Share of what flows in that is stored.
        discharge_efficiency: Share of what is taken out that reaches the loads.
    """

    capacity_j: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(slots=True)
class Bank:
    """A battery in flight: its charge, and where the joules went so far.

    Attributes:
        charge_j: [J] Stored now.
        harvested_j: [J] Given by the array.
        used_j: [J] Had by the loads.
        lost_j: [J] By charging and discharging.
        spilled_j: [J] Given while the battery was full and nobody wanted it.
        unserved_j: [J] Wanted while the battery was empty, and not had.
        lowest_j: [J] Smallest charge so far.
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
        """From 0, empty, to 1, full."""
        return self.charge_j / self.battery.capacity_j

    def pass_time(self, seconds: float, start_w: float, end_w: float, load_w: float) -> None:
        """The array gives from start_w to end_w [W] along a line while load_w is wanted."""
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
        """Serve so many joules; [J] what could not be served."""
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
        """[s] Into a piece of time until the charge has risen to wanted_j; infinite if it does not.

        Nothing passes: the bank stays as it is.
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
    """A straight line of power cut at its zero: seconds, first and last watts of each part."""
    parts = [(seconds, start_w, end_w)]
    if start_w * end_w < 0:
        zero_s = seconds * start_w / (start_w - end_w)
        parts = [(zero_s, start_w, 0.0), (seconds - zero_s, 0.0, end_w)]
    for part in parts:
        if part[0] > 0:  # a zero at the very edge leaves nothing on one side of it
            yield part


def _when(joules: float, start_w: float, slope_w_s: float) -> float:
    """[s] Until a line of power, not negative, has brought so many joules.

    Source: the root of slope/2 t^2 + start t = joules that keeps its digits, Numerical Recipes, 3rd ed., section 5.6.
    """
    if joules <= 0:
        return 0.0
    total_w = start_w + math.sqrt(max(start_w * start_w + 2 * slope_w_s * joules, 0.0))
    return 2 * joules / total_w if total_w > 0 else math.inf
