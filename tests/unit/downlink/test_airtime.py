"""Laws of airtime on random profiles; the integral is judged by exact fractions."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink import (
    airtime,
    capacity_bytes,
    finish_time,
    frames_needed,
    loss_between,
    with_loss,
)
from payload.errors import ScenarioError
from payload.types import RateProfile


def profile_of(time_s, rate_bps):
    return RateProfile(
        time_s=np.array(time_s, dtype=np.float64),
        rate_bps=np.array(rate_bps, dtype=np.float64),
        frame_bytes=1115,
        frame_payload_bytes=1107,
        frame_loss=0.0,
    )


@st.composite
def profiles(draw):
    pieces = draw(
        st.lists(
            st.tuples(st.floats(0.0, 300.0), st.one_of(st.just(0.0), st.floats(1e3, 1e9))),
            min_size=1,
            max_size=6,
        )
    )
    start_s = draw(st.floats(0.0, 1e6))
    time_s = np.cumsum([start_s] + [seconds for seconds, _ in pieces])
    return profile_of(time_s, [rate for _, rate in pieces] + [0.0])


def exact_bits(profile, from_s, to_s):
    """The integral of the rate in exact arithmetic."""
    edges = [Fraction(float(time_s)) for time_s in profile.time_s]
    total = Fraction(0)
    for begin, end, rate in zip(edges[:-1], edges[1:], profile.rate_bps[:-1], strict=True):
        overlap = min(end, Fraction(to_s)) - max(begin, Fraction(from_s))
        total += max(overlap, Fraction(0)) * Fraction(float(rate))
    return total


def within(profile, share):
    first, last = float(profile.time_s[0]), float(profile.time_s[-1])
    return first - 10.0 + share * (last - first + 20.0)


shares = st.floats(0.0, 1.0)


@given(profile=profiles(), a=shares, b=shares)
def test_capacity_is_the_floor_of_the_integral(profile, a, b):
    from_s, to_s = sorted((within(profile, a), within(profile, b)))
    exact = exact_bits(profile, from_s, to_s) / 8
    # The doubles in between round by a few parts in 1e15 of the turnover.
    slack = float(exact) * 1e-14 + 1e-9
    assert exact - 1 - slack <= capacity_bytes(profile, from_s, to_s) <= exact + slack


@given(profile=profiles(), a=shares, b=shares, c=shares)
def test_bits_gone_by_never_fall_and_begin_at_nothing(profile, a, b, c):
    start_s, sooner_s, later_s = sorted(within(profile, share) for share in (a, b, c))
    gone = capacity_bytes(profile, start_s, sooner_s)
    assert capacity_bytes(profile, start_s, start_s) == 0
    assert 0 <= gone <= capacity_bytes(profile, start_s, later_s)


@given(profile=profiles(), a=shares, b=shares, c=shares)
def test_two_parts_of_a_pass_carry_what_the_whole_carries(profile, a, b, c):
    start_s, middle_s, end_s = sorted(within(profile, share) for share in (a, b, c))
    whole = capacity_bytes(profile, start_s, end_s)
    parts = capacity_bytes(profile, start_s, middle_s) + capacity_bytes(profile, middle_s, end_s)
    assert whole - 2 <= parts <= whole + 1  # each part drops what is less than a byte


@given(profile=profiles(), a=shares, b=shares)
def test_sending_ends_when_the_capacity_is_enough_and_no_sooner(profile, a, b):
    start_s = within(profile, a)
    wanted = int(b * 1.2 * capacity_bytes(profile, start_s, float(profile.time_s[-1])))
    finish_s = finish_time(profile, start_s, wanted)
    if finish_s is None:
        assert capacity_bytes(profile, start_s, float(profile.time_s[-1])) < wanted
    else:
        assert start_s <= finish_s <= max(start_s, float(profile.time_s[-1]))
        assert capacity_bytes(profile, start_s, finish_s) >= wanted
        if wanted:
            assert exact_bits(profile, start_s, finish_s - 1e-6) < wanted * 8


def test_a_pass_of_known_rate_carries_what_arithmetic_says():
    profile = profile_of([100.0, 200.0, 260.0], [8e6, 2e6, 0.0])
    assert capacity_bytes(profile, 0.0, 1000.0) == 100 * 1_000_000 + 60 * 250_000
    assert capacity_bytes(profile, 150.0, 230.0) == 50 * 1_000_000 + 30 * 250_000
    assert capacity_bytes(profile, 230.0, 150.0) == 0
    assert finish_time(profile, 0.0, 1_000_000) == 101.0
    assert finish_time(profile, 150.0, 50 * 1_000_000 + 250_000) == 201.0
    assert finish_time(profile, 0.0, 115_000_000) == 260.0
    assert finish_time(profile, 0.0, 115_000_001) is None
    assert finish_time(profile, 42.0, 0) == 42.0


def test_a_pause_is_waited_for():
    profile = profile_of([0.0, 10.0, 50.0, 60.0], [8.0, 0.0, 8.0, 0.0])
    assert finish_time(profile, 0.0, 10) == 10.0
    assert finish_time(profile, 0.0, 11) == 51.0
    assert finish_time(profile, 20.0, 3) == 53.0


def test_a_rounding_before_a_slow_piece_is_made_up_for_in_a_few_steps(monkeypatch):
    """Sums of 1e8 bit are known to 1e-8; at 10 bit/s that is a nanosecond, a million doubles of seconds."""
    asked = []

    def counted(*given):
        asked.append(given)
        assert len(asked) < 100
        return capacity_bytes(*given)

    monkeypatch.setattr(airtime, "capacity_bytes", counted)
    profile = profile_of([*(0.25 * np.arange(8)), 1001.75], [56e6 * 3.7 / 3] * 7 + [10.0, 0.0])
    finish_s = finish_time(profile, 0.0, 15_108_335)
    assert capacity_bytes(profile, 0.0, finish_s) == 15_108_335
    assert capacity_bytes(profile, 0.0, finish_s - 1e-6) < 15_108_335


@given(record_bytes=st.integers(0, 10**12))
def test_frames_are_as_many_as_the_record_fills(record_bytes):
    frames = frames_needed(record_bytes, profile_of([0.0, 1.0], [1.0, 0.0]))
    assert frames * 1107 >= record_bytes > (frames - 1) * 1107


@pytest.mark.parametrize(("record_bytes", "frames"), [(0, 0), (1, 1), (1107, 1), (1108, 2)])
def test_the_last_frame_is_filled_up(record_bytes, frames):
    assert frames_needed(record_bytes, profile_of([0.0, 1.0], [1.0, 0.0])) == frames


@given(profile=profiles(), a=shares, b=shares, loss=st.floats(0.0, 1.0))
def test_a_loss_in_a_span_moves_no_bit_and_counts_there_alone(profile, a, b, loss):
    from_s, to_s = sorted((within(profile, a), within(profile, b)))
    worse = with_loss(profile, loss, from_s, to_s)
    first_s, last_s = float(profile.time_s[0]), float(profile.time_s[-1])
    whole = capacity_bytes(profile, first_s, last_s)
    assert capacity_bytes(worse, first_s, last_s) == pytest.approx(whole, abs=1 + whole * 1e-12)
    if capacity_bytes(profile, from_s, to_s) > 1000:
        assert loss_between(worse, from_s, to_s) == pytest.approx(loss, abs=1e-9)
    for start_s, end_s in ((first_s, from_s), (to_s, last_s)):
        if start_s < end_s and capacity_bytes(profile, start_s, end_s) > 1000:
            assert loss_between(worse, start_s, end_s) == pytest.approx(0.0, abs=1e-9)


def test_losses_add_up_as_chances_do_and_by_bits():
    profile = replace(profile_of([0.0, 10.0, 20.0], [8e6, 24e6, 0.0]), frame_loss=0.1)
    assert loss_between(profile, 0.0, 20.0) == 0.1
    twice = with_loss(with_loss(profile, 0.5, 0.0, 10.0), 0.2, 5.0, 30.0)
    assert loss_between(twice, 0.0, 5.0) == pytest.approx(1 - 0.9 * 0.5)
    assert loss_between(twice, 5.0, 10.0) == pytest.approx(1 - 0.9 * 0.5 * 0.8)
    assert loss_between(twice, 10.0, 20.0) == pytest.approx(1 - 0.9 * 0.8)
    # 10 s of 1 MB/s at a loss of a half, then as many at three times the rate without one.
    once = with_loss(profile_of([0.0, 10.0, 20.0], [8e6, 24e6, 0.0]), 0.5, 0.0, 10.0)
    assert loss_between(once, 0.0, 20.0) == pytest.approx(0.5 * 10 / 40)


def test_a_loss_that_is_no_probability_is_refused():
    with pytest.raises(ScenarioError, match="expected a probability"):
        with_loss(profile_of([0.0, 1.0], [8.0, 0.0]), 1.5, 0.0, 1.0)
