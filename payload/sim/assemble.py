"""Names in a scenario become objects, geometry is computed: one place for all wiring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from payload.compression import raw_record_bytes
from payload.energy import ComputeProfile, load_profile
from payload.errors import PayloadError, ScenarioError
from payload.geometry.earth import subsatellite_deg
from payload.geometry.grid import TileGrid
from payload.imaging.access import find_opportunities
from payload.imaging.targets import load_targets
from payload.orbit.contacts import find_fleet_contacts, time_grid
from payload.orbit.purchased import purchased_contacts, read_passes
from payload.orbit.sun import sun_elevation_deg
from payload.ports import Codec, Dated, Glancing, Link, Masker, Propagator, SceneSource, Scheduler
from payload.scenario.models import Scenario
from payload.sim.draws import Draws
from payload.sim.facts import Darkroom
from payload.sim.fidelity import find_surrogate
from payload.sim.pixels import Pixels
from payload.surrogate import Surrogate
from payload.types import (
    ContactWindow,
    Ephemeris,
    GroundStation,
    Opportunity,
    Radiometry,
    Sensor,
    Target,
)
from payload.units import S_PER_DAY, at

BANDS = ("blue", "green", "red", "nir")
TRACK_STEP_S = 60.0
MOST_DAYS_OF_ELEMENTS = 14.0
"""[day] From here on elements are called outdated. Assumption: two weeks, as operators do; elements of low
orbits err by about 1 km at their epoch and by some km more a day."""
MOST_NOTES = 5
T = TypeVar("T")


@dataclass(frozen=True)
class Assembly:
    """A scenario ready to fly: what it names is built, what geometry allows is known.

    Attributes:
        contacts: By satellite, in order of AOS.
        opportunities: By satellite, in order of start.
        surrogate: What stands for masker and codec; None where pixels are worked on.
        notes: What a person should know of the orbits and passes before believing the result.
    """

    scenario: Scenario
    sensor: Sensor
    targets: tuple[Target, ...]
    stations: tuple[GroundStation, ...]
    ephemerides: dict[str, Ephemeris]
    contacts: dict[str, list[ContactWindow]]
    opportunities: dict[str, list[Opportunity]]
    source: SceneSource
    masker: Masker
    codec: Codec
    link: Link
    scheduler: Scheduler
    profile: ComputeProfile
    surrogate: Surrogate | None = None
    notes: tuple[str, ...] = ()

    @property
    def satellites(self) -> list[str]:
        """Names of the fleet."""
        return list(self.ephemerides)

    @property
    def span_s(self) -> float:
        """[s] Length of the flight."""
        return self.scenario.duration_s

    @property
    def tile_px(self) -> int:
        """[px] Side of a tile."""
        return self.scenario.pruning.tile_px

    @property
    def darkroom(self) -> Darkroom:
        """Where images become facts: by pixel work or by draws, as the scenario's fidelity says."""
        if self.surrogate is None:
            codec_name = self.scenario.codec.kind
            return Pixels(self.source, self.masker, self.codec, codec_name, self.tile_px)
        source = cast(Glancing, self.source)
        return Draws(source, self.surrogate, self.tile_px, self.scenario.seed)


def assemble(scenario: Scenario) -> Assembly:
    """Build what a scenario names and compute its geometry.

    Raises:
        ScenarioError: A file that the scenario names, or its profile, is not what is wanted.
        OrbitError: The orbit cannot be flown for the whole span.
    """
    sensor = make_sensor(scenario)
    stations = tuple(GroundStation(**station.model_dump()) for station in scenario.stations)
    targets = at_key(scenario, "targets.file", lambda: load_targets(scenario.targets.file))
    profile = at_key(scenario, "computer.profile", lambda: load_profile(scenario.computer.profile))
    times_s = time_grid(scenario.duration_s)
    propagators = {
        craft.name: cast(
            Propagator,
            craft.orbit.build(
                satellite=craft.name, epoch_utc=scenario.epoch_utc, dut1_s=scenario.dut1_s
            ),
        )
        for craft in scenario.fleet
    }
    ephemerides = {name: craft.propagate(times_s) for name, craft in propagators.items()}
    old, notes = outdated(scenario, propagators)
    contacts, more = contacts_of(scenario, ephemerides, stations, unsure=old)
    return Assembly(
        scenario=scenario,
        sensor=sensor,
        targets=targets,
        stations=stations,
        ephemerides=ephemerides,
        contacts=contacts,
        opportunities={
            name: find_opportunities(
                ephemeris,
                targets,
                sensor,
                raw_bytes=nominal_bytes(sensor, scenario.pruning.tile_px),
                sun_elevation=partial(sun_elevation_deg, epoch_utc=scenario.epoch_utc),
            )
            for name, ephemeris in ephemerides.items()
        },
        source=cast(SceneSource, scenario.scene.build(seed=scenario.seed)),
        masker=cast(Masker, scenario.masker.build(bands=sensor.bands)),
        codec=cast(Codec, scenario.codec.build()),
        link=cast(Link, scenario.link.build()),
        scheduler=cast(Scheduler, scenario.scheduler.build()),
        profile=profile,
        surrogate=surrogate_of(scenario),
        notes=(*notes, *more),
    )


def outdated(
    scenario: Scenario, propagators: Mapping[str, Propagator]
) -> tuple[frozenset[str], list[str]]:
    """Satellites whose elements hold too long before or after the flight, and a note on each."""
    ends = (scenario.epoch_utc, at(scenario.epoch_utc, scenario.duration_s))
    ages = {
        name: max(abs((end - craft.elements_utc).total_seconds()) for end in ends) / S_PER_DAY
        for name, craft in propagators.items()
        if isinstance(craft, Dated)
    }
    old = {name: days for name, days in ages.items() if days > MOST_DAYS_OF_ELEMENTS}
    notes = [
        f"the elements of {name!r} are {days:.0f} days away from an end of the flight: after some"
        f" {MOST_DAYS_OF_ELEMENTS:g} days SGP4 may err by tens of km and passes by seconds"
        for name, days in old.items()
    ]
    hidden = len(notes) - MOST_NOTES
    if hidden > 0:
        notes[MOST_NOTES:] = [f"… and those of {hidden} more satellites"]
    return frozenset(old), notes


def contacts_of(
    scenario: Scenario,
    ephemerides: Mapping[str, Ephemeris],
    stations: Sequence[GroundStation],
    *,
    unsure: frozenset[str],
) -> tuple[dict[str, list[ContactWindow]], list[str]]:
    """Passes by satellite, in order of AOS, and notes: those bought, or all that geometry allows.

    Raises:
        ScenarioError: The file of purchased passes is not what is wanted.
    """
    if scenario.passes is None:
        windows, notes = find_fleet_contacts(list(ephemerides.values()), stations), list[str]()
    else:
        file = scenario.passes.file
        windows, notes = at_key(
            scenario,
            "passes.file",
            lambda: purchased_contacts(
                read_passes(file), ephemerides, stations, scenario.epoch_utc, unsure=unsure
            ),
        )
    found: dict[str, list[ContactWindow]] = {name: [] for name in ephemerides}
    for window in windows:
        found[window.satellite].append(window)
    for own in found.values():
        own.sort(key=lambda window: (window.aos_s, window.station))
    return found, notes


def make_sensor(scenario: Scenario) -> Sensor:
    """The camera of a scenario."""
    camera = scenario.camera
    highest = 2**camera.bit_depth - 1
    return Sensor(
        bands=BANDS,
        gsd_m=camera.gsd_m,
        width_px=camera.width_px,
        height_px=camera.height_px,
        bit_depth=camera.bit_depth,
        radiometry=Radiometry(scale=camera.full_scale_reflectance / highest),
        max_off_nadir_deg=camera.max_off_nadir_deg,
        min_sun_elevation_deg=camera.min_sun_elevation_deg,
        settle_s=camera.settle_s,
    )


def surrogate_of(scenario: Scenario) -> Surrogate | None:
    """The surrogate that a scenario flies with, if it flies with one.

    Raises:
        ScenarioError: It does not fit the scenario; the place of the key is told.
    """
    key = "fidelity" if scenario.surrogate.file is None else "surrogate.file"
    return at_key(scenario, key, lambda: find_surrogate(scenario, make_sensor(scenario)))


def nominal_bytes(sensor: Sensor, tile_px: int) -> int:
    """[byte] A whole raw image of the sensor's frame, as tile records."""
    windows = TileGrid(sensor.height_px, sensor.width_px, tile_px).windows
    return sum(
        raw_record_bytes(len(sensor.bands), item.height_px, item.width_px, sensor.bit_depth)
        for item in windows
    )


def at_key(scenario: Scenario, key: str, read: Callable[[], T]) -> T:
    """Read what a key of the scenario names; a mistake in it is told with the key's place.

    Raises:
        ScenarioError: What was read is not what is wanted.
    """
    try:
        return read()
    except PayloadError as error:
        where = f"{scenario.source.where(key.split('.'))}: " if scenario.source else ""
        raise ScenarioError(f"{where}{key}: {error}") from error


def ground_track(assembly: Assembly) -> list[tuple[str, float, float, float]]:
    """Where the fleet passes, each minute: satellite, time_s, lat_deg, lon_deg."""
    rows: list[tuple[str, float, float, float]] = []
    for name, ephemeris in assembly.ephemerides.items():
        each = max(1, round(TRACK_STEP_S / float(ephemeris.time_s[1] - ephemeris.time_s[0])))
        lat_deg, lon_deg = subsatellite_deg(ephemeris.position_km[::each])
        times_s = ephemeris.time_s[::each]
        rows.extend(
            (name, float(t), float(lat), float(lon))
            for t, lat, lon in zip(times_s, lat_deg, lon_deg, strict=True)
        )
    return rows
