"""The sliding window of a duty cycle, against counting second by second."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payload.downlink.duty_cycle import DutyCycle


def sent_within(spans, begin_s, end_s):
    """[s] By counting, nothing merged."""
    return sum(max(0, min(end, end_s) - max(start, begin_s)) for start, end in spans)


@given(
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), min_size=1, max_size=12),
)
def test_no_stretch_holds_more_than_the_limit_and_no_second_is_wasted(limit_s, wishes):
    """Sending as long as there is room, in whole seconds; the period is 40 s."""
    period_s, now_s, spans = 40, 0, []
    duty = DutyCycle(float(limit_s), float(period_s))
    for pause_s, wish_s in wishes:
        now_s += pause_s
        opens_s = duty.opens_s(float(now_s), 1.0)
        before = [*spans, (now_s, now_s + 1)]
        if opens_s > now_s:  # then one second more would have been too much at once
            worst = max(sent_within(before, t - period_s, t) for t in range(now_s, now_s + 2))
            assert worst > limit_s
            now_s = math.ceil(opens_s)
        length_s = min(wish_s, math.floor(duty.room_s(float(now_s)) + 1e-9))
        assert length_s >= 1
        duty.note(float(now_s), float(now_s + length_s))
        spans.append((now_s, now_s + length_s))
        if length_s < wish_s:  # all the room was used: another second breaks the law
            longer = [*spans[:-1], (now_s, now_s + length_s + 1)]
            end_s = now_s + length_s + 1
            assert sent_within(longer, end_s - period_s, end_s) > limit_s
        now_s += length_s
    ends = {end for _, end in spans} | {start + period_s for start, _ in spans}
    assert all(sent_within(spans, t - period_s, t) <= limit_s for t in ends)


seconds = st.lists(st.booleans(), min_size=20, max_size=120)


@given(st.integers(1, 12), st.integers(5, 20), seconds, seconds)
def test_pauses_are_filled_as_far_as_the_limit_goes(limit_s, period_s, wishes, openings):
    """Second method: second by second, each tried against every stretch of whole seconds, those to come too."""
    sent = []
    for now_s, wish in enumerate(wishes):
        recent = sum(now_s - period_s < at_s for at_s in sent)
        if wish and recent < limit_s:
            sent.append(now_s)
    duty = DutyCycle(float(limit_s), float(period_s))
    for at_s in sent:
        duty.note(float(at_s), at_s + 1.0)
    span_s = max(len(wishes), len(openings))
    filled, silent = set(sent), set()

    def fits(taken):
        return all(
            sum(at_s in taken for at_s in range(end_s - period_s, end_s)) <= limit_s
            for end_s in range(1, span_s + period_s + 1)
        )

    for now_s, is_open in enumerate(openings):
        if is_open and now_s not in filled:
            if fits(filled | {now_s}) or limit_s >= period_s:
                filled.add(now_s)
            else:
                silent.add(now_s)
    found = duty.silences([(float(s), s + 1.0) for s, is_open in enumerate(openings) if is_open])
    counted = {s for start_s, end_s in found for s in range(round(start_s), round(end_s))}
    assert counted == silent
    assert sum(end - start for start, end in found) == pytest.approx(len(silent))


def test_without_a_limit_there_is_room_for_ever():
    duty = DutyCycle(math.inf, math.inf)
    duty.note(0.0, 100.0)
    assert duty.room_s(100.0) == math.inf
    assert not duty.sent


def test_a_frame_longer_than_the_limit_never_goes():
    assert DutyCycle(1.0, 100.0).opens_s(0.0, 2.0) == math.inf
    assert DutyCycle(1.0, 100.0).room_s(0.0) == pytest.approx(1.0)
