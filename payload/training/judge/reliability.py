"""Whether probabilities are calibrated: of the pixels given 0.7 for cloud, are 70 % cloud?"""

from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from payload.types import CLOUD, UNKNOWN

BINS = 15


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Pixels of known truth, sorted into bins of equal width by their probability of cloud.

    Attributes:
        pixels: Number of pixels, shape (BINS,).
        cloudy: How many of them are truly cloud, shape (BINS,).
        probability: Sum of their probabilities, shape (BINS,).
        squares: Sum of (probability - truth) squared over all of them.

    Source: Naeini, Cooper and Hauskrecht, Obtaining well calibrated probabilities using Bayesian
    binning, AAAI 2015, for bins and expected calibration error, here for the class cloud; Brier,
    Verification of forecasts expressed in terms of probability, 1950, for the mean square.
    """

    pixels: NDArray[np.int64]
    cloudy: NDArray[np.int64]
    probability: NDArray[np.float64]
    squares: float

    @classmethod
    def none(cls) -> Self:
        """A reliability without any pixels."""
        nothing = np.zeros(BINS, np.int64)
        return cls(nothing, nothing, np.zeros(BINS), 0.0)

    @classmethod
    def pooled(cls, parts: "list[Reliability]") -> "Reliability":
        """Pool the pixels of all parts."""
        return reduce(lambda left, right: left + right, parts, Reliability.none())

    def __add__(self, other: "Reliability") -> "Reliability":
        return Reliability(
            self.pixels + other.pixels,
            self.cloudy + other.cloudy,
            self.probability + other.probability,
            self.squares + other.squares,
        )

    @property
    def is_certain(self) -> bool:
        """Whether all probabilities are 0 or 1, as from a rule, which has none to calibrate."""
        inner = self.pixels[1:-1].sum() + self.probability[0]
        return not inner and bool(self.probability[-1] == self.pixels[-1])

    @property
    def ece(self) -> float | None:
        """Expected calibration error: |mean probability - share of cloud|, weighted by pixels.

        None without pixels, and for a rule.
        """
        total = int(self.pixels.sum())
        if not total or self.is_certain:
            return None
        return float(np.abs(self.probability - self.cloudy).sum() / total)

    @property
    def brier(self) -> float | None:
        """Mean squared difference between probability and truth; None without pixels."""
        total = int(self.pixels.sum())
        return self.squares / total if total else None

    @property
    def bins(self) -> list[tuple[int, float, float]]:
        """(pixels, mean probability, share of cloud) of each bin that is not empty, in order."""
        return [
            (int(pixels), float(said / pixels), float(cloudy / pixels))
            for pixels, said, cloudy in zip(self.pixels, self.probability, self.cloudy, strict=True)
            if pixels
        ]


def reliability(probability: NDArray[np.float32], truth: NDArray[np.uint8]) -> Reliability:
    """Sort the pixels of an image into bins.

    Args:
        probability: Probability of cloud, 0 to 1, shape (H, W).
        truth: Shape (H, W); pixels of unknown truth are left out, shadow counts as clear.
    """
    known = truth != UNKNOWN
    said = probability[known].astype(np.float64)
    cloud = truth[known] == CLOUD
    # The last bin also includes probability 1.
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    return Reliability(
        np.bincount(place, minlength=BINS),
        np.bincount(place[cloud], minlength=BINS),
        np.bincount(place, weights=said, minlength=BINS).astype(np.float64),
        float(((said - cloud) ** 2).sum()),
    )
