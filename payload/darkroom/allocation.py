"""How many tiles of each stratum are rendered to reach the requested error of a total with as few as possible.

A stratum of N tiles of which n are rendered, whose residuals have the mean square m, adds N (N/n - 1) m to the
variance of a total. For a given variance the sum of all n is least if each is proportional to N times the root of m. That
root is fixed beforehand, not taken from the sample: if a stratum were sampled more because something rare was seen in it,
and less because nothing was, the sample would show too small an error. What was seen decides how many are rendered in all.
A few residuals say little about the rare tile that is quite different, so m is shrunk towards the expected value if that
is larger; if it is smaller, m is kept, since a stratum counts for no less than what was seen in it.

Source: Neyman (1934), Journal of the Royal Statistical Society 97(4), 558-625; Cochran, Sampling Techniques
(3rd ed., 1977), sections 5.4, 5.5 and 5.9; Chow and Robbins (1965), Annals of Mathematical Statistics 36(2), 457-462.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from payload.darkroom.looked_at import Looks
from payload.darkroom.sampled import Membership
from payload.darkroom.strata import Stratum, weight
from payload.student import student_t_95

_EXPECTED_AS = 10.0
"""Weight of the expected value for a stratum, as a number of its residuals. Assumption."""
_STEP, _LEAP = 0.3, 0.04
"""Share of the missing tiles rendered in one step, as errors estimated from a small sample are vague; if no more are missing
than the second share of those rendered, all are rendered at once. Assumption: after pilots of 760 tiles, first forecasts asked
for up to twice as many more as were needed."""
_HALVINGS = 60


def half_width(variances: NDArray[np.float64], painted: NDArray[np.float64]) -> float:
    """Half-width of the 95 % interval of a sum over strata, by Student's t with effective degrees of freedom.

    Args:
        variances: Variance of each stratum's total, at least 0, shape (S,).
        painted: Number of tiles each was estimated from, shape (S,).

    Source: Satterthwaite (1946), Biometrics Bulletin 2(6), 110-114, as in Cochran (1977), (5.16).
    """
    total = float(variances.sum())
    if total <= 0.0:
        return 0.0
    free = total**2 / float((variances**2 / np.maximum(painted - 1.0, 1.0)).sum())
    return student_t_95(free) * float(np.sqrt(total))


@dataclass(frozen=True)
class Spread:
    """Strata as a sample shows them, one array per figure, all of one length.

    Attributes:
        strata: The strata.
        tiles: Number of all tiles in each, shape (S,).
        painted: Number of rendered tiles in each, at least one, shape (S,).
        squares: Mean square of residuals as shares of the total, shape (S,).
        threshold: Cover above which tiles are dropped.
    """

    strata: tuple[Stratum, ...]
    tiles: NDArray[np.float64]
    painted: NDArray[np.float64]
    squares: NDArray[np.float64]
    threshold: float = 0.7

    @property
    def error(self) -> float:
        """Half-width of the 95 % interval of the total, as a share of it."""
        return self.error_of(self.painted)

    def error_of(self, painted: NDArray[np.float64]) -> float:
        """The error if the given numbers of tiles were rendered in each stratum."""
        variances = np.maximum(self.tiles * (self.tiles / painted - 1.0) * self.expected**2, 0.0)
        return half_width(variances, painted)

    @property
    def expected(self) -> NDArray[np.float64]:
        """Standard deviations of residuals, shrunk towards the expected ones if those are larger, shape (S,)."""
        prior = self.weights**2
        prior *= (self.tiles * self.squares).sum() / max(float((self.tiles * prior).sum()), 1e-9)
        known = self.painted * self.squares + _EXPECTED_AS * prior
        drawn = known / (self.painted + _EXPECTED_AS)
        return np.asarray(np.sqrt(np.maximum(drawn, self.squares)), np.float64)

    @property
    def weights(self) -> NDArray[np.float64]:
        """Expected spread of residuals, relative to that of clear tiles, shape (S,)."""
        return np.array([weight(where, self.threshold) for where in self.strata])

    def wanted(self, error: float) -> NDArray[np.float64]:
        """How many tiles to render next in each stratum, shape (S,): a step towards what an error seems to need."""
        ideal = self.tiles * self.weights

        def at(scale: float) -> NDArray[np.float64]:
            return np.minimum(np.maximum(np.ceil(scale * ideal), self.painted), self.tiles)

        least = _least_scale(lambda scale: self.error_of(at(scale)) <= error, ideal)
        way = at(least) - self.painted
        is_near = way.sum() <= _LEAP * self.painted.sum()
        return self.painted + (way if is_near else np.ceil(_STEP * way))


def steadied(
    squares: NDArray[np.float64],
    looks: Looks,
    tiles: NDArray[np.float64],
    threshold: float = 0.7,
) -> NDArray[np.float64]:
    """Squares of residuals, shrunk towards the expected ones in strata where few are known, shape (N,).

    Args:
        squares: Squared residual of each rendered tile, shape (N,).
        looks: Of the rendered tiles.
        tiles: Number of tiles that each stands for, shape (N,).
        threshold: Cover above which tiles are dropped.
    """
    member, painted = looks.member, looks.tiles.astype(np.float64)
    means = np.bincount(member, squares) / painted
    spoken = np.asarray(np.bincount(member, tiles), np.float64)
    spread = Spread(looks.strata, spoken, painted, means, threshold)
    return np.asarray(squares + (spread.expected**2 - means)[member], np.float64)


def _least_scale(is_enough: Callable[[float], bool], ideal: NDArray[np.float64]) -> float:
    """The least scale that is enough, by bisection."""
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
    """A membership that includes the given one and is closer to the requested error.

    Args:
        membership: Of the tiles already rendered.
        spread: What they show.
        error: Half-width of the 95 % interval, as a share of the total.
        lots: Lots of all tiles by stratum, sorted.
    """
    wanted = spread.wanted(error)
    overall = float(wanted.sum() / spread.tiles.sum())
    if overall >= 1.0:
        return replace(membership, share=1.0, shares=dict.fromkeys(lots, 1.0))
    counts = dict(zip(spread.strata, wanted.astype(int).tolist(), strict=True))
    scale = float(wanted.sum() / (spread.tiles * spread.weights).sum())
    shares: dict[Stratum, float] = {}
    for where, drawn in lots.items():
        if where not in counts:  # none was rendered there yet: as many as its weight asks for
            share = min(scale * weight(where, spread.threshold), 1.0)
        else:
            count = counts[where]
            share = 1.0 if count >= drawn.size else float(drawn[count])
        shares[where] = max(membership.shares[where], share)
    return replace(membership, share=max(membership.share, overall), shares=shares)
