"""The propagator: SGP4 from a TLE, an OMM or plain words, relative to the rotating Earth."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator
from sgp4.api import SGP4_ERRORS, Satrec

from payload.errors import OrbitError
from payload.orbit.elements import (
    MAX_ALTITUDE_KM,
    MIN_ALTITUDE_KM,
    circular,
    from_tle,
    from_tle_file,
    sun_synchronous,
)
from payload.orbit.frames import J2000_JD, J2000_UTC, instants, teme_to_itrf
from payload.orbit.omm import from_omm_file
from payload.registry import option, supplied
from payload.scenario.paths import InputPath
from payload.types import Ephemeris
from payload.units import at, iso_utc


def _unquoted_clock(value: object) -> object:
    """Undo how YAML 1.1 reads an unquoted 22:30, as the number 22 x 60 + 30."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60:
        return f"{value // 60:02d}:{value % 60:02d}"
    return value


_WHOLE = ("tle", "tle_file", "omm_file")  # each of them defines the whole orbit
_WORDS = (["altitude_km", "ltan"], ["altitude_km", "inclination_deg", "raan_deg"])
TIMES_AT_ONCE = 20_000
"""Times propagated together: frame transformations take much memory, and a year has a million times."""
Clock = Annotated[str, BeforeValidator(_unquoted_clock)]


@dataclass(frozen=True)
class Sgp4:
    """SGP4 from exactly one source of elements: tle, tle_file, omm_file, or altitude_km with its companions.

    The latter is altitude_km with ltan (sun-synchronous), or altitude_km with inclination_deg and raan_deg.

    Raises:
        OrbitError: There is no source or several, or elements cannot be read or flown.
    """

    tle: tuple[str, ...] | None = option(
        None,
        description="Two-line elements: two lines, or three with a name on top.",
        min_length=2,
        max_length=3,
    )
    tle_file: InputPath | None = option(None, description="File with one set of two-line elements.")
    omm_file: InputPath | None = option(
        None, description="File with one CCSDS Orbit Mean-Elements Message: JSON, KVN, XML or CSV."
    )
    altitude_km: float | None = option(
        None,
        description="[km] Altitude of a circular orbit; requires ltan, or inclination_deg and "
        "raan_deg.",
        ge=MIN_ALTITUDE_KM,
        le=MAX_ALTITUDE_KM,
    )
    ltan: Clock | None = option(
        None,
        description='Mean local solar time of the ascending node at the epoch, as "HH:MM"; '
        "requires altitude_km.",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
    )
    argument_of_latitude_deg: float = option(
        0.0,
        description="[deg] From the ascending node to the satellite at the epoch; only with "
        "altitude_km.",
        ge=-360.0,
        le=360.0,
    )
    inclination_deg: float | None = option(
        None,
        description="[deg] Inclination of a circular orbit that need not be Sun-synchronous; "
        "requires raan_deg.",
        ge=0.0,
        le=180.0,
    )
    raan_deg: float | None = option(
        None,
        description="[deg] Right ascension of the ascending node; requires inclination_deg.",
        ge=-360.0,
        le=360.0,
    )
    node_offset_deg: float = option(
        0.0,
        description="[deg] How far east of where ltan puts it the node lies: for planes of a "
        "constellation.",
        ge=-360.0,
        le=360.0,
    )
    satellite: str = supplied("satellite")
    epoch_utc: datetime = supplied(J2000_UTC)
    dut1_s: float = supplied(0.0)

    def __post_init__(self) -> None:
        given = [
            name
            for name in (*_WHOLE, "altitude_km", "ltan", "inclination_deg", "raan_deg")
            if getattr(self, name) is not None
        ]
        if given not in (*([name] for name in _WHOLE), *_WORDS):
            found = " and ".join(given) if given else "none"
            raise OrbitError(
                "an orbit needs exactly one of: tle, tle_file, omm_file,"
                " or altitude_km together with ltan, or with inclination_deg and raan_deg;"
                f" found {found}"
            )
        if self.argument_of_latitude_deg and self.altitude_km is None:
            raise OrbitError(
                "argument_of_latitude_deg goes with altitude_km;"
                f" a {given[0]} already says where the satellite is"
            )
        if self.node_offset_deg and self.ltan is None:
            raise OrbitError("node_offset_deg goes with ltan, which is not given")
        _ = self.record  # reads and checks everything

    @cached_property
    def record(self) -> Satrec:
        """The elements as an SGP4 record."""
        if self.tle is not None:
            return from_tle(self.tle)
        if self.tle_file is not None:
            return from_tle_file(self.tle_file)
        if self.omm_file is not None:
            return from_omm_file(self.omm_file)
        assert self.altitude_km is not None
        if self.ltan is None:
            assert self.inclination_deg is not None
            assert self.raan_deg is not None
            return circular(
                self.altitude_km,
                self.inclination_deg,
                self.raan_deg,
                self.epoch_utc,
                argument_of_latitude_deg=self.argument_of_latitude_deg,
            ).record(f"the orbit at {self.altitude_km:g} km, {self.inclination_deg:g} deg")
        words = f"the orbit at {self.altitude_km:g} km, {self.ltan}"
        return sun_synchronous(
            self.altitude_km,
            self.ltan,
            self.epoch_utc,
            argument_of_latitude_deg=self.argument_of_latitude_deg,
            node_offset_deg=self.node_offset_deg,
        ).record(words)

    @property
    def elements_utc(self) -> datetime:
        """Epoch of the elements."""
        record = self.record
        days = record.jdsatepoch - J2000_JD + record.jdsatepochF
        return J2000_UTC + timedelta(days=days)

    def propagate(self, times_s: NDArray[np.float64]) -> Ephemeris:
        """Positions and velocities at times [s] since the epoch, shape (T,).

        Raises:
            OrbitError: SGP4 gives no state at one of the times, for example after the satellite has decayed.
        """
        position_km, velocity_km_s = np.empty((times_s.size, 3)), np.empty((times_s.size, 3))
        for first in range(0, times_s.size, TIMES_AT_ONCE):
            part = slice(first, first + TIMES_AT_ONCE)
            ut1 = instants(self.epoch_utc, times_s[part], dut1_s=self.dut1_s)
            teme = self.propagate_teme(times_s[part])
            position_km[part], velocity_km_s[part] = teme_to_itrf(*teme, ut1)
        return Ephemeris(self.satellite, times_s, position_km, velocity_km_s)

    def propagate_teme(
        self, times_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position [km] and velocity [km/s], TEME, as SGP4 gives them, (T, 3); errors as above."""
        utc = instants(self.epoch_utc, times_s)
        whole = np.full(times_s.shape, J2000_JD + utc.whole_days)
        codes, position_km, velocity_km_s = self.record.sgp4_array(whole, utc.part_days)
        if codes.any():
            first = int(np.argmax(codes != 0))
            when = iso_utc(at(self.epoch_utc, float(times_s[first])))
            meaning = SGP4_ERRORS.get(int(codes[first]), f"error {codes[first]}")
            raise OrbitError(
                f"satellite {self.satellite!r} cannot be propagated to {when}"
                f" ({times_s[first]:.0f} s after the epoch): {meaning}"
            )
        return position_km, velocity_km_s
