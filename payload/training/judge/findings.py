"""Write an evaluation: `findings.json` for programs, `README.md` and a picture for people."""

import json
import os
import platform
from pathlib import Path

from payload.errors import MaskerError
from payload.masking.card import CardScore, CardScores
from payload.training.judge import tables
from payload.training.judge.discards import CLEAR_COVER, MIN_KNOWN
from payload.training.judge.evaluation import Evaluation
from payload.training.judge.judging import TILE_PX, Judged
from payload.training.judge.record import SCHEMA_VERSION, SCORES, record
from payload.training.judge.robustness import REFERENCE
from payload.training.judge.sheet import LEGEND

_CELL = "IoU (omitted if no pixel is cloud) · share of clear pixels called cloud; means over seeds."
FINDINGS, PAGE, PICTURE = "findings.json", "README.md", "examples.png"


def write_findings(
    evaluation: Evaluation, folder: Path, *, title: str = "Quality of the cloud masker"
) -> None:
    """Write `findings.json`, `README.md` and, if there is a sheet, `examples.png` into a folder.

    The folder is made if need be; the picture of an earlier evaluation is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = {"title": title, **record(evaluation), "machine": machine()}
    text = json.dumps(written, indent=1, allow_nan=False)
    (folder / FINDINGS).write_text(text + "\n", encoding="utf-8")
    (folder / PAGE).write_text("\n".join(page(evaluation, title)), encoding="utf-8")
    if evaluation.sheet is None:
        (folder / PICTURE).unlink(missing_ok=True)
    else:
        (folder / PICTURE).write_bytes(evaluation.sheet.png)


def card_scores(findings: Path, *, statement: str, model: str | None = None) -> CardScores:
    """The scores of `findings.json` for a model card: means over seeds.

    Args:
        findings: The file.
        statement: What the scores belong to: the card's own network, or its design.
        model: Name of the masker; the first if left out. All others become baselines.

    Raises:
        MaskerError: The file cannot be read, is not a findings file, or does not name the model.
    """
    try:
        found = json.loads(findings.read_text(encoding="utf-8"))
        if found["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {found['schema_version']}")  # noqa: TRY301
        rows = {row["name"]: _card_score(row["name"], row["pooled"]) for row in found["maskers"]}
        measured_on = str(found["measured_on"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MaskerError(
            f"{findings}: not findings of `payload-train evaluate`: {error}"
        ) from error
    chosen = next(iter(rows), None) if model is None else model
    if chosen not in rows:
        raise MaskerError(
            f"{findings}: unknown masker {model!r} (known: {', '.join(rows) or 'none'})"
        )
    return CardScores(
        measured_on=measured_on,
        statement=statement,
        model=rows.pop(chosen),
        baselines=tuple(rows.values()),
    )


def page(evaluation: Evaluation, title: str) -> list[str]:
    """The Markdown page, line by line."""
    contenders, model = evaluation.contenders, evaluation.contenders[0]
    seeds = max(len(contender.runs) for contender in contenders)
    lines = [
        f"# {title}",
        "",
        f"Written by `payload-train evaluate`. Measured on {evaluation.measured_on}.",
        "",
        "The first row is the model. Shadow counts as clear; unknown pixels are ignored.",
        "",
        *(line for note in evaluation.notes for line in (note, "")),
        *tables.overall(evaluation),
        _how_to_read(seeds),
        "",
    ]
    lines += _section(
        "By collection",
        tables.grouped(evaluation, Judged.by_source, "collection"),
        _CELL,
    )
    lines += _section(
        "By surface",
        tables.grouped(evaluation, Judged.by_surface, "surface"),
        _CELL,
    )
    lines += _section(
        "By true cloud cover",
        tables.grouped(evaluation, Judged.by_cover, "cover"),
        f"{_CELL} Each class includes its upper limit.",
    )
    lines += _section(
        "Pruning of tiles of these images",
        tables.tiles(contenders),
        f"Tiles of {TILE_PX} x {TILE_PX} px unless cut differently. Lost: at most {CLEAR_COVER:.0%} of the tile is "
        "cloud, but the limit `max_cloud_cover` drops it; kept: more of the tile is cloud than the limit "
        f"allows, but it is kept. Only tiles labelled to at least {MIN_KNOWN:.0%} count. 95 % Wilson intervals in "
        "brackets.",
    )
    lines += _section(
        "Clear ground that looks like cloud",
        tables.clear_ground(contenders),
        "Tiles without cloud, by ground; share of them dropped under each limit.",
    )
    lines += _section(
        "Degraded sensors",
        tables.robustness(contenders),
        "IoU on the same images from a sensor degraded in one respect, with the difference from the nominal "
        f"sensor in brackets. SNR is stated at a reflectance of {REFERENCE:g}, where three quarters of the noise "
        "variance are shot noise. First seeds only.",
    )
    lines += _section(
        "Calibration of probabilities",
        tables.calibration(model),
        f"`{model.name}`, all seeds: pixels of known truth in 15 bins of probability. The ECE above is the mean "
        "difference between the first two columns, weighted by the third.",
    )
    lines += _section("The worst images", tables.worst_images(evaluation), "First seeds only.")
    if evaluation.sheet is not None:
        lines += ["## The worst failures", "", f"![The worst failures]({PICTURE})", "", LEGEND, ""]
        lines += [f"Maskers: {', '.join(evaluation.sheet.maskers)}. Rows:", ""]
        lines += [f"{place}. {id_}" for place, id_ in enumerate(evaluation.sheet.images, start=1)]
        lines += [""]
    return [*lines, f"{machine()}.", ""]


def _section(title: str, body: list[str], remark: str) -> list[str]:
    return [f"## {title}", "", remark, "", *body] if body else []


def _how_to_read(seeds: int) -> str:
    spread = (
        "Scores are means over seeds, with the lowest and highest in brackets. "
        if seeds > 1
        else ""
    )
    return (
        f"{spread}Bias of cover: estimated minus true cloud cover, mean over images. "
        "ECE: expected calibration error of the probability of cloud; binary rules have none. The last "
        "column is the model's IoU minus that of the row, with the 95 % interval from resampling scenes "
        "with replacement."
    )


def _card_score(name: str, pooled: dict[str, dict[str, float] | None]) -> CardScore:
    found = {key: pooled[key] for key in SCORES}
    means = {key: None if one is None else one["mean"] for key, one in found.items()}
    return CardScore(name=name, **means)


def machine() -> str:
    """This machine, in a few words."""
    return f"{os.cpu_count()} vCPU {platform.machine()}, Python {platform.python_version()}"
