"""Whole flights without pixels: the event loop against bare events, a day, and growth with the size of a fleet."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from payload.bench.timing import ROUNDS, Ratio, exponent, seconds
from payload.darkroom.memo import Memo
from payload.fleet import FleetSize, write_fleet
from payload.ledger import FlightRecord
from payload.scenario.models import Scenario
from payload.sim import Assembly, Mission, assemble
from payload.sim.arms import make_arm
from payload.sim.yardstick import CountingEnvironment, bare_event_s, plain_tile_s

SMALL = FleetSize(planes=2, satellites_per_plane=2, stations=10, targets=60, hours=8.0)
"""The fleet from which growth is measured."""
GROWTH = (1, 2, 4)
"""Factors by which it is enlarged."""


def event_loop(folder: Path) -> Iterable[Ratio]:
    """A flight whose tiles' content is already known, ledger and audit included, relative to bare events.

    Avoiding idle events leaves fewer but dearer ones, whereas the number of tiles stays the same. The time per tile is
    also compared with that of passing one on with SimPy's own tools, without plan, link or ledger.
    """
    scenario = write_fleet(folder, replace(SMALL, hours=24.0))
    assembly = assemble(scenario)
    memo = Memo(assembly.darkroom, folder)
    first_s = seconds(lambda: _fly(assembly, memo))
    env = CountingEnvironment()
    arm = make_arm("prune", scenario.pruning)
    tiles = len(Mission(assembly, arm, memo, env=env).fly().ledger.acquired)
    rounds = [
        (seconds(lambda: _fly(assembly, memo)), bare_event_s(), plain_tile_s())
        for _ in range(ROUNDS)
    ]
    story_s, bare_s, plain_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    yield Ratio(
        "an event of a flight, ledger included, over a bare SimPy timeout",
        story_s / env.dispatched / bare_s,
        6.0,
    )
    yield Ratio(
        "a tile of a flight, ledger included, over a bare SimPy timeout", story_s / tiles / bare_s
    )
    yield Ratio("the same over a tile handled by plain SimPy resources", story_s / tiles / plain_s)
    yield Ratio(
        "previews and draws of tiles over the rest of a flight", (first_s - story_s) / story_s
    )


def day(folder: Path) -> Iterable[Ratio]:
    """24 h of one satellite, one arm, assembled beforehand: tiles glanced at and drawn, ledger and audit included."""
    one = FleetSize(planes=1, satellites_per_plane=1, stations=3, targets=200, hours=24.0)
    assembly = assemble(write_fleet(folder, one))
    numbers = np.random.default_rng(1).random(2_000_000)
    fly_s = [seconds(lambda: _fly(assembly, Memo(assembly.darkroom, folder))) for _ in range(3)]
    sort_s = [seconds(lambda: np.sort(numbers)) for _ in range(3)]
    value = statistics.median(fly_s) / statistics.median(sort_s)
    yield Ratio("a day of one satellite, one arm, over sorting two million numbers", value)


def growth(folder: Path) -> Iterable[Ratio]:
    """Exponents of time against size: assembling, and flying one arm."""
    ways: dict[str, Callable[[int], FleetSize]] = {
        "satellites": lambda times: replace(SMALL, satellites_per_plane=2 * times),
        "days": lambda times: replace(SMALL, hours=SMALL.hours * times),
        "targets": lambda times: replace(SMALL, targets=SMALL.targets * times),
    }
    for name, grown in ways.items():
        taken_s = []
        for times in GROWTH:
            place = folder / f"{name}-{times}"
            place.mkdir()
            scenario = write_fleet(place, grown(times))
            runs = [seconds(lambda: _assemble_and_fly(scenario, place)) for _ in range(3)]  # noqa: B023
            taken_s.append(min(runs))
        yield Ratio(f"scaling with {name}: exponent of time", exponent(GROWTH, taken_s), 1.1)


def _assemble_and_fly(scenario: Scenario, folder: Path) -> None:
    assembly = assemble(scenario)
    _fly(assembly, Memo(assembly.darkroom, folder))


def _fly(assembly: Assembly, memo: Memo) -> FlightRecord:
    return Mission(assembly, make_arm("prune", assembly.scenario.pruning), memo).fly()
