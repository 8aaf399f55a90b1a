"""How far a flight by surrogate may be off, by hand: of donors of which a glance sees a tenth of cloud too little."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from made_up_tiles import FITTED_ON

from payload.analysis.fidelity import UNKNOWN
from payload.darkroom.facts import TileFacts, perfect
from payload.scenario.camera import PruningModel
from payload.sim import draw_error
from payload.sim.draw_error import draw_errors
from payload.surrogate import Donors, Doubt, Error, HeldOut, Surrogate
from payload.types import SURFACES, CoverEstimate

PIXELS, RAW_BYTES, LENGTH, TILES = 1000, 6072, 2000, 20
NOTHING = Error(0, 0, 0, 0, 0, 0, 0)


def surrogate(surplus=0):
    """Ninety donors of nine scenes: a glance says 0.2, painted they have 0.3 of cloud, and that is found."""
    columns = {
        "surface": 0, "cover": 0.2, "thick_cover": 0.2, "sun_deg": 40.0, "true_cloud_px": 300, "missed_cloud_px": 0,
        "false_cloud_px": 0, "true_clear_px": 700, "expected_cloud_px": 300 + surplus, "raw_bytes": RAW_BYTES,
        "encoded_bytes": LENGTH,
    }  # fmt: skip
    scene = tuple(number // 10 for number in range(90))
    donors = Donors(scene=scene, **{name: (value,) * 90 for name, value in columns.items()})
    return Surrogate(FITTED_ON, donors, HeldOut(0, 0, 0, NOTHING, NOTHING))


def told(pruning, *covers, surplus=0, found=1.0):
    """The intervals of a flight of images of twenty tiles, one for each cover."""
    facts, images = {}, []
    for number, cover in enumerate(covers):
        cloudy_px, name = round(cover * PIXELS), f"image-{number}"
        called_px = round(found * cloudy_px)
        estimate = CoverEstimate(
            PIXELS, called_px, called_px, cloudy_px - called_px, 0, PIXELS - cloudy_px, float(called_px + surplus)
        )  # fmt: skip
        one = TileFacts(
            name, PIXELS, RAW_BYTES, estimate, perfect(estimate), LENGTH, None, surface="water", donor=0
        )  # fmt: skip
        facts[name] = (one,) * TILES
        images.append(SimpleNamespace(acquisition=SimpleNamespace(id=name)))
    assembly = SimpleNamespace(scenario=SimpleNamespace(pruning=PruningModel(**pruning)))
    memo, record = SimpleNamespace(facts_of=facts), SimpleNamespace(images=images)
    return draw_errors(assembly, surrogate(surplus), memo, record)


def point(value):
    return pytest.approx((value, value), abs=1e-6)


def test_where_all_is_kept_a_tenth_of_clear_ground_is_too_much():
    """Drawn 0.8 and 0.9 of each tile, painted 0.7 and 0.8: 2 of 15. Records are as long."""
    of_bytes, of_px = told({"max_cloud_cover": 0.7}, 0.2, 0.1)
    assert of_bytes == point(0.0)
    assert of_px == point(2 / 15)


def test_errors_are_those_under_the_threshold_that_flies():
    """Below 0.25: drawn both 0.2 and 0.1 are kept, painted 0.2 alone. Of 0.6 none is kept, or counted, by either."""
    of_bytes, of_px = told({"max_cloud_cover": 0.25}, 0.2, 0.1, 0.6)
    assert of_bytes == point(1.0)
    assert of_px == point((0.8 + 0.9 - 0.8) / 0.8)


def test_covers_are_the_true_ones_whatever_the_masker_found():
    """Of 0.2 and 0.1 half is found, and by donors all: painted, the first is not below 0.25 any more."""
    _, of_px = told({"max_cloud_cover": 0.25}, 0.2, 0.1, found=0.5)
    assert of_px == point((0.8 + 0.9 - 0.8) / 0.8)


def test_where_probabilities_decide_errors_are_those_of_their_rule():
    """By them 0.1 is 0.3 and its truth 0.4, the other way round of a threshold of 0.35; by masks all are kept."""
    pruning = {"policy": "expected_value", "cost_ratio": 0.35 / 0.65}
    assert PruningModel(**pruning).max_expected_cover == pytest.approx(0.35)
    of_bytes, _ = told(pruning, 0.1, 0.0, surplus=200)
    assert of_bytes == point(1.0)
    assert told({}, 0.1, 0.0, surplus=200)[0] == point(0.0)


def test_of_nothing_kept_nothing_is_known():
    assert told({"max_cloud_cover": 0.1}, 0.6) == (UNKNOWN, UNKNOWN)
    assert told({}) == (UNKNOWN, UNKNOWN)


def test_what_is_judged_is_each_tile_that_was_drawn_with_its_own_donor_ground_and_image(
    monkeypatch,
):
    """By hand: of the first image the second tile was painted, of the second the first has no ground that anybody saw."""
    estimate = CoverEstimate(PIXELS, 250, 250, 0, 0, 750, 250.0)
    one = TileFacts("a", PIXELS, RAW_BYTES, estimate, None, LENGTH, None, surface="water", donor=7)
    tiles = {
        "first": [one, replace(one, donor=None)],
        "second": [replace(one, surface=None), replace(one, surface="snow", donor=3, raw_bytes=99)],
    }
    judged = []
    monkeypatch.setattr(
        draw_error,
        "doubts",
        lambda _surrogate, taken, _rule: judged.append(taken) or (Doubt(0.0, 0.0, 9.0),) * 2,
    )
    images = [SimpleNamespace(acquisition=SimpleNamespace(id=name)) for name in tiles]
    assembly = SimpleNamespace(scenario=SimpleNamespace(pruning=PruningModel()))
    draw_errors(
        assembly, surrogate(), SimpleNamespace(facts_of=tiles), SimpleNamespace(images=images)
    )
    (taken,) = judged
    assert taken.donor.tolist() == [7, 3]
    assert [SURFACES[number] for number in taken.surface] == ["water", "snow"]
    assert taken.image.tolist() == [0, 1]
    assert taken.cover.tolist() == [0.25, 0.25]
    assert taken.sizes.tolist() == [[RAW_BYTES, PIXELS], [99, PIXELS]]
