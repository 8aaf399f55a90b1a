"""The laws of the loop: nothing is known before it can be, no plan flies before it is up, nobody peeks at truth.

Judges: the books of the flight itself (contacts, deliveries, exposures), and worlds that are one until a moment and
two from then on: what was planned before anything of the difference could be known must be the same.
"""

import json
import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pytest
import simpy
from conftest import write_small
from planning import in_full

from payload.analysis.requests import Wanted, areas_of, requests_of
from payload.api import check
from payload.darkroom import draws
from payload.errors import ScenarioError
from payload.ledger import Fate, audit
from payload.planning.draft import PLAN_BYTES
from payload.plans import Plan
from payload.scenario.load import load_scenario
from payload.scheduling import is_feasible
from payload.scheduling.greedy import Fifo
from payload.sim import assemble, fly_arms
from payload.sim.arms import make_arm
from payload.sim.log import Log
from payload.sim.loops.first_plan import Opening
from payload.sim.loops.look_ahead import AheadOfTime
from payload.sim.loops.means import Means
from payload.sim.loops.policies import make_loop
from payload.types import Window
from payload.units import at
from payload.world.synthetic import Synthetic

LOOPS = ("ground_loop", "on_board", "look_ahead")
POLICIES = ("next_opportunity", *LOOPS)
PLACES = tuple((lon, lat) for lat in (38, 47, 56, 65) for lon in range(-15, 60, 10))
TWO = [
    {"name": name, "orbit": {"kind": "sgp4", "altitude_km": 550, "ltan": ltan}}
    for name, ltan in (("one", "10:30"), ("two", "13:30"))
]
ROOMY = {"memory": {"capacity_mb": 1000}, "link": {"kind": "fixed", "rate_mbps": 20}}
STRANGE_S = 36 * 3600.0


GLANCES = {}


@dataclass(frozen=True)
class Remembering:
    """An Earth that is looked at once: it is pure, so that what it showed may be shown again."""

    earth: Synthetic

    def scene(self, view):
        return self.earth.scene(view)

    def glance(self, view, windows):
        key = (self.earth, view.lat_deg, view.lon_deg, view.utc, tuple(windows))
        if key not in GLANCES:
            GLANCES[key] = self.earth.glance(view, windows)
        return GLANCES[key]

    def forecast(self, prospects, *, issued_s, foresight):
        return self.earth.forecast(prospects, issued_s=issued_s, foresight=foresight)


@dataclass(frozen=True)
class TwoFaced:
    """A world that is one Earth until a moment and another one from then on."""

    before: Remembering
    after: Remembering
    turn: datetime

    def scene(self, view):
        return self._of(view).scene(view)

    def glance(self, view, windows):
        return self._of(view).glance(view, windows)

    def forecast(self, prospects, *, issued_s, foresight):
        return self.before.forecast(prospects, issued_s=issued_s, foresight=foresight)

    def _of(self, view):
        return self.before if view.utc < self.turn else self.after


@dataclass(frozen=True)
class OfTwo:
    """A world that is another Earth for the satellite `two` alone."""

    plain: Remembering
    other: Remembering

    def scene(self, view):
        return self._of(view).scene(view)

    def glance(self, view, windows):
        return self._of(view).glance(view, windows)

    def forecast(self, prospects, *, issued_s, foresight):
        return self.plain.forecast(prospects, issued_s=issued_s, foresight=foresight)

    def _of(self, view):
        return self.other if view.id.startswith("two/") else self.plain


@dataclass(frozen=True)
class Peeker:
    """A planner that must be caught: it leaves out what will be cloudy, by the world itself."""

    assembly: object

    def plan(self, context):
        return Fifo().plan(
            replace(context, opportunities=[i for i in context.opportunities if self._is_clear(i)])
        )

    def _is_clear(self, item):
        view = self.assembly.camera.expose(item).view
        return self.assembly.source.glance(view, [whole(self.assembly)])[0].cover < 0.5


@dataclass(frozen=True)
class Hopeful:
    """A small planner by P(clear): every target at its likeliest opportunity, the likeliest first."""

    def plan(self, context):
        chosen, taken = [], set()
        ranked = sorted(
            context.opportunities, key=lambda i: (-context.p_clear[i.id], i.start_s, i.id)
        )
        for item in ranked:
            if item.target in taken or item.start_s < context.now_s:
                continue
            order = sorted([*chosen, item], key=lambda i: (i.start_s, i.id))
            if is_feasible(Plan(tuple(i.id for i in order), 0.0), context):
                chosen, taken = order, taken | {item.target}
        return Plan(tuple(i.id for i in chosen), 0.0)


@dataclass(frozen=True)
class Spy:
    """Writes down what planners are told."""

    planner: object
    contexts: list

    def plan(self, context):
        self.contexts.append(context)
        return self.planner.plan(context)


def whole(assembly):
    return Window(0, 0, assembly.sensor.height_px, assembly.sensor.width_px)


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """An assembly of two satellites over two days; equal ones are made once."""
    folder, made = tmp_path_factory.mktemp("loop"), {}

    def make(policy="ground_loop", rules=None, *, clear=False, **changes):
        named = {
            "fidelity": "surrogate",
            "masker": None,
            "pruning": {"tile_px": 256},
            "camera": {"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 45},
            "duration_h": 84,
            "satellites": TWO,
            "rescheduling": {"policy": policy, "max_cloud_cover": 0.5} | (rules or {}),
            **ROOMY,
            **changes,
        }
        key = json.dumps([named, clear], sort_keys=True)
        if key not in made:
            found = assemble(load_scenario(write_small(folder, places=PLACES, **named)))
            earth = replace(found.source, mean_cloud_cover=0.0) if clear else found.source
            made[key] = replace(found, source=Remembering(earth))
        return made[key]

    return make


@pytest.fixture(scope="module")
def fly(tmp_path_factory):
    """One arm of an assembly as flown; what was flown before is not flown again."""
    flown = []

    def run(assembly, arm="prune"):
        for known, name, record in flown:
            if known is assembly and name == arm:
                return record
        record = fly_afresh(assembly, tmp_path_factory.mktemp("spool"), arm)
        flown.append((assembly, arm, record))
        return record

    return run


def fly_afresh(assembly, spool, arm="prune"):
    return fly_arms(assembly, spool, arms=[arm])[0][arm]


def two_faced(assembly, turn_s=STRANGE_S):
    earth = assembly.source.earth
    turn = at(assembly.scenario.epoch_utc, turn_s)
    other = Remembering(replace(earth, seed=earth.seed + 1))
    return replace(assembly, source=TwoFaced(assembly.source, other, turn))


def assert_settled(record, settle_s):
    """Between two images of a satellite it settles, however often it was planned anew."""
    last_s = {}
    for image in record.images:
        taken = image.acquisition.opportunity
        assert taken.start_s >= last_s.get(taken.satellite, -1e9) + settle_s
        last_s[taken.satellite] = taken.end_s


def shots(record):
    return [(i.acquisition.id, i.acquisition.time_s) for i in record.images]


def contacts_of(record, satellite):
    return [
        log for log in record.contacts if log.window.satellite == satellite and not log.is_missed
    ]


# --- nothing is known before it can be ---------------------------------------------------------------


@pytest.mark.parametrize("policy", LOOPS)
def test_a_satellite_knows_a_cover_after_its_last_tile_is_masked_and_the_ground_after_the_downlink(
    ready, fly, policy
):
    record = fly(ready(policy))
    computed = {}
    for image in record.images:
        busy_s = sum(outcome.busy_s for outcome in image.outcomes)
        computed[image.acquisition.id] = image.acquisition.opportunity.end_s + busy_s
    arrivals = {item.time_s for item in record.ledger.reports if item.end is Fate.DELIVERED}
    on_board = {}
    covers = [fact for fact in record.loop.facts if fact.cover is not None]
    assert len(covers) > 40
    for fact in covers:
        if fact.place == "ground":
            assert fact.known_s in arrivals
            assert fact.known_s > on_board[fact.image]
            assert any(
                log.start_s <= fact.known_s <= log.window.los_s
                for log in contacts_of(record, fact.satellite)
            )
        else:
            assert fact.place == fact.satellite
            assert fact.known_s >= computed[fact.image] - 1e-6
            on_board[fact.image] = fact.known_s


@pytest.mark.parametrize("policy", LOOPS)
def test_what_is_known_is_the_maskers_cover_and_not_the_truth(ready, fly, policy):
    record = fly(ready(policy))
    said = {
        image.acquisition.id: (
            sum(o.cover.cloud_px for o in image.outcomes),
            sum(o.cover.valid_px for o in image.outcomes),
            sum(o.cover.cloudy_px for o in image.outcomes),
        )
        for image in record.images
        if len(image.outcomes) == len(image.acquisition.tile_ids)
    }
    known = {fact.image: fact.cover for fact in record.loop.facts if fact.cover is not None}
    assert known.keys() <= said.keys()
    for image, cover in known.items():
        assert cover == said[image][0] / said[image][1]
    assert any(cover != said[image][2] / said[image][1] for image, cover in known.items())


@pytest.mark.parametrize("policy", LOOPS)
def test_a_plan_of_the_ground_flies_after_an_uplink_in_a_contact_and_not_before(ready, fly, policy):
    assembly = ready(policy)
    record = fly(assembly)
    uplink = assembly.scenario.uplink
    least_s = uplink.acquisition_s + PLAN_BYTES * 8 / (uplink.rate_kbps * 1000)
    flown = {name: [] for name in assembly.satellites}
    for version, items in in_full(record.loop):
        if version.place == "ground":
            continue
        flown[version.place].append((version.time_s, items))
        if version.why == "uplink" and version.time_s > 0.0:
            assert any(
                log.start_s + least_s <= version.time_s <= log.window.los_s
                for log in contacts_of(record, version.place)
            )
    for image in record.images:
        taken = image.acquisition
        on_board = [
            items for time_s, items in flown[taken.satellite] if time_s <= taken.opportunity.start_s
        ]
        assert taken.id in {item.opportunity for item in on_board[-1]}
    assert sum(len(versions) for versions in flown.values()) > 8


def test_under_ground_loop_satellites_never_plan(ready, fly):
    record = fly(ready("ground_loop"))
    upon = {version.why for version in record.loop.versions if version.place != "ground"}
    assert upon == {"uplink"}


@pytest.mark.parametrize("policy", POLICIES)
def test_what_is_taken_in_an_orbit_keeps_to_its_energy_however_often_it_is_planned(
    ready, fly, policy
):
    """Plans that are each within the budget must be so together: what has flown of the orbit at hand counts."""
    assembly = ready(
        policy,
        {"plans_energy": True, "max_retakes": 100, "ground_delay_min": 0},
        power={
            "array_w": 9,
            "battery_wh": 200,
            "bus_w": 4,
            "camera_w": 100,
            "camera_on_s": 20,
        },
        scheduler={"kind": "density"},
    )
    limits = Means(assembly).limits(0.0, lambda _: ())
    taken = Counter(
        (item.satellite, limits.orbit_of(item))
        for item in (image.acquisition.opportunity for image in fly(assembly).images)
    )
    assert 0 < limits.most_images < 10
    assert max(taken.values()) == limits.most_images


# --- nobody peeks ------------------------------------------------------------------------------------


def plans_until(record, place, time_s):
    return [
        (version.time_s, tuple(item.opportunity for item in items))
        for version, items in in_full(record.loop)
        if version.place == place and version.time_s < time_s
    ]


def differ_from(record, place):
    """[s] When a place first knows of an image of the time in which the worlds differ."""
    times = [
        fact.known_s
        for fact in record.loop.facts
        if fact.place == place and fact.cover is not None and fact.taken_s >= STRANGE_S
    ]
    return min(times)


@pytest.mark.parametrize("policy", ["ground_loop", "on_board"])
def test_plans_are_the_same_in_two_worlds_until_a_place_can_know_the_difference(ready, fly, policy):
    assembly = ready(policy)
    one, other = fly(assembly), fly(two_faced(assembly))
    assert shots(one) != shots(other)
    for place in ("ground", *assembly.satellites):  # what the ground knows may be sent up
        until_s = min(differ_from(each, at) for each in (one, other) for at in ("ground", place))
        plans = plans_until(one, place, until_s)
        assert plans == plans_until(other, place, until_s)
        assert until_s > STRANGE_S
        assert len(plans) > 3


def test_a_camera_ahead_sees_the_sky_of_the_moment_and_nothing_later(ready, fly):
    assembly = ready("look_ahead", rules={"look_ahead": {"lead_s": 300, "by": "companion", "skill": 1.0}})  # fmt: skip
    one, other = fly(assembly), fly(two_faced(assembly))
    assert shots(one) != shots(other)
    for place in ("ground", *assembly.satellites):
        plans = plans_until(one, place, STRANGE_S)
        assert plans == plans_until(other, place, STRANGE_S)
        assert len(plans) > 3


def test_what_one_satellite_sees_ahead_is_unknown_to_the_other_until_the_ground_has_heard(
    ready, fly
):
    """The other world is seen by one satellite alone, ahead and in its images."""
    assembly = ready("look_ahead", rules={"look_ahead": {"reserve_odds": 0.0}})
    earth = assembly.source.earth
    strange = Remembering(replace(earth, seed=earth.seed + 1))
    one, other = (
        fly(assembly),
        fly(replace(assembly, source=OfTwo(assembly.source, strange))),
    )
    assert plans_until(one, "two", math.inf) != plans_until(other, "two", math.inf)
    heard = [
        {
            (fact.known_s, fact.image, fact.cover)
            for fact in record.loop.facts
            if fact.place == "ground"
        }
        for record in (one, other)
    ]
    until_s = min(known_s for known_s, _, _ in heard[0] ^ heard[1])
    drafts = [set(plans_until(record, "ground", math.inf)) for record in (one, other)]
    until_s = min([until_s, *(time_s for time_s, _ in drafts[0] ^ drafts[1])])
    plans = plans_until(one, "one", until_s)
    assert plans == plans_until(other, "one", until_s)
    assert len(plans) > 3


@pytest.mark.parametrize("policy", ["next_opportunity", "ground_loop", "on_board"])
def test_a_planner_that_peeks_is_caught(ready, fly, policy):
    honest = ready(policy)
    peeking = replace(honest, scheduler=Peeker(honest))
    strange = two_faced(honest)
    peeking_there = replace(strange, scheduler=Peeker(strange))
    assert plans_until(fly(peeking), "ground", STRANGE_S) != plans_until(
        fly(peeking_there), "ground", STRANGE_S
    )


@pytest.mark.parametrize("policy", LOOPS)
def test_truth_alone_changes_no_plan(ready, fly, policy, monkeypatch, tmp_path):
    """The masker's word is kept and the truth behind it is turned round: all plans stay as they are."""
    as_it_is, drawn = fly(ready(policy)), draws.as_donor

    def lying(*args, **kwargs):
        estimate, encoded_bytes = drawn(*args, **kwargs)
        return turned_round(estimate), encoded_bytes

    def turned_round(estimate):
        return estimate._replace(
            true_cloud_px=estimate.false_cloud_px,
            false_cloud_px=estimate.true_cloud_px,
            missed_cloud_px=estimate.true_clear_px,
            true_clear_px=estimate.missed_cloud_px,
        )

    monkeypatch.setattr(draws, "as_donor", lying)
    lied_to = fly_afresh(ready(policy), tmp_path)
    assert lied_to.loop == as_it_is.loop
    assert shots(lied_to) == shots(as_it_is)


# --- what the policies are for -----------------------------------------------------------------------


def test_without_cloud_all_complete_policies_take_the_same_images(ready, fly):
    flights = {policy: fly(ready(policy, clear=True)) for policy in POLICIES}
    assert len({tuple(shots(record)) for record in flights.values()}) == 1
    assert not any(image.is_retake for image in flights["on_board"].images)
    for record in flights.values():
        assert_settled(record, 30.0)
    assert len(flights["on_board"].images) >= 30


def test_a_cloudy_target_is_taken_again_and_no_clear_one_is(ready, fly):
    for policy in LOOPS:
        record = fly(ready(policy, rules={"max_cloud_cover": 0.3}))
        assert_settled(record, 30.0)
        covers = {fact.image: fact.cover for fact in record.loop.facts if fact.place != "ground"}
        last = {}
        for image in record.images:
            taken = image.acquisition
            before = last.get(taken.opportunity.target)
            if before is not None and before[0] == taken.satellite:
                assert covers[before[1]] > 0.3
            last[taken.opportunity.target] = (taken.satellite, taken.id)
        assert any(image.is_retake for image in record.images)


def test_the_look_ahead_takes_fewer_cloudy_images(ready, fly):
    def cloudy_share(record):
        covers = [fact.cover for fact in record.loop.facts if fact.place == "ground"]
        known = [cover for cover in covers if cover is not None]
        return sum(cover > 0.5 for cover in known) / len(known)

    perfect = {"look_ahead": {"skill": 1.0, "by": "companion"}}
    assert cloudy_share(fly(ready("look_ahead", rules=perfect))) < 0.5 * cloudy_share(
        fly(ready("on_board"))
    )


def test_a_place_that_another_one_skipped_is_taken_before_anybody_can_have_told(ready, fly):
    """With reserves; without them it waits for the ground. Those that are taken were seen to be clear."""

    def taken_over(record):
        """Images of places that the other satellite skipped, from its skip until the ground's planner may know."""
        found = []
        for skip in record.loop.not_taken:
            told_s = min(
                (
                    log.window.los_s
                    for log in contacts_of(record, skip.satellite)
                    if log.window.los_s > skip.time_s
                ),
                default=math.inf,
            )
            found += [
                image
                for image in record.images
                if image.acquisition.opportunity.target == skip.target
                and image.acquisition.satellite != skip.satellite
                and skip.time_s < image.acquisition.time_s < told_s + half_a_day_s
            ]
        return found

    half_a_day_s, given = 12 * 3600.0, {"skill": 1.0, "by": "companion"}
    rules = [
        {"ground_delay_min": 720, "look_ahead": given | {"reserve_odds": odds}}
        for odds in (None, 0.0)
    ]
    without, with_them = (fly(ready("look_ahead", rules=each)) for each in rules)
    assert not taken_over(without)
    covers = {fact.image: fact.cover for fact in with_them.loop.facts}
    found = taken_over(with_them)
    assert found
    clear = [covers[image.acquisition.opportunity.id] <= 0.5 for image in found]
    assert sum(clear) >= 0.8 * len(clear)  # the sky of a minute before, and a masker that errs
    for record in (without, with_them):
        audit(record.ledger)


def test_a_reserve_is_planned_only_if_the_satellites_own_camera_saw_it_clear(
    ready, tmp_path, monkeypatch
):
    """Judge: the world at the moment of the look, which a camera without error tells. No sooner is it in any plan."""
    rules = {"look_ahead": {"skill": 1.0, "by": "companion", "reserve_odds": 0.0}}
    assembly = ready("look_ahead", rules=rules | {"ground_delay_min": 720})
    planned, plain = [], AheadOfTime.write_version

    def write(loop, place, why, items, p_clear):
        chosen = list(items)
        planned.extend(
            (loop.env.now, item)
            for item in chosen
            if place in loop.cares_for and item.target not in loop.cares_for[place]
        )
        plain(loop, place, why, chosen, p_clear)

    monkeypatch.setattr(AheadOfTime, "write_version", write)
    record = fly_afresh(assembly, tmp_path)
    taken = {image.acquisition.id for image in record.images}
    assert len(taken & {item.id for _, item in planned}) > 3
    lead_s = assembly.scenario.rescheduling.look_ahead.lead_s
    camera = assembly.camera
    for time_s, item in planned:
        assert time_s >= item.start_s - lead_s
        seen_at = at(assembly.scenario.epoch_utc, item.start_s - lead_s)
        view = replace(camera.expose(item).view, utc=seen_at)
        assert assembly.source.glance(view, [whole(assembly)])[0].cover <= 0.5


def test_what_was_seen_to_be_clear_is_preferred_to_what_nobody_knows(ready):
    """By Bayes: a camera of skill s that tells clear leaves s + (1 - s) / 2 where the odds were even."""
    assembly = ready("look_ahead", rules={"look_ahead": {"skill": 0.8}})
    env = simpy.Environment()
    loop = make_loop(env, assembly, make_arm("prune", assembly.scenario.pruning), Log(env))
    seen, other, *_ = loop.calendar
    loop.told[seen.id] = 0.0
    known = loop.foresee(seen.satellite, iter([seen, other]))
    assert known == {seen.id: pytest.approx(0.9), other.id: 0.5}


def test_a_look_at_what_is_below_the_horizon_is_none(ready, fly):
    """From 550 km the horizon is 2,560 km away, some 370 s of flight: R arccos(R / (R + h)) at 6.9 km/s."""
    far = {"look_ahead": {"lead_s": 600, "by": "itself"}}
    near = {"look_ahead": {"lead_s": 300, "by": "itself"}}
    skipped = [len(fly(ready("look_ahead", rules=rules)).loop.not_taken) for rules in (far, near)]
    assert skipped[0] == 0
    assert skipped[1] > 5


def test_the_delay_of_the_ground_is_kept(ready, fly):
    prompt = fly(ready("ground_loop"))
    late = fly(ready("ground_loop", rules={"ground_delay_min": 720}))

    def first_s(record):
        return min(f.known_s for f in record.loop.facts if f.place == "ground" and f.cover)

    assert first_s(late) == pytest.approx(first_s(prompt) + 43_200.0)


def test_a_bent_pipe_learns_of_cloud_on_the_ground_alone(ready, fly):
    record = fly(ready("ground_loop"), arm="raw")
    known = [fact for fact in record.loop.facts if fact.cover is not None]
    assert {fact.place for fact in known} == {"ground"}
    by_id = {image.acquisition.id: image.acquisition for image in record.images}
    for fact in known:
        assert fact.known_s == max(record.delivered_s[tile] for tile in by_id[fact.image].tile_ids)
    assert any(image.is_retake for image in record.images)


# --- what planners are told --------------------------------------------------------------------------


def test_planners_are_told_forecasts_of_the_moment_and_satellites_those_that_came_up(ready, fly):
    contexts = []
    assembly = ready("on_board", rules={"forecast": {"skill": 0.8}})
    record = fly(replace(assembly, scheduler=Spy(Hopeful(), contexts)))
    assert len(record.images) > 20
    made_s = {event.time_s for event in record.events if event.kind == "planned"}
    on_ground = [context for context in contexts if context.now_s in made_s]
    on_board = [context for context in contexts if context.now_s not in made_s]
    assert len(on_board) > 10
    for context in contexts:
        assert all(0.0 <= p <= 1.0 for p in context.p_clear.values())
        assert {item.id for item in context.opportunities} <= context.p_clear.keys()
    for context in on_board:
        told = context.p_clear.items()
        assert any(told <= up.p_clear.items() for up in on_ground if up.now_s < context.now_s)
    assert len({tuple(sorted(up.p_clear.items())[-1:]) for up in on_ground}) > 3  # fresh each time


def test_every_plan_that_flies_is_feasible_and_committed_images_are_not_pending(ready, fly):
    contexts = []
    for policy in LOOPS:
        assembly = ready(policy)
        fly(replace(assembly, scheduler=Spy(Fifo(), contexts)))
    assert any(context.committed for context in contexts)
    for context in contexts:
        assert is_feasible(Fifo().plan(context), context)
        ahead = {item.target for item in context.committed if item.start_s >= context.now_s}
        planned = {
            context_item.target
            for context_item in context.opportunities
            if context_item.id in Fifo().plan(context).opportunity_ids
        }
        assert not ahead & planned


# --- requests ----------------------------------------------------------------------------------------


def geojson(*properties):
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"p{index}", **said},
            "geometry": {"type": "Point", "coordinates": list(PLACES[3 * index + 16])},
        }
        for index, said in enumerate(properties)
    ]
    return {"type": "FeatureCollection", "features": features}


@pytest.mark.parametrize("policy", ["none", *POLICIES])
def test_a_request_is_planned_when_it_has_arrived_and_again_after_its_repeat(
    ready, fly, tmp_path, policy
):
    path = tmp_path / "wishes.geojson"
    path.write_text(
        json.dumps(
            geojson({}, {"arrives_h": 20}, {"repeat_h": 24}, {"deadline_h": 24}, {"arrives_h": 30})
        )
    )
    targets = {"file": str(path)}
    record = fly(ready(policy, clear=True, targets=targets, duration_h=108))
    times = {}
    for image in record.images:
        times.setdefault(image.acquisition.opportunity.target, []).append(image.acquisition.time_s)
    assert len(times["p0"]) == 1
    assert len(times["p2"]) >= 3
    assert min(np.diff(times["p2"])) >= 24 * 3600
    assert max(times.get("p3", [0.0])) <= 24 * 3600
    if policy in {"on_board", "look_ahead"}:  # who will be wanted again is planned again on board
        upon = {v.why for v in record.loop.versions if v.place != "ground"}
        assert "repeat" in upon
    for name, hour in (("p1", 20), ("p4", 30)):
        assert min(times[name]) >= hour * 3600
        plans = [
            version.time_s
            for version in record.loop.versions
            if name in {item.target for item in version.added}
        ]
        assert min(plans) >= hour * 3600


@pytest.mark.parametrize("policy", POLICIES)
def test_a_target_is_wanted_again_after_its_repeat_where_no_image_of_it_found_room(
    ready, fly, tmp_path, policy
):
    """Of what finds no room nobody knows a cover; by the arm that sees none, whose images are as many."""
    path = tmp_path / "wishes.geojson"
    path.write_text(json.dumps(geojson({"repeat_h": 24}, {"repeat_h": 12})))
    assembly = ready(
        policy, targets={"file": str(path)}, duration_h=108, memory={"capacity_mb": 0.01}
    )
    blind, masked = (fly(assembly, arm) for arm in ("raw", "prune"))
    assert {end for _, end, _, _ in masked.ledger.tiles.rows()} == {Fate.OVERFLOWED}
    assert len(masked.images) > 2  # one of each, and again
    if policy == "next_opportunity":
        assert shots(masked) == shots(blind)


def test_the_ground_hears_of_an_image_whose_last_tile_is_lost(ready, fly):
    """By the books: of each image of which something came down and nothing is left it knows a cover."""
    link = {"kind": "fixed", "rate_mbps": 20, "frame_loss": 0.001, "max_resends": 0}
    record = fly(ready("ground_loop", link=link), "raw")
    ends = {tile_id: end for tile_id, end, _, _ in record.ledger.tiles.rows()}
    heard_s = {fact.image: fact.known_s for fact in record.loop.facts if fact.place == "ground"}
    lost_last = 0
    for image in record.images:
        tiles = image.acquisition.tile_ids
        down_s = [record.delivered_s[each] for each in tiles if ends[each] is Fate.DELIVERED]
        if not down_s or any(ends[each] is Fate.ON_BOARD for each in tiles):
            continue
        assert heard_s[image.acquisition.id] >= max(down_s)
        lost_last += any(ends[each] is Fate.LOST for each in tiles)
    assert lost_last > 10


def test_the_ground_plans_by_the_clock_if_told_to(ready, fly):
    assembly = ready("ground_loop", rules={"every_min": 45})
    contexts = []
    fly(replace(assembly, scheduler=Spy(Fifo(), contexts)))
    moments = {context.now_s for context in contexts}
    assert {2700.0 * n for n in range(1, 80)} <= moments


def test_reports_have_an_account_of_their_own_that_balances_where_frames_are_lost(ready, fly):
    link = {"kind": "fixed", "rate_mbps": 20, "frame_loss": 0.4, "max_resends": 1}
    record = fly(ready("on_board", link=link))
    ends = {item.end for item in record.ledger.reports}
    assert {Fate.DELIVERED, Fate.LOST} <= ends
    audit(record.ledger)
    on_board = {f.image for f in record.loop.facts if f.place != "ground" and f.cover is not None}
    heard = {f.image for f in record.loop.facts if f.place == "ground" and f.cover is not None}
    assert len(heard) > 0.8 * len(on_board)  # what was lost is said again


def test_an_area_is_clear_as_far_as_its_shots_came_down_clear(ready, fly, tmp_path):
    """With no cloud: the share that is clear is the share of the shots that came down, by their cells."""
    ring = [[14.0, 64.9], [14.6, 64.9], [14.6, 65.02], [14.0, 65.02], [14.0, 64.9]]
    path = tmp_path / "area.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "Feature",
                "properties": {"name": "fjell", "priority": 8},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    )
    assembly = ready("on_board", clear=True, targets={"file": str(path)})
    record = fly(assembly)
    assert len(assembly.targets) > 10
    estimates = {o.tile_id: o.cover for image in record.images for o in image.outcomes}
    wanted = Wanted(assembly.targets, 0.5, estimates)
    (area,) = areas_of(record, wanted)
    down = {image.acquisition.opportunity.target for image in record.images}
    share = sum(sum(t.coverage.tile_shares) for t in assembly.targets if t.name in down)
    assert area["shots"] == len(assembly.targets)
    assert 0.0 < share < 1.0
    assert area["clear_share"] == pytest.approx(share, abs=0.01)
    told = requests_of(record, wanted, "on_board")
    assert told["value"] == pytest.approx(8 * area["clear_share"])
    assert told["requested"] == 1
    contexts = []  # planners reckon in the same value: the shots are worth what the area is
    fly(replace(assembly, scheduler=Spy(Fifo(), contexts)))
    for context in (Opening(assembly).context(), *contexts):
        assert math.fsum(context.priorities.values()) == pytest.approx(told["value_wanted"]) == 8
    assert contexts


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("rescheduling.policy=look_ahead", "'rasters' provides no look ahead"),
        ("rescheduling.forecast={skill: 0.5}", "'rasters' provides no forecasts"),
    ],
)
def test_a_source_that_cannot_foresee_is_refused_where_it_is_asked(root, change, words):
    with pytest.raises(ScenarioError, match=words):
        check(root / "scenarios" / "replay.yaml", [change])
