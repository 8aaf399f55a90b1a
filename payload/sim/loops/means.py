"""What a planner may count on: memory and energy, estimated from images and contacts alone.

The satellite's actual state is not consulted. The images that a planner knows of fill the memory with raw tiles, and each
contact empties it by the most that the link can carry; so a plan leaves room for the worst case, that nothing is pruned, and
for one more tile, since a partly sent tile holds its room until the rest follows in a later contact.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cached_property
from heapq import merge
from operator import itemgetter

import numpy as np

from payload.downlink import capacity_bytes
from payload.energy import Supply
from payload.plans import Limits, Room
from payload.sim.assemble import Assembly
from payload.timetable.wanted import nominal_bytes
from payload.types import Opportunity

CameIn = Callable[[str], Iterable[Opportunity]]
"""The images of a satellite in order of their ends, last first: only a few are read, however long the flight."""


class Means:
    """The limits of a scenario, including memory and energy if it asks planners to respect them."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        rules = assembly.scenario.rescheduling
        self._plans_memory = rules.plans_memory
        self._plans_energy = rules.plans_energy and assembly.scenario.power is not None

    def limits(self, now_s: float, images: CameIn) -> Limits:
        """The limits of a plan made now.

        Args:
            now_s: [s] Now.
            images: Images known, or assumed, to have been taken.
        """
        limits = self._assembly.limits
        if self._plans_memory:
            rooms = {
                name: self._room(name, now_s, images(name)) for name in self._assembly.satellites
            }
            limits = replace(limits, rooms=rooms)
        if self._plans_energy:
            limits = replace(
                limits,
                joules_per_image=self.joules_per_image,
                joules_per_orbit=self.joules_per_orbit,
            )
        return limits

    def _room(self, satellite: str, now_s: float, images: Iterable[Opportunity]) -> Room:
        """Memory now: images that have ended filled it, contacts that have ended emptied it; both are read last first."""
        capacity = max(0, self._assembly.scenario.memory.capacity_bytes - self._tile_bytes)
        contacts = self._carried[satellite]
        over = bisect_right(contacts, now_s, key=itemgetter(0))
        came_in = ((item.end_s, item.volume_bytes) for item in images if item.end_s <= now_s)
        let_out = ((contacts[at][0], -contacts[at][1]) for at in range(over - 1, -1, -1))
        held = held_bytes(merge(came_in, let_out, reverse=True), capacity)
        return Room(capacity - held, tuple(contacts[over:]), capacity)

    @cached_property
    def _tile_bytes(self) -> int:
        """[byte] Size of the largest raw tile."""
        sensor, tile_px = self._assembly.sensor, self._assembly.tile_px
        height_px, width_px = min(tile_px, sensor.height_px), min(tile_px, sensor.width_px)
        return nominal_bytes(replace(sensor, height_px=height_px, width_px=width_px), tile_px)

    @cached_property
    def _carried(self) -> dict[str, list[tuple[float, int]]]:
        """By satellite, the end [s] of each contact and the most it carries [byte], in order of the end."""
        parts = self._assembly
        return {
            name: sorted(
                (
                    window.los_s,
                    capacity_bytes(
                        parts.link.profile(window, parts.ephemerides[name]),
                        window.aos_s,
                        window.los_s,
                    ),
                )
                for window in windows
            )
            for name, windows in parts.contacts.items()
        }

    @cached_property
    def joules_per_image(self) -> float:
        """[J] Energy for reading out and processing a whole image."""
        parts = self._assembly
        power, sensor = parts.scenario.power, parts.sensor
        if power is None:
            return 0.0
        computing_s = parts.profile.busy_s(sensor.width_px * sensor.height_px)
        return power.camera_w * power.camera_on_s + parts.profile.energy_j(computing_s)

    @cached_property
    def joules_per_orbit(self) -> float:
        """[J] Energy from the array in a mean orbit of the worst-supplied satellite, beyond what is always on.

        Assumption: all of it goes through the battery, and the radio sends nothing.
        """
        parts = self._assembly
        power = parts.scenario.power
        if power is None:
            return math.inf
        always_w = power.bus_w + power.radio_idle_w
        return max(
            0.0,
            min(
                (_mean(supply) * power.charge_efficiency * power.discharge_efficiency - always_w)
                * parts.limits.orbit_s[name]
                for name, supply in parts.supplies.items()
            ),
        )


def held_bytes(events: Iterable[tuple[float, int]], capacity_bytes: int) -> int:
    """[byte] What an initially empty memory holds after all events, clamped at zero and at its capacity by each.

    The computation runs backwards from the last event only as far as it matters: what was held before the memory ran
    full or empty has no influence.

    Args:
        events: Time [s] and bytes [byte] added, or removed if negative, of each event, last first.
        capacity_bytes: [byte] Of the memory.
    """
    change, least, most = 0, 0, capacity_bytes  # due to the events read so far
    for _, size in events:
        least, most = (min(most, max(least, bound + change)) for bound in (0, capacity_bytes))
        if least == most:
            return least
        change += size
    return min(most, max(least, change))


def _mean(supply: Supply) -> float:
    """[W] Mean power of the array over the flight."""
    span_s = float(supply.time_s[-1] - supply.time_s[0])
    return float(np.trapezoid(supply.array_w, supply.time_s)) / span_s
