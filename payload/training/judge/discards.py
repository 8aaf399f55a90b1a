"""What the pruning rule does with tiles: clear ones discarded, cloudy ones kept.

The rule is `max_cloud_cover`, as in pruning: a tile is dropped if more of it than that is called cloud.
A tile is truly clear if at most 1 % of it is cloud and at least 95 % of its pixels are labelled; with fewer,
a doubtful label could decide what counts as a loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from payload.errors import MaskerError
from payload.pruning import Policy, decide
from payload.training.images import LabelledImage
from payload.training.judge.judging import Answer, Judged, known_px, true_cover
from payload.types import CLOUD, CoverEstimate

RULES = (0.3, 0.5, 0.7)
ALL = "all"
REAL = "real"
"""The kind given to real images when composed ones are judged beside them."""
CLEAR_COVER = 0.01
MIN_KNOWN = 0.95
_MAX_UNKNOWN = 0.05
_Z95 = 1.959964  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion with its 95 % Wilson interval.

    Attributes:
        part: Number of tiles counted.
        whole: Number of tiles in total.
        repeats: How often each tile was counted: several seeds on the same tiles do not make more tiles.
    """

    part: int
    whole: int
    repeats: int = 1

    @property
    def share(self) -> float | None:
        """Part divided by whole; None if the whole is empty."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the true share, with tiles taken as independent.

        Source: Wilson, Probable inference, the law of succession, and statistical inference,
        Journal of the American Statistical Association 22 (1927) 209-212.
        """
        if not self.whole:
            return 0.0, 1.0
        share, count, z2 = self.part / self.whole, self.whole / self.repeats, _Z95 * _Z95
        middle = (share + z2 / (2 * count)) / (1 + z2 / count)
        half = sqrt(share * (1 - share) / count + z2 / (4 * count * count))
        half *= _Z95 / (1 + z2 / count)
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class Discards:
    """One rule applied to tiles of one kind.

    Attributes:
        rule: Largest cloud cover that is kept.
        lost: Clear tiles that were dropped, out of all clear tiles.
        kept: Tiles kept although their true cover exceeds the rule, out of all such tiles.
    """

    rule: float
    lost: Rate
    kept: Rate


def discards(judged: Judged, *, rules: Sequence[float] = RULES) -> dict[str, tuple[Discards, ...]]:
    """Count what each rule does, over all tiles and by kind.

    Returns:
        One entry per rule, under `all` and under each kind of ground (`kind_of`).
    """
    kinds: dict[str, list[CoverEstimate]] = {ALL: []}
    for answer in sorted(judged.answers, key=kind_of):
        kinds[ALL] += answer.tiles
        kinds.setdefault(kind_of(answer), []).extend(answer.tiles)
    return {kind: tuple(_discards(tiles, rule) for rule in rules) for kind, tiles in kinds.items()}


def kind_of(answer: Answer) -> str:
    """The kind of an image: its surface, or its collection if the surface is unnamed."""
    return answer.surface or answer.source


def clear_ground(images: Sequence[LabelledImage]) -> list[LabelledImage]:
    """Images without any cloud and with less than 5 % of their pixels unknown."""
    return [
        image
        for image in images
        if image.unknown_fraction < _MAX_UNKNOWN and not (image.truth == CLOUD).any()
    ]


def lost_images(judged: Judged, *, rule: float) -> list[str]:
    """Ids of the images with at least one clear tile dropped by a rule."""
    return [
        answer.image for answer in judged.answers if _discards(answer.tiles, rule).lost.part > 0
    ]


def _discards(tiles: Sequence[CoverEstimate], rule: float) -> Discards:
    if not 0 <= rule <= 1:
        raise MaskerError(f"a limit must be a share of a tile from 0 to 1, not {rule:g}")
    decisions = decide(tiles, Policy("tile", rule))
    sure = [pair for pair in zip(tiles, decisions, strict=True) if _is_sure(pair[0])]
    clear = [decision for tile, decision in sure if true_cover(tile) <= CLEAR_COVER]
    cloudy = [decision for tile, decision in sure if true_cover(tile) > rule]
    return Discards(
        rule,
        lost=Rate(sum(not decision.keep for decision in clear), len(clear)),
        kept=Rate(sum(decision.keep for decision in cloudy), len(cloudy)),
    )


def _is_sure(tile: CoverEstimate) -> bool:
    return known_px(tile) >= MIN_KNOWN * tile.valid_px and known_px(tile) > 0
