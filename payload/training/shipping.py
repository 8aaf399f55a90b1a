"""Students become models: calibrated, exported, made eight bits, described by their cards."""

import json
from dataclasses import dataclass
from pathlib import Path

from payload.errors import MaskerError
from payload.masking.card import Calibration, CardScores, Training
from payload.training.exam import quantised
from payload.training.export import Told, seen, write_card, write_onnx
from payload.training.judge.findings import FINDINGS, card_scores
from payload.training.recipe import Arm
from payload.training.school import Finished, load, runs
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
_TEACHERS = {"nnunet": "nnU-Net v2 of six stages", "ukis": "ukis-csmask 1.0.0 (4 bands)"}


def ship(workshop: Workshop, study: Path, models: Path) -> list[Path]:
    """Export the students of a recipe without folds: for each a float32 and an eight-bit file.

    Of several seeds the first is taken, of several arms the distilled one.

    Args:
        workshop: Its students are trained.
        study: Folder of studies, for calibration and scores of each design; see `report_study`.
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


@dataclass(frozen=True, slots=True)
class _Weighed:
    """What a study says of a design; the defaults stand where there is none."""

    findings: Path | None = None
    calibration: Calibration | None = None
    threshold: float = 0.5
    reason: str = (
        "A false discard counts as much as a kept cloud; no study has weighed this design."
    )

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
                    str(found["reason"]),
                )
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise MaskerError(f"{path}: this is no calibration of a study: {error}") from error
        return cls()


def _ship(workshop: Workshop, done: Finished, study: Path, models: Path) -> list[Path]:
    name = done.run.student
    fp32, int8 = models / f"{name}.onnx", models / f"{name}_int8.onnx"
    weighed = _Weighed.of(study, name, done.run.arm)
    temperature = weighed.calibration.temperature if weighed.calibration else 1.0
    told = _told(workshop, done, weighed)
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
        scores=_scores(weighed.findings, f"{done.run.student}, {done.run.arm}, int8"),
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


def _scores(findings: Path | None, design: str) -> CardScores | None:
    """Scores of the design, where the study has any."""
    if findings is None or not findings.exists():
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
