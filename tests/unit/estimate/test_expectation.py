"""Parts of what is expected of a run, by hand: images taken again, what is painted at a time, and what comes down."""

from types import SimpleNamespace

import pytest

from payload.darkroom.facts import TileFacts
from payload.downlink.links import Fixed
from payload.estimate import expectation, products, trying
from payload.estimate.expectation import Estimate
from payload.estimate.turns import expect_turns
from payload.scenario.models import SampledModel
from payload.types import ContactWindow, CoverEstimate, Glance


class Clouds:
    """A scene of which a glance says how cloudy each tile of each target is, and how large."""

    def __init__(self, tiles):
        self.tiles = tiles

    def glance(self, view, _windows):
        return [Glance(cover, "water", 40.0, pixels=px) for cover, px in self.tiles[view]]


class CameraAhead:
    """A camera that looks a minute ahead, and remembers when it was asked."""

    lead_s = 60.0

    def __init__(self):
        self.asked_s = []

    def tell(self, _opportunity, _target, now_s):
        self.asked_s.append(now_s)


def turns(tiles, starts_s, *, max_retakes, policy="next_opportunity", camera_ahead=None):
    """Turns of targets, each planned from 100 s to 110 s."""
    chances = [(name, start_s) for name, own in starts_s.items() for start_s in own]
    columns = SimpleNamespace(
        targets=list(starts_s),
        of_target=[
            [place for place, (name, _) in enumerate(chances) if name == target]
            for target in starts_s
        ],
        start_s=[start_s for _, start_s in chances],
    )
    rules = SimpleNamespace(policy=policy, max_cloud_cover=0.5, max_retakes=max_retakes)
    assembly = SimpleNamespace(
        scenario=SimpleNamespace(rescheduling=rules),
        source=Clouds(tiles),
        camera=SimpleNamespace(view=lambda image: image.target),
        sensor=SimpleNamespace(height_px=32, width_px=64),
        tile_px=32,
        calendar=SimpleNamespace(columns=columns),
        camera_ahead=camera_ahead,
        target_named=dict.fromkeys(starts_s),
    )
    images = tuple(SimpleNamespace(target=name, start_s=100.0, end_s=110.0) for name in starts_s)
    return expect_turns(assembly, images)


def again(tiles, starts_s, **rules):
    """Images expected to be taken again of targets, each planned once."""
    return turns(tiles, starts_s, **rules).images - len(starts_s)


CLOUDY, CLEAR = [(0.9, 100), (0.9, 100)], [(0.1, 100), (0.1, 100)]


def many(count, starts_s):
    return {f"t{number}": list(starts_s) for number in range(count)}


def test_images_are_taken_again_as_often_as_the_last_is_cloudy():
    """Of sixteen half are cloudy; of three chances left two may be used: each is taken 1/2 + 1/4 times again, 12 in all."""
    starts_s = many(16, [100.0, 200.0, 300.0, 400.0])
    half = {name: CLOUDY if number % 2 else CLEAR for number, name in enumerate(starts_s)}
    assert again(half, starts_s, max_retakes=2) == 12
    assert again(half, starts_s, max_retakes=9) == 14  # and 1/8: no more chances
    assert again(half, starts_s, max_retakes=0) == 0
    assert again(half, starts_s, max_retakes=2, policy="none") == 0


def test_a_camera_ahead_looks_again_instead_and_each_is_taken_once_it_is_clear():
    """Of sixteen half are cloudy, with two chances left: 1 + 1/2 + 1/4 looks at each, 7 in 8 become clear. No limit of
    retakes bounds looks."""
    starts_s = many(16, [100.0, 200.0, 300.0])
    half = {name: CLOUDY if number % 2 else CLEAR for number, name in enumerate(starts_s)}
    camera = CameraAhead()
    found = turns(half, starts_s, max_retakes=0, policy="look_ahead", camera_ahead=camera)
    assert (found.looks, found.images) == (28, 14)
    assert set(camera.asked_s) == {40.0}
    assert 0.0 <= found.look_s < 1.0


def test_a_chance_that_has_begun_when_an_image_ends_is_no_second_one():
    """Of four, all cloudy: at 105 s the first is still taken, 110 s is when it ends; one chance is left, at 120 s."""
    starts_s = many(4, [50.0, 100.0, 105.0, 110.0, 120.0])
    assert again(dict.fromkeys(starts_s, CLOUDY), starts_s, max_retakes=9) == 4


def test_an_image_is_as_cloudy_as_its_tiles_by_their_pixels():
    """Cover 0.9 of 300 px and 0.1 of 100 px is 0.7; the other way round 0.3; of tiles that are alike 0.5, which will do."""
    starts_s = many(3, [100.0, 200.0])
    for tiles, count in (
        ([(0.9, 300), (0.1, 100)], 3),
        ([(0.9, 100), (0.1, 300)], 0),
        ([(0.75, None), (0.25, None)], 0),
    ):
        assert again(dict.fromkeys(starts_s, tiles), starts_s, max_retakes=5) == count


@pytest.mark.parametrize(("width_px", "painted_px"), [(1000, 80 * 80), (40, 80 * 56)])
def test_a_tile_is_painted_with_its_surroundings_on_all_sides(width_px, painted_px):
    """Of 64 px with 8 px around it; an image that is narrower is one tile wide."""
    assembly = SimpleNamespace(
        sensor=SimpleNamespace(height_px=100, width_px=width_px),
        masker=SimpleNamespace(margin_px=8),
        tile_px=64,
    )
    assert expectation._painted_px(assembly) == painted_px
    assert expectation._alone(assembly) == painted_px / (64 * min(width_px, 64))


@pytest.mark.parametrize(
    ("rules", "tiles", "share"),
    [
        ({"fraction": 0.5, "error": None}, 1_000, 0.5),
        ({"fraction": 0.01, "error": None}, 1_000, 0.2),  # two hundred at least
        ({"fraction": 0.01, "error": None}, 100, 1.0),
        ({"fraction": 0.01, "error": 0.04}, 1_000, 0.2),  # 250 of very many: 200
        ({"fraction": 0.01, "error": 0.01}, 4_000, 0.5),  # 4,000 of very many: 2,000
        ({"fraction": 0.9, "error": 0.01}, 4_000, 0.9),
    ],
)
def test_a_sample_is_as_large_as_its_error_its_share_or_its_least_ask(rules, tiles, share):
    """An error half as large takes four times as many; n of a population of N is n / (1 + n / N), as Cochran has it."""
    assert expectation.painted_share(SampledModel(**rules), tiles) == pytest.approx(share)


def test_helpers_are_worth_their_start_from_so_many_pixels_on(monkeypatch):
    monkeypatch.setattr(expectation, "WORTH_PX", {"pixels": 6_000})
    monkeypatch.setattr(expectation.os, "cpu_count", lambda: 4)

    def at_once(images, fidelity="pixels"):
        sensor = SimpleNamespace(width_px=20, height_px=30)
        scenario = SimpleNamespace(fidelity=fidelity)
        return expectation._at_once(SimpleNamespace(sensor=sensor, scenario=scenario), images)

    assert [at_once(9), at_once(10), at_once(11), at_once(10_000, "sampled")] == [1, 4, 4, 1]


@pytest.mark.parametrize(("images", "words"), [(0, "0 images"), (1, "1 image"), (2, "2 images")])
def test_people_are_told_of_one_image_or_of_several(images, words):
    said = Estimate(images, 1_200, 3.4, 215_000_000, 5_100_000, 0.1, 1)
    assert f": {words} with 1,200 tiles" in said.sentence()
    assert "215 MB of memory and 5.1 MB of disk" in said.sentence()
    assert "; " not in said.sentence()


def test_images_are_spread_over_the_plan():
    """The first of each of four parts of ten; all where there are fewer than are asked for."""
    assert trying.spread(tuple(range(10)), 4) == [0, 2, 5, 7]
    assert trying.spread(tuple(range(3)), 5) == [0, 1, 2]
    assert trying.spread((), 5) == []


def fact(cover):
    """A tile of 1,000 pixels whose record has 400 bytes, 100 more counted; of an unknown cover it has no pixel."""
    cloudy_px = 0 if cover is None else round(1_000 * cover)
    estimate = CoverEstimate(0 if cover is None else 1_000, cloudy_px)
    return TileFacts("a#0,0", 1_000, 6_000, estimate, None, 500, None, 400)


def left(which, *, rate_mbps=0.001, covers=(0.7, 0.8), tiles=80, pass_s=100.0):
    """Products of so many tiles of 500 bytes at a limit of 0.7, and a pass of which 10 s go for lock."""
    window = ContactWindow("one", "s", 0.0, pass_s, 45.0)
    assembly = SimpleNamespace(
        scenario=SimpleNamespace(
            fidelity="pixels",
            pruning=SimpleNamespace(max_cloud_cover=0.7),
            products=SimpleNamespace(tiles=which),
        ),
        source=None,
        link=Fixed(rate_mbps=rate_mbps),
        ephemerides={"one": None},
        contacts={"one": [window]},
        sensor=SimpleNamespace(bands=("blue", "green", "red")),
    )
    return products.products_of(assembly, (), [fact(cover) for cover in covers], tiles)


@pytest.mark.parametrize(("which", "restored"), [("none", 0), ("sample", 22), ("all", 23)])
def test_what_comes_down_is_what_the_contact_carries_and_some_of_it_is_restored(
    which, restored, monkeypatch
):
    """By hand: 90 s at 1 kbit/s are 11,250 bytes, 22.5 tiles: 23 have begun to come. A restored one has 3 bands of 2 bytes."""
    monkeypatch.setattr(products, "_shown", lambda *_: (1.0, 100.0))
    monkeypatch.setattr(products, "RESTORED", 22)
    monkeypatch.setattr(products, "PICTURES", 32)
    found = left(which)
    assert found.bytes == 23 * 400 + round(restored * products.COG_SHARE * 6_000)
    assert found.shown_s == 32 * 1.0 + restored * 100.0


@pytest.mark.parametrize(
    ("covers", "kept"), [((0.7, 0.8), 4), ((0.71, 0.8), 0), ((0.1, 0.2), 8), ((None, 0.9), 4)]
)
def test_where_all_comes_down_it_is_what_is_not_pruned(covers, kept, monkeypatch):
    """Of eight tiles; at the limit one is kept, and one of which nothing is known."""
    monkeypatch.setattr(products, "_shown", lambda *_: (1.0, 100.0))
    found = left("sample", rate_mbps=1.0, covers=covers, tiles=8)
    assert found.shown_s == 8 * 1.0 + kept * 100.0
    assert found.bytes == kept * (400 + products.COG_SHARE * 6_000)


def test_of_no_tile_nothing_is_left():
    assert left("all", tiles=0) == products.Products(0.0, 0)
