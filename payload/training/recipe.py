"""What is trained, on what, how long: a page of YAML that `payload-train` follows stage by stage."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from payload.errors import MaskerError
from payload.provenance import digest_json
from payload.scenario.form import Form
from payload.scenario.source import read_yaml
from payload.training.nnunet.config import NnUnet
from payload.training.train import Schedule

Positive = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
_MANY = 1_000_000
Share = Annotated[float, Field(ge=0, le=1)]
Arm = Literal["labels", "composed", "mixed", "distilled"]
"""Labelled images alone; composed scenes alone; both; both, with teachers' opinions of real images."""
StudentName = Literal["fast", "default", "large", "conv3x3"]

PACKAGED = Path(__file__).parents[1] / "data" / "recipes"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Composed(_Part):
    """Composed scenes; see `payload.training.compose`."""

    scenes: int = Field(2000, ge=1, le=_MANY, description="Number of training scenes.")
    seed: Seed = Field(7, description="Seed of these scenes.")
    checks: int = Field(
        500,
        ge=1,
        le=_MANY,
        description="Clear evaluation scenes for each ground that resembles cloud, never trained on.",
    )
    exams: int = Field(
        200, ge=1, le=_MANY, description="Evaluation scenes of all kinds, never trained on."
    )
    checks_seed: Seed = Field(1009, description="Seed of the evaluation scenes.")

    @model_validator(mode="after")
    def _is_judged_on_other_scenes(self) -> Self:
        if self.seed == self.checks_seed:
            raise ValueError(
                "seed and checks_seed must differ, or training scenes would be evaluation scenes too"
            )
        return self


class TeacherNnUnet(_Part):
    """An nnU-Net v2 as teacher."""

    minutes: float = Field(20.0, gt=0, description="[min] Training budget.")
    iterations: Positive = Field(250_000, description="Maximum number of iterations.")
    patch_px: Positive = Field(128, description="[px] Side of the crops; determines the stages.")
    batch: Positive = Field(12, description="Crops per iteration.")
    seed: Seed = Field(1, description="Seed of weights and crops.")
    composed: int = Field(600, ge=0, description="Number of composed scenes it is trained on.")
    repeats: Positive = Field(
        3,
        description="How often each real image is repeated among its cases, which are drawn "
        "with equal probability.",
    )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        try:
            self.config()
        except MaskerError as error:
            raise ValueError(str(error)) from error
        return self

    def config(self) -> NnUnet:
        """The configuration of nnU-Net."""
        return NnUnet(
            patch_px=self.patch_px,
            batch=self.batch,
            seed=self.seed,
            iterations=self.iterations,
            budget_s=60 * self.minutes,
        )


class Teacher(_Part):
    """Which teachers students learn from; several opinions are averaged."""

    nnunet: TeacherNnUnet | None = Field(
        TeacherNnUnet(), description="An nnU-Net trained on all but human-labelled scenes."
    )
    ukis: bool = Field(True, description="Whether ukis-csmask is a teacher on real images too.")
    gate: float = Field(
        0.02,
        description="Margin by which the teacher's pooled IoU must exceed that of labels-only students.",
    )


class Students(_Part):
    """Which students are trained, and how."""

    names: tuple[StudentName, ...] = Field(("default",), min_length=1)
    arms: tuple[Arm, ...] = Field(("distilled",), min_length=1)
    seeds: tuple[Seed, ...] = Field((1,), min_length=1)
    folds: int = Field(
        0, ge=0, le=16, description="Leave-scene-out folds over human-labelled images; 0: none."
    )
    steps: Positive = Field(3000, description="Maximum number of batches.")
    minutes: float = Field(15.0, gt=0, description="[min] Time budget of one run.")
    batch: Positive = Field(16, description="Crops per batch.")
    crop_px: Positive = Field(128, multiple_of=16, description="[px] Side of a crop.")
    temperature: float = Field(
        2.0, ge=1, description="Temperature of both logits when they are compared."
    )
    human_share: Share = Field(0.3, description="Share of human-labelled crops in a batch.")
    composed_share: Share = Field(0.4, description="Share of composed crops in a batch.")
    human_trust: Share = Field(0.85, description="Weight of human labels relative to the teacher.")
    model_trust: Share = Field(0.5, description="Weight of models' labels relative to the teacher.")

    @model_validator(mode="after")
    def _can_be_drawn(self) -> Self:
        if self.human_share + self.composed_share > 1:
            raise ValueError("human_share and composed_share add up to more than 1")
        for key in ("names", "arms", "seeds"):
            if len(set(getattr(self, key))) < len(getattr(self, key)):
                raise ValueError(f"{key}: each may appear only once")
        return self

    def schedule(self) -> Schedule:
        """How long and how each student is trained."""
        plain = Schedule()
        return Schedule(
            steps=self.steps,
            budget_s=60 * self.minutes,
            batch=self.batch,
            temperature=self.temperature,
            augmentation=type(plain.augmentation)(
                **asdict(plain.augmentation) | {"crop_px": self.crop_px}
            ),
        )


class Export(_Part):
    """How trained students are exported."""

    cost_ratio: float = Field(
        1.0,
        gt=0,
        description="Cost of a clear pixel discarded, relative to that of a cloudy pixel kept.",
    )
    calibration_tiles: Positive = Field(
        120, description="Number of images on which int8 ranges are measured."
    )
    least_agreement: float = Field(
        0.998,
        ge=0,
        le=1,
        description="Share of pixels on which an int8 file must agree with its float32 original.",
    )
    largest_loss: float = Field(
        0.002,
        ge=-1,
        le=1,
        description="How far the IoU of an int8 file may be below that of its original.",
    )


class Recipe(_Part):
    """A recipe; every key but its name has a default."""

    name: str = Field(min_length=1, pattern=r"^\w[\w.-]*$")
    layout: Literal["plain", "on_cloud_n", "cloud38", "l8_biome", "cloudsen12"] = Field(
        "plain", description="How the labelled images are laid out in their folder."
    )
    composed: Composed = Composed()
    teacher: Teacher = Teacher()
    students: Students = Students()
    export: Export = Export()

    @model_validator(mode="after")
    def _has_a_teacher(self) -> Self:
        alone = self.teacher.nnunet is None and not self.teacher.ukis
        if "distilled" in self.students.arms and alone:
            raise ValueError("distilled students need a teacher: nnunet or ukis")
        return self

    @property
    def digest(self) -> str:
        """The same for equal recipes."""
        return digest_json(self.model_dump(mode="json"))


def load_recipe(path: Path) -> Recipe:
    """Read a recipe, or a packaged one by its name.

    Raises:
        ScenarioError: One line per mistake: file, line, key, what was found, what is wanted.
    """
    packaged = PACKAGED / f"{path}.yaml"
    path = packaged if path.suffix == "" and packaged.exists() and not path.is_file() else path
    data, source = read_yaml(path)
    return Form(Recipe).fill(data, source)


def packaged_recipes() -> Sequence[str]:
    """Names of the recipes that come with the package."""
    return sorted(path.stem for path in PACKAGED.glob("*.yaml"))
