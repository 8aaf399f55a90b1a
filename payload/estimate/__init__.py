"""What a run will take, before it is flown: seconds, memory and disk.

- `expectation` puts it together: what a tile, a contact or a state costs, in bare events of SimPy timed on this machine.
- `trying` does some of the work, and times it.
- `remembering` looks up what was done before.
- `products`: what a flight by pixels leaves beside its tables.

Nothing is flown.
"""

from payload.estimate.expectation import Estimate, Foreseen, estimate, foresee

__all__ = ["Estimate", "Foreseen", "estimate", "foresee"]
