"""How many tiles of each stratum are painted, so that a total is as sure as asked for with the fewest.

A stratum of N tiles of which n are painted, whose residuals have the mean square m, adds N (N/n - 1) m to the
variance of a total. For a given variance the sum of all n is least where each is as N times the root of m: where there
are many tiles, and where they differ. A few residuals tell little of the rare tile that is quite different, so that m
is drawn towards what is expected of such tiles; else a stratum in which nothing was seen yet would be left alone.

Source: Neyman (1934), Journal of the Royal Statistical Society 97(4), 558-625; Cochran, Sampling Techniques
(3rd ed., 1977), sections 5.5 and 5.9.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.sim.sampled import Membership, Stratum, weight

Z_95 = 1.96
"""Standard deviations to either side that hold 95 % of a normal distribution."""
_EXPECTED_AS = 10.0
"""What is expected of a stratum counts as so many of its residuals. Assumption."""
_LEAST_WEIGHT = 1.0
"""Tiles that seem covered are seldom kept, but those few weigh as much as any other. Assumption."""
_STEP, _AIM = 0.7, 0.99
"""So much of the way is gone at once, to an error a little smaller, as what a small sample tells of errors is vague: of
a pilot of 625 tiles a first forecast was off by a tenth. Assumption."""
_HALVINGS = 60


@dataclass(frozen=True)
class Spread:
    """Strata as a sample shows them, one column a figure, of one length.

    Attributes:
        strata: Which.
        tiles: Of each all, shape (S,).
        painted: Of each, at least one, shape (S,).
        squares: Mean square of residuals as shares of the total, shape (S,).
    """

    strata: tuple[Stratum, ...]
    tiles: NDArray[np.float64]
    painted: NDArray[np.float64]
    squares: NDArray[np.float64]

    @property
    def error(self) -> float:
        """Half of the 95 % interval of the total, as a share of it."""
        return self.error_of(self.painted)

    def error_of(self, painted: NDArray[np.float64]) -> float:
        """The same with so many painted of each stratum."""
        variances = self.tiles * (self.tiles / painted - 1.0) * self.expected**2
        return Z_95 * float(np.sqrt(np.maximum(variances, 0.0).sum()))

    @property
    def expected(self) -> NDArray[np.float64]:
        """Deviations of residuals, those of few drawn towards what is expected, shape (S,)."""
        prior = np.array([max(weight(where), _LEAST_WEIGHT) ** 2 for where in self.strata])
        prior *= (self.tiles * self.squares).sum() / max(float((self.tiles * prior).sum()), 1e-9)
        known = self.painted * self.squares + _EXPECTED_AS * prior
        return np.asarray(np.sqrt(known / (self.painted + _EXPECTED_AS)), np.float64)

    def wanted(self, error: float) -> NDArray[np.float64]:
        """How many are to be painted next of each stratum, shape (S,): most of what an error seems to need."""
        ideal = self.tiles * self.expected

        def at(scale: float) -> NDArray[np.float64]:
            return np.minimum(np.maximum(np.ceil(scale * ideal), self.painted), self.tiles)

        least = _least_scale(lambda scale: self.error_of(at(scale)) <= _AIM * error, ideal)
        return self.painted + np.ceil(_STEP * (at(least) - self.painted))


def steadied(
    squares: NDArray[np.float64], strata: Sequence[Stratum], tiles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Squares of residuals, those of a stratum of which few are known drawn towards what is expected, shape (N,).

    Args:
        squares: Of each painted tile, shape (N,).
        strata: Of each.
        tiles: That each speaks for, shape (N,).
    """
    names = tuple(dict.fromkeys(strata))
    place = {where: number for number, where in enumerate(names)}
    member = np.array([place[where] for where in strata], np.intp)
    painted = np.bincount(member).astype(np.float64)
    means = np.bincount(member, squares) / painted
    spread = Spread(names, np.asarray(np.bincount(member, tiles), np.float64), painted, means)
    return np.asarray(squares + (spread.expected**2 - means)[member], np.float64)


def _least_scale(is_enough: Callable[[float], bool], ideal: NDArray[np.float64]) -> float:
    """The least number that is enough, by halving between none and all."""
    low, high = 0.0, 1.0 / max(float(ideal[ideal > 0].min(initial=1.0)), 1e-12)
    while not is_enough(high) and high < 1e30:
        low, high = high, 2.0 * high
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def grown(
    membership: Membership,
    spread: Spread,
    error: float,
    lots: Mapping[Stratum, NDArray[np.float64]],
) -> Membership:
    """A membership that holds a smaller one, nearer to an error that is asked for.

    Args:
        membership: Of the tiles that are painted already.
        spread: What they show.
        error: Half of the 95 % interval, as a share of the total.
        lots: Of all tiles by stratum, sorted.
    """
    shares = dict(membership.shares)
    wanted = spread.wanted(error)
    for where, count in zip(spread.strata, wanted.astype(int).tolist(), strict=True):
        drawn = lots[where]
        share = 1.0 if count >= drawn.size else float(drawn[count])
        shares[where] = max(shares[where], share)
    overall = float(wanted.sum() / spread.tiles.sum())
    return Membership(membership.seed, max(membership.share, overall), shares)
