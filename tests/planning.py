"""Contexts for planners: random ones with all limits, small enough to be planned by brute force; and what they are handed, counted."""

import itertools
from collections import defaultdict
from dataclasses import replace
from operator import attrgetter

from hypothesis import strategies as st

from payload import registry
from payload.planning.calendar import Calendar
from payload.plans import Limits, Plan, PlanContext, Room
from payload.scheduling import is_feasible
from payload.scheduling.greedy import Fifo
from payload.types import Opportunity

TARGETS = [f"t{index}" for index in range(8)]
SATELLITES = ["one", "two"]
KINDS = registry.kinds("payload.scheduler")
FREE = Limits()
VOLUME_BYTES = 1000
MOST_GROWTH = 2.0 * 4.0 / 3.0
"""Of what planners are handed, for twice the days: twice, and a third more."""


def opportunity(satellite, target, start_s, duration_s=2.0, roll_deg=0.0):
    item_id = f"{satellite}/{target}/{start_s}"
    return Opportunity(
        item_id, target, satellite, start_s, duration_s, abs(roll_deg), 40.0, VOLUME_BYTES, roll_deg
    )


def calendar_of(items):
    """Of opportunities in any order."""
    parts = defaultdict(list)
    for item in sorted(items, key=attrgetter("start_s", "id")):
        parts[item.satellite].append(item)
    return Calendar(parts)


def context_of(*items, **changes):
    context = PlanContext(0.0, items, frozenset(TARGETS), {}, {}, Limits(settle_s=10.0))
    return replace(context, **changes)


def in_full(log):
    """Each version in a log of plans with its complete plan, in order of time."""
    standing = {}
    for version in log.versions:
        kept = {
            name: item
            for name, item in standing.get(version.place, {}).items()
            if name not in version.dropped and item.start_s >= version.time_s
        }
        plan = kept | {item.opportunity: item for item in version.added}
        standing[version.place] = plan
        yield version, sorted(plan.values(), key=attrgetter("start_s", "opportunity"))


def scheduler(kind, **options):
    return registry.build("payload.scheduler", kind, options)


def best_by_trying(context):
    """The highest value of any feasible plan: all sets of opportunities are tried."""
    items = sorted(context.opportunities, key=lambda item: (item.start_s, item.id))
    best = 0.0
    for size in range(1, len(items) + 1):
        for chosen in itertools.combinations(items, size):
            if is_feasible(Plan(tuple(item.id for item in chosen), 0.0), context):
                best = max(best, sum(context.value(item) for item in chosen))
    return best


def values(largest):
    return st.integers(0, largest * 4).map(lambda number: number / 4)


@st.composite
def limits(draw):
    return Limits(
        settle_s=draw(st.sampled_from([0.0, 6.0, 30.0])),
        slew_deg_per_s=draw(st.sampled_from([float("inf"), 1.0, 0.3])),
        orbit_s=draw(st.sampled_from([{}, {"one": 150.0}, {"one": 100.0, "two": 130.0}])),
        images_per_orbit=draw(st.sampled_from([None, 1, 2, 5])),
        imaging_s_per_orbit=draw(st.sampled_from([float("inf"), 5.0, 12.3])),
        joules_per_image=draw(st.sampled_from([0.0, 2.0])),
        joules_per_orbit=draw(st.sampled_from([float("inf"), 5.0])),
        rooms=draw(
            st.dictionaries(
                st.sampled_from(SATELLITES),
                st.builds(
                    Room,
                    st.integers(0, 3 * VOLUME_BYTES),
                    st.lists(
                        st.tuples(values(100), st.integers(0, 2 * VOLUME_BYTES)), max_size=3
                    ).map(lambda found: tuple(sorted(found))),
                    st.sampled_from([None, 3 * VOLUME_BYTES, 4 * VOLUME_BYTES]),
                ),
            )
        ),
    )


def items(most, targets=TARGETS, span_s=400, least=0):
    return st.lists(
        st.builds(
            opportunity,
            st.sampled_from(SATELLITES),
            st.sampled_from(targets),
            st.integers(0, span_s).map(float),
            st.floats(0.5, 20.0),
            st.integers(-30, 30).map(float),
        ),
        min_size=least,
        max_size=most,
        unique_by=lambda item: item.id,
    )


@st.composite
def contexts(draw, most=40):
    """A context in which everything is limited, by chance; commitments are flyable together."""
    found = draw(items(most))
    keep = draw(limits())
    earlier = draw(items(6, targets=["t0", "t1", "other", "more"]))
    flown = PlanContext(0.0, earlier, frozenset(item.target for item in earlier), {}, {}, keep)
    promised = set(Fifo().plan(flown).opportunity_ids)
    return PlanContext(
        now_s=draw(values(100)),
        opportunities=found,
        pending=frozenset(draw(st.sets(st.sampled_from(TARGETS)))),
        priorities=draw(st.dictionaries(st.sampled_from(TARGETS), values(10))),
        busy_until_s=draw(st.dictionaries(st.sampled_from(SATELLITES), values(100))),
        limits=keep,
        p_clear={item.id: draw(st.sampled_from([0.0, 0.05, 0.5, 1.0])) for item in found[::2]},
        climate_clear={item.id: draw(st.sampled_from([0.2, 0.7])) for item in found[::3]},
        deadlines_s=draw(st.dictionaries(st.sampled_from(TARGETS), values(400))),
        not_before_s=draw(st.dictionaries(st.sampled_from(TARGETS), values(300))),
        missed=draw(st.dictionaries(st.sampled_from(TARGETS), st.integers(0, 5))),
        committed=[item for item in earlier if item.id in promised],
    )


class Counting:
    """A planner that counts what it is handed."""

    def __init__(self, kind):
        self._planner, self.handed, self.promised = scheduler(kind), 0, 0
        self.takes_first = getattr(self._planner, "takes_first", False)

    def plan(self, context):
        self.handed += len(context.opportunities)
        self.promised += len(context.committed)
        return self._planner.plan(context)


def with_rules(assembly, **rules):
    """The same scenario with other rules of planning anew."""
    changed = assembly.scenario.rescheduling.model_copy(update=rules)
    scenario = assembly.scenario.model_copy(update={"rescheduling": changed})
    return replace(assembly, scenario=scenario)


def observe(env, loop, satellite, take):
    """Wait for what a loop says is next of a satellite, as a spacecraft does; `take` is told of each image as it ends."""
    while True:
        item = loop.next_for(satellite)
        if item is None:
            yield loop.changed
            continue
        shutter = env.timeout(item.end_s - env.now)
        yield shutter | loop.changed
        if shutter.processed:
            take(item)
