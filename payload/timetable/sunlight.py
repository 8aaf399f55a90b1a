"""Power of a satellite's solar array along its orbit: the sunlight from `orbit`, the watts from `energy`."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from payload.energy import Supply
from payload.energy.sunlight import face_cosine
from payload.geometry.track import Track
from payload.orbit import eclipses, sun_direction, sunlit_share
from payload.orbit.eclipse import Eclipse
from payload.scenario.power import PowerModel
from payload.types import Ephemeris

Floats = NDArray[np.float64]
_PENUMBRA_KNOTS = 9


def make_supply(
    power: PowerModel, ephemeris: Ephemeris, epoch_utc: datetime, *, dut1_s: float = 0.0
) -> Supply:
    """The array's power over the span of an ephemeris.

    Knots lie at the edges of shadow and across each penumbra; for a fixed array, whose angle to the Sun
    changes all the time, also at the samples of the ephemeris.

    Raises:
        OrbitError: The ephemeris is too coarse or uneven.
    """
    track = Track(ephemeris)
    marks = [ephemeris.time_s[[0, -1]]]
    for eclipse in eclipses(ephemeris, epoch_utc, dut1_s=dut1_s):
        marks += _edges(eclipse)
    if power.pointing == "fixed":
        marks.append(ephemeris.time_s)
    time_s = np.unique(np.concatenate(marks))
    position_km, velocity_km_s = track.states(time_s)
    knots = Ephemeris(ephemeris.satellite, time_s, position_km, velocity_km_s)
    lit = np.clip(sunlit_share(knots, epoch_utc, dut1_s=dut1_s), 0.0, 1.0)
    cosine: Floats = np.ones_like(lit)
    if power.pointing == "fixed":
        sun = sun_direction(epoch_utc, time_s, dut1_s=dut1_s)
        cosine = face_cosine(position_km, velocity_km_s, sun, power.panel_face)
    return Supply(time_s, power.array_w * cosine * lit, lit)


def _edges(eclipse: Eclipse) -> Iterator[Floats]:
    """Knots of one eclipse [s]: across both penumbras, or across the whole eclipse if there is no umbra."""
    if eclipse.umbra_start_s is None or eclipse.umbra_end_s is None:
        yield np.linspace(eclipse.start_s, eclipse.end_s, 2 * _PENUMBRA_KNOTS)
        return
    yield np.linspace(eclipse.start_s, eclipse.umbra_start_s, _PENUMBRA_KNOTS)
    yield np.linspace(eclipse.umbra_end_s, eclipse.end_s, _PENUMBRA_KNOTS)
