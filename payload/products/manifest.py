"""`provenance.json`: what produced the results, with what, and when; wall-clock times appear nowhere else."""

import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from payload import __version__
from payload.provenance import digest_file
from payload.units import iso_utc

PACKAGES = (
    "numpy",
    "rasterio",
    "onnxruntime",
    "simpy",
    "pydantic",
    "shapely",
    "zstandard",
    "sgp4",
    "duckdb",
    "plotly",
)


def provenance(
    folder: Path,
    *,
    scenario: str,
    digest: str,
    seed: int,
    command: str,
    started: datetime,
    masker: Mapping[str, Any],
    surrogate: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The origin of a folder's files, with their digests."""
    finished = datetime.now(UTC)
    return {
        "version": __version__,
        "scenario": scenario,
        "digest": digest,
        "seed": seed,
        "command": command,
        "started_utc": iso_utc(started),
        "finished_utc": iso_utc(finished),
        "wall_s": (finished - started).total_seconds(),
        "cpu_s": time.process_time(),
        "platform": f"{platform.system()} {platform.machine()}",
        "python": sys.version.split()[0],
        "packages": {name: package_version(name) for name in PACKAGES},
        "masker": {"model": masker["model"], "sha256": masker["sha256"]},
        "surrogate": surrogate and {"name": surrogate["name"], "sha256": surrogate["sha256"]},
        "files": {
            item.relative_to(folder).as_posix(): digest_file(item)
            for item in sorted(folder.rglob("*"))
            if item.is_file() and not item.relative_to(folder).parts[0].startswith(".")
        },
    }


def package_version(name: str) -> str | None:
    """Version of an installed package; None if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
