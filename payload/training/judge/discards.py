"""What the rule of the pruning does with tiles: clear ones thrown away, cloudy ones kept.

The rule is the pruning's own, `max_cloud_cover`: a tile is dropped when more of it than that is called
cloud. A tile is clear by truth when at most 1 % of it is cloud and at least 95 % of its pixels have a label; less
would let a doubtful label decide what counts as a loss.
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
"""The kind that real images count as where composed ones stand beside them."""
CLEAR_COVER = 0.01
MIN_KNOWN = 0.95
_MAX_UNKNOWN = 0.05
_Z95 = 1.959964  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Rate:
    """Some of many, with the Wilson interval of 95 %.

    Attributes:
        part: How many of them.
        whole: How many there are.
        repeats: How often each was counted; several seeds on the same tiles are no more tiles.
    """

    part: int
    whole: int
    repeats: int = 1

    @property
    def share(self) -> float | None:
        """Part of whole; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies with 95 % confidence, tiles taken as independent.

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
    """One rule on tiles of one kind.

    Attributes:
        rule: The largest cover that is kept.
        lost: Clear tiles that were dropped, of all clear ones.
        kept: Tiles of more true cloud than the rule wants that were kept, of all such.
    """

    rule: float
    lost: Rate
    kept: Rate


def discards(judged: Judged, *, rules: Sequence[float] = RULES) -> dict[str, tuple[Discards, ...]]:
    """Count what each rule does, over all tiles and kind by kind.

    Returns:
        One entry a rule, under `all` and under each kind of ground (`kind_of`).
    """
    kinds: dict[str, list[CoverEstimate]] = {ALL: []}
    for answer in sorted(judged.answers, key=kind_of):
        kinds[ALL] += answer.tiles
        kinds.setdefault(kind_of(answer), []).extend(answer.tiles)
    return {kind: tuple(_discards(tiles, rule) for rule in rules) for kind, tiles in kinds.items()}


def kind_of(answer: Answer) -> str:
    """What an image counts as: its surface, or where nobody named it the collection it is from."""
    return answer.surface or answer.source


def clear_ground(images: Sequence[LabelledImage]) -> list[LabelledImage]:
    """The images without any cloud and with less than 5 % of their pixels unknown."""
    return [
        image
        for image in images
        if image.unknown_fraction < _MAX_UNKNOWN and not (image.truth == CLOUD).any()
    ]


def lost_images(judged: Judged, *, rule: float) -> list[str]:
    """Ids of the images of which at least one clear tile is dropped by a rule."""
    return [
        answer.image for answer in judged.answers if _discards(answer.tiles, rule).lost.part > 0
    ]


def _discards(tiles: Sequence[CoverEstimate], rule: float) -> Discards:
    if not 0 <= rule <= 1:
        raise MaskerError(f"a rule is a share of a tile, 0 to 1, not {rule:g}")
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
