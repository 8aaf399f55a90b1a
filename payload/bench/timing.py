"""A ratio of two things that are worked on in turns, and the exponent of growth."""

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ratio:
    """One of two things over the other, or a speed.

    Attributes:
        aim: The most that was aimed at, the least of what `is_speed`; None where nothing was.
        unit: Empty for a plain ratio.
    """

    what: str
    value: float
    aim: float | None = None
    is_speed: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool | None:
        """Whether it is what was aimed at; None where nothing was."""
        if self.aim is None:
            return None
        return self.value >= self.aim if self.is_speed else self.value <= self.aim

    def row(self) -> str:
        """As a row of a table: what, found, aimed at, met."""
        bound = "at least" if self.is_speed else "at most"
        aim = "" if self.aim is None else f"{bound} {self.aim:.3g}"
        met = {None: "", True: "yes", False: "**no**"}[self.is_met]
        return f"| {self.what} | {self.value:.3g} {self.unit}".rstrip() + f" | {aim} | {met} |"

    def sentence(self) -> str:
        """For people."""
        bound = "least" if self.is_speed else "most"
        aim = "" if self.aim is None else f"  (aim: at {bound} {self.aim:g})"
        return f"{self.what:<72} {self.value:8.2f} {self.unit}{aim}".rstrip()


def seconds(work: Callable[[], object]) -> float:
    """[s] Of CPU."""
    start = time.process_time()
    work()
    return time.process_time() - start


def ratio(
    ours: Callable[[], object], yardstick: Callable[[], object], rounds: int = ROUNDS
) -> float:
    """Time of ours over that of the yardstick; both are done once before."""
    ours(), yardstick()
    pairs = [(seconds(ours), seconds(yardstick)) for _ in range(rounds)]
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    return float(first / second)


def exponent(sizes: Sequence[float], taken_s: Sequence[float]) -> float:
    """The power of the size that the time follows best: the slope of a straight line through the logarithms.

    >>> round(exponent((1, 2, 4), (3.0, 12.0, 48.0)), 6)
    2.0
    """
    x, y = ([math.log(value) for value in values] for values in (sizes, taken_s))
    return float(statistics.linear_regression(x, y).slope)
