"""Expand a SweepSpec into cells, and cells times seeds into runs, each with the key of its row."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import numpy as np

from payload.equipment import make_sensor
from payload.errors import ScenarioError
from payload.ports import Leaning, Masker
from payload.products.manifest import PACKAGES, package_version
from payload.provenance import code_of, digest_file, digest_json
from payload.registry import plugin
from payload.rng import stream
from payload.scenario.choice import Choice
from payload.scenario.load import Change, Template, key_path, read_template
from payload.scenario.models import Scenario
from payload.scheduling.exact import Milp
from payload.sweep.spec import Sampling, SweepSpec

ROW_VERSION = 1
"""Version of the row format; part of a row's key."""
MOST_UNASKED = 20_000
"""Runs flown without `--yes`: at one second each, about three hours on two cores."""
MOST_RUNS = 5_000_000
"""Runs whose keys still fit into memory."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One setting of the parameters: the design it comes from, and its values by path."""

    design: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """A cell flown with a seed: `key` names its row, `digest` its scenario; `packages` comes from `packages_of`."""

    key: str
    digest: str
    cell: int
    seed: int
    packages: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Grid:
    """All runs of a sweep; runs with equal keys are flown once, and appear in the table for each of their cells."""

    spec: SweepSpec
    template: Template
    cells: tuple[Cell, ...]
    runs: tuple[Run, ...]

    def data_of(self, run: Run) -> dict[str, object]:
        """The scenario of a run as plain data."""
        return self.template.changed(self._changes_of(run.cell, run.seed))[0]

    def scenario_of(self, cell: int, seed: int) -> Scenario:
        """The scenario of a cell flown with a seed."""
        return self.template.scenario(self._changes_of(cell, seed))

    def section_of(self, cell: int, name: str) -> object:
        """A section of a cell's scenario as plain data; None if neither the file nor the sweep sets it."""
        mine = {key: told for key, told in self.template.data.items() if key == name}
        changes = [
            change for change in _changes(self.spec, self.cells[cell]) if change.keys[0] == name
        ]
        return replace(self.template, data=mine).changed(changes)[0].get(name)

    def _changes_of(self, cell: int, seed: int) -> list[Change]:
        return [*_changes(self.spec, self.cells[cell]), Change(("seed",), seed, "seeds")]


def make_grid(spec: SweepSpec, *, yes: bool = False) -> Grid:
    """Lay out a sweep and check the scenario of every cell; nothing is flown.

    Args:
        spec: What is varied.
        yes: Whether more than `MOST_UNASKED` runs are allowed.

    Raises:
        ScenarioError: The sweep is too large, a parameter does not exist, or a value is not allowed.
    """
    most = MOST_RUNS if yes else MOST_UNASKED
    if spec.run_count > most:
        wish = "" if yes else f"; --yes allows up to {MOST_RUNS:,}"
        raise ScenarioError(
            f"{spec.where()}: {spec.cell_count:,} cells make {spec.run_count:,} runs, "
            f"more than {most:,}{wish}"
        )
    template = read_template(Path(spec.base))
    return lay_out(spec, template, tuple(_cells(spec)), seeds_of(spec, template))


def seeds_of(spec: SweepSpec, template: Template) -> Sequence[int]:
    """The seeds with which every cell is flown."""
    if not isinstance(spec.seeds, int):
        return spec.seeds
    first = template.scenario(_changes(spec, Cell("base", {}))).seed
    return range(first, first + spec.seeds)


def lay_out(
    spec: SweepSpec, template: Template, cells: tuple[Cell, ...], seeds: Sequence[int]
) -> Grid:
    """Combine cells with seeds, compute the key of each run's row, and check the scenario of every cell.

    Raises:
        ScenarioError: A parameter does not exist, or a value is not allowed.
    """
    runs: list[Run] = []
    for index, cell in enumerate(cells):
        scenario = template.scenario(_changes(spec, cell))
        told = scenario.model_dump(mode="json", context={"digest": True})
        guests, packages = _guests(scenario), packages_of(scenario)
        for seed in seeds:
            digest = digest_json({**told, "seed": seed})
            runs.append(Run(run_key(digest, seed, guests), digest, index, seed, packages))
    return Grid(spec, template, cells, tuple(runs))


def run_key(digest: str, seed: int, guests: Sequence[str | None]) -> str:
    """The key of a row: a digest of scenario, seed, code, and everything used that is not part of this package."""
    return digest_json([ROW_VERSION, digest, seed, code_digest(), *guests])


def key_of(scenario: Scenario) -> str:
    """The key of a scenario's row."""
    return run_key(scenario.digest, scenario.seed, _guests(scenario))


@cache
def code_digest() -> str:
    """Digest of all that computes a row: this package with its data, and the versions of its dependencies."""
    package = Path(str(files("payload")))
    parts = sorted(
        (path.relative_to(package).as_posix(), digest_file(path))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return digest_json([parts, {name: package_version(name) for name in PACKAGES}])


def packages_of(scenario: Scenario) -> dict[str, str | None]:
    """Versions of the optional packages that a scenario's plug-ins depend on; None for one that is not installed."""
    built = [
        choice.build()
        for choice in _choices(scenario)
        if hasattr(plugin(choice.socket, choice.kind), "packages")
    ]
    if scenario.rescheduling.bound:
        built.append(Milp())
    names = {name for each in built if isinstance(each, Leaning) for name in each.packages}
    return versions_of(names)


def versions_of(packages: Iterable[str]) -> dict[str, str | None]:
    """Versions of packages as installed here, sorted by name; None for one that is not installed."""
    return {name: package_version(name) for name in sorted(packages)}


def _guests(scenario: Scenario) -> list[str | None]:
    """Digests of the model and of third-party plug-ins' code, and the packages that plug-ins depend on."""
    masker = cast(Masker, scenario.masker.build(bands=make_sensor(scenario).bands))
    kinds = {(choice.socket, choice.kind) for choice in _choices(scenario)}
    codes = {_code(*kind) for kind in kinds}
    packages = [f"{name} {found}" for name, found in packages_of(scenario).items()]
    return [masker.identity.sha256, *sorted(code for code in codes if code is not None), *packages]


def _choices(scenario: Scenario) -> tuple[Choice, ...]:
    """All plug-ins that a scenario names."""
    return (
        scenario.scene,
        scenario.masker,
        scenario.codec,
        scenario.link,
        scenario.scheduler,
        *(satellite.orbit for satellite in scenario.fleet),
    )


@cache
def _code(socket: str, kind: str) -> str | None:
    return code_of(plugin(socket, kind))


def _changes(spec: SweepSpec, cell: Cell) -> list[Change]:
    """A cell's changes, `kind` keys first: a new kind drops the options of the old one, but not those the sweep sets."""
    given = [(("set", key), key, value) for key, value in spec.set.items()]
    place: Sequence[str | int] = (cell.design,)
    if cell.design in {"random", "latin_hypercube"}:
        place = (cell.design, "over")
    given += [((*place, key), key, value) for key, value in cell.values.items()]  # type: ignore[misc]
    return [
        Change(key_path(key), value, spec.where(*map(str, at)))
        for at, key, value in sorted(given, key=lambda item: not item[1].endswith("kind"))
    ]


def _cells(spec: SweepSpec) -> Iterator[Cell]:
    if spec.grid:
        for values in itertools.product(*spec.grid.values()):
            yield Cell("grid", dict(zip(spec.grid, values, strict=True)))
    for cell in spec.list:
        yield Cell("list", cell)
    if spec.random:
        yield from (Cell("random", values) for values in _random(spec.random))
    if spec.latin_hypercube:
        yield from (Cell("latin_hypercube", values) for values in _latin(spec.latin_hypercube))
    if not (spec.grid or spec.list or spec.random or spec.latin_hypercube):
        yield Cell("base", {})


def _random(sampling: Sampling) -> Iterator[dict[str, Any]]:
    streams = {key: stream(sampling.seed, "sweep", "random", key) for key in sampling.over}
    for _ in range(sampling.samples):
        yield {key: span.value(streams[key].random()) for key, span in sampling.over.items()}


def _latin(sampling: Sampling) -> Iterator[dict[str, Any]]:
    """Cut each parameter into as many slices as there are samples; each slice gets exactly one sample.

    Source: McKay, Beckman and Conover (1979), Technometrics 21(2), 239-245.
    """
    count = sampling.samples
    shares = {}
    for key in sampling.over:
        draws = stream(sampling.seed, "sweep", "latin hypercube", key, count)
        shares[key] = (draws.permutation(count) + draws.random(count)) / count
        shares[key] = np.minimum(shares[key], np.nextafter(1.0, 0.0))
    for index in range(count):
        yield {key: span.value(float(shares[key][index])) for key, span in sampling.over.items()}
