"""Composed scenes: functions of seed and number, made of what was given, true to themselves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payload.training.compose import composer as composing
from payload.training.compose.composer import SOURCE, WORLD, Composer
from payload.training.compose.grounds import CONFUSERS, GROUNDS
from payload.training.compose.light import Light
from payload.training.compose.sky import Sky
from payload.training.images import LabelledImage
from payload.types import CLEAR, CLOUD, SHADOW, UNKNOWN

SIDE = 64
BLUISH = (1.0, 0.8, 0.7, 0.6)
ALWAYS = Composer(1, SIDE, clear_share=0.0, clear_share_on_bright=0.0)
NEVER = Composer(1, SIDE, clear_share=1.0, clear_share_on_bright=1.0)


def image(id_, level, *, cloud=0.0, unknown=0.0, side=SIDE):
    """A bluish gradient; the first rows are cloud, the last unknown."""
    truth = np.full((side, side), CLEAR, np.uint8)
    truth[: round(cloud * side)] = CLOUD
    if unknown:
        truth[-round(unknown * side) :] = UNKNOWN
    slope = np.linspace(0.99, 1.01, side)
    dn = level * np.array(BLUISH)[:, None, None] * slope[None, None] * np.ones((1, side, 1))
    return LabelledImage(
        id_, id_, "made", "own", is_human=False, dn=np.rint(dn).astype(np.uint16), truth=truth
    )


def grey(level):
    """An image of one level in all bands."""
    dn = np.full((4, SIDE, SIDE), level, np.uint16)
    return replace(image("grey", level), dn=dn)


def pair(name, opacity, level=600):
    """A clear image and the same under a cloud of this opacity in its middle."""
    clear = image(f"{name}_clear", level)
    rows, cols = np.mgrid[0:SIDE, 0:SIDE]
    inside = np.hypot(rows - 32, cols - 32) < 20
    share = np.where(inside, opacity, 0)[None]
    dn = np.rint(clear.dn + share * (10_000 - clear.dn)).astype(np.uint16)
    truth = np.where(inside, CLOUD, CLEAR).astype(np.uint8)
    return clear, replace(clear, id=f"{name}_cloudy", dn=dn, truth=truth)


def same(one, other):
    return (
        (one.id, one.scene, one.surface, one.resolution_m)
        == (other.id, other.scene, other.surface, other.resolution_m)
        and np.array_equal(one.dn, other.dn)
        and np.array_equal(one.truth, other.truth)
    )


@pytest.fixture(scope="module")
def asked_alone():
    """Some images, and scenes made of them, each by a composer of its own."""
    given_images = [image("a", 900), image("b", 2_000), *pair("c", 0.6)]
    made = {n: Composer.of(given_images, seed=4, side_px=SIDE).compose(n) for n in range(6)}
    return given_images, made


@given(order=st.permutations(range(6)))
@settings(max_examples=10)
def test_a_scene_is_a_function_of_seed_and_number_whatever_was_asked_before(asked_alone, order):
    given_images, wanted = asked_alone
    composer = Composer.of(given_images, seed=4, side_px=SIDE)
    assert all(same(composer.compose(number), wanted[number]) for number in order)


def test_another_seed_and_another_number_give_other_scenes():
    one, other = Composer(1, SIDE), Composer(2, SIDE)
    for number in range(10):
        assert not np.array_equal(one.compose(number).dn, other.compose(number).dn)
        assert not np.array_equal(one.compose(number).dn, one.compose(number + 1).dn)
        assert not np.array_equal(one.clear("snow", number).dn, other.clear("snow", number).dn)


def test_every_scene_is_a_labelled_image_under_a_name_of_its_own():
    scenes = [Composer(1, SIDE).compose(number) for number in range(60)]
    scenes += [Composer(1, SIDE).compose(number) for number in range(60, 80)]
    scenes += [Composer(2, SIDE).compose(number) for number in range(10)]
    scenes += [Composer(2, SIDE).clear(kind, n) for kind in CONFUSERS for n in range(10)]
    assert len({scene.id for scene in scenes}) == len(scenes)
    assert len({scene.scene for scene in scenes}) == len(scenes)
    for scene in scenes:
        assert (scene.dn.shape, scene.dn.dtype) == ((4, SIDE, SIDE), np.uint16)
        assert (scene.truth.shape, scene.truth.dtype) == ((SIDE, SIDE), np.uint8)
        assert set(np.unique(scene.truth)) <= {CLEAR, CLOUD, SHADOW, UNKNOWN}
        assert scene.source == SOURCE
        assert not scene.is_human
        assert scene.surface in {*GROUNDS, WORLD}
        assert scene.resolution_m > 0
        assert scene.dn.min() > 0
        assert scene.dn.max() < 28_000


@pytest.mark.parametrize("kind", GROUNDS)
def test_a_scene_that_was_asked_to_be_clear_is(kind):
    for number in range(5):
        scene = Composer(3, SIDE).clear(kind, number)
        assert (scene.truth == CLEAR).all()
        assert scene.surface == kind
        assert 0 < scene.dn.mean() < 13_000


def test_without_clouds_in_the_recipe_no_scene_has_any_and_with_them_most_have():
    for number in range(30):
        scene = NEVER.compose(number)
        if scene.surface == WORLD:  # there is always a wisp somewhere
            assert (scene.truth == CLOUD).mean() < 0.05
        else:
            assert (scene.truth == CLEAR).all()
    cloudy = [(ALWAYS.compose(number).truth == CLOUD).mean() for number in range(60)]
    assert np.mean(np.array(cloudy) > 0) > 0.8
    assert 0.2 < np.mean(cloudy) < 0.8


def test_some_scenes_are_clear_and_some_are_not():
    scenes = [Composer(5, SIDE).compose(number) for number in range(80)]
    clear = np.mean([not (scene.truth == CLOUD).any() for scene in scenes])
    assert 0.1 < clear < 0.9
    assert {scene.surface for scene in scenes} == {*GROUNDS, WORLD}


def test_clouds_are_brighter_and_shadows_darker_than_the_same_ground_without():
    # The same draws without a cloud are not to be had: ground of one colour stands for them.
    grounds = (grey(1_500),)
    composer = replace(ALWAYS, grounds=grounds)
    cloud, shadow, clear = [], [], []
    for number in range(120):
        scene = composer.compose(number)
        if scene.surface == "real":
            blue = scene.dn[0]
            cloud.append(blue[scene.truth == CLOUD])
            shadow.append(blue[scene.truth == SHADOW])
            clear.append(blue[scene.truth == CLEAR])
    clouds, shadows, lit = (np.concatenate(parts) for parts in (cloud, shadow, clear))
    assert min(clouds.size, shadows.size, lit.size) > 1_000
    assert np.mean(shadows) < 1_450 < np.median(lit) < 1_600 < np.mean(clouds)


def test_only_large_clear_and_known_images_become_ground():
    composer = Composer.of(
        [
            image("good", 900),
            image("cloudy", 900, cloud=0.2),
            image("doubtful", 900, unknown=0.2),
            image("small", 900, side=SIDE - 1),
        ],
        seed=1,
        side_px=SIDE,
    )
    assert [ground.id for ground in composer.grounds] == ["good"]
    assert composer.clouds == ()
    assert Composer.of([], seed=1, side_px=SIDE).grounds == ()


def test_ground_is_that_of_the_images_given():
    levels = {"dark": 700, "bright": 2_600}
    composer = Composer.of([image(n, level) for n, level in levels.items()], seed=2, side_px=SIDE)
    composer = replace(composer, clear_share=1.0)
    found = [composer.compose(number) for number in range(100)]
    real = [scene for scene in found if scene.surface == "real"]
    assert len(real) > 10
    seen = set()
    for scene in real:
        blue, green, red, nir = scene.dn.mean(axis=(1, 2))
        level = min(levels.values(), key=lambda each: abs(each - blue))
        seen.add(level)
        assert (blue, green, red, nir) == pytest.approx(
            (level, 0.8 * level, 0.7 * level, 0.6 * level), rel=0.02
        )
    assert seen == set(levels.values())


def test_clouds_come_from_pairs_alone():
    one, two = pair("here", 0.5), pair("there", 0.8)
    lonely = replace(one[1], id="lonely_cloudy")
    other_size = replace(image("odd_clear", 600, side=SIDE + 8), scene="odd")
    odd = replace(one[1], id="odd_cloudy")
    composer = Composer.of([*one, lonely, *two, other_size, odd], seed=1, side_px=SIDE)
    assert len(composer.clouds) == 2
    middles = sorted(round(float(cloud[32, 32]), 2) for cloud in composer.clouds)
    assert middles == pytest.approx([0.5, 0.8], abs=0.02)


class Watched:
    """Puts one square cloud into each scene, and notes where the sun stands."""

    def __init__(self, opacity=0.8, cloud=None):
        self.opacity = opacity
        self.cloud = cloud
        self.azimuth_deg = None

    def __call__(self, rng, side_px, *, sun_elevation_deg, sun_azimuth_deg, real):
        assert rng
        assert sun_elevation_deg > 0
        assert real == ()
        self.azimuth_deg = sun_azimuth_deg
        cloud = np.zeros((side_px, side_px), np.float32)
        cloud[26:38, 26:38] = self.opacity
        cloud = cloud if self.cloud is None else self.cloud
        beam = np.where(cloud > 0, np.float32(0.1), np.float32(1))
        return Sky(cloud, beam, 900.0)


def lit(monkeypatch, opacity=0.8, cloud=None):
    """Scenes of a square cloud, or another, whose shadow falls 15 pixels away."""
    watched = Watched(opacity, cloud)
    monkeypatch.setattr(composing, "draw_sky", watched)
    monkeypatch.setattr(Light, "shadow_px", lambda *_: 15.0)
    composer = replace(ALWAYS, grounds=(grey(1_500),))
    for number in range(40):
        scene = composer.compose(number)
        if scene.surface == "real":
            yield scene, watched.azimuth_deg


def test_a_shadow_falls_away_from_the_sun(monkeypatch):
    azimuths = []
    for scene, azimuth_deg in lit(monkeypatch):
        rows, cols = np.nonzero(scene.truth == SHADOW)
        assert rows.size
        down, across = rows.mean() - 31.5, cols.mean() - 31.5
        away = np.degrees(np.arctan2(-across, down)) % 360  # north is up, east is right
        assert abs((away - azimuth_deg + 180) % 360 - 180) < 10
        assert 14 < np.hypot(down, across) < 22  # what the cloud covers of it does not count
        azimuths.append(azimuth_deg)
    assert len(azimuths) > 8
    assert np.ptp(azimuths) > 180


def test_truth_is_cloud_where_the_cloud_is_and_the_rest_is_known(monkeypatch):
    for scene, _ in lit(monkeypatch):
        square = np.zeros((SIDE, SIDE), bool)
        square[26:38, 26:38] = True
        assert (scene.truth[square] == CLOUD).all()
        assert (scene.truth[~square] != CLOUD).all()
        assert (scene.truth != UNKNOWN).all()


def test_a_cloud_that_nobody_can_see_is_not_called_one(monkeypatch):
    for scene, _ in lit(monkeypatch, opacity=0.002):
        assert not (scene.truth == CLOUD).any()
    doubts = [(scene.truth == UNKNOWN).any() for scene, _ in lit(monkeypatch, opacity=0.035)]
    assert any(doubts)


def test_a_gap_too_narrow_to_draw_belongs_to_the_cloud_and_a_wide_one_does_not(monkeypatch):
    cloud = np.full((SIDE, SIDE), 0.8, np.float32)
    cloud[:, 10:13] = 0
    cloud[:, 40:50] = 0
    for scene, _ in lit(monkeypatch, cloud=cloud):
        assert (scene.truth[:, 10:13] == CLOUD).all()
        assert (scene.truth[:, 42:48] != CLOUD).all()


def test_a_veil_without_an_outline_is_doubtful_and_the_same_with_one_is_cloud(monkeypatch):
    veil = np.full((SIDE, SIDE), 0.2, np.float32)
    for scene, _ in lit(monkeypatch, cloud=veil):
        assert (scene.truth == UNKNOWN).all()
    edged = veil.copy()
    edged[:, 32:] = 0
    for scene, _ in lit(monkeypatch, cloud=edged):
        assert (scene.truth[:, 20:30] == CLOUD).all()
        assert (scene.truth[:, 34:] != CLOUD).all()


def test_a_shadow_neither_makes_doubtful_ground_known_nor_clears_a_cloud(monkeypatch):
    monkeypatch.setattr(composing, "draw_sky", Watched())
    monkeypatch.setattr(Light, "shadow_px", lambda *_: 15.0)
    truth = np.full((SIDE, SIDE), UNKNOWN, np.uint8)
    truth[20:44, 20:44] = CLOUD
    ground = replace(image("odd", 1_500), truth=truth)
    composer = replace(ALWAYS, grounds=(ground,))
    found = [composer.compose(number) for number in range(40)]
    real = [scene for scene in found if scene.surface == "real"]
    assert real
    for scene in real:
        assert not (scene.truth == SHADOW).any()
        assert (scene.truth[20:44, 20:44] == CLOUD).all()


def test_a_cut_of_a_larger_image_brings_its_own_truth():
    # Blue tells the truth of each pixel: cut, turned and mirrored, both stay together.
    rng = np.random.default_rng(0)
    truth = np.where(rng.random((12, 12)) < 0.5, CLEAR, SHADOW).astype(np.uint8)
    truth = truth.repeat(8, axis=0).repeat(8, axis=1)
    dn = np.broadcast_to(np.where(truth == SHADOW, 500, 2_000), (4, 96, 96)).astype(np.uint16)
    ground = LabelledImage("g", "g", "made", "own", is_human=False, dn=dn, truth=truth)
    composer = replace(NEVER, grounds=(ground,))
    found = [composer.compose(number) for number in range(60)]
    real = [scene for scene in found if scene.surface == "real"]
    assert len(real) > 10
    cuts = set()
    for scene in real:
        dark = scene.dn[0] < 1_250
        assert ((scene.truth == SHADOW) == dark).mean() > 0.9  # a camera blurs their borders
        cuts.add(scene.truth.tobytes())
    assert len(cuts) == len(real)


def test_images_are_read_and_not_written():
    given_images = [image("a", 900), *pair("c", 0.6)]
    for each in given_images:
        each.dn.flags.writeable = False
        each.truth.flags.writeable = False
    composer = Composer.of(given_images, seed=4, side_px=SIDE)
    for number in range(30):
        scene = composer.compose(number)
        assert scene.dn.flags.writeable
