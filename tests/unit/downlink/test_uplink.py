"""Bytes on their way up: conserved, never sooner than the channel allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink.uplink import uplink_passes
from payload.errors import ScenarioError
from payload.types import ContactWindow


def window(aos_s, los_s, station="a"):
    return ContactWindow("one", station, aos_s, los_s, 40.0)


TWO = [window(1000.0, 1610.0), window(100.0, 410.0)]
windows = st.lists(
    st.tuples(st.floats(0.0, 1e5), st.floats(1.0, 900.0), st.sampled_from("ab")).map(
        lambda item: window(item[0], item[0] + item[1], item[2])
    ),
    max_size=8,
)


def test_a_model_of_known_size_takes_the_passes_that_arithmetic_says():
    """64 kbit/s are 8,000 bytes a second: 300 s carry 2.4 MB, 600 s 4.8 MB after 10 s of lock."""
    first = uplink_passes(2_400_000, TWO, 64e3)
    assert (len(first.passes), first.complete_s) == (1, 410.0)
    both = uplink_passes(2_400_008, TWO, 64e3)
    assert (len(both.passes), both.complete_s) == (2, pytest.approx(1010.001))
    assert both.passes == (TWO[1], TWO[0])
    never = uplink_passes(7_200_001, TWO, 64e3)
    assert (never.complete_s, never.sent_bytes, len(never.passes)) == (None, 7_200_000, 2)


def test_what_is_ready_later_goes_later():
    assert uplink_passes(8000, TWO, 64e3, ready_s=200.0).complete_s == 211.0
    assert uplink_passes(8000, TWO, 64e3, ready_s=405.0).complete_s == 1011.0
    assert uplink_passes(0, TWO, 64e3, ready_s=5.0).complete_s == 5.0


def test_two_passes_at_once_are_not_used_twice():
    both = [window(0.0, 110.0), window(50.0, 170.0, "b")]
    assert uplink_passes(10**9, both, 8e3).sent_bytes == 1000 * (100 + 50)


@given(windows=windows, size=st.integers(0, 10**8), rate=st.floats(1e3, 1e7))
def test_more_bytes_are_never_up_sooner_and_a_faster_channel_never_later(windows, size, rate):
    found = uplink_passes(size, windows, rate)
    more = uplink_passes(size + 1000, windows, rate)
    fast = uplink_passes(size, windows, rate * 2.0)
    assert found.sent_bytes <= size
    assert (found.complete_s is None) == (found.sent_bytes < size)
    if more.complete_s is not None:
        assert found.complete_s is not None
        assert found.complete_s <= more.complete_s
    if found.complete_s is not None:
        assert fast.complete_s is not None
        assert fast.complete_s <= found.complete_s + 1e-6


@pytest.mark.parametrize(
    ("size", "rate", "sentence"),
    [(-1, 64e3, "0 or more"), (10, 0.0, "above 0"), (10, -5.0, "above 0")],
)
def test_nonsense_is_refused(size, rate, sentence):
    with pytest.raises(ScenarioError, match=sentence):
        uplink_passes(size, TWO, rate)
