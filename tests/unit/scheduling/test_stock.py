"""Memory between contacts: what is kept up to date must be what a walk along all contacts finds."""

from hypothesis import given
from hypothesis import strategies as st
from planning import opportunity

from payload.plans import Room
from payload.scheduling.schedule import Stock

CONTACTS = st.lists(
    st.tuples(st.integers(0, 100).map(float), st.integers(0, 3000)), max_size=8
).map(lambda found: tuple(sorted(found)))
IMAGES = st.lists(st.tuples(st.integers(0, 110).map(float), st.booleans()), min_size=1, max_size=20)


def walk(room, images):
    """Whether the memory bears these images: all gaps between contacts, one after another."""
    free_bytes, left = room.free_bytes, sorted(images, key=lambda item: item.end_s)
    for end_s, freed_bytes in (*room.contacts, (float("inf"), 0)):
        while left and left[0].end_s <= end_s:
            free_bytes -= left.pop(0).volume_bytes
        if free_bytes < 0:
            return False
        free_bytes = min(room.most_bytes, free_bytes + freed_bytes)
    return True


@given(
    free_bytes=st.integers(-500, 4000),
    contacts=CONTACTS,
    capacity_bytes=st.sampled_from([None, 4000, 5000]),
    images=IMAGES,
)
def test_what_is_borne_is_what_a_walk_along_all_contacts_bears(
    free_bytes, contacts, capacity_bytes, images
):
    """Images come in where they fit, some whether they fit or not, and some go out again."""
    room = Room(free_bytes, contacts, capacity_bytes)
    stock, taken = Stock(room), []
    for number, (start_s, is_promised) in enumerate(images):
        item = opportunity("one", f"t{number}", start_s)
        bears = stock.bears(item)
        assert bears == walk(room, [*taken, item])
        if bears or is_promised:
            stock.add(item, item.volume_bytes)
            taken.append(item)
        elif taken:
            gone = taken.pop(0)
            stock.add(gone, -gone.volume_bytes)
    assert sum(stock.taken_bytes) == sum(item.volume_bytes for item in taken)
