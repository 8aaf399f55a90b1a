"""A model and its baselines, judged alike: on labelled images, on clear hard ground, with worse sensors."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from payload.errors import MaskerError
from payload.training.images import LabelledImage
from payload.training.journal import SILENT, Journal
from payload.training.judge.judging import TILE_PX, Judged, judge
from payload.training.judge.robustness import (
    PERTURBATIONS,
    Perturbation,
    Robustness,
    robustness,
)
from payload.training.judge.sheet import MAX_MASKERS, Sheet, sheet
from payload.training.predictors import Predictor


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """One masker with all its seeds.

    Attributes:
        name: Its name in tables.
        parameters: Number of trained parameters.
        runs: One per seed, all on the same images.
        clear: One per seed, on clear hard ground; empty if there was none.
        robustness: Robustness of the first seed; None if not requested.
    """

    name: str
    parameters: int
    runs: tuple[Judged, ...]
    clear: tuple[Judged, ...] = ()
    robustness: Robustness | None = None

    def __post_init__(self) -> None:
        if not self.runs:
            raise MaskerError(f"{self.name}: nothing was evaluated")
        for runs in (self.runs, self.clear):
            if len({tuple(answer.image for answer in run.answers) for run in runs}) > 1:
                raise MaskerError(f"{self.name}: its seeds were evaluated on different images")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Maskers judged on the same images.

    Attributes:
        contenders: The model first, then what it is compared with.
        measured_on: One sentence on the images, for tables and cards.
        notes: Further sentences for the reader.
        sheet: The model's worst failures, or None.
    """

    contenders: tuple[Contender, ...]
    measured_on: str
    notes: tuple[str, ...] = ()
    sheet: Sheet | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.contenders:
            raise MaskerError("no masker was evaluated")
        judged = {tuple(a.image for a in c.runs[0].answers) for c in self.contenders}
        if len(judged) > 1:
            raise MaskerError("maskers can only be compared on the same images")
        names = [contender.name for contender in self.contenders]
        if len(set(names)) < len(names):
            raise MaskerError(f"maskers to compare need different names: {names}")


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What a masker is tested on besides labelled images.

    Attributes:
        clear: Hard ground without cloud, for false discards; may be empty.
        perturbations: Sensor defects applied to the labelled images; may be empty.
        seed: Seed of the perturbations' noise.
        tile_px: [px] Side of the tiles that may be discarded.
    """

    clear: Sequence[LabelledImage] = ()
    perturbations: Sequence[Perturbation] = PERTURBATIONS
    seed: int = 0
    tile_px: int = TILE_PX


def evaluate_model(
    predictors: Sequence[Predictor],
    images: Sequence[LabelledImage],
    trial: Trial | None = None,
    *,
    journal: Journal = SILENT,
) -> Evaluation:
    """Judge the model, which comes first, and its baselines on the same images.

    Args:
        predictors: The model, then others; the first three are shown on the sheet of failures.
        images: Images with truth, each id once; if possible none that a predictor was trained on.
        trial: Further tests; all perturbations and no clear ground if left out.
        journal: Told when a masker is done.

    Raises:
        MaskerError: There is no predictor or no image, or two have the same name.
        PluginError: A predictor's package is not installed.
    """
    done: list[Contender] = []
    for predictor in predictors:
        done.append(contender(predictor, images, trial or Trial()))
        scores = done[-1].runs[0].summary.scores
        share = len(done) / len(predictors)
        journal.log("evaluated", done=share, masker=predictor.name, iou=scores.iou)
    if not done:
        raise MaskerError("expected at least one masker")
    shown = sheet(images, [each.runs[0] for each in done[:MAX_MASKERS]])
    return Evaluation(tuple(done), describe(images), sheet=shown)


def contender(predictor: Predictor, images: Sequence[LabelledImage], trial: Trial) -> Contender:
    """Judge one masker in every way."""
    clear, bad = trial.clear, trial.perturbations
    return Contender(
        predictor.name,
        predictor.parameters,
        runs=(judge(predictor, images, tile_px=trial.tile_px),),
        clear=(judge(predictor, clear, tile_px=trial.tile_px),) if clear else (),
        robustness=robustness(predictor, images, bad, seed=trial.seed) if bad else None,
    )


def contender_of_folds(
    name: str,
    folds: Sequence[tuple[Predictor, Sequence[LabelledImage]]],
    trial: Trial,
) -> Contender:
    """Judge one seed of a design in which each fold has its own network.

    Args:
        name: Name of the design in tables.
        folds: Each network, with the images whose scenes it never saw; clear ground of the trial is
            left out, as each network would count it again.
        trial: Further tests of the images.
    """
    parts = [contender(predictor, images, replace(trial, clear=())) for predictor, images in folds]
    tough = [part.robustness for part in parts if part.robustness is not None]
    runs = Judged.of(name, [part.runs[0] for part in parts])
    return Contender(
        name,
        runs.parameters,
        runs=(runs,),
        robustness=Robustness.of(name, tough) if tough else None,
    )


def seeds_of(name: str, contenders: Sequence[Contender]) -> Contender:
    """Combine several seeds of one design; its robustness is that of the first.

    Raises:
        MaskerError: There is no seed, or they were judged on different images.
    """
    if not contenders:
        raise MaskerError(f"{name}: there are no seeds")
    return Contender(
        name,
        contenders[0].parameters,
        runs=tuple(run for each in contenders for run in each.runs),
        clear=tuple(run for each in contenders for run in each.clear),
        robustness=contenders[0].robustness,
    )


def describe(images: Sequence[LabelledImage]) -> str:
    """One sentence on images: how many, from where, and labelled by whom."""
    by_people = sum(image.is_human for image in images)
    sources = ", ".join(sorted({image.source for image in images}))
    labels = (
        "all labelled by people"
        if by_people == len(images)
        else f"{by_people} labelled by people, {len(images) - by_people} by models"
    )
    return (
        f"{len(images)} images ({sources}), {labels}; cloud versus everything else, pixels pooled"
    )
