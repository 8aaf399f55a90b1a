"""Allocation by strata agrees with drawing over and over, and with the closed form of the textbook."""

import numpy as np
import pytest

from payload.darkroom.allocation import Spread, grown, half_width
from payload.darkroom.sampled import FEWEST_IN_STRATUM, Membership, choose_members
from payload.darkroom.strata import weight
from payload.student import Z_95

CLEAR, DOUBTFUL, COVERED, SNOW = (1, 0, 0, 17), (0, 6, 2, 17), (0, 1, 2, 17), (2, 0, 0, 17)
STRATA = (CLEAR, DOUBTFUL, COVERED, SNOW)
TILES = np.array([4000.0, 3000.0, 2000.0, 100.0])


def spread(painted, squares):
    return Spread(STRATA, TILES, np.asarray(painted, np.float64), np.asarray(squares, np.float64))


def test_the_error_is_that_of_drawing_without_putting_back():
    """By a second method: 1500 samples are drawn, and their totals spread as is said, to 3 standard errors (5.5 %)."""
    rng = np.random.default_rng(3)
    sizes, painted = (400, 300, 60), (20, 60, 30)
    people = []
    for where, size in zip(STRATA, sizes, strict=False):  # they spread just as is expected
        drawn = rng.normal(0, 1, size)
        people.append(10 + drawn / drawn.std(ddof=1) * 2 * weight(where))
    total = sum(float(each.sum()) for each in people)
    squares = np.array([each.var(ddof=1) for each in people]) / total**2
    told = Spread(STRATA[:3], np.array(sizes, float), np.array(painted, float), squares).error
    found = [
        sum(
            size * rng.choice(each, count, replace=False).mean()
            for each, size, count in zip(people, sizes, painted, strict=True)
        )
        for _ in range(1500)
    ]
    assert Z_95 * np.std(found) / total == pytest.approx(told, rel=0.055)


def test_no_more_are_painted_than_the_closed_form_wants():
    """n = (sum N s)^2 / (V + sum N s^2). Source: Cochran, Sampling Techniques (3rd ed., 1977), section 5.9, (5.28)."""
    deviations = np.array([weight(where) for where in STRATA]) * 3e-5  # just as is expected
    now, asked = spread([6.0] * 4, deviations**2), 0.01
    while now.error > asked:
        more = spread(now.wanted(asked), now.squares)
        assert (more.painted >= now.painted).all()
        assert more.painted.sum() > now.painted.sum()
        now = more
    variance = (asked / Z_95) ** 2
    closed = (TILES @ deviations) ** 2 / (variance + TILES @ deviations**2)
    assert closed <= now.painted.sum() < 1.04 * closed + len(STRATA)


def test_what_was_seen_says_how_many_are_painted_but_never_where():
    """A stratum that is painted more because something rare was seen in it would tell of too little where nothing was."""
    few = spread([5] * 4, [1e-9, 1e-9, 0.0, 1e-9])
    other = spread([5] * 4, [1e-9, 0.0, 3e-9, 1e-9])
    for each in (few, other):
        now = each
        while now.error > 0.03:
            now = spread(now.wanted(0.03), now.squares)
        share = now.painted[:3] / (TILES[:3] * each.weights[:3])
        np.testing.assert_allclose(share, share[0], rtol=0.05)


def test_the_interval_of_few_is_that_of_student():
    """Two-sided 95 % quantiles of Student's t. Source: Abramowitz and Stegun (1964), table 26.10."""
    for free, quantile in ((5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)):
        assert half_width(np.array([4.0]), np.array([free + 1.0])) == pytest.approx(
            2 * quantile, rel=0.002
        )


def test_freedom_is_that_of_satterthwaite():
    """Of two alike samples the degrees of freedom add up. Source: Cochran (1977), (5.16)."""
    both = half_width(np.array([2.0, 2.0]), np.array([6.0, 6.0]))
    assert both == pytest.approx(half_width(np.array([4.0]), np.array([11.0])))
    one = half_width(np.array([4.0, 0.0]), np.array([6.0, 600.0]))
    assert one == pytest.approx(half_width(np.array([4.0]), np.array([6.0])))


def test_what_grows_holds_what_was_and_has_as_many_as_wanted():
    rng = np.random.default_rng(8)
    lots = {where: np.sort(rng.random(int(n))) for where, n in zip(STRATA, TILES, strict=True)}
    small = choose_members(1, 0.02, lots)

    def counts(membership):
        return np.array([float((lots[w] < membership.shares[w]).sum()) for w in STRATA])

    assert (counts(small) >= FEWEST_IN_STRATUM).all()
    seen = spread(counts(small), [1e-9, 4e-9, 1e-9, 4e-9])
    large = grown(small, seen, 0.01, lots)
    assert all(large.shares[where] >= small.shares[where] for where in STRATA)
    np.testing.assert_array_equal(counts(large), seen.wanted(0.01))


def test_strata_of_which_nobody_was_painted_grow_by_their_weight():
    """A quarter as large, they weigh a quarter, so that a quarter of the share of the others is painted; at last all are."""
    rng = np.random.default_rng(9)
    small = (*CLEAR[:3], 15)
    lots = {where: np.sort(rng.random(4000)) for where in (CLEAR, small)}
    before = Membership(1, 0.01, {CLEAR: float(lots[CLEAR][40]), small: 0.0})

    def seen(painted):
        counts = np.array([4000.0]), np.array([float(painted)]), np.array([1e-9])
        return Spread((CLEAR,), *counts)

    after = grown(before, seen(40), 0.005, lots)
    assert after.shares[small] == pytest.approx(after.share / 4, rel=1e-9)
    assert after.share == pytest.approx(seen(40).wanted(0.005)[0] / 4000)
    assert set(grown(before, seen(3999), 1e-12, lots).shares.values()) == {1.0}
