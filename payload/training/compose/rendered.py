"""Scenes of the synthetic Earth for training: any place, day and camera; truth by optical depth."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from payload.orbit.sun import sun_elevation_deg
from payload.training.images import RADIOMETRY
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN, Sensor, View, Window
from payload.world.globe import land_fraction
from payload.world.scene import SyntheticScene
from payload.world.synthetic import Synthetic

BANDS = ("blue", "green", "red", "nir")
BIT_DEPTH = 15  # reflectance up to 3.2 in steps of 0.0001
DOUBTFUL = (0.27, 1.16)
"""Optical depths between which cloud is doubtful: over black ground they add the reflectances between which composed
scenes are doubtful, 0.02 and 0.08; the synthetic Earth's own limit for cloud lies in between."""
_CLEAR_SKY, _CLOUDY_SKY = (0.0, 0.01), (0.03, 0.98)
_LAND = 0.75
_MIN_SUN_DEG = 12.0
_NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
_MAX_LATITUDE_DEG = 80.0
_HOURS = (8.5, 15.5)  # local solar time
_TRIES = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """A scene of the synthetic Earth.

    Attributes:
        dn: [DN] in `RADIOMETRY`, shape (4, H, W).
        truth: Shape (H, W), as in `payload.types`.
    """

    dn: NDArray[np.uint16]
    truth: NDArray[np.uint8]


def rendered(rng: np.random.Generator, side_px: int, gsd_m: float, *, cloudy: bool) -> Rendered:
    """Draw a world, a place and time in it with the wanted sky, and a camera, and render the scene.

    Args:
        rng: Source of all draws.
        side_px: [px] Side of the scene.
        gsd_m: [m] Side of a pixel.
        cloudy: Whether there are clouds.
    """
    world = Synthetic(
        seed=int(rng.integers(2**31)),
        snr=float(np.exp(rng.uniform(np.log(60), np.log(400)))),
        point_spread_px=float(rng.uniform(0.0, 0.7)),
        misregistration_px=float(rng.uniform(0.0, 0.3)),
        haze_optical_depth=float(np.exp(rng.normal(np.log(0.12), 0.4))),
    )
    scene = _scene(rng, world, side_px, gsd_m, _CLOUDY_SKY if cloudy else _CLEAR_SKY)
    whole = Window(0, 0, side_px, side_px)
    patch, known = scene.read(whole), scene.ground_truth(whole)
    truth = np.full(known.sky.shape, CLEAR, np.uint8)
    truth[known.sky == SHADOW] = SHADOW
    truth[known.optical_depth >= DOUBTFUL[0]] = UNKNOWN
    truth[known.optical_depth >= DOUBTFUL[1]] = CLOUD
    return Rendered(patch.bands, truth)


def _scene(
    rng: np.random.Generator,
    world: Synthetic,
    side_px: int,
    gsd_m: float,
    sky: tuple[float, float],
) -> SyntheticScene:
    on_land = bool(rng.random() < _LAND)
    whole = Window(0, 0, side_px, side_px)
    sensor = Sensor(BANDS, gsd_m, side_px, side_px, BIT_DEPTH, RADIOMETRY, 0.0, _MIN_SUN_DEG, 0.0)
    highest = np.sin(np.radians(_MAX_LATITUDE_DEG))
    for _ in range(_TRIES):
        lat = np.degrees(np.arcsin(rng.uniform(-highest, highest, 1)))
        lon = rng.uniform(-180.0, 180.0, 1)
        hours = float(rng.uniform(*_HOURS)) - float(lon[0]) / 15.0
        utc = _NEW_YEAR + timedelta(days=int(rng.integers(0, 365)), hours=hours)
        sun_deg = float(sun_elevation_deg(lat, lon, np.zeros(1), epoch_utc=utc)[0])
        land = float(land_fraction(lat, lon)[0])
        if sun_deg < _MIN_SUN_DEG or (land > 0.5) != on_land:
            continue
        view = View("lesson", "lesson", float(lat[0]), float(lon[0]), utc, sun_deg, sensor)
        (glance,) = world.glance(view, [whole])
        if sky[0] <= glance.cover <= sky[1]:
            return world.scene(view)
    raise AssertionError("a world without such a sky")
