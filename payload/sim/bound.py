"""The value that a clairvoyant planner, knowing all clouds in advance, would deliver, or a bound on it."""

import math
from collections.abc import Iterable
from itertools import chain

from payload.analysis.requests import Wanted
from payload.errors import PluginError
from payload.geometry.grid import TileGrid
from payload.ledger import Image
from payload.plans import PlanContext
from payload.ports import Glancing
from payload.scheduling.exact import Milp
from payload.sim.assemble import Assembly
from payload.targets import is_clear_enough, is_within
from payload.types import Opportunity

SURE_DIGITS = 6
"""Decimals to which cloudy pixels, a sum of cover times pixels, are rounded: whole pixels become whole again."""


def clairvoyant(assembly: Assembly, images: Iterable[Image], wanted: Wanted) -> float | None:
    """The most that any planner could have delivered, in the value of `requests`.

    An opportunity is clear if its cover by a glance is within its target's limit, or if the flight took it and the truth
    says so. A shot of an area counts in full at every opportunity, since parts of it may be clear. Delivery takes no
    time. The result is therefore a bound on the optimum, not the optimum itself.

    Args:
        assembly: The scenario.
        images: The images that were taken.
        wanted: What was requested, with the truth of what was taken.

    Returns:
        None if a target is wanted more than once, the source cannot glance, or HiGHS is not installed.
    """
    if any(target.repeat_s < math.inf for target in assembly.targets):
        return None
    if not isinstance(assembly.source, Glancing):
        return None
    targets, found = assembly.target_named, _found_clear(images, wanted)
    looking = _Looking(assembly, assembly.source, wanted)
    clear = [
        item
        for item in chain.from_iterable(assembly.plannable.values())
        if item.start_s >= targets[item.target].arrives_s
        and (
            targets[item.target].coverage is not None or item.id in found or looking.is_clear(item)
        )
    ]
    context = PlanContext(
        now_s=0.0,
        opportunities=clear,
        pending=frozenset(item.target for item in clear),
        priorities=assembly.worths,
        busy_until_s={},
        limits=assembly.limits,
        deadlines_s={
            target.name: target.due_s for target in assembly.targets if target.due_s < math.inf
        },
    )
    try:
        plan = Milp().plan(context)
    except PluginError:
        return None
    return plan.value if plan.bound is None else plan.bound


def _found_clear(images: Iterable[Image], wanted: Wanted) -> set[str]:
    """Opportunities that were clear according to the truth of their tiles."""
    named = {target.name: target for target in wanted.targets}
    found = set()
    for image in images:
        opportunity = image.acquisition.opportunity
        tiles = [wanted.estimates[item] for item in image.acquisition.tile_ids]
        clear_px = sum(tile.clear_px or 0 for tile in tiles)
        valid_px = sum(tile.valid_px for tile in tiles)
        limit = wanted.limit(named[opportunity.target])
        if is_clear_enough(limit, clear_px=clear_px, pixels=valid_px):
            found.add(opportunity.id)
    return found


class _Looking:
    """Glances at opportunities that were not taken."""

    def __init__(self, assembly: Assembly, source: Glancing, wanted: Wanted) -> None:
        sensor = assembly.sensor
        self._camera, self._source, self._wanted = assembly.camera, source, wanted
        self._targets = assembly.target_named
        self._windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows

    def is_clear(self, item: Opportunity) -> bool:
        """Whether the cover of an opportunity is within its target's limit."""
        glances = self._source.glance(self._camera.view(item), self._windows)
        pixels = [window.pixels for window in self._windows]
        cloudy_px = math.fsum(
            glance.cover * count for glance, count in zip(glances, pixels, strict=True)
        )
        limit = self._wanted.limit(self._targets[item.target])
        return is_within(limit, cloudy_px=round(cloudy_px, SURE_DIGITS), pixels=sum(pixels))
