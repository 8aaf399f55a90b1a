"""Speed of networks, as a file for programs and a table for people."""

import json
from collections.abc import Mapping
from pathlib import Path

from payload.training.judge.findings import machine
from payload.training.judge.tables import table
from payload.training.speed import Speed, Speeds

SPEED, PAGE = "speed.json", "speed.md"


def write_speeds(speeds: Mapping[str, Speeds], folder: Path) -> None:
    """Write `speed.json` and `speed.md` for networks by name into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": machine(),
        "networks": {name: one.as_dict() for name, one in speeds.items()},
    }
    (folder / SPEED).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (folder / PAGE).write_text("\n".join(_page(speeds)), encoding="utf-8")


def _page(speeds: Mapping[str, Speeds]) -> list[str]:
    head = (
        "network",
        "precision",
        "threads",
        "session, Mpx/s",
        "share of matmul peak",
        "int8 / fp32",
        "masking path, Mpx/s",
        "share of the session",
    )
    rows = [_row(name, one, row) for name, one in speeds.items() for row in one.rows]
    side = next(iter(speeds.values())).side_px
    return [
        "# Speed of the networks",
        "",
        (
            f"One tile of {side} x {side} px, medians of alternating runs on {machine()}. The session is "
            "onnxruntime alone on prepared reflectance; the masking path is everything done with the same "
            "pixels in flight, from DN to probabilities, on one thread, including the network's margin "
            "around the tile. The peak is that of a float32 matrix product in the same run."
        ),
        "",
        *table(head, rows),
        "",
    ]


def _row(name: str, one: Speeds, row: Speed) -> list[str]:
    share = f"{one.share_of_peak(row.threads):.2f}" if row.precision == "fp32" else ""
    gain = one.int8_gain(row.threads)
    return [
        name,
        row.precision,
        str(row.threads),
        f"{row.session_mpx_per_s:.1f}",
        share,
        f"{gain:.2f}" if row.precision == "int8" and gain is not None else "",
        "" if row.path_mpx_per_s is None else f"{row.path_mpx_per_s:.1f}",
        "" if row.path_share is None else f"{row.path_share:.2f}",
    ]
