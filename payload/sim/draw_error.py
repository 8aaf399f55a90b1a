"""Error of a surrogate flight: the intervals of what its images deliver, tile by tile, under its own pruning rule."""

import numpy as np

from payload.analysis.fidelity import UNKNOWN, Interval, interval_of
from payload.darkroom.memo import Memo
from payload.ledger import FlightRecord
from payload.pruning import decide
from payload.sim.arms import make_arm
from payload.sim.assemble import Assembly
from payload.surrogate import Rule, Surrogate, Taken, doubts
from payload.types import SURFACES


def draw_errors(
    assembly: Assembly, surrogate: Surrogate, memo: Memo, record: FlightRecord
) -> tuple[Interval, Interval]:
    """95 % intervals of the relative errors of kept bytes and of kept clear pixels, over all images of a flight.

    Args:
        assembly: The scenario, assembled.
        surrogate: The surrogate drawn from.
        memo: Holds what was drawn.
        record: The flight of the scenario's own arm.
    """
    policy = make_arm("prune", assembly.scenario.pruning).policy
    rule = Rule(policy.max_cloud_cover, policy.judged_by == "expected_cover")
    donors, surfaces, covers = list[int](), list[int](), list[float]()
    images, sizes = list[int](), list[tuple[int, int]]()
    kept_bytes = kept_px = 0
    for number, image in enumerate(record.images):
        facts = memo.facts_of[image.acquisition.id]
        decisions = decide([fact.estimate for fact in facts], policy)
        for fact, decision in zip(facts, decisions, strict=True):
            if fact.donor is None or fact.surface is None:
                continue
            clear_px = fact.estimate.clear_px or 0
            donors.append(fact.donor)
            surfaces.append(SURFACES.index(fact.surface))
            covers.append(1.0 - clear_px / fact.pixels)
            images.append(number)
            sizes.append((fact.raw_bytes, fact.pixels))
            if decision.keep:
                kept_bytes += fact.encoded_bytes
                kept_px += clear_px
    if not donors:
        return UNKNOWN, UNKNOWN
    taken = Taken(
        donor=np.array(donors, np.intp),
        surface=np.array(surfaces, np.intp),
        cover=np.array(covers, np.float64),
        image=np.array(images, np.intp),
        sizes=np.array(sizes, np.float64),
    )
    of_bytes, of_px = doubts(surrogate, taken, rule)
    return interval_of(of_bytes, kept_bytes), interval_of(of_px, kept_px)
