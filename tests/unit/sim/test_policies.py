"""What to drop and what to send: each policy is judged by the shelves alone."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.sim.aboard.dropping import KEPT_LEAST, DropOrder
from payload.sim.aboard.sending import RANKS
from payload.sim.aboard.shelf import Shelf

ORDERS = st.integers(1, 50)


@st.composite
def shelves(draw, order=ORDERS):
    raw_bytes = draw(st.integers(1, 400))
    return Shelf(
        f"t{draw(st.integers(0, 10**6))}",
        draw(st.integers(1, raw_bytes)),
        order=draw(order),
        priority=draw(st.sampled_from([0.5, 1.0, 9.0])),
        cover=draw(st.none() | st.floats(0, 1)),
        raw_bytes=raw_bytes,
        is_pinned=draw(st.booleans()),
        is_spare=draw(st.booleans()),
    )


rooms = st.lists(shelves(), max_size=12, unique_by=(lambda s: s.tile_id, lambda s: s.order))


@given(st.sampled_from(sorted(KEPT_LEAST)), shelves(order=st.just(99)), rooms, st.integers(1, 1500))
def test_who_goes_makes_room_and_nobody_goes_for_nothing(policy, newcomer, shelved, short_bytes):
    gone = DropOrder(policy, shelved).victims(newcomer, short_bytes=short_bytes)
    by_id = {shelf.tile_id: shelf for shelf in shelved}
    regret = KEPT_LEAST[policy]
    may_go = [
        shelf
        for shelf in shelved
        if not shelf.is_pinned
        and (shelf.is_spare or (not newcomer.is_spare and regret(shelf) < regret(newcomer)))
    ]
    if gone is None:  # all that may go for it would not be enough
        assert sum(shelf.bytes for shelf in may_go) < short_bytes
        return
    freed = [by_id[tile].bytes for tile in gone]
    assert sum(freed) >= short_bytes > sum(freed[:-1])
    assert set(gone) <= {shelf.tile_id for shelf in may_go}
    stays = [s for s in may_go if s.tile_id not in gone]
    for tile in gone:
        went = by_id[tile]
        if went.is_spare:
            assert all(s.order >= went.order for s in stays if s.is_spare)
        else:
            assert not any(s.is_spare for s in stays), "spare tiles go before all others"
            assert all(regret(went) <= regret(s) for s in stays)


def sought(policy, newcomer, shelved, short_bytes):
    """The same by looking at all shelves each time, spare ones first."""
    regret = KEPT_LEAST[policy]
    movable = [shelf for shelf in shelved if not shelf.is_pinned]
    row = sorted((shelf for shelf in movable if shelf.is_spare), key=lambda shelf: shelf.order)
    if not newcomer.is_spare:
        others = (shelf for shelf in movable if not shelf.is_spare)
        row += sorted((s for s in others if regret(s) < regret(newcomer)), key=regret)
    gone = []
    for shelf in row:
        if short_bytes > 0:
            gone.append(shelf.tile_id)
            short_bytes -= shelf.bytes
    return None if short_bytes > 0 else gone


@given(st.sampled_from(sorted(KEPT_LEAST)), st.data())
@settings(max_examples=30)
def test_the_order_is_kept_whatever_comes_goes_and_is_labelled_anew(policy, data):
    """Beside a search of all shelves, after each of many changes."""
    on_board, order = {}, DropOrder(policy, [])
    for number in range(data.draw(st.integers(1, 40))):
        what = data.draw(st.sampled_from(["comes", "goes", "label"])) if on_board else "comes"
        if what == "comes":
            shelf = data.draw(shelves(order=st.just(number)))
            shelf.tile_id = f"t{number}"
            on_board[shelf.tile_id] = shelf
            order.label(shelf)
        else:
            shelf = on_board[data.draw(st.sampled_from(sorted(on_board)))]
            if what == "goes":
                order.leave(on_board.pop(shelf.tile_id).tile_id)
            else:
                shelf.is_pinned, shelf.is_spare = data.draw(st.booleans()), data.draw(st.booleans())
                shelf.cover = data.draw(st.none() | st.floats(0, 1))
                shelf.bytes = data.draw(st.integers(1, shelf.raw_bytes))
                order.label(shelf)
        newcomer = data.draw(shelves(order=st.just(99)))
        short_bytes = data.draw(st.integers(1, 1500))
        found = order.victims(newcomer, short_bytes=short_bytes)
        assert found == sought(policy, newcomer, on_board.values(), short_bytes)
        assert len(order) <= 2 * len(on_board) + 2


def test_each_policy_drops_what_its_name_says():
    old = Shelf("old", 100, order=1, priority=5, cover=0.2, raw_bytes=200)
    cloudy = Shelf("cloudy", 100, order=2, priority=9, cover=0.9, raw_bytes=800)
    long = Shelf("long", 200, order=3, priority=1, cover=0.1, raw_bytes=200)
    new = Shelf("new", 100, order=4, priority=5, cover=None, raw_bytes=100)

    def first(policy):
        gone = DropOrder(policy, [old, cloudy, long]).victims(new, short_bytes=50)
        return gone and gone[0]

    # value per byte: old 8, cloudy 7.2, long 0.9, new 2.5
    assert [first(policy) for policy in ("newest", "oldest", "cloudiest")] == [
        None,
        "old",
        "cloudy",
    ]
    assert first("lowest_value_per_byte") == "long"


@pytest.mark.parametrize(
    ("policy", "first"),
    [
        ("priority", "wanted"),
        ("deadline", "urgent"),
        ("clearest_first", "clear"),
        ("value_per_byte", "dense"),
    ],
)
def test_each_order_sends_first_what_its_name_says(policy, first):
    queue = [
        Shelf("plain", 100, priority=2, cover=0.5, raw_bytes=100),
        Shelf("wanted", 100, priority=9, cover=0.9, raw_bytes=100),
        Shelf("urgent", 100, due_s=10.0, cover=0.5, raw_bytes=100),
        Shelf("clear", 100, cover=0.0, raw_bytes=100),
        Shelf("dense", 10, priority=2, cover=0.3, raw_bytes=100),
    ]
    assert min(queue, key=RANKS[policy]).tile_id == first


@given(rooms)
def test_first_in_knows_no_rank(shelved):
    assert {RANKS["first_in"](shelf) for shelf in shelved} <= {0.0}
    assert set(RANKS) == {"first_in", "priority", "deadline", "clearest_first", "value_per_byte"}


def test_what_is_spare_itself_sends_nobody_away_but_spare_tiles():
    """A pruned tile or a thumbnail has room only where nobody needs it."""
    old, spare = Shelf("old", 60, order=1), Shelf("spare", 60, order=2, is_spare=True)
    newcomer = Shelf("new", 50, order=3, is_spare=True)
    alone, both = DropOrder("oldest", [old]), DropOrder("oldest", [old, spare])
    assert alone.victims(newcomer, short_bytes=10) is None
    assert both.victims(newcomer, short_bytes=10) == ["spare"]
    wanted = dataclasses.replace(newcomer, is_spare=False)
    assert alone.victims(wanted, short_bytes=10) == ["old"]
