"""Criteria for rendered scenes: figures, and the bounds within which they must lie."""

from collections.abc import Mapping
from dataclasses import dataclass

from payload.masking.onnx_masker import OnnxMasker
from payload.training.realism.coding import Spread
from payload.training.realism.masks import Contents, Marks

UKIS_IOU = (0.72, 0.90)
UKIS_NEAR = 0.10
STUDENT_NEAR = 0.05
MIN_THIN, MIN_SHADOW = 0.10, 0.03
MAX_AUC = 0.90


@dataclass(frozen=True, slots=True)
class Criterion:
    """One figure and its required range.

    Attributes:
        name: What is measured.
        value: The figure found; None if it could not be measured.
        low: Lower bound; None for no bound.
        high: Upper bound; None for no bound.
        real: The same figure for real images, where meaningful.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    real: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure is known and lies in its range."""
        if self.value is None:
            return False
        above = self.low is None or self.value >= self.low
        return above and (self.high is None or self.value <= self.high)


def of_ukis(real: Marks | None, rendered: Marks | None) -> list[Criterion]:
    """Criteria for the scores of ukis-csmask on rendered shots, some relative to real ones."""
    name = "ukis-csmask against truth"
    found = [
        Criterion(
            f"{name}: IoU",
            rendered.iou if rendered else None,
            *UKIS_IOU,
            real=real.iou if real else None,
        )
    ]
    for word in ("omission", "commission"):
        there = getattr(real, word, None)
        low = None if there is None else max(there - UKIS_NEAR, 0.0)
        high = None if there is None else there + UKIS_NEAR
        found.append(Criterion(f"{name}: {word}", getattr(rendered, word, None), low, high, there))
    return found


def of_contents(rendered: Contents | None, real: Contents | None) -> list[Criterion]:
    """Criteria for the contents of cloudy tiles."""
    return [
        Criterion(
            f"cloudy tiles with {word}",
            getattr(rendered, key, None),
            least,
            None,
            getattr(real, key, None),
        )
        for word, key, least in (
            ("thin cloud", "with_thin", MIN_THIN),
            ("shadow", "with_shadow", MIN_SHADOW),
        )
    ]


def of_student(rendered: Marks | None, masker: OnnxMasker) -> Criterion:
    """Criterion for the packaged network's IoU on rendered shots, relative to its model card."""
    card = masker.model_card.scores
    real = None if card is None else card.model.iou
    return Criterion(
        "packaged network as flown: IoU",
        rendered.iou if rendered else None,
        None if real is None else real - STUDENT_NEAR,
        None if real is None else real + STUDENT_NEAR,
        real,
    )


def of_bits(
    real: Mapping[tuple[str, str], Spread], rendered: Mapping[tuple[str, str], Spread]
) -> list[Criterion]:
    """Criteria for the bits per sample of rendered tiles with `med-zstd`, relative to real ones."""
    return [
        Criterion(
            f"bits per sample, {kind}, {weather}",
            rendered[kind, weather].median if (kind, weather) in rendered else None,
            spread.low,
            spread.high,
            spread.median,
        )
        for (kind, weather), spread in real.items()
    ]
