"""Which tiles are worth sending: whole images or whole tiles are dropped; each decision has its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from payload.types import CoverEstimate, Decision


@dataclass(frozen=True, slots=True)
class Policy:
    """What is dropped.

    Attributes:
        unit: `nothing`, a `tile` or the whole `image`.
        max_cloud_cover: The unit is dropped when its cover is above this.
    """

    unit: Literal["nothing", "tile", "image"]
    max_cloud_cover: float = 1.0


KEEP_ALL = Policy("nothing")


def decide(estimates: Sequence[CoverEstimate], policy: Policy) -> list[Decision]:
    """Decide on the tiles of one image, in their order.

    A tile without a single valid pixel is dropped by every policy that looks at pixels.
    """
    if policy.unit == "nothing":
        return [Decision(keep=True, reason="everything is kept")] * len(estimates)
    if policy.unit == "image":
        whole = image_cover(estimates)
        return [_judge(whole, policy, "image")] * len(estimates)
    return [_judge(estimate.cover, policy, "tile") for estimate in estimates]


def image_cover(estimates: Sequence[CoverEstimate]) -> float | None:
    """Cloudy share of all pixels with data; None where there is none."""
    valid_px = sum(estimate.valid_px for estimate in estimates)
    return sum(estimate.cloud_px for estimate in estimates) / valid_px if valid_px else None


def _judge(cover: float | None, policy: Policy, unit: str) -> Decision:
    limit = policy.max_cloud_cover
    if cover is None:
        return Decision(keep=False, reason=f"{unit} without data")
    if cover > limit:
        return Decision(keep=False, reason=f"{unit} cover {cover:.3f} above {limit:g}")
    return Decision(keep=True, reason=f"{unit} cover {cover:.3f} within {limit:g}")
