"""Joules, refusals and missed deadlines of a flight, worked by hand on two satellites."""

import pytest

from payload.analysis.power import (
    arm_energy,
    energy_of,
    late_notes,
    late_of,
    power_notes,
    power_of,
)
from payload.ledger import Fate, FlightRecord, Late, Ledger, PowerBalance


def balance(name, **changes):
    values = {
        "harvested_j": 1000.0, "drawn_j": {"bus": 300.0, "computer": 100.0}, "used_j": 380.0, "unserved_j": 20.0,
        "lost_j": 30.0, "spilled_j": 5.0, "start_j": 2000.0, "end_j": 1500.0, "lowest_j": 800.0, "capacity_j": 4000.0,
        "refused": {"imaging": 2}, "waited_s": {"imaging": 7.0, "processing": 1.0}, "hottest_c": 50.0, "throttled_s": 3.0,
    }  # fmt: skip
    return PowerBalance(name, **(values | changes))


def flight(*balances):
    books = Ledger()
    books.spend("computer", "t", 100.0, 2.0)
    books.spend("computer", "t", 50.0, 3.0)
    for each in balances:
        books.balance(each)
    return FlightRecord("prune", 1000.0, books, (), (), (), {}, 0)


BOTH = flight(
    balance("one"),
    balance(
        "two", drawn_j={"bus": 200.0, "radio": 60.0}, refused={"imaging": 1, "processing": 4}, lowest_j=600.0,
        capacity_j=1500.0, hottest_c=None, unserved_j=0.0,
    ),
)  # fmt: skip


def test_joules_by_consumer_are_those_of_the_fleet_and_computing_is_that_of_the_books():
    """150 J for half a megapixel; 300 and 200 of the bus."""
    found = energy_of(BOTH, 500_000, says_watts=True)
    assert found == {"compute": 150.0, "compute_per_clear_mpx": 300.0, "bus": 500.0, "radio": 60.0}
    unknown = energy_of(BOTH, 500_000, says_watts=False)
    assert (unknown["compute"], unknown["compute_per_clear_mpx"]) == (None, None)


@pytest.mark.parametrize("clear_px", [None, 0])
def test_where_nothing_clear_came_down_there_is_no_price_of_it(clear_px):
    found = arm_energy(BOTH, clear_px, says_watts=True)
    assert found["compute_j_per_clear_mpx"] is None
    assert found["used_j_per_clear_mpx"] is None
    assert (found["compute_j"], found["used_j"], found["refused"]) == (150.0, 760.0, 7)


def test_the_balance_of_a_fleet_is_the_sum_and_its_lowest_charge_the_least_share():
    """600 of 1500 J are more than 800 of 4000."""
    found = power_of(BOTH, 2_000_000)
    assert found["lowest_charge"] == pytest.approx(0.2)
    assert found["used_j_per_clear_mpx"] == pytest.approx(760 / 2)
    assert found["stored_j"] == pytest.approx(-1000)
    sums = {"harvested_j": 2000, "lost_j": 60, "spilled_j": 10, "unserved_j": 20, "waited_s": 16, "throttled_s": 6}  # fmt: skip
    assert {key: found[key] for key in sums} == pytest.approx(sums)
    assert (found["refused"], found["refused_imaging"], found["refused_processing"]) == (7, 3, 4)
    assert (found["refused_transmitting"], found["hottest_c"]) == (0, 50.0)
    assert power_of(flight(balance("one", hottest_c=None)), 1)["hottest_c"] is None


def test_without_a_battery_nothing_is_said_of_it():
    bare = flight()
    assert power_of(bare, 1) is None
    assert power_notes(bare) == []
    assert (arm_energy(bare, 1, says_watts=True)["refused"], energy_of(bare, 1_000_000, says_watts=True)["compute"]) == (None, 150.0)  # fmt: skip


def test_what_was_refused_and_not_had_is_said():
    assert power_notes(BOTH) == [
        "power: 3 images were not taken at low charge or high heat",
        "power: 4 pauses in processing at low charge or high heat",
        "power: the battery was empty; 20 J were demanded but not supplied",
    ]


def test_tiles_that_were_late_are_told_by_what_became_of_them():
    """Of four one came down unmasked, one is on board; one of 70 bytes was dropped, one kept and masked late."""
    record = flight()
    books = record.ledger
    ends = (
        ("a", Late.SENT_UNMASKED, Fate.DELIVERED),
        ("b", Late.SENT_UNMASKED, Fate.ON_BOARD),
        ("c", Late.DROPPED, Fate.PRUNED),
        ("d", Late.KEPT, Fate.DELIVERED),
    )
    for tile_id, late, end in ends:
        books.acquire([tile_id], [70], 1.0)
        books.settle(tile_id, end, 70, 3.0)
        books.finish(tile_id, end, 70)
        books.miss(tile_id, late, 70, 2.0)
    assert late_of(record) == {
        "tiles": 4, "sent_unmasked": 2, "dropped": 1, "kept": 1, "delivered_unmasked": 1, "dropped_bytes": 70,
    }  # fmt: skip
    (said,) = late_notes(record)
    assert "of 4 tiles" in said
    assert "2 were sent unmasked, 1 dropped and 1 kept" in said
    assert late_notes(flight()) == []
