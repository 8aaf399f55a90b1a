"""How far a flight by surrogate may be off: what its images bring down, tile by tile, under its own rule."""

from collections.abc import Sequence

import numpy as np

from payload.analysis.fidelity import UNKNOWN, Interval, interval_of
from payload.darkroom.memo import Memo
from payload.ledger import FlightRecord
from payload.pruning import decide
from payload.sim.arms import make_arm
from payload.sim.assemble import Assembly
from payload.surrogate import Surrogate, Taken, doubts
from payload.types import SURFACES, CoverEstimate


def draw_errors(
    assembly: Assembly, surrogate: Surrogate, memo: Memo, record: FlightRecord
) -> tuple[Interval, Interval]:
    """95 % intervals of the relative errors of kept bytes and of kept clear pixels, over all images of a flight.

    Args:
        assembly: The scenario, assembled.
        surrogate: From which was drawn.
        memo: Knows what was drawn.
        record: Of the flight of the scenario's own arm.
    """
    policy = make_arm("prune", assembly.scenario.pruning).policy

    def keeps(estimates: Sequence[CoverEstimate]) -> list[bool]:
        return [decision.keep for decision in decide(estimates, policy)]

    donors, surfaces = list[int](), list[int]()
    images, sizes = list[int](), list[tuple[int, int]]()
    kept_bytes = kept_px = 0
    for number, image in enumerate(record.images):
        facts = memo.facts_of[image.acquisition.id]
        for fact, is_kept in zip(facts, keeps([fact.estimate for fact in facts]), strict=True):
            if fact.donor is None or fact.surface is None:
                continue
            donors.append(fact.donor)
            surfaces.append(SURFACES.index(fact.surface))
            images.append(number)
            sizes.append((fact.raw_bytes, fact.pixels))
            if is_kept:
                kept_bytes += fact.encoded_bytes
                kept_px += fact.estimate.clear_px or 0
    if not donors:
        return UNKNOWN, UNKNOWN
    taken = Taken(
        donor=np.array(donors, np.intp),
        surface=np.array(surfaces, np.intp),
        image=np.array(images, np.intp),
        sizes=np.array(sizes, np.float64),
    )
    of_bytes, of_px = doubts(surrogate, taken, keeps)
    return interval_of(of_bytes, kept_bytes), interval_of(of_px, kept_px)
