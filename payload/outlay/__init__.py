"""What a sweep will take, before it is flown: seconds, memory and disk.

- `sweep` puts it together: runs that have a row cost nothing, of the others a few are expected as single runs are.
- `cells` says which runs are left, and which of their cells are tried.
- `photographs` says how much of the pixel work runs share through the memo.

Nothing is flown.
"""

from payload.outlay.sweep import SweepEstimate, estimate_sweep

__all__ = ["SweepEstimate", "estimate_sweep"]
