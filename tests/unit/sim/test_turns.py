"""Turns against `simpy.Resource`: who is served, when, and in which order of all that happens at a time."""

import math

import simpy
from hypothesis import example, given
from hypothesis import strategies as st

from payload.sim.soonest import Soonest
from payload.sim.turns import Turns

SHORT_S = st.sampled_from([0.0, 0.0, 1.0, 2.0, 3.0])  # so that much happens at the same time


class ByTurns:
    """Ask, and wait, for every turn, as long as patience lasts; whether it came."""

    def __init__(self, env, places=1):
        self.env, self.turns = env, Turns(env, places)

    def begin(self, patience_s=math.inf):
        turn = self.turns.ask()
        if patience_s < math.inf:
            yield Soonest(self.env, turn, self.env.timeout(patience_s))
        else:
            yield turn
        if not turn.triggered:
            self.turns.give_up(turn)
        return turn if turn.triggered else None

    def end(self, _turn):
        self.turns.end()


class AtOnce(ByTurns):
    """Take what would come next."""

    def begin(self, patience_s=math.inf):
        return True if self.turns.take() else (yield from super().begin(patience_s))


class ByResource:
    """SimPy's own."""

    def __init__(self, env, places=1):
        self.env, self.resource = env, simpy.Resource(env, capacity=places)

    def begin(self, patience_s=math.inf):
        request = self.resource.request()
        if patience_s < math.inf:
            yield Soonest(self.env, request, self.env.timeout(patience_s))
        else:
            yield request
        if not request.triggered:
            request.cancel()
            self.resource.release(request)
        return request if request.triggered else None

    def end(self, request):
        self.resource.release(request)


def told(visits, serve, places=1):
    """What happens where customers come and are served again and again, a bystander woken by each who leaves."""
    env, log = simpy.Environment(), []
    server = serve(env, places)

    def customer(name, times):
        for comes_s, takes_s, patience_s in times:
            yield env.timeout(comes_s)
            turn = yield from server.begin(patience_s)
            log.append((env.now, name, "begins" if turn else "gives up"))
            if turn:
                yield env.timeout(takes_s)
                server.end(turn)
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


PATIENCE_S = st.sampled_from([math.inf, math.inf, 0.0, 1.0, 2.0])
VISITS = st.lists(st.lists(st.tuples(SHORT_S, SHORT_S, PATIENCE_S), max_size=4), max_size=6)


@example(  # two leave at once, two wait: one at a time has the next turn
    [[(0.0, 3.0, math.inf)], [(1.0, 0.0, 2.0)], [(0.0, 2.0, math.inf), (0.0, 0.0, math.inf)], [(0.0, 1.0, math.inf)]], 2
)  # fmt: skip
@example(  # of two places one is left, taken and waited for at one time, then the other is left
    [[(2.0, 2.0, math.inf)], [(0.0, 1.0, math.inf), (0.0, 3.0, math.inf)], [(0.0, 0.0, math.inf), (0.0, 0.0, math.inf), (3.0, 0.0, math.inf)], [(0.0, 1.0, math.inf), (0.0, 0.0, math.inf), (3.0, 0.0, math.inf)]], 2
)  # fmt: skip
@given(VISITS, st.integers(1, 3))
def test_turns_come_as_those_at_a_resource_of_as_many_places(visits, places):
    expected = told(visits, ByResource, places)
    assert told(visits, ByTurns, places) == expected
    assert told(visits, AtOnce, places) == expected


def test_a_turn_that_nobody_waits_for_costs_no_event_that_wakes_nobody():
    """A resource takes two, for the request and for its release; a turn that is asked for one; one taken at once none."""
    counts = []
    for serve in (ByResource, ByTurns, AtOnce):
        env = simpy.Environment()
        server = serve(env)
        server.end(_ended(server.begin()))
        steps = 0
        while env.peek() < math.inf:
            env.step()
            steps += 1
        counts.append(steps)
    assert counts == [2, 1, 0]


def _ended(story):
    """What a story ends in that waits for nothing that has not happened."""
    try:
        while True:
            next(story)
    except StopIteration as end:
        return end.value
