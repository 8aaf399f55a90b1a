"""Outages cut passes and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from payload.downlink.outages import Outage, cut
from payload.types import ContactWindow


def window(aos_s, los_s, station="a"):
    return ContactWindow("one", station, aos_s, los_s, 40.0)


spans = st.tuples(st.integers(0, 100), st.integers(1, 40)).map(lambda s: (s[0], s[0] + s[1]))


def seconds(windows, station):
    """Whole seconds that are inside, counted one by one."""
    return {
        at
        for item in windows
        if item.station == station
        for at in range(int(item.aos_s), int(item.los_s))
    }


@given(
    passes=st.lists(st.tuples(spans, st.sampled_from("ab")), max_size=5),
    breaks=st.lists(st.tuples(spans, st.sampled_from("ab")), max_size=5),
)
def test_what_is_left_is_what_no_outage_covers(passes, breaks):
    windows = [window(float(a), float(b), name) for (a, b), name in passes]
    outages = [Outage(name, float(a), float(b)) for (a, b), name in breaks]
    left = cut(windows, outages, lambda item: item.aos_s)
    for name in "ab":
        out = {at for item in outages if item.station == name
               for at in range(int(item.start_s), int(item.end_s))}  # fmt: skip
        assert seconds(left, name) == seconds(windows, name) - out
    assert all(item.aos_s < item.los_s for item in left)


def test_a_cut_piece_has_a_highest_point_of_its_own():
    whole, other = window(0.0, 100.0), window(0.0, 100.0, "b")
    left = cut([whole, other], [Outage("a", 40.0, 60.0)], lambda item: item.los_s)
    assert [(item.aos_s, item.los_s, item.max_elevation_deg) for item in left] == [
        (0.0, 40.0, 40.0),
        (60.0, 100.0, 100.0),
        (0.0, 100.0, 40.0),
    ]
    assert left[2] is other
