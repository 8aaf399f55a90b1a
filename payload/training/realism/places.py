"""Rendered counterparts of the real images: random places on land and at sea, half past ten, any day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from payload.orbit.sun import sun_elevation_deg
from payload.rng import stream
from payload.training.realism.shots import BIT_DEPTH, CAMERA, CLASSES_M, Shot, kind_of
from payload.types import THIN_CLOUD, Sensor, View, Window
from payload.world.globe import land_fraction
from payload.world.synthetic import Synthetic

SIDE_PX = 256
BANDS = ("blue", "green", "red", "nir")
WATER_SHARE: Mapping[float, float] = MappingProxyType({10.0: 0.45, 30.0: 0.25})
"""Share of water in the clear pixels of the real images of each class, by its colour."""
MIN_SUN_DEG = 15.0
_LOCAL_HOUR = 10.5  # mean local solar time of Sentinel-2; Landsat comes half an hour earlier
_NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
_MAX_LATITUDE_DEG = 70.0  # the real images come from inhabited lands and their seas


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a view is taken."""

    lat_deg: float
    lon_deg: float
    utc: datetime
    sun_elevation_deg: float


def places(seed: int, gsd_m: float, count: int) -> list[Place]:
    """Places of a class: the first of a longer list are those of a shorter one.

    Args:
        seed: Of the sample.
        gsd_m: [m] The class, one of `CLASSES_M`.
        count: How many.
    """
    return [_place(seed, gsd_m, number) for number in range(count)]


def _place(seed: int, gsd_m: float, number: int) -> Place:
    rng = stream(seed, "realism", kind_of(gsd_m), number)
    at_sea = rng.random() < WATER_SHARE[gsd_m]
    highest = np.sin(np.radians(_MAX_LATITUDE_DEG))
    while True:
        lat = np.degrees(np.arcsin(rng.uniform(-highest, highest, 1)))
        lon = rng.uniform(-180.0, 180.0, 1)
        day, accepts = rng.integers(0, 366), rng.random()
        land = float(land_fraction(lat, lon)[0])
        utc = _NEW_YEAR + timedelta(days=int(day), hours=_LOCAL_HOUR - float(lon[0]) / 15.0)
        sun = float(sun_elevation_deg(lat, lon, np.zeros(1), epoch_utc=utc)[0])
        if sun > MIN_SUN_DEG and accepts < (1.0 - land if at_sea else land):
            return Place(float(lat[0]), float(lon[0]), utc, sun)


def render(world: Synthetic, *, seed: int, counts: Mapping[float, int]) -> Iterator[Shot]:
    """Take the views of a sample, one in memory at a time.

    Args:
        world: With whatever options.
        seed: Of the sample of places.
        counts: How many of each class, by its metres.
    """
    for gsd_m in CLASSES_M:
        for number, place in enumerate(places(seed, gsd_m, counts[gsd_m])):
            yield _take(world, place, f"rendered-{gsd_m:g}m-{number:03}", gsd_m)


def _take(world: Synthetic, place: Place, name: str, gsd_m: float) -> Shot:
    sensor = Sensor(BANDS, gsd_m, SIDE_PX, SIDE_PX, BIT_DEPTH, CAMERA, 0.0, MIN_SUN_DEG, 0.0)
    view = View(
        name, name, place.lat_deg, place.lon_deg, place.utc, place.sun_elevation_deg, sensor
    )
    whole = Window(0, 0, SIDE_PX, SIDE_PX)
    scene = world.scene(view)
    patch = scene.read(whole)
    return Shot(
        name,
        name,
        gsd_m,
        is_rendered=True,
        is_human=False,
        dn=patch.bands,
        truth=_known(patch.truth),
        thin=scene.ground_truth(whole).sky == THIN_CLOUD,
    )


def _known(truth: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if truth is None:
        raise AssertionError("the synthetic Earth knows its truth")
    return truth
