"""How tiles are told apart and how many of each kind are painted, by hand."""

import numpy as np
import pytest

from payload.darkroom.allocation import Spread, steadied
from payload.darkroom.looked_at import Looks, look_at
from payload.darkroom.sampled import FEWEST_TILES, choose_members
from payload.darkroom.strata import largest_of_kinds, stratum, weight
from payload.student import Z_95
from payload.types import Glance

CLEAR, SNOW = (3, 0, 0, 17), (2, 0, 0, 17)


def at(cover, thick, surface="forest", sun_deg=50.0):
    return stratum(Glance(cover, surface, sun_deg, thick, 2**16))


def test_what_is_surely_kept_is_told_apart_by_ground_and_all_else_by_the_sun():
    """Below a found cover of 0.6 a tile weighs what its ground does; above it the sun decides what a masker finds."""
    for cover in (0.0, 0.2, 0.5):
        assert at(cover, cover, sun_deg=10) == at(cover, cover, sun_deg=50)
        assert at(cover, cover, "snow") != at(cover, cover, "forest")
    for cover in (0.65, 0.8, 1.0):
        assert at(cover, cover, sun_deg=10) != at(cover, cover, sun_deg=50)
        assert at(cover, cover, "snow") == at(cover, cover, "forest")


@pytest.mark.parametrize(
    ("cover", "thick", "alike"),
    [(0.44, 0.40, 0.44), (0.65, 0.0, 0.455), (0.64, 0.0, 0.448), (0.9, 0.5, 0.78)],
)
def test_of_thin_cloud_seven_tenths_are_found(cover, thick, alike):
    """In the bin of the cover that is found: edges are at 0.15, 0.3, 0.45, 0.6, 0.75 and 0.9; veiled is what has much thin cloud."""
    veiled = 7 if cover - thick > 0.35 else 0
    ground, sky, *rest = at(alike, alike)
    assert at(cover, thick) == (ground, sky + veiled, *rest)


def test_of_equal_sizes_the_first_stands_for_its_kind():
    assert largest_of_kinds({(3, 0, 0, 17): 5, (3, 0, 0, 15): 5}) == {(3, 0, 0, 17)}
    assert largest_of_kinds({(3, 0, 0, 17): 4, (3, 0, 0, 15): 5}) == {(3, 0, 0, 15)}


def seen(count, surface, first):
    return {
        f"{surface}-{first + n}": [Glance(0.0, surface, 50.0, 0.0, 2**16)] for n in range(count)
    }


def painted_of(fraction, **counts):
    """How many are painted of so many clear tiles of each ground."""
    glances = {}
    for surface, count in counts.items():
        glances |= seen(count, surface, 0)
    looked = look_at(9, glances)
    painted = choose_members(9, fraction, looked.lots_by_stratum).painted(looked)
    return np.bincount(looked.looks.member, painted).astype(int).tolist()


def test_a_sample_has_at_least_two_hundred_tiles():
    """To four deviations of a binomial; a larger fraction stands, and of fewer tiles all are painted."""
    for fraction, wanted in ((1e-6, FEWEST_TILES), (0.1, 500)):
        (found,) = painted_of(fraction, forest=5000)
        assert found == pytest.approx(wanted, abs=4 * wanted**0.5)
    assert painted_of(1e-6, forest=FEWEST_TILES) == [FEWEST_TILES]


@pytest.mark.parametrize("rare", [1, 3, 4, 5, 9])
def test_of_a_rare_ground_three_are_painted_and_no_more(rare):
    """By its share of 200 in 8,000 it would have none; of one, and of three, all are."""
    common, few = painted_of(1e-6, forest=8000, town=rare)
    assert few == min(rare, 3)
    assert common > 150


def test_what_few_residuals_show_is_drawn_towards_what_is_expected_if_that_is_more():
    """By hand: ten residuals more are thought to be as the weights say, whose squares are 1 to 6.25, at the level of all."""
    tiles, painted = np.array([1000.0, 100.0]), np.array([40.0, 5.0])
    squares = np.array([4e-8, 1e-8])
    level = (1000 * 4e-8 + 100 * 1e-8) / (1000 * 1.0 + 100 * 6.25)
    assert [weight(CLEAR), weight(SNOW)] == [1.0, 2.5]
    found = Spread((CLEAR, SNOW), tiles, painted, squares).expected ** 2
    snow = (5 * 1e-8 + 10 * 6.25 * level) / 15
    assert (40 * 4e-8 + 10 * level) / 50 < 4e-8  # what was seen is more, and stands
    assert found == pytest.approx([4e-8, snow])
    assert snow > 1e-8


def test_steadied_squares_are_in_the_mean_what_is_expected_of_their_stratum():
    rng = np.random.default_rng(2)
    glances = [Glance(0.0, surface, 50.0, 0.0, 2**16) for surface in ["forest"] * 30 + ["snow"] * 4]
    looks = Looks.of(glances)
    squares, speaks = rng.random(34) ** 2, np.full(34, 20.0)
    means = np.array([squares[:30].mean(), squares[30:].mean()])
    spread = Spread(looks.strata, np.array([600.0, 80.0]), np.array([30.0, 4.0]), means)
    found = steadied(squares, looks, speaks)
    assert [found[:30].mean(), found[30:].mean()] == pytest.approx(spread.expected**2)
    assert np.diff(found[:30]) == pytest.approx(
        np.diff(squares[:30])
    )  # each as far from it as it was


def test_a_short_way_is_gone_to_its_end_and_a_long_one_in_part():
    """One stratum, by the closed form n = N / (1 + N e^2 / (z s)^2) for a total's share: Cochran (1977), (4.2)."""
    tiles, square = 10_000.0, 1e-8
    now = Spread((CLEAR,), np.array([tiles]), np.array([2000.0]), np.array([square]))
    for wanted, share in ((2050, 1.0), (4000, 0.3)):
        error = Z_95 * (square * tiles * (tiles / wanted - 1)) ** 0.5
        (found,) = now.wanted(error)
        assert found - 2000 == pytest.approx(share * (wanted - 2000), rel=0.05, abs=5)
