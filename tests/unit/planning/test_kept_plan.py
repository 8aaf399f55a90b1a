"""A plan that is kept is the plan that the planner would make of all that is left, after whatever happened.

Judge of what it says: the planner itself, asked anew with everything. Judge of what it costs: how often it decides.
"""

import math
import time
from dataclasses import replace
from itertools import chain
from operator import attrgetter

import pytest
from conftest import write_wishes
from hypothesis import given, settings
from hypothesis import strategies as st
from planning import KINDS, SATELLITES, TARGETS, calendar_of, items, opportunity, scheduler, values

from payload.darkroom.memo import Memo
from payload.planning.kept_plan import KeptPlan, Ranks
from payload.plans import Limits, PlanContext
from payload.ports import Insistent, Urgent
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.arms import make_arm
from payload.sim.loops.first_plan import is_kept
from payload.sim.mission import Mission

URGENT = [kind for kind in KINDS if isinstance(scheduler(kind), Urgent)]


def test_who_goes_by_urgency():
    assert set(URGENT) == {"fifo", "edf", "priority"}
    assert [scheduler(kind).urgency(3.0, 5.0) for kind in ("fifo", "edf", "priority")] == [0, 5, -3]


def test_landsats_rules_rank_by_priority_and_what_was_missed_until_they_bind():
    """By hand: priority + 0.5 x missed; the sun has to stand above 5 deg, and 725 images a day are the most."""
    rules = scheduler("ltap")
    assert isinstance(rules, Insistent)
    assert rules.urgency_of_missed(3.0, 2) == -4.0
    assert not rules.leaves_out(lowest_sun_deg=5.1, most_a_day=725)
    assert rules.leaves_out(lowest_sun_deg=5.0, most_a_day=725)
    assert rules.leaves_out(lowest_sun_deg=5.1, most_a_day=726)


def test_a_target_that_was_missed_takes_the_place_of_one_that_was_not():
    """By hand: both want 100 s; t0 is first by its place until t1, missed once, is wanted more."""
    found = [opportunity("one", name, s) for s in (100.0, 300.0) for name in ("t0", "t1")]
    kept = KeptPlan(
        calendar_of(found), Ranks({}, {}, lambda _, missed: -missed), Limits(settle_s=10.0)
    )
    for name in ("t0", "t1"):
        kept.want(name, 0.0)
    kept.settle(0.0)
    assert [item.target for item in kept.of("one")] == ["t0", "t1"]
    kept.want("t1", 0.0, missed=1)
    kept.settle(0.0)
    assert [item.target for item in kept.of("one")] == ["t1", "t0"]


class Flight:
    """A kept plan beside all that the planner has to be told to make it anew."""

    def __init__(self, kind, found, limits, priorities, due_s):
        self.planner = scheduler(kind)
        urgency = {
            name: self.planner.urgency(priorities.get(name, 1.0), due_s.get(name, float("inf")))
            for name in TARGETS
        }
        self.kept = KeptPlan(calendar_of(found), Ranks(urgency, due_s), limits)
        self.context = PlanContext(0.0, found, frozenset(), priorities, {}, limits)
        self.context = replace(self.context, deadlines_s=due_s)
        self.pending, self.flown, self.plan = set(), [], {}

    def want(self, targets, now_s):
        for target in sorted(targets):
            self.pending.add(target)
            self.kept.want(target, now_s)

    def end_images(self, until_s, is_refused):
        """What ends is flown, or was refused."""
        for item in sorted(self.plan.values(), key=attrgetter("end_s")):
            if item.end_s > until_s:
                continue
            del self.plan[item.id]
            if is_refused(item):
                self.kept.release(item)
                self.kept.want(item.target, item.end_s)
            else:
                self.commit(item)
                self.flown.append(item)
                self.pending.discard(item.target)

    def commit(self, item):
        self.kept.commit(item)
        self.kept.want(item.target, math.inf)

    def check(self, now_s):
        begun = [item for item in self.plan.values() if item.start_s <= now_s]
        for item in begun:
            self.commit(item)
        change = self.kept.settle(now_s)
        for item in change.dropped:
            if item in begun or item.end_s <= now_s:  # it is in the plan no more, but flown or over
                continue
            assert item.start_s >= now_s
            assert self.plan.pop(item.id) == item
        for item in change.added:
            assert item.id not in self.plan
            self.plan[item.id] = item
        asked = replace(
            self.context,
            now_s=now_s,
            opportunities=[item for item in self.context.opportunities if item.start_s >= now_s],
            pending=frozenset(self.pending - {item.target for item in begun}),
            busy_until_s={item.satellite: item.end_s for item in (*self.flown, *begun)},
            committed=[*self.flown, *begun],
        )
        ahead = sorted(
            (item for item in self.plan.values() if item not in begun),
            key=attrgetter("start_s", "end_s", "roll_deg", "id"),
        )
        assert [item.id for item in ahead] == list(self.planner.plan(asked).opportunity_ids)


@pytest.mark.parametrize("kind", URGENT)
@settings(max_examples=150)
@given(data=st.data())
def test_whatever_happens_it_is_the_plan_of_all_that_is_left(kind, data):
    """Times are whole as those of chances are, so that some begin at the very moment of a plan, or odd."""
    limits = Limits(
        settle_s=data.draw(st.sampled_from([0.0, 6.0, 30.0])),
        slew_deg_per_s=data.draw(st.sampled_from([float("inf"), 1.0, 0.3])),
    )
    flight = Flight(
        kind,
        data.draw(items(60)),
        limits,
        data.draw(st.dictionaries(st.sampled_from(TARGETS), values(10))),
        data.draw(st.dictionaries(st.sampled_from(TARGETS), values(400))),
    )
    flight.want(data.draw(st.sets(st.sampled_from(TARGETS))), 0.0)
    now_s = 0.0
    flight.check(now_s)
    for _ in range(data.draw(st.integers(1, 8))):
        now_s += data.draw(st.integers(0, 60)) + data.draw(st.sampled_from([0.0, 0.37]))
        flight.end_images(now_s, lambda _: data.draw(st.integers(0, 3)) == 0)
        idle = sorted(set(TARGETS) - flight.pending)
        if idle:
            flight.want(data.draw(st.sets(st.sampled_from(idle), max_size=3)), now_s)
        flight.check(now_s)


@pytest.mark.parametrize("kind", URGENT)
@settings(max_examples=60)
@given(data=st.data())
def test_whatever_its_owner_says_it_is_the_plan_that_the_planner_makes_of_that(kind, data):
    """Targets are wanted from a moment on, satellites ready from one; some images are committed, even such that exclude each
    other or what stands, and some chances singled out. All of that may change at any time, either way, or stay. Few targets have
    many chances in a short time, so that most exclude some."""
    found, half = data.draw(items(40, targets=TARGETS[:5], span_s=150, least=20)), 0.5
    limits = Limits(
        settle_s=data.draw(st.sampled_from([0.0, 5.0, 30.0])),
        slew_deg_per_s=data.draw(st.sampled_from([1.0, 3.0])),
    )
    priorities = dict(
        zip(TARGETS, data.draw(st.lists(values(10), min_size=8, max_size=8)), strict=True)
    )
    planner = scheduler(kind)
    urgency = {name: planner.urgency(each * half, math.inf) for name, each in priorities.items()}
    kept = KeptPlan(calendar_of(found), Ranks(urgency), limits)
    moments = st.sampled_from([0.0, 0.0, 40.0, 90.0, math.inf])
    committed, now_s, plan, singled = set(), 0.0, {}, {}
    wanted_s, ready_s = dict.fromkeys(TARGETS, 0.0), dict.fromkeys(SATELLITES, 0.0)
    flying = {item.satellite for item in found}
    some = st.sets(st.sampled_from(found), max_size=4)
    for _ in range(data.draw(st.integers(3, 8))):
        now_s += data.draw(st.sampled_from([0, 0, 10, 37]))
        for item in data.draw(some):
            (kept.release if item in committed else kept.commit)(item)
            committed ^= {item}
        wanted_s |= data.draw(st.dictionaries(st.sampled_from(TARGETS[:5]), moments, max_size=4))
        ready_s |= data.draw(
            st.dictionaries(st.sampled_from(SATELLITES), st.sampled_from([0.0, 0.0, 50.0, 100.0]))
        )
        if data.draw(st.booleans()):
            singled = {
                item: data.draw(st.sampled_from([None, 0.2, half, 0.8])) for item in data.draw(some)
            }
        to_come = {item.target for item in committed if item.end_s > now_s}
        for name, from_s in wanted_s.items():
            kept.want(name, math.inf if name in to_come else from_s)
        for name in flying:
            kept.ready(name, ready_s[name])
        kept.single_out(
            {
                item: None
                if p_clear is None or item.target in to_come or item.start_s < wanted_s[item.target]
                else planner.urgency(priorities[item.target] * p_clear, math.inf)
                for item, p_clear in singled.items()
            }
        )
        change = kept.settle(now_s)
        plan = {name: plan[name] for name in plan.keys() - {each.id for each in change.dropped}}
        plan |= {item.id: item for item in change.added}
        asked = PlanContext(
            now_s,
            [
                item
                for item in found
                if item.start_s >= max(ready_s[item.satellite], wanted_s[item.target])
                and singled.get(item, half) is not None
            ],
            frozenset(TARGETS),
            priorities,
            {},
            limits,
            p_clear={item.id: singled.get(item, half) for item in found},
            committed=sorted(committed, key=attrgetter("start_s", "id")),
        )
        assert set(plan) == set(planner.plan(asked).opportunity_ids)
        assert set(plan) == {item.id for name in flying for item in kept.of(name)}


def test_who_is_set_free_gives_up_its_later_chance():
    """By hand: t0 pushes t1 off 100 s, which frees 108 s for t2, so that t2 no longer stands at 300 s."""
    seconds = {"t0": [94.0], "t1": [100.0, 500.0], "t2": [108.0, 300.0]}
    found = [opportunity("one", name, s) for name, each in seconds.items() for s in each]
    worth = {"t0": 3.0, "t1": 2.0, "t2": 1.0}
    flight = Flight("priority", found, Limits(settle_s=10.0), worth, {})
    flight.want({"t1", "t2"}, 0.0)
    flight.check(0.0)
    assert sorted(item.start_s for item in flight.plan.values()) == [100.0, 300.0]
    flight.want({"t0"}, 1.0)
    flight.check(1.0)
    assert sorted(item.start_s for item in flight.plan.values()) == [94.0, 108.0, 500.0]


def test_what_has_begun_at_this_very_moment_is_disturbed_by_nothing():
    """By hand: t1 begins at 100 s; t0, more urgent and wanted just then, has to wait for its chance at 300 s."""
    seconds = {"t0": [101.0, 300.0], "t1": [100.0]}
    found = [opportunity("one", name, s) for name, each in seconds.items() for s in each]
    flight = Flight("priority", found, Limits(settle_s=10.0), {"t0": 3.0, "t1": 1.0}, {})
    flight.want({"t1"}, 0.0)
    flight.check(0.0)
    flight.want({"t0"}, 100.0)
    flight.check(100.0)
    assert sorted(item.start_s for item in flight.plan.values()) == [100.0, 300.0]


def test_what_commitments_that_exclude_each_other_part_does_not_meet():
    """By hand: the first two need no turn, nor the last two, and between those two a turn of 60 s has 1 s; as a planner,
    which looks at neighbours, both of the others are planned, whose turn would take 60 s, too."""
    rolls = [(0.0, -30.0), (40.0, -30.0), (43.0, 30.0), (50.0, 30.0)]
    found = [
        opportunity("one", f"t{number}", start_s, roll_deg=roll_deg)
        for number, (start_s, roll_deg) in enumerate(rolls)
    ]
    limits = Limits(slew_deg_per_s=1.0)
    first, *between, last = found
    kept = KeptPlan(calendar_of(found), Ranks({}), limits)
    for item in between:
        kept.commit(item)
    for item in (first, last):
        kept.want(item.target, 0.0)
    asked = PlanContext(0.0, found, frozenset({"t0", "t3"}), {}, {}, limits, committed=between)
    assert kept.settle(0.0).added == [first, last]
    assert scheduler("fifo").plan(asked).opportunity_ids == (first.id, last.id)


def test_of_two_commitments_of_one_start_the_one_that_ends_later_is_the_last():
    """By hand: both start at 10 s; of the one that ends at 30 s, though first by its name, a chance at 25 s is too near."""
    found = [
        opportunity("one", "t0", 10.0, duration_s=20.0),
        opportunity("one", "t1", 10.0, duration_s=2.0),
        opportunity("one", "t2", 25.0),
        opportunity("one", "t2", 90.0),
    ]
    long, short, near, far = found
    kept = KeptPlan(calendar_of(found), Ranks({}), Limits())
    for item in (long, short):
        kept.commit(item)
    kept.want("t2", 0.0)
    asked = PlanContext(0.0, [near, far], frozenset({"t2"}), {}, {}, committed=[long, short])
    assert kept.settle(0.0).added == [far]
    assert scheduler("fifo").plan(asked).opportunity_ids == (far.id,)


def test_beyond_the_horizon_nothing_is_planned_until_it_has_come_near():
    """By hand: of 10 s, 100 s and 130 s the first two are within 100 s; the third is as soon as 30 s have gone by."""
    seconds = {"t0": 10.0, "t1": 100.0, "t2": 130.0}
    found = [opportunity("one", name, start_s) for name, start_s in seconds.items()]
    kept = KeptPlan(calendar_of(found), Ranks({}), Limits(), horizon_s=100.0)
    for name in seconds:
        kept.want(name, 0.0)
    assert kept.settle(0.0).added == found[:2]
    assert (kept.first_chance("t1", 0.0, {"one": 0.0}), kept.entered) == (found[1], {"t0", "t1"})
    assert kept.first_chance("t2", 0.0, {"one": 0.0}) is None
    assert kept.settle(29.9).added == []
    assert kept.settle(30.0).added == found[2:]
    assert kept.entered == {"t2"}


def test_a_target_that_stays_wanted_is_sought_anew_when_its_image_is_flown():
    found = [opportunity("one", "t0", start_s) for start_s in (10.0, 100.0)]
    kept = KeptPlan(calendar_of(found), Ranks({}), Limits())
    kept.want("t0", 0.0)
    assert kept.settle(0.0).added == found[:1]
    kept.commit(found[0])
    assert kept.settle(10.0).added == found[1:]


def test_who_loses_its_place_to_another_takes_what_is_singled_out_or_was_too_early():
    """By hand, each target in its turn: t1 is pushed off 100 s, and has but a chance at 200 s that is worth little; t2 is
    pushed off 400 s, which was worth most to it, and takes the one at 300 s, for which it did not wait."""
    seconds = {"t0": [100.0, 400.0], "t1": [100.0, 200.0], "t2": [300.0, 400.0], "t3": [400.0]}
    chances = {
        (name, s): opportunity("one", name, s) for name, each in seconds.items() for s in each
    }
    found = list(chances.values())
    urgency = {"t0": -3.0, "t1": -1.0, "t2": -1.0, "t3": -9.0}
    kept = KeptPlan(calendar_of(found), Ranks(urgency), Limits(settle_s=10.0))
    kept.single_out({chances["t1", 200.0]: -0.1, chances["t2", 400.0]: -8.0})
    for name in ("t1", "t2"):
        kept.want(name, 0.0)
    assert [item.start_s for item in kept.settle(0.0).added] == [100.0, 400.0]
    kept.want("t0", 0.0)
    kept.want("t3", 0.0)
    kept.settle(0.0)
    assert [(item.target, item.start_s) for item in kept.of("one")] == [
        ("t0", 100.0),
        ("t1", 200.0),
        ("t2", 300.0),
        ("t3", 400.0),
    ]


def test_an_image_that_is_committed_no_more_may_be_planned():
    found = [opportunity("one", "t0", 100.0)]
    kept = KeptPlan(calendar_of(found), Ranks({}), Limits())
    kept.want("t0", 0.0)
    kept.commit(found[0])
    assert kept.settle(0.0).added == []
    kept.release(found[0])
    assert kept.settle(0.0).added == found


BUDGETS = [
    {"camera": {"max_images_per_orbit": 3}},
    {"camera": {"max_imaging_s_per_orbit": 30}},
    {"rescheduling": {"plans_memory": True}},
    {"rescheduling": {"horizon_h": 6, "plans_memory": True}},
    {"scheduler": {"kind": "ltap", "cap": 1}},
    {"scheduler": {"kind": "ltap", "min_sun_elevation_deg": 90}},
    {"scheduler": {"kind": "best-of"}},
]


@pytest.mark.parametrize("changes", BUDGETS, ids=str)
def test_where_more_than_turns_bind_a_plan_the_planner_is_asked(tmp_path, changes):
    rules = {"rescheduling": {"policy": "next_opportunity"} | changes.get("rescheduling", {})}
    camera = {"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 45}
    camera |= changes.get("camera", {})
    path = write_wishes(tmp_path, **{**changes, **rules, "camera": camera})
    assert not is_kept(assemble(load_scenario(path)))


def both_flights(path, monkeypatch, change=lambda assembly: assembly):
    """What a flight leaves whose plan is kept, and what it leaves where it is made anew."""
    assembly = change(assemble(load_scenario(path)))
    assert is_kept(assembly)
    memo = Memo(assembly.darkroom, path.parent)

    def fly():
        record = Mission(assembly, make_arm("prune", assembly.scenario.pruning), memo).fly()
        return record.loop, list(record.events), list(record.images)

    kept = fly()
    monkeypatch.setattr("payload.sim.loops.at_once.kept_plan", lambda *_: None)
    return kept, fly()


CAMERA = {"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 45}


def test_a_flight_leaves_the_same_whether_its_plan_is_kept_or_made_anew(tmp_path, monkeypatch):
    path = write_wishes(
        tmp_path,
        camera=CAMERA,
        duration_h=24 * 10,
        rescheduling={"policy": "next_opportunity"},
    )
    kept, anew = both_flights(path, monkeypatch)
    assert kept == anew
    assert len(kept[0].versions) > 50


def test_an_image_may_begin_at_the_very_moment_at_which_its_target_is_wanted(tmp_path, monkeypatch):
    def each_at_its_first_chance(assembly):
        first_s = {}
        for item in sorted(
            chain.from_iterable(assembly.opportunities.values()), key=attrgetter("start_s")
        ):
            first_s.setdefault(item.target, item.start_s)
        targets = [
            replace(each, arrives_s=first_s.get(each.name, 0.0)) for each in assembly.targets
        ]
        return replace(assembly, targets=tuple(targets))

    path = write_wishes(
        tmp_path, camera=CAMERA, duration_h=24, rescheduling={"policy": "next_opportunity"}
    )
    kept, anew = both_flights(path, monkeypatch, each_at_its_first_chance)
    assert kept == anew
    assert any(each.time_s == item.start_s for each in kept[0].versions for item in each.added)


@pytest.mark.parametrize("urgency_of", [None, lambda _, missed: -0.5 * missed])
def test_what_a_put_back_target_costs_does_not_grow_with_the_plan(urgency_of):
    """Eight times the targets, each put back once: less than three times as long for each, where it was eight times."""

    def seconds(many):
        names = [f"t{number}" for number in range(many)]
        found = [item for number, name in enumerate(names) for item in chances(name, number)]
        limits, urgency = Limits(settle_s=10.0), dict.fromkeys(names, 0.0)
        kept = KeptPlan(calendar_of(found), Ranks(urgency, {}, urgency_of), limits)
        for name in names:
            kept.want(name, 0.0)
        plan = sorted(kept.settle(0.0).added, key=attrgetter("start_s"))
        start = time.process_time()
        for item in plan[: many // 2]:
            kept.commit(item)
            kept.want(item.target, math.inf)
            kept.want(item.target, item.end_s, missed=1)
            kept.settle(item.end_s)
        return (time.process_time() - start) / (many // 2)

    assert least_growth(seconds) < 3.0


def test_what_a_step_within_a_horizon_costs_does_not_grow_with_the_flight():
    """Eight times the targets, one after another: half more for each step at most (1.1 measured), as only what is near is looked at."""

    def seconds(many):
        names = [f"t{number}" for number in range(many)]
        found = [item for number, name in enumerate(names) for item in chances(name, number)]
        ranks, limits = Ranks(dict.fromkeys(names, 0.0)), Limits(settle_s=10.0)
        kept = KeptPlan(calendar_of(found), ranks, limits, horizon_s=300.0)
        for name in names:
            kept.want(name, 0.0)
        start = time.process_time()
        for step in range(many):
            kept.settle(7.0 * step)
        return (time.process_time() - start) / many

    assert least_growth(seconds) < 1.5


def least_growth(seconds):
    """How many times as long one of 1,600 takes as one of 200: the least of four turns, as a machine's own pace changes between them."""
    return min(seconds(1600) / seconds(200) for _ in range(4))


def chances(name, number):
    """Three, on two satellites, some of them too near to those of others."""
    return [
        opportunity(SATELLITES[(number + turn) % 2], name, 100.0 * turn + 7.0 * number)
        for turn in range(3)
    ]
