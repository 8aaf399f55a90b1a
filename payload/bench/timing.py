"""The ratio of the times of two things run alternately, and the exponent of growth."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio of two measurements, or a speed.

    Attributes:
        aim: Upper limit aimed at, or lower limit if `is_speed`; None if there is no aim.
        unit: Empty for a plain ratio.
    """

    what: str
    value: float
    aim: float | None = None
    is_speed: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None if there is none."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.is_speed else self.value <= self.aim

    def row(self) -> str:
        """A row of a table: what, found, aim, met."""
        bound = "at least" if self.is_speed else "at most"
        aim = "" if self.aim is None else f"{bound} {self.aim:.3g}"
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        return f"| {self.what} | {self.value:.3g} {self.unit}".rstrip() + f" | {aim} | {met} |"

    def sentence(self) -> str:
        """The ratio in a line of text."""
        bound = "least" if self.is_speed else "most"
        aim = "" if self.aim is None else f"  (target: at {bound} {self.aim:g})"
        return f"{self.what:<72} {self.value:8.2f} {self.unit}{aim}".rstrip()


def seconds(work: Callable[[], object]) -> float:
    """[s] CPU time of some work."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(
    ours: Callable[[], object], yardstick: Callable[[], object], rounds: int = ROUNDS
) -> float:
    """Time of ours over that of the yardstick; both are run once beforehand."""
    ours(), yardstick()
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(rounds)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return float(first / second)


def exponent(sizes: Sequence[float], taken_s: Sequence[float]) -> float:
    """The power of the size that best fits the time: the slope of a straight line through the logarithms.

    >>> round(exponent((1, 2, 4), (3.0, 12.0, 48.0)), 6)
    2.0
    """
    x, y = ([math.log(value) for value in values] for values in (sizes, taken_s))
    return float(statistics.linear_regression(x, y).slope)
