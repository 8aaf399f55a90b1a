"""What a satellite carries, built from a scenario: camera, masker, computer, loss and surrogate, for flights and for checks."""

from dataclasses import dataclass
from typing import cast

from payload.compression import Loss
from payload.darkroom.fidelity import find_surrogate
from payload.energy import ComputeProfile, fit, load_profile
from payload.energy.fitting import (
    assumption,
    check_starts,
    check_watts,
    enlarged,
    needs_footprint,
    slowed,
)
from payload.errors import ScenarioError
from payload.ports import Countable, Masker
from payload.scenario.models import Scenario
from payload.scenario.places import at_key
from payload.surrogate import Surrogate
from payload.types import Footprint, Radiometry, Sensor

BANDS = ("blue", "green", "red", "nir")


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
        counted_bands=camera.counted_bands,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """The processor as it runs the network that flies, and what is assumed about it."""

    profile: ComputeProfile
    network: Footprint | None
    assumptions: tuple[str, ...]


def masker_of(scenario: Scenario, sensor: Sensor) -> Masker:
    """The masker of a scenario.

    Raises:
        ScenarioError: Its model cannot be read, or tiles start where masks would differ from those of the whole image.
    """
    masker = cast(Masker, scenario.masker.build(bands=sensor.bands))
    at_key(scenario, "pruning.tile_px", lambda: _check_cells(scenario, masker.multiple_px))
    return masker


def _check_cells(scenario: Scenario, cell_px: int) -> None:
    """Refuse tiles, if there are several, whose side is not a multiple of the cells in which a masker works."""
    side_px, camera = scenario.pruning.tile_px, scenario.camera
    if side_px % cell_px and max(camera.width_px, camera.height_px) > side_px:
        fits = [side_px // cell_px * cell_px or cell_px, (side_px // cell_px + 1) * cell_px]
        raise ScenarioError(
            f"{side_px} px is not a multiple of the masker's cells of {cell_px} px, so tiles would"
            " be masked differently from the whole image; use"
            f" {' or '.join(map(str, dict.fromkeys(fits)))} px"
        )


def fitted_profile(scenario: Scenario, masker: Masker) -> Fitted:
    """The processor of a scenario, at the speed at which it runs its masker.

    Raises:
        ScenarioError: There is no such profile; the network does not fit it; or it lacks what the scenario
            needs of it. The message gives the place of the key.
    """
    rules = scenario.computer
    asked = at_key(scenario, "computer.profile", lambda: load_profile(rules.profile))
    network, times = None, rules.network_times
    if isinstance(masker, Countable) and needs_footprint(asked, scale=rules.scale_by_operations):
        network = enlarged(masker.footprint(scenario.pruning.tile_px), times)
    if not rules.scale_by_operations:  # otherwise the operations give the speed
        asked = slowed(asked, times)
    key = "computer.scale_by_operations" if rules.scale_by_operations else "computer.profile"
    found = at_key(scenario, key, lambda: fit(asked, network, scale=rules.scale_by_operations))
    if rules.power_on == "per_image":
        at_key(scenario, "computer.power_on", lambda: check_starts(found))
    if scenario.power is not None:
        at_key(scenario, "computer.profile", lambda: check_watts(found))
    told = assumption(asked, found, network)
    larger = (
        f"assumption: the network is {times:g} times as large and as slow, with the same output"
    )
    sentences = (larger if times != 1.0 else None, told)
    return Fitted(found, network, tuple(each for each in sentences if each is not None))


def loss_of(scenario: Scenario) -> Loss:
    """What the compression of a scenario may lose."""
    return Loss(scenario.loss.max_error, scenario.loss.bits_per_sample)


def surrogate_of(scenario: Scenario) -> Surrogate | None:
    """The surrogate that a scenario flies with, if any.

    Raises:
        ScenarioError: It does not fit the scenario; the message gives the place of the key.
    """
    key = "fidelity" if scenario.surrogate.file is None else "surrogate.file"
    return at_key(scenario, key, lambda: find_surrogate(scenario, make_sensor(scenario)))
