"""A search: fly points of a sweep's space, each chosen by earlier results, then the best and the base with fresh seeds."""

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from payload.errors import ScenarioError, SweepError
from payload.scenario.load import Template, read_template
from payload.sweep.flying import Executor, Landed, clean_folder
from payload.sweep.goal import Goal, resolve
from payload.sweep.grid import MOST_RUNS, MOST_UNASKED, Cell, Grid, lay_out, seeds_of
from payload.sweep.rows import FAILED, Row, forget_failed
from payload.sweep.runner import Progress, Tell, fly_grid, make_rows
from payload.sweep.sampler import Sampler
from payload.sweep.space import Space, space_of
from payload.sweep.spec import SweepSpec
from payload.sweep.trials import Standing, Trial, judge
from payload.sweep.trust import grid_notes

AT_ONCE = 4
"""Points proposed together. Not the number of workers, which must not affect what is found."""
MOST_TRIALS = 10_000
BASE, POINT = "base", "search"


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """Options of a search.

    Attributes:
        goal: What is sought.
        trials: Number of points to fly, not counting the base.
        seed: Seed of the search, not of a scenario.
        confirm: Number of fresh seeds with which the best and the base are finally flown.
        yes: Whether a very large search is allowed.
        retry: Whether runs whose rows hold an error are flown again, once each.
        command: The command line that repeats it.
    """

    goal: Goal
    trials: int = 60
    seed: int = 0
    confirm: int = 10
    yes: bool = False
    retry: bool = False
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """The result of a search.

    Attributes:
        folder: Where rows, tables and page are.
        spec: What was varied.
        goal: The goal, with its figures as paths.
        terms: Options of the search.
        seeds: Seeds with which every point was flown.
        base: The base, flown with the same seeds.
        trials: All points, in the order in which they were proposed.
        is_exhaustive: Whether every point of the space was flown.
        flown: Number of runs that had no row yet.
        fresh_seeds: Seeds that the search never saw.
        fresh_base: The base, flown with the fresh seeds.
        confirmed: The best point, flown with the fresh seeds; None if no point is feasible.
        trust: Sentences on how far the figures can be trusted.
    """

    folder: Path
    spec: SweepSpec = field(repr=False)
    goal: Goal
    terms: SearchTerms
    seeds: tuple[int, ...]
    base: Trial
    trials: tuple[Trial, ...] = field(repr=False)
    is_exhaustive: bool
    flown: int
    fresh_seeds: tuple[int, ...] = ()
    fresh_base: Trial | None = None
    confirmed: Trial | None = None
    trust: tuple[str, ...] = ()

    @cached_property
    def feasible(self) -> tuple[Trial, ...]:
        """Points whose bounds hold, best first; equal ones in the order in which they were proposed."""
        return tuple(sorted(self._all(Standing.FEASIBLE), key=self._worth))

    @property
    def best(self) -> Trial | None:
        """The best feasible point."""
        return self.feasible[0] if self.feasible else None

    @property
    def nearest(self) -> Trial | None:
        """The infeasible point that breaks its bounds least."""
        return min(self._all(Standing.INFEASIBLE), key=lambda trial: trial.broken, default=None)

    def _all(self, standing: Standing) -> Iterator[Trial]:
        return (trial for trial in self.trials if trial.standing is standing)

    def _worth(self, trial: Trial) -> float:
        assert trial.objective is not None
        return -self.goal.sign * trial.objective.value


def search(
    spec: SweepSpec, terms: SearchTerms, out: Path, executor: Executor, tell: Tell = lambda _: None
) -> Found:
    """Search a sweep's space for the best point; `<out>/<name>/rows` holds a row for each run, and none is flown twice.

    A space with no more points than trials is flown exhaustively. The result depends on sweep, goal, trials and seed, not
    on the executor or existing rows: a restarted search proposes the same points and finds their rows.

    Args:
        spec: What is varied (spans and values), and the seeds with which every point is flown.
        terms: What is sought, and how.
        out: Parent of the sweep's folder.
        executor: What flies the runs.
        tell: Called with the progress.

    Raises:
        ScenarioError: The sweep is invalid, a figure does not exist, or the bounds contradict each other.
        PluginError: The extra `optimise` is missing.
        SweepError: The base cannot be flown, or the cluster is gone.
    """
    space = space_of(spec)
    template = read_template(Path(spec.base))
    seeds = tuple(seeds_of(spec, template))
    planned = _planned(spec, space, seeds, terms)
    whole = space.size <= terms.trials
    scout = _Whole(space) if whole else _Estimating(space, terms)
    _probe(spec, template, space)
    folder = (out / spec.name).resolve()
    make_rows(folder)
    with clean_folder(folder), executor:
        clock = _Clock(planned, executor, tell)
        flight = _Flight(spec, template, folder, executor, clock, retry=terms.retry)
        first = flight.fly({}, seeds[:1])
        if not isinstance(first, str) and first[0].status != FAILED:  # wrong names cost one flight
            resolve(terms.goal, first[0].metrics.keys(), spec.parameters)
        flight.clock.done = 0
        base_rows = flight.fly({}, seeds)
        if isinstance(base_rows, str) or all(row.status == FAILED for row in base_rows):
            told = base_rows if isinstance(base_rows, str) else base_rows[0].error
            raise SweepError(f"the base cannot be flown: {told}")
        known = {name for row in base_rows for name in row.metrics}
        goal = resolve(terms.goal, known, spec.parameters)
        trials: list[Trial] = []
        while asked := scout.ask(min(AT_ONCE, terms.trials - len(trials))):
            for values, rows in zip(asked, flight.fly_all(asked, seeds), strict=True):
                trials.append(judge(len(trials), values, rows, base_rows, goal))
            scout.tell(trials[-len(asked) :])
        base = judge(None, {}, base_rows, base_rows, goal)
        flown = flight.clock.flown
        found = Found(folder, spec, goal, terms, seeds, base, tuple(trials), whole, flown)
        if found.best is not None and terms.confirm:
            found = _confirmed(found, flight)
    return replace(found, trust=tuple(grid_notes(flight.flown)))


def _planned(spec: SweepSpec, space: Space, seeds: Sequence[int], terms: SearchTerms) -> int:
    """The greatest number of runs that the search can take; raise ScenarioError if that is too many."""
    points = int(min(terms.trials, space.size))
    runs = (points + 1) * len(seeds) + 2 * terms.confirm
    most = MOST_RUNS if terms.yes else MOST_UNASKED
    if runs > most:
        wish = "" if terms.yes else f"; --yes allows up to {MOST_RUNS:,}"
        raise ScenarioError(
            f"{spec.where()}: {points:,} points with {len(seeds):,} seeds make {runs:,} runs, more than {most:,}{wish}"
        )
    return runs


def _probe(spec: SweepSpec, template: Template, space: Space) -> None:
    """Check the ends of every axis, all else as in the base; raise ScenarioError before anything is flown."""
    for axis in space.axes:
        for value in axis.probes:
            lay_out(spec, template, (Cell("grid", {axis.key: value}),), ())


class _Whole:
    """All points of a small space."""

    def __init__(self, space: Space) -> None:
        self._points = space.points()

    def ask(self, count: int) -> list[dict[str, object]]:
        return list(itertools.islice(self._points, count))

    def tell(self, trials: Sequence[Trial]) -> None:
        """Nothing to learn."""


class _Estimating:
    """Points that the sampler expects to be best; see `sampler`."""

    def __init__(self, space: Space, terms: SearchTerms) -> None:
        self._sampler = Sampler(space, terms.seed, maximise=terms.goal.is_most)
        self._handles: list[Any] = []

    def ask(self, count: int) -> list[dict[str, object]]:
        asked = [self._sampler.ask() for _ in range(count)]
        self._handles = [handle for handle, _ in asked]
        return [values for _, values in asked]

    def tell(self, trials: Sequence[Trial]) -> None:
        for handle, trial in zip(self._handles, trials, strict=True):
            is_known = trial.standing in {Standing.FEASIBLE, Standing.INFEASIBLE}
            worth = trial.objective.value if is_known and trial.objective else None
            self._sampler.tell(handle, worth, trial.excess)


def _confirmed(found: Found, flight: "_Flight") -> Found:
    """Fly the best and the base with seeds that the search never saw, free of the luck by which the best was picked."""
    assert found.best is not None
    fresh = tuple(range(max(found.seeds) + 1, max(found.seeds) + 1 + found.terms.confirm))
    base_rows, rows = flight.fly_all([{}, found.best.values], fresh)
    if isinstance(base_rows, str):
        raise SweepError(f"the base cannot be flown: {base_rows}")
    return replace(
        found,
        flown=flight.clock.flown,
        fresh_seeds=fresh,
        fresh_base=judge(None, {}, base_rows, base_rows, found.goal),
        confirmed=judge(found.best.number, found.best.values, rows, base_rows, found.goal),
    )


@dataclass(frozen=True)
class _Flight:
    """Flies points; for a point that is not a valid scenario, the answer is its error message."""

    spec: SweepSpec
    template: Template
    folder: Path
    executor: Executor
    clock: "_Clock"
    retry: bool = False
    flown: list[tuple[Grid, Sequence[Row]]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set[str])

    def fly(self, values: Mapping[str, object], seeds: Sequence[int]) -> Sequence[Row] | str:
        return self.fly_all([values], seeds)[0]

    def fly_all(
        self, points: Sequence[Mapping[str, object]], seeds: Sequence[int]
    ) -> list[Sequence[Row] | str]:
        refused: dict[int, str] = {}
        cells: list[Cell] = []
        for index, values in enumerate(points):
            cell = Cell(POINT if values else BASE, values)
            try:
                lay_out(self.spec, self.template, (cell,), ())
            except ScenarioError as error:
                refused[index] = str(error)
            else:
                cells.append(cell)
        grid = lay_out(self.spec, self.template, tuple(cells), seeds)
        keys = {run.key for run in grid.runs}
        if self.retry:
            forget_failed(self.folder, keys - self.keys)  # what failed in this search stands
        self.keys.update(keys)
        rows = fly_grid(grid, self.folder, self.executor, self.clock.hear)
        self.flown.append((grid, rows))
        self.clock.passed(len(points) * len(seeds))
        flown = _parts(rows, len(seeds))
        return [refused[index] if index in refused else next(flown) for index in range(len(points))]


def _parts(rows: Sequence[Row], count: int) -> Iterator[Sequence[Row]]:
    return (rows[start : start + count] for start in range(0, len(rows), count))


@dataclass
class _Clock:
    """Progress of a search: runs finished, how many of them were flown this time, and how long one takes."""

    planned: int
    executor: Executor
    tell: Tell
    done: int = 0
    flown: int = 0
    start_s: float = field(default_factory=time.perf_counter)
    times_s: list[float] = field(default_factory=list[float])
    under_way: int = 0

    def hear(self, landed: Landed) -> None:
        self.flown += 1
        self.under_way += 1
        if landed.wall_s is not None:
            self.times_s.append(landed.wall_s)
        self._tell(is_forecast=self.flown == 1)

    def passed(self, runs: int) -> None:
        self.done += runs
        self.under_way = 0

    def _tell(self, *, is_forecast: bool) -> None:
        done = min(self.planned, self.done + self.under_way)
        one_s = sum(self.times_s) / len(self.times_s) if self.times_s else None
        left_s = None
        if one_s is not None:
            left_s = one_s * (self.planned - done) / self.executor.workers
        self.tell(Progress(done, self.planned, left_s, one_s, is_forecast))
