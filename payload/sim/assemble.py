"""Build the objects that a scenario names and compute its geometry: all wiring in one place."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from typing import cast

from payload.darkroom.counted import Counted
from payload.darkroom.draws import RATE_ENCODINGS, Draws
from payload.darkroom.facts import Darkroom, TileDarkroom
from payload.darkroom.fidelity import codec_of
from payload.darkroom.pixels import Pixels
from payload.darkroom.remembered import Remembered, identity
from payload.darkroom.store import Store
from payload.downlink.duty_cycle import DutyCycle
from payload.energy import ComputeProfile, Supply
from payload.equipment import fitted_profile, loss_of, make_sensor, masker_of, surrogate_of
from payload.geometry.earth import subsatellite_deg
from payload.geometry.period import period_s
from payload.opportunities import targets_of
from payload.planning.calendar import Calendar
from payload.planning.outlook import LookAhead, check_foresight, make_look_ahead
from payload.plans import Limits
from payload.ports import (
    Codec,
    Doubting,
    Glancing,
    Link,
    Masker,
    SceneSource,
    Scheduler,
)
from payload.scenario.models import Scenario
from payload.scenario.places import at_key
from payload.sim.camera import Camera
from payload.surrogate import Surrogate
from payload.timetable.encounters import find_encounters, link_of
from payload.timetable.faults import Faults, timetable
from payload.timetable.pointing import Pointing
from payload.timetable.rates import Rates
from payload.timetable.sunlight import make_supply
from payload.timetable.wanted import find_wanted, targets_of_file
from payload.types import (
    ContactWindow,
    Ephemeris,
    Footprint,
    GroundStation,
    Opportunity,
    Sensor,
    Target,
)

TRACK_STEP_S = 60.0
TRACK_PART = 10_000
"""Number of points of a ground track computed at a time."""


@dataclass(frozen=True)
class Assembly:
    """A scenario ready to fly: its plug-ins are built and its geometry is computed.

    Attributes:
        contacts: By satellite, in order of AOS.
        opportunities: By satellite, in order of start.
        profile: The processor, at the speed at which it runs this scenario's masker.
        surrogate: Stands in for masker and codec; None if pixels are processed.
        supplies: What the solar arrays supply, by satellite; empty if power is unlimited.
        network: What the masker demands of the processor; None if it is not computed.
        assumptions: What is assumed about the processor's speed, in sentences.
        notes: What a reader should know about targets, orbits, passes and images before trusting the result.
        store: Keeps pixel work from run to run; None if nothing does.
    """

    scenario: Scenario
    sensor: Sensor
    targets: tuple[Target, ...]
    stations: tuple[GroundStation, ...]
    ephemerides: dict[str, Ephemeris]
    contacts: dict[str, list[ContactWindow]]
    opportunities: Mapping[str, Sequence[Opportunity]]
    source: SceneSource
    masker: Masker
    codec: Codec
    link: Link
    scheduler: Scheduler
    profile: ComputeProfile
    surrogate: Surrogate | None = None
    faults: Faults = field(default_factory=Faults)

    def pointing(self, satellite: str) -> Pointing:
        """How antenna and camera of a satellite share its attitude."""
        ephemeris = self.ephemerides[satellite]
        return Pointing(self.scenario.radio, ephemeris, self.stations, self.targets)

    @cached_property
    def limits(self) -> Limits:
        """The limits that camera and platform impose on every plan."""
        camera = self.scenario.camera
        longest_s = camera.max_imaging_s_per_orbit
        return Limits(
            settle_s=camera.settle_s,
            slew_deg_per_s=math.inf if camera.slew_deg_per_s is None else camera.slew_deg_per_s,
            orbit_s={name: period_s(path) for name, path in self.ephemerides.items()},
            images_per_orbit=camera.max_images_per_orbit,
            imaging_s_per_orbit=math.inf if longest_s is None else longest_s,
        )

    def duty_cycle(self, satellite: str) -> DutyCycle:
        """How long a satellite's radio may transmit per orbit."""
        limit_s = self.scenario.radio.max_transmit_s_per_orbit
        if limit_s is None:
            return DutyCycle(math.inf, math.inf)
        return DutyCycle(limit_s, self.limits.orbit_s[satellite])

    supplies: dict[str, Supply] = field(default_factory=dict[str, Supply])
    network: Footprint | None = None
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    store: Store | None = None

    @property
    def satellites(self) -> list[str]:
        """Names of the fleet."""
        return list(self.ephemerides)

    @cached_property
    def camera_ahead(self) -> LookAhead:
        """The camera that looks ahead, if the policy has one; it needs a scene with glances."""
        return make_look_ahead(self.scenario, self.source, self.sensor)

    @cached_property
    def camera(self) -> Camera:
        """The camera, which knows images before they are rendered; all satellites have the same one."""
        epoch_utc = self.scenario.epoch_utc
        return Camera(self.source, self.sensor, self.target_named, epoch_utc, self.tile_px)

    @cached_property
    def plannable(self) -> dict[str, Sequence[Opportunity]]:
        """The opportunities that a planner may use, by satellite."""
        return {
            name: self.pointing(name).shared(items, self.contacts[name])
            for name, items in self.opportunities.items()
        }

    @cached_property
    def calendar(self) -> Calendar:
        """The plannable opportunities of the whole fleet, in order of time."""
        return Calendar(self.plannable)

    @cached_property
    def rates(self) -> Rates:
        """What each contact carries."""
        return Rates(self.link, self.ephemerides, self.faults)

    @cached_property
    def target_named(self) -> dict[str, Target]:
        """Targets by name."""
        return {target.name: target for target in self.targets}

    @cached_property
    def out_of_reach(self) -> frozenset[str]:
        """Targets that no satellite can image in daylight and in time, not counting those that arrive after the end."""
        met = {name for parts in self.plannable.values() for name in targets_of(parts)}
        return frozenset(
            each.name
            for each in self.targets
            if each.arrives_s < self.span_s and each.name not in met
        )

    @cached_property
    def worths(self) -> dict[str, float]:
        """What a clear image of each target adds to the value of a flight, by name."""
        return {target.name: target.worth for target in self.targets}

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
        """What turns images into facts: draws from a surrogate if there is one, pixel work otherwise."""
        painted = self._painted
        return Counted(painted) if self.sensor.counted_bands else painted

    @cached_property
    def painter(self) -> TileDarkroom:
        """What renders, masks and compresses tiles, except those that the store already has."""
        pixels = Pixels(
            self.source,
            self.masker,
            self.codec,
            self.scenario.codec.kind,
            self.tile_px,
            self.scenario.thumbnail_factor,
            loss_of(self.scenario),
        )
        if self.store is None:
            return pixels
        plug_ins = (self.source, self.masker, self.codec)
        payload = identity(self.scenario, self.sensor, self.masker, plug_ins)
        return Remembered(pixels, self.store, payload)

    @property
    def _painted(self) -> Darkroom:
        if self.surrogate is None:
            return self.painter
        factor = self.scenario.thumbnail_factor
        source = cast(Glancing, self.source)
        seeks = self.scenario.loss.bits_per_sample is not None
        times = RATE_ENCODINGS if seeks else 1
        return Draws(source, self.surrogate, self.tile_px, self.scenario.seed, factor, times)


def assemble(scenario: Scenario, *, store: Store | None = None, jobs: int = 1) -> Assembly:
    """Build what a scenario names and compute its geometry.

    Args:
        scenario: What to fly.
        store: Keeps pixel work from run to run; None if nothing does.
        jobs: Number of processes, this one included, that search the opportunities of a large fleet. The result does
            not depend on it.

    Raises:
        ScenarioError: A file that the scenario names, or its profile, is not as expected.
        OrbitError: The orbit cannot be flown for the whole span.
    """
    sensor = make_sensor(scenario)
    requested = at_key(scenario, "targets.file", lambda: targets_of_file(scenario))
    masker = masker_of(scenario, sensor)
    fitted = fitted_profile(scenario, masker)
    faults = Faults(timetable(scenario, boot_s=fitted.profile.boot_s))
    met = find_encounters(scenario, faults.outages)
    ephemerides = met.ephemerides
    targets, opportunities = find_wanted(
        scenario, sensor, requested.targets, ephemerides, jobs=jobs
    )
    source = cast(SceneSource, scenario.scene.build(seed=scenario.seed))
    check_foresight(scenario, source)
    supplies = {
        name: make_supply(scenario.power, ephemeris, scenario.epoch_utc, dut1_s=scenario.dut1_s)
        for name, ephemeris in ephemerides.items()
        if scenario.power is not None
    }
    assembly = Assembly(
        scenario=scenario,
        sensor=sensor,
        targets=targets,
        stations=met.stations,
        ephemerides=ephemerides,
        contacts=met.contacts,
        opportunities=opportunities,
        source=source,
        masker=masker,
        codec=codec_of(scenario, sensor),
        link=link_of(scenario, met.stations),
        scheduler=cast(Scheduler, scenario.scheduler.build()),
        profile=fitted.profile,
        surrogate=surrogate_of(scenario),
        faults=faults,
        supplies=supplies,
        network=fitted.network,
        assumptions=fitted.assumptions,
        notes=(
            *requested.notes,
            *met.notes,
            *(source.doubts(sensor) if isinstance(source, Doubting) else ()),
        ),
        store=store,
    )
    _ = assembly.limits  # computed now: it reads every orbit from end to end
    met.file.let_go()
    return assembly


def ground_track(assembly: Assembly) -> Iterator[tuple[str, float, float, float]]:
    """Ground track of the fleet, minute by minute: satellite, time_s, lat_deg, lon_deg."""
    for name, ephemeris in assembly.ephemerides.items():
        each = max(1, round(TRACK_STEP_S / float(ephemeris.time_s[1] - ephemeris.time_s[0])))
        for first in range(0, ephemeris.time_s.size, each * TRACK_PART):
            part = slice(first, first + each * TRACK_PART, each)
            lat_deg, lon_deg = subsatellite_deg(ephemeris.position_km[part])
            times_s = ephemeris.time_s[part].tolist()
            yield from zip(repeat(name), times_s, lat_deg.tolist(), lon_deg.tolist(), strict=False)
