"""The propagator `oem`: a satellite that follows an ephemeris message."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.orbit.frames import J2000_UTC, instants, teme_to_itrf
from payload.orbit.inertial import eme2000_to_itrf
from payload.orbit.interpolation import hermite, lagrange
from payload.orbit.oem import Segment, from_oem_file
from payload.registry import option, supplied
from payload.scenario.paths import InputPath
from payload.types import Ephemeris
from payload.units import at, iso_utc

Floats = NDArray[np.float64]
_TOLERANCE_S = 1e-3  # times are written to the millisecond


@dataclass(frozen=True)
class Oem:
    """A CCSDS Orbit Ephemeris Message, KVN or XML, in ITRF, TEME or EME2000.

    Raises:
        OrbitError: The file is not such a message, or something in it is not understood.
    """

    file: InputPath = option(
        description="File with the CCSDS Orbit Ephemeris Message of a satellite."
    )
    satellite: str = supplied("satellite")
    epoch_utc: datetime = supplied(J2000_UTC)
    dut1_s: float = supplied(0.0)

    def __post_init__(self) -> None:
        _ = self.segments  # reads and checks everything

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of the file."""
        return from_oem_file(self.file)

    def propagate(self, times_s: Floats) -> Ephemeris:
        """Positions and velocities at times [s] since the epoch, shape (T,).

        Raises:
            OrbitError: The message does not cover one of the times.
        """
        position, velocity = np.full((2, times_s.size, 3), np.nan)
        open_ = np.ones(times_s.shape, dtype=np.bool_)
        for segment in self.segments:
            own_s = times_s + (self.epoch_utc - segment.base_utc).total_seconds()
            low, high = segment.useable_s
            mine = np.flatnonzero(
                open_ & (own_s >= low - _TOLERANCE_S) & (own_s <= high + _TOLERANCE_S)
            )
            if mine.size:
                position[mine], velocity[mine] = self._on_earth(segment, own_s[mine], times_s[mine])
                open_[mine] = False
        if open_.any():
            raise OrbitError(self._out_of_reach(float(times_s[int(np.argmax(open_))])))
        return Ephemeris(self.satellite, times_s, position, velocity)

    def _on_earth(self, segment: Segment, own_s: Floats, times_s: Floats) -> tuple[Floats, Floats]:
        table = (segment.time_s, segment.position_km, segment.velocity_km_s)
        if segment.method == "HERMITE":
            states = hermite(*table, own_s, degree=segment.degree)
        else:
            position, velocity = (
                lagrange(table[0], values, own_s, degree=segment.degree) for values in table[1:]
            )
            states = (position, velocity)
        if segment.frame == "ITRF":
            return states
        turn = teme_to_itrf if segment.frame == "TEME" else eme2000_to_itrf
        return turn(*states, instants(self.epoch_utc, times_s, dut1_s=self.dut1_s))

    def _out_of_reach(self, time_s: float) -> str:
        spans = " and ".join(
            " to ".join(iso_utc(at(item.base_utc, end_s)) for end_s in item.useable_s)
            for item in self.segments
        )
        return (
            f"satellite {self.satellite!r} cannot be placed at {iso_utc(at(self.epoch_utc, time_s))}"
            f" ({time_s:.0f} s after the epoch): the OEM file {self.file} covers {spans};"
            " epoch_utc and duration_h must lie inside"
        )
