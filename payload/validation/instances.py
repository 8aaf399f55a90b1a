"""Benchmark instances for planners: clustered targets under one satellite, reproducible."""

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
from payload.types import Radiometry, Sensor, Target
from payload.units import S_PER_DAY

SIZES = ((100, 1), (300, 1), (1000, 2))
CAPS = (None, 6, 12, 20)
SEEDS = range(10)
LARGE = (3000, 2)

SETTLE_S, SLEW_DEG_PER_S, IMAGE_S = 6.0, 1.0, 8.0
EPOCH_UTC = datetime(2026, 6, 1, tzinfo=UTC)
_ALTITUDE_KM, _LTAN = 550.0, "10:30"
_FIRST_CLUSTERS, _TARGETS_A_CLUSTER, _CLUSTER_DEG, _HIGHEST_LAT_DEG = 8, 50, 2.3, 60.0
_IMAGE_BYTES = 100_000_000
SENSOR = Sensor(
    bands=("nir",),
    gsd_m=10.0,
    width_px=1000,
    height_px=1000,
    bit_depth=12,
    radiometry=Radiometry(1.0),
    max_off_nadir_deg=50.0,
    min_sun_elevation_deg=10.0,
    settle_s=SETTLE_S,
)


@dataclass(frozen=True, slots=True)
class Instance:
    """Clustered targets of weights 1 to 10 under one sun-synchronous satellite at 550 km, in June.

    Assumption: there are 8 clusters and one more for each 50 targets, uniform over the globe up to 60 deg of
    latitude; targets are normally distributed about them, 2.3 deg wide; the satellite rolls up to 50 deg. Targets
    then have about as many opportunities and conflicts as in the instances on which exact solvers were compared.

    Attributes:
        targets: Number of targets.
        days: Number of days.
        cap: Most images per orbit; None for no limit.
        seed: Seed of places and weights.
    """

    targets: int
    days: int
    cap: int | None
    seed: int

    def context(self) -> PlanContext:
        """All that a planner is given at the start."""
        path = Sgp4(
            altitude_km=_ALTITUDE_KM, ltan=_LTAN, satellite="one", epoch_utc=EPOCH_UTC
        ).propagate(time_grid(self.days * S_PER_DAY))
        places = self.places()
        found = find_opportunities(
            path,
            places,
            SENSOR,
            raw_bytes=_IMAGE_BYTES,
            sun_elevation=partial(sun_elevation_deg, epoch_utc=EPOCH_UTC),
        )
        return PlanContext(
            now_s=0.0,
            opportunities=tuple(
                replace(
                    item,
                    start_s=item.start_s + (item.duration_s - IMAGE_S) / 2,
                    duration_s=IMAGE_S,
                )
                for item in found
            ),
            pending=frozenset(place.name for place in places),
            priorities={place.name: place.priority for place in places},
            busy_until_s={},
            limits=Limits(
                settle_s=SETTLE_S,
                slew_deg_per_s=SLEW_DEG_PER_S,
                orbit_s={"one": period_s(path)},
                images_per_orbit=self.cap,
            ),
        )

    def places(self) -> list[Target]:
        """Its targets."""
        rng = stream(self.seed, "planners", self.targets)
        clusters = _FIRST_CLUSTERS + self.targets // _TARGETS_A_CLUSTER
        highest = np.sin(np.radians(_HIGHEST_LAT_DEG))
        middle_lat_deg = np.degrees(np.arcsin(rng.uniform(-highest, highest, clusters)))
        middle_lon_deg = rng.uniform(-180.0, 180.0, clusters)
        who = rng.integers(0, clusters, self.targets)
        lat_deg = middle_lat_deg[who] + rng.normal(0.0, _CLUSTER_DEG, self.targets)
        wide_deg = _CLUSTER_DEG / np.cos(np.radians(lat_deg))
        lon_deg = middle_lon_deg[who] + rng.normal(0.0, 1.0, self.targets) * wide_deg
        lon_deg = (lon_deg + 180.0) % 360.0 - 180.0
        weights = rng.integers(1, 11, self.targets)
        return [
            Target(f"t{index:05d}", *place)
            for index, place in enumerate(
                zip(lat_deg.tolist(), lon_deg.tolist(), weights.astype(float).tolist(), strict=True)
            )
        ]


def instances(seeds: int) -> Iterator[Instance]:
    """The benchmark: each size with each cap, and the first `seeds` of its ten seeds."""
    for targets, days in SIZES:
        for cap in CAPS:
            for seed in SEEDS[:seeds]:
                yield Instance(targets, days, cap, seed)
