"""How much of a sweep's pixel work is shared by several of its runs, and how much is already in the memo."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from payload.darkroom.remembered import Remembered
from payload.darkroom.store import Store
from payload.errors import PayloadError
from payload.estimate.expectation import painted_share
from payload.estimate.remembering import remembered_share
from payload.outlay.cells import with_both_ends
from payload.scenario.models import Scenario
from payload.sim import assemble
from payload.sim.loops.first_plan import first_plan

MOST_ASKED = 8
"""Most kinds of cell, and most seeds, that are planned to see which images they share."""
PATIENCE_S = 20.0
"""[s] CPU time for that; at least two are planned."""


@dataclass(frozen=True)
class Photographs:
    """Images planned by the kinds of cell of a sweep; cells of one kind share their pixel work.

    Attributes:
        new_share: Share of a further kind's images that no other kind has.
        fresh: Share of a seed's pixel work that is not yet in the memo, for some of the seeds.
    """

    new_share: float
    fresh: Mapping[int, float]

    def fresh_with(self, seed: int) -> float:
        """Share of a seed's pixel work that is not yet in the memo, interpolated between the seeds examined."""
        seeds = sorted(self.fresh)
        return float(np.interp(seed, seeds, [self.fresh[each] for each in seeds]))

    def together_s(self, most_s: float, all_s: float) -> float:
        """[s] Time of the pixel work of several kinds with one seed, from what the largest and what all take alone."""
        return most_s + self.new_share * (all_s - most_s)


@dataclass(frozen=True, slots=True)
class _Planned:
    """Keys of the pieces of pixel work that a kind plans, and the share of them that the memo holds."""

    names: frozenset[str]
    held: float


def photograph(kinds: Sequence[Scenario], seeds: Sequence[int], store: Store) -> Photographs:
    """Plan some kinds of cell with one seed, and one kind with some seeds; nothing is rendered.

    Args:
        kinds: A scenario of each kind.
        seeds: Seeds with which they are flown, ascending.
        store: The memo that all runs share.
    """
    first = _with_seed(kinds[0], seeds[0])
    start_s = time.process_time()
    plans = [_plan(first, store)]
    each_s = max(time.process_time() - start_s, 1e-9)
    count = int(min(MOST_ASKED, max(2.0, PATIENCE_S / each_s)))
    chosen = with_both_ends(kinds, count)
    plans += [_plan(_with_seed(kind, seeds[0]), store) for kind in chosen[1:]]
    most = max(len(each.names) for each in plans)
    others = sum(len(each.names) for each in plans) - most
    names = frozenset[str]().union(*(each.names for each in plans))
    new_share = (len(names) - most) / others if others else 0.0

    best = max(range(len(plans)), key=lambda number: plans[number].held)
    weights = _new_to_each(plans)
    total = sum(weights)
    fresh_first = (
        sum(
            weight * (1.0 - each.held) for weight, each in zip(weights, plans, strict=True)
        ) / total
        if total
        else 1.0
    )  # fmt: skip
    fresh = {seeds[0]: fresh_first}
    for seed in with_both_ends(seeds, count)[1:]:
        held = _plan(_with_seed(chosen[best], seed), store).held
        ratio = held / plans[best].held if plans[best].held else held
        gone = 1.0 - fresh_first if plans[best].held else 1.0
        fresh[seed] = max(0.0, 1.0 - gone * ratio)
    return Photographs(new_share, fresh)


def _new_to_each(plans: Sequence[_Planned]) -> list[int]:
    """For each plan, how many of its pieces no earlier plan has."""
    seen: set[str] = set()
    found = []
    for each in plans:
        found.append(len(each.names - seen))
        seen |= each.names
    return found


def _with_seed(scenario: Scenario, seed: int) -> Scenario:
    return scenario.model_copy(update={"seed": seed})


def _plan(scenario: Scenario, store: Store) -> _Planned:
    """The first plan of a scenario; empty if it cannot be planned."""
    try:
        assembly = assemble(scenario)
        images = first_plan(assembly).images
        painter = replace(assembly, store=store).painter
        assert isinstance(painter, Remembered)
        exposed = [assembly.camera.expose(image) for image in images]
        share = 1.0
        if scenario.fidelity == "sampled":
            share = painted_share(scenario.sampled, sum(len(each.tile_ids) for each in exposed))
        held = remembered_share(assembly, images, store, share, records=False)
        return _Planned(frozenset(map(painter.key, exposed)), held)
    except PayloadError:
        return _Planned(frozenset(), 0.0)
