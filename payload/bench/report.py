"""Run all measurements, and write them with the machine and package versions."""

import json
import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from payload.bench.timing import Ratio
from payload.errors import ScenarioError
from payload.scratch import scratch_folder
from payload.text_files import check_place, write_text

GUESTS = (
    "numpy",
    "simpy",
    "sgp4",
    "zstandard",
    "onnxruntime",
    "duckdb",
    "numba",
    "imagecodecs",
    "skyfield",
)
"""Packages whose versions are reported."""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured, on which machine and with which packages.

    Attributes:
        load: One-minute load average at the start.
    """

    made_utc: str
    machine: str
    cores: int
    load: float
    python: str
    packages: dict[str, str]
    ratios: tuple[Ratio, ...]

    def page(self) -> str:
        """The report as Markdown."""
        guests = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return "\n".join(
            [
                "# Speed ratios",
                "",
                f"Written by `payload-sim bench` at {self.made_utc} on {self.machine}, {self.cores} cores, with a load of {self.load:g} by",
                f"other work at the start, Python {self.python}, {guests}.",
                "",
                "Unless stated otherwise, a ratio is the median quotient of the CPU times of two tasks run alternately; Mpx/s describe the machine.",
                "",
                "| ratio | measured | target | met |",
                "|---|--:|---|---|",
                *(ratio.row() for ratio in self.ratios),
                "",
            ]
        )


def bench(
    out: str | Path, *, tell: Callable[[str], None] = lambda _: None
) -> tuple[BenchReport, Path]:
    """Measure, and write `bench.json` and a page, README.md, into a folder; this takes some minutes.

    Raises:
        ScenarioError: The folder cannot be written; raised before anything is measured.
    """
    path = Path(out) / "bench.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ScenarioError(f"{out}: cannot be written to: {error.strerror}") from error
    check_place(path)
    from payload.bench import flights, stages  # noqa: PLC0415 - they need nearly all rooms

    ratios: list[Ratio] = []
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    with scratch_folder() as folder:
        measures: dict[str, Callable[[], Iterable[Ratio]]] = {
            "event loop": lambda: flights.event_loop(_in(folder, "loop")),
            "a day": lambda: flights.day(_in(folder, "day")),
            "masking": stages.masking,
            "contacts": stages.contacts,
            "codecs": stages.codecs,
            "world": stages.world,
            "pixels": lambda: stages.pixels(_in(folder, "pixels")),
            "growth": lambda: flights.growth(folder),
        }
        for number, (what, measure) in enumerate(measures.items(), 1):
            tell(f"{what} ({number} of {len(measures)})")
            ratios += measure()
    report = BenchReport(
        made_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=f"{platform.system()} {platform.machine()}, {_processor()}",
        cores=os.cpu_count() or 1,
        load=round(load, 1),
        python=platform.python_version(),
        packages=_versions(),
        ratios=tuple(ratios),
    )
    write_text(path, json.dumps(asdict(report), indent=2) + "\n")
    write_text(path.with_name("README.md"), report.page())
    return report, path


def _in(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir()
    return place


def _versions() -> dict[str, str]:
    found = {}
    for name in GUESTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an extra
            continue
    return found


def _processor() -> str:
    """Name of the processor, as the system reports it."""
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
