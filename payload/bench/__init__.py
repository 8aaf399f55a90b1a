"""How fast payload-sim is, as ratios of two things measured in one run; Mpx/s alone would only describe the machine.

Seconds are CPU time. The things compared are run alternately, and the median of the rounds counts. `stages` measures
the stages one by one, `flights` the event loop, a day and growth; `report` writes the results.
"""

from payload.bench.report import BenchReport, bench
from payload.bench.timing import Ratio

__all__ = ["BenchReport", "Ratio", "bench"]
