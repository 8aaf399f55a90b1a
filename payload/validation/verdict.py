"""Fly the missions of a folder, measure, and compare with published figures."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from payload.errors import ScenarioError
from payload.scenario.load import load_scenario
from payload.scenario.models import ClaimModel, Scenario
from payload.sim import assemble, fly_arms
from payload.sim.arms import ArmName
from payload.units import iso_utc
from payload.validation.measures import MEASURES, Flown

Tell = Callable[[str], None]
_APART_DAYS = 18.26  # between flights of one mission: twenty of them span a year


@dataclass(frozen=True, slots=True)
class Finding:
    """A published claim and what was simulated.

    Attributes:
        mission: Name of the scenario.
        measure: What was measured.
        unit_and_meaning: Unit and meaning of the measure, in words.
        arm: The arm that was measured.
        published: What is published, in its own words.
        source: Where it is published.
        low: Lowest figure that agrees; None for no bound.
        high: Highest figure that agrees; None for no bound.
        simulated: One figure per flight.
        why: Why the two differ, if they do.
    """

    mission: str
    measure: str
    unit_and_meaning: str
    arm: str
    published: str
    source: str
    low: float | None
    high: float | None
    simulated: tuple[float, ...]
    why: str

    @property
    def mean(self) -> float:
        """Mean over the flights."""
        return float(np.mean(self.simulated))

    @property
    def agrees(self) -> bool | None:
        """Whether the mean lies in the range; None if the claim gives no range."""
        if self.low is None and self.high is None:
            return None
        above = self.low is None or self.mean >= self.low
        return above and (self.high is None or self.mean <= self.high)


@dataclass(frozen=True, slots=True)
class Validation:
    """All findings, in the order of missions and claims."""

    findings: tuple[Finding, ...]

    def lines(self) -> list[str]:
        """The findings in words."""
        return [
            f"{one.mission}: {one.unit_and_meaning} {_spread(one)}, published {one.published}"
            f"{_verdict(one)}"
            for one in self.findings
        ]

    def notes(self) -> list[str]:
        """Claims that do not agree."""
        return [
            f"{one.mission}: {one.measure} does not agree with the published figure"
            for one in self.findings
            if one.agrees is False
        ]


def validate(
    folder: Path, missions: Sequence[str] = (), *, tell: Tell = lambda _: None
) -> Validation:
    """Fly the missions of a folder and compare them with published figures.

    Args:
        folder: Folder of scenarios (YAML) with claims under `published`.
        missions: File names without suffix; all of the folder if empty.
        tell: Called at the start of each flight.

    Raises:
        ScenarioError: A mission does not exist, or is invalid.
    """
    found = [one for path in _paths(folder, missions) for one in _mission(path, tell)]
    return Validation(tuple(found))


def _paths(folder: Path, missions: Sequence[str]) -> list[Path]:
    there = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not there:
        raise ScenarioError(f"{folder}: contains no scenario (*.yaml)")
    for name in missions:
        if name not in there:
            raise ScenarioError(f"{folder}: unknown mission {name!r} (known: {', '.join(there)})")
    return [there[name] for name in missions or there]


def _mission(path: Path, tell: Tell) -> Iterator[Finding]:
    scenario = load_scenario(path)
    for claim in scenario.published:
        if claim.measure not in MEASURES:
            known = ", ".join(MEASURES)
            raise ScenarioError(f"{path}: unknown measure {claim.measure!r} (known: {known})")
    figures: list[list[float]] = [[] for _ in scenario.published]
    for number in range(max((claim.flights for claim in scenario.published), default=0)):
        asked = [claim for claim in scenario.published if number < claim.flights]
        tell(f"{scenario.name}, flight {number + 1}")
        with _flight(path, scenario, number, _arms(asked)) as flown:
            for index, claim in enumerate(scenario.published):
                if number < claim.flights:
                    one = Flown(flown.assembly, flown.records, claim.arm)
                    figures[index].append(_measured(scenario.name, claim, one))
    for claim, simulated in zip(scenario.published, figures, strict=True):
        yield _finding(scenario.name, claim, simulated)


def _measured(mission: str, claim: ClaimModel, flown: Flown) -> float:
    try:
        return MEASURES[claim.measure](flown)
    except (ZeroDivisionError, ValueError) as error:  # nothing taken, nothing sent, no contact
        raise ScenarioError(
            f"{mission}: {claim.measure} cannot be measured in the flight {claim.arm!r}: nothing that it counts"
            " occurred"
        ) from error


def _arms(claims: Sequence[ClaimModel]) -> list[ArmName]:
    wanted: set[ArmName] = {claim.arm for claim in claims}
    if any(claim.measure == "saved_by_arm" for claim in claims):
        wanted.add("compressed")
    return sorted(wanted)


@contextmanager
def _flight(
    path: Path, scenario: Scenario, number: int, arms: Sequence[ArmName]
) -> Iterator[Flown]:
    """One flight: each starts some weeks after the one before, with its own weather. Long ledgers are on disk within."""
    later = scenario.epoch_utc + timedelta(days=_APART_DAYS * number)
    changes = [f"epoch_utc={iso_utc(later)}", f"seed={scenario.seed + number}"] if number else []
    assembly = assemble(load_scenario(path, changes))
    with tempfile.TemporaryDirectory() as spool:
        records, _ = fly_arms(assembly, Path(spool), arms=arms)
        yield Flown(assembly, records, arms[0])


def _finding(mission: str, claim: ClaimModel, simulated: Sequence[float]) -> Finding:
    words = (MEASURES[claim.measure].__doc__ or claim.measure).strip().splitlines()[0].rstrip(".")
    return Finding(
        mission=mission,
        measure=claim.measure,
        unit_and_meaning=words,
        arm=claim.arm,
        published=claim.figure,
        source=claim.source,
        low=claim.low,
        high=claim.high,
        simulated=tuple(simulated),
        why=claim.why,
    )


def _spread(one: Finding) -> str:
    if len(one.simulated) == 1:
        return f"{one.mean:.4g}"
    least, most = min(one.simulated), max(one.simulated)
    return f"{one.mean:.4g} ({least:.4g} to {most:.4g} over {len(one.simulated)} flights)"


def _verdict(one: Finding) -> str:
    return {None: "", True: ", agrees", False: ", DOES NOT AGREE"}[one.agrees]
