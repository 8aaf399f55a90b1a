"""Before a sampled flight: glance at what it is expected to see, and render a sample of it."""

from collections.abc import Callable
from typing import cast

import numpy as np

from payload.darkroom.allocation import grown
from payload.darkroom.counted import Counted
from payload.darkroom.donors import Donor, missed_of_thin
from payload.darkroom.facts import Darkroom, TileDarkroom, TileFacts
from payload.darkroom.glances import glances_at
from payload.darkroom.looked_at import look_at
from payload.darkroom.sampled import Known, Sampled, choose_members
from payload.errors import ScenarioError
from payload.geometry.grid import TileGrid
from payload.ports import Glancing
from payload.sim.arms import make_arm
from payload.sim.assemble import Assembly
from payload.sim.loops.first_plan import first_plan
from payload.sim.sample_error import Sample, expected_spread, foreseen

_SURE = 0.99
"""Share of the requested error that the foreseen one may reach: by then each tile's donor is known, but not which images
come down, and totals are those of donors. Assumption."""


def open_darkroom(assembly: Assembly, tell: Callable[[str], None]) -> Darkroom:
    """The darkroom of a flight; at fidelity `sampled`, the sample of what is planned is rendered here.

    Args:
        assembly: The scenario, assembled.
        tell: Called with each image of which tiles are rendered.

    Raises:
        ScenarioError: A sample is requested, but the scene has no glance or no truth.
    """
    if assembly.scenario.fidelity != "sampled":
        return assembly.darkroom
    darkroom = survey(assembly, tell)
    return Counted(darkroom) if assembly.sensor.counted_bands else darkroom


def survey(
    assembly: Assembly, tell: Callable[[str], None], painter: TileDarkroom | None = None
) -> Sampled:
    """Glance at every image of a plan that is aware of all requests, and render a sample of their tiles.

    Images outside this plan are sampled by the same rule when they are taken; their rendered tiles do not become donors,
    so that it does not matter which arm takes them, or when.

    Args:
        assembly: The scenario, assembled.
        tell: Called with each image of which tiles are rendered.
        painter: Renders them; the assembly's own by default.
    """
    scenario, sensor = assembly.scenario, assembly.sensor
    source = cast(Glancing, assembly.source)
    painter = assembly.painter if painter is None else painter
    windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows
    camera = assembly.camera
    planned = [camera.expose(image) for image in first_plan(assembly, assembly.span_s).images]
    glances = glances_at(source, [image.view for image in planned], windows)
    names = [image.id for image in planned]
    looked = look_at(scenario.seed, dict(zip(names, glances, strict=True)))
    rules, lots = scenario.sampled, looked.lots_by_stratum
    membership = choose_members(
        scenario.seed,
        rules.fraction,
        lots,
        make_arm("prune", scenario.pruning).policy.max_cloud_cover,
    )
    known = Known()
    missed_thin: float | None = None
    painted: dict[str, dict[int, TileFacts]] = {image.id: {} for image in planned}
    while True:
        donors: list[Donor] = []
        members = membership.painted(looked)
        for image in planned:
            begin, facts = looked.images[image.id], painted[image.id]
            own = np.flatnonzero(members[begin : begin + len(windows)]).tolist()
            missing = [number for number in own if number not in facts]
            if missing:
                tell(image.id)
                facts.update(zip(missing, painter.develop_some(image, missing), strict=True))
            donors += [Donor(looked.glances[begin + number], facts[number]) for number in own]
        if any(donor.facts.perfect is None for donor in donors):
            raise ScenarioError(
                f"fidelity: sampled needs truth, which {scenario.scene.kind!r} does not have; use"
                " fidelity: pixels"
            )
        if missed_thin is None:  # from the first sample only, as `known` depends on it
            missed_thin = missed_of_thin(donors)
        darkroom = Sampled(source, painter, membership, donors, windows, looked, missed_thin, known)
        darkroom.balance()
        if rules.error is None or membership.share >= 1.0 or len(donors) < 2:
            return darkroom
        sample = Sample(assembly, darkroom)
        told, asked = foreseen(sample), _SURE * rules.error
        if told <= asked:
            return darkroom
        spread = expected_spread(sample)
        membership = grown(membership, spread, asked / told * spread.error, lots)


def sample_of(darkroom: Darkroom) -> Sampled | None:
    """The sample that a flight's darkroom draws from; None if it does not draw from one."""
    inner = darkroom.darkroom if isinstance(darkroom, Counted) else darkroom
    return inner if isinstance(inner, Sampled) else None
