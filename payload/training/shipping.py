"""Students become models: calibrated, exported, made eight bits, described by their cards."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from payload.errors import MaskerError
from payload.masking.card import Calibration, CardScores, Training
from payload.masking.packaged import Precision
from payload.training.calibrate import calibrate, choose_threshold
from payload.training.exam import as_predictor, examine, out_of_fold_logits, quantised
from payload.training.export import Told, seen, write_card, write_onnx
from payload.training.images import usable
from payload.training.judge.discards import clear_ground
from payload.training.judge.evaluation import Evaluation, Trial, evaluate_model
from payload.training.judge.findings import FINDINGS, card_scores, write_findings
from payload.training.judge.pace import write_speeds
from payload.training.opinions import UkisWinner
from payload.training.predictors import OnnxPredictor, Predictor, spectral_tests
from payload.training.readers.layouts import read_images
from payload.training.recipe import Arm
from payload.training.school import Finished, load, runs
from payload.training.speed import measure
from payload.training.workshop import Workshop

CALIBRATION = "calibration.json"
LEAST_AGREEMENT = 0.998
"""Share of pixels that an eight-bit file must call as its float32 original does."""
LARGER = (
    ("nnU-Net's default plan for 256 px, one fold", 33_472_684),
    ("the nnU-Net that taught: six stages", 20_619_946),
    ("ukis-csmask 1.0.0, 4 bands", 19_420_011),
)
"""What students are told to be smaller than: parameters of one network each."""
_SEEN = (
    "These networks have learned from the labelled images: their scores here only show that the files "
    "work. What they are worth on scenes they never saw stands in the page of the study. The clear "
    "composed scenes are of a seed that no network has learned from."
)
_TEACHERS = {"nnunet": "nnU-Net v2 of six stages", "ukis": "ukis-csmask 1.0.0 (4 bands)"}


def report_study(workshop: Workshop, out: Path) -> Evaluation:
    """Examine a study, and leave its findings and the calibration of each design in a folder.

    Raises:
        MaskerError: A training is missing, or the recipe has no folds.
    """
    evaluation = examine(workshop)
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for student in workshop.recipe.students.names:
        if student == "conv3x3" or "distilled" not in workshop.recipe.students.arms:
            continue
        found[student] = _weigh(workshop, student, evaluation.measured_on)
    (out / CALIBRATION).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    write_findings(evaluation, out)
    return evaluation


def _weigh(workshop: Workshop, student: str, measured_on: str) -> dict[str, object]:
    """Temperature and threshold of a design, from pixels that its networks have not learned from."""
    logits, truth = out_of_fold_logits(workshop, student, "distilled")
    found = calibrate(logits, truth, measured_on=f"{measured_on}; all seeds together")
    probability = 1 / (1 + np.exp(-logits / np.float32(found.temperature)))
    threshold = choose_threshold(probability, truth, cost_ratio=workshop.recipe.export.cost_ratio)
    return {
        "calibration": found.model_dump(mode="json"),
        "threshold": round(threshold.theory.threshold, 4),
        "reason": threshold.reason,
    }


def ship(workshop: Workshop, study: Path, models: Path) -> list[Path]:
    """Export the students of a recipe without folds: for each a float32 and an eight-bit file.

    Of several seeds the first is taken, of several arms the distilled one.

    Args:
        workshop: Its students are trained.
        study: Folder of `report_study`, for calibration and scores of each design.
        models: Where files and cards go.

    Returns:
        The files.

    Raises:
        MaskerError: A training or the study is missing, or a file fails its checks.
    """
    models.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    wanted = workshop.recipe.students
    best = next(arm for arm in ("distilled", "mixed", "composed", "labels") if arm in wanted.arms)
    for run in runs(workshop):
        if run.fold is None and (run.seed, run.arm) == (wanted.seeds[0], best):
            written += _ship(workshop, load(workshop, run), study, models)
    if not written:
        raise MaskerError(f"{workshop.recipe.name}: a recipe with folds ships nothing")
    return written


def report_model(model: Path, data: Path, layout: str, out: Path, *, ukis: bool) -> Evaluation:
    """Judge one exported model on a folder of labelled images, and leave the findings in a folder.

    Args:
        model: An ONNX file, its card beside it.
        data: Labelled images; those with truth enough are judged on.
        layout: How they lie.
        out: For findings.
        ukis: Whether ukis-csmask is judged beside it.
    """
    images = usable(list(read_images(data, layout)))
    yardsticks: list[Predictor] = [*spectral_tests(), *([UkisWinner(threads=None)] if ukis else [])]
    evaluation = evaluate_model(
        [OnnxPredictor(model), *yardsticks], images, Trial(clear=clear_ground(images))
    )
    write_findings(evaluation, out)
    if pair := _pair(model):
        write_speeds({model.stem: measure(pair)}, out)
    return evaluation


def report_shipped(workshop: Workshop, models: Path, out: Path) -> Evaluation:
    """Judge the models of a recipe on clear hard ground that no network has learned from.

    The images that people have labelled are judged too, all images where there is none: the models
    have learned from them, which only shows that the files work as flown, and how they bear a worse
    sensor.
    """
    everything = usable(workshop.real.images())
    images = [image for image in everything if image.is_human] or everything
    clear = [
        *workshop.checks.images(),
        *(replace(i, surface="real") for i in clear_ground(workshop.real.images())),
    ]
    done = dict.fromkeys(run.student for run in runs(workshop))
    files = [models / f"{name}{kind}.onnx" for name in done for kind in ("_int8", "")]
    evaluation = evaluate_model(
        [
            *(OnnxPredictor(path, path.stem) for path in files),
            *([UkisWinner(threads=None)] if workshop.recipe.teacher.ukis else []),
        ],
        images,
        Trial(clear=clear),
        journal=workshop.journal.within(stage="evaluate"),
    )
    write_findings(replace(evaluation, notes=(_SEEN,)), out / "shipped", title="What ships")
    write_speeds({name: measure(_pair(models / f"{name}.onnx")) for name in done}, out / "shipped")
    return evaluation


def report_composed(workshop: Workshop, out: Path) -> Evaluation:
    """Judge students of composed scenes alone: on such scenes, and on the real ones of people.

    How far one convolution gets says how hard the scenes are; how far a student gets on real images
    says how true.

    Returns:
        What was found on composed scenes of a seed that nobody has learned from.
    """
    students: list[Predictor] = [as_predictor(load(workshop, run)) for run in runs(workshop)]
    journal = workshop.journal.within(stage="evaluate")
    quick = Trial(perturbations=())
    hard = evaluate_model(students, workshop.exams.images(), quick, journal=journal)
    write_findings(hard, out / "composed", title="How hard composed scenes are")
    if people := [image for image in workshop.real.images() if image.is_human]:
        true = evaluate_model([*students, *spectral_tests()], people, quick, journal=journal)
        write_findings(true, out / "composed-on-real", title="What composed scenes alone teach")
    return hard


def _pair(model: Path) -> dict[Precision, Path]:
    """A float32 model with its eight-bit sibling if there is one; nothing without the float32 file."""
    fp32 = model.with_name(model.name.replace("_int8.onnx", ".onnx"))
    int8 = fp32.with_name(f"{fp32.stem}_int8.onnx")
    found: dict[Precision, Path] = {"fp32": fp32, "int8": int8}
    return {kind: path for kind, path in found.items() if path.exists()} if fp32.exists() else {}


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What a study says of a design; the defaults stand where there is none."""

    calibration: Calibration | None = None
    threshold: float = 0.5
    reason: str = (
        "A false discard counts as much as a kept cloud; no study has weighed this design."
    )

    @classmethod
    def of(cls, study: Path, student: str) -> "_Weighed":
        path = study / CALIBRATION
        if not path.exists():
            return cls()
        try:
            found = json.loads(path.read_text(encoding="utf-8")).get(student)
            if found is None:
                return cls()
            calibration = Calibration.model_validate(found["calibration"])
            return cls(calibration, float(found["threshold"]), str(found["reason"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise MaskerError(f"{path}: this is no calibration of a study: {error}") from error


def _ship(workshop: Workshop, done: Finished, study: Path, models: Path) -> list[Path]:
    name = done.run.student
    fp32, int8 = models / f"{name}.onnx", models / f"{name}_int8.onnx"
    weighed = _Weighed.of(study, name)
    temperature = weighed.calibration.temperature if weighed.calibration else 1.0
    told = _told(workshop, done, weighed, study)
    worst = write_onnx(done.network, fp32, temperature=temperature)
    write_card(fp32, done.network, told)
    images = [image for image in workshop.real.images() if image.id in set(done.trained_on)]
    trial = quantised(workshop, fp32, int8, images, threshold=told.threshold)
    measured_on = "every other of the images that eight-bit ranges were sought for"
    write_card(
        int8,
        done.network,
        told,
        precision="int8",
        quantisation=trial.card(fp32, measured_on=measured_on),
    )
    workshop.journal.within(stage="export", model=name).log(
        "exported",
        parity=worst,
        agreement=round(trial.agreement, 5),
        bytes=fp32.stat().st_size + int8.stat().st_size,
    )
    if trial.agreement < LEAST_AGREEMENT:
        raise MaskerError(
            f"{int8}: agrees with {fp32.name} in {trial.agreement:.4f} of the pixels; "
            f"{LEAST_AGREEMENT} is wanted"
        )
    return [fp32, int8]


def _told(workshop: Workshop, done: Finished, weighed: _Weighed, study: Path) -> Told:
    findings = study / FINDINGS
    return Told(
        name=done.run.student,
        trained_on=seen(
            workshop.real.images(),
            done,
            taught="labels and teachers" if done.run.arm == "distilled" else "labels alone",
            seed=done.run.seed,
        ),
        threshold=weighed.threshold,
        threshold_reason=weighed.reason,
        calibration=weighed.calibration,
        training=Training(
            teacher=_teacher(workshop, done.run.arm), recipe_sha256=workshop.recipe.digest
        ),
        smaller_than=LARGER,
        scores=_scores(findings, f"{done.run.student}, {done.run.arm}, int8"),
    )


def _teacher(workshop: Workshop, arm: Arm) -> str:
    """Who taught, in words."""
    if arm == "labels":
        return "labels alone"
    composed = f"{workshop.recipe.composed.scenes} composed scenes teach by their truth"
    if arm == "composed":
        return composed
    if arm == "mixed":
        return f"labels alone; {composed}"
    names = [_TEACHERS[name] for name in workshop.opinions() if name in _TEACHERS]
    return f"the mean of {' and '.join(names)} on real images; {composed}"


def _scores(findings: Path, design: str) -> CardScores | None:
    """Scores of the design, where the study has any."""
    if not findings.exists():
        return None
    return card_scores(
        findings,
        model=design,
        statement=(
            "The scores are means over seeds of this design, each image judged by networks that saw "
            "nothing of its scene. The network of this card learned from all images and has no held-out "
            "score of its own."
        ),
    )
