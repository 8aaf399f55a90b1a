"""What planners count on: memory and joules reckoned by hand, and the clairvoyant bound by trying all sets."""

import itertools
import math
from dataclasses import dataclass, replace

import pytest
from conftest import write_small
from hypothesis import given
from hypothesis import strategies as st

from payload.analysis.requests import Wanted, requests_of
from payload.darkroom.memo import Memo
from payload.ledger import Fate
from payload.plans import Plan, PlanContext
from payload.scenario.load import load_scenario
from payload.scheduling import is_feasible
from payload.sim import Mission, assemble
from payload.sim.arms import make_arm
from payload.sim.bound import clairvoyant
from payload.sim.loops.first_plan import Opening, first_plan
from payload.sim.loops.means import Means, held_bytes
from payload.targets import Coverage
from payload.types import CoverEstimate, Glance, Window

PLACES = tuple((lon, lat) for lat in (40, 50, 60, 70) for lon in range(-10, 40, 10))


@pytest.fixture
def ready(tmp_path):
    def make(rules=None, **changes):
        given = {
            "masker": None,
            "fidelity": "surrogate",
            "pruning": {"tile_px": 256},
            "camera": {"gsd_m": 10, "width_px": 512, "height_px": 512, "max_off_nadir_deg": 45},
            "duration_h": 30,
            "rescheduling": rules or {},
            "link": {"kind": "fixed", "rate_mbps": 0.05},
            "memory": {"capacity_mb": 8},
        } | changes
        return assemble(load_scenario(write_small(tmp_path, places=PLACES, **given)))

    return make


def flown(assembly, spool, arm="compressed"):
    memo = Memo(assembly.darkroom, spool)
    record = Mission(assembly, make_arm(arm, assembly.scenario.pruning), memo).fly()
    for image in record.images:
        memo.develop(image.acquisition)
    return record, Wanted(assembly.targets, 0.5, memo.estimates)


def test_memory_is_reckoned_from_images_and_contacts(ready):
    """By hand: images fill it raw, a contact after ten seconds of lock empties it by its rate, never below nothing.

    A quarter of an image, one of four tiles, is kept free. What has not ended is not there yet.
    """
    assembly = ready({"plans_memory": True})
    first, second, third, *_ = assembly.opportunities["one"]
    windows = assembly.contacts["one"]
    contact = next(item for item in windows if item.los_s > second.end_s)
    before = [item for item in windows if first.end_s < item.los_s <= second.end_s]
    means = Means(assembly)
    room = means.limits(second.end_s, lambda _: [second, first]).rooms["one"]
    held = first.volume_bytes
    for item in before:
        held = max(0, held - math.floor(0.05e6 * (item.los_s - item.aos_s - 10.0) / 8))
    assert room.free_bytes == pytest.approx(
        8_000_000 - second.volume_bytes / 4 - held - second.volume_bytes, abs=2
    )
    assert room == means.limits(second.end_s, lambda _: [third, second, first]).rooms["one"]
    assert room.contacts[0][0] == contact.los_s
    assert room.contacts[0][1] == pytest.approx(
        0.05e6 * (contact.los_s - contact.aos_s - 10.0) / 8, abs=1
    )


@given(st.lists(st.integers(-300, 300), max_size=30), st.integers(0, 500))
def test_what_is_held_is_reckoned_back_as_it_is_forwards(sizes, capacity_bytes):
    held, events = 0, []
    for time_s, size in enumerate(sizes):
        held = min(capacity_bytes, max(0, held + size))
        events.insert(0, (float(time_s), size))
    assert held_bytes(events, capacity_bytes) == held


def test_without_the_keys_planners_are_not_limited(ready):
    assembly = ready()
    assert Means(assembly).limits(0.0, lambda _: ()) is assembly.limits


def test_a_plan_that_keeps_to_memory_overflows_nothing(ready, tmp_path):
    (tmp_path / "spool").mkdir()
    tight = {"memory": {"capacity_mb": 3.2}, "link": {"kind": "fixed", "rate_mbps": 0.02}}
    careless, _ = flown(ready({"policy": "none"}, **tight), tmp_path / "spool")
    careful, _ = flown(ready({"policy": "none", "plans_memory": True}, **tight), tmp_path / "spool")
    assert careless.ledger.total_bytes(Fate.OVERFLOWED) > 0
    assert careful.ledger.total_bytes(Fate.OVERFLOWED) == 0
    assert 0 < len(careful.images) < len(careless.images)


@pytest.mark.parametrize(("capacity_mb", "rate_mbps"), [(3.6, 0.02), (5, 0.01), (5, 0.02)])
def test_a_tile_that_is_half_down_at_the_end_of_a_contact_takes_no_image_its_room(
    ready, tmp_path, capacity_mb, rate_mbps
):
    """Nothing is pruned nor compressed; a contact carries some tiles and a part of one, which stays whole in memory."""
    (tmp_path / "spool").mkdir()
    tight = {
        "memory": {"capacity_mb": capacity_mb},
        "link": {"kind": "fixed", "rate_mbps": rate_mbps},
    }
    careless, careful = (
        flown(ready({"plans_memory": keeps}, **tight), tmp_path / "spool", "raw")[0]
        for keeps in (False, True)
    )
    assert careless.ledger.total_bytes(Fate.OVERFLOWED) > 0
    assert careful.ledger.total_bytes(Fate.OVERFLOWED) == 0
    assert careful.images


def test_energy_for_images_is_what_the_array_brings_beyond_the_bus(ready):
    """By hand: 5 W of camera for 10 s and the computing; the array of a Sun-tracking satellite is lit by the table."""
    power = {"array_w": 12, "battery_wh": 40, "bus_w": 4, "camera_w": 5, "camera_on_s": 10}
    assembly = ready({"plans_energy": True}, power=power)
    limits = Means(assembly).limits(0.0, lambda _: ())
    profile = assembly.profile
    computing_j = profile.energy_j(profile.busy_s(512 * 512))
    assert limits.joules_per_image == pytest.approx(50.0 + computing_j)
    supply, orbit_s = assembly.supplies["one"], assembly.limits.orbit_s["one"]
    pieces = list(supply.pieces(float(supply.time_s[0]), float(supply.time_s[-1])))
    joules = math.fsum(span_s * (one_w + two_w) / 2 for span_s, one_w, two_w, _ in pieces)
    mean_w = joules / math.fsum(span_s for span_s, *_ in pieces)
    assert limits.joules_per_orbit == pytest.approx((mean_w * 0.95**2 - 4.0) * orbit_s, rel=1e-6)


def test_a_plan_says_of_a_request_that_comes_later_or_after_the_end(ready):
    assembly = ready(duration_h=30)
    arrives_h = {0: 30.0, 1: 29.9}
    targets = {
        target.name: replace(target, arrives_s=3600.0 * arrives_h.get(index, 0.0))
        for index, target in enumerate(assembly.targets)
    }
    never, later, *_ = targets
    changed = replace(assembly, targets=tuple(targets.values()))
    left_out = first_plan(changed).left_out
    assert (left_out[never], left_out[later]) == ("arrives after the end", "arrives later")


def test_the_first_plan_knows_forecasts_climate_and_deadlines(ready):
    assembly = ready({"forecast": {"skill": 0.8}})
    targets = [
        replace(target, due_s=50_000.0 if index else math.inf, arrives_s=3600.0 * (index == 1))
        for index, target in enumerate(assembly.targets)
    ]
    context = Opening(replace(assembly, targets=tuple(targets))).context()
    assert set(context.p_clear) == {item.id for item in context.opportunities}
    assert set(context.climate_clear) == set(context.p_clear)
    assert context.p_clear != context.climate_clear
    assert set(context.deadlines_s.values()) == {50_000.0}
    assert len(context.deadlines_s) == len(targets) - 1
    assert targets[1].name not in context.pending
    assert len(context.pending) == len(targets) - 1


def test_the_bound_is_the_optimum_that_trying_all_sets_finds(ready, tmp_path):
    """A second method: all sets of the clear opportunities, judged by `is_feasible`; and nobody is above it."""
    (tmp_path / "spool").mkdir()
    assembly = ready({"max_cloud_cover": 0.5, "bound": True}, memory={"capacity_mb": 1000})
    assembly = replace(assembly, opportunities={"one": assembly.opportunities["one"][:9]})
    record, wanted = flown(assembly, tmp_path / "spool")
    told = clairvoyant(assembly, record.images, wanted)
    found = {
        image.acquisition.opportunity.id for image in record.images if _is_clear(image, wanted)
    }
    clear = [
        item
        for item in assembly.opportunities["one"]
        if item.id in found or _looks_clear(assembly, item)
    ]
    context = PlanContext(0.0, clear, frozenset(i.target for i in clear), {}, {}, assembly.limits)
    best = 0
    for size in range(len(clear) + 1):
        for chosen in itertools.combinations(sorted(clear, key=lambda i: (i.start_s, i.id)), size):
            if is_feasible(Plan(tuple(i.id for i in chosen), float(size)), context):
                best = max(best, size)
    assert told == pytest.approx(best)
    assert requests_of(record, wanted, "none")["value"] <= told


def _is_clear(image, wanted):
    tiles = [wanted.estimates[name] for name in image.acquisition.tile_ids]
    return sum(t.clear_px for t in tiles) >= 0.5 * sum(t.valid_px for t in tiles)


def _looks_clear(assembly, item):
    windows = [Window(top, left, 256, 256) for top in (0, 256) for left in (0, 256)]
    covers = assembly.source.glance(assembly.camera.expose(item).view, windows)
    return sum(glance.cover for glance in covers) / 4 <= 0.5


def test_the_bound_has_nothing_of_who_asks_at_the_end(ready, tmp_path):
    pytest.importorskip("highspy")
    assembly = ready()
    record, wanted = flown(assembly, tmp_path)
    late = tuple(replace(each, arrives_s=assembly.span_s) for each in assembly.targets)
    assert clairvoyant(assembly, record.images, wanted) > 0
    assert clairvoyant(replace(assembly, targets=late), record.images, wanted) == 0


def test_a_shot_of_an_area_counts_in_the_bound_as_if_all_were_clear(ready, tmp_path):
    """However strict its limit is: a part of it may be clear. So it is worth as much as a place that takes any sky."""
    pytest.importorskip("highspy")
    assembly = ready()
    record, wanted = flown(assembly, tmp_path)

    def bound(**changes):
        targets = tuple(replace(each, **changes) for each in assembly.targets)
        return clairvoyant(
            replace(assembly, targets=targets), record.images, replace(wanted, targets=targets)
        )

    any_sky, strict = bound(max_cloud_cover=1.0), bound(max_cloud_cover=0.0)
    assert bound(max_cloud_cover=0.0, coverage=Coverage("area", (1.0,))) == pytest.approx(any_sky)
    assert strict < any_sky


def test_the_bound_has_what_the_truth_of_a_flight_calls_clear_and_none_is_told_of_repeated_targets(
    ready, tmp_path
):
    """Where no sky is clear enough for a glance, and all that was taken was clear, it is worth just that."""
    pytest.importorskip("highspy")
    assembly = ready()
    record, wanted = flown(assembly, tmp_path)
    clear = {
        tile: CoverEstimate(each.valid_px, 0, 0, 0, 0, each.valid_px)
        for tile, each in wanted.estimates.items()
    }
    strict = tuple(replace(each, max_cloud_cover=-1.0) for each in assembly.targets)
    never = replace(assembly, targets=strict)
    found = clairvoyant(never, record.images, Wanted(assembly.targets, 0.0, clear))
    taken = {image.acquisition.opportunity.target for image in record.images}
    assert found == pytest.approx(sum(assembly.worths[name] for name in taken))
    assert clairvoyant(never, (), wanted) == 0
    again = replace(assembly, targets=tuple(replace(each, repeat_s=9e4) for each in strict))
    assert clairvoyant(again, record.images, wanted) is None


def test_the_bound_has_images_with_exactly_the_wanted_share_of_clear_pixels(ready, tmp_path):
    """43 of a hundred pixels at a limit of 57 %, by the truth of a flight and at a glance."""
    pytest.importorskip("highspy")
    assembly = ready()
    record, wanted = flown(assembly, tmp_path)
    taken = {image.acquisition.opportunity.target for image in record.images}
    worth = pytest.approx(sum(assembly.worths[name] for name in taken))
    for clear_px, found in ((43, worth), (42, 0)):
        exact = {
            tile: CoverEstimate(100, 0, 0, 100 - clear_px, 0, clear_px) for tile in wanted.estimates
        }
        told = replace(wanted, estimates=exact, clear_limit=0.57)
        seen = replace(assembly, source=_Glanced(1.0))
        assert clairvoyant(seen, record.images, told) == found
        glanced = replace(assembly, source=_Glanced((100 - clear_px) / 100))
        bound = clairvoyant(glanced, (), told)
        assert (bound > 0) == (clear_px == 43)


@dataclass(frozen=True)
class _Glanced:
    """A source that has the same cover everywhere."""

    cover: float

    def scene(self, _view):
        raise NotImplementedError

    def glance(self, _view, windows):
        return [Glance(self.cover, "land", 40.0) for _ in windows]
