"""What a sample tells of its own error, judged by drawing over and over from made-up tiles of which all is known."""

from dataclasses import replace
from functools import cache
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from payload.darkroom.allocation import Spread
from payload.darkroom.donors import Donor, missed_of_thin
from payload.darkroom.facts import TileFacts, perfect
from payload.darkroom.likes import LIKES
from payload.darkroom.looked_at import look_at
from payload.darkroom.sampled import Sampled, Spoken, choose_members
from payload.scenario.camera import PruningModel
from payload.sim.sample_error import Sample, expected_spread, foreseen, sample_errors, squared
from payload.types import CoverEstimate, Glance, Radiometry, Sensor, Window

SIDE_PX, EACH, IMAGES, TURNS = 256, 20, 50, 100
PIXELS, RAW_BYTES = SIDE_PX**2, 72 + SIDE_PX**2 * 6
SENSOR = Sensor(
    ("blue", "green", "red", "nir"), 10.0, EACH * SIDE_PX, SIDE_PX, 12, Radiometry(1e-4), 30, 10, 0
)
WINDOWS = [Window(0, number * SIDE_PX, SIDE_PX, SIDE_PX) for number in range(EACH)]
ASSEMBLY = SimpleNamespace(
    sensor=SENSOR, scenario=SimpleNamespace(pruning=PruningModel(tile_px=SIDE_PX))
)
ARMS = ("compressed", "prune", "oracle")


class Nobody:
    """Paints no tile beside those of the sample: all are planned."""

    def develop_some(self, acquisition, numbers):
        assert not numbers, acquisition.id
        return ()


def world(seed, alike=0.0):
    """Tiles as they look at a glance, and what is true of them: a part of that is told by the glance, and one is alike in an image.

    Args:
        seed: Of all of it.
        alike: Share of the variance of lengths that is the same for all tiles of an image, 0 to 1.
    """
    rng = np.random.default_rng(seed)
    glances, facts = {}, {}
    for image in range(IMAGES):
        name = f"image-{image}"
        covers = np.where(rng.random(EACH) < 0.5, 0.0, rng.random(EACH))
        suns_deg = rng.uniform(45.0, 55.0, EACH)
        noise = rng.normal(0.0, (1.0 - alike) ** 0.5, EACH)
        if alike:
            noise += rng.normal(0.0, alike**0.5)
        glances[name] = [
            Glance(float(cover), "forest", float(sun_deg), float(cover), PIXELS)
            for cover, sun_deg in zip(covers, suns_deg, strict=True)
        ]
        for number, cover in enumerate(covers):
            cloudy_px = round(float(cover) * PIXELS)
            found_px = round(min(1.0, rng.uniform(0.7, 1.0)) * cloudy_px)
            false_px = round(rng.uniform(0.0, 0.05) * (PIXELS - cloudy_px))
            estimate = CoverEstimate(
                PIXELS,
                found_px + false_px,
                found_px,
                cloudy_px - found_px,
                false_px,
                PIXELS - cloudy_px - false_px,
                float(found_px + false_px),
            )
            length = round(RAW_BYTES * (0.4 + 0.2 * cover + 0.1 * noise[number]))
            tile_id = f"{name}#0,{number}"
            facts[tile_id] = TileFacts(
                tile_id, PIXELS, RAW_BYTES, estimate, perfect(estimate), length, None
            )
    return glances, facts


def sampled(glances, facts, seed, fraction=0.25):
    """A sample of them, whose darkroom is balanced as that of a survey is."""
    looked = look_at(seed, glances)
    membership = choose_members(seed, fraction, looked.lots_by_stratum)
    names = list(facts)
    donors = [
        Donor(looked.glances[n], facts[names[n]])
        for n in np.flatnonzero(membership.painted(looked)).tolist()
    ]
    darkroom = Sampled(None, Nobody(), membership, donors, WINDOWS, looked, missed_of_thin(donors))
    darkroom.balance()
    return darkroom


def image_of(name):
    """An acquisition, as far as a darkroom asks."""
    tile_ids = tuple(f"{name}#0,{number}" for number in range(EACH))
    return SimpleNamespace(
        id=name,
        tile_ids=tile_ids,
        tile_raw_bytes=(RAW_BYTES,) * EACH,
        view=SimpleNamespace(sensor=SENSOR),
    )


def brought(arm, fact):
    """Bytes and clear pixels that a tile brings down: by the arm's own words."""
    cover = {
        "compressed": 0.0,
        "prune": fact.estimate.cloud_px / PIXELS,
        "oracle": fact.estimate.cloudy_px / PIXELS,
    }[arm]
    return np.array([fact.encoded_bytes, fact.estimate.clear_px], float) * (cover <= 0.7)


@cache
def repeated():
    """Of many samples by arm and figure: by how much totals are off, and the half-widths that are told, shape (TURNS, 3, 2)."""
    off, told = np.zeros((2, TURNS, len(ARMS), 2))
    for turn in range(TURNS):
        glances, facts = world(turn)
        darkroom = sampled(glances, facts, turn)
        found = [fact for name in glances for fact in darkroom.develop(image_of(name), None)]
        sample = Sample(ASSEMBLY, darkroom)
        spoken = darkroom.spoken()
        for place, arm in enumerate(ARMS):
            true = sum(brought(arm, fact) for fact in facts.values())
            off[turn, place] = sum(brought(arm, fact) for fact in found) - true
            told[turn, place] = [sample.half(each, spoken) for each in sample.figures(arm)[1]]
    return off, told


def test_totals_are_right_in_the_mean():
    """To three standard errors: donors that stand alone speak for no more tiles than others of their stratum."""
    off, _ = repeated()
    assert (np.abs(off.mean(axis=0)) <= 3 * off.std(axis=0, ddof=1) / TURNS**0.5).all()


def test_bytes_spread_as_is_told():
    """Told is half of 95 %: 1.96 deviations, known of a hundred draws to 7 %; of strata of few more is told than was seen.

    The share of intervals that hold is that of a hundred at least, as arms stray together: known to 0.022, of which two.
    """
    off, told = (each[:, :, 0] for each in repeated())
    ratio = told.mean(axis=0) / (1.96 * off.std(axis=0, ddof=1))
    assert (ratio > 0.85).all(), ratio
    assert (ratio < 1.35).all(), ratio
    assert (np.abs(off) <= told).mean() >= 0.95 - 2 * (0.95 * 0.05 / TURNS) ** 0.5


def test_where_tiles_of_an_image_are_alike_a_sample_is_surer():
    """Of lengths that differ from image to image above all: by kin a fifth less is told than by strangers alone, and it is enough."""
    glances, facts = world(5, alike=0.9)
    true = sum(fact.encoded_bytes for fact in facts.values())
    held, shares = [], []
    for turn in range(30):
        darkroom = sampled(glances, facts, turn)
        found = [fact for name in glances for fact in darkroom.develop(image_of(name), None)]
        sample, spoken = Sample(ASSEMBLY, darkroom), darkroom.spoken()
        off_bytes = sample.figures("compressed")[1][0]
        told = sample.half(off_bytes, spoken)
        held.append(abs(sum(fact.encoded_bytes for fact in found) - true) <= told)
        of_strangers = replace(spoken, kin=np.zeros(spoken.kin.size))
        shares.append(told / sample.half(off_bytes, of_strangers))
    assert np.mean(held) >= 0.95 - 2 * (0.95 * 0.05 / 30) ** 0.5
    assert np.mean(shares) < 0.85


def test_tiles_of_an_image_that_nobody_planned_have_no_kin():
    """It looks as the first one does, and takes after many."""
    glances, facts = world(7)
    darkroom = sampled(glances, facts, 7)
    first = [facts[f"image-0#0,{number}"] for number in range(EACH)]
    darkroom.source = SimpleNamespace(glance=lambda _view, _windows: glances["image-0"])
    darkroom.painter = SimpleNamespace(
        develop_some=lambda _image, numbers: [first[number] for number in numbers]
    )
    darkroom.develop(image_of("image-0"), None)
    darkroom.develop(image_of("another"), None)
    kin, none = (
        np.mean(darkroom.likes.image[drawn[drawn >= 0]] == 0)
        for drawn in (darkroom.drawn["image-0"], darkroom.drawn["another"])
    )
    assert kin > 0.5
    assert none < 0.3


@pytest.fixture(scope="module")
def one():
    """A sample whose images were all developed, and what was found of each."""
    glances, facts = world(7)
    darkroom = sampled(glances, facts, 7)
    found = {name: darkroom.develop(image_of(name), None) for name in glances}
    return Sample(ASSEMBLY, darkroom), found


def test_no_donor_is_taken_to_be_like_itself(one):
    sample, _ = one
    assert sample.likes.shape == (2, len(sample.darkroom.donors), LIKES)
    assert not (sample.likes == np.arange(sample.likes.shape[1])[:, None]).any()


def test_residuals_are_what_a_tile_weighs_less_the_mean_of_its_likes(one):
    """By a plain loop; where all are kept a tile of equal size weighs what its donor does. Drawn from K alike, one strays by 1 + 1/K."""
    sample, _ = one
    lengths = np.array([donor.facts.encoded_bytes for donor in sample.darkroom.donors], float)
    weights = sample.darkroom.weights
    own, off = sample.figures("compressed")
    assert own[0].tolist() == lengths.tolist()
    for kind, rows in enumerate(sample.likes):
        for number, row in enumerate(rows):
            near = row[row >= 0]
            chances = weights[near] / weights[near].sum()
            expected = lengths[number] - chances @ lengths[near]
            assert off[0, kind, number] == pytest.approx(expected / (1 + (chances**2).sum()) ** 0.5)


def unevenness(darkroom):
    """Of donors, how far the tiles that one is expected to speak for stray from the mean of its stratum, as a share of it."""
    blank = ~darkroom.membership.painted(darkroom.planned)
    image = np.arange(IMAGES * EACH) // EACH
    near = darkroom.likes.of(darkroom.planned.looks, image, blank)
    chances, member = darkroom.chances(near), darkroom.planned.looks.member[blank]
    off = []
    for place, where in enumerate(darkroom.looks.strata):
        those = member == darkroom.planned.looks.strata.index(where)
        own = darkroom.looks.member == place
        if those.sum() > own.sum():  # else some are out of reach of all
            speaks = np.bincount(near[those].ravel() + 1, chances[those].ravel(), 1 + own.size)[1:]
            off += (speaks[own] / (those.sum() / own.sum()) - 1).tolist()
    return np.std(off)


def test_balanced_donors_of_a_stratum_speak_for_as_many_tiles():
    """By a count of chances, as far as kin, which speak for their image alone, leave a choice: unweighed, those at the ends speak for less."""
    darkroom = sampled(*world(7), 7)
    balanced = unevenness(darkroom)
    darkroom.weights = np.ones(len(darkroom.donors))
    assert 1.5 * balanced < unevenness(darkroom)
    assert balanced < 0.25


def test_donors_speak_for_tiles_by_how_many_times_as_large_these_are():
    """By hand: the first for one as large and one half as large, the third for one of twice its size."""
    darkroom = sampled(*world(7), 7)
    own = darkroom.likes.image[0]
    images, sizes = np.array([own, own + 1, -1]), np.array([1.0, 0.5, 2.0])
    spoken = darkroom.summed(np.array([0, 0, 2]), images, sizes * PIXELS)
    assert spoken.times[:4].tolist() == [1.5, 0.0, 2.0, 0.0]
    assert spoken.squares[:4].tolist() == [1.25, 0.0, 4.0, 0.0]
    assert spoken.kin[:4].tolist() == [pytest.approx(1 / 1.5), 0.0, 0.0, 0.0]


def test_where_chance_decides_which_tiles_count_squares_are_those_of_all_that_may_come():
    """The mean of the square of the sum and of the sum of squares, over all ways in which it may decide."""
    darkroom = sampled(*world(7), 7)
    sizes, share = np.array([1.0, 0.5, 2.0]), np.array([0.5, 0.25, 1.0])
    spoken = darkroom.summed(np.zeros(3, int), np.full(3, -1), sizes * PIXELS, share)
    mean = 0.0
    for come in product((0, 1), repeat=3):
        chance = np.prod(np.where(come, share, 1.0 - share))
        mean += chance * ((sizes @ come) ** 2 + (sizes * sizes) @ come)
    assert spoken.times[0] == pytest.approx(share @ sizes)
    assert spoken.times[0] ** 2 + spoken.squares[0] == pytest.approx(mean)


def test_tiles_stray_beside_their_donors(one):
    """A donor that speaks for one tile alone: by its own residual, and once more by that of the tile; variances add."""
    sample, _ = one
    off = sample.figures("compressed")[1][0]
    alone = np.ones(off.shape[1])
    both, donors = (sample.half(off, Spoken(alone, each, alone)) for each in (alone, 0 * alone))
    assert both == pytest.approx(2**0.5 * donors)
    assert donors > 0


def test_a_donor_speaks_for_its_image_by_one_residual_and_for_others_by_the_other():
    """By hand: a fourth of the tiles are of its image."""
    one = np.ones(3)
    off = np.array([[3.0, 0.0, 5.0], [4.0, 2.0, 5.0]])
    found = squared(off, Spoken(one, one, np.array([1.0, 0.25, 0.0])))
    assert found.tolist() == [9.0, 3.0, 25.0]


def flown(found, down):
    """A flight of all those images, of which all is kept and so many tiles of each came down."""
    images, delivered_s = [], {}
    for name in found:
        taken = image_of(name)
        kept = SimpleNamespace(decision=SimpleNamespace(keep=True))
        images.append(SimpleNamespace(acquisition=taken, outcomes=[kept] * EACH))
        delivered_s |= dict.fromkeys(taken.tile_ids[:down], 1.0)
    return SimpleNamespace(images=images, delivered_s=delivered_s)


def error_of(sample, found, down):
    """What is told of such a flight of the arm `compressed`, and what came down of it."""
    facts = [fact for tiles in found.values() for fact in tiles[:down]]
    total = tuple(sum(brought("compressed", fact) for fact in facts)) if facts else (0.0, 0.0)
    record = {"compressed": flown(found, down)}
    told = sample_errors(ASSEMBLY, sample.darkroom, record, {"compressed": total})["compressed"]
    return told, total


def test_of_a_flight_whose_tiles_all_come_down_that_is_told_which_was_foreseen(one):
    sample, found = one
    told, total = error_of(sample, found, EACH)
    spoken = sample.darkroom.spoken()
    off_bytes, off_px = sample.figures("compressed")[1]
    assert told.bytes == pytest.approx(sample.half(off_bytes, spoken))
    assert told.clear_px == pytest.approx(sample.half(off_px, spoken))
    widest = 0.0
    for arm in ARMS:
        came = sum(brought(arm, fact) for tiles in found.values() for fact in tiles)
        halves = [sample.half(off, spoken) for off in sample.figures(arm)[1]]
        widest = max(widest, *(half / each for half, each in zip(halves, came, strict=True)))
    assert foreseen(sample) == pytest.approx(widest, rel=0.02)
    assert widest >= told.bytes / total[0]


def test_of_half_of_each_image_half_is_unsure_or_more_and_none_of_nothing(one):
    """Each donor speaks for half as much; where it speaks for one tile that comes or not, as a half of variances. Clear ground is as sure as a glance, here a pixel, unless what else is down decides how much comes."""
    sample, found = one
    (all_, _), (half, total), (none, _) = (error_of(sample, found, n) for n in (EACH, EACH // 2, 0))
    assert 0.5 <= half.bytes / all_.bytes <= 0.5**0.5
    assert all_.clear_px < 1e-4 * all_.bytes
    assert half.clear_px / total[1] == pytest.approx(half.bytes / total[0], rel=0.001)
    assert none.bytes == 0.0


def test_the_arm_that_is_least_sure_says_how_many_more_are_painted(one):
    """By Cochran (1977), section 5.4, from residuals: of the arm and of the figure with the widest share."""
    sample, _ = one
    planned, looks = sample.darkroom.planned.looks, sample.darkroom.looks
    all_tiles = dict(zip(planned.strata, planned.tiles.tolist(), strict=True))
    widest = 0.0
    for arm in (*ARMS, "mask"):
        for figure, off in zip(*sample.figures(arm), strict=True):
            total, variances, painted = 0.0, [], []
            for place, where in enumerate(looks.strata):
                own, stray = figure[looks.member == place], off[:, looks.member == place]
                total += all_tiles[where] * own.mean()
                kin = sample.darkroom.spoken().kin[looks.member == place]
                square = (kin * stray[0] ** 2 + (1 - kin) * stray[1] ** 2).mean()
                variances.append((all_tiles[where], own.size, square))
            squares = np.array([each[2] for each in variances]) / total**2
            tiles, painted = (np.array([each[n] for each in variances], float) for n in (0, 1))
            widest = max(widest, Spread(looks.strata, tiles, painted, squares).error)
    assert expected_spread(sample).error == pytest.approx(widest)
