"""Evaluation of a study: teachers and students on scenes that they have never seen.

Each human-labelled image is masked by networks that saw nothing of its scene. Students are evaluated
as they would fly: exported, in eight bits as well as in float32.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.preprocess import reflectance
from payload.provenance import digest_json
from payload.training import quantise
from payload.training.export import Told, write_card, write_onnx
from payload.training.images import RADIOMETRY, LabelledImage
from payload.training.judge.evaluation import (
    Contender,
    Evaluation,
    Trial,
    contender,
    contender_of_folds,
    describe,
    seeds_of,
)
from payload.training.judge.judging import Judged, answer, judge
from payload.training.judge.sheet import MAX_MASKERS, sheet
from payload.training.judge.spread import Spread, spread
from payload.training.lineage import code_digest
from payload.training.opinions import UkisWinner
from payload.training.predictors import OnnxPredictor, Predictor, TorchPredictor, spectral_tests
from payload.training.recipe import Arm
from payload.training.school import Finished, load, runs
from payload.training.store import probability
from payload.training.workshop import TEACHER, Workshop

_QUIET = Trial(perturbations=())


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the teachers are good enough to teach.

    Attributes:
        teacher: Pooled IoU of all teachers together, on scenes that they were not trained on.
        alone: Pooled IoU of each teacher.
        students: Pooled IoU of students trained on labels alone, over seeds.
        wanted: How far the teacher must be ahead.
    """

    teacher: float
    alone: dict[str, float]
    students: Spread
    wanted: float

    @property
    def is_open(self) -> bool:
        """Whether the teacher is far enough ahead."""
        return self.teacher - self.students.mean >= self.wanted


def hold_gate(workshop: Workshop) -> Gate | None:
    """Check that the teacher is better than the students it is to teach, where the recipe allows it.

    It does if labels-only students were trained in folds. The nnU-Net saw no human-labelled scene,
    ukis-csmask none that we know of.

    Returns:
        What was found, or None if it cannot be checked.

    Raises:
        MaskerError: The teacher is not far enough ahead.
    """
    journal = workshop.journal.within(stage="gate")
    taught = any(run.arm == "distilled" for run in runs(workshop))
    labelled = list(_seeds(workshop, "labels", "default")) if taught else []
    if not labelled or not workshop.recipe.students.folds:
        if taught:
            journal.log("skipped: no labels-only folds of the default student")
        return None
    scores = [_out_of_fold(workshop, finished).summary.scores.iou or 0.0 for finished in labelled]
    said = {judged.name: judged.summary.scores.iou or 0.0 for judged in _teachers(workshop)}
    found = spread(scores)
    if found is None:
        return None
    gate = Gate(said.pop(TEACHER), said, found, workshop.recipe.teacher.gate)
    journal.log(
        "open" if gate.is_open else "shut",
        teacher=round(gate.teacher, 4),
        **{name: round(value, 4) for name, value in gate.alone.items()},
        labels_only=round(gate.students.mean, 4),
    )
    if not gate.is_open:
        raise MaskerError(
            f"the teacher's IoU is {gate.teacher:.3f}, that of labels-only students "
            f"{gate.students.mean:.3f}; expected the teacher to lead by at least {gate.wanted:g} (teacher.gate)"
        )
    return gate


def examine(workshop: Workshop) -> Evaluation:
    """Evaluate the students of a study, its teachers, and what users could use instead.

    The first contender is the distilled default student in eight bits.

    Raises:
        MaskerError: The recipe has no folds, or a training is missing.
    """
    if not workshop.recipe.students.folds:
        raise MaskerError(f"{workshop.recipe.name}: a recipe without folds cannot be evaluated")
    images = [image for image in workshop.real.images() if image.is_human]
    journal = workshop.journal.within(stage="evaluate")
    contenders: list[Contender] = []
    wanted = workshop.recipe.students
    for student in dict.fromkeys(("default", *wanted.names)):
        for arm in ("distilled", "mixed", "composed", "labels"):
            if student in wanted.names and arm in wanted.arms:
                contenders += _design(workshop, student, arm)
                journal.log("evaluated", design=f"{student}, {arm}", iou=_iou(contenders[-1]))
    contenders += [Contender(j.name, j.parameters, (j,)) for j in _teachers(workshop)]
    yardsticks: list[Predictor] = list(spectral_tests())
    if workshop.recipe.teacher.ukis:
        yardsticks.append(UkisWinner(threads=None))
    for yardstick in yardsticks:
        contenders.append(contender(yardstick, images, Trial()))
        journal.log("evaluated", design=yardstick.name, iou=_iou(contenders[-1]))
    return Evaluation(
        tuple(contenders),
        f"{describe(images)}; {wanted.folds} folds, each image evaluated with networks not "
        "trained on its scene",
        sheet=sheet(images, [each.runs[0] for each in contenders[:MAX_MASKERS]]),
    )


def out_of_fold_logits(
    workshop: Workshop, student: str, arm: Arm
) -> list[tuple[LabelledImage, NDArray[np.float32]]]:
    """The human-labelled images, each with the logits (H, W) of a network that saw nothing of its scene.

    Returns:
        Each image once per seed.
    """
    found = []
    for seed in _seeds(workshop, arm, student):
        for finished, image in _held_out(workshop, seed):
            network = as_predictor(finished)
            plane = network.probability(reflectance(image.dn, RADIOMETRY)).astype(np.float64)
            plane = np.clip(plane, 1e-7, 1 - 1e-7)
            found.append((image, np.log(plane / (1 - plane)).astype(np.float32)))
    if not found:
        raise MaskerError(f"no {arm} student {student!r} was trained in folds")
    return found


def _design(workshop: Workshop, student: str, arm: Arm) -> list[Contender]:
    """The students of a design in int8 and float32; robustness only for the first seed, distilled, in int8."""
    made: dict[str, list[Contender]] = {"int8": [], "fp32": []}
    for number, seed in enumerate(_seeds(workshop, arm, student)):
        for precision, kept in made.items():
            tough = precision == "int8" and number == 0 and arm == "distilled"
            folds = [
                (
                    OnnxPredictor(_exported(workshop, one)[precision], one.run.name),
                    _shown(workshop, one),
                )
                for one in seed
            ]
            name = f"{student}, {arm}, {precision}"
            kept.append(contender_of_folds(name, folds, Trial() if tough else _QUIET))
    return [seeds_of(f"{student}, {arm}, {bits}", found) for bits, found in made.items()]


def _exported(workshop: Workshop, finished: Finished) -> dict[str, Path]:
    """The files of a run as it would fly, in float32 and in int8."""
    folder = workshop.work / "exported"
    folder.mkdir(parents=True, exist_ok=True)
    # int8 ranges are fitted on composed images too, whatever the network learned from.
    made_by = [
        code_digest("exam", "export", "quantise", "streamline"),
        workshop.recipe.export.model_dump(),
        workshop.composed.digest,
    ]
    name = f"{finished.run.name}-{finished.digest}-{digest_json(made_by)[:8]}"
    paths = {bits: folder / f"{name}_{bits}.onnx" for bits in ("fp32", "int8")}
    if not all(path.with_suffix(".json").exists() for path in paths.values()):
        write_onnx(finished.network, paths["fp32"])
        seen = set(finished.trained_on)
        shown = [image for image in workshop.real.images() if image.id in seen]
        quantised(workshop, paths["fp32"], paths["int8"], shown)
        for bits, path in paths.items():
            write_card(
                path, finished.network, Told(name), precision="int8" if bits == "int8" else "fp32"
            )
    return paths


def quantised(
    workshop: Workshop,
    fp32: Path,
    int8: Path,
    images: Sequence[LabelledImage],
    *,
    threshold: float = 0.5,
) -> quantise.Trial:
    """Write the int8 file of a float32 one, with ranges taken from real and composed images."""
    count = workshop.recipe.export.calibration_tiles
    composed = workshop.composed.images()
    drawn = [*_even(images, count), *_even(composed, count // 2)]
    bands = [reflectance(image.dn, RADIOMETRY) for image in drawn]
    return quantise.best(
        quantise.quantise_best(fp32, int8, bands[::2], bands[1::2], threshold=threshold)
    )


def _even(images: Sequence[LabelledImage], count: int) -> list[LabelledImage]:
    step = max(len(images) / count, 1.0)
    return [images[int(number * step)] for number in range(min(count, len(images)))]


def _seeds(workshop: Workshop, arm: Arm, student: str) -> Iterator[list[Finished]]:
    """The finished folds of each seed of a design."""
    wanted = [run for run in runs(workshop) if (run.arm, run.student) == (arm, student)]
    for seed in dict.fromkeys(run.seed for run in wanted):
        yield [load(workshop, run) for run in wanted if run.seed == seed]


def _shown(workshop: Workshop, finished: Finished) -> list[LabelledImage]:
    return [image for image in workshop.real.images() if image.id in finished.run.held_out]


def _held_out(
    workshop: Workshop, seed: Sequence[Finished]
) -> Iterator[tuple[Finished, LabelledImage]]:
    for finished in seed:
        for image in _shown(workshop, finished):
            yield finished, image


def _out_of_fold(workshop: Workshop, seed: Sequence[Finished]) -> Judged:
    parts = [judge(as_predictor(one), _shown(workshop, one)) for one in seed]
    return Judged.of(seed[0].run.student, parts)


def as_predictor(finished: Finished) -> TorchPredictor:
    """The network of a finished training as a predictor."""
    return TorchPredictor(finished.network, finished.run.name, finished.network.multiple_px)


def _teachers(workshop: Workshop) -> list[Judged]:
    """Each teacher, and all together, on the human-labelled images; their parameters are not counted."""
    images = workshop.real.images()
    return [
        Judged(
            name,
            0,
            0.5,
            tuple(
                answer(image, probability(plane), image.truth, threshold=0.5)
                for image, plane in zip(images, planes, strict=True)
                if image.is_human
            ),
        )
        for name, planes in workshop.opinions().items()
    ]


def _iou(judged: Contender) -> float:
    return round(float(np.mean([run.summary.scores.iou or 0.0 for run in judged.runs])), 4)
