"""The radio: frames and airtime by arithmetic, losses by chance with a name, nothing beyond the contact."""

from dataclasses import dataclass

import numpy as np
import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink import with_loss
from payload.downlink.duty_cycle import DutyCycle
from payload.downlink.links import Fixed
from payload.sim.aboard.transmitter import Transmitter
from payload.timetable.rates import Rates
from payload.types import ContactWindow, Ephemeris, RateProfile

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


def fly(records, *, los_s=100.0, windows=None, radio=None, until=10_000, **options):
    env = simpy.Environment()
    done = Pass([], [], None, env)
    link = options.pop("kind", Fixed)(
        **{"rate_mbps": 0.008, "acquisition_s": 0.0, "frame_bytes": 100, "frame_payload_bytes": 90}
        | options
    )
    done.radio = Transmitter(
        env, Rates(link, {"one": EPHEMERIS}), 1,
        arrived=lambda tile: done.arrived.append((tile, env.now)),
        given_up=lambda tile: done.given_up.append((tile, env.now)),
        **(radio or {}),
    )  # fmt: skip
    for tile, size in records:
        done.radio.enqueue(tile, size)

    def story():
        for aos_s, end_s in windows or [(0.0, los_s)]:
            yield env.timeout(aos_s - env.now)
            yield from done.radio.serve(ContactWindow("one", "s", aos_s, end_s, 45.0))

    env.process(story())
    env.run(until=until)
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
        env,
        Rates(link, {"one": EPHEMERIS}),
        1,
        arrived=lambda _: arrived.append(env.now),
        given_up=print,
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


@pytest.mark.parametrize("loss", [0.05, 0.25, 0.5])
def test_resends_keep_to_the_geometric_law(loss):
    """CFDP's NAK: a frame goes 1 / (1 - p) times in the mean, with variance p / (1 - p)^2.

    Source: CCSDS 727.0, class 2: what is missing alone is sent again. The sum over n frames is negative
    binomial; four standard deviations are missed once in 16,000.
    """
    frames = 200 * 50
    done = fly([(f"t{i}", 90 * 50) for i in range(200)], los_s=9_000.0, frame_loss=loss, max_resends=500)  # fmt: skip
    sent = done.radio.contacts[0].used_bytes / 100
    spread = (frames * loss) ** 0.5 / (1 - loss)
    assert abs(sent - frames / (1 - loss)) < 4 * spread
    assert abs(sent - frames) > 4 * spread, "without losses the law would look otherwise"


def test_a_record_is_lost_as_often_as_one_of_its_frames_is_lost_in_every_round():
    """1 - (1 - p^(m + 1))^n of the records; binomial interval of four standard deviations."""
    loss, resends, frames, records = 0.4, 2, 10, 600
    done = fly([(f"t{i}", 90 * frames) for i in range(records)], los_s=9_000.0, frame_loss=loss, max_resends=resends)  # fmt: skip
    share = 1 - (1 - loss ** (resends + 1)) ** frames
    spread = (records * share * (1 - share)) ** 0.5
    assert abs(len(done.given_up) - records * share) < 4 * spread
    assert len(done.arrived) + len(done.given_up) == records


def test_a_request_for_what_is_missing_takes_a_round_trip_and_others_go_meanwhile():
    """A record alone: its frames' airtime, and a delay for each round after the first."""
    delay_s = 7.0
    alone = fly([("a", 900)], frame_loss=0.5, max_resends=50, radio={"nak_delay_s": delay_s})
    prompt = fly([("a", 900)], frame_loss=0.5, max_resends=50)
    (_, late_s), (_, early_s) = alone.arrived[0], prompt.arrived[0]
    rounds = round((late_s - early_s) / delay_s)
    assert rounds >= 1
    assert late_s == pytest.approx(early_s + rounds * delay_s)
    both = fly(
        [("a", 900), ("b", 900)], frame_loss=0.5, max_resends=50, radio={"nak_delay_s": delay_s}
    )
    # The second record's rounds are a second behind and never in the way of the first one's.
    assert dict(both.arrived)["a"] == pytest.approx(late_s)
    assert dict(both.arrived)["b"] < late_s + 1.0


def test_the_mean_number_of_rounds_is_that_of_the_slowest_frame():
    """E[max of n geometric] = sum over k of 1 - (1 - p^k)^n, k from 0."""
    loss, frames, records, delay_s = 0.3, 20, 300, 1000.0
    expected = sum(1 - (1 - loss**k) ** frames for k in range(60))
    found = []
    for i in range(records):
        windows = [(0.0, 90_000.0)]
        done = fly([(f"r{i}", 90 * frames)], windows=windows, frame_loss=loss, max_resends=80, radio={"nak_delay_s": delay_s}, until=90_001)  # fmt: skip
        found.append(1 + done.arrived[0][1] // delay_s)
    spread = np.std(found) / records**0.5
    assert abs(np.mean(found) - expected) < 4 * spread


def test_what_ranks_first_goes_first_but_what_has_begun_is_finished():
    env = simpy.Environment()
    arrived = []
    link = Fixed(rate_mbps=0.008, acquisition_s=0.0, frame_bytes=100, frame_payload_bytes=90)
    radio = Transmitter(
        env, Rates(link, {"one": EPHEMERIS}), 1, arrived=arrived.append, given_up=print
    )
    radio.enqueue("begun", 900, 5.0)

    def late():
        yield env.timeout(0.5)
        for tile, rank in (("last", 9.0), ("first", 1.0), ("gone", 0.0), ("second", 1.0)):
            radio.enqueue(tile, 90, rank)
        radio.withdraw("gone")

    env.process(radio.serve(ContactWindow("one", "s", 0.0, 100.0, 45.0)))
    env.process(late())
    env.run()
    assert arrived == ["begun", "first", "second", "last"]
    assert not radio.queue


def withdraw_in_the_air(los_s):
    """The radio after a contact in which the first of two records is withdrawn as it goes down, and what ended."""
    env, ended = simpy.Environment(), []
    link = Fixed(rate_mbps=0.008, acquisition_s=0.0, frame_bytes=100, frame_payload_bytes=90)
    radio = Transmitter(
        env, Rates(link, {"one": EPHEMERIS}), 1, arrived=ended.append, given_up=ended.append
    )
    for tile in "ab":
        radio.enqueue(tile, 900)

    def later():
        yield env.timeout(0.5)
        radio.withdraw("a")

    env.process(radio.serve(ContactWindow("one", "s", 0.0, los_s, 45.0)))
    env.process(later())
    env.run()
    return radio, ended


def test_a_record_withdrawn_in_the_air_neither_arrives_nor_is_given_up():
    radio, ended = withdraw_in_the_air(100.0)
    assert ended == ["b"]
    assert radio.contacts[0].used_bytes == 2_000


def test_what_was_withdrawn_in_the_air_hides_nothing_that_waits():
    """The contact is over with the frames of the one that is gone: the other has not begun."""
    radio, ended = withdraw_in_the_air(1.0)
    assert not ended
    assert [parcel.tile_id for parcel in radio.queue] == ["b"]
    assert radio.contacts[0].left_waiting


def test_a_radio_with_a_duty_cycle_sends_so_long_and_no_longer():
    """10 s in 100 s at ten frames a second: 100 frames from 0 s, 100 from 100 s, the rest from 200 s.

    Whether the very last frame of ten seconds still fits is for floats to say.
    """
    records = [(f"t{i}", 90) for i in range(250)]
    done = fly(records, los_s=1_000.0, radio={"duty": DutyCycle(10.0, 100.0)})
    at_s = [moment for _, moment in done.arrived]
    assert at_s[98] == pytest.approx(9.9)
    assert at_s[101] == pytest.approx(100.2, abs=0.3)
    assert at_s[-1] == pytest.approx(205.0, abs=0.6)
    for begin_s in np.arange(0, 200, 0.5):
        end_s = begin_s + 100
        sent_s = sum(max(0.0, min(t, end_s) - max(t - 0.1, begin_s)) for t in at_s)
        assert sent_s <= 10.0 + 1e-6


class Fading(Fixed):
    """Ten frames a second, a frame in 100 s, and half of each: by the contact."""

    def profile(self, window, ephemeris=None):  # noqa: ARG002
        fast, slow = 8_000.0, 8.0
        begin, end = {0.0: (slow, slow), 200.0: (fast, slow), 400.0: (fast, fast)}[window.aos_s]
        middle_s = (window.aos_s + window.los_s) / 2
        times_s = np.array([window.aos_s, middle_s, window.los_s])
        return RateProfile(
            times_s, np.array([begin, end, 0.0]), self.frame_bytes, self.frame_payload_bytes, 0.0
        )


def test_contacts_with_frames_longer_than_the_limit_cost_the_others_nothing():
    """By hand: 10 s may be sent; a frame that may take 100 s is not begun, so the third contact has them all."""
    windows = [(0.0, 100.0), (200.0, 300.0), (400.0, 500.0)]
    for records, wanted_bytes in (([("t", 90_000)], 10_000), ([], 0)):
        duty = DutyCycle(10.0, 5_700.0)
        done = fly(records, windows=windows, kind=Fading, radio={"duty": duty})
        done.radio.come_to_rest()
        carried = [log.capacity_bytes for log in done.radio.contacts]
        assert carried == [0, 0, pytest.approx(10_000, abs=1)]
        used = [log.used_bytes for log in done.radio.contacts]
        assert used == [0, 0, pytest.approx(wanted_bytes, abs=100)]
