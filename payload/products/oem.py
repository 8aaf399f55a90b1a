"""The ephemeris of each satellite as a CCSDS Orbit Ephemeris Message.

Times are given to the microsecond, in which a satellite moves less than a centimetre.

Source: CCSDS 502.0-B-3, section 5 (KVN).
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from payload import __version__
from payload.types import Ephemeris
from payload.units import iso_utc_of

INTERPOLATION = ("HERMITE", 7)
"""Four states around each time: in a low orbit with a step of one minute the error between the states is below 10 cm, as
SGP4's velocities deviate by up to 2 cm/s from the slopes of its positions."""
PART_STATES = 10_000
"""Number of states formatted at a time: some 3 MB."""
_STATE = "%s %.6f %.6f %.6f %.9f %.9f %.9f"
FRAME = "ITRF2000"
"""The newest realisation that CCSDS 502.0-B-3, annex B, names. Neglected polar motion (up to 15 m) far exceeds the
centimetres between one realisation and another."""


def write_oem(path: Path, ephemeris: Ephemeris, epoch_utc: datetime) -> None:
    """Write the states of a satellite; as its date of creation the file gives the flight's epoch.

    Args:
        path: The file.
        ephemeris: ITRF, from the start of the flight to its end.
        epoch_utc: The epoch of its times.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _lines(ephemeris, epoch_utc))


def _lines(ephemeris: Ephemeris, epoch_utc: datetime) -> Iterator[str]:
    first, last = iso_utc_of(epoch_utc, ephemeris.time_s[[0, -1]])
    yield "CCSDS_OEM_VERS = 2.0"
    yield f"COMMENT Simulated by payload-sim {__version__}; the date of creation is the flight's epoch"
    yield f"CREATION_DATE = {first}"
    yield "ORIGINATOR = PAYLOAD-SIM"
    yield ""
    yield "META_START"
    yield f"OBJECT_NAME = {ephemeris.satellite}"
    yield f"OBJECT_ID = {ephemeris.satellite}"
    yield "CENTER_NAME = EARTH"
    yield f"REF_FRAME = {FRAME}"
    yield "TIME_SYSTEM = UTC"
    yield f"START_TIME = {first}"
    yield f"STOP_TIME = {last}"
    yield f"INTERPOLATION = {INTERPOLATION[0]}"
    yield f"INTERPOLATION_DEGREE = {INTERPOLATION[1]}"
    yield "META_STOP"
    yield ""
    for begin in range(0, ephemeris.time_s.size, PART_STATES):
        yield _states(ephemeris, slice(begin, begin + PART_STATES), epoch_utc)


def _states(ephemeris: Ephemeris, part: slice, epoch_utc: datetime) -> str:
    """One line for each of the states in a part."""
    rows = zip(
        iso_utc_of(epoch_utc, ephemeris.time_s[part]),
        *ephemeris.position_km[part].T.tolist(),
        *ephemeris.velocity_km_s[part].T.tolist(),
        strict=True,
    )
    return "\n".join([_STATE % row for row in rows])
