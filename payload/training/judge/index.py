"""All findings below a folder on one page: what was judged on what, with links."""

import json
from pathlib import Path
from typing import Any

from payload.errors import MaskerError
from payload.training.judge.findings import FINDINGS, PAGE
from payload.training.judge.tables import figure, table

_HEAD = ("masker", "parameters", "IoU", "IoU, lowest to highest seed", "precision", "recall", "ECE")


def write_index(folder: Path) -> None:
    """Write the `README.md` of a folder whose subfolders hold findings, one table each.

    Raises:
        MaskerError: A `findings.json` below is not a findings file.
    """
    lines = [
        "# Evaluations of the cloud masker",
        "",
        "Written by `payload-train`. IoU is the Jaccard index of cloud, with pixels pooled over all images.",
        "",
    ]
    for path in sorted(folder.glob(f"*/{FINDINGS}")):
        try:
            lines += _section(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MaskerError(f"{path}: not a findings file: {error!r}") from error
    (folder / PAGE).write_text("\n".join(lines), encoding="utf-8")


def _section(path: Path) -> list[str]:
    found = json.loads(path.read_text(encoding="utf-8"))
    return [
        f"## [{found['title']}]({path.parent.name}/{PAGE})",
        "",
        f"{found['measured_on']}.",
        *found["notes"],
        "",
        *table(_HEAD, [_row(masker) for masker in found["maskers"]]),
        "",
    ]


def _row(masker: dict[str, Any]) -> list[str]:
    pooled = masker["pooled"]
    iou = pooled["iou"]
    seeds = "" if iou is None or iou["seeds"] < 2 else f"{iou['low']:.3f} to {iou['high']:.3f}"
    means = [figure((pooled[key] or {}).get("mean")) for key in ("precision", "recall", "ece")]
    return [
        masker["name"],
        f"{masker['parameters']:,}" if masker["parameters"] else "",
        figure((iou or {}).get("mean")),
        seeds,
        *means,
    ]
