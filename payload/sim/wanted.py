"""What a scenario wants to be imaged, and when that can be: places of a file, or all that lies below."""

from collections.abc import Mapping
from functools import partial

from payload.compression import raw_record_bytes
from payload.geometry.grid import TileGrid
from payload.imaging.access import find_opportunities
from payload.imaging.areas import Framing
from payload.imaging.mapping import Below, MappingRule, find_frames
from payload.imaging.targets import load_targets
from payload.opportunities import Opportunities
from payload.orbit.sun import sun_elevation_deg
from payload.scenario.models import Scenario
from payload.sim.counted import counted_bytes
from payload.types import Ephemeris, Sensor, Target
from payload.world.globe import land_fraction


def targets_of_file(scenario: Scenario) -> tuple[Target, ...]:
    """The places that a scenario names; none where it maps.

    Raises:
        ScenarioError: Its file is not what is wanted.
    """
    file = scenario.targets.file
    if file is None:
        return ()
    camera = scenario.camera
    framing = Framing(
        camera.height_px, camera.width_px, camera.gsd_m, tile_px=scenario.pruning.tile_px
    )
    return load_targets(file, framing=framing, epoch_utc=scenario.epoch_utc)


def find_wanted(
    scenario: Scenario,
    sensor: Sensor,
    places: tuple[Target, ...],
    ephemerides: Mapping[str, Ephemeris],
) -> tuple[tuple[Target, ...], dict[str, Opportunities]]:
    """All targets, and the opportunities of each satellite in order of start.

    Args:
        scenario: Says what is wanted.
        sensor: Its camera.
        places: Those of `targets_of_file`.
        ephemerides: By satellite.
    """
    raw_bytes = nominal_bytes(sensor, scenario.pruning.tile_px)
    sun = partial(sun_elevation_deg, epoch_utc=scenario.epoch_utc)
    mapping = scenario.targets.mapping
    if mapping is None:
        return places, {
            name: find_opportunities(
                ephemeris, places, sensor, raw_bytes=raw_bytes, sun_elevation=sun
            )
            for name, ephemeris in ephemerides.items()
        }
    rule = MappingRule(**mapping.model_dump())
    below = Below(sun, land_fraction)
    frames = {
        name: find_frames(ephemeris, sensor, rule, raw_bytes=raw_bytes, below=below)
        for name, ephemeris in ephemerides.items()
    }
    targets = tuple(target for found, _ in frames.values() for target in found)
    return targets, {name: moments for name, (_, moments) in frames.items()}


def nominal_bytes(sensor: Sensor, tile_px: int) -> int:
    """[byte] A whole raw image of the sensor's frame, as tile records."""
    windows = TileGrid(sensor.height_px, sensor.width_px, tile_px).windows
    return sum(
        raw_record_bytes(len(sensor.bands), item.height_px, item.width_px, sensor.bit_depth)
        + counted_bytes(sensor, item.pixels)
        for item in windows
    )
