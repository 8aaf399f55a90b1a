"""A planner that takes the first chance which fits, asked with a few chances, says what it says of all of them.

Judge of what it says: the planner itself, asked with everything. Judge of what it costs: how much it is handed over a
flight, where it is planned anew each time a target is wanted again.
"""

import zlib
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
import simpy
from conftest import write_wishes
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import (
    KINDS,
    MOST_GROWTH,
    Counting,
    calendar_of,
    contexts,
    observe,
    scheduler,
    with_rules,
)

from payload.planning.chances import Chances
from payload.scenario.load import load_scenario
from payload.scenario.rescheduling import ReschedulingModel
from payload.sim import assemble
from payload.sim.arms import make_arm
from payload.sim.log import Log
from payload.sim.loops.policies import make_loop
from payload.sim.loops.replanning import expect_replanning

FIRST = [kind for kind in KINDS if getattr(scheduler(kind), "takes_first", False)]


def test_who_takes_the_first_says_so():
    assert set(FIRST) == {"fifo", "edf", "priority", "ltap"}


@pytest.mark.parametrize("kind", FIRST)
@settings(max_examples=60)
@given(found=st.lists(contexts(), min_size=1, max_size=3), starts_s=st.floats(0.0, 300.0))
def test_asked_with_a_few_chances_it_says_what_it_says_of_all(kind, found, starts_s):
    """Asked again later, what was enough before is no more than a guess."""
    chances = Chances(calendar_of(found[0].opportunities))
    planner = scheduler(kind)
    for number, context in enumerate(found):
        now_s = context.now_s + number * starts_s
        whole = replace(
            context,
            now_s=now_s,
            opportunities=[i for i in found[0].opportunities if i.start_s >= now_s],
            p_clear={},
            climate_clear={},
        )

        def ask(offered, whole=whole):
            return planner.plan(replace(whole, opportunities=offered))

        assert chances.plan(ask, dict.fromkeys(whole.pending, now_s)) == planner.plan(whole)


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """One satellite over forty places, each wanted every day; most chances of a year, near enough."""
    folder = tmp_path_factory.mktemp("repeating")
    path = write_wishes(
        folder,
        camera={"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 45},
        duration_h=24 * 120,
        rescheduling={"policy": "next_opportunity"},
    )
    return assemble(load_scenario(path))


def fly(assembly, days):
    """Fly the loop alone: each image is judged a minute after it was taken, and every third is cloudy; what was taken."""
    env = simpy.Environment()
    log = Log(env)
    arm = make_arm("prune", assembly.scenario.pruning)
    loop = make_loop(env, assembly, arm, log)

    def judge(item):
        yield env.timeout(60.0)
        cover = 0.9 if zlib.crc32(item.id.encode()) % 3 == 0 else 0.1
        loop.learn(SimpleNamespace(opportunity=item, satellite=item.satellite), cover)

    def take(item):
        loop.note_taken(item)
        env.process(judge(item))

    observers = (observe(env, loop, name, take) for name in assembly.satellites)
    for story in (*loop.stories(), *observers):
        env.process(story)
    env.run(until=days * 86_400.0)
    return loop.taken, loop.plans.versions, list(log.events)


def shortened(assembly, days):
    """The same flight, over after some days."""
    left = {
        name: [item for item in items if item.end_s < days * 86_400.0]
        for name, items in assembly.opportunities.items()
    }
    return replace(assembly, opportunities=left)


@pytest.mark.parametrize(
    ("kind", "rules"),
    [(kind, {}) for kind in FIRST] + [(kind, {"horizon_h": 48.0}) for kind in ("best-of", "fifo")],
)
def test_planning_anew_costs_what_is_near_and_not_what_is_left_of_the_flight(year, kind, rules):
    """Counted, not timed: what planners are handed in twice the days, of chances and of what was taken before."""
    counts = []
    for days in (60, 120):
        counting = Counting(kind)
        taken, _, _ = fly(
            replace(with_rules(shortened(year, days), **rules), scheduler=counting), days
        )
        assert len(taken["one"]) > 10 * days
        counts.append((counting.handed, counting.promised))
    for shorter, longer in zip(*counts, strict=True):
        assert 0 < longer <= MOST_GROWTH * shorter


@pytest.mark.parametrize("kind", FIRST)
def test_a_flight_is_the_same_whether_few_chances_are_offered_or_all(year, kind):
    class Plain:
        """A planner that does not say that it takes the first."""

        is_steady = True

        def plan(self, context):
            return scheduler(kind).plan(context)

    short = shortened(year, 30)
    said = fly(replace(short, scheduler=scheduler(kind)), 30)
    assert said == fly(replace(short, scheduler=Plain()), 30)
    assert len(said[1]) > 100


def test_plans_look_no_further_than_the_horizon_and_never_run_out(year):
    horizon_s = 36 * 3600.0
    rules = with_rules(shortened(year, 30), horizon_h=36.0)
    taken, versions, events = fly(replace(rules, scheduler=scheduler("best-of")), 30)
    for version in versions:
        assert all(item.start_s <= version.time_s + horizon_s for item in version.added)
    made_s = [event.time_s for event in events if event.kind == "planned"]
    waits_s = [after - before for before, after in pairwise(made_s)]
    assert max(waits_s) <= horizon_s / 2
    assert taken["one"][-1].end_s > 29 * 86_400.0


def test_plans_that_end_early_are_made_in_time():
    rules = ReschedulingModel(horizon_h=24.0)
    assert rules.every_s == 12 * 3600.0
    assert ReschedulingModel(horizon_h=24.0, every_min=60.0).every_s == 3600.0
    assert ReschedulingModel(horizon_h=24.0, every_min=6000.0).every_s == 12 * 3600.0
    assert ReschedulingModel().every_s is None


@pytest.mark.parametrize(
    ("kind", "rules"), [("best-of", {}), ("fifo", {}), ("best-of", {"horizon_h": 48.0})]
)
def test_what_planning_anew_takes_is_expected_within_a_factor_of_two(year, kind, rules):
    """Judge: what planners are handed when it is flown, counted."""
    days = 60
    scenario = year.scenario.model_copy(update={"duration_h": 24.0 * days})
    short = with_rules(replace(shortened(year, days), scenario=scenario), **rules)
    counting = Counting(kind)
    expected = expect_replanning(replace(short, scheduler=counting))
    _, _, events = fly(replace(short, scheduler=counting), days)
    plans = sum(event.kind == "planned" for event in events)
    assert plans / 2 < expected.plans < plans * 2
    assert counting.handed / 2 < expected.handed < counting.handed * 2
    assert expected.is_bounded == (kind == "fifo" or bool(rules))


def test_a_target_wanted_again_at_once_is_expected_at_each_of_its_chances(year):
    """However soon that is: added to the time of a chance, so little vanishes in rounding."""
    short = shortened(year, 5)
    eager = tuple(replace(target, repeat_s=1e-15) for target in short.targets)
    chances = sum(map(len, short.opportunities.values()))
    expected = expect_replanning(replace(short, targets=eager))
    assert expected.plans == 1 + chances > 5
    reached = {item.target for items in short.opportunities.values() for item in items}
    assert expected.repeats == chances - len(reached) > 0


def test_a_long_flight_whose_planner_weighs_all_that_is_left_is_warned_of(year, monkeypatch):
    """Twice the days are four times the work; the advice it is given makes it twice."""
    found = {}
    for days in (60, 120):
        scenario = year.scenario.model_copy(update={"duration_h": 24.0 * days})
        short = replace(shortened(year, days), scenario=scenario, scheduler=scheduler("best-of"))
        found[days] = [
            expect_replanning(each) for each in (short, with_rules(short, horizon_h=48.0))
        ]
    endless, bounded = zip(found[60], found[120], strict=True)
    assert endless[1].handed / endless[0].handed == pytest.approx(4.0, rel=0.1)
    assert bounded[1].handed / bounded[0].handed == pytest.approx(2.0, rel=0.1)
    assert endless[1].advice is None  # seconds are not worth a word
    monkeypatch.setattr("payload.sim.loops.replanning.WORTH_A_WORD", 1_000_000)
    assert "rescheduling.horizon_h" in (endless[1].advice or "")
    assert bounded[1].advice is None


def test_minutes_of_planning_are_told_and_seconds_are_not(year):
    """Few opportunities, but a planner that takes long for them: what was timed is told, in minutes."""
    short = replace(shortened(year, 60), scheduler=scheduler("best-of"))
    endless = expect_replanning(short)
    bounded = expect_replanning(with_rules(short, horizon_h=48.0))
    assert endless.advice is None
    assert endless.advice_on(60.0) is None
    assert "about 10 min" in (endless.advice_on(600.0) or "")
    assert "a rescheduling.horizon_h" in (endless.advice_on(600.0) or "")
    assert "a shorter rescheduling.horizon_h" in (bounded.advice_on(600.0) or "")
