"""Evaluations of recipes and models, written to folders of findings."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from payload.masking.packaged import Precision
from payload.training.calibrate import (
    Weighed,
    calibrate,
    choose_threshold,
    try_own_thresholds,
    why_one_for_all,
)
from payload.training.exam import as_predictor, examine, out_of_fold_logits
from payload.training.images import usable
from payload.training.judge.discards import REAL, clear_ground
from payload.training.judge.evaluation import Evaluation, Trial, evaluate_model
from payload.training.judge.findings import write_findings
from payload.training.judge.index import write_index
from payload.training.judge.pace import write_speeds
from payload.training.opinions import UkisWinner
from payload.training.predictors import OnnxPredictor, Predictor, spectral_tests
from payload.training.readers.layouts import read_images
from payload.training.school import load, runs
from payload.training.shipping import CALIBRATION
from payload.training.speed import measure
from payload.training.store import ImageStore
from payload.training.workshop import Workshop

_SEEN = (
    "These networks were trained on the labelled images, so their scores here only show that the files "
    "work; see the page of the study for scores on unseen scenes. The clear composed scenes are of a seed "
    "that no network was trained on."
)


def report_study(workshop: Workshop, out: Path) -> Evaluation:
    """Evaluate a study, and write its findings and the calibration of each design to a folder of its name.

    Raises:
        MaskerError: A training is missing, or the recipe has no folds.
    """
    evaluation = examine(workshop)
    out = out / workshop.recipe.name
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for student in workshop.recipe.students.names:
        if student == "conv3x3" or "distilled" not in workshop.recipe.students.arms:
            continue
        found[student] = _weigh(workshop, student, evaluation.measured_on)
    (out / CALIBRATION).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    title = f"Recipe {workshop.recipe.name}: students on unseen scenes"
    write_findings(evaluation, out, title=title)
    write_index(out.parent)
    return evaluation


def _weigh(workshop: Workshop, student: str, measured_on: str) -> dict[str, object]:
    """Temperature and threshold of a design, from pixels that its networks were not trained on."""
    said = [
        (image, logits)
        for image, logits in out_of_fold_logits(workshop, student, "distilled")
        if image.unknown_fraction < 1
    ]
    logits = np.concatenate([plane.ravel() for _, plane in said])
    truth = np.concatenate([image.truth.ravel() for image, _ in said])
    numbers = {name: place for place, name in enumerate(sorted({image.scene for image, _ in said}))}
    scenes = np.concatenate([np.full(image.truth.size, numbers[image.scene]) for image, _ in said])
    found = calibrate(
        logits,
        truth,
        scenes,
        measured_on=f"{measured_on}; all seeds together; each scene with the temperature of all others",
    )
    cost_ratio = workshop.recipe.export.cost_ratio
    calibrated = [
        Weighed(
            image.scene,
            image.surface,
            np.asarray(1 / (1 + np.exp(-plane / np.float32(found.temperature))), np.float32),
            image.truth,
        )
        for image, plane in said
    ]
    probability = np.concatenate([each.probability.ravel() for each in calibrated])
    threshold = choose_threshold(probability, truth, cost_ratio=cost_ratio)
    own = try_own_thresholds(calibrated, cost_ratio=cost_ratio)
    alone = sorted({each.surface for each in calibrated} - own.keys())
    return {
        "steps": workshop.recipe.students.steps,
        "calibration": found.model_dump(mode="json"),
        "threshold": round(threshold.theory.threshold, 4),
        "reason": " ".join([threshold.reason, *([why_one_for_all(own, alone)] if own else [])]),
        "by_surface": {
            surface: {key: round(value, 5) for key, value in asdict(one).items()}
            for surface, one in own.items()
        },
    }


def report_model(model: Path, data: Path, layout: str, out: Path, *, ukis: bool) -> Evaluation:
    """Evaluate one exported model on a folder of labelled images, and write the findings to a folder.

    Args:
        model: An ONNX file with its card beside it.
        data: Folder of labelled images; those with enough labels are used.
        layout: How the images lie in their folder.
        out: Folder for findings.
        ukis: Whether ukis-csmask is evaluated as well.
    """
    predictor = OnnxPredictor(model)
    predictor.masker.model_card  # noqa: B018 - a bad model is refused before any image is read
    out.mkdir(parents=True, exist_ok=True)
    yardsticks: list[Predictor] = [*spectral_tests(), *([UkisWinner(threads=None)] if ukis else [])]
    with TemporaryDirectory(dir=out) as folder:  # sets of 40 GB do not fit into memory
        store = ImageStore(Path(folder))
        store.write(read_images(data, layout))
        images = usable(store.images())
        evaluation = evaluate_model(
            [predictor, *yardsticks], images, Trial(clear=clear_ground(images))
        )
    write_findings(evaluation, out)
    if pair := _pair(model):
        write_speeds({model.stem: measure(pair)}, out)
    return evaluation


def report_shipped(workshop: Workshop, models: Path, out: Path) -> Evaluation:
    """Evaluate the models of a recipe on clear hard ground that no network was trained on.

    They are also evaluated on the human-labelled images, or on all images if there are none. As they
    were trained on these, that only shows that the files work as flown, and how they cope with a
    worse sensor.
    """
    everything = usable(workshop.real.images())
    images = [image for image in everything if image.is_human] or everything
    clear = [
        *workshop.checks.images(),
        *(replace(i, surface=REAL) for i in clear_ground(workshop.real.images())),
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
    write_findings(replace(evaluation, notes=(_SEEN,)), out / "shipped", title="Shipped networks")
    write_speeds({name: measure(_pair(models / f"{name}.onnx")) for name in done}, out / "shipped")
    write_index(out)
    return evaluation


def report_composed(workshop: Workshop, out: Path) -> Evaluation:
    """Evaluate students trained on composed scenes alone, on such scenes and on real human-labelled ones.

    How far a single convolution gets shows how hard the scenes are; how far a student gets on real
    images shows how realistic they are.

    Returns:
        The evaluation on composed scenes of a seed that nothing was trained on.
    """
    students: list[Predictor] = [as_predictor(load(workshop, run)) for run in runs(workshop)]
    journal = workshop.journal.within(stage="evaluate")
    quick = Trial(perturbations=())
    hard = evaluate_model(students, workshop.exams.images(), quick, journal=journal)
    write_findings(hard, out / "composed", title="Difficulty of composed scenes")
    if people := [image for image in workshop.real.images() if image.is_human]:
        true = evaluate_model([*students, *spectral_tests()], people, quick, journal=journal)
        write_findings(true, out / "composed-on-real", title="Training on composed scenes only")
    write_index(out)
    return hard


def _pair(model: Path) -> dict[Precision, Path]:
    """A float32 model with its int8 sibling if there is one; empty without the float32 file."""
    fp32 = model.with_name(model.name.replace("_int8.onnx", ".onnx"))
    int8 = fp32.with_name(f"{fp32.stem}_int8.onnx")
    found: dict[Precision, Path] = {"fp32": fp32, "int8": int8}
    return {kind: path for kind, path in found.items() if path.exists()} if fp32.exists() else {}
