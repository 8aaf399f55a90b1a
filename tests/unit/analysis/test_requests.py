"""What came of requests, worked by hand on images of four tiles."""

from types import SimpleNamespace

import pytest

from payload.analysis.requests import (
    Wanted,
    areas_of,
    bounded,
    clear_deliveries,
    expired_of,
    requests_of,
)
from payload.ledger import Fate, FlightRecord, Image, Ledger, LoopLog, NotTaken
from payload.targets import Coverage, Target
from payload.types import CoverEstimate, Decision, TileOutcome

PX = 100


def estimate(clear_px, called_px=None):
    """A tile of which so many pixels are clear, and all its cloud, or so many pixels, are called cloud."""
    cloudy_px = PX - clear_px
    return CoverEstimate(
        PX, cloudy_px if called_px is None else called_px, cloudy_px, 0, 0, clear_px
    )


def image(name, target, at_s, clear, *, is_retake=False):
    """An image, and what is true of its tiles."""
    tile_ids = tuple(f"{name}#0,{n}" for n in range(len(clear)))
    estimates = dict(zip(tile_ids, map(estimate, clear), strict=True))
    taken = SimpleNamespace(
        id=name, opportunity=SimpleNamespace(target=target), tile_ids=tile_ids, time_s=at_s
    )
    outcomes = tuple(
        TileOutcome(tile_id, 9, 9, Decision(True, ""), each, 1.0, 2.0)
        for tile_id, each in estimates.items()
    )
    return Image(taken, outcomes, is_retake=is_retake), estimates


def flight(*shots, down=None, not_taken=()):
    """A flight over 1000 s; `down` says when each tile came down, by image, None where it did not."""
    images, estimates, delivered_s = [], {}, {}
    for shot, tiles in shots:
        images.append(shot)
        estimates |= tiles
        times = (down or {}).get(shot.acquisition.id, [shot.acquisition.time_s + 10.0] * len(tiles))
        delivered_s |= {t: s for t, s in zip(tiles, times, strict=True) if s is not None}
    loop = LoopLog(not_taken=tuple(NotTaken(1.0, "one", "x", "o", why) for why in not_taken))
    record = FlightRecord("prune", 1000.0, Ledger(), images, (), (), delivered_s, 0, loop=loop)
    return record, estimates


def told(record, estimates, *targets, clear_limit=0.5):
    wanted = Wanted(targets, clear_limit, estimates)
    return wanted, requests_of(record, wanted, "none")


def test_an_image_is_down_clear_when_the_tile_arrives_with_which_enough_is_clear():
    """Half of 400 pixels: 90 and 80 are too few, with the 30 that come third there are 200."""
    shot = image("i", "place", 100.0, [90, 80, 30, 100])
    record, estimates = flight(shot, down={"i": [110.0, 130.0, 170.0, None]})
    wanted, found = told(record, estimates, Target("place", 0, 0))
    assert clear_deliveries(record, wanted) == {"place": [170.0]}
    assert found["clear_in_time"] == 1
    for limit, clear in ((0.49, {}), (0.6, {"place": [130.0]}), (1.0, {"place": [110.0]})):
        strict = Target("place", 0, 0, max_cloud_cover=limit)
        own = Wanted((strict,), 0.5, estimates)
        assert clear_deliveries(record, own) == clear


@pytest.mark.parametrize(("limit", "clear_px"), [(0.57, 43), (0.7, 30), (0.95, 5)])
def test_exactly_the_wanted_share_is_clear_and_a_pixel_less_is_not(limit, clear_px):
    """Of a hundred pixels 43 at a limit of 57 %, and so on."""
    target = Target("place", 0, 0, max_cloud_cover=limit)
    for have_px, clear in ((clear_px, {"place": [110.0]}), (clear_px - 1, {})):
        record, estimates = flight(image("i", "place", 100.0, [have_px]))
        assert clear_deliveries(record, Wanted((target,), 0.5, estimates)) == clear


def test_nothing_clear_is_no_clear_image_whatever_the_limit():
    record, estimates = flight(image("i", "place", 100.0, [0, 0]))
    wanted, found = told(record, estimates, Target("place", 0, 0, max_cloud_cover=1.0))
    assert clear_deliveries(record, wanted) == {}
    assert found["value"] == 0


def test_what_is_late_does_not_count_and_a_request_that_ran_out_is_told():
    """Down at 110 s: a deadline of 110 s is kept, one of 109 s is not; one after the flight has not passed."""
    record, estimates = flight(image("i", "place", 100.0, [100]))
    for due_s, clear, expired in ((110.0, 1, []), (109.0, 0, ["place"])):
        wanted, found = told(record, estimates, Target("place", 0, 0, due_s=due_s))
        assert found["clear_in_time"] == clear
        assert expired_of(record, wanted, clear_deliveries(record, wanted)) == expired
        assert found["expired"] == len(expired)
    other = Target("other", 0, 0, due_s=1001.0), Target("third", 0, 0, due_s=1000.0)
    wanted, found = told(record, estimates, Target("place", 0, 0), *other)
    assert found["expired"] == 1


def test_of_a_target_wanted_again_images_count_that_are_far_enough_apart():
    """Each 200 s: at 100, 250, 300 and 501 s the first, the third and the fourth."""
    shots = [image(f"i{at}", "place", float(at), [100]) for at in (100, 250, 300, 501)]
    record, estimates = flight(*shots)
    wanted, found = told(record, estimates, Target("place", 0, 0, priority=3.0, repeat_s=200.0))
    assert clear_deliveries(record, wanted) == {"place": [110.0, 310.0, 511.0]}
    assert found["value"] == 9.0


def test_a_target_wanted_once_counts_once():
    record, estimates = flight(*(image(f"i{n}", "place", 100.0 * n, [100]) for n in (1, 2)))
    wanted, found = told(record, estimates, Target("place", 0, 0, priority=3.0))
    assert clear_deliveries(record, wanted) == {"place": [110.0]}
    assert (found["value"], found["value_wanted"]) == (3.0, 3.0)


def test_of_a_target_wanted_again_the_image_counts_that_was_down_first_whichever_was_taken_first():
    shots = [image("a", "place", 100.0, [100]), image("b", "place", 200.0, [100])]
    record, estimates = flight(*shots, down={"a": [400.0], "b": [250.0]})
    _, found = told(record, estimates, Target("place", 0, 0, repeat_s=50.0))
    assert found["latency_s"]["max"] == 250.0


@pytest.mark.parametrize("repeat_s", [float("inf"), 150.0])
def test_of_two_clear_images_where_one_counts_the_first_to_come_down_does(repeat_s):
    shots = [image("a", "place", 100.0, [100]), image("b", "place", 200.0, [100])]
    record, estimates = flight(*shots, down={"a": [400.0], "b": [250.0]})
    _, found = told(record, estimates, Target("place", 0, 0, repeat_s=repeat_s))
    assert (found["clear_in_time"], found["latency_s"]["max"]) == (1, 250.0)


def test_latency_runs_from_the_arrival_of_a_request_to_its_first_clear_image():
    shots = [image("a", "a", 100.0, [100]), image("b", "b", 300.0, [100])]
    record, estimates = flight(*shots)
    _, found = told(record, estimates, Target("a", 0, 0, arrives_s=50.0), Target("b", 0, 0))
    assert found["latency_s"] == pytest.approx({"p50": 185.0, "p90": 60 + 0.9 * 250, "max": 310.0})


def test_images_are_counted_as_cloudy_above_the_limit_of_their_target_alone():
    """By the masker: 0.5 is not above 0.5, 0.3 is above 0.2."""
    shots = [
        image("a", "a", 100.0, [50, 50]),
        image("b", "b", 200.0, [70, 70]),
        image("c", "a", 300.0, [20, 70], is_retake=True),
    ]
    record, estimates = flight(*shots, not_taken=("low battery", "turned away", "low battery"))
    strict = Target("b", 0, 0, max_cloud_cover=0.2)
    _, found = told(record, estimates, Target("a", 0, 0), strict)
    assert (found["taken"], found["cloudy"], found["retaken"]) == (3, 2, 1)
    assert found["not_taken"] == {"low battery": 2, "turned away": 1}


AREA = [
    Target("lake/1", 0, 0, priority=4.0, due_s=500.0, coverage=Coverage("lake", (0.3, 0.2))),
    Target("lake/2", 0, 0, priority=4.0, due_s=500.0, coverage=Coverage("lake", (0.5,))),
]


def test_of_an_area_the_best_image_of_each_tile_counts_that_came_in_time():
    """0.3 x 0.8 of one image, 0.2 x 0.9 of another; of the second shot nothing came, or too late."""
    shots = [
        image("a", "lake/1", 100.0, [80, 10]),
        image("b", "lake/1", 200.0, [40, 90]),
        image("c", "lake/1", 495.0, [100, 100]),
        image("d", "lake/2", 300.0, [100]),
    ]
    record, estimates = flight(*shots, down={"d": [None]})
    wanted, found = told(record, estimates, *AREA)
    (area,) = areas_of(record, wanted)
    assert area == {
        "name": "lake",
        "shots": 2,
        "out_of_reach": 0,
        "clear_share": pytest.approx(0.3 * 0.8 + 0.2 * 0.9),
    }
    assert found["value"] == pytest.approx(4.0 * area["clear_share"])
    (cut_off,) = areas_of(record, Wanted(AREA, 0.5, estimates, {"lake/2"}))
    assert cut_off["out_of_reach"] == 1


def test_without_truth_nothing_is_claimed():
    record, estimates = flight(image("a", "lake/1", 100.0, [80, 10]))
    blind = {name: CoverEstimate(PX, 5) for name in estimates}
    wanted, found = told(record, blind, *AREA)
    assert areas_of(record, wanted) is None
    assert clear_deliveries(record, wanted) is None
    assert [found[key] for key in ("clear_in_time", "value", "expired", "areas")] == [None] * 4


def test_reports_are_counted_where_they_came_down():
    record, estimates = flight(image("a", "place", 100.0, [80]))
    for name, end in (("r1", Fate.DELIVERED), ("r2", Fate.ON_BOARD)):
        record.ledger.make_report(name, 40, 20.0)
        record.ledger.end_report(name, end, 40, 30.0)
    _, found = told(record, estimates, Target("place", 0, 0))
    assert (found["reports"], found["report_bytes"]) == (2, 40)


def test_a_gap_is_the_share_of_the_bound_that_is_missing():
    assert bounded(6.0, 8.0) == {"bound": 8.0, "gap": 0.25}
    assert bounded(None, 8.0)["gap"] is None
    assert bounded(0.0, 0.0)["gap"] is None
