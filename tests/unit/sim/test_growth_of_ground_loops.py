"""Loops through the ground: what their planners are handed, and that few chances say what all say. Judge: the planner asked with all."""

from dataclasses import replace

import pytest
from conftest import write_wishes
from planning import MOST_GROWTH, Counting, scheduler, with_rules

from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms
from payload.sim.loops.replanning import expect_replanning

POLICIES = ["ground_loop", "on_board"]


class Plain:
    """A planner that does not say that it takes the first."""

    is_steady = True

    def __init__(self, kind):
        self._planner = scheduler(kind)

    def plan(self, context):
        return self._planner.plan(context)


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    """Assemblies of one satellite over forty places that are wanted every day, by days; its memory is soon full."""
    folder = tmp_path_factory.mktemp("months")
    found = {}
    for days in (8, 30, 60):
        path = write_wishes(
            folder,
            camera={"gsd_m": 10, "width_px": 256, "height_px": 256, "max_off_nadir_deg": 45},
            memory={"capacity_mb": 2},
            duration_h=24 * days,
        )
        found[days] = assemble(load_scenario(path))
    return found


def flown(assembly, folder):
    """What was flown, by the scenario's own arm."""
    return fly_arms(assembly, folder, arms=["prune"])[0]["prune"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("kind", "plans_memory"), [("fifo", True), ("edf", False), ("ltap", True)])
def test_a_flight_is_the_same_whether_few_chances_are_offered_or_all(
    months, tmp_path, policy, kind, plans_memory
):
    assembly = with_rules(months[8], policy=policy, plans_memory=plans_memory)
    said = []
    for number, planner in enumerate((scheduler(kind), Plain(kind))):
        (tmp_path / str(number)).mkdir()
        record = flown(replace(assembly, scheduler=planner), tmp_path / str(number))
        said.append((record.loop, list(record.images), list(record.events), record.contacts))
    assert said[0] == said[1]
    assert len(said[0][1]) > 50


@pytest.mark.parametrize("policy", POLICIES)
def test_planning_anew_costs_what_is_near_and_not_what_is_left_of_the_flight(
    months, tmp_path, policy
):
    """Counted, not timed: what planners are handed in twice the days, of chances and of what was taken before."""
    counts = []
    for days in (30, 60):
        counting = Counting("fifo")
        folder = tmp_path / str(days)
        folder.mkdir()
        record = flown(replace(with_rules(months[days], policy=policy), scheduler=counting), folder)
        assert len(record.images) > 5 * days
        counts.append((counting.handed, counting.promised))
    for shorter, longer in zip(*counts, strict=True):
        assert 0 < longer <= MOST_GROWTH * shorter


@pytest.mark.parametrize("policy", POLICIES)
def test_how_often_kept_plans_are_looked_at_is_expected_within_a_factor_of_two(
    months, tmp_path, policy
):
    """Judge: the flight, by its log; it has one satellite. Of a planner that is asked nothing is looked at."""
    assembly = with_rules(months[8], policy=policy)
    said = flown(replace(assembly, scheduler=scheduler("edf")), tmp_path)
    plans = sum(event.kind == "planned" for event in said.events)
    expected = expect_replanning(replace(assembly, scheduler=scheduler("edf")))
    assert plans / 2 < expected.looks < plans * 2
    assert expect_replanning(replace(assembly, scheduler=scheduler("ltap", cap=1))).looks == 0.0
