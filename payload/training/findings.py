"""An evaluation as files: `baseline.json` for programs, `README.md` for people."""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from payload.errors import MaskerError
from payload.masking.card import CardScore, CardScores
from payload.masking.scores import pool
from payload.training.evaluate import FOLDS, THRESHOLD, Evaluation, Judged
from payload.training.runs import Run
from payload.training.student import Student
from payload.types import CoverEstimate

MACHINE = "2 vCPU x86-64, one thread"
MEASURED_ON = (
    f"human-labelled Landsat 8 patches of 256 x 256 pixels (USGS L8 Biome), cloud against the rest, pixels "
    f"pooled, threshold {THRESHOLD}; {FOLDS} folds, each image judged by a network that saw no image of its scene"
)
_HOW_TRAINED = (
    "Training is by labels alone. The single convolution is trained alike: same images, crops, steps "
    "and learning rate. The untrained network is the student before its first step."
)
_WHAT_SHIPS = (
    f"The network that ships, `{Student.name}`, is trained on all images, and so has no held-out score "
    "of its own; its card says both."
)


def write_findings(evaluation: Evaluation, folder: Path) -> None:
    """Write `baseline.json` and `README.md` into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_record(evaluation), indent=2, allow_nan=False)
    (folder / "baseline.json").write_text(text + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_page(evaluation), encoding="utf-8")


def card_scores(findings: Path) -> CardScores:
    """What a model card says of the scores in `baseline.json`.

    Raises:
        MaskerError: The file cannot be read, or is none of ours.
    """
    try:
        record = json.loads(findings.read_text(encoding="utf-8"))
        rows = [CardScore(name=row["name"], **row["pooled"]) for row in record["maskers"]]
        measured_on = f"{record['images']} {record['measured_on']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MaskerError(
            f"{findings}: these are no findings of `payload-train evaluate`: {error}"
        ) from error
    return CardScores(
        measured_on=measured_on,
        statement=(
            "The scores are those of the design, trained alike on each fold's images. The shipped network "
            "is trained on all images and has no held-out score of its own."
        ),
        model=rows[0],
        baselines=tuple(rows[1:]),
    )


def _record(evaluation: Evaluation) -> dict[str, object]:
    return {
        "schema_version": 1,
        "images": sum(len(ids) for ids in evaluation.folds),
        "measured_on": MEASURED_ON,
        "machine": MACHINE,
        "torch": torch.__version__,
        "recipe": asdict(evaluation.recipe),
        "folds": [list(ids) for ids in evaluation.folds],
        "trainings": {
            name: [
                {"images": len(run.trained_on), "steps": run.steps, "minutes": _minutes(run)}
                for run in runs
            ]
            for name, runs in evaluation.runs.items()
        },
        "maskers": [_masker(judged) for judged in evaluation.judged],
    }


def _masker(judged: Judged) -> dict[str, object]:
    return {
        "name": judged.name,
        "parameters": judged.parameters,
        "pooled": {key: _rounded(value) for key, value in asdict(judged.scores).items()},
        "images": {id_: asdict(estimate) for id_, estimate in sorted(judged.estimates.items())},
    }


def _page(evaluation: Evaluation) -> str:
    student = evaluation.judged[0]
    lines = [
        "# The masker's starting point",
        "",
        f"Written by `payload-train evaluate`. Measured on {len(student.estimates)} {MEASURED_ON}.",
        "",
        "| masker | parameters | IoU | F1 | precision | recall |",
        "|---|--:|--:|--:|--:|--:|",
        *(_row(judged) for judged in evaluation.judged),
        "",
        _HOW_TRAINED,
        "",
        "## Image by image",
        "",
        "Cloud is the share of the image; the other columns are the student's, blank where undefined.",
        "",
        "| held-out image | fold | cloud by truth | cloud by the student | IoU | cloud by blue > 0.25 |",
        "|---|--:|--:|--:|--:|--:|",
        *(
            _image_row(id_, fold, student.estimates[id_], evaluation.judged[1].estimates[id_])
            for fold, ids in enumerate(evaluation.folds, start=1)
            for id_ in ids
        ),
        "",
        "## Trainings",
        "",
        f"{MACHINE}, torch {torch.__version__}; the recipe stands in `baseline.json`.",
        "",
        "| network | fold | images seen | steps | minutes |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {name} | {fold} | {len(run.trained_on)} | {run.steps} | {_minutes(run)} |"
            for name, runs in evaluation.runs.items()
            for fold, run in enumerate(runs, start=1)
        ),
        "",
        _WHAT_SHIPS,
        "",
    ]
    return "\n".join(lines)


def _row(judged: Judged) -> str:
    figures = " | ".join(_figure(value) for value in asdict(judged.scores).values())
    return f"| {judged.name} | {judged.parameters:,} | {figures} |"


def _image_row(id_: str, fold: int, student: CoverEstimate, blue: CoverEstimate) -> str:
    scores = pool([student])
    iou = _figure(scores.iou if scores else None)
    truth = _figure((student.cloudy_px or 0) / student.valid_px)
    return (
        f"| {id_} | {fold} | {truth} | {_figure(student.cover)} | {iou} | {_figure(blue.cover)} |"
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _minutes(run: Run) -> float:
    return round(run.elapsed_s / 60, 1)
