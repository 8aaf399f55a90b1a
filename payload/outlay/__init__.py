"""Estimate what a sweep will take before it is flown: seconds, memory and disk.

- `sweep` makes the estimate: runs that have a row cost nothing; a few of the others are estimated as single runs.
- `cells` determines which runs are left, and which of their cells are tried.
- `photographs` determines how much pixel work the runs share through the memo.

Nothing is flown.
"""

from payload.outlay.sweep import SweepEstimate, estimate_sweep

__all__ = ["SweepEstimate", "estimate_sweep"]
