"""Rendered counterparts of the real images: random places on land and at sea, half past ten, any day.

People who label images choose them: two in three of those of 10 m are practically cloudless. So that the comparison
is about how clouds look, not how many there are, skies are drawn with the cloud covers of the real images.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from payload.errors import ScenarioError
from payload.orbit.sun import sun_elevation_deg
from payload.rng import stream
from payload.training.realism.shots import BIT_DEPTH, CAMERA, CLASSES_M, Shot, kind_of
from payload.types import THIN_CLOUD, Sensor, View, Window
from payload.world.globe import land_fraction
from payload.world.synthetic import Synthetic

SIDE_PX = 256
BANDS = ("blue", "green", "red", "nir")
WATER_SHARE: Mapping[float, float] = MappingProxyType({10.0: 0.45, 30.0: 0.25})
"""Share of water, classified by colour, among the clear pixels of the real images of each class."""
COVERS = (0.0, 0.01, 0.1, 0.5, 0.9, 1.0)
SKIES: Mapping[float, tuple[float, ...]] = MappingProxyType(
    {10.0: (0.64, 0.07, 0.09, 0.12, 0.08), 30.0: (0.25, 0.00, 0.19, 0.31, 0.25)}
)
"""Share of the real images of each class with a cloud cover between each of `COVERS` and the next."""
MIN_SUN_DEG = 15.0
_LOCAL_HOUR = 10.5  # mean local solar time of Sentinel-2; Landsat passes half an hour earlier
_NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
_WHOLE = Window(0, 0, SIDE_PX, SIDE_PX)
_MOST_TRIES = 5_000
_MAX_LATITUDE_DEG = 70.0  # the real images come from inhabited lands and their seas


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a view is taken."""

    lat_deg: float
    lon_deg: float
    utc: datetime
    sun_elevation_deg: float


def places(world: Synthetic, *, seed: int, gsd_m: float, count: int) -> list[Place]:
    """Draw places of a class; a longer list begins with the places of a shorter one.

    Args:
        world: The world, whose skies are checked by glances.
        seed: Seed of the sample.
        gsd_m: [m] The class, one of `CLASSES_M`.
        count: Number of places.
    """
    return [_place(world, seed, gsd_m, number) for number in range(count)]


def _place(world: Synthetic, seed: int, gsd_m: float, number: int) -> Place:
    rng = stream(seed, "realism", kind_of(gsd_m), number)
    at_sea = rng.random() < WATER_SHARE[gsd_m]
    sky = int(rng.choice(len(COVERS) - 1, p=SKIES[gsd_m]))
    highest = np.sin(np.radians(_MAX_LATITUDE_DEG))
    for _ in range(_MOST_TRIES):
        lat = np.degrees(np.arcsin(rng.uniform(-highest, highest, 1)))
        lon = rng.uniform(-180.0, 180.0, 1)
        day, accepts = rng.integers(0, 366), rng.random()
        land = float(land_fraction(lat, lon)[0])
        utc = _NEW_YEAR + timedelta(days=int(day), hours=_LOCAL_HOUR - float(lon[0]) / 15.0)
        sun = float(sun_elevation_deg(lat, lon, np.zeros(1), epoch_utc=utc)[0])
        place = Place(float(lat[0]), float(lon[0]), utc, sun)
        is_right = sun > MIN_SUN_DEG and accepts < (1.0 - land if at_sea else land)
        if is_right and _sky(world, place, gsd_m) == sky:
            return place
    raise ScenarioError(
        f"{_MOST_TRIES} places of this world have no scene with a cloud cover between"
        f" {COVERS[sky]} and {COVERS[sky + 1]}, so it cannot be compared with the real images"
    )


def _sky(world: Synthetic, place: Place, gsd_m: float) -> int:
    """Index of the interval of `COVERS` that holds the cover of a place's scene."""
    (glance,) = world.glance(_view(place, "glance", gsd_m), [_WHOLE])
    return int(np.clip(np.searchsorted(COVERS, glance.cover, "right") - 1, 0, len(COVERS) - 2))


def render(world: Synthetic, *, seed: int, counts: Mapping[float, int]) -> Iterator[Shot]:
    """Render the views of a sample, one in memory at a time.

    Args:
        world: The world, with any options.
        seed: Seed of the sample of places.
        counts: Number of views of each class, by its ground sample distance in metres.
    """
    for gsd_m in CLASSES_M:
        for number, place in enumerate(places(world, seed=seed, gsd_m=gsd_m, count=counts[gsd_m])):
            yield _take(world, place, f"rendered-{gsd_m:g}m-{number:03}", gsd_m)


def _take(world: Synthetic, place: Place, name: str, gsd_m: float) -> Shot:
    view = _view(place, name, gsd_m)
    scene = world.scene(view)
    patch = scene.read(_WHOLE)
    return Shot(
        name,
        name,
        gsd_m,
        is_rendered=True,
        is_human=False,
        dn=patch.bands,
        truth=_known(patch.truth),
        thin=scene.ground_truth(_WHOLE).sky == THIN_CLOUD,
    )


def _view(place: Place, name: str, gsd_m: float) -> View:
    sensor = Sensor(BANDS, gsd_m, SIDE_PX, SIDE_PX, BIT_DEPTH, CAMERA, 0.0, MIN_SUN_DEG, 0.0)
    return View(
        name, name, place.lat_deg, place.lon_deg, place.utc, place.sun_elevation_deg, sensor
    )


def _known(truth: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if truth is None:
        raise AssertionError("the synthetic Earth has a truth")
    return truth
