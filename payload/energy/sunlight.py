"""What a solar array supplies over time, as straight lines between knots.

The array tracks the Sun, or is fixed to a nadir-pointing satellite, in which case its power goes with the cosine of
the Sun's angle. Both are multiplied by the visible share of the Sun's disc.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import EARTH_SPIN_RAD_S

Floats = NDArray[np.float64]
Face = Literal["zenith", "nadir", "ahead", "behind", "left", "right"]


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Power of an array, and sunlight, between knots.

    Attributes:
        time_s: [s] since the epoch, shape (T,), ascending.
        array_w: [W] shape (T,); linear from knot to knot.
        lit: Visible share of the Sun's disc, shape (T,).
    """

    time_s: Floats
    array_w: Floats
    lit: Floats

    def pieces(self, start_s: float, end_s: float) -> Iterator[tuple[float, float, float, float]]:
        """From one time to another, knot by knot: seconds, first and last watts, mean share of light."""
        first = int(np.searchsorted(self.time_s, start_s, side="right"))
        last = int(np.searchsorted(self.time_s, end_s, side="left"))
        here_s = start_s
        here_w, here_lit = self._at(start_s)
        for index in range(first, last):
            there_s, there_w = float(self.time_s[index]), float(self.array_w[index])
            there_lit = float(self.lit[index])
            yield there_s - here_s, here_w, there_w, 0.5 * (here_lit + there_lit)
            here_s, here_w, here_lit = there_s, there_w, there_lit
        if end_s > here_s:
            there_w, there_lit = self._at(end_s)
            yield end_s - here_s, here_w, there_w, 0.5 * (here_lit + there_lit)

    def _at(self, time_s: float) -> tuple[float, float]:
        return (
            float(np.interp(time_s, self.time_s, self.array_w)),
            float(np.interp(time_s, self.time_s, self.lit)),
        )


def face_cosine(position_km: Floats, velocity_km_s: Floats, sun: Floats, face: Face) -> Floats:
    """Cosine between a face of a nadir-pointing satellite and the Sun, not below 0; shape (T,).

    Args:
        position_km: ITRF, shape (T, 3).
        velocity_km_s: Relative to the rotating Earth, ITRF axes, shape (T, 3).
        sun: Unit vectors to the Sun, ITRF, shape (T, 3).
        face: Which way it faces; `left` is north of a satellite that flies east.
    """
    zenith = position_km / np.linalg.norm(position_km, axis=1)[:, None]
    turning = np.cross(np.array([0.0, 0.0, EARTH_SPIN_RAD_S]), position_km)
    left = np.cross(position_km, velocity_km_s + turning)
    left /= np.linalg.norm(left, axis=1)[:, None]
    ahead = np.cross(left, zenith)
    axis, sign = {
        "zenith": (zenith, 1.0),
        "nadir": (zenith, -1.0),
        "ahead": (ahead, 1.0),
        "behind": (ahead, -1.0),
        "left": (left, 1.0),
        "right": (left, -1.0),
    }[face]
    cosine: Floats = np.maximum(sign * np.einsum("ij,ij->i", axis, sun), 0.0)
    return cosine
