"""Orbital elements to SGP4 records: two-line elements, mean elements, and plain words.

A record is a `sgp4.api.Satrec`. Any mistake raises an `OrbitError`; in two-line elements it says which line.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sgp4.api import SGP4_ERRORS, WGS72, Satrec

from payload.errors import OrbitError
from payload.geometry.earth import WGS84_RADIUS_KM
from payload.orbit.frames import gmst_rad, instants
from payload.units import S_PER_DAY

SGP4_MU_KM3_S2 = 398600.8
"""[km3/s2] With which SGP4 converts a mean motion into a semi-major axis. Source: WGS 72, Spacetrack Report 3."""
WGS84_J2 = 1.08262998905e-3
"""Oblateness of the Earth. Source: NIMA TR8350.2, 3rd ed., C20 of table 5.1 times -sqrt(5)."""
TROPICAL_YEAR_DAYS = 365.2421897
"""[day] One revolution of the mean Sun. Source: Meeus, Astronomical Algorithms, ch. 27."""

MIN_ALTITUDE_KM, MAX_ALTITUDE_KM = 200.0, 2000.0

_SGP4_DAY_ZERO = datetime(1949, 12, 31, tzinfo=UTC)
_MAX_FILE_BYTES = 1_000_000
MIN_TURNS_PER_DAY, MAX_TURNS_PER_DAY = 0.01, 20.0
"""Mean motions of Earth satellites: from beyond the Moon down to the ground."""
_LINE_LENGTH = 69

_CATALOGUE = re.compile(r"[ \dA-HJ-NP-Z][ \d]{3}\d")
_DIGITS = re.compile(r"\d+")
_DECIMAL = re.compile(r" *[+-]?\d*\.\d+")
_RATE = re.compile(r" *[+-]? *\d*\.\d+")
_EXPONENT = re.compile(r"[ +-][ \d]{4}\d[+-]\d")
_FIELDS = {
    1: (
        (3, 7, "the catalogue number", _CATALOGUE),
        (19, 20, "the year of the epoch", _DIGITS),
        (21, 32, "the day of the epoch", _DECIMAL),
        (34, 43, "the first derivative of the mean motion", _RATE),
        (45, 52, "the second derivative of the mean motion", _EXPONENT),
        (54, 61, "the drag term", _EXPONENT),
    ),
    2: (
        (3, 7, "the catalogue number", _CATALOGUE),
        (9, 16, "the inclination", _DECIMAL),
        (18, 25, "the right ascension of the node", _DECIMAL),
        (27, 33, "the eccentricity", _DIGITS),
        (35, 42, "the argument of perigee", _DECIMAL),
        (44, 51, "the mean anomaly", _DECIMAL),
        (53, 63, "the mean motion", _DECIMAL),
    ),
}


@dataclass(frozen=True, slots=True)
class MeanElements:
    """Mean elements as SGP4 defines them (Kozai mean motion, TEME).

    Attributes:
        epoch_utc: Epoch of the elements.
        mean_motion_rev_per_day: [1/day] Revolutions per day.
        eccentricity: 0 <= value < 1.
        inclination_deg: [deg] 0 to 180.
        raan_deg: [deg] Right ascension of the ascending node.
        argument_of_perigee_deg: [deg] From the node.
        mean_anomaly_deg: [deg] From the perigee.
        bstar: [1/earth radius] SGP4's drag term.
    """

    epoch_utc: datetime
    mean_motion_rev_per_day: float
    eccentricity: float
    inclination_deg: float
    raan_deg: float
    argument_of_perigee_deg: float
    mean_anomaly_deg: float
    bstar: float = 0.0

    def record(self, source: str) -> Satrec:
        """The record that SGP4 propagates; an OrbitError that names the source if SGP4 refuses it."""
        epoch_days = (self.epoch_utc - _SGP4_DAY_ZERO).total_seconds() / S_PER_DAY
        record = Satrec()
        record.sgp4init(
            WGS72,
            "i",  # the improved mode, as for two-line elements
            0,  # a catalogue number, which SGP4 does not use
            epoch_days,
            self.bstar,
            0.0,  # derivatives of the mean motion, which SGP4 does not use either
            0.0,
            self.eccentricity,
            math.radians(self.argument_of_perigee_deg),
            math.radians(self.inclination_deg),
            math.radians(self.mean_anomaly_deg),
            self.mean_motion_rev_per_day * 2.0 * math.pi / 1440.0,
            math.radians(self.raan_deg),
        )
        return _accepted(record, source)


def sun_synchronous(
    altitude_km: float,
    ltan: str,
    epoch_utc: datetime,
    *,
    argument_of_latitude_deg: float = 0.0,
    node_offset_deg: float = 0.0,
) -> MeanElements:
    """A circular sun-synchronous orbit from its altitude and local time.

    The node moves with the mean Sun (J2, first order), which gives the inclination. It lies where
    the *mean* local solar time is `ltan` at the epoch: local time is UT plus the longitude of the
    node, which is its right ascension minus Greenwich sidereal time.

    Args:
        altitude_km: [km] Above the equatorial radius of WGS 84, 200 to 2,000.
        ltan: Mean local solar time of the ascending node, "HH:MM".
        epoch_utc: Epoch of the elements.
        argument_of_latitude_deg: [deg] From the ascending node to the satellite at the epoch.
        node_offset_deg: [deg] The node lies this far east of where `ltan` puts it.

    Raises:
        OrbitError: The altitude or the time is not valid, or the angle is not finite.

    Source: Vallado, Fundamentals of Astrodynamics, 4th ed., section 11.4.1.
    """
    _check_height(altitude_km)
    clock = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", ltan)
    if clock is None:
        raise OrbitError(
            f'ltan: {ltan!r} is not a time of day; write hours and minutes, such as "22:30"'
        )
    semi_major_axis_km = WGS84_RADIUS_KM + altitude_km
    motion_rad_s = math.sqrt(SGP4_MU_KM3_S2 / semi_major_axis_km**3)
    sun_rad_s = 2.0 * math.pi / (TROPICAL_YEAR_DAYS * S_PER_DAY)
    pull = 1.5 * WGS84_J2 * (WGS84_RADIUS_KM / semi_major_axis_km) ** 2 * motion_rad_s

    moment = instants(epoch_utc, np.zeros(1))
    ut_days = moment.part_days[0] + 0.5  # J2000.0 is at noon
    ltan_days = (int(clock[1]) + int(clock[2]) / 60.0) / 24.0
    sidereal_deg = math.degrees(float(gmst_rad(moment)[0]))
    return circular(
        altitude_km,
        math.degrees(math.acos(-sun_rad_s / pull)),
        sidereal_deg + 360.0 * (ltan_days - ut_days) + node_offset_deg,
        epoch_utc,
        argument_of_latitude_deg=argument_of_latitude_deg,
    )


def circular(
    altitude_km: float,
    inclination_deg: float,
    raan_deg: float,
    epoch_utc: datetime,
    *,
    argument_of_latitude_deg: float = 0.0,
) -> MeanElements:
    """A circular orbit from its altitude, inclination and node.

    Args:
        altitude_km: [km] Above the equatorial radius of WGS 84, 200 to 2,000.
        inclination_deg: [deg] 0 to 180.
        raan_deg: [deg] Right ascension of the ascending node, TEME.
        epoch_utc: Epoch of the elements.
        argument_of_latitude_deg: [deg] From the ascending node to the satellite at the epoch.

    Raises:
        OrbitError: The altitude is not valid, or the argument of latitude is not finite.
    """
    _check_height(altitude_km)
    if not math.isfinite(argument_of_latitude_deg):
        raise OrbitError(f"argument_of_latitude_deg: {argument_of_latitude_deg} is not an angle")
    motion_rad_s = math.sqrt(SGP4_MU_KM3_S2 / (WGS84_RADIUS_KM + altitude_km) ** 3)
    return MeanElements(
        epoch_utc=epoch_utc,
        mean_motion_rev_per_day=motion_rad_s * S_PER_DAY / (2.0 * math.pi),
        eccentricity=0.0,
        inclination_deg=inclination_deg,
        raan_deg=raan_deg % 360.0,
        argument_of_perigee_deg=0.0,
        mean_anomaly_deg=argument_of_latitude_deg % 360.0,
    )


def _check_height(altitude_km: float) -> None:
    if not MIN_ALTITUDE_KM <= altitude_km <= MAX_ALTITUDE_KM:
        raise OrbitError(
            f"altitude_km: {altitude_km} km is not between {MIN_ALTITUDE_KM:g} and"
            f" {MAX_ALTITUDE_KM:g} km, where low orbits are flown"
        )


def from_tle(lines: Sequence[str], source: str = "the TLE") -> Satrec:
    """A record from two-line elements: two lines, or three with a name on top; Alpha-5 numbers too.

    Raises:
        OrbitError: They are not valid; the message says which line is wrong, what was found and what was expected.

    Source: CelesTrak, "NORAD Two-Line Element Set Format" and "Alpha-5"; Vallado, AIAA 2006-6753.
    """
    if len(lines) not in {2, 3}:
        raise OrbitError(
            f"{source} has {len(lines)} lines; expected two, or three with a name on top"
        )
    first, second = (line.rstrip() for line in lines[-2:])
    for number, line in ((1, first), (2, second)):
        _check_line(line, number, source)
    if first[2:7] != second[2:7]:
        raise OrbitError(
            f"{source}: line 1 is of satellite {first[2:7]!r}, line 2 of {second[2:7]!r};"
            " they do not belong together"
        )
    if float(second[8:16]) > 180.0:
        raise OrbitError(
            f"{source}: line 2 has an inclination of {second[8:16].strip()} deg, above 180"
        )
    if not MIN_TURNS_PER_DAY <= float(second[52:63]) <= MAX_TURNS_PER_DAY:
        raise OrbitError(
            f"{source}: line 2 has a mean motion of {second[52:63].strip()} turns a day;"
            f" expected {MIN_TURNS_PER_DAY:g} to {MAX_TURNS_PER_DAY:g}"
        )
    if not 1.0 <= float(first[20:32]) < 367.0:
        raise OrbitError(f"{source}: line 1 has an epoch on day {first[20:32].strip()} of a year")
    try:
        record = Satrec.twoline2rv(first, second)
    except ValueError as error:
        raise OrbitError(f"{source} cannot be read: {' '.join(str(error).split())}") from error
    return _accepted(record, source)


def from_tle_file(path: Path) -> Satrec:
    """A record from a file with one set of two-line elements; empty lines are skipped."""
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    return from_tle(lines, f"the TLE file {path}")


def read_text(path: Path, *, max_bytes: int = _MAX_FILE_BYTES) -> str:
    """The text of a file of at most `max_bytes`; OrbitError if it is not a text file or is larger."""
    try:
        if not path.is_file():
            raise OrbitError(f"{path} is not a file")
        size = path.stat().st_size
        if size > max_bytes:
            raise OrbitError(
                f"{path} has {size} bytes; what one satellite needs is at most {max_bytes:,}"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise OrbitError(f"{path} is not a text file: byte {error.start} is not UTF-8") from error
    except OSError as error:
        raise OrbitError(f"{path} cannot be read: {error.strerror}") from error


def checksum(line: str) -> int:
    """Sum of the digits of the first 68 characters, a minus counted as 1, modulo 10."""
    return (
        sum(int(char) if char.isdigit() else char == "-" for char in line[: _LINE_LENGTH - 1]) % 10
    )


def _check_line(line: str, number: int, source: str) -> None:
    where = f"{source}: line {number}"
    if not line.isascii():
        raise OrbitError(f"{where} contains characters that no TLE has")
    if not line.startswith(f"{number} "):
        raise OrbitError(f"{where} begins with {line[:2]!r}; expected {f'{number} '!r}")
    if len(line) != _LINE_LENGTH:
        raise OrbitError(f"{where} has {len(line)} characters; expected {_LINE_LENGTH}")
    wanted = str(checksum(line))
    if line[-1] != wanted:
        raise OrbitError(
            f"{where} ends in the checksum {line[-1]!r}, but its characters add up to {wanted!r};"
            " one of them is wrong"
        )
    for start, stop, name, pattern in _FIELDS[number]:
        text = line[start - 1 : stop]
        if not pattern.fullmatch(text):
            raise OrbitError(
                f"{where} should hold {name} in columns {start} to {stop}, but there is {text!r}"
            )


def _accepted(record: Satrec, source: str) -> Satrec:
    if record.error:
        meaning = SGP4_ERRORS.get(record.error, f"error {record.error}")
        raise OrbitError(f"{source} does not describe an orbit that SGP4 can fly: {meaning}")
    return record
