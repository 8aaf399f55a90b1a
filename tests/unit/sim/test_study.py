"""The reference study: 300 clustered targets, 7 days, one satellite, 8 images an orbit, clouds independent.

Compared with the project's own measurement of 2026: image once 39.6 % of the clairvoyant optimum at P(clear) 0.33, found
on the ground 64.8, on board 64.9, look-ahead 93.2; at 0.50 they are 50.6, 72.3, 72.5 and 91.0. Held to are the order and
the distances: ground and on board within 2 points, look-ahead at least 15 above. The optimum is bounded here from above
by each target once wherever it is clear at all.
"""

from bisect import insort
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from payload.imaging import find_opportunities
from payload.orbit import sun_elevation_deg, time_grid
from payload.orbit.propagation import Sgp4
from payload.sim.study import Course, clear_opportunities, fly_course
from payload.types import Plan, Radiometry, Sensor, Target

EPOCH = datetime(2026, 6, 21, tzinfo=UTC)
ORBIT_S, CAP, SETTLE_S = 5740.0, 8, 30.0
SENSOR = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 1024, 1024, 12, Radiometry(1.6 / 4095), 30.0, 10.0, SETTLE_S
)  # fmt: skip


@dataclass(frozen=True)
class Density:
    """Weight over itself and that of what it excludes, the greatest first; at most eight an orbit."""

    def plan(self, context):
        items = [i for i in context.opportunities if i.start_s >= self._free(i, context)]
        starts = np.array([i.start_s for i in items])
        weights = np.array([context.priorities[i.target] for i in items])
        order = np.argsort(starts)
        sums = np.concatenate(([0.0], np.cumsum(weights[order])))
        low = np.searchsorted(starts[order], starts - SETTLE_S - 3.0)
        high = np.searchsorted(starts[order], starts + SETTLE_S + 3.0)
        rank = weights / np.maximum(sums[high] - sums[low], weights)
        taken, full, chosen = set(), Counter(), []
        for index in sorted(range(len(items)), key=lambda n: (-rank[n] * weights[n], starts[n])):
            item = items[index]
            orbit = int(item.start_s // ORBIT_S)
            if item.target in taken or full[orbit] >= CAP:
                continue
            if any(
                item.start_s < other.end_s + SETTLE_S and other.start_s < item.end_s + SETTLE_S
                for _, _, other in chosen
            ):
                continue
            taken.add(item.target)
            full[orbit] += 1
            insort(chosen, (item.start_s, item.id, item))
        return Plan(tuple(name for _, name, _ in chosen), 0.0)

    def _free(self, item, context):
        return context.busy_until_s.get(item.satellite, -1e9) + context.settle_s


def course(seed):
    rng = np.random.default_rng(seed)
    middles = np.stack((rng.uniform(-50, 60, 30), rng.uniform(-180, 180, 30)), axis=-1)
    places = middles[rng.integers(0, 30, 300)] + rng.normal(0.0, 1.5, (300, 2))
    targets = [
        Target(f"t{n}", float(lat), float((lon + 180) % 360 - 180), float(rng.integers(1, 11)))
        for n, (lat, lon) in enumerate(places)
    ]
    orbit = Sgp4(satellite="one", epoch_utc=EPOCH, altitude_km=550.0, ltan="10:30")
    ephemeris = orbit.propagate(time_grid(7 * 86400.0))
    sun = partial(sun_elevation_deg, epoch_utc=EPOCH)
    found = find_opportunities(ephemeris, targets, SENSOR, raw_bytes=1, sun_elevation=sun)
    return Course(targets, found, SETTLE_S, ORBIT_S, CAP)


def ever_clear(opportunities, priorities):
    return sum(priorities[name] for name in {item.target for item in opportunities})


@pytest.fixture(scope="module")
def courses():
    return [course(seed) for seed in range(4)]


@pytest.mark.parametrize("p_clear", [0.33, 0.50])
def test_the_policies_stand_in_the_order_and_at_the_distances_of_the_reference(courses, p_clear):
    share = Counter()
    for seed, each in enumerate(courses):
        clear = clear_opportunities(each, p_clear, seed)
        for policy in ("none", "ground_loop", "on_board", "look_ahead"):
            brought = fly_course(each, policy, Density(), clear, bound=ever_clear)
            assert brought.value <= brought.bound
            share[policy] += 100 * brought.value / brought.bound / len(courses)
    assert share["none"] < share["ground_loop"] - 5
    assert abs(share["ground_loop"] - share["on_board"]) < 2
    assert share["look_ahead"] > max(share["ground_loop"], share["on_board"]) + 15


def test_without_cloud_all_policies_bring_the_same(courses):
    clear = clear_opportunities(courses[0], 1.0, 0)
    brought = {
        policy: fly_course(courses[0], policy, Density(), clear)
        for policy in ("none", "ground_loop", "on_board", "look_ahead")
    }
    assert len(set(brought.values())) == 1
