"""Whether a scenario can be flown: everything that it names is read, but nothing is flown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from payload.energy import load_profile
from payload.equipment import fitted_profile, make_sensor, masker_of, surrogate_of
from payload.imaging.sensor import frame_length_km, raw_volume_bytes, swath_km
from payload.orbit.purchased import read_passes
from payload.planning.outlook import check_foresight
from payload.ports import Doubting, Examinable, SceneSource
from payload.scenario.load import load_scenario
from payload.scenario.models import Scenario
from payload.scenario.places import at_key
from payload.timetable.encounters import find_encounters, propagators_of
from payload.timetable.passes import outdated
from payload.timetable.wanted import targets_of_file
from payload.units import BYTES_PER_MB

Tell = Callable[[str], None]
_NARROW_KM = 0.1
"""[km] An image this narrow shows a field at most: more likely its size was mistyped."""


def _silence(_note: str) -> None:
    """Report nothing."""


def check(path: str | Path, overrides: Sequence[str] = (), tell: Tell = _silence) -> Scenario:
    """Load a scenario and everything that it names; nothing is flown.

    Args:
        path: The file.
        overrides: Texts `path.to.key=value`, checked like the file.
        tell: Receives what is not a mistake but worth knowing: old elements, target properties that are not used.

    Raises:
        ScenarioError: One line per mistake: file, line, key path, what was found, what was expected.
        OrbitError: A satellite cannot be propagated to the end of the flight.
    """
    scenario = examine(path, overrides, tell)
    sensor = make_sensor(scenario)
    fitted_profile(scenario, masker_of(scenario, sensor))
    surrogate_of(scenario)
    if scenario.passes is not None:  # can each of them take place?
        find_encounters(scenario)
    return scenario


def examine(path: str | Path, overrides: Sequence[str] = (), tell: Tell = _silence) -> Scenario:
    """Read a scenario and all files that it names, for commands that fly nothing, such as lists of passes and link budgets.

    Whether network and surrogate fit, which takes far longer to find out, is tested only by `check`.

    Args:
        path: The file.
        overrides: Texts `path.to.key=value`, checked like the file.
        tell: As for `check`.

    Raises:
        ScenarioError: As for `check`.
        OrbitError: A satellite cannot be propagated to the end of the flight.
    """
    scenario = load_scenario(path, overrides)
    requested = at_key(scenario, "targets.file", lambda: targets_of_file(scenario))
    sensor = make_sensor(scenario)
    masker_of(scenario, sensor)
    at_key(scenario, "computer.profile", lambda: load_profile(scenario.computer.profile))
    propagators = propagators_of(scenario)
    for craft in propagators.values():  # is it still up at the end?
        craft.propagate(np.array([0.0, scenario.duration_s]))
    if scenario.passes is not None:
        file = scenario.passes.file
        at_key(scenario, "passes.file", lambda: read_passes(file))
    source = scenario.scene.build(seed=scenario.seed)
    check_foresight(scenario, cast(SceneSource, source))
    if isinstance(source, Examinable):
        at_key(scenario, "scene", lambda: source.examine(sensor))
    odd = source.doubts(sensor) if isinstance(source, Doubting) else ()
    old = outdated(scenario, propagators)[1]
    for note in (*requested.notes, *old, *odd, *_too_little(scenario)):
        tell(note)
    return scenario


def _too_little(scenario: Scenario) -> Iterator[str]:
    """Warnings about what is allowed but too little for a useful flight."""
    if not scenario.stations:
        yield "stations: none are given, so nothing can be received"
    sensor = make_sensor(scenario)
    across_km, along_km = swath_km(sensor), frame_length_km(sensor)
    if min(across_km, along_km) < _NARROW_KM:
        yield f"camera: an image covers only {across_km:g} x {along_km:g} km of the ground"
    tile_px, room = scenario.pruning.tile_px, scenario.memory.capacity_bytes
    tile = replace(
        sensor,
        width_px=min(tile_px, sensor.width_px),
        height_px=min(tile_px, sensor.height_px),
    )
    for what, needed in (("tile", tile), ("image", sensor)):
        needed_bytes = raw_volume_bytes(needed)
        if room < needed_bytes:
            yield (
                f"memory.capacity_mb: {room / BYTES_PER_MB:g} MB cannot hold a whole {what},"
                f" acquired as {needed_bytes / BYTES_PER_MB:.3g} MB: what does not fit is counted"
                " as overflowed"
            )
            return
