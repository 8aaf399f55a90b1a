"""What one more of each thing takes: once, or once in each of six arms; and from where on no more is held or shown."""

from dataclasses import replace

import pytest

from payload.estimate import costs
from payload.estimate.costs import Extent
from payload.products.czml import MOST_STATES
from payload.sim.arms import ARMS
from payload.sim.flights import MOST_TILES

NOTHING = Extent(
    images=0, tiles=0, states=0, contacts=0, opportunities=0, looks=0.0,
    is_compiled=False, painted_px=0, hands_out=False,
)  # fmt: skip
LOTS = replace(NOTHING, tiles=MOST_TILES, states=MOST_STATES)


def beyond(extent, **more):
    """Events, memory and disk of an extent, beyond those of another that has a little less."""
    one, other = replace(extent, **more), extent
    return (
        one.events - other.events,
        one.memory_bytes - other.memory_bytes,
        one.disk_bytes - other.disk_bytes,
    )


def test_an_empty_run_takes_what_any_run_does():
    assert NOTHING.events == costs.START_S_IN_EVENTS
    assert NOTHING.memory_bytes == costs.BASE_BYTES
    assert NOTHING.disk_bytes == costs.PAGE_BYTES


def test_what_arms_fly_counts_in_each_and_what_they_share_counts_once():
    """Facts, states and opportunities are the world's; stories, entries and contacts are an arm's, of which there are six."""
    assert len(ARMS) == 6
    assert beyond(NOTHING, tiles=1) == (
        6 * costs.EVENTS_PER_TILE,
        costs.FACTS_BYTES + 6 * costs.TILE_BYTES + costs.LASTING_BYTES,
        6 * costs.ROW_BYTES,
    )
    assert beyond(NOTHING, contacts=1) == (
        6 * costs.EVENTS_PER_CONTACT,
        6 * costs.CONTACT_BYTES,
        costs.CONTACT_TEXT_BYTES,
    )
    assert beyond(NOTHING, looks=1.0) == (6 * costs.LOOK_S_IN_EVENTS, 0, 0)
    assert beyond(NOTHING, images=1) == (0, 0, costs.IMAGE_TEXT_BYTES)
    assert beyond(NOTHING, states=2) == (
        2 * (costs.EVENTS_PER_STATE + costs.EVENTS_PER_SHOWN_STATE),
        2 * costs.STATE_BYTES,
        2 * (costs.STATE_TEXT_BYTES + costs.SHOWN_STATE_BYTES),
    )
    assert beyond(NOTHING, is_compiled=True) == (
        costs.COMPILED_S_IN_EVENTS,
        costs.COMPILED_BYTES,
        0,
    )
    assert beyond(NOTHING, painted_px=3) == (0, 3 * costs.PAINTED_BYTES, 0)


@pytest.mark.parametrize("hands_out", [False, True])
def test_an_opportunity_is_a_row_and_an_object_only_where_planners_are_handed_all(hands_out):
    row_bytes = costs.COLUMN_BYTES + (costs.OPPORTUNITY_BYTES if hands_out else 0)
    assert beyond(replace(NOTHING, hands_out=hands_out), opportunities=5) == (0, 5 * row_bytes, 0)


def test_of_a_long_flight_facts_go_to_disk_and_states_are_shown_no_more():
    """A tile beyond those that have room leaves its name; a state beyond those of the animation its line."""
    events, memory_bytes, _ = beyond(LOTS, tiles=MOST_TILES + 1)
    assert (events, memory_bytes) == (6 * costs.EVENTS_PER_TILE, costs.LASTING_BYTES)
    assert beyond(LOTS, states=MOST_STATES + 2) == (
        2 * costs.EVENTS_PER_STATE,
        2 * costs.STATE_BYTES,
        2 * costs.STATE_TEXT_BYTES,
    )
