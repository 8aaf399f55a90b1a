"""What a run will take, before it is flown: seconds, memory and disk, from a plan and a few of its images.

Nothing is flown. Geometry and the first plan are computed as in the run, and timed; some of the planned images are
processed, and timed; what the memo holds is expected to take no work; what a tile costs in ledger and tables is counted in
bare SimPy events, timed on this machine.
"""

import math
import os
from dataclasses import dataclass

from payload.darkroom.facts import TileFacts
from payload.darkroom.sampled import FEWEST_TILES
from payload.darkroom.store import find_store
from payload.estimate.costs import Extent
from payload.estimate.products import products_of
from payload.estimate.remembering import remembered_share
from payload.estimate.trying import timed, work_on_some
from payload.estimate.turns import expect_turns
from payload.scenario.models import SampledModel, Scenario
from payload.sim import Assembly, assemble
from payload.sim.arms import ARMS
from payload.sim.flights import WORTH_PX
from payload.sim.loops.first_plan import Opening
from payload.sim.loops.replanning import expect_replanning
from payload.sim.yardstick import bare_event_s
from payload.types import Opportunity

SAMPLED_TILES, SAMPLED_ERROR = 1_000, 0.02
"""Tiles painted until a sample reached that error. Measured on 51,156 tiles; errors fall as the root of their number."""
LONG_PLAN_S = 10.0
"""[s] A plan that takes longer is not repeated to be timed."""
DRAW_S_IN_EVENTS = 400
"""Bare events for a glance at a tile and a draw of its donor. Measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take, each within a factor of two.

    Attributes:
        images: Images planned with all requests known beforehand, plus repeats of recurring targets and retakes of
            cloudy ones; with a camera ahead, only those that become clear.
        tiles: Tiles of those images.
        cpu_s: [s] Time of one core.
        memory_bytes: [byte] Peak memory.
        disk_bytes: [byte] Size of the results folder.
        image_s: [s] Time of one core per image, averaged over those in the memo and those not.
        at_once: Processes that would share the work on this machine.
        advice: What a person should know about planning before a long flight; None if planning takes little.
    """

    images: int
    tiles: int
    cpu_s: float
    memory_bytes: int
    disk_bytes: int
    image_s: float
    at_once: int
    advice: str | None = None

    def sentence(self) -> str:
        """The estimate in words."""
        images = "1 image" if self.images == 1 else f"{self.images:,} images"
        expected = (
            f"about {self.cpu_s:.0f} s of one core, {self.memory_bytes / 1e6:.0f} MB of memory and "
            f"{self.disk_bytes / 1e6:.1f} MB of disk, each within a factor of two: "
            f"{images} with {self.tiles:,} tiles expected, for {len(ARMS)} arms"
        )
        return expected if self.advice is None else f"{expected}; {self.advice}"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The work of a flight, by kind, before it is done.

    Attributes:
        assembly: The scenario, assembled without a memo.
        planned: Images of the first plan, as if all requests were known at its time.
        facts: Facts of the tiles of some of them.
        event_s: [s] Time of a bare SimPy event.
        settled_s: [s] Time of geometry, of all plans of all arms, and of the looks of a camera ahead, which all arms share.
        images: As in `Estimate`.
        painted_s: [s] Time of pixel work on an image without the memo.
        remembered: Share of that work that the memo saves, 0 to 1.
        drawn_s: [s] Time of draws for an image.
        extent: Amounts of everything else.
        advice: As in `Estimate`.
    """

    assembly: Assembly
    planned: tuple[Opportunity, ...]
    facts: list[TileFacts]
    event_s: float
    settled_s: float
    images: int
    painted_s: float
    remembered: float
    drawn_s: float
    extent: Extent
    advice: str | None

    @property
    def summed_s(self) -> float:
        """[s] Time of a flight that produces only its sums, without pixel work, in a process that has flown before."""
        return (
            self.settled_s + self.images * self.drawn_s + self.event_s * self.extent.summed_events
        )


def estimate(scenario: Scenario) -> Estimate:
    """Estimate what `run` will take on this machine.

    Raises:
        PayloadError: The scenario cannot be assembled or planned, or an image of it cannot be processed.
    """
    work = foresee(scenario)
    products = products_of(work.assembly, work.planned, work.facts, work.extent.tiles)
    image_s = work.painted_s * (1.0 - work.remembered) + work.drawn_s
    return Estimate(
        images=work.images,
        tiles=work.extent.tiles,
        cpu_s=work.settled_s
        + work.images * image_s
        + products.shown_s
        + work.event_s * work.extent.events,
        memory_bytes=work.extent.memory_bytes,
        disk_bytes=work.extent.disk_bytes + products.bytes,
        image_s=image_s,
        at_once=_at_once(work.assembly, work.images),
        advice=work.advice,
    )


def foresee(scenario: Scenario) -> Foreseen:
    """Estimate the work of a flight on this machine.

    Raises:
        PayloadError: The scenario cannot be assembled or planned, or an image of it cannot be processed.
    """
    event_s = bare_event_s()
    assembled_s, assembly = timed(lambda: assemble(scenario))
    opened_s, opening = timed(lambda: Opening(assembly))
    end_s = assembly.span_s  # requests that arrive during the flight are imaged, too
    planned_s, plan = timed(lambda: opening.plan(end_s))
    anew = expect_replanning(assembly, len(plan.images))
    again_s = planned_s
    if anew.plans > 1.0 and planned_s < LONG_PLAN_S:  # a planner may reuse a part of its last plan
        again_s = min(planned_s, timed(lambda: opening.plan_again(plan, end_s))[0])
    arms = len(ARMS)
    planning_s = arms * (planned_s + again_s * (anew.plans - 1.0) * anew.share)
    turns = expect_turns(assembly, plan.images)
    images = turns.images + anew.repeats
    worked_s, image_tiles, facts = work_on_some(assembly, plan.images)
    tiles = round(image_tiles * images)
    share = painted_share(scenario.sampled, tiles) if scenario.fidelity == "sampled" else 1.0
    remembered = remembered_share(assembly, plan.images, find_store(), share)
    painted_s, drawn_s = (worked_s, 0.0) if assembly.surrogate is None else (0.0, worked_s)
    if scenario.fidelity == "sampled":
        painted_s *= min(1.0, _alone(assembly) * share)
        drawn_s = event_s * DRAW_S_IN_EVENTS * tiles / max(images, 1)
    is_fresh = scenario.fidelity == "sampled" and remembered < 1.0
    paints = images > 0 and (scenario.fidelity == "pixels" or is_fresh)
    is_compiled = paints or images >= 200  # many glances load it too
    extent = Extent(
        images=images,
        tiles=tiles,
        states=sum(path.time_s.size for path in assembly.ephemerides.values()),
        contacts=sum(map(len, assembly.contacts.values())),
        opportunities=sum(map(len, assembly.opportunities.values())),
        looks=anew.looks,
        is_compiled=is_compiled,
        painted_px=_painted_px(assembly) if paints else 0,
        hands_out=not anew.is_bounded,
    )
    return Foreseen(
        assembly=assembly,
        planned=plan.images,
        facts=facts,
        event_s=event_s,
        settled_s=assembled_s + arms * opened_s + planning_s + turns.looks * turns.look_s,
        images=images,
        painted_s=painted_s,
        remembered=remembered,
        drawn_s=drawn_s,
        extent=extent,
        advice=anew.advice_on(planning_s),
    )


def _painted_px(assembly: Assembly) -> int:
    """[px] Pixels painted at a time: a tile with the margin that the masker needs."""
    sensor, margin_px = assembly.sensor, assembly.masker.margin_px
    height_px, width_px = (
        min(side_px, assembly.tile_px) + 2 * margin_px
        for side_px in (sensor.height_px, sensor.width_px)
    )
    return height_px * width_px


def _alone(assembly: Assembly) -> float:
    """Time of a tile that is painted alone, with its margins, relative to one among others; 1.4 was measured at 256 px."""
    sensor, tile_px = assembly.sensor, assembly.tile_px
    return _painted_px(assembly) / (min(sensor.height_px, tile_px) * min(sensor.width_px, tile_px))


def _at_once(assembly: Assembly, images: int) -> int:
    """Number of processes that `run` uses for this many images, if allowed."""
    px = images * assembly.sensor.width_px * assembly.sensor.height_px
    is_worth_it = px >= WORTH_PX.get(assembly.scenario.fidelity, math.inf)
    return (os.cpu_count() or 1) if is_worth_it else 1


def painted_share(rules: SampledModel, tiles: int) -> float:
    """Expected share of tiles that a sample paints; for few tiles the same error takes a smaller sample.

    Source: Cochran, Sampling Techniques (3rd ed., 1977), section 4.4.
    """
    wanted = max(rules.fraction * tiles, FEWEST_TILES)
    if rules.error is not None:
        of_many = SAMPLED_TILES * (SAMPLED_ERROR / rules.error) ** 2
        wanted = max(wanted, of_many * tiles / (of_many + tiles))
    return min(1.0, wanted / max(tiles, 1))
