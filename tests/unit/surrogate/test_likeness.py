"""Likes of many tiles at once are those of each alone, and those that a list of all unlikenesses begins with."""

import numpy as np
import pytest

from payload.surrogate import likeness
from payload.surrogate.likeness import GROUPS, kind_of
from payload.types import SURFACES, Glance


def glances(count, rng, *, say_thick=1.0):
    covers = rng.choice([0.0, 1.0, 0.2, 0.7], count) * rng.choice([1.0, 0.9], count)
    return [
        Glance(
            float(cover),
            str(rng.choice(SURFACES)),
            float(rng.uniform(5, 70)),
            float(cover * rng.random()) if rng.random() < say_thick else None,
        )
        for cover in covers
    ]


def unlike(one, other, number, step):
    """Written out for two tiles, of which neither or both say how thick cover is."""
    group = {name: place for place, names in enumerate(GROUPS) for name in names}
    total = abs(one.cover - other.cover) / step
    total += abs(one.thick_cover - other.thick_cover) / step
    total += abs(one.sun_elevation_deg - other.sun_elevation_deg) / 10
    total += 0.5 * (one.surface != other.surface)
    total += 1.5 * (group[one.surface] != group[other.surface])
    return total + 10 * (kind_of(one.cover) != kind_of(other.cover)) + number * 1e-9


@pytest.mark.parametrize("say_thick", [0.0, 0.5, 1.0])
def test_likes_of_many_are_those_of_each_alone(say_thick):
    rng = np.random.default_rng(3)
    donors, tiles = (glances(count, rng, say_thick=say_thick) for count in (90, 7000))
    among = likeness(donors, step=0.05)
    found = among.nearest_of_all(likeness(tiles), 8)
    for near, tile in zip(found[::7], tiles[::7], strict=True):
        np.testing.assert_array_equal(near, among.nearest(tile, 8))


def test_likes_are_the_first_of_all_by_unlikeness():
    rng = np.random.default_rng(5)
    donors, tiles = glances(40, rng), glances(60, rng)
    found = likeness(donors, step=0.05).nearest_of_all(likeness(tiles), 8)
    for near, tile in zip(found.tolist(), tiles, strict=True):
        order = sorted(range(40), key=lambda n: unlike(donors[n], tile, n, 0.05))
        assert near == sorted(order[:8])


def test_where_there_are_fewer_all_are_likes():
    rng = np.random.default_rng(6)
    found = likeness(glances(3, rng)).nearest_of_all(likeness(glances(5, rng)), 8)
    np.testing.assert_array_equal(found, np.tile(np.arange(3), (5, 1)))
