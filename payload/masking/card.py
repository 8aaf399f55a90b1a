"""What a model says of itself. The card lies beside it and names its digest."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from payload.errors import MaskerError
from payload.provenance import digest_file
from payload.types import MaskerIdentity

Share = Annotated[float, Field(ge=0, le=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Scaling(_Part):
    """What the network wants of reflectance: input = reflectance x gain + offset, band by band."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]


class Source(_Part):
    """A collection of training images, with its licence and how many of its images were seen."""

    source: str
    licence: str
    images: int = Field(ge=0)


class TrainedOn(_Part):
    """What the shipped weights have seen."""

    images: int = Field(ge=0)
    labels: str
    sources: tuple[Source, ...]
    seed: int
    steps: int = Field(ge=0)
    minutes: float = Field(ge=0)


class CardScore(_Part):
    """Scores of one masker, pixels pooled; null where undefined."""

    name: str
    iou: Share | None
    f1: Share | None
    precision: Share | None
    recall: Share | None


class CardScores(_Part):
    """How good the design is and how that was measured, with what it is to be compared to."""

    measured_on: str
    statement: str
    model: CardScore
    baselines: tuple[CardScore, ...] = ()


class ModelCard(_Part):
    """What a masker has to know of a network before it runs it, and what a reader should know."""

    name: str = Field(min_length=1)
    bands: tuple[str, ...] = Field(
        min_length=4, max_length=4, description="Input channels in order."
    )
    units: Literal["toa_reflectance"] = Field(description="What samples become before scaling.")
    scaling: Scaling
    tile_multiple_px: int = Field(
        ge=1, description="[px] Sides of the input are multiples of this."
    )
    margin_px: int = Field(
        ge=0, description="[px] How far around a pixel the network looks, in whole cells."
    )
    output: Literal["logit", "probability"] = Field(description="What the one output channel is.")
    probability_threshold: Share = Field(description="At and above it a pixel is cloud.")
    parameters: int = Field(ge=0)
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="Of the model file, lower-case hexadecimal."
    )
    license: str = Field(min_length=1)
    trained_on: TrainedOn | None = None
    scores: CardScores | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.margin_px % self.tile_multiple_px:
            raise ValueError(
                f"margin_px {self.margin_px} is no multiple of "
                f"tile_multiple_px {self.tile_multiple_px}"
            )
        if len(set(self.bands)) != len(self.bands):
            raise ValueError("a band is named twice")
        if not len(self.scaling.gain) == len(self.scaling.offset) == len(self.bands):
            raise ValueError("scaling wants one gain and one offset for each band")
        return self

    @property
    def identity(self) -> MaskerIdentity:
        """Who makes masks with this model."""
        return MaskerIdentity(self.name, self.sha256, self.parameters)


def read_card(path: Path) -> ModelCard:
    """Read a model card.

    Raises:
        MaskerError: There is none, or it is not one.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise MaskerError(
            f"{path}: there is no model card; a model flies only with its card beside it"
        ) from error
    except OSError as error:
        raise MaskerError(f"{path}: the model card cannot be read: {error.strerror}") from error
    try:
        return ModelCard.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole card"
        raise MaskerError(f"{path}: this is not a model card: {where}: {first['msg']}") from error


def check_digest(model: Path, card: ModelCard) -> None:
    """See that a model file is the one that its card means.

    Raises:
        MaskerError: It is not, or cannot be read.
    """
    try:
        found = digest_file(model)
    except OSError as error:
        raise MaskerError(f"{model}: the model cannot be read: {error.strerror}") from error
    if found != card.sha256:
        raise MaskerError(
            f"{model}: its SHA-256 is {found}, but the card of {card.name!r} says {card.sha256}; "
            "use the file that the card was written for, or write a new card"
        )
