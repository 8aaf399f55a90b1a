"""A budget worked by hand, and the laws of its sums."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink.budget import (
    BOLTZMANN_DB,
    Sight,
    Transmission,
    cn0_dbhz,
    eirp_dbw,
    es_n0_db,
    free_space_loss_db,
    glow_db,
    pointing_loss_db,
    slant_range_km,
    symbol_terms,
    terms,
)


def test_free_space_loss_is_that_of_the_recommendation():
    """ITU-R P.525-4, equation 4: 32.4 + 20 log10(f in MHz) + 20 log10(d in km), to a tenth of a dB."""
    for range_km, f_mhz in ((500.0, 8200.0), (2077.95, 2250.0), (36000.0, 26000.0)):
        rounded_db = 32.4 + 20 * np.log10(f_mhz) + 20 * np.log10(range_km)
        assert free_space_loss_db(range_km, f_mhz * 1e6) == pytest.approx(rounded_db, abs=0.06)


def test_half_the_width_off_the_beam_costs_half_the_power():
    assert pointing_loss_db(5.0, 10.0) == 3.0
    assert pointing_loss_db(0.0, 10.0) == 0.0


def test_a_budget_worked_by_hand():
    """2 W into 14.5 dBi at 8.2 GHz, 1000 km away; each line by a pocket calculator.

    Power 10 log10(2) = 3.0103 dBW, 1 dB lost, 14.5 dBi: EIRP 16.5103 dBW. Pointing 12 (2/20)^2 = 0.12 dB.
    Free space: wave length 0.0365600 m; 4 pi 1e6 / 0.0365600 = 3.43718e8; 20 log10 = 170.7241 dB.
    Gas 0.09, rain 0.5, polarisation 0.2 dB; G/T 28 dB/K; Boltzmann 228.5992.
    The rain glows: 275 K x (1 - 10^-0.05) = 29.908 K beside 150 K: 10 log10(1.19939) = 0.7896 dB.
    C/N0 = 16.5103 - 0.12 - 170.7241 - 0.09 - 0.5 - 0.7896 - 0.2 + 28 + 228.5992 = 100.6858 dBHz.
    56 Mbaud: 77.4819 dBHz; implementation 1 dB: Es/N0 = 22.2039 dB.
    """
    sent = Transmission(
        eirp_dbw=eirp_dbw(2.0, 14.5, 1.0),
        frequency_hz=8.2e9,
        symbol_rate_baud=56e6,
        pointing_error_deg=2.0,
        beam_width_deg=20.0,
        polarisation_loss_db=0.2,
        implementation_loss_db=1.0,
    )
    sight = Sight(range_km=1000.0, gas_db=0.09, fade_db=0.5, gt_dbk=28.0)
    lines = {term.name: term.value for term in terms(sent, sight)}
    assert lines == {
        "EIRP": pytest.approx(16.5103, abs=1e-4),
        "pointing loss": pytest.approx(-0.12, abs=1e-9),
        "free-space loss": pytest.approx(-170.7241, abs=1e-3),
        "gas": -0.09,
        "rain and cloud": -0.5,
        "glow of rain and cloud": pytest.approx(-0.7896, abs=1e-4),
        "polarisation loss": -0.2,
        "G/T": 28.0,
        "Boltzmann": pytest.approx(228.5992, abs=1e-4),
    }
    assert cn0_dbhz(sent, sight) == pytest.approx(100.6858, abs=1e-3)
    assert es_n0_db(sent, sight) == pytest.approx(22.2039, abs=1e-3)
    assert pytest.approx(-228.6, abs=0.001) == BOLTZMANN_DB


sights = st.builds(
    Sight,
    range_km=st.floats(200.0, 4000.0),
    gas_db=st.floats(0.0, 5.0),
    fade_db=st.floats(0.0, 50.0),
    gt_dbk=st.floats(-10.0, 45.0),
)
sent_ones = st.builds(
    Transmission,
    eirp_dbw=st.floats(-20.0, 40.0),
    frequency_hz=st.floats(2e9, 27e9),
    symbol_rate_baud=st.floats(1e4, 1e9),
    pointing_error_deg=st.floats(0.0, 10.0),
    beam_width_deg=st.floats(10.0, 120.0),
    polarisation_loss_db=st.floats(0.0, 3.0),
    implementation_loss_db=st.floats(0.0, 3.0),
)


@given(sent=sent_ones, sight=sights)
def test_the_printed_lines_add_up_to_what_is_used(sent, sight):
    total = sum(term.value for term in (*terms(sent, sight), *symbol_terms(sent)))
    assert total == pytest.approx(es_n0_db(sent, sight), abs=1e-9)


@given(sent=sent_ones, sight=sights, more_km=st.floats(1.0, 1000.0))
def test_farther_away_is_weaker_and_twice_as_far_is_6_db(sent, sight, more_km):
    farther = Sight(sight.range_km + more_km, sight.gas_db, sight.fade_db, sight.gt_dbk)
    assert es_n0_db(sent, farther) < es_n0_db(sent, sight)
    twice = Sight(2.0 * sight.range_km, sight.gas_db, sight.fade_db, sight.gt_dbk)
    lost_db = es_n0_db(sent, sight) - es_n0_db(sent, twice)
    assert lost_db == pytest.approx(20.0 * np.log10(2.0), abs=1e-9)


def test_arrays_are_what_single_numbers_are():
    sent = Transmission(14.0, 8.2e9, 56e6)
    ranges_km = np.array([500.0, 900.0, 2000.0])
    many = es_n0_db(sent, Sight(ranges_km, np.full(3, 0.1), np.zeros(3), 28.0))
    single = [es_n0_db(sent, Sight(range_km, 0.1, 0.0, 28.0)) for range_km in ranges_km.tolist()]
    assert many.tolist() == pytest.approx(single, abs=1e-9)


def test_the_slant_range_is_the_height_overhead_and_a_tangent_at_the_horizon():
    assert slant_range_km(90.0, 6878.0, 6378.0) == pytest.approx(500.0)
    # A right triangle: the tangent from the satellite to the sphere.
    assert slant_range_km(0.0, 6878.0, 6378.0) == pytest.approx((6878.0**2 - 6378.0**2) ** 0.5)


def test_what_takes_three_decibels_glows_at_half_of_what_is_opaque():
    """ITU-R P.618-13, section 3: an opaque sky is 275 K; by half of the power 137.5 K."""
    half_db = 10.0 * math.log10(2.0)
    assert glow_db(half_db, 137.5) == pytest.approx(half_db)
    assert glow_db(1e3, 275.0) == pytest.approx(half_db)
    assert glow_db(0.0, 150.0) == 0.0
