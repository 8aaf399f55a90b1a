"""Where the satellite points: a body-fixed antenna shares its time with the camera."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import site
from payload.geometry.track import Track
from payload.scenario.radio import RadioModel
from payload.types import ContactWindow, Ephemeris, GroundStation, Opportunity, Target


@dataclass
class Pointing:
    """How long it takes to turn from a station to a target, and what that leaves of contacts.

    The angle is the one between them as seen from the satellite at the middle of the image; the same turn is made
    before and after the image.
    """

    radio: RadioModel
    ephemeris: Ephemeris
    stations: tuple[GroundStation, ...]
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        self._turns_s: dict[tuple[str, str], float] = {}

    @cached_property
    def _stations(self) -> dict[str, NDArray[np.float64]]:
        return {
            item.name: site(item.lat_deg, item.lon_deg, item.height_m).position_km
            for item in self.stations
        }

    @cached_property
    def _targets(self) -> dict[str, NDArray[np.float64]]:
        """[km] ITRF; computed on first use, as most antennas are steerable and never need it."""
        return {item.name: site(item.lat_deg, item.lon_deg).position_km for item in self.targets}

    @cached_property
    def _track(self) -> Track:
        return Track(self.ephemeris)

    @property
    def is_shared(self) -> bool:
        """Whether imaging and downlink exclude each other."""
        return self.radio.antenna == "body_fixed"

    @property
    def longest_turn_s(self) -> float:
        """[s] A turn by 180 degrees."""
        return 180.0 / self.radio.slew_deg_per_s + self.radio.settle_s

    def turn_s(self, opportunity: Opportunity, station: str) -> float:
        """[s] From the station to the target, or back."""
        key = (opportunity.id, station)
        if key not in self._turns_s:
            here = self._here((opportunity.start_s + opportunity.end_s) / 2)
            to_target = self._targets[opportunity.target] - here
            to_station = self._stations[station] - here
            angle_deg = math.degrees(_angle_rad(to_target, to_station))
            self._turns_s[key] = angle_deg / self.radio.slew_deg_per_s + self.radio.settle_s
        return self._turns_s[key]

    def block(self, opportunity: Opportunity, station: str) -> tuple[float, float]:
        """[s] Start and end of the time in which an image keeps the antenna from a station."""
        turn_s = self.turn_s(opportunity, station)
        return opportunity.start_s - turn_s, opportunity.end_s + turn_s

    def opening(
        self, station: str, images: Iterable[Opportunity], now_s: float
    ) -> tuple[float, float]:
        """[s] The next interval, from now on, in which the antenna can point at a station between images."""
        blocks = sorted(self.block(image, station) for image in images) if self.is_shared else []
        opens_s = now_s
        for start_s, end_s in blocks:
            if start_s <= opens_s < end_s:
                opens_s = end_s
        return opens_s, min(
            (start_s for start_s, _ in blocks if start_s > opens_s), default=math.inf
        )

    def shared(
        self, opportunities: Sequence[Opportunity], contacts: Iterable[ContactWindow]
    ) -> Sequence[Opportunity]:
        """The opportunities that the planner may use: all, or, if downlink comes first, those that disturb no contact."""
        if not self.is_shared or self.radio.first == "imaging":
            return opportunities
        windows = list(contacts)
        return [
            item
            for item in opportunities
            if not any(self._disturbs(item, window) for window in windows)
        ]

    def _disturbs(self, opportunity: Opportunity, window: ContactWindow) -> bool:
        longest_s = self.longest_turn_s
        if not (
            opportunity.start_s - longest_s < window.los_s
            and opportunity.end_s + longest_s > window.aos_s
        ):
            return False  # not even the longest turn would overlap it
        start_s, end_s = self.block(opportunity, window.station)
        return start_s < window.los_s and end_s > window.aos_s

    def _here(self, time_s: float) -> NDArray[np.float64]:
        """[km] Position of the satellite, ITRF, shape (3,)."""
        position_km, _ = self._track.states(np.array([time_s]))
        return position_km.reshape(3)


def _angle_rad(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Angle between two directions, 0 to pi; in a form that is accurate for small angles too."""
    return float(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b))
