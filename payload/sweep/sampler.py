"""Choose the next point by Optuna's constrained tree-structured Parzen estimator; Optuna is imported only when used."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from payload.errors import PluginError
from payload.sweep.space import Axis, Space

STARTUP = 10
"""Points drawn at random before the first estimate; Optuna's default."""

CANDIDATES = 100
"""Draws of which the most promising becomes the next point. Assumption: 100 rather than Optuna's default 24, as the best of 60
and of 120 points was then half as far from the optimum, averaged over ten searches of a hill over four parameters under a bound.
"""


class Sampler:
    """Proposes points of a space, each based on the results of earlier ones; equal seeds and results give equal points.

    Source: Bergstra et al. (2011), Algorithms for Hyper-Parameter Optimization, NeurIPS 24; with constraints Watanabe and
    Hutter (2023), c-TPE, IJCAI 32; as in Optuna, Akiba et al. (2019), KDD 25.
    """

    def __init__(self, space: Space, seed: int, *, maximise: bool) -> None:
        """Start a search.

        Raises:
            PluginError: The extra `optimise` is missing.
        """
        self._optuna = _guest()
        self._space = space
        self._study = self._optuna.create_study(
            direction="maximize" if maximise else "minimize",
            sampler=self._optuna.samplers.TPESampler(
                seed=seed,
                n_startup_trials=STARTUP,
                n_ei_candidates=CANDIDATES,
                multivariate=True,
            ),
        )
        self._axes = {axis.key: self._distribution(axis) for axis in space.axes}

    def ask(self) -> tuple[Any, dict[str, object]]:
        """Propose a point; return a handle for `tell`, and the point. Points not yet told are kept clear of."""
        trial = self._study.ask(fixed_distributions=self._axes)
        return trial, {axis.key: _value(axis, trial.params[axis.key]) for axis in self._space.axes}

    def tell(self, trial: Any, value: float | None, excess: Mapping[str, float]) -> None:  # noqa: ANN401
        """Report the value of a point (None if unknown), and by how much it breaks each bound."""
        if value is None:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            return
        for name, beyond in excess.items():
            trial.set_constraint(name, beyond)
        self._study.tell(trial, value)

    def _distribution(self, axis: Axis) -> Any:  # noqa: ANN401 - a guest's
        kinds = self._optuna.distributions
        if axis.values is not None:
            if axis.is_ordered and len(axis.values) > 2:
                return kinds.IntDistribution(0, len(axis.values) - 1)
            return kinds.CategoricalDistribution(_places(axis.values))
        if axis.is_whole:
            return kinds.IntDistribution(
                math.ceil(axis.low), math.floor(axis.high), log=axis.is_log
            )
        return kinds.FloatDistribution(axis.low, axis.high, log=axis.is_log)


def _places(values: Sequence[object]) -> list[int]:
    """Indices of values, by which they are chosen, as they may be anything YAML allows."""
    return list(range(len(values)))


def _value(axis: Axis, drawn: float) -> object:
    return drawn if axis.values is None else axis.values[int(drawn)]


def _guest() -> Any:  # noqa: ANN401
    try:
        import optuna  # noqa: PLC0415
    except ImportError as error:
        raise PluginError("a search needs optuna: pip install 'payload-sim[optimise]'") from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
