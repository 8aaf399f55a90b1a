"""The soonest of several events against `simpy.AnyOf`: who is woken, when, and in which order of all that happens at a time."""

import gc
import weakref

import simpy
from hypothesis import given
from hypothesis import strategies as st

from payload.sim.soonest import Soonest

DELAYS_S = st.sampled_from([0.0, 0.0, 1.0, 1.0, 2.0])  # so that much happens at the same time
WAITS = st.lists(st.lists(DELAYS_S, max_size=3), min_size=1, max_size=4)


def told(stories, wait):
    """What happens where some wait again and again for timeouts, for a signal, or for a timeout that is over."""
    env, log = simpy.Environment(), []
    signal = [env.event()]
    past = env.timeout(0.0)

    def waiting(name, waits):
        yield env.timeout(0.0)
        for delays_s in waits:
            old = [past] if len(delays_s) == 3 else []
            yield wait(env, [*(env.timeout(s) for s in delays_s), signal[0], *old])
            log.append((env.now, name))

    def signalling():
        for _ in range(9):
            yield env.timeout(1.0)
            before, signal[0] = signal[0], env.event()
            before.succeed()
            log.append((env.now, "signal"))

    for name, waits in enumerate(stories):
        env.process(waiting(name, waits))
    env.process(signalling())
    while env.peek() <= 9.0:
        env.step()
        log.append((env.now, len(env._queue)))  # event for event
    return log


@given(st.lists(WAITS, min_size=1, max_size=3))
def test_the_soonest_event_wakes_as_any_of_them_does(stories):
    ours = told(stories, lambda env, events: Soonest(env, *events))
    assert ours == told(stories, simpy.AnyOf)


@given(st.lists(WAITS, min_size=1, max_size=3))
def test_the_soonest_of_the_soonest_of_others_wakes_as_any_of_any_does(stories):
    """Event for event: what is within is forgotten with what is around it, and does not happen later."""

    def nested(soonest):
        return lambda env, events: soonest(env, soonest(env, *events), env.timeout(0.5))

    ours = told(stories, nested(Soonest))
    assert ours == told(stories, nested(lambda env, *events: simpy.AnyOf(env, events)))


def test_whoever_has_been_woken_is_forgotten_by_what_has_not_happened():
    """A law of nature: what waits for ever must not collect all who ever waited for it."""
    env = simpy.Environment()
    never = env.event()
    past = env.timeout(0.0)
    for _ in range(3):
        env.run(Soonest(env, env.timeout(1.0), never))
        env.run(Soonest(env, never, past))
        env.run(Soonest(env, past, never))
        env.run(Soonest(env, Soonest(env, never, env.event()), env.timeout(0.0)))
    assert env.now == 3.0
    assert never.callbacks == []


def test_what_is_within_is_gone_as_soon_as_nobody_waits():
    """Without a search for cycles, which a long flight makes seldom."""
    env = simpy.Environment()
    never, seen = env.event(), []

    def waiting():
        for _ in range(3):
            within = Soonest(env, never, env.event())
            seen.append(weakref.ref(within))
            yield Soonest(env, within, env.timeout(1.0))

    env.process(waiting())
    gc.disable()
    try:
        env.run()
        assert [each() for each in seen[:2]] == [None, None]
    finally:
        gc.enable()
