"""The reference study: 300 clustered targets, 7 days, one satellite, 8 images an orbit, clouds independent.

Compared with the project's own measurement of 2026, of the clairvoyant optimum: image once 39.6 % at P(clear) 0.33, found on
the ground 64.8, on board 64.9, look-ahead 93.2; at 0.50 they are 50.6, 72.3, 72.5 and 91.0.
"""

from collections import Counter

import pytest

from payload.plans import PlanContext
from payload.scheduling.exact import Milp
from payload.scheduling.greedy import Density
from payload.types import Target
from payload.validation.instances import Instance
from payload.validation.study import Course, clear_opportunities, fly_course

POLICIES = ("none", "ground_loop", "on_board", "look_ahead")
MEASURED = {0.33: (39.6, 64.8, 64.9, 93.2), 0.50: (50.6, 72.3, 72.5, 91.0)}


def course(seed):
    given = Instance(300, 7, 8, seed).context()
    targets = [Target(name, 0.0, 0.0, priority) for name, priority in given.priorities.items()]
    return Course(targets, given.opportunities, given.limits)


class Optimum:
    """Of one who knows all clouds beforehand, proven; the same for all who fly under one sky."""

    def __init__(self, limits):
        self.limits, self.asked, self.best = limits, None, None

    def __call__(self, opportunities, priorities):
        asked = (opportunities, priorities)
        if asked != self.asked:
            pending = frozenset(item.target for item in opportunities)
            context = PlanContext(0.0, opportunities, pending, priorities, {}, self.limits)
            plan = Milp().plan(context)
            assert plan.value == pytest.approx(plan.bound)
            self.asked, self.best = asked, plan.bound
        return self.best


@pytest.fixture(scope="module")
def courses():
    return [course(seed) for seed in range(4)]


@pytest.mark.parametrize("p_clear", MEASURED)
def test_the_policies_stand_in_the_order_and_at_the_distances_of_the_reference(courses, p_clear):
    share = Counter()
    for seed, each in enumerate(courses):
        clear = clear_opportunities(each, p_clear, seed)
        optimum = Optimum(each.limits)
        for policy in POLICIES:
            brought = fly_course(each, policy, Density(), clear, bound=optimum)
            assert brought.value <= brought.bound + 1e-6
            share[policy] += 100 * brought.value / brought.bound / len(courses)
    assert share["none"] < share["ground_loop"] - 5
    assert abs(share["ground_loop"] - share["on_board"]) < 2
    assert share["look_ahead"] > max(share["ground_loop"], share["on_board"]) + 15
    for policy, measured in zip(POLICIES, MEASURED[p_clear], strict=True):
        assert share[policy] == pytest.approx(measured, abs=7.0)  # other places, as many of them


def test_without_cloud_all_policies_bring_the_same(courses):
    clear = clear_opportunities(courses[0], 1.0, 0)
    brought = {policy: fly_course(courses[0], policy, Density(), clear) for policy in POLICIES}
    assert len(set(brought.values())) == 1
