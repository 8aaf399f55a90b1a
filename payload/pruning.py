"""Which tiles are worth sending: whole images or whole tiles are dropped; each decision has its reason.

A tile can be judged in two ways. By its *cover*: the share of its pixels that the mask calls cloud. Or
by its *expected cover*, the mean probability of cloud, which settles what is better, to send the tile
or to lose it, where probabilities are calibrated: let a clear pixel lost cost r times as much as a
cloudy pixel sent. Of n pixels n (1 - c) are expected to be clear and n c to be cloud. To lose the tile
is expected to cost r n (1 - c), to send it n c; it is dropped where the former is less: c > r / (1 + r).
A pixel that is half sure counts half, where the mask has to call it one or the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from payload.types import CoverEstimate, Decision


@dataclass(frozen=True, slots=True)
class Policy:
    """What is dropped.

    Attributes:
        unit: `nothing`, a `tile` or the whole `image`.
        max_cloud_cover: The unit is dropped when its cover is above this.
        judged_by: Which cover: of the mask, or expected from its probabilities.
    """

    unit: Literal["nothing", "tile", "image"]
    max_cloud_cover: float = 1.0
    judged_by: Literal["cover", "expected_cover"] = "cover"


KEEP_ALL = Policy("nothing")


def decide(estimates: Sequence[CoverEstimate], policy: Policy) -> list[Decision]:
    """Decide on the tiles of one image, in their order.

    A tile without a single valid pixel is dropped by every policy that looks at pixels.
    """
    if policy.unit == "nothing":
        return [Decision(keep=True, why="everything is kept")] * len(estimates)
    if policy.unit == "image":
        return _judge([_pooled(estimates, policy)], policy) * len(estimates)
    if policy.judged_by == "cover":
        return _judge([estimate.cover for estimate in estimates], policy)
    expected = [
        _expected_cloud_px(each) / each.valid_px if each.valid_px else None for each in estimates
    ]
    return _judge(expected, policy)


def image_cover(estimates: Sequence[CoverEstimate]) -> float | None:
    """Cloudy share of all pixels with data; None where there is none."""
    return _pooled(estimates, KEEP_ALL)


def expected_cover(estimate: CoverEstimate) -> float:
    """Expected cloudy share of a tile: by probabilities where there are some, else by its mask; 1 without data."""
    return _expected_cloud_px(estimate) / estimate.valid_px if estimate.valid_px else 1.0


def _pooled(estimates: Sequence[CoverEstimate], policy: Policy) -> float | None:
    """The cover that the policy asks for, of all pixels with data; None where there is none."""
    valid_px = sum([estimate.valid_px for estimate in estimates])
    if not valid_px:
        return None
    if policy.judged_by == "cover":
        return sum([estimate.cloud_px for estimate in estimates]) / valid_px
    return sum([_expected_cloud_px(estimate) for estimate in estimates]) / valid_px


def _expected_cloud_px(estimate: CoverEstimate) -> float:
    """Without probabilities the mask is all that is known."""
    expected = estimate.expected_cloud_px
    return estimate.cloud_px if expected is None else expected


def _judge(covers: Iterable[float | None], policy: Policy) -> list[Decision]:
    """A decision on each unit by its cover; None where it has no data."""
    limit = policy.max_cloud_cover
    blind, above, within = _words(policy)
    return [
        blind
        if cover is None
        else Decision(False, above, cover)
        if cover > limit
        else Decision(True, within, cover)
        for cover in covers
    ]


@lru_cache(maxsize=16)
def _words(policy: Policy) -> tuple[Decision, str, str]:
    """The decision on a unit without data, and why others are dropped and kept: of a policy, not of each unit."""
    limit, unit = policy.max_cloud_cover, policy.unit
    what = f"{unit} cover" if policy.judged_by == "cover" else f"{unit} expected cover"
    blind = Decision(keep=False, why=f"{unit} without data")
    return blind, f"{what} %.3f above {limit:g}", f"{what} %.3f within {limit:g}"
