"""When it pays to know on board what was cloudy: each policy and fleet, with and without deadlines, under the same skies.

A cell is a fleet and one seed; all policies fly in it, with and without deadlines. Every image shows the same to all of
them, so they differ only in what they took. Each cell leaves a file, and a cell that has one is not flown again.
"""

import json
import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from payload import __version__
from payload.analysis.requests import Wanted, requests_of
from payload.darkroom.memo import Memo
from payload.errors import ScenarioError
from payload.ledger import Fate
from payload.provenance import digest_json
from payload.scenario.load import load_scenario
from payload.scenario.models import Scenario
from payload.sim import Assembly, Mission, assemble
from payload.sim.arms import make_arm
from payload.timetable.wanted import find_wanted
from payload.validation.page import make_place

Policy = Literal["none", "next_opportunity", "ground_loop", "on_board", "look_ahead"]
POLICIES: tuple[Policy, ...] = (
    "none", "next_opportunity", "ground_loop", "on_board", "look_ahead",
)  # fmt: skip
FLEETS = ((1, 1), (3, 2), (6, 4))
"""Numbers of planes, and of satellites in each."""
SEEDS = 20
PIXEL_SEEDS = 3
FIRST_SKY = 201
"""Seed of the first sky. The default reserves were chosen under skies 1 to 8, which therefore cannot judge them."""
_OWN_ARM: Literal["prune"] = "prune"


@dataclass(frozen=True, slots=True)
class Flight:
    """What one policy achieved in one flight.

    Attributes:
        satellites, deadlines, policy, seed, fidelity: Identify the flight.
        clear: Clear images on the ground in time.
        value: Sum of their priorities.
        images: Images taken.
        cloudy: Images that the on-board masker calls cloudy.
        megabytes: [MB] Data delivered.
        latency_h: [h] Median time from request to clear delivery, of those delivered; None if none were.
    """

    satellites: int
    deadlines: bool
    policy: str
    seed: int
    fidelity: str
    clear: int
    value: float
    images: int
    cloudy: int
    megabytes: float
    latency_h: float | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A fleet under one sky."""

    planes: int
    satellites_per_plane: int
    seed: int
    fidelity: Literal["surrogate", "pixels"] = "surrogate"

    @property
    def satellites(self) -> int:
        """Number of satellites."""
        return self.planes * self.satellites_per_plane

    @property
    def changes(self) -> list[str]:
        """Changes that the cell makes to the scenario, whose first constellation is the fleet."""
        return [
            f"constellations.0.planes={self.planes}",
            f"constellations.0.satellites_per_plane={self.satellites_per_plane}",
            f"seed={self.seed}",
            f"fidelity={self.fidelity}",
        ]


def cells(seeds: int, pixel_seeds: int) -> list[Cell]:
    """All cells of the study: first the few flown with pixels, then the fleets from the smallest up."""
    skies = range(FIRST_SKY, FIRST_SKY + max(seeds, pixel_seeds))
    found = [Cell(*FLEETS[0], seed, "pixels") for seed in skies[:pixel_seeds]]
    return found + [Cell(*fleet, seed) for fleet in FLEETS for seed in skies[:seeds]]


def fly_cells(
    path: Path, wanted: Sequence[Cell], rows: Path, *, tell: Callable[[str], None]
) -> list[Flight]:
    """Fly the cells that have no file yet, and return all flights in the order of the cells.

    Args:
        path: The scenario; its first constellation is replaced by each fleet.
        wanted: The cells.
        rows: Folder with a file for each cell.
        tell: Called with the cell being flown.

    Raises:
        ScenarioError: The scenario cannot be read or has no constellation, or the folder cannot be made.
    """
    if not load_scenario(path).constellations:
        raise ScenarioError(
            f"{path}: expected a constellation, which is replaced by each of the fleets"
        )
    make_place(rows)
    found: list[Flight] = []
    for number, cell in enumerate(wanted, start=1):
        scenario = load_scenario(path, cell.changes)
        key = digest_json([scenario.digest, __version__])[:16]
        file = rows / f"{cell.satellites}-{cell.seed}-{cell.fidelity}-{key}.json"
        if not file.is_file():
            tell(
                f"{number} of {len(wanted)}: {cell.satellites} satellites, seed {cell.seed}, {cell.fidelity}"
            )
            text = json.dumps([asdict(flight) for flight in fly_cell(scenario, cell)], indent=1)
            partial = file.with_suffix(".partial")
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(file)
        found += [Flight(**row) for row in json.loads(file.read_text(encoding="utf-8"))]
    return found


def fly_cell(scenario: Scenario, cell: Cell, policies: Sequence[Policy] = POLICIES) -> list[Flight]:
    """Fly all policies under one sky, with and without deadlines."""
    assembly = assemble(scenario)
    found = []
    with tempfile.TemporaryDirectory() as spool:
        memo = Memo(assembly.darkroom, Path(spool))
        for deadlines in (True, False):
            given = assembly if deadlines else _without_deadlines(assembly)
            for policy in policies:
                rules = scenario.rescheduling.model_copy(update={"policy": policy})
                changed = scenario.model_copy(update={"rescheduling": rules})
                found.append(_fly(replace(given, scenario=changed), cell, memo, deadlines))
    return found


def _without_deadlines(assembly: Assembly) -> Assembly:
    places = tuple(replace(target, due_s=math.inf) for target in assembly.targets)
    targets, opportunities = find_wanted(
        assembly.scenario, assembly.sensor, places, assembly.ephemerides
    )
    return replace(assembly, targets=targets, opportunities=opportunities)


def _fly(assembly: Assembly, cell: Cell, memo: Memo, deadlines: bool) -> Flight:
    scenario = assembly.scenario
    policy = scenario.rescheduling.policy
    record = Mission(assembly, make_arm(_OWN_ARM, scenario.pruning), memo).fly()
    for image in record.images:
        memo.develop(image.acquisition)
    wanted = Wanted(assembly.targets, scenario.rescheduling.max_cloud_cover, memo.estimates)
    brought = requests_of(record, wanted, policy)
    wait_s = brought["latency_s"]["p50"]
    return Flight(
        satellites=cell.satellites,
        deadlines=deadlines,
        policy=policy,
        seed=cell.seed,
        fidelity=cell.fidelity,
        clear=brought["clear_in_time"],
        value=brought["value"],
        images=brought["taken"],
        cloudy=brought["cloudy"],
        megabytes=record.ledger.total_bytes(Fate.DELIVERED) / 1e6,
        latency_h=None if wait_s is None else wait_s / 3600.0,
    )
