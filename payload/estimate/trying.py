"""Some of the work of a run, done beforehand and timed."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar, cast

from payload.darkroom.facts import TileFacts
from payload.darkroom.glances import glances_at
from payload.darkroom.memo import Memo
from payload.geometry.grid import TileGrid
from payload.ports import Glancing
from payload.scratch import scratch_folder
from payload.sim import Assembly
from payload.sim.camera import Camera
from payload.types import Acquisition, Glance, Opportunity

Found = TypeVar("Found")

SAMPLE = {"surrogate": 24, "sampled": 2, "pixels": 2}
"""Planned images that are processed for timing, by fidelity."""
TIMED_PX = 5_000_000
"""[px] Part of an image that is painted for that, in whole tiles: seconds of work."""

GLANCED_IMAGES = 24
"""Planned images that are glanced at to estimate how many tiles will be kept."""


def timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """[s] CPU time of a piece of work, and its result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def spread(images: tuple[Opportunity, ...], count: int) -> list[Opportunity]:
    """At most this many of the planned images, evenly spread over the plan."""
    count = min(count, len(images))
    return [images[number * len(images) // count] for number in range(count)]


def glances_of(assembly: Assembly, images: tuple[Opportunity, ...]) -> list[list[Glance]]:
    """Glances at the tiles of some planned images; the scene must support them."""
    camera, sensor = assembly.camera, assembly.sensor
    windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows
    views = [camera.view(image) for image in spread(images, GLANCED_IMAGES)]
    return glances_at(cast(Glancing, assembly.source), views, windows)


def work_on_some(
    assembly: Assembly, images: tuple[Opportunity, ...]
) -> tuple[float, float, list[TileFacts]]:
    """[s] Time per image, number of tiles per image, and facts of the tiles of some images evenly spread over the plan.

    Of large images that are painted, only a part is processed.
    """
    darkroom = assembly.darkroom
    camera = assembly.camera if assembly.scenario.fidelity == "surrogate" else _narrow(assembly)
    planned = spread(images, SAMPLE[assembly.scenario.fidelity])
    if not planned:
        return 0.0, 0.0, []
    chosen = [camera.expose(image) for image in planned]
    with scratch_folder() as folder:
        memo = Memo(darkroom, folder)
        darkroom.develop(chosen[0], folder / "first")  # warm up: loads what is loaded once
        with memo.looking_ahead(lambda: [acquisition.view for acquisition in chosen]):
            taken_s, facts = timed(
                lambda: [
                    fact
                    for acquisition in chosen
                    for fact in memo.develop(acquisition, keep_records=True)
                ]
            )
    whole = [assembly.camera.expose(image) for image in planned]
    larger = _raw_bytes(whole) / _raw_bytes(chosen)
    tiles = sum(len(acquisition.tile_ids) for acquisition in whole)
    return taken_s * larger / len(chosen), tiles / len(chosen), facts


def _narrow(assembly: Assembly) -> Camera:
    """A camera with images small enough to be painted quickly; from rasters they come from the same files."""
    side_px = max(1, math.isqrt(TIMED_PX // assembly.tile_px**2)) * assembly.tile_px
    sensor = assembly.sensor
    width_px, height_px = min(sensor.width_px, side_px), min(sensor.height_px, side_px)
    return Camera(
        assembly.source,
        replace(sensor, width_px=width_px, height_px=height_px),
        assembly.target_named,
        assembly.scenario.epoch_utc,
        assembly.tile_px,
    )


def _raw_bytes(images: Iterable[Acquisition]) -> int:
    """[byte] Raw volume of all images."""
    return sum(acquisition.raw_bytes for acquisition in images)
