"""What is wanted of rendered scenes: figures, and the bounds in which they have to lie."""

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
    """One figure and where it is wanted.

    Attributes:
        name: What is measured.
        value: What was found; None where it could not be measured.
        low: Least that is wanted.
        high: Most that is wanted.
        real: The same of real images, where that says something.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    real: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure lies where it is wanted."""
        if self.value is None:
            return False
        above = self.low is None or self.value >= self.low
        return above and (self.high is None or self.value <= self.high)


def of_ukis(real: Marks | None, rendered: Marks | None) -> list[Criterion]:
    """What ukis-csmask makes of rendered and real shots."""
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
    """What cloudy tiles hold."""
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
    """What the packaged network makes of rendered shots, beside its card."""
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
    """What `med-zstd` makes of rendered and real tiles."""
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
