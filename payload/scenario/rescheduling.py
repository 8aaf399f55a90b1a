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
        description="Correlation of forecast and outcome at zero lead time: 0 knows only the "
        "climate, 1 sees the sky at the scale of an image. Assumption: 0.6.",
    )
    memory_h: float = Field(
        72.0,
        gt=0,
        le=24 * 366,
        description="[h] Lead time over which that correlation falls to 1/e of itself. "
        "Assumption: three days.",
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
        description="[s] How long before an image it looks there; it sees the sky of that moment.",
    )
    skill: Share = Field(
        0.9,
        description="How often it reports what it sees; otherwise it reports the cover of the "
        "same place on another day. Assumption: 0.9.",
    )
    by: Literal["itself", "companion"] = Field(
        "itself",
        description="`itself`: the satellite looks forward, and sees what is not yet below its "
        "horizon. `companion`: another satellite flies ahead and reports at once; it takes no "
        "images.",
    )
    reserve_odds: Share | None = Field(
        0.05,
        description="A satellite takes a place assigned to another if its camera sees it clear "
        "and the odds that nobody has taken it are at least these: more clear images, at the "
        "price of places taken twice. null leaves all such places to the others. Assumption: "
        "0.05.",
    )
    cloud_memory_h: float = Field(
        6.0,
        gt=0,
        le=24 * 366,
        description="[h] For these odds: time over which the correlation of a place's sky falls "
        "to 1/e. Assumption: 6, between the lifetimes of structures of 10 km and of 500 km in "
        "the synthetic world (1.9 and 30 h).",
    )

    @property
    def cloud_memory_s(self) -> float:
        """[s] The same in seconds."""
        return self.cloud_memory_h * S_PER_H


class ReschedulingModel(Section):
    """What happens to a target whose image is cloudy, and what each place knows and when."""

    policy: Literal["none", "next_opportunity", "ground_loop", "on_board", "look_ahead"] = Field(
        "none",
        description="`none`: no target is taken again. `next_opportunity`: a target found cloudy "
        "is put back at once, as if everyone knew at once. `ground_loop`: the ground learns of "
        "it in a contact, and a new plan flies after the next uplink to each satellite. "
        "`on_board`: also, each satellite replans its own targets from what it knows itself. "
        "`look_ahead`: also, it skips places that a camera ahead reports as cloudy.",
    )
    max_cloud_cover: Share = Field(
        0.7,
        description="An image is cloudy if its cover exceeds this, unless its target says "
        "otherwise.",
    )
    max_retakes: int = Field(2, ge=0, le=1000, description="How often a target may be taken again.")
    every_min: float | None = Field(
        None,
        ge=1,
        le=60 * 24 * 366,
        description="[min] The ground also replans at this interval, besides at contacts, news "
        "and requests.",
    )
    horizon_h: float | None = Field(
        None,
        ge=1,
        le=24 * 366,
        description="[h] How far plans look ahead; the ground replans at least twice in that "
        "time. If omitted, to the end of the flight. A horizon keeps planning short in long "
        "flights with repeating targets: without one, `best-of`, `density`, `forecast`, `milp`, "
        "and all planners with a forecast, weigh all that remains each time, and planning grows "
        "with the square of the days. A satellite out of contact for longer runs out of plan.",
    )
    ground_delay_min: float = Field(
        0.0,
        ge=0,
        le=60 * 24 * 30,
        description="[min] From the arrival of a cover report or an image until the planner has "
        "it, for policies that plan on the ground. Assumption: none.",
    )
    plans_memory: bool = Field(
        False,
        description="Plans respect memory as predicted where they are made: images come in raw, "
        "contacts free at most what the link carries. Otherwise, an image that finds no room "
        "overflows.",
    )
    plans_energy: bool = Field(
        False,
        description="With `power`: an orbit's images use no more than the array generates in a "
        "mean orbit beyond what is always on.",
    )
    bound: bool = Field(
        False,
        description="The summary states what a planner with full knowledge of the clouds could "
        "have achieved, or a bound on it, by HiGHS (extra `oracle`).",
    )
    forecast: ForecastModel | None = Field(
        None, description="What planners foresee; nothing if omitted."
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
