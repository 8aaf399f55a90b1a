"""What a solar array gives along an orbit, against closed forms."""

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from payload.geometry.earth import WGS84_RADIUS_KM
from payload.orbit import sun_direction, time_grid
from payload.orbit.propagation import Sgp4
from payload.scenario.power import PowerModel
from payload.timetable.sunlight import make_supply

EPOCH = datetime(2026, 3, 20, tzinfo=UTC)
ALTITUDE_KM = 550.0


def flown(ltan, span_s=86_400.0):
    orbit = Sgp4(altitude_km=ALTITUDE_KM, ltan=ltan, satellite="one", epoch_utc=EPOCH)
    ephemeris = orbit.propagate(time_grid(span_s))
    turning = np.cross([0.0, 0.0, 7.292115e-5], ephemeris.position_km)
    normal = np.cross(ephemeris.position_km, ephemeris.velocity_km_s + turning)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    sun = sun_direction(EPOCH, ephemeris.time_s)
    sine_beta = float(np.mean(np.einsum("ij,ij->i", normal, sun)))
    return ephemeris, math.asin(sine_beta)


def mean_w(power, ephemeris):
    supply = make_supply(power, ephemeris, EPOCH)
    return float(np.trapezoid(supply.array_w, supply.time_s)) / float(supply.time_s[-1])


def rules(**changes):
    return PowerModel(**({"array_w": 10.0, "battery_wh": 10.0, "bus_w": 1.0} | changes))


@pytest.mark.parametrize("ltan", ["22:30", "12:00", "09:00"])
def test_an_array_that_follows_the_sun_loses_the_eclipse_share(ltan):
    """Closed form of a circular orbit and a round Earth: share of shadow = arccos(sqrt(h^2 + 2 R h) /
    ((R + h) cos beta)) / pi; Wertz (ed.), Space Mission Analysis and Design. Span: a day of 15.05 orbits, whose
    part of an orbit is worth 0.4 %; the flattening of the Earth some tenths of a per cent."""
    ephemeris, beta = flown(ltan, span_s=15 * 86_400 / 15.05491322)
    r, h = WGS84_RADIUS_KM, ALTITUDE_KM
    dark = math.acos(math.sqrt(h * h + 2 * r * h) / ((r + h) * math.cos(beta))) / math.pi
    assert mean_w(rules(), ephemeris) == pytest.approx(10.0 * (1 - dark), rel=0.005)


def test_a_zenith_panel_gives_the_mean_of_a_half_cosine():
    """Closed form: cos(beta) / pi of the array's watts, as the Earth's shadow lies where the panel sees no
    Sun; that holds while the shadow is narrower than half a turn."""
    ephemeris, beta = flown("12:00", span_s=15 * 86_400 / 15.05491322)
    expected = 10.0 * math.cos(beta) / math.pi
    assert mean_w(rules(pointing="fixed"), ephemeris) == pytest.approx(expected, rel=0.005)


def test_a_dawn_dusk_array_on_the_side_of_the_sun_never_rests_and_its_opposite_never_works():
    ephemeris, _ = flown("06:00", span_s=20_000.0)
    sides = [
        mean_w(rules(pointing="fixed", panel_face=face), ephemeris) for face in ("left", "right")
    ]
    assert max(sides) > 9.0
    assert min(sides) == 0.0


def test_power_rises_and_falls_through_the_penumbra_in_straight_lines():
    ephemeris, _ = flown("12:00", span_s=6_000.0)
    supply = make_supply(rules(), ephemeris, EPOCH)
    partly = (supply.lit > 0.001) & (supply.lit < 0.999)
    assert partly.sum() >= 10
    assert np.all(np.diff(supply.time_s) > 0)
