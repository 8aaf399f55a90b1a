"""Turns against `simpy.Resource` of one place: who is served, when, and in which order of all that happens at a time."""

import math

import simpy
from hypothesis import given
from hypothesis import strategies as st

from payload.sim.turns import Turns

SHORT_S = st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0])  # so that much happens at the same time


class ByTurns:
    """Ask, and wait, for every turn."""

    def __init__(self, env):
        self.turns = Turns(env)

    def begin(self):
        yield self.turns.ask()

    def end(self):
        self.turns.end()


class AtOnce(ByTurns):
    """Take what would come next."""

    def begin(self):
        if not self.turns.take():
            yield self.turns.ask()


class ByResource:
    """SimPy's own."""

    def __init__(self, env):
        self.resource, self.request = simpy.Resource(env, capacity=1), None

    def begin(self):
        request = self.resource.request()
        yield request
        self.request = request

    def end(self):
        self.resource.release(self.request)


def told(visits, serve):
    """What happens where customers come and are served again and again, a bystander woken by each who leaves."""
    env, log = simpy.Environment(), []
    server = serve(env)

    def customer(name, times):
        for comes_s, takes_s in times:
            yield env.timeout(comes_s)
            yield from server.begin()
            log.append((env.now, name, "begins"))
            yield env.timeout(takes_s)
            server.end()
            env.process(bystander(name))
            log.append((env.now, name, "ends"))

    def bystander(name):
        log.append((env.now, name, "is noticed"))
        yield env.timeout(0.0)
        log.append((env.now, name, "is told of"))

    for name, times in enumerate(visits):
        env.process(customer(name, times))
    env.run()
    return log


@given(st.lists(st.lists(st.tuples(SHORT_S, SHORT_S), max_size=4), max_size=4))
def test_turns_come_as_those_at_a_resource_of_one_place(visits):
    expected = told(visits, ByResource)
    assert told(visits, ByTurns) == expected
    assert told(visits, AtOnce) == expected


def test_a_turn_that_nobody_waits_for_costs_no_event_that_wakes_nobody():
    """A resource takes two, for the request and for its release; a turn that is asked for one; one taken at once none."""
    counts = []
    for serve in (ByResource, ByTurns, AtOnce):
        env = simpy.Environment()
        server = serve(env)
        list(server.begin())
        server.end()
        steps = 0
        while env.peek() < math.inf:
            env.step()
            steps += 1
        counts.append(steps)
    assert counts == [2, 1, 0]
