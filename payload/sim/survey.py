"""Before a sampled flight: what it is expected to see is looked at, and the sample of it is painted."""

from collections.abc import Callable
from typing import cast

import numpy as np

from payload.errors import ScenarioError
from payload.geometry.grid import TileGrid
from payload.ports import Glancing
from payload.sim.allocation import grown
from payload.sim.arms import make_arm
from payload.sim.assemble import Assembly
from payload.sim.camera import Camera
from payload.sim.counted import Counted
from payload.sim.facts import Darkroom, TileFacts
from payload.sim.glances import glances_at
from payload.sim.planning import first_plan
from payload.sim.sample_error import Sample, expected_spread, foreseen
from payload.sim.sampled import Donor, Sampled, choose_members, lots_by_stratum

_SURE = 0.97
"""So much of the error that is asked for is foreseen: which tiles take from whom is drawn after that. Assumption."""


def open_darkroom(assembly: Assembly, tell: Callable[[str], None]) -> Darkroom:
    """The darkroom of a flight; where only a sample is painted, the sample of what is planned is, here.

    Args:
        assembly: The scenario, assembled.
        tell: Is told each image of which tiles are painted.

    Raises:
        ScenarioError: A sample is asked for, and the scene has no glance or no truth.
    """
    if assembly.scenario.fidelity != "sampled":
        return assembly.darkroom
    darkroom = survey(assembly, tell)
    return Counted(darkroom) if assembly.sensor.counted_bands else darkroom


def survey(assembly: Assembly, tell: Callable[[str], None]) -> Sampled:
    """Look at all that the first plan wants to take, and paint a sample of it.

    Images that are taken beside the plan are sampled by the same rule when they are taken; what is learnt of
    their tiles tells of themselves alone, so that it does not matter who takes them, or when.
    """
    scenario, sensor = assembly.scenario, assembly.sensor
    source, painter = cast(Glancing, assembly.source), assembly.painter
    windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows
    camera = Camera(assembly)
    planned = [camera.expose(image) for image in first_plan(assembly).images]
    glances = glances_at(source, [image.view for image in planned], windows)
    looked_at = {image.id: found for image, found in zip(planned, glances, strict=True)}
    rules, drawn = scenario.sampled, lots_by_stratum(scenario.seed, looked_at)
    membership = choose_members(
        scenario.seed,
        rules.fraction,
        drawn,
        make_arm("prune", scenario.pruning).policy.max_cloud_cover,
    )
    pixels = np.array([window.pixels for window in windows], np.float64)
    asked = rules.error or 0.0
    painted: dict[str, dict[int, TileFacts]] = {}
    while True:
        donors: list[Donor] = []
        for image in planned:
            known = painted.setdefault(image.id, {})
            members = membership.numbers(image.id, looked_at[image.id])
            missing = [number for number in members if number not in known]
            if missing:
                tell(image.id)
                known.update(zip(missing, painter.develop_some(image, missing), strict=True))
            donors += [Donor(looked_at[image.id][number], known[number]) for number in members]
        if any(donor.facts.perfect is None for donor in donors):
            raise ScenarioError(
                f"a sample tells of other tiles by their truth, and {scenario.scene.kind!r} has none: "
                "it flies with fidelity: pixels"
            )
        darkroom = Sampled(source, painter, membership, donors, assembly.tile_px, looked_at)
        if rules.error is None or membership.share >= 1.0 or len(donors) < 2:
            darkroom.balance()
            return darkroom
        sample = Sample(assembly, darkroom)
        spread = expected_spread(sample)
        if spread.error <= asked:
            darkroom.balance()
            told = foreseen(sample, pixels)
            if told <= _SURE * rules.error:
                return darkroom
            asked = min(asked, spread.error) * _SURE * rules.error / told
        membership = grown(membership, spread, asked, drawn)


def sample_of(darkroom: Darkroom) -> Sampled | None:
    """The sample that a flight's darkroom draws from; None where it does not."""
    inner = darkroom.darkroom if isinstance(darkroom, Counted) else darkroom
    return inner if isinstance(inner, Sampled) else None
