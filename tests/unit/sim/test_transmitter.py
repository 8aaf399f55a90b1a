"""The radio: frames and airtime by arithmetic, losses by chance with a name, nothing beyond the contact."""

from dataclasses import dataclass

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink import with_loss
from payload.downlink.links import Fixed
from payload.sim.transmitter import Transmitter
from payload.types import ContactWindow, Ephemeris

EPHEMERIS = Ephemeris("one", np.arange(2.0), np.zeros((2, 3)), np.zeros((2, 3)))


@dataclass
class Pass:
    """One contact of a transmitter that serves it, and what became of its records."""

    arrived: list
    given_up: list
    radio: Transmitter
    env: simpy.Environment


class Interrupted(Fixed):
    """Nothing arrives of what is sent between 20 s and 40 s."""

    def profile(self, window, ephemeris=None):
        return with_loss(Fixed.profile(self, window, ephemeris), 1.0, 20.0, 40.0)


def fly(records, *, los_s=100.0, windows=None, kind=Fixed, **options):
    env = simpy.Environment()
    done = Pass([], [], None, env)
    link = kind(
        **{"rate_mbps": 0.008, "acquisition_s": 0.0, "frame_bytes": 100, "frame_payload_bytes": 90}
        | options
    )
    done.radio = Transmitter(
        env, link, EPHEMERIS, 1,
        arrived=lambda tile: done.arrived.append((tile, env.now)),
        given_up=lambda tile: done.given_up.append((tile, env.now)),
    )  # fmt: skip
    for tile, size in records:
        done.radio.enqueue(tile, size)

    def story():
        for aos_s, end_s in windows or [(0.0, los_s)]:
            yield env.timeout(aos_s - env.now)
            yield from done.radio.serve(ContactWindow("one", "s", aos_s, end_s, 45.0))

    env.process(story())
    env.run(until=10_000)
    return done


def test_records_arrive_in_order_after_their_last_frame():
    # 8 kbit/s is 1,000 bytes a second: ten frames of 100 bytes; 180 bytes need two frames, 181 three.
    done = fly([("a", 180), ("b", 181)])
    assert done.arrived == [("a", pytest.approx(0.2)), ("b", pytest.approx(0.5))]
    (log,) = done.radio.contacts
    assert (log.used_bytes, log.capacity_bytes, log.left_waiting) == (500, 100_000, False)


def test_a_record_that_does_not_fit_goes_on_in_the_next_contact():
    done = fly([("a", 900)], windows=[(0.0, 0.55), (50.0, 60.0)])
    assert done.arrived == [("a", pytest.approx(50.5))]
    assert [log.used_bytes for log in done.radio.contacts] == [500, 500]
    assert [log.left_waiting for log in done.radio.contacts] == [True, False]


def test_what_becomes_ready_in_a_contact_is_sent_in_it():
    env = simpy.Environment()
    arrived = []
    link = Fixed(rate_mbps=0.008, acquisition_s=0.0, frame_bytes=100, frame_payload_bytes=90)
    radio = Transmitter(
        env, link, EPHEMERIS, 1, arrived=lambda _: arrived.append(env.now), given_up=print
    )

    def late():
        yield env.timeout(30)
        radio.enqueue("a", 90)

    env.process(late())
    env.process(radio.serve(ContactWindow("one", "s", 0.0, 100.0, 45.0)))
    env.run()
    assert arrived == [pytest.approx(30.1)]


def test_a_record_whose_frames_never_arrive_is_given_up_after_its_resends():
    done = fly([("a", 900)], frame_loss=0.999_999, max_resends=2)
    assert done.arrived == []
    assert [tile for tile, _ in done.given_up] == ["a"]
    assert done.radio.contacts[0].used_bytes == 3 * 1000


def test_losses_cost_the_expected_number_of_frames():
    """Selective resending of n frames at loss p sends n / (1 - p) in the mean (geometric law)."""
    records = [(f"t{i}", 90 * 50) for i in range(200)]
    done = fly(records, los_s=9_000.0, frame_loss=0.25, max_resends=50)
    assert len(done.arrived) == 200
    sent = done.radio.contacts[0].used_bytes / 100
    assert sent == pytest.approx(200 * 50 / 0.75, rel=0.02)


@given(
    st.lists(st.integers(1, 5000), max_size=20),
    st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.1, 5)), min_size=1, max_size=5),
    st.sampled_from([0.0, 0.3]),
)
def test_the_channel_never_carries_more_than_it_can(sizes, spans, loss):
    windows, now = [], 0.0
    for gap, length in spans:
        windows.append((now + gap, now + gap + length))
        now += gap + length
    records = [(f"t{i}", size) for i, size in enumerate(sizes)]
    done = fly(records, windows=windows, frame_loss=loss)
    assert all(log.used_bytes <= log.capacity_bytes for log in done.radio.contacts)
    ended = len(done.arrived) + len(done.given_up)
    assert ended + len(done.radio.queue) == len(records)
    assert done.radio.contacts[-1].left_waiting == bool(done.radio.queue)


def test_a_contact_that_ends_within_a_round_is_no_resend():
    """50 frames at ten a contact, 2 % lost: each record is lost only if a frame is lost four times."""
    windows = [(2.0 * i, 2.0 * i + 1.0) for i in range(1500)]
    done = fly(
        [(f"t{i}", 90 * 50) for i in range(200)], windows=windows, frame_loss=0.02, max_resends=3
    )
    assert not done.given_up
    assert len(done.arrived) == 200


def test_what_is_sent_in_a_span_of_loss_is_lost_and_nothing_else():
    """1,000 bytes a second, frames of 100: `a` ends at 18 s, before the span; `b` is in it."""
    records = [("a", 90 * 180), ("b", 90 * 90), ("c", 90 * 200)]
    patient = fly(records, kind=Interrupted, max_resends=9)
    assert [tile for tile, _ in patient.arrived] == ["a", "b", "c"]
    assert patient.arrived[0][1] == pytest.approx(18.0)
    assert patient.arrived[1][1] > 40.0
    # Without resends `b` is given up at its end, and `c`, begun in the span, with it.
    hasty = fly(records, kind=Interrupted, max_resends=0)
    assert hasty.arrived == [("a", pytest.approx(18.0))]
    assert hasty.given_up == [("b", pytest.approx(27.0)), ("c", pytest.approx(47.0))]
