"""What a scenario wants imaged, and when that is possible: places from a file, or systematic mapping."""

import logging
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from tempfile import mkstemp

from payload.compression import raw_record_bytes
from payload.geometry.grid import TileGrid
from payload.imaging.access import find_opportunities
from payload.imaging.areas import Framing
from payload.imaging.mapping import Below, MappingRule, find_frames
from payload.imaging.sensor import counted_bytes
from payload.imaging.targets import Requested, read_targets
from payload.opportunities import Opportunities
from payload.orbit.sun import sun_elevation_deg
from payload.scenario.models import Scenario
from payload.scratch import scratch_folder
from payload.types import Ephemeris, Sensor, Target
from payload.workers import Helpers
from payload.world.globe import land_fraction

_log = logging.getLogger(__name__)

Search = Callable[[Ephemeris], Opportunities]

WORTH_LOOKS = 1_500_000_000
"""Places times samples of tracks from which starting helpers pays off: some five seconds of work."""
_PARTS = 16  # of the fleet per process: so small that waiting for the last one is short


def targets_of_file(scenario: Scenario) -> Requested:
    """The places that a scenario names, and notes on their file; none for a mapping mission.

    Raises:
        ScenarioError: Its file is not valid.
    """
    file = scenario.targets.file
    if file is None:
        return Requested()
    camera = scenario.camera
    framing = Framing(
        camera.height_px, camera.width_px, camera.gsd_m, tile_px=scenario.pruning.tile_px
    )
    return read_targets(file, framing=framing, epoch_utc=scenario.epoch_utc)


def find_wanted(
    scenario: Scenario,
    sensor: Sensor,
    places: tuple[Target, ...],
    ephemerides: Mapping[str, Ephemeris],
    *,
    jobs: int = 1,
) -> tuple[tuple[Target, ...], dict[str, Opportunities]]:
    """All targets, and the opportunities of each satellite in order of start.

    Args:
        scenario: Says what is wanted.
        sensor: Its camera.
        places: Those of `targets_of_file`.
        ephemerides: By satellite.
        jobs: How many processes, this one included, search for opportunities if that is worth starting them.
            Frames of a mapping mission take about as long to transfer as to find: 0.07 s and 0.09 s for 7,600.
    """
    raw_bytes = nominal_bytes(sensor, scenario.pruning.tile_px)
    sun = partial(sun_elevation_deg, epoch_utc=scenario.epoch_utc)
    mapping = scenario.targets.mapping
    if mapping is None:
        search = partial(
            find_opportunities,
            targets=places,
            sensor=sensor,
            raw_bytes=raw_bytes,
            sun_elevation=sun,
        )
        looks = len(places) * sum(each.time_s.size for each in ephemerides.values())
        fleet = list(ephemerides.values())
        found = _search_all(search, fleet, jobs if looks >= WORTH_LOOKS else 1)
        return places, dict(zip(ephemerides, found, strict=True))
    rule = MappingRule(**mapping.model_dump())
    below = Below(sun, land_fraction)
    frames = {
        name: find_frames(ephemeris, sensor, rule, raw_bytes=raw_bytes, below=below)
        for name, ephemeris in ephemerides.items()
    }
    targets = tuple(target for found, _ in frames.values() for target in found)
    return targets, {name: moments for name, (_, moments) in frames.items()}


def _search_all(search: Search, fleet: Sequence[Ephemeris], jobs: int) -> list[Opportunities]:
    """The opportunities of each satellite, in fleet order, whichever process finds them: they are independent."""
    if jobs > 1:
        try:
            return _search_together(search, fleet, jobs)
        except OSError as error:  # a full disk is no reason not to fly
            _log.warning("helper processes cannot be used (%s): searching in one process", error)
    return [search(ephemeris) for ephemeris in fleet]


def _search_together(search: Search, fleet: Sequence[Ephemeris], jobs: int) -> list[Opportunities]:
    size = max(1, len(fleet) // (_PARTS * jobs))
    parts = [fleet[first : first + size] for first in range(0, len(fleet), size)]
    with scratch_folder() as folder, Helpers(jobs - 1) as helpers:
        (folder / "search").write_bytes(pickle.dumps(search, pickle.HIGHEST_PROTOCOL))
        found = helpers.share(partial(_search_beside, str(folder)), parts).finish(
            lambda part: [search(ephemeris) for ephemeris in part]
        )
        return [
            each
            for part in found
            for each in (pickle.loads(part.read_bytes()) if isinstance(part, Path) else part)
        ]


def _search_beside(folder: str, part: Sequence[Ephemeris]) -> Path | list[Opportunities]:
    """Search for some satellites in a helper; returns the file with what each finds, or, without disk space, the findings."""
    search = _search_of(folder)
    found = [search(ephemeris) for ephemeris in part]
    handle, place = mkstemp(dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            pickle.dump(found, file, pickle.HIGHEST_PROTOCOL)
    except OSError:
        Path(place).unlink()
        return found
    return Path(place)


@cache
def _search_of(folder: str) -> Search:
    search: Search = pickle.loads((Path(folder) / "search").read_bytes())
    return search


def nominal_bytes(sensor: Sensor, tile_px: int) -> int:
    """[byte] Size of a whole raw image of the sensor's frame, as tile records."""
    windows = TileGrid(sensor.height_px, sensor.width_px, tile_px).windows
    return sum(
        raw_record_bytes(len(sensor.bands), item.height_px, item.width_px, sensor.bit_depth)
        + counted_bytes(sensor, item.pixels)
        for item in windows
    )
