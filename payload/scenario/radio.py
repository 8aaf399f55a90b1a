"""The radio: where its antenna looks, and how long it may send."""

from typing import Literal

from pydantic import Field

from payload.scenario.section import Section


class RadioModel(Section):
    """How the radio shares the satellite with the camera, and how long it may send."""

    antenna: Literal["steerable", "body_fixed"] = Field(
        "steerable",
        description="`body_fixed`: the satellite turns to send, so that imaging and downlink exclude each "
        "other, the turn included.",
    )
    first: Literal["imaging", "downlink"] = Field(
        "imaging",
        description="For `body_fixed`: `imaging` interrupts contacts for images that are planned; "
        "`downlink` plans no image that a contact would suffer from.",
    )
    cover_reports: bool = Field(
        True,
        description="A report of each image goes down before its tiles, 24 bytes and one a tile: which were "
        "pruned, at which cover. Without it the ground cannot tell pruned tiles from lost ones.",
    )
    slew_deg_per_s: float = Field(
        1.0, gt=0, le=100, description="[deg/s] How fast the satellite turns. Assumption: 1."
    )
    settle_s: float = Field(
        5.0, ge=0, le=3600, description="[s] To come to rest after a turn. Assumption: 5."
    )
    max_transmit_s_per_orbit: float | None = Field(
        None,
        gt=0,
        le=1e6,
        description="[s] Of transmission in any stretch of time as long as an orbit; no limit if left out.",
    )
    nak_delay_s: float = Field(
        0.0,
        ge=0,
        le=86400,
        description="[s] From the last frame of a round to the request for the missing ones on board; "
        "other records go down meanwhile.",
    )
    lock_anew: bool = Field(
        False,
        description="Whether a pass that is taken up late, because radio or antenna was busy, needs the link's "
        "acquisition_s from then on. If not, the station is thought to have followed the signal before.",
    )
