"""Turns against `simpy.Resource` of one place: who is served, when, and in which order of all that happens at a time."""

import simpy
from hypothesis import given
from hypothesis import strategies as st

from payload.sim.turns import Turns

SHORT_S = st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0])  # so that much happens at the same time


def told(visits, serve):
    """What happens where customers come and are served again and again, a bystander woken by each who leaves."""
    env, log = simpy.Environment(), []
    ask, end = serve(env)

    def customer(name, times):
        for comes_s, takes_s in times:
            yield env.timeout(comes_s)
            turn = ask()
            yield turn
            log.append((env.now, name, "begins"))
            yield env.timeout(takes_s)
            end(turn)
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


def by_turns(env):
    turns = Turns(env)
    return turns.ask, lambda _: turns.end()


def by_resource(env):
    resource = simpy.Resource(env, capacity=1)
    return resource.request, resource.release


@given(st.lists(st.lists(st.tuples(SHORT_S, SHORT_S), max_size=4), max_size=4))
def test_turns_come_as_those_at_a_resource_of_one_place(visits):
    assert told(visits, by_turns) == told(visits, by_resource)


def test_a_turn_that_nobody_waits_for_costs_one_event():
    """A resource takes two: the request's, and the release's that nobody waits for."""
    counts = []
    for serve in (by_turns, by_resource):
        env = simpy.Environment()
        ask, end = serve(env)
        end(ask())
        steps = 0
        while env.peek() < float("inf"):
            env.step()
            steps += 1
        counts.append(steps)
    assert counts == [1, 2]
