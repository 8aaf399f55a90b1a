"""From the mean equator and equinox of J2000.0 (EME2000) to the rotating Earth.

Source: precession IAU 1976 (Lieske 1979) and nutation IAU 1980, as given by Meeus, Astronomical Algorithms, 2nd
ed., chapters 21 and 22; the equation of the equinoxes as in Vallado et al., AIAA 2006-6753.
"""

import numpy as np
from numpy.typing import NDArray

from payload.geometry.earth import EARTH_SPIN_RAD_S
from payload.orbit.frames import Instants, gmst_rad

Floats = NDArray[np.float64]

_ARC_S = np.pi / 180.0 / 3600.0
# Multiples of D, M, M', F, Omega; then, in 1e-4 arc seconds: longitude, its change per century, obliquity, its change.
# Terms below 0.0015 arc seconds are left out: together some 0.01, half a metre in a low orbit.
_TERMS = np.array(
    [
        (0, 0, 0, 0, 1, -171996, -174.2, 92025, 8.9),
        (-2, 0, 0, 2, 2, -13187, -1.6, 5736, -3.1),
        (0, 0, 0, 2, 2, -2274, -0.2, 977, -0.5),
        (0, 0, 0, 0, 2, 2062, 0.2, -895, 0.5),
        (0, 1, 0, 0, 0, 1426, -3.4, 54, -0.1),
        (0, 0, 1, 0, 0, 712, 0.1, -7, 0),
        (-2, 1, 0, 2, 2, -517, 1.2, 224, -0.6),
        (0, 0, 0, 2, 1, -386, -0.4, 200, 0),
        (0, 0, 1, 2, 2, -301, 0, 129, -0.1),
        (-2, -1, 0, 2, 2, 217, -0.5, -95, 0.3),
        (-2, 0, 1, 0, 0, -158, 0, 0, 0),
        (-2, 0, 0, 2, 1, 129, 0.1, -70, 0),
        (0, 0, -1, 2, 2, 123, 0, -53, 0),
        (2, 0, 0, 0, 0, 63, 0, 0, 0),
        (0, 0, 1, 0, 1, 63, 0.1, -33, 0),
        (2, 0, -1, 2, 2, -59, 0, 26, 0),
        (0, 0, -1, 0, 1, -58, -0.1, 32, 0),
        (0, 0, 1, 2, 1, -51, 0, 27, 0),
        (-2, 0, 2, 0, 0, 48, 0, 0, 0),
        (0, 0, -2, 2, 1, 46, 0, -24, 0),
        (2, 0, 0, 2, 2, -38, 0, 16, 0),
        (0, 0, 2, 2, 2, -31, 0, 13, 0),
        (0, 0, 2, 0, 0, 29, 0, 0, 0),
        (-2, 0, 1, 2, 2, 29, 0, -12, 0),
        (0, 0, 0, 2, 0, 26, 0, 0, 0),
        (-2, 0, 0, 2, 0, -22, 0, 0, 0),
        (0, 0, -1, 2, 1, 21, 0, -10, 0),
        (0, 2, 0, 0, 0, 17, -0.1, 0, 0),
        (2, 0, -1, 0, 1, 16, 0, -8, 0),
        (-2, 2, 0, 2, 2, -16, 0.1, 7, 0),
        (0, 1, 0, 0, 1, -15, 0, 9, 0),
    ]
)
_ARGUMENTS_DEG = np.array(  # D, M, M', F, Omega: polynomials in centuries
    [
        (297.85036, 445267.111480, -0.0019142),
        (357.52772, 35999.050340, -0.0001603),
        (134.96298, 477198.867398, 0.0086972),
        (93.27191, 483202.017538, -0.0036825),
        (125.04452, -1934.136261, 0.0020708),
    ]
)


def eme2000_to_itrf(
    position_km: Floats, velocity_km_s: Floats, ut1: Instants
) -> tuple[Floats, Floats]:
    """States on the axes of J2000.0 relative to the rotating Earth; polar motion (up to 15 m) is neglected.

    Args:
        position_km: [km] EME2000, shape (T, 3).
        velocity_km_s: [km/s] EME2000, shape (T, 3).
        ut1: The times; their difference from dynamical time matters by less than a centimetre here.

    Returns:
        [km] and [km/s] on ITRF axes, the velocity relative to the rotating Earth.
    """
    t = ut1.julian_centuries
    longitude, obliquity_change, node = _nutation(t)
    obliquity = (84381.448 - (46.8150 + (0.00059 - 0.001813 * t) * t) * t) * _ARC_S
    zeta, z, theta = (
        (a + (b + c * t) * t) * t * _ARC_S
        for a, b, c in (
            (2306.2181, 0.30188, 0.017998),
            (2306.2181, 1.09468, 0.018203),
            (2004.3109, -0.42665, -0.041833),
        )
    )
    equinoxes = longitude * np.cos(obliquity)
    equinoxes += (0.00264 * np.sin(node) + 0.000063 * np.sin(2.0 * node)) * _ARC_S
    turns = (
        (2, -zeta),
        (1, theta),
        (2, -z),  # to the mean equator and equinox of date
        (0, obliquity),
        (2, -longitude),
        (0, -obliquity - obliquity_change),  # to the true ones
        (2, gmst_rad(ut1) + equinoxes),  # to the Earth
    )
    position, velocity = position_km, velocity_km_s
    for axis, angle in turns:
        position, velocity = _turn(position, axis, angle), _turn(velocity, axis, angle)
    spin = EARTH_SPIN_RAD_S * np.stack((position[:, 1], -position[:, 0], 0.0 * t), axis=1)
    return position, velocity + spin


def _nutation(t: Floats) -> tuple[Floats, Floats, Floats]:
    """[rad] Nutation in longitude and in obliquity, and the Moon's node; each (T,)."""
    arguments = np.radians(_ARGUMENTS_DEG @ np.stack((np.ones_like(t), t, t**2)))
    angles = _TERMS[:, :5] @ arguments
    along, along_rate, tilt, tilt_rate = _TERMS[:, 5:].T[..., None]
    longitude = ((along + along_rate * t) * np.sin(angles)).sum(axis=0)
    obliquity = ((tilt + tilt_rate * t) * np.cos(angles)).sum(axis=0)
    return longitude * 1e-4 * _ARC_S, obliquity * 1e-4 * _ARC_S, arguments[4]


def _turn(vectors: Floats, axis: int, angle_rad: Floats) -> Floats:
    """Components of vectors (T, 3) on axes rotated about one of them by an angle (T,)."""
    one, other = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    turned = vectors.copy()
    turned[:, one] = cos * vectors[:, one] + sin * vectors[:, other]
    turned[:, other] = cos * vectors[:, other] - sin * vectors[:, one]
    return turned
