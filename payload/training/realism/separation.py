"""How well numbers tell two sets apart: areas under curves, and a linear classifier.

>>> import numpy as np
>>> area_under_curve(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]))
1.0
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRENGTH = 1.0  # inverse of the penalty on squared weights, for features of deviation one
_STEPS = 50
_ENOUGH = 1e-8
_TAME = 4.0  # [standard deviations] values further out are clipped to this


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """A linear classifier on standardised features."""

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    weights: NDArray[np.float64]
    offset: float

    def scores(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logarithm of the odds that each row (N, F) belongs to the second set, shape (N,)."""
        scored: NDArray[np.float64] = self._tamed(rows) @ self.weights + self.offset
        return scored

    def _tamed(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.clip((rows - self.mean) / self.deviation, -_TAME, _TAME)

    @classmethod
    def fitted(
        cls,
        rows: NDArray[np.float64],
        is_second: NDArray[np.bool_],
        weight: NDArray[np.float64],
        *,
        strength: float = _STRENGTH,
    ) -> "Linear":
        """Fit a logistic regression with a penalty on squared weights, by Newton's method.

        Args:
            rows: Features, shape (N, F).
            is_second: Which set each row belongs to, shape (N,).
            weight: Weight of each row, shape (N,).
            strength: Inverse of the penalty.
        """
        mean = np.average(rows, axis=0, weights=weight)
        deviation = np.sqrt(np.average(np.square(rows - mean), axis=0, weights=weight))
        deviation = np.where(deviation > 1e-9, deviation, 1.0)
        start = cls(mean, deviation, np.zeros(rows.shape[1]), 0.0)
        design = np.column_stack([start._tamed(rows), np.ones(len(rows))])
        penalty = np.full(design.shape[1], 1.0 / strength)
        penalty[-1] = 1e-6
        found = np.zeros(design.shape[1])
        for _ in range(_STEPS):
            odds = 1.0 / (1.0 + np.exp(-np.clip(design @ found, -30.0, 30.0)))
            slope = design.T @ (weight * (is_second - odds)) - penalty * found
            bend = (design.T * (weight * odds * (1.0 - odds))) @ design + np.diag(penalty)
            step = np.linalg.solve(bend, slope)
            found += step
            if float(np.abs(step).max()) < _ENOUGH:
                break
        return cls(mean, deviation, found[:-1], float(found[-1]))


def area_under_curve(
    scores: NDArray[np.float64],
    is_second: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
) -> float:
    """Probability that a member of the second set scores higher than one of the first; ties count half.

    Args:
        scores: Shape (N,).
        is_second: Shape (N,).
        weight: Weight of each member, shape (N,); equal if left out.

    Returns:
        0 to 1; 0.5 if the sets are alike, or one of them is empty.
    """
    weight = np.ones(len(scores)) if weight is None else weight
    _, place = np.unique(scores, return_inverse=True)
    first = np.bincount(place, weight * ~is_second)
    second = np.bincount(place, weight * is_second)
    if first.sum() <= 0 or second.sum() <= 0:
        return 0.5
    below = np.cumsum(first) - first / 2
    return float((second * below).sum() / (first.sum() * second.sum()))


def balanced(
    strata: Sequence[Hashable],
    is_second: NDArray[np.bool_],
    counts: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Weights that give strata the same shares in the second set as in the first.

    Args:
        strata: Stratum of each member, any hashable.
        is_second: Which set each member belongs to, shape (N,).
        counts: Relative weight of each member within its stratum, shape (N,); equal if left out.

    Returns:
        Shape (N,). In each stratum both sets have the total of the first set's counts; strata that
        one of the sets lacks have weight 0.
    """
    counts = np.ones(len(is_second)) if counts is None else counts
    numbers = {stratum: number for number, stratum in enumerate(dict.fromkeys(strata))}
    place = np.array([numbers[stratum] for stratum in strata], np.int64)
    first = np.bincount(place, counts * ~is_second, minlength=len(numbers))
    second = np.bincount(place, counts * is_second, minlength=len(numbers))
    shared = (first > 0) & (second > 0)
    factor = np.where(shared, first / np.where(second > 0, second, 1.0), 0.0)
    weight: NDArray[np.float64] = counts * np.where(is_second, factor[place], shared[place])
    return weight


def held_out_scores(
    rows: NDArray[np.float64],
    is_second: NDArray[np.bool_],
    groups: Sequence[str],
    weight: NDArray[np.float64],
    *,
    folds: int = 5,
) -> NDArray[np.float64]:
    """Score each row by a classifier that saw nothing of its group, shape (N,); 0 if it saw only one set.

    Groups are assigned by weight, the heaviest first, to the fold with the least weight of their
    set so far.
    """
    fold = deal(groups, is_second, weight, folds)
    scores = np.zeros(len(rows))
    for place in range(folds):
        out = fold == place
        known = set(is_second[~out].tolist())
        if out.any() and len(known) == 2:
            fitted = Linear.fitted(rows[~out], is_second[~out], weight[~out])
            scores[out] = fitted.scores(rows[out])
    return scores


def deal(
    groups: Sequence[str], is_second: NDArray[np.bool_], weight: NDArray[np.float64], folds: int
) -> NDArray[np.int64]:
    """Assign each row to a fold, shape (N,): groups of a set stay whole, and each set is spread over the folds."""
    names = np.array(groups)
    fold = np.zeros(len(names), np.int64)
    for chosen in (~is_second, is_second):
        heavy = {name: float(weight[chosen & (names == name)].sum()) for name in set(names[chosen])}
        load = np.zeros(folds)
        for name in sorted(heavy, key=lambda name: (-heavy[name], name)):
            lightest = int(load.argmin())
            load[lightest] += heavy[name]
            fold[chosen & (names == name)] = lightest
    return fold
