"""Time and reference frames: UTC to days, TEME to the rotating Earth."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from payload.errors import OrbitError
from payload.geometry.earth import EARTH_SPIN_RAD_S
from payload.units import S_PER_DAY

J2000_UTC = datetime(2000, 1, 1, 12, tzinfo=UTC)
J2000_JD = 2451545.0
_DAYS_PER_CENTURY = 36525.0


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """Days since 2000-01-01 12:00, split into two parts so that no microsecond is lost.

    Attributes:
        whole_days: [day] A whole number.
        part_days: [day] To be added to it, shape (T,).
    """

    whole_days: float
    part_days: NDArray[np.float64]

    @property
    def days(self) -> NDArray[np.float64]:
        """[day] Both parts together, accurate to some 0.2 microseconds; shape (T,)."""
        return self.whole_days + self.part_days

    @property
    def julian_centuries(self) -> NDArray[np.float64]:
        """[century of 36,525 days] Shape (T,)."""
        return self.days / _DAYS_PER_CENTURY


def instants(epoch_utc: datetime, times_s: NDArray[np.float64], *, dut1_s: float = 0.0) -> Instants:
    """Days since J2000.0 of times after an epoch: UTC, or UT1 when `dut1_s` (UT1 - UTC) is given.

    Raises:
        OrbitError: The epoch has no time zone.
    """
    if epoch_utc.tzinfo is None:
        raise OrbitError(f"the epoch {epoch_utc} has no time zone; expected an aware UTC instant")
    since = epoch_utc - J2000_UTC
    part_s = since.seconds + since.microseconds / 1e6 + dut1_s
    return Instants(float(since.days), (part_s + times_s) / S_PER_DAY)


def gmst_rad(ut1: Instants) -> NDArray[np.float64]:
    """[rad] Greenwich mean sidereal time of 1982, the angle between TEME and the Earth; 0 to 2 pi.

    Whole turns are dropped before multiplying, which keeps the angle accurate to 1e-11.

    Source: Aoki et al. 1982; as used with SGP4 by Vallado et al., AIAA 2006-6753, appendix C.
    """
    t = ut1.julian_centuries
    slow_s = 67310.54841 + (8640184.812866 + (0.093104 - 6.2e-6 * t) * t) * t
    turns = _part(ut1.part_days) + slow_s / S_PER_DAY
    return np.asarray(_part(turns) * 2.0 * np.pi, dtype=np.float64)


def _part(turns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fractional part of turns, 0 to 1: `np.mod(turns, 1.0)` to the bit, without its divisions."""
    return np.asarray(turns - np.floor(turns), dtype=np.float64)


def turn_with_earth(
    vectors: NDArray[np.float64], angle_rad: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Components of vectors (T, 3) on axes rotated about the pole by `angle_rad` (T,)."""
    return _turned(vectors, np.cos(angle_rad), np.sin(angle_rad))


def _turned(
    vectors: NDArray[np.float64], cos: NDArray[np.float64], sin: NDArray[np.float64]
) -> NDArray[np.float64]:
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    return np.stack((cos * x + sin * y, cos * y - sin * x, z), axis=1)


def teme_to_itrf(
    position_km: NDArray[np.float64], velocity_km_s: NDArray[np.float64], ut1: Instants
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """States of SGP4 relative to the rotating Earth; polar motion (up to 15 m) is neglected.

    Args:
        position_km: [km] TEME, shape (T, 3).
        velocity_km_s: [km/s] TEME, shape (T, 3).
        ut1: The times, in UT1.

    Returns:
        [km] and [km/s] on ITRF axes, the velocity relative to the rotating Earth.

    Source: Vallado et al., AIAA 2006-6753, appendix C.
    """
    angle = gmst_rad(ut1)
    cos, sin = np.cos(angle), np.sin(angle)
    position, velocity = _turned(position_km, cos, sin), _turned(velocity_km_s, cos, sin)
    velocity[:, 0] += EARTH_SPIN_RAD_S * position[:, 1]
    velocity[:, 1] -= EARTH_SPIN_RAD_S * position[:, 0]
    return position, velocity
