"""Which donors tiles are like: by a plain search through all of them."""

import numpy as np
import pytest

from payload.darkroom.likes import FEWEST_LIKES, LIKES, NO_IMAGE, Likes
from payload.darkroom.looked_at import COVER_STEP, Looks
from payload.types import Glance

IMAGES, PIXELS = 12, 256 * 256


def glances(seed, count):
    """Of broken cloud over forest and the sea, clear and overcast, under one sun."""
    rng = np.random.default_rng(seed)
    covers = rng.choice([0.0, 0.35, 0.4, 1.0], count) * rng.uniform(0.99, 1.0, count)
    return [
        Glance(float(cover), str(ground), 50.0, float(cover), PIXELS)
        for cover, ground in zip(covers, rng.choice(["forest", "water"], count), strict=True)
    ]


@pytest.fixture(scope="module")
def likes():
    """Sixty donors of twelve images."""
    image = np.sort(np.random.default_rng(2).integers(0, IMAGES, 60))
    return Likes(Looks.of(glances(1, 60)), image)


def nearest(likes, looks, tile, among):
    """The covers of those that are nearest in cover, of one stratum: ground and sun are alike there."""
    off = np.abs(likes.looks.likeness.cover[among] - looks.likeness.cover[tile]) / COVER_STEP
    other = likes.looks.likeness.surface[among] != looks.likeness.surface[tile]
    return np.sort(off + 2.0 * other)[:LIKES]


def unlike(likes, looks, tile, row):
    """The same of those that were found."""
    return nearest(likes, looks, tile, row[row >= 0])


def stratum_of(looks, tile):
    return looks.strata[looks.member[tile]]


def of_stratum(likes, where):
    """The donors of a stratum."""
    return np.array([n for n in range(60) if stratum_of(likes.looks, n) == where], int)


def test_a_tile_is_like_the_nearest_of_its_own_image_and_stratum_or_else_of_its_stratum(likes):
    looks, image = Looks.of(glances(3, 200)), np.arange(200) % IMAGES
    rows = likes.of(looks, image, np.ones(200, bool))
    met = set()
    for tile, row in enumerate(rows):
        among = of_stratum(likes, stratum_of(looks, tile))
        kin = among[likes.image[among] == image[tile]]
        wanted = kin if kin.size else among
        met.add(bool(kin.size))
        if wanted.size < FEWEST_LIKES and not kin.size:
            continue  # those of its kind or any
        assert set(row[row >= 0]) <= set(wanted)
        assert (row >= 0).sum() == min(LIKES, wanted.size)
        found = unlike(likes, looks, tile, row)
        assert found == pytest.approx(nearest(likes, looks, tile, wanted))
    assert met == {True, False}


def test_only_those_that_are_asked_for_are_told_of_and_an_image_without_number_has_no_kin(likes):
    looks, image = Looks.of(glances(3, 200)), np.arange(200) % IMAGES
    those = np.arange(200) % 3 == 0
    everybody = likes.of(looks, image, np.ones(200, bool))
    assert likes.of(looks, image, those).tolist() == everybody[those].tolist()
    strange = likes.of(looks, np.full(200, NO_IMAGE), np.ones(200, bool))
    for tile, row in enumerate(strange):
        among = of_stratum(likes, stratum_of(looks, tile))
        if among.size >= FEWEST_LIKES:
            assert (row >= 0).sum() == min(LIKES, among.size)


def test_donors_are_like_their_kin_but_not_themselves_and_beside_that_like_strangers(likes):
    kin, strangers = likes.of_donors()
    met = set()
    for donor, (own, others) in enumerate(zip(kin, strangers, strict=True)):
        among = of_stratum(likes, stratum_of(likes.looks, donor))
        mine = among[(likes.image[among] == likes.image[donor]) & (among != donor)]
        theirs = among[likes.image[among] != likes.image[donor]]
        met.add(bool(mine.size))
        if among.size >= FEWEST_LIKES and theirs.size:
            assert set(others[others >= 0]) <= set(theirs)
            assert (others >= 0).sum() == min(LIKES, theirs.size)
        wanted = set(mine) if mine.size else set(others[others >= 0])
        assert set(own[own >= 0]) <= wanted
        assert donor not in own
        assert donor not in others
    assert met == {True, False}


def test_donors_of_one_image_are_strangers_to_each_other():
    """There are no others."""
    alone = Likes(Looks.of(glances(1, 20)), np.zeros(20, int))
    for rows in alone.of_donors():
        assert (rows[:, 0] >= 0).all()
        assert not (rows == np.arange(20)[:, None]).any()


def test_two_donors_that_nothing_has_in_common_are_like_each_other():
    looks = Looks.of(
        [Glance(0.0, "forest", 50.0, 0.0, PIXELS), Glance(1.0, "water", 5.0, 1.0, PIXELS)]
    )
    for rows in Likes(looks, np.array([0, 1])).of_donors():
        assert rows[:, 0].tolist() == [1, 0]
        assert (rows[:, 1:] == -1).all()
