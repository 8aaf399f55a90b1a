"""One node of heat against its closed forms and against a second method."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.energy import Body, Node
from payload.energy.heat import STEFAN_BOLTZMANN

BODY = Body(capacity_j_k=500.0, area_m2=0.05, emissivity=0.85)


@given(st.floats(0.5, 200), st.floats(150, 400))
def test_it_comes_to_rest_where_heat_in_is_heat_out(heat_w, start_k):
    """Law: e s A T^4 = Q, Stefan and Boltzmann."""
    rest_k = BODY.after(1e7, start_k, heat_w)
    assert STEFAN_BOLTZMANN * 0.85 * 0.05 * rest_k**4 == pytest.approx(heat_w, rel=1e-6)
    assert BODY.equilibrium_k(heat_w) == pytest.approx(rest_k, rel=1e-7)


@pytest.mark.parametrize(("heat_w", "start_k"), [(0.0, 320.0), (4.0, 320.0), (40.0, 260.0)])
def test_its_closed_form_agrees_with_small_steps(heat_w, start_k):
    """Second method: fourth-order Runge-Kutta of C dT/dt = Q - e s A T^4 by 0.5 s."""

    def slope(kelvin):
        return (heat_w - BODY.radiance_w_k4 * kelvin**4) / BODY.capacity_j_k

    kelvin, step_s = start_k, 0.5
    for _ in range(6_000):
        k1 = slope(kelvin)
        k2 = slope(kelvin + step_s / 2 * k1)
        k3 = slope(kelvin + step_s / 2 * k2)
        k4 = slope(kelvin + step_s * k3)
        kelvin += step_s / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert BODY.after(3_000.0, start_k, heat_w) == pytest.approx(kelvin, abs=1e-6)


@given(st.floats(0, 60), st.floats(200, 380), st.floats(1, 20_000), st.floats(0, 1))
def test_two_steps_are_one_and_the_time_between_is_the_time_gone(heat_w, start_k, seconds, part):
    once = BODY.after(seconds, start_k, heat_w)
    twice = BODY.after((1 - part) * seconds, BODY.after(part * seconds, start_k, heat_w), heat_w)
    assert twice == pytest.approx(once, abs=1e-6)
    if abs(once - start_k) > 1.0 and abs(once - BODY.equilibrium_k(heat_w)) > 1.0:
        assert BODY.seconds_between(start_k, once, heat_w) == pytest.approx(seconds, rel=1e-6)


def test_a_temperature_beyond_the_equilibrium_is_never_reached():
    rest_k = BODY.equilibrium_k(20.0)
    assert BODY.seconds_between(rest_k - 50, rest_k + 1, 20.0) == math.inf
    assert BODY.seconds_between(rest_k - 50, rest_k - 60, 20.0) == math.inf


def test_a_node_remembers_how_hot_it_was():
    node = Node(BODY, 280.0)
    node.pass_time(2_000.0, 60.0)
    hottest = node.temperature_k
    node.pass_time(9_000.0, 0.0)
    assert node.temperature_k < hottest == node.hottest_k


@pytest.mark.timeout(10)
@pytest.mark.parametrize("area_m2", [1e-20, 1e-300])
def test_a_body_too_hot_to_tell_a_nanokelvin_is_still_answered(area_m2):
    """The bisection ends though doubles near 1e7 K, or an infinite equilibrium, are further apart than its tolerance."""
    insulated = Body(capacity_j_k=1e-3, area_m2=area_m2, emissivity=0.85)
    assert insulated.after(3_600.0, 290.0, 20.0) >= 290.0
