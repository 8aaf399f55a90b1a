"""Model cards: each lies beside its model, describes it and names its digest."""

import json
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from payload.errors import MaskerError, ScenarioError
from payload.masking.packaged import Precision
from payload.provenance import digest_file
from payload.scenario.form import Form
from payload.scenario.source import ScenarioSource
from payload.types import MaskerIdentity

Share = Annotated[float, Field(ge=0, le=1)]
_SHA256 = "^[0-9a-f]{64}$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Scaling(_Part):
    """How reflectance becomes network input: input = reflectance x gain + offset, band by band."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]


class Source(_Part):
    """A collection of training images, its licence, and how many of its images were used."""

    source: str
    licence: str
    images: int = Field(ge=0)


class TrainedOn(_Part):
    """What the shipped weights were trained on."""

    images: int = Field(ge=0)
    labels: str
    sources: tuple[Source, ...]
    seed: int
    steps: int = Field(ge=0)
    minutes: float = Field(ge=0)


class CardScore(_Part):
    """Scores of one masker over pooled pixels; null where undefined."""

    name: str
    iou: Share | None
    f1: Share | None
    precision: Share | None
    recall: Share | None


class CardScores(_Part):
    """Scores of the design, how they were measured, and baselines to compare them with."""

    measured_on: str
    statement: str
    model: CardScore
    baselines: tuple[CardScore, ...] = ()


class Bin(_Part):
    """Pixels of similar probability, and the share of them that is truly cloud."""

    pixels: int = Field(ge=0)
    probability: Share = Field(description="Their mean probability of cloud.")
    cloud: Share = Field(description="Share of them that is truly cloud.")


class Calibration(_Part):
    """Whether probabilities hold (0.7 should mean cloud in seven of ten cases), and the temperature used."""

    temperature: float = Field(
        gt=0, description="Divisor of the network's logits; already applied in the file."
    )
    ece_before: Share = Field(description="Expected calibration error without it.")
    ece_after: Share = Field(description="Expected calibration error with it.")
    reliability: tuple[Bin, ...] = Field((), description="Reliability with it, bin by bin.")
    measured_on: str = Field(min_length=1, description="Which pixels, and who had seen them.")


class Smaller(_Part):
    """A larger network, and how many times as many parameters it has."""

    what: str = Field(min_length=1)
    parameters: int = Field(ge=1)
    times: float = Field(gt=0)


class Training(_Part):
    """Who taught the network, and by which recipe."""

    teacher: str = Field(
        min_length=1, description="Who taught it, in words; `labels alone` if nobody did."
    )
    recipe_sha256: str | None = Field(
        None, pattern=_SHA256, description="Digest of the recipe that reproduces these weights."
    )


class Quantisation(_Part):
    """How the int8 file was made from a float32 file, and how often the two agree."""

    of_sha256: str = Field(pattern=_SHA256, description="Digest of the float32 file.")
    method: str = Field(min_length=1, description="How the ranges of activations were determined.")
    kept_fp32: tuple[str, ...] = Field((), description="Nodes that stayed float32.")
    agreement: Share = Field(
        description="Share of pixels on which both agree at the card's threshold."
    )
    measured_on: str = Field(min_length=1)


class ModelCard(_Part):
    """What a masker must know about a network before running it, and what a reader should know."""

    name: str = Field(min_length=1)
    bands: tuple[str, ...] = Field(
        min_length=4, max_length=4, description="Input channels in order."
    )
    units: Literal["toa_reflectance"] = Field(
        description="What samples are converted to before scaling."
    )
    scaling: Scaling
    tile_multiple_px: int = Field(
        ge=1, description="[px] Sides of the input are multiples of this."
    )
    margin_px: int = Field(
        ge=0, description="[px] How far around a pixel the network looks, in whole cells."
    )
    output: Literal["logit", "probability"] = Field(
        description="Meaning of the single output channel."
    )
    probability_threshold: Share = Field(description="A pixel is cloud at or above it.")
    parameters: int = Field(ge=0)
    sha256: str = Field(
        pattern=_SHA256, description="Digest of the model file, lower-case hexadecimal."
    )
    license: str = Field(min_length=1)
    precision: Precision = Field(
        "fp32", description="What the network computes in: float32, or eight-bit integers."
    )
    threshold_reason: str | None = Field(
        None, description="Why the threshold is where it is, in a sentence."
    )
    calibration: Calibration | None = None
    quantisation: Quantisation | None = None
    smaller_than: tuple[Smaller, ...] = Field(
        (), description="Larger networks that it is compared with, each by name."
    )
    training: Training | None = None
    trained_on: TrainedOn | None = None
    scores: CardScores | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.margin_px % self.tile_multiple_px:
            raise ValueError(
                f"margin_px {self.margin_px} is not a multiple of tile_multiple_px"
                f" {self.tile_multiple_px}"
            )
        if len(set(self.bands)) != len(self.bands):
            raise ValueError("a band appears twice")
        if not len(self.scaling.gain) == len(self.scaling.offset) == len(self.bands):
            raise ValueError("expected one gain and one offset in scaling for each band")
        return self

    @property
    def identity(self) -> MaskerIdentity:
        """Identity of a masker that uses this model."""
        return MaskerIdentity(self.name, self.sha256, self.parameters)


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        MaskerError: The file is missing, cannot be read, or is not a model card.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise MaskerError(
            f"{path}: there is no model card; a model can only be used with its card beside it"
        ) from error
    except OSError as error:
        raise MaskerError(f"{path}: the model card cannot be read: {error.strerror}") from error
    try:
        return Form(ModelCard).fill(json.loads(text), ScenarioSource(path))
    except (ScenarioError, ValueError, RecursionError) as error:
        said = str(error) if isinstance(error, ScenarioError) else f"{path}: is not JSON: {error}"
        raise MaskerError(f"{said}\n{path}: this is not a model card") from error


def check_digest(model: Path, card: ModelCard) -> None:
    """Check that a model file is the one that its card describes.

    Raises:
        MaskerError: It is not, or cannot be read.
    """
    try:
        found = digest_file(model)
    except OSError as error:
        raise MaskerError(f"{model}: the model cannot be read: {error.strerror}") from error
    if found != card.sha256:
        raise MaskerError(
            f"{model}: its SHA-256 is {found}, but the card of {card.name!r} says {card.sha256};"
            " use the file that the card was written for, or write a new card"
        )
