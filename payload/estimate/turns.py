"""How often a planned place is imaged while it is cloudy, and how often a camera ahead looks at it first."""

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
    """What is expected of the images of a first plan.

    Attributes:
        images: That are taken in the end.
        looks: Of a camera ahead, at a place each.
        look_s: [s] Of CPU that one of them takes.
    """

    images: int
    looks: int = 0
    look_s: float = 0.0


def expect_turns(assembly: Assembly, planned: tuple[Opportunity, ...]) -> Turns:
    """Each place has its turn again as often as the last one was cloudy, while its target has chances left.

    It is imaged then; a camera ahead looks at it, and it is imaged once it is clear. Where the scene has no glance nobody
    knows what is cloudy, and each is imaged once.
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
    """Of some planned images, those too cloudy for their target."""
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
    """Opportunities of each image's target after the image."""
    columns = assembly.calendar.columns
    chances = dict(zip(columns.targets, columns.of_target, strict=True))
    return [
        len(own) - bisect_right(own, image.end_s, key=columns.start_s.__getitem__)
        for image in planned
        for own in (chances[image.target],)
    ]


def _look_s(assembly: Assembly, planned: tuple[Opportunity, ...]) -> float:
    """[s] Of CPU that the camera ahead takes to look at a place, in the mean of some."""
    camera, some = assembly.camera_ahead, spread(planned, _TIMED_LOOKS)
    taken_s, _ = timed(
        lambda: [
            camera.tell(item, assembly.target_named[item.target], item.start_s - camera.lead_s)
            for item in some
        ]
    )
    return taken_s / len(some)
