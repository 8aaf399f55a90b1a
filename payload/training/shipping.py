"""From students to models: calibrated, exported, quantised, described by their cards."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from payload.errors import MaskerError
from payload.masking.card import Calibration, CardScores, Training
from payload.training.exam import quantised
from payload.training.export import Told, seen, write_card, write_onnx
from payload.training.images import LabelledImage, usable
from payload.training.judge.findings import FINDINGS, card_scores
from payload.training.judge.judging import judge
from payload.training.predictors import OnnxPredictor
from payload.training.recipe import Arm
from payload.training.school import Finished, load, runs
from payload.training.workshop import Workshop

CALIBRATION = "calibration.json"
LARGER = (
    ("nnU-Net's default plan for 256 px, one fold", 33_472_684),
    ("nnU-Net's plan for 128 px: six stages", 20_619_946),
    ("ukis-csmask 1.0.0, 4 bands", 19_420_011),
)
"""Larger networks that students are compared with, and the parameters of one network each."""
_TEACHERS = {"nnunet": "nnU-Net v2", "ukis": "ukis-csmask 1.0.0 (4 bands)"}


def ship(workshop: Workshop, study: Path, models: Path) -> list[Path]:
    """Export the students of a recipe without folds: for each a float32 and an int8 file.

    Of several seeds the first is taken; of several arms distilled, else mixed, composed or labels.

    Args:
        workshop: With trained students.
        study: Folder of studies, for calibration and scores of each design; see `report_study`.
        models: Folder for files and cards.

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
        raise MaskerError(f"{workshop.recipe.name}: a recipe with folds exports no network")
    return written


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What a study found for a design; without a study, the defaults apply."""

    findings: Path | None = None
    calibration: Calibration | None = None
    threshold: float = 0.5
    steps: int | None = None
    reason: str = "A clear pixel discarded costs as much as a cloudy pixel kept; no study has measured this design."

    @classmethod
    def of(cls, studies: Path, student: str, arm: Arm) -> "_Weighed":
        for path in sorted(studies.glob(f"*/{CALIBRATION}")):
            try:
                found = json.loads(path.read_text(encoding="utf-8")).get(student)
                if found is None or arm != "distilled":
                    continue
                return cls(
                    path.with_name(FINDINGS),
                    Calibration.model_validate(found["calibration"]),
                    float(found["threshold"]),
                    int(found["steps"]),
                    str(found["reason"]),
                )
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise MaskerError(f"{path}: not the calibration of a study: {error}") from error
        return cls()


def _ship(workshop: Workshop, done: Finished, study: Path, models: Path) -> list[Path]:
    """Write the files, check them, and only then move them to the folder of models."""
    name = done.run.student
    weighed = _Weighed.of(study, name, done.run.arm)
    temperature = weighed.calibration.temperature if weighed.calibration else 1.0
    told = _told(workshop, done, weighed)
    images = [image for image in workshop.real.images() if image.id in set(done.trained_on)]
    with TemporaryDirectory(dir=models) as bench:
        fp32, int8 = (Path(bench) / f"{name}{kind}.onnx" for kind in ("", "_int8"))
        worst = write_onnx(done.network, fp32, temperature=temperature)
        write_card(fp32, done.network, told)
        trial = quantised(workshop, fp32, int8, images, threshold=told.threshold)
        measured_on = "every second one of the images used to choose int8 ranges"
        quantisation = trial.card(fp32, measured_on=measured_on)
        write_card(int8, done.network, told, precision="int8", quantisation=quantisation)
        loss = _loss(fp32, int8, usable(images) or workshop.exams.images())
        workshop.journal.within(stage="export", model=name).log(
            "exported",
            parity=worst,
            agreement=round(trial.agreement, 5),
            loss=round(loss, 5),
            bytes=fp32.stat().st_size + int8.stat().st_size,
        )
        wanted = workshop.recipe.export
        if trial.agreement < wanted.least_agreement or loss > wanted.largest_loss:
            raise MaskerError(
                f"{int8.name} agrees with {fp32.name} in {trial.agreement:.4f} of the pixels and loses {loss:.4f} of its "
                f"IoU; expected at least {wanted.least_agreement} and at most {wanted.largest_loss} (export.least_agreement, "
                "export.largest_loss)"
            )
        for path in (fp32, int8):
            path.with_suffix(".json").replace(models / f"{path.stem}.json")
        return [path.replace(models / path.name) for path in (fp32, int8)]


def _loss(fp32: Path, int8: Path, images: Sequence[LabelledImage]) -> float:
    """How far the IoU of the int8 file is below that of its original."""
    whole, eighth = (judge(OnnxPredictor(path), images).summary.scores.iou for path in (fp32, int8))
    return (whole or 0.0) - (eighth or 0.0)


def _told(workshop: Workshop, done: Finished, weighed: _Weighed) -> Told:
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
        scores=_scores(weighed, done),
    )


def _teacher(workshop: Workshop, arm: Arm) -> str:
    """Who taught the network, in words."""
    if arm == "labels":
        return "labels alone"
    composed = f"{workshop.recipe.composed.scenes} composed scenes with their truth"
    if arm == "composed":
        return composed
    if arm == "mixed":
        return f"labels alone; {composed}"
    names = [_TEACHERS[name] for name in workshop.opinions() if name in _TEACHERS]
    return f"the mean of {' and '.join(names)} on real images; {composed}"


def _scores(weighed: _Weighed, done: Finished) -> CardScores | None:
    """Scores of the design, if the study has any."""
    if weighed.findings is None or not weighed.findings.exists():
        return None
    return card_scores(
        weighed.findings,
        model=f"{done.run.student}, {done.run.arm}, int8",
        statement=(
            f"The scores are means over seeds of this design, trained for at most {weighed.steps:,} steps, "
            "each image evaluated with networks not trained on its scene, as for calibration and threshold. "
            f"The network of this card was trained for {done.steps:,} steps on all images and has no held-out "
            "score of its own."
        ),
    )
