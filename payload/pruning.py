"""Which tiles are worth sending: whole images or whole tiles are dropped, and each decision states its reason.

A tile can be judged by its *cover*, the share of its pixels that the mask calls cloud, or by its *expected
cover*, the mean probability of cloud. If probabilities are calibrated, the latter tells whether it is better
to send the tile or to drop it. Let a clear pixel lost cost r times as much as a cloudy pixel sent. Of n
pixels, n (1 - c) are expected to be clear and n c to be cloud. The expected cost of dropping the tile is
r n (1 - c), that of sending it n c; it is dropped where the former is less: c > r / (1 + r). A pixel of
probability one half counts as half a cloudy pixel, where the mask has to call it one or the other.
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
        judged_by: Which cover is compared: that of the mask, or that expected from probabilities.
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
    """Cloudy share of all pixels with data; None if there are none."""
    return _pooled(estimates, KEEP_ALL)


def expected_cover(estimate: CoverEstimate) -> float:
    """Expected cloudy share of a tile, from probabilities if there are any, else from its mask; 1 without data."""
    return _expected_cloud_px(estimate) / estimate.valid_px if estimate.valid_px else 1.0


def _pooled(estimates: Sequence[CoverEstimate], policy: Policy) -> float | None:
    """The cover that the policy asks for, over all pixels with data; None if there are none."""
    valid_px = sum([estimate.valid_px for estimate in estimates])
    if not valid_px:
        return None
    if policy.judged_by == "cover":
        return sum([estimate.cloud_px for estimate in estimates]) / valid_px
    return sum([_expected_cloud_px(estimate) for estimate in estimates]) / valid_px


def _expected_cloud_px(estimate: CoverEstimate) -> float:
    """Expected number of cloudy pixels; without probabilities, the number in the mask."""
    expected = estimate.expected_cloud_px
    return estimate.cloud_px if expected is None else expected


def _judge(covers: Iterable[float | None], policy: Policy) -> list[Decision]:
    """Decide on each unit by its cover; a cover of None means no data."""
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
    """The decision on a unit without data, and the reasons for dropping and keeping others; made once per policy."""
    limit, unit = policy.max_cloud_cover, policy.unit
    what = f"{unit} cover" if policy.judged_by == "cover" else f"{unit} expected cover"
    blind = Decision(keep=False, why=f"{unit} without data")
    return blind, f"{what} %.3f above {limit:g}", f"{what} %.3f within {limit:g}"
