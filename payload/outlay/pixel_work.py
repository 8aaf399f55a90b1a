"""The pixel work of all runs of a sweep, each piece of which is done once, or by several concurrent runs."""

import math
from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from payload.darkroom.store import Store
from payload.outlay.cells import Left, front
from payload.outlay.photographs import photograph
from payload.scenario.models import Scenario
from payload.sweep import Grid


@dataclass(frozen=True, slots=True)
class PixelWork:
    """What the runs of a sweep have to render.

    Attributes:
        grid: The sweep.
        left: What is left of it.
        kinds: By kind of cell (see `front`), a scenario of it and the seconds of its pixel work; only some if there are many.
        unpainted: Kinds without pixel work.
    """

    grid: Grid
    left: Left
    kinds: Mapping[str, tuple[Scenario, float]]
    unpainted: AbstractSet[str]

    def together_s(self, jobs: int, store: Store) -> float:
        """[s] CPU time for the pixel work of all runs, `jobs` of them at once, sharing a memo."""
        fronts = {cell: front(self.grid, cell) for cell in self.left.seeds_of}
        stand_for = len({*fronts.values()} - self.unpainted) / len(self.kinds)
        pieces = [
            None if fronts[run.cell] in self.unpainted else (fronts[run.cell], run.seed)
            for run in self.left.runs
        ]
        alone: dict[int, list[float]] = {}
        for kind, seed in sorted({piece for piece in pieces if piece is not None}):
            if kind in self.kinds:
                alone.setdefault(seed, []).append(self.kinds[kind][1])
        seen = photograph([scenario for scenario, _ in self.kinds.values()], sorted(alone), store)
        once_s = math.fsum(
            seen.fresh_with(seed) * seen.together_s(max(each_s), stand_for * math.fsum(each_s))
            for seed, each_s in alone.items()
        )
        return once_s * done_at_once(pieces, jobs)


def done_at_once(pieces: Sequence[Hashable | None], jobs: int) -> float:
    """How often a piece of work is done on average, as concurrent runs may need the same piece.

    >>> done_at_once(["a", "a", "a"], jobs=2)  # the first flies by itself
    1.0
    >>> done_at_once(["a", "a"], jobs=2)
    2.0

    Args:
        pieces: The piece that each run needs, in order; None for a run that needs none.
        jobs: Number of runs that fly at once.
    """
    alone = 1 if len(pieces) > jobs else 0
    waves = [pieces[:alone], *(pieces[at : at + jobs] for at in range(alone, len(pieces), jobs))]
    done: set[Hashable] = {None}
    count = 0
    for wave in waves:
        count += sum(piece not in done for piece in wave)
        done.update(wave)
    return count / (len(done) - 1)
