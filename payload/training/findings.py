"""An evaluation as files: `baseline.json` for programs, `README.md` for people."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from payload.errors import MaskerError
from payload.masking.card import CardScore, CardScores
from payload.masking.scores import pool
from payload.training.evaluate import FOLDS, THRESHOLD, Evaluation, Judged
from payload.training.runs import Run
from payload.training.student import Student

MEASURED_ON = (
    "human-labelled Landsat 8 patches of 256 x 256 pixels (USGS L8 Biome), cloud against the rest, "
    f"pixels pooled, threshold {THRESHOLD}; {FOLDS} folds, each image judged by a network that saw "
    "no image of its scene"
)
_HOW_TRAINED = (
    "Training is by labels alone. The single convolution is trained alike: same images, crops, "
    "steps and learning rate. The untrained network is the student before its first step."
)
_WHAT_SHIPS = (
    f"The network that ships, `{Student.name}`, is trained on all images, and so has no held-out "
    "score of its own; its card says both."
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
        steps = max(run["steps"] for run in record["trainings"][Student.name])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MaskerError(
            f"{findings}: these are no findings of `payload-train evaluate`: {error}"
        ) from error
    return CardScores(
        measured_on=measured_on,
        statement=(
            f"The scores are those of the design, trained for {steps} steps on each fold's images. The "
            "shipped network is trained on all images and has no held-out score of its own."
        ),
        model=rows[0],
        baselines=tuple(rows[1:]),
    )


def _record(evaluation: Evaluation) -> dict[str, object]:
    return {
        "schema_version": 1,
        "images": sum(len(ids) for ids in evaluation.folds),
        "measured_on": MEASURED_ON,
        "machine": _machine(),
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
    student, *yardsticks = evaluation.judged
    names = [judged.name for judged in evaluation.judged]
    lines = [
        "# The masker's starting point",
        "",
        f"Written by `payload-train evaluate`. Measured on {len(student.estimates)} {MEASURED_ON}.",
        "",
        "| masker | parameters | IoU | F1 | precision | recall | IoU with any one image left out |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(_row(judged) for judged in evaluation.judged),
        "",
        _verdict(student, yardsticks),
        "",
        _HOW_TRAINED,
        "",
        "## Image by image",
        "",
        "The share of each held-out image that is cloud, by truth and by each masker.",
        "",
        f"| image | fold | truth | {' | '.join(names)} |",
        f"|---|{'--:|' * (2 + len(names))}",
        *(
            _image_row(id_, fold, evaluation.judged)
            for fold, ids in enumerate(evaluation.folds, start=1)
            for id_ in ids
        ),
        "",
        "## Trainings",
        "",
        f"{_machine()}, torch {torch.__version__}; the recipe stands in `baseline.json`.",
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
    low, high = _without_one(judged)
    return f"| {judged.name} | {judged.parameters:,} | {figures} | {low:.3f} to {high:.3f} |"


def _verdict(student: Judged, yardsticks: Sequence[Judged]) -> str:
    """Say plainly which yardsticks the student passes, and how much hangs on single images."""
    ours = student.scores.iou or 0.0
    ahead = [judged.name for judged in yardsticks if (judged.scores.iou or 0.0) >= ours]
    beaten = [judged.name for judged in yardsticks if judged.name not in ahead]
    return (
        f"By IoU `{student.name}` is ahead of {', '.join(beaten) or 'none'} and not ahead of "
        f"{', '.join(ahead) or 'none'}. Each network was trained once a fold; the last column shows "
        "how far a single image moves a score, and smaller differences hang on the choice of images."
    )


def _without_one(judged: Judged) -> tuple[float, float]:
    """The lowest and the highest pooled IoU when one image is left out."""
    left = [
        pool(other for name, other in judged.estimates.items() if name != out)
        for out in judged.estimates
    ]
    values = [scores.iou for scores in left if scores is not None and scores.iou is not None]
    return min(values, default=0.0), max(values, default=0.0)


def _image_row(id_: str, fold: int, judged: Sequence[Judged]) -> str:
    first = judged[0].estimates[id_]
    cloudy, clear = first.cloudy_px or 0, first.clear_px or 0
    shares = [cloudy / max(cloudy + clear, 1), *(each.estimates[id_].cover for each in judged)]
    return f"| {id_} | {fold} | {' | '.join(_figure(share) for share in shares)} |"


def _machine() -> str:
    return f"{os.cpu_count()} vCPU {platform.machine()}, one thread"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _minutes(run: Run) -> float:
    return round(run.elapsed_s / 60, 1)
