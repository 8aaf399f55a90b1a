"""The summary's figures, worked by hand on a flight of three tiles."""

from dataclasses import replace

import pytest

from payload.analysis.metrics import Flown, is_saturated, summarise
from payload.ledger import ContactLog, Fate, FlightRecord, Image, Ledger
from payload.targets import Target
from payload.types import (
    Acquisition,
    ContactWindow,
    CoverEstimate,
    Decision,
    NotCoded,
    Opportunity,
    Radiometry,
    Sensor,
    TileOutcome,
    View,
)

SENSOR = Sensor(
    ("blue", "green", "red", "nir"), 10.0, 100, 10, 12, Radiometry(1e-4), 30.0, 10.0, 0.0
)
WINDOW = ContactWindow("one", "s", 50.0, 110.0, 40.0)
RAW = 6072  # 1,000 pixels of four 12-bit samples, and a header of 72 bytes


def estimate(true_cloud=0, missed=0, false=0, clear=0):
    return CoverEstimate(1000, true_cloud + false, true_cloud, missed, false, clear)


ESTIMATES = {
    "i#0,0": estimate(clear=1000),
    "i#0,1": estimate(true_cloud=800, false=100, clear=100),
    "i#0,2": estimate(missed=300, clear=700),
}


def flight(arm, ends, *, encoded=RAW, waiting=False):
    """A flight of one image; `ends` says how each of its tiles ended, and when if delivered."""
    books, outcomes, delivered = Ledger(), [], {}
    for tile_id, (end, at_s) in zip(ESTIMATES, ends, strict=True):
        books.acquire([tile_id], [RAW], 10.0)
        keep = end is not Fate.PRUNED
        outcomes.append(
            TileOutcome(tile_id, RAW, encoded, Decision(keep, ""), ESTIMATES[tile_id], 1.0, 2.0)
        )
        books.spend("computer", tile_id, 2.0, 11.0)
        books.settle(tile_id, Fate.SAVED, RAW - encoded if keep else 0, 11.0)
        books.settle(tile_id, end, encoded if keep else RAW, 12.0)
        books.finish(tile_id, end, encoded if keep else 0)
        if end is Fate.DELIVERED:
            delivered[tile_id] = at_s
    opportunity = Opportunity("i", "place", "one", 9.0, 2.0, 0.0, 40.0, 3 * RAW)
    view = View("i", "place", 0.0, 0.0, None, 40.0, SENSOR)
    taken = Acquisition("i", "one", opportunity, 10.0, view, tuple(ESTIMATES), (RAW,) * 3)
    log = ContactLog(WINDOW, 60.0, 100_000, 20_000, waiting)
    image = Image(taken, tuple(outcomes), is_retake=False)
    return FlightRecord(arm, 200.0, books, (image,), (log,), (), delivered, 3 * RAW)


ALL_DOWN = [(Fate.DELIVERED, 60.0), (Fate.DELIVERED, 70.0), (Fate.DELIVERED, 110.0)]
PRUNED = [(Fate.DELIVERED, 60.0), (Fate.PRUNED, None), (Fate.DELIVERED, 80.0)]


def summary(estimates=ESTIMATES, wanted=(), **records):
    return summarise(
        Flown(
            name="hand", digest="d", seed=1, duration_s=200.0, records=records, estimates=estimates,
            targets=2, raw_bytes_per_px=6.0, clear_limit=0.7,
            masker={"model": "m", "sha256": None, "parameters": 1},
            scores={"iou": 0.5, "precision": None, "recall": 1.0}, wanted=wanted,
        )
    )  # fmt: skip


def arm(found, name):
    return next(item for item in found["arms"] if item["name"] == name)


def test_bytes_tiles_and_pixels_by_hand():
    found = summary(prune=flight("prune", PRUNED, encoded=2000), raw=flight("raw", ALL_DOWN))
    assert found["bytes"] == {
        "acquired": 3 * RAW, "pruned": RAW, "saved": 2 * (RAW - 2000), "overflowed": 0, "lost": 0,
        "on_board": 0, "delivered": 4000,
    }  # fmt: skip
    assert found["tiles"] == {
        "acquired": 3, "pruned": 1, "delivered": 2, "overflowed": 0, "lost": 0, "on_board": 0,
    }  # fmt: skip
    assert found["pixels"] == {
        "clear_acquired": 1900, "cloud_acquired": 1100, "clear_delivered": 1700,
        "cloud_delivered": 300, "clear_discarded": 200,
    }  # fmt: skip


def test_clear_pixels_left_out_are_not_delivered_and_are_a_price():
    """By hand: of the mixed tile 190 of its 200 clear pixels are sent, and none of the 800 cloudy ones."""
    down = flight("mask", ALL_DOWN, encoded=2000)
    (image,) = down.images
    outcomes = list(image.outcomes)
    outcomes[1] = outcomes[1]._replace(not_coded=NotCoded(3000, clear_px=10, cloudy_px=800))
    masked = replace(down, images=(replace(image, outcomes=tuple(outcomes)),))
    down.ledger.tiles[1] = replace(down.ledger.tiles[1], left_out_bytes=3000)
    assert (outcomes[1].pruned_bytes, outcomes[1].saved_bytes) == (3000, RAW - 5000)
    found = arm(summary(prune=flight("prune", PRUNED), mask=masked), "mask")
    assert found["clear_pixels_delivered"] == 1000 + 190 + 700
    assert found["clear_pixels_discarded"] == 10


def test_density_and_saving_by_their_formulas():
    found = summary(prune=flight("prune", PRUNED, encoded=2000), raw=flight("raw", ALL_DOWN))
    assert arm(found, "prune")["data_value_density"] == pytest.approx(1700 * 6 / 4000)
    assert arm(found, "prune")["saved_fraction"] == pytest.approx(1 - 4000 / (3 * RAW))
    assert arm(found, "raw")["saved_fraction"] == 0


@pytest.mark.parametrize("who", ["prune", "raw"])
def test_nothing_is_saved_while_either_leaves_anything_waiting(who):
    waiting = [*ALL_DOWN[:2], (Fate.ON_BOARD, None)]
    records = {"prune": flight("prune", PRUNED), "raw": flight("raw", ALL_DOWN)}
    found = summary(**records | {who: flight(who, waiting)})
    assert arm(found, "prune")["saved_fraction"] is None
    assert arm(found, who)["waiting_bytes"] == RAW


def test_latency_is_from_exposure_to_the_last_frame():
    found = summary(prune=flight("prune", ALL_DOWN))
    assert found["latency_s"] == {"p50": 60.0, "p90": pytest.approx(92.0), "max": 100.0}


def test_a_target_counts_as_clear_when_enough_of_one_image_came_down_clear():
    assert summary(prune=flight("prune", ALL_DOWN))["targets"] == {
        "requested": 2, "acquired": 1, "reacquired": 0, "clear_delivered": 1, "out_of_reach": 0,
    }  # fmt: skip
    overcast = {tile: estimate(true_cloud=800, clear=200) for tile in ESTIMATES}
    found = summary(overcast, prune=flight("prune", ALL_DOWN))
    assert found["targets"]["clear_delivered"] == 0


@pytest.mark.parametrize(("limit", "clear"), [(0.5, 1), (0.49, 0), (None, 1), (0.0, 0)])
def test_a_target_s_own_limit_goes_before_the_scenario_s_and_is_met_where_it_is_reached(
    limit, clear
):
    """Half is clear; the scenario's limit is 0.7."""
    half = {tile: estimate(true_cloud=500, clear=500) for tile in ESTIMATES}
    target = Target("place", 0.0, 0.0, max_cloud_cover=limit)
    found = summary(half, [target], prune=flight("prune", ALL_DOWN))
    assert found["targets"]["clear_delivered"] == clear


@pytest.mark.parametrize(("clear_px", "count"), [(430, 1), (429, 0)])
def test_exactly_the_wanted_share_of_clear_pixels_is_enough(clear_px, count):
    """43 % of an image at a limit of 57 %, and a pixel less of each tile."""
    exact = {tile: estimate(true_cloud=1000 - clear_px, clear=clear_px) for tile in ESTIMATES}
    target = Target("place", 0.0, 0.0, max_cloud_cover=0.57)
    found = summary(exact, [target], prune=flight("prune", ALL_DOWN))
    assert found["targets"]["clear_delivered"] == count


def test_nothing_clear_is_no_clear_target_whatever_the_limit():
    overcast = {tile: estimate(true_cloud=1000) for tile in ESTIMATES}
    target = Target("place", 0.0, 0.0, max_cloud_cover=1.0)
    found = summary(overcast, [target], prune=flight("prune", ALL_DOWN))
    assert found["targets"]["clear_delivered"] == 0


def test_reports_are_sent_as_well():
    """Of two one came down: 40 bytes beside those of tiles."""
    record = flight("prune", PRUNED, encoded=2000)
    for name, end in (("a", Fate.DELIVERED), ("b", Fate.ON_BOARD)):
        record.ledger.make_report(name, 40, 20.0)
        record.ledger.end_report(name, end, 40, 30.0)
    found = arm(summary(prune=record), "prune")
    assert (found["downlinked_bytes"], found["report_bytes"]) == (4040, 40)
    assert found["data_value_density"] == pytest.approx(1700 * 6 / 4040)


def test_without_truth_no_pixel_is_claimed():
    unknown = dict.fromkeys(ESTIMATES, CoverEstimate(1000, 500))
    found = summary(unknown, prune=flight("prune", PRUNED), raw=flight("raw", ALL_DOWN))
    assert set(found["pixels"].values()) == {None}
    assert arm(found, "raw")["clear_pixels_delivered"] is None
    assert arm(found, "raw")["data_value_density"] is None
    assert found["targets"]["clear_delivered"] is None
    assert arm(found, "prune")["saved_fraction"] is not None


def test_an_arm_that_was_not_flown_has_its_name_and_nothing_else():
    missing = arm(summary(prune=flight("prune", PRUNED)), "oracle")
    assert set(missing.values()) == {"oracle", None}


@pytest.mark.parametrize("waiting", [True, False])
def test_a_link_is_saturated_when_most_contacts_end_with_data_waiting(waiting):
    found = summary(prune=flight("prune", PRUNED, waiting=waiting))
    assert found["link"] == {
        "contacts": 1, "contact_s": 60.0, "capacity_bytes": 100_000, "used_bytes": 20_000,
        "saturated": waiting, "missed": 0,
    }  # fmt: skip
    assert found["energy_j"]["compute"] == pytest.approx(6.0)


def test_waiting_is_what_is_on_board_and_not_what_overflowed():
    ends = [(Fate.DELIVERED, 60.0), (Fate.OVERFLOWED, None), (Fate.ON_BOARD, None)]
    found = arm(summary(prune=flight("prune", ends, encoded=2000)), "prune")
    assert (found["waiting_bytes"], found["overflowed_bytes"]) == (2000, 2000)


def test_one_contact_of_two_that_ends_with_data_waiting_does_not_saturate():
    record = flight("prune", PRUNED, waiting=True)
    calm = ContactLog(WINDOW, 60.0, 100_000, 0, left_waiting=False)
    assert not is_saturated(replace(record, contacts=(record.contacts[0], calm)))
    unused = ContactLog(WINDOW, 110.0, 0, 0, left_waiting=False)
    assert is_saturated(replace(record, contacts=(record.contacts[0], unused)))
