"""Calibration of probabilities, and the threshold at which a pixel is cloud.

**Temperature.** All logits are divided by one number, fitted on pixels that the network was not trained
on, provided that it helps on scenes held out of the fit. It moves no pixel across 0.5 and keeps the order
of probabilities. It is folded into the last convolution of the exported file, so nothing changes on board.

**Threshold.** Let a clear pixel discarded cost r times as much as a cloudy pixel kept. The expected cost
of calling a pixel of probability p cloud is r (1 - p), that of calling it clear is p. Cloud is the cheaper
answer where p > r / (1 + r): 0.5 if both cost the same, 0.75 if a clear pixel is worth three cloudy ones.
This holds if probabilities are calibrated; how far they are is shown by the threshold that is cheapest on
pixels of known truth.

Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017,
https://arxiv.org/abs/1706.04599, for the temperature; Elkan, The foundations of cost-sensitive
learning, 2001, for the threshold.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from payload.errors import MaskerError
from payload.masking.card import Bin, Calibration
from payload.training.judge.reliability import reliability
from payload.types import CLOUD, UNKNOWN

HOTTEST, COLDEST = 20.0, 0.05
"""Bounds of the temperature; without them, pixels that are all classified correctly would give 0."""

_STEPS = 200


def fit_temperature(logits: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
    """The temperature that maximises the likelihood of the truth.

    The mean of -log p(truth) is convex in 1 / temperature. The root of its slope, where that is 0, is
    found by Newton's method, with bisection where a step would leave the bracketing interval.

    Args:
        logits: Of pixels that the network was not trained on, any shape.
        truth: The same shape; pixels of unknown truth are left out, shadow is clear.

    Returns:
        Between COLDEST and HOTTEST.

    Raises:
        MaskerError: No pixel has truth.
    """
    known = truth != UNKNOWN
    z, cloud = logits[known].astype(np.float64), truth[known] == CLOUD
    if not z.size:
        raise MaskerError("no pixel has a known truth, so a temperature cannot be fitted")
    low, high = 1 / HOTTEST, 1 / COLDEST
    sharpness = 1.0
    for _ in range(100):
        said = _sigmoid(sharpness * z)
        slope, bend = float(((said - cloud) * z).mean()), float((said * (1 - said) * z * z).mean())
        if slope > 0:
            high = sharpness
        else:
            low = sharpness
        step = sharpness - slope / bend if bend > 0 else low
        nearer = step if low < step < high else (low + high) / 2
        if abs(nearer - sharpness) <= 1e-9 * sharpness:
            break
        sharpness = nearer
    return 1 / sharpness


def calibrate(
    logits: NDArray[np.float32],
    truth: NDArray[np.uint8],
    scenes: NDArray[np.int_],
    *,
    measured_on: str,
) -> Calibration:
    """Fit the temperature, and measure for the card what it does to scenes held out of the fit.

    Each scene is scaled by the temperature fitted to all others. If that does not make the truth more
    likely, no temperature is applied: the card says 1.

    Args:
        logits: As in `fit_temperature`, flat.
        truth: As there.
        scenes: Number of the scene of each pixel, same shape.
        measured_on: Description of these pixels, for the card.

    Raises:
        MaskerError: No pixel has truth.
    """
    temperature = fit_temperature(logits, truth)
    cooled = np.array(logits, np.float32)
    for scene in np.unique(scenes):
        others, here = scenes != scene, scenes == scene
        if (truth[others] != UNKNOWN).any():
            cooled[here] /= np.float32(fit_temperature(logits[others], truth[others]))
    if surprise(cooled, truth) >= surprise(logits, truth):
        temperature, cooled = 1.0, logits
    before = reliability(_sigmoid(logits).astype(np.float32), truth)
    after = reliability(_sigmoid(cooled).astype(np.float32), truth)
    return Calibration(
        temperature=round(temperature, 4),
        ece_before=round(before.ece or 0.0, 4),
        ece_after=round(after.ece or 0.0, 4),
        reliability=tuple(
            Bin(pixels=pixels, probability=round(said, 4), cloud=round(cloud, 4))
            for pixels, said, cloud in after.bins
        ),
        measured_on=measured_on,
    )


def surprise(logits: NDArray[np.float32], truth: NDArray[np.uint8]) -> float:
    """Mean of -log p(truth) over the pixels of known truth."""
    known = truth != UNKNOWN
    z = logits[known].astype(np.float64)
    return float(np.mean(np.logaddexp(0, z) - z * (truth[known] == CLOUD)))


@dataclass(frozen=True, slots=True)
class Point:
    """The effect of a threshold on pixels of known truth.

    Attributes:
        threshold: A pixel is called cloud at or above this probability.
        discarded: Share of all pixels that are clear and called cloud.
        kept: Share of all pixels that are cloud and called clear.
        cost: cost ratio x discarded + kept: cost per pixel, in units of a cloudy pixel kept.
    """

    threshold: float
    discarded: float
    kept: float
    cost: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """The threshold by theory, and the cheapest one on given pixels.

    Attributes:
        cost_ratio: Cost of a clear pixel discarded, in units of a cloudy pixel kept.
        theory: The point at cost ratio / (1 + cost ratio).
        best: The cheapest point on these pixels; among equals the one nearest to theory.
        curve: All points, in order of their thresholds from 0 to 1.
    """

    cost_ratio: float
    theory: Point
    best: Point
    curve: tuple[Point, ...]

    @property
    def reason(self) -> str:
        """For the card: why the threshold is the theoretical one."""
        spared = 1 - self.best.cost / self.theory.cost if self.theory.cost else 0.0
        return (
            f"A clear pixel discarded costs {self.cost_ratio:g} times as much as a cloudy pixel kept, so with "
            f"calibrated probabilities cloud is the cheaper answer from {self.theory.threshold:.3g} on. On the "
            f"calibration pixels the cheapest threshold is {self.best.threshold:.3g}, which saves "
            f"{spared:.1%} of the cost."
        )


def choose_threshold(
    probability: NDArray[np.float32], truth: NDArray[np.uint8], *, cost_ratio: float
) -> Threshold:
    """Compute the cost of all thresholds in steps of 1/200, and of the theoretical one.

    Args:
        probability: Calibrated, 0 to 1, any shape.
        truth: The same shape; pixels of unknown truth are left out, shadow is clear.
        cost_ratio: Cost of a clear pixel discarded, in units of a cloudy pixel kept; above 0.

    Raises:
        MaskerError: No pixel has truth, or the ratio is not positive and finite.
    """
    if not 0 < cost_ratio < np.inf:
        raise MaskerError(f"expected a cost ratio above 0, found {cost_ratio}")
    known = truth != UNKNOWN
    said, cloud = probability[known], truth[known] == CLOUD
    if not said.size:
        raise MaskerError("no pixel has a known truth, so a threshold cannot be chosen")
    limit = cost_ratio / (1 + cost_ratio)
    grid = np.unique(np.append(np.arange(_STEPS + 1) / _STEPS, limit))
    # The n-th bin holds what is called cloud by the first n + 1 thresholds and by no other.
    edges = np.append(grid.astype(np.float32), np.float32(np.inf))
    clear_in, cloud_in = (np.histogram(said[chosen], edges)[0] for chosen in (~cloud, cloud))
    discarded = clear_in[::-1].cumsum()[::-1] / said.size
    kept = (cloud_in.cumsum() - cloud_in) / said.size
    curve = tuple(
        Point(float(at), float(lost), float(held), float(cost_ratio * lost + held))
        for at, lost, held in zip(grid, discarded, kept, strict=True)
    )
    theory = next(point for point in curve if point.threshold == limit)
    cheapest = min(point.cost for point in curve)
    equals = [point for point in curve if point.cost <= cheapest * (1 + 1e-12)]
    best = min(equals, key=lambda point: abs(point.threshold - limit))
    return Threshold(cost_ratio, theory, best, curve)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """An image that a network was not trained on, and the network's probabilities for it.

    Attributes:
        scene: Its scene; images of one scene are held out together.
        surface: Type of surface.
        probability: Calibrated, shape (H, W).
        truth: The same shape.
    """

    scene: str
    surface: str
    probability: NDArray[np.float32]
    truth: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class OwnThreshold:
    """A surface's own threshold, tested on scenes held out of its choice.

    Attributes:
        threshold: The cheapest on all images of the surface.
        common_cost: Cost per pixel at the theoretical threshold.
        own_cost: The same with each scene judged by the threshold that is cheapest on the others.
        pixels: Number of pixels of known truth.
    """

    threshold: float
    common_cost: float
    own_cost: float
    pixels: int


def try_own_thresholds(images: Sequence[Weighed], *, cost_ratio: float) -> dict[str, OwnThreshold]:
    """Test whether surfaces such as snow or bright ground need thresholds of their own.

    The cheapest threshold of a surface with few clear or few cloudy pixels lies at one end and means
    nothing, so each scene is judged by the threshold that is cheapest on the surface's other scenes.

    Args:
        images: An image may occur several times, from several seeds; it is never judged by itself.
        cost_ratio: As in `choose_threshold`.

    Returns:
        By surface; those with only one scene are left out.

    Raises:
        MaskerError: A scene has no pixel of known truth, or the ratio is not positive and finite.
    """
    found = {}
    for surface in sorted({each.surface for each in images}):
        here = [each for each in images if each.surface == surface]
        names = dict.fromkeys(each.scene for each in here)
        if len(names) < 2:
            continue
        common, own, pixels = 0.0, 0.0, 0
        for name in names:
            judged = _weigh([each for each in here if each.scene == name], cost_ratio)
            others = _weigh([each for each in here if each.scene != name], cost_ratio)
            known = sum(int((each.truth != UNKNOWN).sum()) for each in here if each.scene == name)
            costs = {point.threshold: point.cost for point in judged.curve}
            common += known * judged.theory.cost
            own += known * costs[others.best.threshold]
            pixels += known
        found[surface] = OwnThreshold(
            _weigh(here, cost_ratio).best.threshold, common / pixels, own / pixels, pixels
        )
    return found


def why_one_for_all(own: Mapping[str, OwnThreshold], alone: Collection[str] = ()) -> str:
    """For the card: what thresholds by surface would gain, and why one serves all.

    Args:
        own: From `try_own_thresholds`.
        alone: Surfaces that cannot be tested, as they have only one scene.
    """
    common = sum(one.pixels * one.common_cost for one in own.values())
    spared = 1 - sum(one.pixels * one.own_cost for one in own.values()) / common if common else 0.0
    change = "save" if spared >= 0 else "add"
    return (
        f"A threshold for each of {len(own)} surfaces ({', '.join(own)}), chosen on its other scenes, "
        f"would {change} {abs(spared):.1%} of the cost"
        + (f" (only one scene, not tested: {', '.join(alone)})" if alone else "")
        + "; on board the surface is not known to the network, so one threshold is used for all."
    )


def _weigh(images: Sequence[Weighed], cost_ratio: float) -> Threshold:
    return choose_threshold(
        np.concatenate([each.probability.ravel() for each in images]),
        np.concatenate([each.truth.ravel() for each in images]),
        cost_ratio=cost_ratio,
    )


def _sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logistic function in float64, by tanh, which cannot overflow."""
    half: NDArray[np.float64] = np.tanh(0.5 * logits.astype(np.float64))
    return 0.5 * (1 + half)
