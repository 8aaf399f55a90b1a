"""The power system alone, asked and loaded by hand: products of watts and seconds, and the law of Stefan and Boltzmann."""

import dataclasses

import numpy as np
import pytest
import simpy

from payload.energy import Body, Supply, load_profile
from payload.energy.heat import ZERO_C_K
from payload.ledger import Ledger
from payload.scenario.power import PowerModel
from payload.sim.aboard.battery import PowerSystem
from payload.sim.log import Log

RULES = {"array_w": 0.0001, "battery_wh": 1000.0, "bus_w": 0.0, "camera_w": 7.0, "camera_on_s": 10.0, "radio_tx_w": 1.0, "radio_idle_w": 0.0}  # fmt: skip
THERMAL = {
    "heat_capacity_j_k": 100.0, "radiator_m2": 0.05, "absorbed_sun_w": 0.0, "absorbed_earth_w": 0.0,
    "initial_c": 70.0, "stop_temp_c": 60.0, "resume_below_stop_k": 5.0,
}  # fmt: skip


def system(env, **rules):
    """In the dark, with a full battery; the processor idles at 2 W."""
    dark = Supply(np.array([0.0, 1e6]), np.zeros(2), np.zeros(2))
    profile = dataclasses.replace(load_profile("odin-dtacs"), idle_w=2.0)
    return PowerSystem(env, "one", PowerModel(**(RULES | rules)), profile, dark, Ledger(), Log(env))


def test_a_processor_idles_before_and_after_its_work_and_not_meanwhile():
    """By hand: 2 s and 3 s at 2 W around 5 s at 10 W."""
    env = simpy.Environment()
    power = system(env)

    def story():
        power.wake(is_on=True)
        yield env.timeout(2.0)
        with power.compute(10.0):
            yield env.timeout(5.0)
        yield env.timeout(3.0)

    env.process(story())
    env.run(until=10.0)
    power.come_to_rest()
    assert power.drawn_j["computer"] == pytest.approx(50.0)
    assert power.drawn_j["computer_idle"] == pytest.approx(10.0)


def test_two_images_that_are_read_out_at_once_draw_twice():
    """By hand: 10 s each, the second 4 s after the first: 20 s at 7 W, in a span of 14 s."""
    env = simpy.Environment()
    power = system(env)

    def story():
        power.use_camera("a")
        yield env.timeout(4.0)
        power.use_camera("b")

    env.process(story())
    env.run(until=30.0)
    power.come_to_rest()
    assert power.drawn_j["camera"] == pytest.approx(140.0)


def test_a_board_that_was_too_hot_goes_on_when_it_has_cooled_by_the_margin():
    """It cools in the dark by the closed form of dT/dt = -e s A T^4 / C: 70 to 60 to 55 deg C."""
    env = simpy.Environment()
    power = system(env, thermal=THERMAL)
    body = Body(100.0, 0.05, power.rules.thermal.emissivity)
    stop_s, cool_s = (
        body.seconds_between(70.0 + ZERO_C_K, end_c + ZERO_C_K, 0.0) for end_c in (60.0, 55.0)
    )
    told = []
    for at_s in (0.0, stop_s + 0.1, cool_s - 0.1, cool_s + 0.1):
        env.run(until=at_s or 1e-9)
        told.append(power.may("processing"))
    assert told == [False, False, False, True]

    env = simpy.Environment()
    power = system(env, thermal=THERMAL | {"initial_c": 59.9})
    assert power.may("processing"), "between both limits, and never too hot"
    power = system(env := simpy.Environment(), thermal=THERMAL)
    freed = []

    def story():
        yield from power.hold_back("processing", "tile")
        freed.append(env.now)

    env.process(story())
    env.run(until=1e5)
    assert freed == [pytest.approx(cool_s, abs=0.01)]


def test_levels_of_charge_follow_the_closed_form_however_seldom_something_happens():
    """In the dark under 2 W the charge falls by 2 W over the discharge efficiency each second; nothing else happens."""
    env = simpy.Environment()
    power = system(env, bus_w=2.0)
    env.run(until=1e6)
    power.come_to_rest()
    (balance,) = power.ledger.balances
    times_s, levels_j = np.array(balance.levels).T
    fall_w = 2.0 / power.rules.discharge_efficiency
    assert levels_j == pytest.approx(balance.start_j - fall_w * times_s, rel=1e-9)
    assert levels_j[-1] == balance.end_j
    assert 480 <= times_s.size <= 490
    assert np.all(np.diff(times_s) >= 0)
    assert np.diff(times_s).max() == pytest.approx(1e6 / 480, rel=0.01)
