"""What happens after a cloudy image, who knows of it and when, and what is forecast before one."""

import math
from typing import Literal

from pydantic import Field

from payload.scenario.section import Section, Share
from payload.units import S_PER_H, S_PER_MIN


class ForecastModel(Section):
    """Forecasts of clear scenes, issued when a plan is made, for planners that use them."""

    skill: Share = Field(
        0.6,
        description="Correlation of what is forecast with what comes, at no lead time: 0 knows the climate alone, "
        "1 sees the sky of squares as large as an image. Assumption: 0.6.",
    )
    memory_h: float = Field(
        72.0,
        gt=0,
        le=24 * 366,
        description="[h] Lead time in which that correlation falls to 1/e of itself. Assumption: three days.",
    )

    @property
    def memory_s(self) -> float:
        """[s] The same in seconds."""
        return self.memory_h * S_PER_H


class LookAheadModel(Section):
    """A camera that looks at places before they are imaged, for the policy `look_ahead`."""

    lead_s: float = Field(
        120.0,
        ge=10,
        le=3600,
        description="[s] How long before an image it looks there. What it sees is the sky of then.",
    )
    skill: Share = Field(
        0.9,
        description="How often it tells what it sees; else it tells the cover of the same place on another day. "
        "Assumption: 0.9.",
    )
    by: Literal["itself", "companion"] = Field(
        "itself",
        description="`itself`: the satellite looks forward, and sees what is not yet below its horizon. "
        "`companion`: another one flies ahead and tells at once; it takes no images.",
    )
    reserve_odds: Share | None = Field(
        0.05,
        description="A satellite takes a place that another one is to take if its camera tells that it is clear and the "
        "odds that nobody has taken it are at least these: more clear images for images that were taken before. null "
        "leaves all such places to the others. Assumption: 0.05.",
    )
    cloud_memory_h: float = Field(
        6.0,
        gt=0,
        le=24 * 366,
        description="[h] For these odds: time in which a place's sky falls to 1/e of its likeness. Assumption: 6, between "
        "the lifetimes of structures of 10 km and of 500 km in the synthetic world (1.9 and 30 h).",
    )

    @property
    def cloud_memory_s(self) -> float:
        """[s] The same in seconds."""
        return self.cloud_memory_h * S_PER_H


class ReschedulingModel(Section):
    """What happens to a target whose image is cloudy, and what each place knows and when."""

    policy: Literal["none", "next_opportunity", "ground_loop", "on_board", "look_ahead"] = Field(
        "none",
        description="`none`: no target is taken again. `next_opportunity`: what a satellite finds cloudy is put back "
        "at once, as if all knew at once. `ground_loop`: the ground learns of it when it hears of it in a contact, and "
        "a new plan flies from the next uplink to each satellite. `on_board`: each satellite besides plans its own "
        "targets anew from what it knows itself. `look_ahead`: it besides skips what a camera ahead tells is cloudy.",
    )
    max_cloud_cover: Share = Field(
        0.7,
        description="An image is cloudy when its cover is above this, unless its target says otherwise.",
    )
    max_retakes: int = Field(
        2, ge=0, le=1000, description="How often one target may be taken again."
    )
    every_min: float | None = Field(
        None,
        ge=1,
        le=60 * 24 * 366,
        description="[min] The ground plans anew each so many minutes, besides at contacts, news and requests.",
    )
    horizon_h: float | None = Field(
        None,
        ge=1,
        le=24 * 366,
        description="[h] Plans look no further ahead, and the ground plans anew at least twice in that time; to the end "
        "of the flight if left out. It keeps planning short in long flights whose targets are wanted again and again: "
        "`best-of`, `density`, `forecast` and `milp`, and all planners with a forecast, otherwise weigh all that is left "
        "each time, and planning grows as the square of the days. A satellite that is out of contact for longer runs out of plan.",
    )
    ground_delay_min: float = Field(
        0.0,
        ge=0,
        le=60 * 24 * 30,
        description="[min] From the arrival of a cover report or an image to the planner, for policies that plan on "
        "the ground. Assumption: none.",
    )
    plans_memory: bool = Field(
        False,
        description="Plans keep to the memory as it is reckoned where they are made: images come in raw, contacts let "
        "out what the link carries at most. If not, an image that finds no room overflows.",
    )
    plans_energy: bool = Field(
        False,
        description="With `power`: an orbit's images take no more than the array brings in a mean orbit beyond what is "
        "always on.",
    )
    bound: bool = Field(
        False,
        description="The summary tells the value of one who knew all clouds beforehand, or a bound of it, by HiGHS "
        "(extra `oracle`).",
    )
    forecast: ForecastModel | None = Field(
        None, description="What planners foresee; nothing if left out."
    )
    look_ahead: LookAheadModel = Field(
        default_factory=LookAheadModel, description="Used with `policy: look_ahead`."
    )

    @property
    def horizon_s(self) -> float:
        """[s] How far plans look ahead; infinite if not set."""
        return math.inf if self.horizon_h is None else self.horizon_h * S_PER_H

    @property
    def every_s(self) -> float | None:
        """[s] Period of planning: as set, or shorter so that no plan ends before the next is made; None if there is none."""
        said_s = math.inf if self.every_min is None else self.every_min * S_PER_MIN
        period_s = min(said_s, self.horizon_s / 2)
        return None if math.isinf(period_s) else period_s

    @property
    def ground_delay_s(self) -> float:
        """[s] From arrival on the ground to the planner."""
        return self.ground_delay_min * S_PER_MIN
