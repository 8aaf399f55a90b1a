"""What a summary says about energy and processing time, as plain values."""

from dataclasses import dataclass

from payload.report.checked import Count, Real


@dataclass(frozen=True, slots=True)
class Energy:
    """[J] Energy by consumer; None if the processor's profile does not state its power draw."""

    compute: Real | None


@dataclass(frozen=True, slots=True)
class PowerUse:
    """Where the fleet's energy came from and went, and what was refused for lack of it."""

    harvested_j: Real
    used_j: Real
    lost_j: Real
    spilled_j: Real
    unserved_j: Real
    lowest_charge: Real
    refused: Count
    refused_imaging: Count
    refused_processing: Count
    refused_transmitting: Count
    waited_s: Real
    throttled_s: Real
    hottest_c: Real | None


@dataclass(frozen=True, slots=True)
class LateTiles:
    """Tiles that the processor had no time for, by what happened to them."""

    tiles: Count
    sent_unmasked: Count
    dropped: Count
    kept: Count
