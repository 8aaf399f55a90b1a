"""The laws of conservation under any mix of memory policies, radios and faults; no pixel is painted.

Who goes from a full memory is looked for twice: in the order that is kept, and among all shelves as they are then.
"""

import tempfile
from collections import Counter
from pathlib import Path

import pytest
from conftest import write_small
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.darkroom.memo import Memo
from payload.ledger import Fate, audit
from payload.scenario.load import load_scenario
from payload.sim import assemble
from payload.sim.aboard.dropping import DropOrder
from payload.sim.aboard.memory import MassMemory
from payload.sim.arms import make_arm
from payload.sim.mission import Mission

EXAMPLES = 60
SEEN: Counter[str] = Counter()
PLACES = ((15.65, 78.22), (18.96, 69.65), (26.63, 67.37), (11.9, 78.9), (20.1, 74.5), (2.0, 48.0))
ORBIT = {"kind": "sgp4", "altitude_km": 550, "ltan": "10:30"}

faults = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(
                ["station_out", "frame_loss", "processor_reset", "memory_bank", "half_power"]
            ),
            "lasts_h": st.sampled_from([0.02, 0.3, 3.0]),
            "frame_loss": st.sampled_from([0.3, 0.9]),
            "banks": st.integers(1, 4),
        }
    ).flatmap(
        lambda fault: st.sampled_from(
            [fault | {"mean_between_h": 0.7}, fault | {"at_h": 0.43}, fault | {"at_h": 0.4365}]
        )
    ),
    max_size=4,
    unique_by=lambda fault: (fault["kind"], fault.get("at_h"), fault.get("mean_between_h")),
)

changes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "duration_h": st.sampled_from([2.02, 6.73]),
        "satellites": st.sampled_from(
            [
                [{"name": "one", "orbit": ORBIT}],
                [{"name": "one", "orbit": ORBIT}, {"name": "two", "orbit": ORBIT}],
            ]
        ),
        "memory": st.fixed_dictionaries(
            {
                "capacity_mb": st.sampled_from([0.02, 0.04, 0.2]),
                "partitions": st.sampled_from(
                    [[], [{"min_priority": 0, "share": 0.5}, {"min_priority": 2, "share": 0.5}]]
                ),
                "when_full": st.sampled_from(
                    ["newest", "oldest", "cloudiest", "lowest_value_per_byte"]
                ),
                "send_order": st.sampled_from(
                    ["first_in", "priority", "deadline", "clearest_first", "value_per_byte"]
                ),
                "keep_pruned_h": st.sampled_from([0, 0.5, 6]),
            }
        ),
        "requests": st.fixed_dictionaries(
            {
                "policy": st.sampled_from(["none", "least_sure", "clearest"]),
                "max_per_contact": st.integers(1, 6),
                "thumbnail_factor": st.sampled_from([None, 4, 16]),
            }
        ),
        "radio": st.fixed_dictionaries(
            {
                "antenna": st.sampled_from(["steerable", "body_fixed"]),
                "first": st.sampled_from(["imaging", "downlink"]),
                "max_transmit_s_per_orbit": st.sampled_from([None, 5.0, 100.0]),
                "nak_delay_s": st.sampled_from([0.0, 20.0]),
            }
        ),
        "link": st.fixed_dictionaries(
            {
                "kind": st.just("fixed"),
                "rate_mbps": st.sampled_from([0.0003, 0.003, 1.0]),
                "frame_loss": st.sampled_from([0.0, 0.3]),
                "max_resends": st.integers(0, 3),
            }
        ),
        "computer": st.fixed_dictionaries({"compression_mpx_per_s": st.sampled_from([0.001, 10])}),
        "rescheduling": st.fixed_dictionaries(
            {"policy": st.sampled_from(["none", "next_opportunity"])}
        ),
        "faults": faults,
    }
)


def sensible(changes):
    """The same, without what a scenario refuses: keys of other kinds of faults, requests for what is not kept."""
    owners = {"frame_loss": "frame_loss", "banks": "memory_bank"}
    told = [
        {
            key: value
            for key, value in fault.items()
            if owners.get(key, fault["kind"]) == fault["kind"]
            and not (key == "lasts_h" and fault["kind"] == "memory_bank")
        }
        for fault in changes["faults"]
    ]
    asks = changes["requests"] if changes["memory"]["keep_pruned_h"] else {"policy": "none"}
    return changes | {"faults": told, "requests": asks}


def fly(folder, surrogate, arm, changes):
    """Fly one arm; every law must hold. The place of priority 9 is the second."""
    path = write_small(
        folder,
        places=PLACES,
        fidelity="surrogate",
        surrogate={"file": str(surrogate)},
        pruning={"tile_px": 32, "max_cloud_cover": 0.4},
        **sensible(changes),
    )
    places = (folder / "places.geojson").read_text()
    found = '"name": "place-1"'
    marked = places.replace(found, f'{found}, "priority": 9, "deliver_within_h": 1')
    (folder / "places.geojson").write_text(marked)
    scenario = load_scenario(path)
    assembly = assemble(scenario)
    with tempfile.TemporaryDirectory() as spool:
        memo = Memo(assembly.darkroom, Path(spool))
        return scenario, Mission(assembly, make_arm(arm, scenario.pruning), memo).fly()


@pytest.fixture(autouse=True)
def judged_drop_order(monkeypatch):
    """An order that is kept says what one says that is made of all shelves for this tile alone."""
    who_goes = MassMemory.who_goes

    def judged(memory, newcomer):
        found, part = who_goes(memory, newcomer), memory.part_of(newcomer)
        beside = [shelf for shelf in memory.items.values() if memory.part_of(shelf) is part]
        assert part.used_bytes == sum(shelf.bytes for shelf in beside)
        short_bytes = part.used_bytes + newcomer.bytes - part.capacity_bytes
        if short_bytes > 0 and newcomer.bytes <= part.capacity_bytes:
            anew = DropOrder(memory.when_full, beside)
            assert found == anew.victims(newcomer, short_bytes=short_bytes)
            SEEN["looked for twice"] += 1
        return found

    monkeypatch.setattr(MassMemory, "who_goes", judged)


def check(scenario, record):
    books = record.ledger
    audit(books)
    assert books.acquired_bytes() == sum(books.total_bytes(fate) for fate in Fate)
    assert record.peak_memory_bytes <= scenario.memory.capacity_bytes
    ends = {tile.tile_id: tile.end for tile in books.tiles}
    for log in record.contacts:
        assert log.used_bytes <= log.capacity_bytes
    delivered = set(record.delivered_s)
    assert delivered == {tile for tile, end in ends.items() if end is Fate.DELIVERED}
    assert set(record.fetched) <= ends.keys()
    kinds = {event.kind for event in record.events} | {
        event.subject for event in record.events if event.kind == "fault"
    }
    SEEN.update(kinds | {f"fate {end}" for end in ends.values()})
    check_thumbnails(scenario, record)
    if delivered & set(record.fetched):
        SEEN["fetched and delivered"] += 1
    if any(log.is_missed for log in record.contacts):
        SEEN["missed"] += 1


def check_thumbnails(scenario, record):
    """What was made ended once, by kind and in bytes; who was asked for had been seen before."""
    books = record.ledger
    made = {item.tile_id: item.bytes for item in books.thumbnails_made}
    ended = Counter()
    for item in books.thumbnails:
        ended[item.tile_id] += item.held_bytes
        SEEN[f"thumbnail {item.end}"] += 1
    assert dict(ended) == made
    if scenario.thumbnail_factor is None:
        assert not made
    else:
        seen = {item.tile_id for item in books.thumbnails if item.end is Fate.DELIVERED}
        assert set(record.fetched) <= seen
    frames = sum(log.used_bytes for log in record.contacts)
    down = sum(item.held_bytes for item in books.thumbnails if item.end is Fate.DELIVERED)
    assert down + books.total_bytes(Fate.DELIVERED) <= frames


@pytest.mark.timeout(400)
def test_every_byte_has_one_fate_under_any_policies_and_faults(tmp_path, small_surrogate):
    SEEN.clear()

    @settings(max_examples=EXAMPLES, derandomize=True)
    @given(arm=st.sampled_from(["raw", "discard", "prune", "oracle"]), changes=changes)
    def run(arm, changes):
        check(*fly(tmp_path, small_surrogate, arm, changes))

    run()
    for what in (
        "looked for twice", "dropped", "overflowed", "fetch", "missed", "station_out", "frame_loss", "processor_reset",
        "memory_bank", "half_power", "fetched and delivered",
        *(f"fate {fate}" for fate in Fate if fate is not Fate.SAVED),
        *(f"thumbnail {fate}" for fate in (Fate.DELIVERED, Fate.LOST, Fate.PRUNED, Fate.ON_BOARD)),
    ):  # fmt: skip
        assert SEEN[what], f"{what} never came up in {EXAMPLES} flights: the test is too easy"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_every_byte_has_one_fate_in_a_thousand_other_mixes(tmp_path, small_surrogate):
    @settings(max_examples=1000)
    @given(arm=st.sampled_from(["raw", "discard", "prune", "oracle"]), changes=changes)
    def run(arm, changes):
        check(*fly(tmp_path, small_surrogate, arm, changes))

    run()
