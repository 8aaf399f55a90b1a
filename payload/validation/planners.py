"""Instances on which planners are measured: clustered targets under one satellite, the same each time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from payload.geometry.period import period_s
from payload.imaging.access import find_opportunities
from payload.orbit.contacts import time_grid
from payload.orbit.propagation import Sgp4
from payload.orbit.sun import sun_elevation_deg
from payload.plans import Limits, PlanContext
from payload.rng import stream
from payload.types import Opportunity, Radiometry, Sensor, Target
from payload.units import S_PER_DAY

EPOCH_UTC = datetime(2026, 6, 1, tzinfo=UTC)
ALTITUDE_KM, LTAN = 550.0, "10:30"
SETTLE_S, SLEW_DEG_PER_S, IMAGE_S = 6.0, 1.0, 8.0
MAX_OFF_NADIR_DEG, MIN_SUN_ELEVATION_DEG = 50.0, 10.0
IMAGE_BYTES = 100_000_000
CLUSTER_DEG, HIGHEST_LAT_DEG = 2.3, 60.0


@dataclass(frozen=True, slots=True)
class Instance:
    """So many targets in so many days, with a cap of images an orbit or none, and a seed."""

    targets: int
    days: int
    cap: int | None
    seed: int


def make(instance):
    rng = stream(instance.seed, "benchmark", instance.targets)
    n = instance.targets
    c = 8 + n // 50
    lat = np.degrees(np.arcsin(rng.uniform(-1, 1, c) * np.sin(np.radians(HIGHEST_LAT_DEG))))
    lon = rng.uniform(-180, 180, c)
    who = rng.integers(0, c, n)
    la = lat[who] + rng.normal(0, CLUSTER_DEG, n)
    lo = lon[who] + rng.normal(0, CLUSTER_DEG, n) / np.cos(np.radians(la))
    lo = (lo + 180) % 360 - 180
    w = rng.integers(1, 11, n)
    targets = [Target(f"t{i:04d}", float(la[i]), float(lo[i]), float(w[i])) for i in range(n)]
    sensor = Sensor(
        ("b",),
        10.0,
        100,
        5600,
        12,
        Radiometry(1.0),
        MAX_OFF_NADIR_DEG,
        MIN_SUN_ELEVATION_DEG,
        SETTLE_S,
    )
    eph = Sgp4(altitude_km=ALTITUDE_KM, ltan=LTAN, satellite="one", epoch_utc=EPOCH_UTC).propagate(
        time_grid(instance.days * S_PER_DAY)
    )
    found = find_opportunities(
        eph,
        targets,
        sensor,
        raw_bytes=IMAGE_BYTES,
        sun_elevation=partial(sun_elevation_deg, epoch_utc=EPOCH_UTC),
    )
    found = [
        replace(o, start_s=o.start_s + o.duration_s / 2 - IMAGE_S / 2, duration_s=IMAGE_S)
        for o in found
    ]
    return PlanContext(
        0.0,
        found,
        frozenset(t.name for t in targets),
        {t.name: t.priority for t in targets},
        {},
        Limits(SETTLE_S, SLEW_DEG_PER_S, {"one": period_s(eph)}, instance.cap),
    )
