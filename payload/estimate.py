"""What a run will take, before it is flown: seconds, memory and disk, from a plan and a few of its images.

Nothing is flown. Geometry and the first plan are computed as in the run, and timed; some of the planned images are
worked on, and timed; what a tile costs in books and tables is counted in bare events of SimPy, timed on this machine.
"""

import math
import os
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from payload.compression import seal
from payload.compression.sealing import open_record
from payload.darkroom.facts import TileFacts
from payload.darkroom.glances import glances_at
from payload.darkroom.memo import Memo
from payload.darkroom.sampled import FEWEST_TILES
from payload.downlink import capacity_bytes
from payload.equipment import loss_of
from payload.geometry.grid import TileGrid
from payload.imaging.tiling import cut_tile
from payload.ports import Glancing
from payload.products.czml import MOST_STATES
from payload.products.downlink import SAMPLE as RESTORED
from payload.products.gallery import MOST as PICTURES
from payload.products.ground_segment import InstalledCodecs
from payload.scenario.models import SampledModel, Scenario
from payload.scratch import scratch_folder
from payload.sim import Assembly, assemble
from payload.sim.arms import ARMS
from payload.sim.flights import MOST_TILES, WORTH_PX
from payload.sim.loops.first_plan import Opening
from payload.sim.loops.replanning import expect_replanning
from payload.sim.yardstick import bare_event_s
from payload.types import Glance, Opportunity, Tile

Found = TypeVar("Found")

SAMPLE = {"surrogate": 24, "sampled": 2, "pixels": 2}
"""Planned images that are worked on to time them, by fidelity."""

SAMPLED_TILES, SAMPLED_ERROR = 1_000, 0.02
"""So many tiles were painted until a sample was good to that error. Measured on 51,156 tiles; errors fall as its root."""
LONG_PLAN_S = 10.0
"""[s] A plan that takes longer is not made twice to be timed."""
ALONE = 1.4
"""Time of a tile that is painted alone, with its margins, over that of one among others. Measured at 256 px."""
DRAW_S_IN_EVENTS = 400
"""Bare events that fit into a glance at a tile and a draw of its donor. Measured."""
EVENTS_PER_TILE = 90
"""Bare events that fit into what a tile of an arm takes beyond its facts. Measured on 15,036 tiles: the story 40, its
sums, tables and page the rest."""
EVENTS_PER_CONTACT = 120
"""Bare events that fit into a contact of an arm, whatever it carries. Measured: the story 70, its rows the rest."""
EVENTS_PER_STATE = 4.5
"""Bare events that fit into a satellite's state, in words and as a place of the track. Measured."""
EVENTS_PER_SHOWN_STATE = 9
"""Bare events that fit into a state that the animation shows. Measured."""
LOOK_S_IN_EVENTS = 200
"""Bare events that fit into looking at what has changed of a satellite when the ground plans, and what it then plans itself,
where plans are kept. Measured: 110 to 360."""
START_S_IN_EVENTS = 2_300_000
"""Bare events that fit into what any run takes: imports, the checks, an empty report. Measured: 1.1 s."""
BASE_BYTES = 215_000_000
"""[byte] Memory of a process that has loaded what any run needs. Measured."""
COMPILED_S_IN_EVENTS = 1_500_000
"""Bare events that fit into loading the compiler and what it has kept. Measured: 0.7 s."""
COMPILED_BYTES = 120_000_000
"""[byte] Of the compiler, which painting and many glances load where it is installed. Measured."""
PAINTED_BYTES = 400
"""[byte] Memory of a pixel of the tile that is painted and masked, its margin included. Measured at 1,024 px."""
COLUMN_BYTES = 80
"""[byte] Memory of an opportunity as a row of columns. Measured."""
OPPORTUNITY_BYTES = 350
"""[byte] Memory of an opportunity that planners are handed, beside that. Measured."""
FACTS_BYTES = 900
"""[byte] Memory of what is known of a tile, once for all arms. Measured."""
TILE_BYTES = 1_100
"""[byte] Memory of a tile's entries and outcome, in each arm, where the flights are so small that all are kept. Measured."""
LASTING_BYTES = 300
"""[byte] Memory of a tile of a long flight: its delivery, its name, and what the masker says. Measured."""
STATE_BYTES = 50
"""[byte] Memory of a satellite's state. Measured."""
CONTACT_BYTES = 500
"""[byte] Memory of a contact, in each arm. Measured."""
GLANCED_IMAGES = 24
"""So many planned images are glanced at to tell how many tiles will be kept."""
COG_SHARE = 0.7
"""Size of a restored tile's file over that of its samples, 16 bits each. Measured."""
PAGE_BYTES = 5_100_000
"""[byte] On disk: the report, which holds its own drawing library. Measured."""
ROW_BYTES = 30
"""[byte] On disk: a tile's rows in all tables, in each arm, compressed. Measured."""
STATE_TEXT_BYTES, SHOWN_STATE_BYTES = 107, 43
"""[byte] On disk: a satellite's state as a line of its ephemeris and half a place of the track, and one that the animation
shows. Measured."""
CONTACT_TEXT_BYTES = 630
"""[byte] On disk: a contact in plan and tables. Measured."""
IMAGE_TEXT_BYTES = 1_500
"""[byte] On disk: what an image covers, for maps and for the animation. Measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take, each within a factor of two.

    Attributes:
        images: Planned at the start, later where a target is wanted again and again, and again where one is cloudy.
        tiles: Of those images.
        cpu_s: [s] Of one core.
        memory_bytes: [byte] At most at a time.
        disk_bytes: [byte] Of the results folder.
        image_s: [s] Of one core that an image takes.
        at_once: Processes that would share the work on this machine.
        advice: What a person should know of planning before a long flight; None where it takes little.
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
        """For people."""
        images = "1 image" if self.images == 1 else f"{self.images:,} images"
        expected = (
            f"about {self.cpu_s:.0f} s of one core, {self.memory_bytes / 1e6:.0f} MB of memory and "
            f"{self.disk_bytes / 1e6:.1f} MB of disk, each within a factor of two: "
            f"{images} of {self.tiles:,} tiles expected, for {len(ARMS)} arms"
        )
        return expected if self.advice is None else f"{expected}; {self.advice}"


def estimate(scenario: Scenario) -> Estimate:
    """Expect what `run` will take on this machine.

    Raises:
        PayloadError: The scenario cannot be assembled or planned, or an image of it not be worked on.
    """
    event_s = bare_event_s()
    assembled_s, assembly = _timed(lambda: assemble(scenario))
    opened_s, opening = _timed(lambda: Opening(assembly))
    planned_s, plan = _timed(opening.plan)
    anew = expect_replanning(assembly, len(plan.images))
    again_s = planned_s
    if anew.plans > 1.0 and planned_s < LONG_PLAN_S:  # a planner may know a part of the next plan
        again_s = min(planned_s, _timed(lambda: opening.plan_again(plan))[0])
    arms = len(ARMS)
    planning_s = arms * (planned_s + again_s * (anew.plans - 1.0) * anew.share)
    images = len(plan.images) + anew.repeats + _retakes(assembly, plan.images)
    image_s, facts = _sampled(assembly, plan.images)
    worked_on = max(1, min(SAMPLE[scenario.fidelity], len(plan.images)))
    tiles = round(len(facts) / worked_on * images)
    is_painted = scenario.fidelity == "pixels"
    if scenario.fidelity == "sampled":
        share = _painted_share(scenario.sampled, tiles)
        image_s *= min(1.0, ALONE * share)
        image_s += event_s * DRAW_S_IN_EVENTS * tiles / max(images, 1)
    is_compiled = scenario.fidelity != "surrogate" or images >= 200  # many glances load it too
    products = _products(assembly, plan.images, facts, tiles) if is_painted else Products(0.0, 0)
    states = sum(path.time_s.size for path in assembly.ephemerides.values())
    shown_states = min(states, MOST_STATES)
    contacts = sum(map(len, assembly.contacts.values()))
    opportunities = sum(map(len, assembly.opportunities.values()))
    return Estimate(
        images=images,
        tiles=tiles,
        cpu_s=assembled_s
        + arms * opened_s
        + planning_s
        + images * image_s
        + products.shown_s
        + event_s
        * (
            START_S_IN_EVENTS
            + COMPILED_S_IN_EVENTS * is_compiled
            + EVENTS_PER_TILE * tiles * arms
            + EVENTS_PER_CONTACT * contacts * arms
            + EVENTS_PER_STATE * states
            + EVENTS_PER_SHOWN_STATE * shown_states
            + LOOK_S_IN_EVENTS * anew.looks * arms
        ),
        memory_bytes=BASE_BYTES
        + (COMPILED_BYTES if is_compiled else 0)
        + (0 if scenario.fidelity == "surrogate" else PAINTED_BYTES * _painted_px(assembly))
        + COLUMN_BYTES * opportunities
        + (0 if anew.is_bounded else OPPORTUNITY_BYTES * opportunities)
        + min(tiles, MOST_TILES) * (FACTS_BYTES + arms * TILE_BYTES)
        + tiles * LASTING_BYTES
        + states * STATE_BYTES
        + contacts * arms * CONTACT_BYTES,
        disk_bytes=PAGE_BYTES
        + ROW_BYTES * tiles * arms
        + STATE_TEXT_BYTES * states
        + SHOWN_STATE_BYTES * shown_states
        + CONTACT_TEXT_BYTES * contacts
        + IMAGE_TEXT_BYTES * images
        + products.bytes,
        image_s=image_s,
        at_once=_at_once(assembly, images),
        advice=anew.advice_on(planning_s),
    )


@dataclass(frozen=True, slots=True)
class Products:
    """What a flight by pixels leaves beside its tables.

    Attributes:
        shown_s: [s] Of tiles that are looked at once more for a picture, and of those decoded for a file.
        bytes: [byte] Containers and restored tiles.
    """

    shown_s: float
    bytes: int


def _products(
    assembly: Assembly,
    images: tuple[Opportunity, ...],
    facts: Sequence[TileFacts],
    tiles: int,
) -> Products:
    """What is kept comes down, as far as the contacts carry it, and some of it is shown."""
    if not tiles:
        return Products(0.0, 0)
    tile_bytes = sum(fact.encoded_bytes for fact in facts) / len(facts)
    kept_bytes = tile_bytes * tiles * _kept_share(assembly, images, facts)
    carried_bytes = sum(
        capacity_bytes(
            assembly.link.profile(window, assembly.ephemerides[name]), window.aos_s, window.los_s
        )
        for name, windows in assembly.contacts.items()
        for window in windows
    )
    down_bytes = min(kept_bytes, carried_bytes)
    delivered = math.ceil(down_bytes / tile_bytes) if tile_bytes else 0
    restored = {"all": delivered, "sample": min(RESTORED, delivered), "none": 0}[
        assembly.scenario.products.tiles
    ]
    sample_bytes = 2 * len(assembly.sensor.bands) * sum(fact.pixels for fact in facts) / len(facts)
    picture_s, restored_s = _shown(assembly, images)
    return Products(
        min(PICTURES, tiles) * picture_s + restored * restored_s,
        round(down_bytes + restored * COG_SHARE * sample_bytes),
    )


def _shown(assembly: Assembly, images: tuple[Opportunity, ...]) -> tuple[float, float]:
    """[s] That a tile takes of which a picture is made, and one that is restored from its record.

    Neither is coded once more, which is most of the work with the strongest codecs.
    """
    chosen = _spread(images, SAMPLE["pixels"])
    pictures_s, tiles = _timed(lambda: [_looked_at(assembly, image) for image in chosen])
    kind, loss = assembly.scenario.codec.kind, loss_of(assembly.scenario)
    records = [seal(tile, assembly.codec, kind, loss=loss).record for tile in tiles]
    codecs = InstalledCodecs()
    open_record(records[0], codecs)  # what is compiled once is compiled
    restored_s, _ = _timed(lambda: [open_record(record, codecs) for record in records])
    return pictures_s / len(chosen), restored_s / len(chosen)


def _looked_at(assembly: Assembly, image: Opportunity) -> Tile:
    """A tile from the middle of an image, painted and masked."""
    scene = assembly.source.scene(assembly.camera.view(image))
    places = TileGrid(scene.height_px, scene.width_px, assembly.tile_px).places
    tile = cut_tile(
        scene,
        image.id,
        places[len(places) // 2],
        tile_px=assembly.tile_px,
        margin_px=assembly.masker.margin_px,
    )
    assembly.masker.predict(tile)
    return tile


def _kept_share(
    assembly: Assembly, images: tuple[Opportunity, ...], facts: Sequence[TileFacts]
) -> float:
    """The share of tiles that are not pruned: at a glance where the scene has one, else by masks."""
    limit = assembly.scenario.pruning.max_cloud_cover
    covers: list[float | None]
    if isinstance(assembly.source, Glancing):
        covers = [glance.cover for seen in _glances(assembly, images) for glance in seen]
    else:
        covers = [fact.estimate.cover for fact in facts]
    return sum(cover is None or cover <= limit for cover in covers) / len(covers)


def _retakes(assembly: Assembly, images: tuple[Opportunity, ...]) -> int:
    """How many images are taken again: each as often as the last one is cloudy, while its target has chances left.

    Where the scene has no glance none are counted.
    """
    rules = assembly.scenario.rescheduling
    if rules.policy == "none" or not images or not isinstance(assembly.source, Glancing):
        return 0
    seen = _glances(assembly, images)
    covers = [
        sum(tile.cover * (tile.pixels or 1) for tile in tiles)
        / sum(tile.pixels or 1 for tile in tiles)
        for tiles in seen
    ]
    cloudy = sum(cover > rules.max_cloud_cover for cover in covers) / len(covers)
    columns = assembly.calendar.columns
    chances = dict(zip(columns.targets, columns.of_target, strict=True))
    count = 0.0
    for image in images:
        own = chances[image.target]
        left = len(own) - bisect_right(own, image.end_s, key=columns.start_s.__getitem__)
        count += sum(cloudy**turn for turn in range(1, min(rules.max_retakes, left) + 1))
    return round(count)


def _glances(assembly: Assembly, images: tuple[Opportunity, ...]) -> list[list[Glance]]:
    """What is seen at a glance of the tiles of some planned images, of a scene that has one."""
    camera, sensor = assembly.camera, assembly.sensor
    windows = TileGrid(sensor.height_px, sensor.width_px, assembly.tile_px).windows
    views = [camera.view(image) for image in _spread(images, GLANCED_IMAGES)]
    return glances_at(cast(Glancing, assembly.source), views, windows)


def _spread(images: tuple[Opportunity, ...], count: int) -> list[Opportunity]:
    """So many of the planned images, evenly spread over the plan."""
    count = min(count, len(images))
    return [images[number * len(images) // count] for number in range(count)]


def _painted_px(assembly: Assembly) -> int:
    """[px] At a time: of a tile with the surroundings that the masker looks at."""
    sensor, margin_px = assembly.sensor, assembly.masker.margin_px
    height_px, width_px = (
        min(side_px, assembly.tile_px) + 2 * margin_px
        for side_px in (sensor.height_px, sensor.width_px)
    )
    return height_px * width_px


def _at_once(assembly: Assembly, images: int) -> int:
    """How many processes `run` has fly that, if it may."""
    px = images * assembly.sensor.width_px * assembly.sensor.height_px
    is_worth_it = px >= WORTH_PX.get(assembly.scenario.fidelity, math.inf)
    return (os.cpu_count() or 1) if is_worth_it else 1


def _painted_share(rules: SampledModel, tiles: int) -> float:
    """How large a sample is going to be, of so many tiles."""
    wanted = max(rules.fraction * tiles, FEWEST_TILES)
    if rules.error is not None:
        wanted = max(wanted, SAMPLED_TILES * (SAMPLED_ERROR / rules.error) ** 2)
    return min(1.0, wanted / max(tiles, 1))


def _sampled(assembly: Assembly, images: tuple[Opportunity, ...]) -> tuple[float, list[TileFacts]]:
    """[s] That an image takes, and the facts of the tiles of some, evenly spread over the plan."""
    camera, darkroom = assembly.camera, assembly.darkroom
    chosen = [camera.expose(image) for image in _spread(images, SAMPLE[assembly.scenario.fidelity])]
    if not chosen:
        return 0.0, []
    with scratch_folder() as folder:
        memo = Memo(darkroom, folder)
        darkroom.develop(chosen[0], folder / "first")  # what is loaded once is loaded
        with memo.looking_ahead(lambda: [acquisition.view for acquisition in chosen]):
            taken_s, facts = _timed(
                lambda: [
                    fact
                    for acquisition in chosen
                    for fact in memo.develop(acquisition, keep_records=True)
                ]
            )
    return taken_s / len(chosen), facts


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    """[s] Of CPU that a piece of work takes, and what it gives."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found
