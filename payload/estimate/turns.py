"""How often a planned target is imaged because of cloud, and how often a camera ahead looks at it first."""

import math
from bisect import bisect_right
from dataclasses import dataclass

from payload.estimate.trying import glances_of, spread, timed
from payload.ports import Glancing
from payload.sim import Assembly
from payload.targets import is_within
from payload.types import Opportunity

_TIMED_LOOKS = 8


@dataclass(frozen=True, slots=True)
class Turns:
    """Expected images and looks for the images of a first plan.

    Attributes:
        images: Images taken in the end.
        looks: Looks of a camera ahead, each at one target.
        look_s: [s] CPU time of one look.
    """

    images: int
    looks: int = 0
    look_s: float = 0.0


def expect_turns(assembly: Assembly, planned: tuple[Opportunity, ...]) -> Turns:
    """Expect another turn for a target as long as the last one was cloudy and it has opportunities left.

    A turn is an image. With a camera ahead it is a look, and the target is imaged once it is clear. If the scene has no
    glance, each target is imaged once.
    """
    rules = assembly.scenario.rescheduling
    if rules.policy == "none" or not planned or not isinstance(assembly.source, Glancing):
        return Turns(len(planned))
    cloudy = _cloudy_share(assembly, planned)
    looks_ahead = rules.policy == "look_ahead"
    most = math.inf if looks_ahead else 1 + rules.max_retakes
    tries = [int(min(most, 1 + left)) for left in _chances_left(assembly, planned)]
    turns = round(sum(cloudy**turn for each in tries for turn in range(each)))
    if not looks_ahead:
        return Turns(turns)
    images = round(sum(1.0 - cloudy**each for each in tries))
    return Turns(images, turns, _look_s(assembly, planned))


def _cloudy_share(assembly: Assembly, planned: tuple[Opportunity, ...]) -> float:
    """Share of some planned images that is too cloudy."""
    most = assembly.scenario.rescheduling.max_cloud_cover
    seen = glances_of(assembly, planned)
    return sum(
        not is_within(
            most,
            cloudy_px=sum(tile.cover * (tile.pixels or 1) for tile in tiles),
            pixels=sum(tile.pixels or 1 for tile in tiles),
        )
        for tiles in seen
    ) / len(seen)


def _chances_left(assembly: Assembly, planned: tuple[Opportunity, ...]) -> list[int]:
    """Number of opportunities left after each image for its target."""
    columns = assembly.calendar.columns
    chances = dict(zip(columns.targets, columns.of_target, strict=True))
    return [
        len(own) - bisect_right(own, image.end_s, key=columns.start_s.__getitem__)
        for image in planned
        for own in (chances[image.target],)
    ]


def _look_s(assembly: Assembly, planned: tuple[Opportunity, ...]) -> float:
    """[s] CPU time of one look of the camera ahead, averaged over some."""
    camera, some = assembly.camera_ahead, spread(planned, _TIMED_LOOKS)
    taken_s, _ = timed(
        lambda: [
            camera.tell(item, assembly.target_named[item.target], item.start_s - camera.lead_s)
            for item in some
        ]
    )
    return taken_s / len(some)
