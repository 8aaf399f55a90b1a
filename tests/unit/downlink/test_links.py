import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from payload import registry
from payload.downlink import capacity_bytes
from payload.downlink.links import Fixed
from payload.errors import ScenarioError
from payload.ports import Link
from payload.types import ContactWindow, Ephemeris

SOCKET = "payload.link"
EPHEMERIS = Ephemeris("one", np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3)))


def window(aos_s, los_s):
    return ContactWindow("one", "svalbard", aos_s, los_s, 40.0)


def test_it_is_a_link_found_by_name():
    link = registry.build(SOCKET, "fixed", {"rate_mbps": 50})
    assert isinstance(link, Link)
    assert link == Fixed(rate_mbps=50.0)
    assert link.max_resends == 3


def test_a_frame_is_that_of_the_standard_unless_told_otherwise():
    profile = Fixed(rate_mbps=50.0).profile(window(0.0, 300.0), EPHEMERIS)
    # 5 x 223 symbols of Reed-Solomon; 6 bytes of primary header, 2 of error control.
    assert profile.frame_bytes == 5 * 223
    assert profile.frame_payload_bytes == 5 * 223 - 6 - 2
    assert profile.frame_loss == 0.0


def test_nothing_flows_before_lock_and_everything_after():
    profile = Fixed(rate_mbps=8.0, acquisition_s=20.0).profile(window(100.0, 400.0), EPHEMERIS)
    assert capacity_bytes(profile, 0.0, 120.0) == 0
    assert capacity_bytes(profile, 0.0, 121.0) == 1_000_000
    assert capacity_bytes(profile, 0.0, 1e9) == 280_000_000


@given(
    aos_s=st.floats(0.0, 1e6),
    duration_s=st.floats(1e-3, 1e3),
    acquisition_s=st.floats(0.0, 100.0),
    rate_mbps=st.floats(1e-3, 1e4),
)
def test_the_volume_of_a_pass_is_rate_times_the_time_after_lock(
    aos_s, duration_s, acquisition_s, rate_mbps
):
    link = Fixed(rate_mbps=rate_mbps, acquisition_s=acquisition_s)
    contact = window(aos_s, aos_s + duration_s)
    profile = link.profile(contact, EPHEMERIS)
    assert np.all(np.diff(profile.time_s) >= 0.0)
    expected = max(0.0, contact.duration_s - acquisition_s) * rate_mbps * 1e6 / 8
    found = capacity_bytes(profile, contact.aos_s, contact.los_s)
    assert found == pytest.approx(expected, rel=1e-9, abs=1.0 + rate_mbps * 1e6 / 8 * 1e-9)


def test_a_pass_shorter_than_the_acquisition_carries_nothing():
    profile = Fixed(rate_mbps=100.0, acquisition_s=30.0).profile(window(5.0, 25.0), EPHEMERIS)
    assert profile.time_s.tolist() == [25.0, 25.0]
    assert capacity_bytes(profile, 0.0, 100.0) == 0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rate_mbps": 0},
        {"rate_mbps": -5},
        {"rate_mbps": float("nan")},
        {"rate_mbps": 10, "frame_loss": 1.0},
        {"rate_mbps": 10, "frame_loss": -0.1},
        {"rate_mbps": 10, "acquisition_s": -1},
        {"rate_mbps": 10, "frame_bytes": 0},
        {"rate_mbps": 10, "max_resends": -1},
        {"rate_mbps": 10, "rate_mpbs": 10},
    ],
)
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ValidationError):
        registry.validate(SOCKET, "fixed", options)


def test_a_frame_without_room_for_its_header_is_refused():
    with pytest.raises(ScenarioError, match="frame_bytes includes a header"):
        Fixed(rate_mbps=10.0, frame_bytes=500, frame_payload_bytes=500)
