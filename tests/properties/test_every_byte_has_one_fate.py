"""The law of bytes over random scenarios: pixels, masks, codec, memory and link are all real, only small."""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.ledger import Fate, audit
from payload.scenario.load import load_scenario
from payload.sim import assemble, fly_arms

SEEN: Counter[Fate] = Counter()
EXAMPLES = 40

scenarios = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "epoch_utc": st.sampled_from(["2026-06-21T00:00:00Z", "2026-03-20T06:00:00Z"]),
        "duration_h": st.sampled_from([2.02, 6.73, 12.0]),
        "memory": st.fixed_dictionaries({"capacity_mb": st.sampled_from([0.02, 0.05, 0.2])}),
        "link": st.fixed_dictionaries(
            {
                "kind": st.just("fixed"),
                "rate_mbps": st.sampled_from([0.00002, 0.0003, 0.003, 1.0]),
                "frame_loss": st.sampled_from([0.0, 0.2, 0.6]),
                "max_resends": st.integers(0, 3),
            }
        ),
        "pruning": st.fixed_dictionaries(
            {
                "tile_px": st.sampled_from([16, 32, 64]),
                "max_cloud_cover": st.sampled_from([0.2, 0.7, 1.0]),
            }
        ),
        "camera": st.fixed_dictionaries(
            {
                "gsd_m": st.sampled_from([10.0, 60.0]),
                "width_px": st.integers(60, 120),
                "height_px": st.integers(60, 120),
                "bit_depth": st.sampled_from([8, 10, 12, 16]),
                "max_off_nadir_deg": st.just(50.0),
            }
        ),
        "computer": st.fixed_dictionaries(
            {"profile": st.sampled_from(["gr740", "myriad2-cloudscout"])}
        ),
        "rescheduling": st.fixed_dictionaries(
            {
                "policy": st.sampled_from(["none", "next_opportunity"]),
                "max_cloud_cover": st.sampled_from([0.3, 0.7]),
            }
        ),
    }
)


def fly(write_scenario, changes):
    """Fly a scenario with all its arms; every law must hold."""
    scenario = load_scenario(write_scenario(**changes))
    with tempfile.TemporaryDirectory() as spool:
        records, _ = fly_arms(assemble(scenario), Path(spool))
    for record in records.values():
        audit(record.ledger)
        books = record.ledger
        assert books.acquired_bytes() == sum(books.total_bytes(fate) for fate in Fate)
        assert all(log.used_bytes <= log.capacity_bytes for log in record.contacts)
        assert record.peak_memory_bytes <= scenario.memory.capacity_bytes
    SEEN.update({entry.fate for entry in records["prune"].ledger.entries})


fly_some = settings(max_examples=EXAMPLES, derandomize=True)(given(changes=scenarios)(fly))
fly_many = settings(max_examples=2000)(given(changes=scenarios)(fly))


@pytest.mark.timeout(300)
def test_every_acquired_byte_has_exactly_one_fate(write_scenario):
    SEEN.clear()
    fly_some(write_scenario)
    for fate in Fate:
        assert SEEN[fate] >= EXAMPLES // 10, (
            f"{fate} occurred in {SEEN[fate]} of {EXAMPLES} flights only"
        )


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_byte_has_one_fate_in_two_thousand_other_scenarios(write_scenario):
    fly_many(write_scenario)


drawn = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "duration_h": st.sampled_from([2.02, 6.73, 12.0]),
        "memory": st.fixed_dictionaries({"capacity_mb": st.sampled_from([0.02, 0.05, 0.2])}),
        "link": st.fixed_dictionaries(
            {
                "kind": st.just("fixed"),
                "rate_mbps": st.sampled_from([0.0003, 0.003, 1.0]),
                "frame_loss": st.sampled_from([0.0, 0.2, 0.6]),
                "max_resends": st.integers(0, 3),
            }
        ),
        "pruning": st.fixed_dictionaries(
            {"tile_px": st.just(32), "max_cloud_cover": st.sampled_from([0.2, 0.7, 1.0])}
        ),
        "rescheduling": st.fixed_dictionaries(
            {"policy": st.sampled_from(["none", "next_opportunity"])}
        ),
    }
)


def test_every_byte_of_a_surrogate_flight_has_one_fate(write_scenario, small_surrogate):
    surrogate = {"fidelity": "surrogate", "surrogate": {"file": str(small_surrogate)}}

    def fly_drawn(changes):
        fly(write_scenario, changes | surrogate)

    settings(max_examples=20, derandomize=True)(given(changes=drawn)(fly_drawn))()
