"""How fast this machine flies, as ratios of two things measured in one run; Mpx/s alone are figures of the machine.

Seconds are of CPU. What is compared is worked on in turns, and the median of the rounds counts. `stages` measures the
rooms one by one, `flights` the event loop, a day and growth; `report` writes what was found.
"""

from payload.bench.report import BenchReport, bench
from payload.bench.timing import Ratio

__all__ = ["BenchReport", "Ratio", "bench"]
