"""The battery: joules are conserved, closed forms hold, and more capacity never means more refusals."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payload.energy import Bank, Battery, Supply

WATTS = st.floats(0, 100)
PIECES = st.lists(st.tuples(st.floats(0, 5000), WATTS, WATTS, WATTS), max_size=40)
EFFICIENCIES = st.floats(0.5, 1.0)


def off_balance(bank, start_j):
    """[J] That appeared or vanished."""
    gone = (bank.used_j, bank.charge_j - start_j, bank.lost_j, bank.spilled_j)
    return abs(bank.harvested_j - math.fsum(gone))


@given(PIECES, EFFICIENCIES, EFFICIENCIES, st.floats(0, 1))
def test_joules_in_are_joules_used_lost_spilled_and_stored(pieces, put_in, take_out, share):
    """Law: conservation of energy, to 1e-9 of the turnover; charge stays between empty and full."""
    battery = Battery(50_000.0, put_in, take_out)
    bank = Bank(battery, share * battery.capacity_j)
    wanted_j = 0.0
    for seconds, start_w, end_w, load_w in pieces:
        bank.pass_time(seconds, start_w, end_w, load_w)
        wanted_j += seconds * load_w
        assert 0.0 <= bank.lowest_j <= bank.charge_j <= battery.capacity_j
    turnover_j = bank.harvested_j + wanted_j + battery.capacity_j
    assert off_balance(bank, share * battery.capacity_j) <= 1e-9 * turnover_j
    assert abs(wanted_j - bank.used_j - bank.unserved_j) <= 1e-9 * turnover_j


def test_a_constant_load_in_constant_sun_charges_along_a_straight_line():
    """Closed form: c0 + efficiency x (sun - load) x t, full after (C - c0) / (efficiency x surplus)."""
    bank = Bank(Battery(10_000.0, 0.9, 0.8), 1_000.0)
    bank.pass_time(500.0, 12.0, 12.0, 2.0)
    assert bank.charge_j == pytest.approx(1_000.0 + 0.9 * 10.0 * 500.0)
    assert bank.seconds_until(10_000.0, 1e6, 12.0, 12.0, 2.0) == pytest.approx(4_500.0 / 9.0)
    bank.pass_time(1_000.0, 12.0, 12.0, 2.0)
    assert bank.charge_j == 10_000.0
    assert bank.spilled_j == pytest.approx(500.0 * 10.0)


def test_a_constant_load_in_the_dark_drains_until_nothing_is_served():
    """Closed form: the loads get efficiency x charge, in efficiency x charge / load seconds."""
    bank = Bank(Battery(10_000.0, 0.9, 0.8), 10_000.0)
    bank.pass_time(1_000.0, 0.0, 0.0, 10.0)
    assert bank.charge_j == 0.0
    assert bank.used_j == pytest.approx(8_000.0)
    assert bank.unserved_j == pytest.approx(2_000.0)
    assert bank.lost_j == pytest.approx(2_000.0)


@given(st.floats(1, 3000), WATTS, WATTS, WATTS, st.floats(0, 1))
@example(1.0, 0.0, 2.0, 5e-324, 0.0)
@example(1.0, 0.0, 2.0, 5e-324, 0.5)
def test_a_charge_is_reached_when_it_was_said_to_be(seconds, start_w, end_w, load_w, wanted):
    battery = Battery(20_000.0, 0.95, 0.95)
    bank, wanted_j = Bank(battery, 2_000.0), wanted * battery.capacity_j
    found_s = bank.seconds_until(wanted_j, seconds, start_w, end_w, load_w)
    if not 0 < found_s < math.inf or wanted_j <= bank.charge_j:
        return
    there_w = start_w + (end_w - start_w) * found_s / seconds
    bank.pass_time(found_s, start_w, there_w, load_w)
    assert bank.charge_j == pytest.approx(wanted_j, abs=1e-6 * battery.capacity_j)


def test_a_year_of_orbits_and_tens_of_thousands_of_switches_loses_no_joule():
    """A synthetic year: 5,500 eclipses with penumbra, random loads; 1e-9 of the turnover."""
    rng = np.random.default_rng(7)
    period_s, year_s = 5_739.0, 365 * 86_400.0
    starts = np.arange(0.0, year_s - period_s, period_s)
    knots = (starts[:, None] + np.array([0, 3_600, 3_612, 5_727])).ravel()
    lit = np.tile([1.0, 1.0, 0.0, 0.0], starts.size)
    supply = Supply(knots, 20.0 * lit, lit)
    bank = Bank(Battery(36_000.0, 0.95, 0.93), 30_000.0)
    switches = np.sort(rng.uniform(0.0, year_s, 40_000)).tolist()
    loads = rng.uniform(0.0, 24.0, len(switches)).tolist()
    here_s, wanted_j = 0.0, 0.0
    for there_s, load_w in zip(switches, loads, strict=True):
        for seconds, start_w, end_w, _ in supply.pieces(here_s, there_s):
            bank.pass_time(seconds, start_w, end_w, load_w)
        wanted_j += load_w * (there_s - here_s)
        here_s = there_s
    harvested_j = np.interp(0, [0], [0]) + _integral(knots, supply.array_w, here_s)
    turnover_j = bank.harvested_j + wanted_j
    assert bank.harvested_j == pytest.approx(harvested_j, rel=1e-9)
    assert off_balance(bank, 30_000.0) <= 1e-9 * turnover_j
    assert abs(wanted_j - bank.used_j - bank.unserved_j) <= 1e-9 * turnover_j
    assert bank.unserved_j > 0
    assert bank.spilled_j > 0


def _integral(knots, watts, until_s):
    """[J] By the trapezoidal rule over all knots at once: a second method."""
    inside = knots < until_s
    time_s = np.append(knots[inside], until_s)
    power_w = np.append(watts[inside], np.interp(until_s, knots, watts))
    return float(np.trapezoid(power_w, time_s))


@settings(max_examples=60)
@given(
    st.lists(st.floats(0, 2_000), min_size=1, max_size=60),
    st.floats(0, 12),
    st.floats(1_000, 30_000),
    st.floats(1.0, 4.0),
    st.floats(0.05, 0.9),
)
def test_a_bigger_battery_never_refuses_more_of_equal_pieces_of_work(
    gaps_s, sun_w, capacity_j, times, floor
):
    """Law, for equal pieces of work from a full battery: by the n-th wish the bigger one has done at least as
    many. (Where it has done as many it did them no later, so that it is no emptier.)"""

    def done(capacity_j):
        bank = Bank(Battery(capacity_j, 1.0, 1.0), capacity_j)
        count, counts = 0, []
        for gap_s in gaps_s:
            bank.pass_time(gap_s, sun_w, sun_w, 2.0)
            if bank.state_of_charge >= floor:
                bank.pass_time(0.5, 0.0, 0.0, 1_200.0)
                count += 1
            counts.append(count)
        return counts

    if floor * capacity_j < 700.0 + 2.0 * sum(gaps_s):
        return  # it must never be empty: then the emptier one would be let off its debt
    small, big = done(capacity_j), done(times * capacity_j)
    assert all(more >= fewer for more, fewer in zip(big, small, strict=True))
