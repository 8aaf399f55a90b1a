import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.errors import OrbitError
from payload.geometry.track import Fleet, Track, bracketed_roots
from payload.types import Ephemeris


def cubic_ephemeris(step_s=30.0, samples=5):
    time_s = 100.0 + step_s * np.arange(samples)
    t = time_s[:, None]
    position = np.hstack((1e-4 * t**3 - t, 2.0 * t**2, 5.0 + 0.0 * t))
    velocity = np.hstack((3e-4 * t**2 - 1.0, 4.0 * t, 0.0 * t))
    return Ephemeris("cubic", time_s, position, velocity)


def test_a_cubic_is_reproduced_exactly_between_the_samples():
    times_s = np.linspace(100.0, 220.0, 37)
    position, velocity = Track(cubic_ephemeris()).states(times_s)
    np.testing.assert_allclose(position[:, 0], 1e-4 * times_s**3 - times_s, rtol=1e-12)
    np.testing.assert_allclose(position[:, 1], 2.0 * times_s**2, rtol=1e-12)
    np.testing.assert_allclose(velocity[:, 0], 3e-4 * times_s**2 - 1.0, rtol=1e-11)


def test_the_error_on_a_circle_is_the_one_that_theory_gives():
    radius_km, motion = 6928.0, 2 * np.pi / 5740.0

    def circle(time_s):
        angle = motion * time_s
        zero = np.zeros(time_s.size)
        position = radius_km * np.stack((np.cos(angle), np.sin(angle), zero), 1)
        velocity = radius_km * motion * np.stack((-np.sin(angle), np.cos(angle), zero), 1)
        return position, velocity

    time_s = 60.0 * np.arange(96)
    between_s = np.linspace(0.0, time_s[-1], 5000)
    found, _ = Track(Ephemeris("circle", time_s, *circle(time_s))).states(between_s)
    error_km = np.linalg.norm(found - circle(between_s)[0], axis=1).max()
    assert error_km == pytest.approx(60.0**4 / 384.0 * motion**4 * radius_km, rel=0.01)
    assert error_km < 0.0004


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:1], "samples"),
        (lambda t: t[::-1], "does not ascend"),
        (lambda t: t**1.1, "equal time steps"),
        (lambda t: t * 3.0, "step of 90 s"),
    ],
)
def test_an_ephemeris_that_could_hide_a_pass_is_refused(change, message):
    good = cubic_ephemeris()
    time_s = change(good.time_s)
    size = time_s.size
    bad = Ephemeris("bad", time_s, good.position_km[:size], good.velocity_km_s[:size])
    with pytest.raises(OrbitError, match=message):
        Track(bad)


def test_an_ephemeris_that_holds_no_numbers_is_refused():
    good = cubic_ephemeris()
    broken = good.position_km.copy()
    broken[2, 1] = np.nan
    with pytest.raises(OrbitError, match="not 5 rows of three finite numbers"):
        Track(Ephemeris("bad", good.time_s, broken, good.velocity_km_s))


@given(
    root=st.floats(-29.9, 29.9),
    power=st.sampled_from([1, 3, 7]),
    tilt=st.floats(0.0, 5.0),
)
def test_a_root_in_a_bracket_is_found_however_flat_the_function_is(root, power, tilt):
    def function(time_s):
        return (
            np.sign(time_s - root) * np.abs(time_s - root) ** power * (1 + tilt * (time_s > root))
        )

    found = bracketed_roots(function, np.array([-30.0]), np.array([30.0]))
    assert found[0] == pytest.approx(root, abs=1e-6)


def test_a_root_does_not_depend_on_what_is_sought_beside_it():
    low, high = np.linspace(-2.0, 0.5, 9), np.linspace(3.0, 60.0, 9)

    def function(time_s):
        return np.expm1(time_s - 1.0)

    together = bracketed_roots(function, low, high)
    alone = [bracketed_roots(function, low[i : i + 1], high[i : i + 1])[0] for i in range(9)]
    assert together.tolist() == alone


def test_no_bracket_gives_no_root():
    assert bracketed_roots(np.sin, np.zeros(0), np.zeros(0)).size == 0


def test_known_ends_of_a_bracket_spare_asking_and_change_no_bit():
    low, high = np.linspace(-2.0, 0.5, 9), np.linspace(3.0, 60.0, 9)
    asked = []

    def function(time_s):
        asked.append(time_s)
        return np.expm1(time_s - 1.0)

    unknown = bracketed_roots(function, low, high)
    all_asked = len(asked)
    ends = function(low), function(high)
    asked.clear()
    assert bracketed_roots(function, low, high, ends=ends).tolist() == unknown.tolist()
    assert len(asked) == all_asked - 2


def test_arcs_say_inside_their_steps_what_the_fleet_says_to_the_bit():
    fleet = Fleet([Track(cubic_ephemeris()), Track(cubic_ephemeris())])
    craft, first = np.array([0, 1, 1, 0]), np.array([0, 3, 2, 1])
    arcs = fleet.arcs(craft, first)
    for share in (0.0, 0.01, 1 / 3, 0.99):
        times_s = fleet.time_s[first] + share * fleet.step_s
        for mine, whole in zip(arcs.states(times_s), fleet.states(craft, times_s), strict=True):
            assert mine.tolist() == whole.tolist()
