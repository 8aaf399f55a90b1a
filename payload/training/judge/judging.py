"""Judge every image once with a predictor, keep the counts, and pool them in many ways."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Self

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.preprocess import reflectance
from payload.masking.scores import Scores, estimate_cover, pool
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.judge.reliability import Reliability, reliability
from payload.training.predictors import Predictor
from payload.types import CloudMask, CoverEstimate, Patch

TILE_PX = 128
COVER_CLASSES = ("0 %", "0 to 10 %", "10 to 50 %", "50 to 90 %", "90 to 100 %")
_UPPER = (0.0, 0.1, 0.5, 0.9, 1.0)  # upper limit of each class, inclusive
UNNAMED = "(unnamed)"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A predictor's result on one image.

    Attributes:
        image: Id of the image.
        scene: Scene of the image; images of one scene are not independent evidence.
        source: The collection that it comes from.
        surface: The surface below, or empty.
        is_human: Whether people drew the truth.
        estimate: Counts over the whole image.
        tiles: Counts of its tiles, row by row; those at the far edges are smaller.
        reliability: Its pixels by probability.
        shape: Shape (H, W) of what was judged.
        packed: The mask, eight pixels per byte.
    """

    image: str
    scene: str
    source: str
    surface: str
    is_human: bool
    estimate: CoverEstimate
    tiles: tuple[CoverEstimate, ...]
    reliability: Reliability
    shape: tuple[int, int]
    packed: bytes = field(repr=False)

    @property
    def cloud(self) -> NDArray[np.bool_]:
        """Where the predictor called cloud, shape (H, W)."""
        height, width = self.shape
        bits = np.unpackbits(np.frombuffer(self.packed, np.uint8), count=height * width)
        return bits.reshape(self.shape).astype(np.bool_)

    @property
    def wrong(self) -> float:
        """Share of the pixels of known truth that were classified wrongly; 0 if none is known."""
        known = known_px(self.estimate)
        bad = (self.estimate.missed_cloud_px or 0) + (self.estimate.false_cloud_px or 0)
        return bad / known if known else 0.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Scores of many images, pixels pooled.

    Attributes:
        images: Number of images.
        known_px: [px] Pixels of known truth.
        scores: Cloud against the rest.
        false_cloud_share: Share of the clear pixels called cloud; None if there are no clear pixels.
        bias: Mean over images of estimated minus true cloud cover.
        error: Mean over images of the absolute value of that difference.
    """

    images: int
    known_px: int
    scores: Scores
    false_cloud_share: float | None
    bias: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """All answers of one masker: its name, size and threshold, and each image once, in order of ids.

    Raises:
        MaskerError: There is no answer, or there are two for one image.
    """

    name: str
    parameters: int
    threshold: float
    answers: tuple[Answer, ...]

    def __post_init__(self) -> None:
        ids = [answer.image for answer in self.answers]
        if not ids:
            raise MaskerError(f"{self.name}: no image was evaluated")
        if len(set(ids)) < len(ids):
            twice = next(id_ for id_ in ids if ids.count(id_) > 1)
            raise MaskerError(f"{self.name}: the image {twice} was evaluated more than once")
        object.__setattr__(self, "answers", tuple(sorted(self.answers, key=lambda a: a.image)))

    @classmethod
    def of(cls, name: str, parts: Sequence["Judged"]) -> Self:
        """Combine the networks of several folds, judged on different images, into one masker.

        Raises:
            MaskerError: There is no part, two judged the same image, or they differ in size.
        """
        if len({part.parameters for part in parts}) != 1:
            sizes = ", ".join(str(part.parameters) for part in parts) or "none"
            raise MaskerError(f"{name}: expected parts of the same size, found {sizes} parameters")
        answers = tuple(answer for part in parts for answer in part.answers)
        # Each fold may have chosen its own threshold; tables show the mean.
        threshold = float(np.mean([part.threshold for part in parts]))
        return cls(name, parts[0].parameters, threshold, answers)

    @property
    def summary(self) -> Summary:
        """Summary over all images."""
        return summarise(self.answers)

    @property
    def reliability(self) -> Reliability:
        """Reliability over all images."""
        return Reliability.pooled([answer.reliability for answer in self.answers])

    def by_source(self) -> dict[str, Summary]:
        """One summary per collection, in alphabetical order."""
        return self._by(lambda answer: answer.source)

    def by_surface(self) -> dict[str, Summary]:
        """One summary per surface, in alphabetical order; empty if no image names one."""
        return self._by(surface_of) if any(a.surface for a in self.answers) else {}

    def by_cover(self) -> dict[str, Summary]:
        """One summary per class of true cloud cover, in order; classes without images are left out."""
        found = self._by(lambda answer: cover_class(answer.estimate))
        return {name: found[name] for name in COVER_CLASSES if name in found}

    def _by(self, key: Callable[[Answer], str]) -> dict[str, Summary]:
        groups: dict[str, list[Answer]] = {}
        for answer in self.answers:
            if known_px(answer.estimate):
                groups.setdefault(key(answer), []).append(answer)
        return {name: summarise(groups[name]) for name in sorted(groups)}


def judge(
    predictor: Predictor, images: Iterable[LabelledImage], *, tile_px: int = TILE_PX
) -> Judged:
    """Apply a predictor to each image as a whole, and count.

    Args:
        predictor: Any masker.
        images: Images, each id once.
        tile_px: [px] Side of the tiles that `discards` counts.

    Raises:
        MaskerError: There is no image, or one occurs twice.
    """
    answers = tuple(
        answer(
            image,
            predictor.probability(reflectance(image.dn, RADIOMETRY)),
            image.truth,
            threshold=predictor.threshold,
            tile_px=tile_px,
        )
        for image in images
    )
    return Judged(predictor.name, predictor.parameters, predictor.threshold, answers)


def answer(
    image: LabelledImage,
    probability: NDArray[np.float32],
    truth: NDArray[np.uint8],
    *,
    threshold: float,
    tile_px: int = TILE_PX,
) -> Answer:
    """Compare probabilities for an image with a truth of the same size, and count."""
    mask = CloudMask(probability, threshold)
    height, width = truth.shape
    cells = [
        (slice(top, top + tile_px), slice(left, left + tile_px))
        for top, left in product(range(0, height, tile_px), range(0, width, tile_px))
    ]
    return Answer(
        image=image.id,
        scene=image.scene,
        source=image.source,
        surface=image.surface,
        is_human=image.is_human,
        estimate=_count(mask, truth),
        tiles=tuple(_count(CloudMask(probability[cell], threshold), truth[cell]) for cell in cells),
        reliability=reliability(probability, truth),
        shape=(height, width),
        packed=np.packbits(mask.cloud).tobytes(),
    )


def summarise(answers: Sequence[Answer]) -> Summary:
    """Pool the pixels of many images.

    Raises:
        MaskerError: No pixel of any image has a known truth.
    """
    estimates = [a.estimate for a in answers if known_px(a.estimate)]
    pooled = pool(estimates)
    if pooled is None:
        raise MaskerError("no evaluated image has a known truth")
    clear = sum(estimate.clear_px or 0 for estimate in estimates)
    false = sum(estimate.false_cloud_px or 0 for estimate in estimates)
    errors = np.array([said_cover(estimate) - true_cover(estimate) for estimate in estimates])
    return Summary(
        images=len(estimates),
        known_px=sum(known_px(estimate) for estimate in estimates),
        scores=pooled,
        false_cloud_share=false / clear if clear else None,
        bias=float(errors.mean()),
        error=float(np.abs(errors).mean()),
    )


def known_px(estimate: CoverEstimate) -> int:
    """[px] Number of pixels of known truth."""
    return (estimate.cloudy_px or 0) + (estimate.clear_px or 0)


def true_cover(estimate: CoverEstimate) -> float:
    """Cloudy share, by truth, of the pixels of known truth; some must be known."""
    return (estimate.cloudy_px or 0) / known_px(estimate)


def said_cover(estimate: CoverEstimate) -> float:
    """Cloudy share, by the masker, of the pixels of known truth; some must be known."""
    said = (estimate.true_cloud_px or 0) + (estimate.false_cloud_px or 0)
    return said / known_px(estimate)


def cover_class(estimate: CoverEstimate) -> str:
    """The class of an estimate's true cloud cover; 10 % belongs to the class that ends there."""
    cover = true_cover(estimate)
    return next(name for name, upper in zip(COVER_CLASSES, _UPPER, strict=True) if cover <= upper)


def surface_of(answer: Answer) -> str:
    """The surface below an image, or `UNNAMED`."""
    return answer.surface or UNNAMED


def _count(mask: CloudMask, truth: NDArray[np.uint8]) -> CoverEstimate:
    # Counting does not use the samples: a broadcast array without memory of its own stands in for them.
    return estimate_cover(mask, Patch(np.broadcast_to(np.uint16(0), (1, *truth.shape)), truth))
