"""How fast this machine flies, as ratios of two things measured in one run: no figure here depends on the machine alone.

Seconds are of CPU. What is compared is worked on in turns, and the median of the rounds counts.
"""

import json
import math
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from payload.compression.med import MedZstd
from payload.compression.yardstick import PlainZstd
from payload.fleet import FleetSize, write_fleet
from payload.scenario.models import Scenario
from payload.sim import Assembly, Memo, Mission, assemble
from payload.sim.arms import make_arm
from payload.sim.yardstick import bare_event_s, count_events

ROUNDS = 5
SMALL = FleetSize(planes=2, satellites_per_plane=2, stations=10, targets=60, hours=8.0)
"""The fleet whose growth is followed."""
GROWTH = (1, 2, 4)
"""So many times as large."""
GUESTS = ("numpy", "simpy", "sgp4", "zstandard", "onnxruntime", "duckdb")
"""Packages whose versions are told."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One of two things over the other; `aim` is the most that was aimed at, None where nothing was."""

    what: str
    value: float
    aim: float | None = None

    def sentence(self) -> str:
        """For people."""
        aim = "" if self.aim is None else f"  (aim: at most {self.aim:g})"
        return f"{self.what:<66} {self.value:8.2f}{aim}"


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured, on which machine and with which packages."""

    made_utc: str
    machine: str
    cores: int
    python: str
    packages: dict[str, str]
    ratios: tuple[Ratio, ...]


def bench(out: Path, *, tell: Callable[[str], None] = lambda _: None) -> tuple[BenchReport, Path]:
    """Measure, and write `bench.json` into a folder; some minutes.

    Raises:
        PayloadError: The folder cannot be written.
    """
    ratios: list[Ratio] = []
    with tempfile.TemporaryDirectory(prefix="payload-sim-") as folder:
        measures: dict[str, Callable[[], Iterable[Ratio]]] = {
            "event loop": lambda: _event_loop(Path(folder)),
            "codec": _codec,
            "growth": lambda: _growth(Path(folder)),
        }
        for what, measure in measures.items():
            tell(what)
            ratios.extend(measure())
    report = BenchReport(
        made_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=f"{platform.system()} {platform.machine()}, {_processor()}",
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        packages={name: version(name) for name in GUESTS},
        ratios=tuple(ratios),
    )
    out.mkdir(parents=True, exist_ok=True)
    path = out / "bench.json"
    path.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    return report, path


def _event_loop(folder: Path) -> Iterable[Ratio]:
    """A flight whose tiles are known before, books and audit included, over bare events."""
    scenario = write_fleet(folder, replace(SMALL, hours=24.0))
    assembly = assemble(scenario)
    memo = Memo(assembly.darkroom, folder)
    first_s = _seconds(lambda: _fly(assembly, memo))
    events = count_events(lambda: _fly(assembly, memo))
    pairs = [(_seconds(lambda: _fly(assembly, memo)), bare_event_s()) for _ in range(ROUNDS)]
    story_s, bare_s = (statistics.median(column) for column in zip(*pairs, strict=True))
    yield Ratio(
        "an event of a flight, books included, over a bare SimPy timeout",
        story_s / events / bare_s,
        6.0,
    )
    yield Ratio("glances and draws of a flight over its story", (first_s - story_s) / story_s)


def _codec() -> Iterable[Ratio]:
    """A tile of rough ground through med-zstd, over zstd on its samples as they are."""
    noise = np.random.default_rng(1).normal(0, 12, (4, 256, 256))
    tile = (600 + np.add.outer(np.arange(256), np.arange(256)) + noise).astype(np.uint16)
    ours, plain = MedZstd(), PlainZstd()
    found = _ratio(
        lambda: ours.encode(tile, bit_depth=12), lambda: plain.encode(tile, bit_depth=12)
    )
    yield Ratio("med-zstd over zstd-3 on the same samples, time", found)


def _growth(folder: Path) -> Iterable[Ratio]:
    """Exponents of time against size: assembling, and flying one arm."""
    ways: dict[str, Callable[[int], FleetSize]] = {
        "satellites": lambda times: replace(SMALL, satellites_per_plane=2 * times),
        "days": lambda times: replace(SMALL, hours=SMALL.hours * times),
        "targets": lambda times: replace(SMALL, targets=SMALL.targets * times),
    }
    for name, grown in ways.items():
        seconds = []
        for times in GROWTH:
            place = folder / f"{name}-{times}"
            place.mkdir()
            scenario = write_fleet(place, grown(times))
            runs = [_seconds(lambda: _assemble_and_fly(scenario, place)) for _ in range(3)]  # noqa: B023
            seconds.append(min(runs))
        yield Ratio(f"growth with {name}: exponent of time", exponent(GROWTH, seconds), 1.1)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of the size that the time follows best: the slope of a straight line through the logarithms.

    >>> round(exponent((1, 2, 4), (3.0, 12.0, 48.0)), 6)
    2.0
    """
    x, y = ([math.log(value) for value in values] for values in (sizes, seconds))
    return float(statistics.linear_regression(x, y).slope)


def _assemble_and_fly(scenario: Scenario, folder: Path) -> None:
    assembly = assemble(scenario)
    _fly(assembly, Memo(assembly.darkroom, folder))


def _fly(assembly: Assembly, memo: Memo) -> None:
    Mission(assembly, make_arm("prune", assembly.scenario.pruning), memo).fly()


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _ratio(ours: Callable[[], object], yardstick: Callable[[], object]) -> float:
    ours(), yardstick()
    pairs = [(_seconds(ours), _seconds(yardstick)) for _ in range(ROUNDS)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return float(first / second)


def _processor() -> str:
    """The processor as the system calls it."""
    listed = Path("/proc/cpuinfo")
    if listed.is_file():
        for line in listed.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
