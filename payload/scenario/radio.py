"""The radio: where its antenna looks, and how long it may send."""

from typing import Literal

from pydantic import Field

from payload.scenario.section import Section


class RadioModel(Section):
    """How the radio shares the satellite with the camera, and how long it may send."""

    antenna: Literal["steerable", "body_fixed"] = Field(
        "steerable",
        description="`body_fixed`: the satellite turns to transmit, so imaging and downlink "
        "exclude each other, including the turn.",
    )
    first: Literal["imaging", "downlink"] = Field(
        "imaging",
        description="For `body_fixed`: `imaging` interrupts contacts for planned images; "
        "`downlink` plans no image that would cut into a contact.",
    )
    cover_reports: bool = Field(
        True,
        description="A report of each image precedes its tiles, 24 bytes plus one per tile: "
        "which were pruned, at which cover. Without it the ground cannot tell pruned tiles from "
        "lost ones.",
    )
    slew_deg_per_s: float = Field(
        1.0, gt=0, le=100, description="[deg/s] How fast the satellite turns. Assumption: 1."
    )
    settle_s: float = Field(
        5.0, ge=0, le=3600, description="[s] Time to come to rest after a turn. Assumption: 5."
    )
    max_transmit_s_per_orbit: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="[s] Most transmission in any interval as long as an orbit; no limit if "
        "omitted.",
    )
    nak_delay_s: float = Field(
        0.0,
        ge=0,
        le=86400,
        description="[s] From the last frame of a round until the request for its missing frames "
        "is on board; other records are sent meanwhile.",
    )
    lock_anew: bool = Field(
        False,
        description="Whether a pass joined late, because radio or antenna was busy, needs the "
        "link's acquisition_s from then on. Otherwise the station is assumed to have been "
        "tracking the signal already.",
    )
