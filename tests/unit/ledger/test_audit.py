"""The audit: honest books pass; a byte moved, an entry doubled or dropped, a joule lost do not."""

import copy
import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.errors import LawError
from payload.ledger import Entry, Fate, Late, Ledger, PowerBalance, audit

ENDS = [Fate.DELIVERED, Fate.OVERFLOWED, Fate.LOST, Fate.ON_BOARD]


@st.composite
def honest_books(draw):
    """Books as a flight would write them."""
    books = Ledger()
    for number in range(draw(st.integers(1, 12))):
        tile_id, raw = f"image#0,{number}", draw(st.integers(1, 10**9))
        books.acquire([tile_id], [raw], 0.0)
        end = draw(st.sampled_from([*ENDS, Fate.PRUNED]))
        if end is Fate.PRUNED:
            books.settle(tile_id, Fate.PRUNED, raw, 1.0)
            books.finish(tile_id, Fate.PRUNED, 0)
        else:
            left_out = draw(st.one_of(st.just(0), st.integers(0, raw - 1)))
            saved = draw(st.integers(0, raw - left_out - 1))
            books.settle(tile_id, Fate.PRUNED, left_out, 1.0)
            books.settle(tile_id, Fate.SAVED, saved, 1.0)
            books.settle(tile_id, end, raw - left_out - saved, 2.0)
            books.finish(tile_id, end, raw - left_out - saved, left_out)
        books.spend("computer", tile_id, draw(st.floats(0, 1e3)), 1.0)
    books.meter("computer", sum(entry.joules for entry in books.joules))
    return books


@given(honest_books())
def test_honest_books_pass_the_audit(books):
    audit(books)
    assert books.acquired_bytes() == sum(books.total_bytes(fate) for fate in Fate)


@given(honest_books(), st.data())
@settings(max_examples=50)
def test_an_entry_dropped_doubled_or_one_byte_off_breaks_the_law(books, data):
    index = data.draw(st.integers(0, len(books.entries) - 1))
    entry = books.entries[index]
    for change in ("drop", "double", "more", "less"):
        forged = copy.deepcopy(books)
        if change == "drop":
            del forged.entries[index]
        elif change == "double":
            forged.entries.append(entry)
        else:
            step = 1 if change == "more" else -1
            forged.entries[index] = dataclasses.replace(entry, bytes=entry.bytes + step)
        with pytest.raises(LawError):
            audit(forged)


@pytest.mark.parametrize(("booked", "told"), [(10, 0), (0, 10), (10, 11)])
def test_pixels_left_out_are_booked_as_their_holder_tells(booked, told):
    books = Ledger()
    books.acquire(["image#0,0"], [100], 0.0)
    books.settle("image#0,0", Fate.PRUNED, booked, 1.0)
    books.settle("image#0,0", Fate.DELIVERED, 100 - booked, 2.0)
    books.finish("image#0,0", Fate.DELIVERED, 100 - booked, told)
    with pytest.raises(LawError, match="not coded"):
        audit(books)


def test_a_pruned_tile_has_no_pixels_left_out_beside():
    books = Ledger()
    books.acquire(["image#0,0"], [100], 0.0)
    books.settle("image#0,0", Fate.PRUNED, 100, 1.0)
    books.finish("image#0,0", Fate.PRUNED, 0, 10)
    with pytest.raises(LawError, match="pruned"):
        audit(books)


@given(honest_books(), st.data())
@settings(max_examples=50)
def test_one_byte_moved_from_one_entry_to_any_other_breaks_the_law(books, data):
    if len(books.entries) < 2:
        return
    pair = st.lists(st.integers(0, len(books.entries) - 1), min_size=2, max_size=2, unique=True)
    source, goal = data.draw(pair)
    for index, step in ((source, -1), (goal, 1)):
        entry = books.entries[index]
        books.entries[index] = dataclasses.replace(entry, bytes=entry.bytes + step)
    with pytest.raises(LawError):
        audit(books)


@given(honest_books(), st.data())
def test_a_byte_moved_to_another_fate_of_the_same_tile_breaks_the_law(books, data):
    entry = data.draw(st.sampled_from(books.entries))
    other = data.draw(st.sampled_from([fate for fate in Fate if fate is not entry.fate]))
    books.entries[books.entries.index(entry)] = dataclasses.replace(entry, fate=other)
    with pytest.raises(LawError):
        audit(books)


@given(honest_books(), st.data())
def test_a_tile_that_ends_twice_or_never_or_with_other_bytes_breaks_the_law(books, data):
    index = data.draw(st.integers(0, len(books.tiles) - 1))
    tile = books.tiles[index]
    for change in ("drop", "double", "more"):
        forged = copy.deepcopy(books)
        if change == "drop":
            del forged.tiles[index]
        elif change == "double":
            forged.tiles.append(tile)
        else:
            forged.tiles[index] = dataclasses.replace(tile, held_bytes=tile.held_bytes + 1)
        with pytest.raises(LawError):
            audit(forged)


def test_a_tile_from_nowhere_breaks_the_law():
    books = Ledger()
    books.entries.append(Entry(0.0, "ghost#0,0", Fate.DELIVERED, 1))
    with pytest.raises(LawError, match="never acquired"):
        audit(books)


def test_a_tile_acquired_twice_breaks_the_law():
    books = Ledger()
    for _ in range(2):
        books.acquire(["a#0,0"], [10], 0.0)
    with pytest.raises(LawError, match="acquired twice"):
        audit(books)


@pytest.mark.parametrize("count", [10.0, True, -1, 0])
def test_bytes_are_positive_whole_numbers(count):
    books = Ledger()
    books.acquire(["a#0,0"], [10], 0.0)
    books.entries.append(Entry(0.0, "a#0,0", Fate.PRUNED, count))
    books.finish("a#0,0", Fate.PRUNED, 0)
    with pytest.raises(LawError):
        audit(books)


def test_a_joule_that_the_meter_does_not_know_breaks_the_law():
    books = Ledger()
    books.spend("computer", "a#0,0", 1.0, 0.0)
    books.meter("computer", 1.0 + 1e-12)
    audit(books)
    books.meter("computer", 1.0 + 1e-6)
    with pytest.raises(LawError, match="meter"):
        audit(books)


HONEST = PowerBalance(
    satellite="one", harvested_j=1000.0, drawn_j={"bus": 700.0}, used_j=690.0, unserved_j=10.0,
    lost_j=50.0, spilled_j=160.0, start_j=100.0, end_j=200.0, lowest_j=0.0, capacity_j=200.0,
    refused={}, waited_s={}, hottest_c=None, throttled_s=0.0,
)  # fmt: skip


def with_battery(balance):
    """Books in which the bus spent 700 J."""
    books = Ledger()
    books.spend("bus", "bus", 700.0, 1.0)
    books.meter("bus", 700.0)
    books.balance(balance)
    return books


def test_a_balance_of_power_that_closes_passes():
    audit(with_battery(HONEST))


@pytest.mark.parametrize(
    "change",
    [
        {"harvested_j": 1000.1}, {"used_j": 689.9}, {"lost_j": 51.0}, {"spilled_j": 0.0},
        {"end_j": 199.0}, {"unserved_j": 0.0}, {"drawn_j": {"bus": 701.0}},
        {"drawn_j": {"bus": 700.0, "radio": 1e-3}},
    ],
)  # fmt: skip
def test_a_joule_from_nowhere_or_to_nowhere_breaks_the_law(change):
    with pytest.raises(LawError):
        audit(with_battery(dataclasses.replace(HONEST, **change)))


@pytest.mark.parametrize(
    ("late", "fate"), [(Late.DROPPED, Fate.DELIVERED), (Late.SENT_UNMASKED, Fate.PRUNED)]
)
def test_a_late_tile_ends_as_its_policy_says(late, fate):
    books = Ledger()
    books.acquire(["a#0,0"], [10], 0.0)
    books.settle("a#0,0", fate, 10, 1.0)
    books.finish("a#0,0", fate, 0 if fate is Fate.PRUNED else 10)
    audit(books)
    books.miss("a#0,0", late, 10, 1.0)
    with pytest.raises(LawError, match="late"):
        audit(books)


def test_a_tile_is_late_once():
    books = Ledger()
    books.acquire(["a#0,0"], [10], 0.0)
    books.settle("a#0,0", Fate.PRUNED, 10, 1.0)
    books.finish("a#0,0", Fate.PRUNED, 0)
    books.miss("a#0,0", Late.DROPPED, 10, 1.0)
    audit(books)
    books.miss("a#0,0", Late.DROPPED, 10, 1.0)
    with pytest.raises(LawError, match="twice"):
        audit(books)
