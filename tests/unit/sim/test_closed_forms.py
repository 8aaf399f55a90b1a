"""A saturated link in closed form: tiles wholly clear or wholly cloudy, all of one size, coded raw.

With p the clear share of what is acquired, a perfect mask brings 1 / p times as many clear bits a bit sent
as a bent pipe does, and no mask brings more: all that it sends is clear at best.
"""

from pathlib import Path

import pytest

from payload.darkroom.facts import TileFacts, perfect
from payload.darkroom.memo import Memo
from payload.geometry.grid import tile_place
from payload.ledger import Fate
from payload.rng import stream
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.arms import make_arm
from payload.sim.mission import Mission
from payload.types import CoverEstimate

PLACES = tuple((lon, lat) for lat in (60, 66, 72, 78, 82) for lon in (-20, 0, 15, 30, 50))
ACROSS = 6
PX = 32 * 32


class Cycle:
    """One tile clear, then `one_in - 1` cloudy, over and over; a share of the tiles is judged wrongly."""

    def __init__(self, one_in, mistakes=0.0):
        self.one_in, self.mistakes = one_in, mistakes

    def develop(self, acquisition, spool):  # noqa: ARG002
        return tuple(
            self._facts(*item)
            for item in zip(acquisition.tile_ids, acquisition.tile_raw_bytes, strict=True)
        )

    def _facts(self, tile_id, raw_bytes):
        _, row, col = tile_place(tile_id)
        clear = (row * ACROSS + col) % self.one_in == 0
        wrong = stream(1, "mistake", tile_id).random() < self.mistakes
        right = 0 if wrong else PX
        estimate = (
            CoverEstimate(PX, PX - right, 0, 0, PX - right, right)
            if clear
            else CoverEstimate(PX, right, right, PX - right, 0, 0)
        )
        return TileFacts(tile_id, PX, raw_bytes, estimate, perfect(estimate), raw_bytes, None)


def clear_share(record, memo):
    """Clear bits per bit that came down."""
    delivered = list(record.ledger.tiles_with(Fate.DELIVERED))
    assert record.ledger.total_bytes(Fate.ON_BOARD), "the link is not saturated"
    estimates = memo.estimates
    return sum(estimates[tile].clear_px > 0 for tile in delivered) / len(delivered)


@pytest.mark.parametrize("one_in", [2, 3])
@pytest.mark.parametrize("order", ["first_in", "value_per_byte"])
def test_a_saturated_link_gains_one_over_the_clear_share_and_never_more(
    write_scenario, one_in, order
):
    scenario = load_scenario(
        write_scenario(
            places=PLACES,
            camera={"gsd_m": 20, "width_px": 192, "height_px": 192, "max_off_nadir_deg": 45},
            codec={"kind": "raw"},
            memory={"capacity_mb": 100, "send_order": order},
            link={"kind": "fixed", "rate_mbps": 0.003},
        )
    )
    assembly = assemble(scenario)

    def share(arm, mistakes=0.0):
        memo = Memo(Cycle(one_in, mistakes), Path())
        flight = Mission(assembly, make_arm(arm, scenario.pruning), memo).fly()
        return clear_share(flight, memo)

    # A clear tile begins each cycle and the bent pipe sends in order: it sends at least the share of clear.
    raw = share("raw")
    assert raw >= 1 / one_in
    assert share("oracle") / raw == pytest.approx(one_in, rel=0.02)
    for mistakes in (0.0, 0.05, 0.2):
        gain = share("prune", mistakes) / raw
        assert gain <= one_in
        # Of the clear a share e is thrown away, of the cloudy e is kept: p (1 - e) of p (1 - e) + (1 - p) e.
        p = 1 / one_in
        expected = (1 - mistakes) / (p * (1 - mistakes) + (1 - p) * mistakes)
        assert gain == pytest.approx(expected, rel=0.1)
